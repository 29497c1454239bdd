package insights

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/lake/jsonscan"
)

// Event is one log event.
type Event struct {
	Timestamp, IngestionTime int64  // milliseconds since 1970
	Seq                      uint64 // tells events of one time apart, with N: the greater are newer
	N                        uint32
	Message                  []byte
	Unmasked                 []byte // the message as it came, where Message is masked and the caller may see it
	Fields, UnmaskedFields   []byte // in which fields are discovered in place of Message and of Unmasked; nil for those themselves
	Log                      string // account:group
	Stream                   string
	Pointer                  string            // @ptr
	System                   map[string]string // further fields of its own that begin with @, such as @entity.KeyAttributes.Name
}

// unmasking stands before the name of a field that is asked for as it came.
const unmasking = "unmask\x00"

// discovery reads the fields of events that a query asks for.
type discovery struct {
	system   map[string]int // names that begin with @
	named    map[string]int // all others
	json     *node          // of members
	unmasked *discovery
	finder   finder
}

// node is a place in an object.
type node struct {
	slot  int // 0 is none
	next  []child
	index map[string]*node // of next
	begin [256]bool        // with which bytes the names of next begin
	empty bool             // one of them is empty
}

// may is false for the name of a member that leads nowhere, if that is told by how it begins.
func (n *node) may(name []byte) bool { return n.empty || len(name) == 0 || n.begin[name[0]] }

// fewChildren is how many are looked through one by one.
const fewChildren = 16

// child is a place within another one. A query names few of them.
type child struct {
	name string
	*node
}

// child returns the place of a name, or nil.
func (n *node) child(name []byte) *node {
	if len(n.next) > fewChildren {
		return n.index[string(name)]
	}
	for i := range n.next {
		if n.next[i].name == string(name) {
			return n.next[i].node
		}
	}
	return nil
}

func newDiscovery(raw map[string]int) *discovery {
	d := &discovery{system: map[string]int{}, named: map[string]int{}, json: &node{}}
	masked := map[string]int{}
	for name, slot := range raw {
		switch rest, unmask := strings.CutPrefix(name, unmasking); {
		case unmask:
			masked[rest] = slot
		case strings.HasPrefix(name, "@@"):
			d.json.add(name[1:], slot)
		case strings.HasPrefix(name, "@"):
			d.system[name] = slot
		default:
			d.named[name] = slot
			d.json.add(name, slot)
		}
	}
	if len(masked) > 0 {
		d.unmasked = newDiscovery(masked)
	}
	return d
}

func (n *node) add(name string, slot int) {
	for segment := range strings.SplitSeq(name, ".") {
		next := n.child([]byte(segment))
		if next == nil {
			if next = (&node{}); n.index == nil {
				n.index = map[string]*node{}
			}
			n.next = append(n.next, child{segment, next})
			n.index[segment] = next
			if segment == "" {
				n.empty = true
			} else {
				n.begin[segment[0]] = true
			}
		}
		n = next
	}
	n.slot = slot
}

// read puts the fields of the event into the row.
func (d *discovery) read(e *Event, r row) {
	r[pointerSlot] = textual(e.Pointer)
	r[timestampSlot] = instant(e.Timestamp)
	d.message(e, e.Message, e.shown(), r)
	if d.unmasked != nil {
		text, fields := e.Unmasked, e.UnmaskedFields
		if text == nil {
			text, fields = e.Message, e.shown()
		}
		if fields == nil {
			fields = text
		}
		d.unmasked.message(e, text, fields, r)
	}
}

// shown returns in which text of an event fields are discovered.
func (e *Event) shown() []byte {
	if e.Fields != nil {
		return e.Fields
	}
	return e.Message
}

// message puts the fields of a message into the row, those that are discovered from
// another text of it.
func (d *discovery) message(e *Event, message, fields []byte, r row) {
	for name, slot := range d.system {
		switch name {
		case "@message":
			r[slot] = textual(string(message))
		case "@logStream":
			r[slot] = textual(e.Stream)
		case "@log":
			r[slot] = textual(e.Log)
		case "@ingestionTime":
			r[slot] = instant(e.IngestionTime)
		case "@timestamp":
			r[slot] = instant(e.Timestamp)
		default:
			if text, there := e.System[name]; there {
				r[slot] = textual(text)
			}
		}
	}
	if start := jsonscan.Space(fields, 0); start < len(fields) && fields[start] == '{' {
		d.object(fields, start, r)
		return
	}
	if ofLambda(e) || platform(fields) {
		d.lambda(fields, r)
		return
	}
	if len(d.named) > 0 {
		d.line(fields, r)
	}
}

