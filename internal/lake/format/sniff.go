package format

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/sillok/sillok/internal/lake/source"
)

const (
	sniffBytes = 64 << 10
	sniffLines = 200 // that are looked at
)

// Sniffed is what an object's first bytes tell.
type Sniffed struct {
	Name    string   // of the format; empty when it is none that is known
	Columns []Column // that the object has beyond those of its format
	Reason  string   // why there is no format
	Damaged bool     // the reason is that the object cannot be read
}

// HasMore says whether objects of a format may have columns beyond those of the
// format, which Sniff tells.
func HasMore(name string) bool {
	known, err := Named(name)
	_, more := known.(headed)
	return err == nil && more
}

// Sniff names the log that an object is, by its beginning: by more than its first
// line, which may be a comment or broken.
func Sniff(ctx context.Context, src *Source) (Sniffed, error) {
	plain, damaged, err := head(ctx, src.Text)
	if err != nil {
		return Sniffed{}, err
	}
	if len(plain) == 0 {
		if damaged == "" {
			return Sniffed{Reason: "empty"}, nil
		}
		return Sniffed{Reason: damaged, Damaged: true}, nil
	}
	if bytes.HasPrefix(plain, []byte(parquetMagic)) {
		return sniffParquet(ctx, src)
	}
	inner, _, err := head(ctx, src.Unwrapped)
	if err != nil {
		return Sniffed{}, err
	}
	for _, text := range [][]byte{inner, plain} {
		if s := sniffText(text); s.Name != "" {
			return s, nil
		}
	}
	if s, ok := sniffJSONLines(plain); ok {
		return s, nil
	}
	if damaged != "" {
		return Sniffed{Reason: damaged, Damaged: true}, nil
	}
	return Sniffed{Reason: "not a log that is known"}, nil
}

// head returns the beginning of a text.
func head(ctx context.Context, open func(context.Context) (*source.Content, error)) (text []byte, damaged string, err error) {
	c, err := open(ctx)
	if err != nil {
		return nil, "", err
	}
	text = make([]byte, sniffBytes)
	n, err := io.ReadFull(c, text)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, "", errors.Join(err, c.Close())
	}
	_ = c.Close() // the rest is not wanted
	return text[:n], c.Damaged(), nil
}

func sniffText(text []byte) Sniffed {
	for _, k := range logs {
		if k.texts != nil && k.texts(text) {
			return Sniffed{Name: k.name, Columns: moreColumns(k.open(), text)}
		}
	}
	votes := make([]int, len(logs))
	judged := 0
	for line := range sniffedLines(text) {
		judged++
		for i, k := range logs {
			if k.lines != nil && k.lines(line) {
				votes[i]++
				break
			}
		}
	}
	best := 0
	for i := range votes {
		if votes[i] > votes[best] {
			best = i
		}
	}
	// A text that quotes a line of a log is none.
	if votes[best]*3 < judged || votes[best] == 0 {
		return Sniffed{}
	}
	return Sniffed{Name: logs[best].name, Columns: moreColumns(logs[best].open(), text)}
}

// sniffedLines gives the lines of a head that are not empty, but for the last
// when it is cut off.
func sniffedLines(text []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		whole := len(text) < sniffBytes
		for n := 0; len(text) > 0 && n < sniffLines; {
			end := newline(text)
			if end < 0 && !whole && n > 0 {
				return
			}
			line := text
			if end < 0 {
				text = nil
			} else {
				line, text = text[:end], text[end+1:]
			}
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			if n++; !yield(line) {
				return
			}
		}
	}
}

// moreColumns returns the columns that a text of a known format has beyond those
// of the format.
func moreColumns(k Known, text []byte) []Column {
	h, ok := k.(headed)
	if !ok {
		return nil
	}
	var out []Column
	for line := range sniffedLines(text) {
		fields, ok := h.header(line)
		if !ok {
			continue
		}
		for _, f := range fields {
			if c := (Column{Name: h.column(f), Type: "string"}); !h.known(f) && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}
