package jsonrecord

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sillok/sillok/internal/lake/jsonscan"
	"github.com/sillok/sillok/internal/lake/shadow"
	"github.com/sillok/sillok/internal/lake/source"
)

const (
	windowBytes = 256 << 10
	maxRecord   = 256 << 20 // a longer record does not parse
	maxDepth    = 100       // documents in one another
)

// decoder goes through a document record by record. It holds no more of the
// document than the record it is at and a window.
type decoder struct {
	*source.Window

	schema *Schema
	w      *shadow.Writer
	record *Record
	given  bool   // the rest of the input was given up
	passed bool   // something was passed over
	depth  int    // documents around the record at hand
	loose  bool   // brackets and braces of what was given up may follow
	count  int64  // records so far, those that did not parse included
	first  string // the first member of the last record that parsed
	text   []byte // of a record that stood as text in another one
}

func newDecoder(w *shadow.Writer, s *Schema, in *source.Content) *decoder {
	return &decoder{schema: s, w: w, record: NewRecord(w, s), Window: source.NewWindow(in, windowBytes)}
}

// document writes the records of everything in the input, which may be one
// document or several, one after the other.
func (d *decoder) document() error {
	for d.space() {
		var err error
		switch c := d.Buf[d.Pos]; {
		case c == '[':
			d.Pos++
			_, err = d.elements()
		case c == '{':
			err = d.top()
		case c == '"':
			err = d.quoted()
		case c == ',' && d.between(), d.loose && (c == ']' || c == '}'):
			d.Pos++
		default:
			err = d.lost("neither an object nor an array")
		}
		if err != nil {
			return err
		}
	}
	return d.Err
}

// between says whether the comma at hand stands before another record.
func (d *decoder) between() bool {
	follows, _ := d.follows(d.Pos)
	return follows
}

// more reads more. It returns false when there is no more, or no room.
func (d *decoder) more() bool {
	left := len(d.Buf) - d.Pos
	if d.Ended || d.Full() && left >= maxRecord {
		return false
	}
	d.Fill()
	return len(d.Buf)-d.Pos > left || !d.Ended
}

// space passes over white space. It returns false at the end of the input.
func (d *decoder) space() bool {
	for {
		d.Pos = jsonscan.Space(d.Buf, d.Pos)
		if d.Pos < len(d.Buf) {
			return true
		}
		if !d.more() {
			return false
		}
	}
}

// try calls read until it does not ask for more input. The bytes that read got
// stay until the next try.
func (d *decoder) try(read func(b []byte, i int) (end int, err error)) (end int, err error) {
	for {
		end, err = read(d.Buf, d.Pos)
		if !errors.Is(err, jsonscan.ErrShort) || !d.more() {
			return end, err
		}
	}
}

// top reads an object that is not in an array: a document with an array of
// records, or a record.
func (d *decoder) top() error {
	at, err := d.try(d.array)
	if err == nil && at > 0 {
		return d.inside(at)
	}
	end, err := d.try(d.record.Read)
	if err != nil {
		return d.broken(err)
	}
	if d.record.array.End == 0 && d.record.known == 0 && !d.schema.Plain && len(d.record.inner) == 0 {
		// Such as a digest, which lies beside the logs: AWS finds no records in it either.
		d.count++
		d.w.Count(d.Line(d.Pos), "an object that is neither a document of records nor a record")
		d.Pos = end
		return nil
	}
	err = d.good(end)
	return err
}

// inside reads the records of a document whose array begins at at, and what
// follows the array.
func (d *decoder) inside(at int) error {
	d.depth++
	d.Pos = at
	closed, err := d.elements()
	d.depth--
	if err != nil || !closed {
		return err
	}
	return d.after()
}

// array looks for the array of records in the object at b[i], and returns the
// place behind its bracket, or 0 when the object is a record.
func (d *decoder) array(b []byte, i int) (at int, err error) {
	for next := i; ; {
		name, value, err := jsonscan.Name(b, jsonscan.Space(b, next+1))
		if err != nil {
			return 0, err
		}
		if value >= len(b) {
			return 0, jsonscan.ErrShort
		}
		text := b[name.Start+1 : name.End-1]
		if b[value] == '[' && slices.Contains(d.schema.Arrays, lowerASCII(text)) {
			return value + 1, nil
		}
		if len(d.schema.Arrays) == 0 || d.record.root.child(text, d.schema.Exact) != nil {
			return 0, nil
		}
		v, err := jsonscan.Next(b, value)
		if err != nil {
			return 0, err
		}
		if next = jsonscan.Space(b, v.End); next >= len(b) {
			return 0, jsonscan.ErrShort
		}
		if b[next] != ',' {
			return 0, nil
		}
	}
}

