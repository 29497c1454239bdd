package insights

import "strings"

// The first slots of a row are those of its event.
const (
	pointerSlot = iota
	timestampSlot
	firstSlot
)

// scope is what names mean at some place of a query, and what may follow there.
type scope struct {
	query   *Query
	text    string
	defined map[string]int // names that the query gives, to slots
	fields  bool           // other names are fields of the events
	sides   map[string]map[string]int

	columns   []column
	chosen    bool // a command says which columns there are
	displayed bool // display does
	projected map[string]bool
	said      []column // what the last command that names columns names

	last    string // the command before, in small letters
	stats   int
	joined  bool
	deduped bool
	ordered string // the command that fixed an order or a number of rows
	events  bool   // rows are events, with @ptr
}

// column is a column of the result.
type column struct {
	name string
	slot int
}

func newScope(q *Query) *scope {
	return &scope{query: q, text: q.text, defined: map[string]int{}, fields: true, projected: map[string]bool{}, events: true}
}

// slot returns a slot that nothing else uses.
func (s *scope) slot() int {
	s.query.slots++
	return s.query.slots - 1
}

// mostStats is how many times a query may group.
const mostStats = 10

// begin tells whether the command may stand here.
func (s *scope) begin(keyword token) *Error {
	command := strings.ToLower(keyword.text)
	refuse := func(hint string) *Error { return unexpected(s.text, keyword.span, hint) }
	switch {
	case s.last == "estimate":
		return refuse("nothing follows estimate")
	case s.deduped && command != "limit" && command != "head" && command != "tail":
		return refuse("only limit follows dedup")
	case command == "stats" && s.ordered != "":
		return refuse("sort and limit stand behind the last stats")
	case command == "stats" && s.stats == mostStats:
		return refuse("a query has stats at most 10 times")
	case command == "pattern" && s.ordered != "":
		return refuse("pattern does not follow sort or limit")
	case (command == "diff" || command == "anomaly") && s.last != "pattern":
		return refuse(command + " follows pattern at once")
	case command == "join" && s.joined:
		return refuse("a query has join once")
	}
	return nil
}

// end notes that the command has been read.
func (s *scope) end(keyword token) {
	s.last = strings.ToLower(keyword.text)
	switch s.last {
	case "sort", "order", "limit", "head", "tail":
		s.ordered = s.last
	case "stats":
		s.stats++
	case "join":
		s.joined = true
	case "dedup":
		s.deduped = true
	}
}

// uncarried notes that something is read and not carried out.
func (s *scope) uncarried(where span, what, why string) {
	if s.query.uncarried == nil {
		s.query.uncarried = at(s.text, where, what+" is not carried out by this server", why)
	}
}

// raw returns the slot of a field of the events.
func (s *scope) raw(name string) int {
	if name == "@timestamp" {
		return timestampSlot
	}
	if name == "@ptr" {
		s.query.pointed = true
		return pointerSlot
	}
	slot, there := s.query.raw[name]
	if !there {
		slot = s.slot()
		s.query.raw[name] = slot
	}
	return slot
}

// field resolves a name: the longest part of it that the query has given, with a
// way into its value, and otherwise a field of the events.
func (s *scope) field(f *field) *Error {
	for n := len(f.segments); n > 0; n-- {
		if slot, there := s.defined[strings.Join(f.segments[:n], ".")]; there {
			f.slot, f.path = slot, f.segments[n:]
			return nil
		}
	}
	if side, there := s.sides[f.segments[0]]; there && len(f.segments) > 1 {
		name := strings.Join(f.segments[1:], ".")
		slot, known := side[name]
		if !known {
			slot = s.slot()
			side[name] = slot
		}
		f.slot = slot
		return nil
	}
	full := strings.Join(f.segments, ".")
	if !s.fields {
		return at(s.text, f.span, "Unknown symbols found in or after stats: "+full, "behind stats there are only the names that it gives")
	}
	f.slot = s.raw(full)
	return nil
}

