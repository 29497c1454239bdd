package insights

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/language/matcher"
)

// Env is what a run of a query stands on.
type Env struct {
	Start, End int64     // of the time range, in milliseconds since 1970, both within it
	Now        time.Time // for now()
	Limit      int       // how many rows at most; 0 is what the query itself says, or DefaultLimit
	Memory     int       // bytes that a run may hold, about; 0 is DefaultMemory
	Workers    int       // how many read events side by side; 0 is as many as there are processors

	// Events returns the events of a source, newest first. It is asked once for each. Some events are read ahead: what
	// their texts are made of may not change before Run returns, but an Event may be used for the next one.
	Events func(ctx context.Context, read Read) iter.Seq2[*Event, error]
	// Apart returns as many sequences as are asked for, which together have what Events
	// returns, each event in one of them, in no order. They are read side by side where the
	// order does not matter. What the texts of an event are made of may change once the next
	// one is asked for. nil is for none.
	Apart func(ctx context.Context, read Read, n int) []iter.Seq2[*Event, error]
	// Pointer returns what clients see of the pointer of an event; nil is the pointer
	// itself.
	Pointer func(pointer string) string
	// Table returns the records of a lookup table, of which the first one is its header.
	Table func(ctx context.Context, name string) ([][]string, error)
	// Partial is called now and then while events are read, if it is there. What it is
	// given returns the result so far.
	Partial func(result func() (*Result, error))
}

// Read is what a run reads.
type Read struct {
	Source *Source // nil is the query's own log groups
	// Needs and Streams spare reading: an event that lacks one of the needs, or is of
	// another stream than these, may be left out. Streams is nil for all.
	Needs   []Need
	Streams []string
	// Pointers says whether the pointers of events are looked at.
	Pointers bool
}

// DefaultMemory is how many bytes a run may hold unless it is said.
const DefaultMemory = 512 << 20

// ErrMemory says that a query holds more than it may.
var ErrMemory = errors.New("the query holds more than the memory that it may use: filter more, or group by less")

// Result is what a query returns.
type Result struct {
	Rows       [][]Cell
	Statistics Statistics
}

// Cell is a value of a row under the name of its column. Null has no cell.
type Cell struct{ Field, Value string }

// Statistics says what a query has read.
type Statistics struct {
	RecordsMatched float64 // events that came through its first filters
	RecordsScanned float64
	BytesScanned   float64
}

// errEnough ends the reading of rows: no more are needed.
var errEnough = errors.New("enough")

// sink takes a row, which it may write to and must copy to keep.
type sink func(r row) error

// streaming is a command that hands rows on as they come.
type streaming interface {
	command
	stream(x *run, next sink) sink
}

// gathering is a command that hands rows on when it has seen all.
type gathering interface {
	command
	gather(x *run, most int) gatherer
}

// gatherer gathers rows. each may be called at any time, and again.
type gatherer interface {
	add(r row) error
	each(next sink) error
}

// run is one run of a query.
type run struct {
	query *Query
	env   *Env
	held  int
	made  *atomic.Int64 // bytes of what workers made and nobody has taken
	exact *atomic.Int64 // how many further values percentiles may keep
	at    *place        // of the row that is looked at; nil where they come in order
	ended func() error  // why the run is to end, or nil

	sets   map[int]map[string]bool // what in (…) compares with
	others map[int][]row           // the rows of appendcols
	joins  map[int]*joined
	tables map[string][][]string

	broken  error // why what was computed last is nothing
	regexes map[string]*matcher.Groups
	zones   map[string]*time.Location
	key     []byte

	statistics Statistics
	first      gatherer  // gathers what comes from events
	rest       []command // behind it
}

// Run runs the query over the events of env. It fails with an *Error where the
// query asks for what is not carried out, with ErrMemory, with the error of env,
// or with that of the context.
func (q *Query) Run(ctx context.Context, env Env) (*Result, error) {
	if q.estimate {
		return nil, at(q.text, span{0, len(q.text)}, "estimate reads nothing", "what it would read is known without running it")
	}
	x, err := q.run(ctx, &env, env.Partial)
	if err != nil {
		return nil, err
	}
	return x.result()
}

// sub is another query within one.
type sub struct {
	input int
	query *Query
	set   bool // its one column is a set
}

func (q *Query) run(ctx context.Context, env *Env, partial func(func() (*Result, error))) (*run, error) {
	if q.uncarried != nil {
		return nil, q.uncarried
	}
	x := &run{
		made: new(atomic.Int64), exact: new(atomic.Int64), ended: func() error { return context.Cause(ctx) },
		query: q, env: env, sets: map[int]map[string]bool{}, others: map[int][]row{}, joins: map[int]*joined{}, tables: map[string][][]string{},
		regexes: map[string]*matcher.Groups{}, zones: map[string]*time.Location{},
	}
	if err := x.prepare(ctx); err != nil {
		return nil, err
	}
	x.exact.Store(int64(x.memory() / exactShare / 8))
	commands := early(q.commands)
	x.first, x.rest = x.gatherer(commands)
	head := commands[:len(commands)-len(x.rest)]
	if g, ok := x.mayBeApart(head); ok {
		return x, x.readApart(ctx, head, g, partial)
	}
	return x, x.read(ctx, head, x.first.add, partial)
}