// good writes the record at hand, which was read and ends at end.
func (d *decoder) good(end int) error {
	d.count++
	if d.record.is() || len(d.schema.Must) == 0 {
		d.first = firstMember(d.Buf, d.Pos)
	}
	start := d.Pos
	d.Pos = end
	if len(d.record.inner) > 0 && !d.record.is() {
		return d.texts(start)
	}
	return d.record.Write(d.Buf)
}

// texts writes the records that stand as text in the record that was read.
func (d *decoder) texts(start int) error {
	for _, v := range slices.Clone(d.record.inner) {
		if err := d.inner(start, v.Bytes(d.Buf)); err != nil {
			return err
		}
	}
	return nil
}

// inner writes the record that a string is. start is where it was, in the window.
func (d *decoder) inner(start int, quoted []byte) error {
	d.text = jsonscan.AppendText(d.text[:0], quoted)
	at := jsonscan.Space(d.text, 0)
	end, err := d.record.Read(d.text, at)
	if err == nil && jsonscan.Space(d.text, end) < len(d.text) {
		err = errors.New("text behind the record")
	}
	if err != nil {
		return d.w.BadRow(d.Line(start), d.text, "the record in the text: "+reason(err))
	}
	return d.record.Write(d.text)
}

// quoted reads a record that stands as a string of its own.
func (d *decoder) quoted() error {
	end, err := d.try(func(b []byte, i int) (int, error) {
		v, err := jsonscan.Next(b, i)
		return v.End, err
	})
	if err != nil {
		return d.lost(reason(err))
	}
	start := d.Pos
	d.count++
	d.Pos = end
	return d.inner(start, d.Buf[start:end])
}

// after reads what follows the array of a document.
func (d *decoder) after() error {
	for d.space() {
		switch d.Buf[d.Pos] {
		case '}':
			d.Pos++
			return nil
		case ',':
			d.Pos++
		default:
			return d.lost("a comma or } was expected after the records")
		}
		if !d.space() {
			break
		}
		end, err := d.try(func(b []byte, i int) (int, error) {
			_, at, err := jsonscan.Name(b, i)
			if err != nil {
				return 0, err
			}
			v, err := jsonscan.Next(b, at)
			return v.End, err
		})
		if err != nil {
			return d.lost(reason(err))
		}
		d.Pos = end
	}
	d.w.Count(d.Line(len(d.Buf)), "the document ends before its last brace")
	return nil
}

// elements writes the records of an array whose bracket has been read. closed
// says whether the array has its other bracket.
func (d *decoder) elements() (closed bool, err error) {
	for comma := true; d.space(); {
		switch c := d.Buf[d.Pos]; {
		case c == ']':
			d.Pos++
			return true, nil
		case c == ',':
			d.Pos++
			comma = true
		case comma || c == '{':
			if !comma {
				d.w.Count(d.Line(d.Pos), fmt.Sprintf("a comma is missing before record %d", d.count+1))
			}
			d.passed = false
			if err := d.one(); err != nil {
				return false, err
			}
			comma = d.passed // what was passed over took its comma along
		default:
			if err := d.lost("a comma or ] was expected after a record"); err != nil {
				return false, err
			}
		}
	}
	if !d.given {
		d.w.Count(d.Line(len(d.Buf)), "the document ends before its last bracket")
	}
	return false, nil
}

// one writes the element at hand.
func (d *decoder) one() error {
	if d.Buf[d.Pos] == '"' {
		return d.quoted()
	}
	if d.depth < maxDepth {
		// Documents may stand in an array, or behind one that has no end.
		if at, err := d.try(d.array); err == nil && at > 0 {
			return d.inside(at)
		}
	}
	end, err := d.try(d.record.Read)
	if err != nil {
		return d.broken(err)
	}
	return d.good(end)
}

// reason says why a record did not parse, without the place in a window that
// nobody knows.
func reason(err error) string {
	if s, ok := errors.AsType[*jsonscan.SyntaxError](err); ok {
		return s.Reason
	}
	return err.Error()
}
