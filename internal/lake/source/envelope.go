package source

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/sillok/sillok/internal/lake/jsonscan"
)

// maxEnvelope is the largest member of an envelope that is taken out of it.
const maxEnvelope = 64 << 20

// unwrapped takes off what exports and deliveries wrap around records, if in
// begins with such a thing.
func unwrapped(in *bufio.Reader) *bufio.Reader {
	head, _ := in.Peek(buffered) // an error comes again with the first read
	head = head[jsonscan.Space(head, 0):]
	switch {
	case stamped(head):
		return bufio.NewReaderSize(&stampedLines{in: in, first: true}, buffered)
	case enveloped(head):
		return bufio.NewReaderSize(&peeler{w: NewWindow(in, buffered)}, buffered)
	}
	return in
}

// stampBytes is the length of the time before a line of an export of CloudWatch
// Logs, with its blank: 2024-05-01T01:00:00.000Z. Balancers' logs begin with a
// time too, which has six digits behind the second.
const stampBytes = len("2024-05-01T01:00:00.000Z ")

func stamped(line []byte) bool {
	if len(line) < stampBytes {
		return false
	}
	for i, want := range []byte("0000-00-00T00:00:00.000Z ") {
		if c := line[i]; want != '0' && c != want || want == '0' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// stampedLines takes the time off the lines that begin with one.
type stampedLines struct {
	in    *bufio.Reader
	first bool // what comes next begins a line
	left  []byte
	err   error
}

func (s *stampedLines) Read(p []byte) (int, error) {
	for len(s.left) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		begins := s.first
		s.left, s.err = s.in.ReadSlice('\n')
		s.first = s.err == nil
		if errors.Is(s.err, bufio.ErrBufferFull) {
			s.err = nil
		}
		if begins && stamped(s.left) {
			s.left = s.left[stampBytes:]
		}
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}

// enveloped says whether a text begins with an object that holds records as
// messages: a delivery of a subscription, an answer of CloudWatch Logs, or a
// message of a delivery stream.
func enveloped(head []byte) bool {
	found := false
	at := 0
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	for at < len(head) && (head[at] == '{' || head[at] == ',') {
		name, value, err := jsonscan.Name(head, jsonscan.Space(head, at+1))
		if err != nil || value >= len(head) {
			break
		}
		key := string(head[name.Start+1 : name.End-1])
		switch {
		case messages(key) && head[value] == '[':
			return hasMessages(head[value:])
		case key == "message" && head[value] == '"':
			inner := head[value+1:]
			found = len(inner) > 0 && (inner[0] == '{' || inner[0] >= '0' && inner[0] <= '9' || bytes.HasPrefix(inner, []byte(`\ufeff`)))
		}
		v, err := jsonscan.Next(head, value)
		if err != nil {
			break
		}
		at = jsonscan.Space(head, v.End)
	}
	return found
}

// messages says whether name is of an array whose elements have messages.
func messages(name string) bool { return name == "logEvents" || name == "events" }

// hasMessages says whether the first element of an array has a message. An empty
// array is taken for one that has.
func hasMessages(head []byte) bool {
	at := jsonscan.Space(head, 1)
	if at >= len(head) || head[at] != '{' {
		return at < len(head) && head[at] == ']'
	}
	for at < len(head) && (head[at] == '{' || head[at] == ',') {
		name, value, err := jsonscan.Name(head, jsonscan.Space(head, at+1))
		if err != nil || value >= len(head) {
			return false
		}
		if string(head[name.Start+1:name.End-1]) == "message" {
			return head[value] == '"'
		}
		v, err := jsonscan.Next(head, value)
		if err != nil {
			return false
		}
		at = jsonscan.Space(head, v.End)
	}
	return false
}

// peeler gives the messages of envelopes, a line each. What is no envelope it
// gives as it is: whoever reads the lines counts it.
type peeler struct {
	w       *Window
	out     []byte
	inside  bool // an object whose members are being read
	array   bool // an array of events in it
	control bool // the object is no delivery but a question whether one would arrive
	gave    bool // the object had events or a message
}

// Read implements io.Reader.
func (p *peeler) Read(b []byte) (int, error) {
	for len(p.out) == 0 {
		if !p.step() {
			if p.w.Err != nil {
				return 0, p.w.Err
			}
			return 0, io.EOF
		}
	}
	n := copy(b, p.out)
	p.out = p.out[n:]
	return n, nil
}

// more reads more, unless there is no more or too much.
func (p *peeler) more() bool {
	left := len(p.w.Buf) - p.w.Pos
	if p.w.Ended || p.w.Full() && left >= maxEnvelope {
		return false
	}
	p.w.Fill()
	return len(p.w.Buf)-p.w.Pos > left || !p.w.Ended
}

// try calls read until it does not ask for more input.
func (p *peeler) try(read func(b []byte, at int) (end int, err error)) (int, error) {
	for {
		end, err := read(p.w.Buf, p.w.Pos)
		if !errors.Is(err, jsonscan.ErrShort) || !p.more() {
			return end, err
		}
	}
}

func (p *peeler) space() bool {
	for {
		p.w.Pos = jsonscan.Space(p.w.Buf, p.w.Pos)
		if p.w.Pos < len(p.w.Buf) {
			return true
		}
		if !p.more() {
			return false
		}
	}
}

// step reads the next piece. It returns false at the end.
func (p *peeler) step() bool {
	if !p.space() {
		return false
	}
	switch c := p.w.Buf[p.w.Pos]; {
	case c == ',':
		p.w.Pos++
	case p.array && c == ']':
		p.w.Pos++
		p.array = false
	case p.array && c == '{':
		p.element()
	case p.inside && c == '}':
		p.w.Pos++
		p.inside = false
		if !p.gave {
			p.out = append(p.out, "{}\n"...) // an object without a message is counted by whoever reads the lines
		}
	case p.inside && !p.array && c == '"':
		p.member()
	case !p.array && c == '{':
		// Inside an object it is the next one, and that one has no end.
		p.w.Pos++
		p.inside, p.control, p.gave = true, false, false
	default:
		p.raw()
	}
	return true
}

// member reads a member of an object: an array of events is gone into.
func (p *peeler) member() {
	array := false
	var key []byte
	var value jsonscan.Value
	end, err := p.try(func(b []byte, at int) (int, error) {
		name, v, err := jsonscan.Name(b, at)
		if err != nil {
			return 0, err
		}
		if v >= len(b) {
			return 0, jsonscan.ErrShort
		}
		key = b[name.Start+1 : name.End-1]
		if array = b[v] == '[' && messages(string(key)); array {
			return v + 1, nil
		}
		value, err = jsonscan.Next(b, v)
		return value.End, err
	})
	// A value over several lines is more than an envelope has: one without its end took the next along.
	if err != nil || !array && bytes.IndexByte(p.w.Buf[p.w.Pos:end], '\n') >= 0 {
		p.raw()
		return
	}
	switch {
	case array:
		p.array, p.gave = true, true
	case string(key) == "message" && value.Kind == '"':
		p.give(value.Bytes(p.w.Buf))
	case string(key) == "messageType":
		p.control = string(value.Bytes(p.w.Buf)) == `"CONTROL_MESSAGE"`
	}
	p.w.Pos = end
}

// element reads an event of an array.
func (p *peeler) element() {
	var message []byte
	end, err := p.try(func(b []byte, at int) (int, error) {
		message = nil
		return jsonscan.Members(b, at, func(name []byte, _ bool, v jsonscan.Value) error {
			if string(name) == "message" && v.Kind == '"' {
				message = v.Bytes(b)
			}
			return nil
		})
	})
	if err != nil {
		p.raw()
		return
	}
	if message != nil && !p.control {
		p.give(message)
	}
	p.w.Pos = end
}

func (p *peeler) give(text []byte) {
	p.gave = true
	p.out = jsonscan.AppendText(p.out, text)
	p.out = append(bytes.TrimRight(p.out, "\r\n"), '\n')
}

// raw gives the rest of a line as it is, and begins anew behind it.
func (p *peeler) raw() {
	p.inside, p.array = false, false
	for {
		if end := bytes.IndexByte(p.w.Buf[p.w.Pos:], '\n'); end >= 0 {
			p.out = append(p.out, p.w.Buf[p.w.Pos:p.w.Pos+end+1]...)
			p.w.Pos += end + 1
			return
		}
		p.out = append(p.out, p.w.Buf[p.w.Pos:]...)
		p.w.Pos = len(p.w.Buf)
		if len(p.out) > maxEnvelope || !p.more() {
			return
		}
	}
}
