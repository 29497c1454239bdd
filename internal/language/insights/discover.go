package insights

import (
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/lake/jsonscan"
)

// Event is one log event.
type Event struct {
	Timestamp, IngestionTime int64 // milliseconds since 1970
	Message                  []byte
	Unmasked                 []byte // the message as it came, where Message is masked and the caller may see it
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
}

// node is a place in an object.
type node struct {
	slot int // 0 is none
	next map[string]*node
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
		if n.next == nil {
			n.next = map[string]*node{}
		}
		if n.next[segment] == nil {
			n.next[segment] = &node{}
		}
		n = n.next[segment]
	}
	n.slot = slot
}

// read puts the fields of the event into the row.
func (d *discovery) read(e *Event, r row) {
	r[pointerSlot] = textual(e.Pointer)
	r[timestampSlot] = instant(e.Timestamp)
	d.message(e, e.Message, r)
	if d.unmasked != nil {
		text := e.Unmasked
		if text == nil {
			text = e.Message
		}
		d.unmasked.message(e, text, r)
	}
}

func (d *discovery) message(e *Event, message []byte, r row) {
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
	if start := jsonscan.Space(message, 0); start < len(message) && message[start] == '{' {
		d.object(message, start, r)
		return
	}
	_, group, _ := strings.Cut(e.Log, ":")
	if strings.HasPrefix(group, "/aws/lambda/") || platform(message) {
		d.lambda(message, r)
		return
	}
	if len(d.named) > 0 {
		d.line(message, r)
	}
}

// mostFields is how many fields of an event are discovered.
const mostFields = 200

// finder walks an object and puts what is asked for into a row.
type finder struct {
	b      []byte
	r      row
	leaves int
}

// object reads the members that are asked for of an object that is the message.
// One that is no JSON has none.
func (d *discovery) object(b []byte, start int, r row) {
	if len(d.json.next) == 0 {
		return
	}
	f := &finder{b: b, r: r}
	end, ok := f.value(start, []*node{d.json}, 0)
	if !ok || jsonscan.Space(b, end) != len(b) {
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

// value reads the value at i, which lies at the given places.
func (f *finder) value(i int, places []*node, depth int) (end int, ok bool) {
	if i >= len(f.b) || depth > jsonscan.MaxDepth {
		return 0, false
	}
	v := jsonscan.Value{Start: i, Kind: f.b[i]}
	switch f.b[i] {
	case '{', '[':
		v.End, ok = f.inside(i, places, depth+1)
	default:
		var err error
		v, err = jsonscan.Within(f.b, i, depth)
		ok = err == nil
		f.leaves++
	}
	if ok && f.leaves <= mostFields {
		for _, n := range places {
			if n.slot > 0 {
				f.r[n.slot] = ofJSON(f.b, v)
			}
		}
	}
	return v.End, ok
}

// inside reads the members of an object, or the elements of an array.
func (f *finder) inside(start int, places []*node, depth int) (end int, ok bool) {
	b := f.b
	closing := b[start] + 2 // ] and } stand two behind [ and {
	i := jsonscan.Space(b, start+1)
	for n := 0; i < len(b) && b[i] != closing; n++ {
		if n > 0 {
			if b[i] != ',' {
				return 0, false
			}
			i = jsonscan.Space(b, i+1)
		}
		var few [4]*node
		below := few[:0]
		if closing == '}' {
			name, at, err := jsonscan.Name(b, i)
			if err != nil {
				return 0, false
			}
			i = at
			if len(places) > 0 {
				key := b[name.Start+1 : name.End-1]
				if name.Escaped {
					key = jsonscan.AppendText(nil, name.Bytes(b))
				}
				below = under(below, places, key)
			}
		} else {
			below = nth(below, places, n)
		}
		if i, ok = f.value(i, below, depth); !ok {
			return 0, false
		}
		i = jsonscan.Space(b, i)
	}
	return i + 1, i < len(b)
}

// under appends the places that a member of that name has. A name with dots leads as
// far as several without.
func under(below, places []*node, key []byte) []*node {
	for _, n := range places {
		if next, there := n.next[string(key)]; there {
			below = append(below, next)
			continue
		}
		if !strings.Contains(string(key), ".") {
			continue
		}
		for segment := range strings.SplitSeq(string(key), ".") {
			if n = n.next[segment]; n == nil {
				break
			}
		}
		if n != nil {
			below = append(below, n)
		}
	}
	return below
}

func nth(below, places []*node, place int) []*node {
	for _, n := range places {
		if next, there := n.next[strconv.Itoa(place)]; there {
			below = append(below, next)
		}
	}
	return below
}
