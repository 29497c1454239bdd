// Package vended writes the records of services' logs as vended log deliveries put them:
// in the format of a destination, with the fields that a delivery chooses, under the
// keys that it says. It is pure.
package vended

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Record is one record of a service's log: its fields in the service's own order.
type Record struct {
	Time   time.Time
	Fields []Field
	Raw    string // as the service writes it; empty where it has no form of its own
}

// Field is a field of a record. A Value that is empty is missing.
type Field struct{ Name, Value string }

// The formats that records are written in.
const (
	JSON  = "json"
	Plain = "plain"
	W3C   = "w3c"
	Raw   = "raw"
)

// Layout is how the records of a delivery are written.
type Layout struct {
	Format    string
	Fields    []string // which fields, in their order; nil for all as they come
	Delimiter string   // between fields of plain, w3c and raw; empty for a tab
}

func (l *Layout) delimiter() string {
	if l.Delimiter == "" {
		return "\t"
	}
	return l.Delimiter
}

// chosen returns the fields that are written of a record.
func (l *Layout) chosen(r *Record) []Field {
	if l.Fields == nil {
		return r.Fields
	}
	values := make(map[string]string, len(r.Fields))
	for _, f := range r.Fields {
		values[f.Name] = f.Value
	}
	all := make([]Field, len(l.Fields))
	for i, name := range l.Fields {
		all[i] = Field{name, values[name]}
	}
	return all
}

// Line returns a record as one line, without its end.
func (l *Layout) Line(r *Record) (string, error) {
	fields := l.chosen(r)
	if l.Format == JSON {
		return object(fields)
	}
	if l.Format == Raw && r.Raw != "" && l.Fields == nil {
		return r.Raw, nil
	}
	values := make([]string, len(fields))
	for i, f := range fields {
		if values[i] = clean(f.Value, l.delimiter()); values[i] == "" {
			values[i] = "-"
		}
	}
	return strings.Join(values, l.delimiter()), nil
}

// object writes fields as a JSON object in their order; those that are missing as "-".
func object(fields []Field) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		for n, text := range []string{f.Name, orDash(f.Value)} {
			if err := encoder.Encode(text); err != nil {
				return "", fmt.Errorf("a record of a service: %w", err)
			}
			b.Truncate(b.Len() - 1) // the encoder ends a line
			if n == 0 {
				b.WriteByte(':')
			}
		}
	}
	b.WriteByte('}')
	return b.String(), nil
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// clean returns a value that ends no line and no field.
func clean(text, delimiter string) string {
	return strings.NewReplacer("\n", "%0A", "\r", "%0D", delimiter, strings.Repeat("_", len(delimiter))).Replace(text)
}

// File returns the records as a file, which begins with what W3C's format begins with
// where that is the format.
func (l *Layout) File(records []Record) ([]byte, error) {
	var b bytes.Buffer
	if l.Format == W3C && len(records) > 0 {
		b.WriteString("#Version: 1.0\n#Fields:")
		for _, f := range l.chosen(&records[0]) {
			b.WriteString(" " + f.Name)
		}
		b.WriteByte('\n')
	}
	for i := range records {
		line, err := l.Line(&records[i])
		if err != nil {
			return nil, err
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// Place says where a file of records goes.
type Place struct {
	Account, Region string
	Resource        string // the last part of the ARN of what emits them
	Time            time.Time
	Hive            bool   // names of the suffix's variables stand before their values
	Unique          string // tells files of one time apart
}

// Variables are what a suffix path can have in braces.
var Variables = []string{"account-id", "region", "DistributionId", "yyyy", "MM", "dd", "HH", "resource-id"}

// hiveNames are the names of variables in a path that Hive reads.
var hiveNames = map[string]string{"account-id": "account-id", "region": "region", "DistributionId": "DistributionId", "yyyy": "year", "MM": "month", "dd": "day", "HH": "hour", "resource-id": "resource-id"}

func (p *Place) variable(name string) string {
	switch name {
	case "account-id":
		return p.Account
	case "region":
		return p.Region
	case "DistributionId", "resource-id":
		return p.Resource
	case "yyyy":
		return p.Time.UTC().Format("2006")
	case "MM":
		return p.Time.UTC().Format("01")
	case "dd":
		return p.Time.UTC().Format("02")
	case "HH":
		return p.Time.UTC().Format("15")
	}
	return ""
}

// CheckSuffix says what is wrong with a suffix path, empty for nothing.
func CheckSuffix(path string) string {
	for rest := path; ; {
		_, behind, found := strings.Cut(rest, "{")
		if !found {
			if strings.Contains(rest, "}") {
				return "a } stands without a {"
			}
			return ""
		}
		name, after, closed := strings.Cut(behind, "}")
		if !closed {
			return "a { stands without a }"
		}
		known := false
		for _, v := range Variables {
			known = known || v == name
		}
		if !known {
			return "{" + name + "} is no variable: there are {" + strings.Join(Variables, "}, {") + "}"
		}
		rest = after
	}
}

// Key returns the key of a file below a suffix path, which CheckSuffix found right.
func (p *Place) Key(suffix string) string {
	var b strings.Builder
	for rest := strings.Trim(suffix, "/"); ; {
		before, behind, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			break
		}
		name, after, _ := strings.Cut(behind, "}")
		if p.Hive && (b.Len() == 0 || strings.HasSuffix(b.String(), "/")) {
			b.WriteString(hiveNames[name] + "=")
		}
		b.WriteString(p.variable(name))
		rest = after
	}
	if b.Len() > 0 {
		b.WriteByte('/')
	}
	return b.String() + p.Resource + "." + p.Time.UTC().Format("2006-01-02-15") + "." + p.Unique + ".gz"
}
