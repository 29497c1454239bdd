package jsonrecord

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/lake/jsonscan"
	"github.com/sillok/sillok/internal/lake/shadow"
	"github.com/sillok/sillok/internal/lake/source"
)

// leastHeadings is how many columns of a CSV download must be known.
const leastHeadings = 3

// headings returns the paths of the members that the columns of a CSV download
// hold, "" for those that are not known. ok is false when line is no such header.
func (s *Schema) headings(line string) (paths []string, ok bool) {
	if len(s.Must) == 0 || strings.Count(line, ",") < leastHeadings-1 {
		return nil, false
	}
	r := csv.NewReader(strings.NewReader(line))
	fields, err := r.Read()
	if err != nil {
		return nil, false
	}
	known := 0
	for _, f := range fields {
		name := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(f))
		path := s.CSV[name]
		if path == "" && slices.ContainsFunc(s.Members, func(m Member) bool { return m.Name == name }) {
			path = name
		}
		if path != "" {
			known++
		}
		paths = append(paths, path)
	}
	return paths, known >= leastHeadings && known*2 >= len(fields)
}

// table writes the rows of a CSV download.
func (s *Schema) table(w *shadow.Writer, in *source.Content) error {
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = -1, true, true
	record := NewRecord(w, s)
	var paths []string
	var first string // of the header
	var text []byte
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if bad, ok := errors.AsType[*csv.ParseError](err); ok {
				if err := w.BadRow(int64(bad.Line), nil, bad.Err.Error()); err != nil {
					return err
				}
				continue
			}
			return err
		}
		line, _ := r.FieldPos(0)
		// A file may have been put together of several, each with its header.
		if paths == nil || fields[0] == first {
			if found, ok := s.headings(strings.Join(fields, ",")); ok {
				paths, first = found, strings.Clone(fields[0])
				continue
			}
		}
		if len(fields) != len(paths) {
			if err := w.BadRow(int64(line), []byte(strings.Join(fields, ",")), "the line has not as many columns as its header"); err != nil {
				return err
			}
			continue
		}
		text = s.asJSON(text[:0], paths, fields)
		if _, err := record.Read(text, 0); err != nil {
			return err
		}
		if err := record.Write(text); err != nil {
			return err
		}
	}
}

// asJSON appends a row as the record that it is of.
func (s *Schema) asJSON(b []byte, paths, fields []string) []byte {
	nested := map[string][][2]string{}
	b = append(b, '{')
	add := func(name, value string) {
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = appendQuoted(b, name)
		b = append(b, ':')
		if value = strings.TrimSpace(value); whole(value) {
			b = append(b, value...)
		} else {
			b = appendQuoted(b, strings.ToValidUTF8(value, "\uFFFD"))
		}
	}
	for i, path := range paths {
		outer, inner, deep := strings.Cut(path, ".")
		switch {
		case path == "" || fields[i] == "":
		case deep:
			nested[outer] = append(nested[outer], [2]string{inner, fields[i]})
		default:
			add(path, s.time(path, fields[i]))
		}
	}
	for outer, members := range nested {
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, outer), ":{"...)
		for _, m := range members {
			add(m[0], m[1])
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

// time spells a time as log files do: exports have a blank and milliseconds.
func (s *Schema) time(path, value string) string {
	if !slices.Contains(s.Keys.Date, path) || len(value) < len("2024-05-01 01:02:03") || value[10] != ' ' {
		return value
	}
	day, rest, _ := strings.Cut(value, " ")
	rest = strings.TrimSuffix(strings.TrimSuffix(rest, " UTC"), ".000")
	return day + "T" + strings.TrimSuffix(rest, "Z") + "Z"
}

// whole says whether a field is an object or array of JSON.
func whole(value string) bool {
	b := []byte(value)
	if len(b) == 0 || b[0] != '{' && b[0] != '[' {
		return false
	}
	v, err := jsonscan.Next(b, 0)
	return err == nil && v.End == len(b)
}

// firstLine returns head up to its first line feed.
func firstLine(head []byte) string {
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	return strings.TrimSuffix(string(line), "\r")
}