// mostFields is how many fields of an event are discovered.
const mostFields = 200

// finder walks an object and puts what is asked for into a row.
type finder struct {
	b      []byte
	r      row
	leaves int
	places []*node // a stack: those of the values around this one
}

// object reads the members that are asked for of an object that is the message.
// One that is no JSON has none.
func (d *discovery) object(b []byte, start int, r row) {
	if len(d.json.next) == 0 {
		return
	}
	f := &d.finder
	f.b, f.r, f.leaves, f.places = b, r, 0, append(f.places[:0], d.json)
	if end := f.value(start, 0, 0); end < 0 || jsonscan.Space(b, end) != len(b) {
		d.json.clear(r)
	}
}

func (n *node) clear(r row) {
	if n.slot > 0 {
		r[n.slot] = value{}
	}
	for _, next := range n.next {
		next.clear(r)
	}
}

// value reads the value at i, which lies at the places from base on. end is -1 where
// there is none.
func (f *finder) value(i, base, depth int) (end int) {
	if len(f.places) == base {
		return jsonscan.Skip(f.b, i, depth, &f.leaves)
	}
	if i >= len(f.b) || depth > jsonscan.MaxDepth {
		return -1
	}
	v := jsonscan.Value{Start: i, Kind: f.b[i]}
	switch f.b[i] {
	case '{', '[':
		v.End = f.inside(i, base, depth+1)
	default:
		var err error
		if v, err = jsonscan.Within(f.b, i, depth); err != nil {
			return -1
		}
		f.leaves++
	}
	if v.End >= 0 && f.leaves <= mostFields {
		for _, n := range f.places[base:] {
			if n.slot > 0 {
				f.r[n.slot] = ofJSON(f.b, v)
			}
		}
	}
	return v.End
}

// inside reads the members of an object, or the elements of an array.
func (f *finder) inside(start, base, depth int) (end int) {
	b := f.b
	closing := b[start] + 2 // ] and } stand two behind [ and {
	top := len(f.places)
	i := f.past(start + 1)
	for n := 0; i < len(b) && b[i] != closing; n++ {
		if n > 0 {
			if b[i] != ',' {
				return -1
			}
			i = f.past(i + 1)
		}
		if closing == '}' {
			name := i + 1
			if i = jsonscan.Quoted(b, i); i < 0 {
				return -1
			}
			f.under(f.places[base:top], b[name:i-1])
			if i = f.past(i); i >= len(b) || b[i] != ':' {
				return -1
			}
			i = f.past(i + 1)
		} else {
			f.nth(f.places[base:top], n)
		}
		if len(f.places) == top {
			i = jsonscan.Skip(b, i, depth, &f.leaves)
		} else {
			i = f.value(i, top, depth)
			f.places = f.places[:top]
		}
		if i < 0 {
			return -1
		}
		i = f.past(i)
	}
	if i >= len(b) {
		return -1
	}
	return i + 1
}

// past returns the first place at or after i that is not white space.
func (f *finder) past(i int) int {
	if i < len(f.b) && f.b[i] <= ' ' {
		return jsonscan.Space(f.b, i)
	}
	return i
}

// under stacks the places that a member has whose name is written so. A name with dots
// leads as far as several without.
func (f *finder) under(places []*node, key []byte) {
	if bytes.IndexByte(key, '\\') >= 0 {
		key = jsonscan.AppendText(nil, slices.Concat([]byte{'"'}, key, []byte{'"'}))
	}
	for _, n := range places {
		if !n.may(key) {
			continue
		}
		if next := n.child(key); next != nil {
			f.places = append(f.places, next)
			continue
		}
		if bytes.IndexByte(key, '.') < 0 {
			continue
		}
		for segment := range bytes.SplitSeq(key, []byte(".")) {
			if n = n.child(segment); n == nil {
				break
			}
		}
		if n != nil {
			f.places = append(f.places, n)
		}
	}
}

// nth stacks the places that an element has.
func (f *finder) nth(places []*node, place int) {
	for _, n := range places {
		if len(n.next) == 0 {
			continue
		}
		if next := n.child(strconv.AppendInt(nil, int64(place), 10)); next != nil {
			f.places = append(f.places, next)
		}
	}
}