// early moves what looks at a row alone in front of sorts, so that only those rows
// are sorted that stay, and a limit behind a sort is known to it.
func early(commands []command) []command {
	commands = slices.Clone(commands)
	for i := 1; i < len(commands); i++ {
		if _, ok := commands[i].(interface{ rowwise() }); !ok {
			continue
		}
		for k := i; k > 0; k-- {
			if _, sorts := commands[k-1].(*sortCommand); !sorts {
				break
			}
			commands[k-1], commands[k] = commands[k], commands[k-1]
		}
	}
	return commands
}

// gatherer returns what gathers rows for the first command that needs all, and the
// commands behind it; without one, it gathers the result.
func (x *run) gatherer(commands []command) (gatherer, []command) {
	for i, c := range commands {
		g, ok := c.(gathering)
		if !ok {
			continue
		}
		rest, most := commands[i+1:], 0
		if len(rest) == 0 {
			most = x.most()
		} else if limit, ok := rest[0].(*limitCommand); ok {
			most = max(limit.n, 1)
		}
		return g.gather(x, most), rest
	}
	return &collected{x: x, most: x.most()}, nil
}

// most returns how many rows the result may have.
func (x *run) most() int {
	switch {
	case x.env.Limit > 0: // it stands behind what the query says itself
		return min(x.env.Limit, MaxLimit)
	case x.query.limited:
		return MaxLimit
	}
	return DefaultLimit
}

// chain returns a sink that hands rows through commands to end. Where counts, it
// counts those that come through the last filter.
func (x *run) chain(commands []command, end sink, counts bool) sink {
	for _, c := range slices.Backward(commands) {
		if counts && filters(c) {
			counts = false
			end = x.matched(end)
		}
		if s, ok := c.(streaming); ok {
			if multiplies(c) {
				end = x.looking(end)
			}
			end = s.stream(x, end)
		}
	}
	if counts {
		end = x.matched(end)
	}
	return end
}

func filters(c command) bool {
	switch c.(type) {
	case *filterCommand, *filterIndexCommand:
		return true
	}
	return false
}

// multiplies tells whether a command makes many rows of one.
func multiplies(c command) bool {
	switch c.(type) {
	case *unnestCommand, *expandCommand, *joinCommand:
		return true
	}
	return false
}

// looking looks now and then whether the run is to end.
func (x *run) looking(next sink) sink {
	n := 0
	return func(r row) error {
		if n++; n%looksRows == 0 {
			if err := x.ended(); err != nil {
				return err
			}
		}
		return next(r)
	}
}

func (x *run) matched(next sink) sink {
	return func(r row) error {
		x.statistics.RecordsMatched++
		return next(r)
	}
}

// looks is how many events are read between two looks at the context, and snapshots
// how many between two offers of a partial result.
const (
	looks     = 64
	looksRows = 1000 // rows that are made of few events
	snapshots = 4096
)

// rows hands what was gathered through the rest of the commands.
func (x *run) rows() ([]row, error) {
	held := x.held
	defer func() { x.held = held }()
	g, commands := x.first, x.rest
	for {
		if done, ok := g.(*collected); ok {
			return done.rows, x.broken
		}
		next, rest := x.gatherer(commands)
		head := commands[:len(commands)-len(rest)]
		if err := g.each(x.chain(head, next.add, false)); err != nil && !errors.Is(err, errEnough) {
			return nil, err
		}
		g, commands = next, rest
	}
}

// result returns the rows as a client sees them.
func (x *run) result() (*Result, error) {
	rows, err := x.rows()
	if err != nil {
		return nil, err
	}
	result := &Result{Rows: make([][]Cell, 0, len(rows)), Statistics: x.statistics}
	columns := x.query.columns
	for _, r := range rows {
		cells := make([]Cell, 0, len(columns)+1)
		for _, c := range columns {
			if v := r[c.slot]; !v.isNull() && c.slot != pointerSlot {
				cells = append(cells, Cell{c.name, v.String()})
			}
		}
		if v := r[pointerSlot]; x.query.final.events && !v.isNull() {
			cells = append(cells, Cell{"@ptr", x.pointer(v.String())})
		}
		result.Rows = append(result.Rows, cells)
	}
	return result, nil
}

