package format

import (
	"bytes"
	"errors"
	"io"

	"github.com/sillok/sillok/internal/lake/jsonscan"
	"github.com/sillok/sillok/internal/lake/shadow"
)

const (
	trailWindow = 256 << 10
	maxRecord   = 256 << 20 // a longer record does not parse
)

// trailDecoder goes through a document record by record. It holds no more of
// the document than the record it is at and a window.
type trailDecoder struct {
	window
	w      *shadow.Writer
	record *trailRecord
	given  bool  // the rest of the input was given up
	count  int64 // records so far, those that did not parse included
}

func newTrailDecoder(w *shadow.Writer) *trailDecoder {
	return &trailDecoder{w: w, record: newTrailRecord(w), window: newWindow(nil, trailWindow)}
}

// document writes the records of everything in, which may be one document or
// several, one after the other.
func (d *trailDecoder) document(in io.Reader) error {
	d.in = in
	for d.space() {
		var err error
		switch d.buf[d.pos] {
		case '[':
			d.pos++
			_, err = d.elements()
		case '{':
			err = d.top()
		default:
			err = d.lost("neither an object nor an array")
		}
		if err != nil {
			return err
		}
	}
	return d.err
}

// more reads more. It returns false when there is no more, or no room.
func (d *trailDecoder) more() bool {
	left := len(d.buf) - d.pos
	if d.ended || d.full() && left >= maxRecord {
		return false
	}
	d.fill()
	return len(d.buf)-d.pos > left || !d.ended
}

// space passes over white space. It returns false at the end of the input.
func (d *trailDecoder) space() bool {
	for {
		d.pos = jsonscan.Space(d.buf, d.pos)
		if d.pos < len(d.buf) {
			return true
		}
		if !d.more() {
			return false
		}
	}
}

// try calls read until it does not ask for more input. The bytes that read got
// stay until the next try.
func (d *trailDecoder) try(read func(b []byte, i int) (end int, err error)) (end int, err error) {
	for {
		end, err = read(d.buf, d.pos)
		if !errors.Is(err, jsonscan.ErrShort) || !d.more() {
			return end, err
		}
	}
}

// top reads an object that is not in an array: {"Records": […]} or a record.
func (d *trailDecoder) top() error {
	at := 0
	var name []byte
	_, err := d.try(func(b []byte, i int) (int, error) {
		key, value, err := jsonscan.Name(b, jsonscan.Space(b, i+1))
		if err == nil {
			if value >= len(b) {
				return 0, jsonscan.ErrShort
			}
			name, at = b[key.Start+1:key.End-1], value
		}
		return 0, err
	})
	if err == nil && sameFold(name, "records") && d.buf[at] == '[' {
		d.pos = at + 1
		closed, err := d.elements()
		if err != nil || !closed {
			return err
		}
		return d.after()
	}
	end, err := d.try(d.record.read)
	if err != nil {
		return d.lost(err.Error())
	}
	d.pos = end
	if records := d.record.records; records.End > 0 {
		return d.inside(records)
	}
	d.count++
	if d.record.known == 0 {
		// Such as a digest, which lies beside the logs: AWS finds no records in it either.
		d.w.Count(d.count, "an object that is neither {\"Records\": […]} nor a record")
		return nil
	}
	return d.record.write(d.buf)
}

// inside writes the records of an array that is in the window as a whole.
func (d *trailDecoder) inside(records jsonscan.Value) error {
	_, err := jsonscan.Elements(d.buf, records.Start, func(v jsonscan.Value) error {
		d.count++
		if _, err := d.record.read(d.buf, v.Start); err != nil {
			return d.w.BadRow(d.count, v.Bytes(d.buf), err.Error())
		}
		return d.record.write(d.buf)
	})
	return err
}

// after reads what follows the array of {"Records": […]}.
func (d *trailDecoder) after() error {
	for d.space() {
		switch d.buf[d.pos] {
		case '}':
			d.pos++
			return nil
		case ',':
			d.pos++
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
			return d.lost(err.Error())
		}
		d.pos = end
	}
	d.w.Count(d.count, "the document ends before its last brace")
	return nil
}

// elements writes the records of an array whose bracket has been read. closed
// says whether the array has its other bracket.
func (d *trailDecoder) elements() (closed bool, err error) {
	if d.space() && d.buf[d.pos] == ']' {
		d.pos++
		return true, nil
	}
	for d.space() {
		if err := d.one(); err != nil {
			return false, err
		}
		if !d.space() {
			break
		}
		switch d.buf[d.pos] {
		case ']':
			d.pos++
			return true, nil
		case ',':
			d.pos++
		default:
			return false, d.lost("a comma or ] was expected after a record")
		}
	}
	if !d.given {
		d.w.Count(d.count, "the document ends before its last bracket")
	}
	return false, nil
}

// one writes the record at hand.
func (d *trailDecoder) one() error {
	d.count++
	end, err := d.try(d.record.read)
	if err == nil {
		d.pos = end
		return d.record.write(d.buf)
	}
	reason := err.Error()
	if errors.Is(err, jsonscan.ErrShort) {
		reason = "the record is cut off"
		end = len(d.buf)
	} else if end, err = d.try(balanced); err != nil {
		end = len(d.buf)
	}
	bad := d.buf[d.pos:end]
	d.pos = end
	if err := d.w.BadRow(d.count, bad, reason); err != nil {
		return err
	}
	if end == len(d.buf) {
		d.abandon()
	}
	return nil
}

// abandon gives up the rest of the input: there is no telling where a record
// begins.
func (d *trailDecoder) abandon() {
	d.given = true
	for d.pos = len(d.buf); d.more(); {
		d.pos = len(d.buf)
	}
	d.pos = len(d.buf)
}

// lost passes over a line that is no record, or the rest of one.
func (d *trailDecoder) lost(reason string) error {
	d.count++
	searched := d.pos
	for {
		if i := bytes.IndexByte(d.buf[searched:], '\n'); i >= 0 {
			bad := d.buf[d.pos : searched+i]
			d.pos = searched + i + 1
			return d.w.BadRow(d.count, bad, reason)
		}
		searched = len(d.buf) - d.pos
		if !d.more() {
			break
		}
		searched += d.pos
	}
	bad := d.buf[d.pos:]
	d.pos = len(d.buf)
	if err := d.w.BadRow(d.count, bad, reason); err != nil {
		return err
	}
	d.abandon()
	return nil
}

// balanced finds the end of the object at b[i] by its braces alone.
func balanced(b []byte, i int) (end int, err error) {
	depth := 0
	quoted := false
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth < 0 {
				return i, nil
			}
			if depth == 0 {
				return i + 1, nil
			}
		case depth == 0 && c == ',':
			return i, nil
		}
	}
	return 0, jsonscan.ErrShort
}