// resolve resolves the names in an expression. Aggregates are appended to reduced;
// where that is nil there may be none.
func (s *scope) resolve(e expression, reduced *[]*call) *Error {
	switch x := e.(type) {
	case *literal, nil:
		return nil
	case *period:
		return unexpected(s.text, x.span, "a period stands in bin, datefloor and dateceil alone")
	case *field:
		return s.field(x)
	case *unary:
		return s.resolve(x.of, reduced)
	case *binary:
		if err := s.resolve(x.left, reduced); err != nil {
			return err
		}
		return s.resolve(x.right, reduced)
	case *like:
		return s.resolve(x.of, reduced)
	case *in:
		if x.query != nil && x.query.uncarried != nil && s.query.uncarried == nil {
			s.query.uncarried = x.query.uncarried
		}
		return s.resolve(x.of, reduced)
	case *into:
		return s.resolve(x.of, reduced)
	case *call:
		return s.call(x, reduced)
	}
	return nil
}

func (s *scope) call(c *call, reduced *[]*call) *Error {
	if c.reduces != nil && reduced == nil {
		return unexpected(s.text, c.name.span, c.name.text+" aggregates: it stands in stats, and not within another aggregate")
	}
	args, inner := c.args, reduced
	if c.reduces != nil {
		inner = nil
		c.slot = s.slot()
		*reduced = append(*reduced, c)
		if c.reduces.uncarried != "" {
			s.uncarried(c.span, c.name.text, c.reduces.uncarried)
		}
		if c.reduces.timed {
			if err := s.timestamp(c); err != nil {
				return err
			}
		}
	} else if c.scalar.special != "" {
		var err *Error
		if args, err = s.special(c); err != nil {
			return err
		}
	}
	for _, arg := range args {
		if _, ok := arg.(*period); ok && c.reduces != nil && c.reduces.periods {
			continue
		}
		if err := s.resolve(arg, inner); err != nil {
			return err
		}
	}
	return nil
}

// timestamp refuses what needs the time of an event where rows have none.
func (s *scope) timestamp(c *call) *Error {
	if _, there := s.defined["@timestamp"]; !s.fields && !there {
		return at(s.text, c.span, "Unknown symbols found in or after stats: @timestamp", c.name.text+" needs @timestamp: carry it on, such as by max(@timestamp) as @t, and use dateceil(@t, 5m)")
	}
	return nil
}

// stamp returns the slot of the time of rows.
func (s *scope) stamp() int {
	if slot, there := s.defined["@timestamp"]; there {
		return slot
	}
	return timestampSlot
}

// special checks the arguments of functions that take a period or a field, and
// returns those that are expressions.
func (s *scope) special(c *call) ([]expression, *Error) {
	last := c.args[len(c.args)-1]
	if c.scalar.special == "unmask" {
		f, ok := c.args[0].(*field)
		if !ok || !s.fields {
			return nil, unexpected(s.text, c.args[0].where(), "unmask takes a field of an event")
		}
		if full := strings.Join(f.segments, "."); s.defined[full] == 0 {
			f.slot = s.raw(unmasking + full)
			return nil, nil
		}
		return nil, unexpected(s.text, f.span, "unmask takes a field of an event")
	}
	if c.scalar.special == "histogram" {
		s.uncarried(c.span, "histogram", "AWS's guide and what was measured differ about it")
		return c.args, nil
	}
	d, ok := last.(*period)
	if !ok {
		return nil, unexpected(s.text, last.where(), periodHint)
	}
	if d.weekly() {
		s.uncarried(d.span, "a period of weeks, of quarters, or of several months or years", "AWS does not tell where it begins")
	}
	if c.scalar.special == "bin" {
		if err := s.timestamp(c); err != nil {
			return nil, err
		}
		c.slot = s.stamp()
	}
	return c.args[:len(c.args)-1], nil
}

// give adds a name and its column.
func (s *scope) give(name string, slot int) {
	s.defined[name] = slot
	if !s.displayed {
		s.show(name, slot)
	}
}

// show adds a column. One with the same name is replaced.
func (s *scope) show(name string, slot int) {
	for i := range s.columns {
		if s.columns[i].name == name {
			s.columns[i].slot = slot
			return
		}
	}
	s.columns = append(s.columns, column{name, slot})
}

// visible returns the columns: those of an event where nothing says which, and those
// that were computed.
func (s *scope) visible() []column {
	if s.chosen {
		return s.columns
	}
	return append([]column{{"@timestamp", timestampSlot}, {"@message", s.raw("@message")}}, s.columns...)
}

// group begins anew with what a command that groups gives.
func (s *scope) group(columns []column) {
	s.defined, s.projected, s.fields, s.sides, s.events = map[string]int{}, map[string]bool{}, false, nil, false
	s.chosen, s.displayed, s.columns = true, false, nil
	for _, c := range columns {
		s.give(c.name, c.slot)
	}
	s.said = columns
}