// pointer returns what clients see of the pointer of a row, which was made of it
// already where the query asks for it.
func (x *run) pointer(of string) string {
	if x.env.Pointer == nil || x.query.pointed {
		return of
	}
	return x.env.Pointer(of)
}

// collected keeps the rows of the result.
type collected struct {
	x    *run
	most int
	rows []row
}

func (c *collected) add(r row) error {
	if len(c.rows) >= c.most {
		return errEnough
	}
	c.rows = append(c.rows, slices.Clone(r))
	if err := c.x.hold(r); err != nil {
		return err
	}
	if len(c.rows) == c.most {
		return errEnough
	}
	return nil
}

func (c *collected) each(next sink) error {
	for _, r := range c.rows {
		if err := next(r); err != nil {
			return err
		}
	}
	return nil
}

// spend counts bytes that the run holds.
func (x *run) spend(n int) error {
	if x.held += n; x.held > x.memory() {
		return ErrMemory
	}
	return nil
}

// memory is how many bytes the run may hold.
func (x *run) memory() int { return cmp.Or(x.env.Memory, DefaultMemory) }

// How many bytes a value of a row, and one of a lookup table, has besides its text.
const (
	rowOverhead   = 40
	fieldOverhead = 20
)

func (r row) size() int {
	n := rowOverhead * len(r)
	for i := range r {
		n += len(r[i].text)
	}
	return n
}

func (x *run) hold(r row) error { return x.spend(r.size()) }

func (x *run) release(r row) { x.held -= r.size() }

// prepare reads what the query needs beside its events.
func (x *run) prepare(ctx context.Context) error {
	for _, s := range x.query.subs {
		// All of a query holds no more than one may.
		env := *x.env
		env.Memory = max(x.memory()-x.held, 1)
		inner, err := s.query.run(ctx, &env, nil)
		if err != nil {
			return err
		}
		rows, err := inner.rows()
		if err != nil {
			return err
		}
		if !s.set {
			for _, r := range rows {
				if err := x.hold(r); err != nil {
					return err
				}
			}
			x.others[s.input] = rows
			continue
		}
		set := map[string]bool{}
		for _, r := range rows {
			v := r[s.query.final.said[0].slot]
			if key := v.appendKey(nil); !v.isNull() && !v.structured() && !set[string(key)] {
				set[string(key)] = true
				if err := x.spend(len(key) + 50); err != nil {
					return err
				}
			}
		}
		x.sets[s.input] = set
	}
	if err := x.lookUp(ctx); err != nil {
		return err
	}
	for _, j := range x.query.joins {
		if err := x.joinSide(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

// lookUp reads the lookup tables.
func (x *run) lookUp(ctx context.Context) error {
	for _, name := range x.query.tables {
		if x.env.Table == nil {
			return fmt.Errorf("lookup table %s: there are none", name)
		}
		if x.tables[name] != nil {
			continue
		}
		records, err := x.env.Table(ctx, name)
		if err != nil {
			return err
		}
		n := 0
		for _, record := range records {
			for _, text := range record {
				n += len(text) + fieldOverhead
			}
		}
		if err := x.spend(n); err != nil {
			return err
		}
		x.tables[name] = records
	}
	return nil
}

// joinSide reads the right side of a join.
func (x *run) joinSide(ctx context.Context, j *joinCommand) error {
	side := &joined{rows: map[string][][]value{}}
	raw := map[string]int{}
	stamp := -1
	for name, slot := range j.sideRight {
		if name == "@timestamp" {
			stamp = len(side.slots)
		} else {
			raw[name] = len(side.slots) + firstSlot
		}
		side.slots = append(side.slots, slot)
	}
	key := j.rightKey.segments[1:]
	place := slices.Index(side.slots, j.sideRight[strings.Join(key, ".")])
	fields := newDiscovery(raw)
	r := make(row, firstSlot+len(side.slots))
	n := 0
	for event, err := range x.env.Events(ctx, Read{Source: j.source}) {
		if err != nil {
			return err
		}
		if n++; n%looks == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		clear(r)
		fields.read(event, r)
		x.statistics.RecordsScanned++
		x.statistics.BytesScanned += float64(len(event.Message))
		if stamp >= 0 {
			r[firstSlot+stamp] = r[timestampSlot]
		}
		v := r[firstSlot+place]
		if v.isNull() || v.structured() {
			continue
		}
		k := string(v.appendKey(nil))
		if _, there := side.rows[k]; !there && len(side.rows) == mostJoined {
			return at(x.query.text, j.rightKey.span, "The right side of the join has more than 50000 keys", "filter it, or swap the sides")
		}
		side.rows[k] = append(side.rows[k], slices.Clone(r[firstSlot:]))
		if err := x.hold(r); err != nil {
			return err
		}
	}
	x.joins[j.input] = side
	return ctx.Err()
}
