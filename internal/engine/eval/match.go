package eval

import (
	"slices"

	"github.com/sillok/sillok/internal/engine/aggregate"
	"github.com/sillok/sillok/internal/engine/rowpattern"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// matchRows compiles MATCH_RECOGNIZE over one partition.
func (c *compiler) matchRows(e *plan.MatchRows) (step, error) {
	rows, err := c.compile(e.Rows)
	if err != nil {
		return nil, err
	}
	outer, err := c.list(e.Outer)
	if err != nil {
		return nil, err
	}
	p := &partitionPattern{MatchRows: e, forgetful: true}
	for _, define := range e.Defines {
		compiled, err := c.matchExpr(define)
		if err != nil {
			return nil, err
		}
		p.defines = append(p.defines, compiled)
	}
	for label, define := range e.Defines {
		p.forgetful = p.forgetful && (define.Expr == nil || forgets(define, label))
	}
	for _, measure := range e.Measures {
		compiled, err := c.matchExpr(measure)
		if err != nil {
			return nil, err
		}
		p.measures = append(p.measures, compiled)
	}
	for _, op := range e.Program {
		if op.Kind == plan.OpMark {
			p.marks = max(p.marks, op.Arg+1)
		}
	}
	return func(f *frame) (any, error) {
		list, err := rows(f)
		if err != nil {
			return nil, err
		}
		values, err := outer(f)
		if err != nil {
			return nil, err
		}
		r := &matching{partitionPattern: p, work: f.work, outer: listOf(values)}
		for _, row := range listOf(list) {
			r.rows = append(r.rows, listOf(row))
		}
		return r.all()
	}, nil
}

// forgets says whether a condition of a label looks at no row but by its distance from
// the one that is to have the label.
func forgets(e *plan.MatchExpr, label int) bool {
	for _, in := range e.Inputs {
		switch in.Kind {
		case plan.MatchOuter, plan.MatchNumber:
		case plan.MatchField:
			if in.First || in.Logical != 0 || in.Rows != nil && !slices.Contains(in.Rows, label) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// partitionPattern is a MatchRows, compiled.
type partitionPattern struct {
	*plan.MatchRows

	defines, measures []*matchExpr
	marks             int
	forgetful         bool
}

type matchExpr struct {
	program *Program
	inputs  []matchInput
}

type matchInput struct {
	plan.MatchInput

	reduce aggregate.Reduce
	args   []*matchExpr
	// combine makes one of what the rows so far gave and of what one more gives; nil where
	// there is no such thing.
	combine aggregate.Reduce
}

func (c *compiler) matchExpr(e *plan.MatchExpr) (*matchExpr, error) {
	if e.Expr == nil {
		return nil, nil
	}
	return c.matchProgram(e.Expr, e.Inputs)
}

func (c *compiler) matchProgram(e plan.Expr, inputs []plan.MatchInput) (*matchExpr, error) {
	compiled := &matchExpr{}
	ids := make([]plan.ID, len(inputs))
	for i, in := range inputs {
		ids[i] = in.ID
		m := matchInput{MatchInput: in}
		if in.Kind == plan.MatchAggregate {
			if err := c.matchAggregate(&m); err != nil {
				return nil, err
			}
		}
		compiled.inputs = append(compiled.inputs, m)
	}
	var err error
	compiled.program, err = Compile(e, ids, c.now)
	return compiled, err
}

func (c *compiler) matchAggregate(m *matchInput) error {
	types := make([]datatype.Type, len(m.Args))
	for i, arg := range m.Args {
		types[i] = arg.Type()
		compiled, err := c.matchProgram(arg, m.Inputs)
		if err != nil {
			return err
		}
		m.args = append(m.args, compiled)
	}
	reduce, ok := aggregate.Running(m.Name, types, m.T)
	if !ok {
		return sqlerr.Refused(Signature(m.Name, types) + " in a row pattern")
	}
	m.reduce = reduce
	switch m.Name {
	case "sum", "min", "max":
		if len(types) == 1 {
			m.combine, _ = aggregate.Running(m.Name, []datatype.Type{m.T}, m.T)
		}
	}
	return nil
}

// matching is one partition on its way to rows.
type matching struct {
	*partitionPattern

	work   *work.Work
	outer  []any
	rows   [][]any
	number int64
	out    []any
	sums   map[*matchInput]*prefix
}

// prefix is what an aggregate gives for each row up to the last one that was asked for.
type prefix struct {
	values []any
}

func (r *matching) all() (any, error) {
	s := &rowpattern.Search{
		Program: r.Program, Marks: r.marks, Size: len(r.rows), Forgetful: r.forgetful,
		Step:  func() error { return r.work.Steps(1) },
		Holds: r.holds,
		Cut: func(rows int) {
			for _, p := range r.sums {
				p.values = p.values[:min(len(p.values), rows)]
			}
		},
	}
	r.out = []any{}
	matched := 0 // the row up to which there were matches
	for start := 0; start < len(r.rows); {
		r.number++
		r.sums = map[*matchInput]*prefix{}
		m, err := s.At(start)
		if err != nil {
			return nil, err
		}
		if m == nil {
			r.number--
			if start >= matched {
				if err := r.unmatched(start); err != nil {
					return nil, err
				}
			}
			start++
			continue
		}
		if err := r.give(m); err != nil {
			return nil, err
		}
		matched = max(matched, start+max(1, len(m.Labels)))
		if start, err = r.skip(m); err != nil {
			return nil, err
		}
	}
	return r.out, nil
}

func (r *matching) unmatched(row int) error {
	if r.Mode != ast.AllRowsWithUnmatched {
		return nil
	}
	return r.emit(row, make([]any, len(r.measures)))
}

// skip returns the row at which the search goes on.
func (r *matching) skip(m *rowpattern.Match) (int, error) {
	end := m.Start + len(m.Labels)
	switch {
	case len(m.Labels) == 0, r.Skip == ast.SkipToNext:
		return m.Start + 1, nil
	case r.Skip == ast.SkipPastLast:
		return end, nil
	}
	at := -1
	for i, label := range m.Labels {
		if slices.Contains(r.SkipTo, label) && (at < 0 || r.Skip == ast.SkipToLast) {
			at = i
		}
	}
	switch {
	case at < 0:
		return 0, sqlerr.New("GENERIC_USER_ERROR", "AFTER MATCH SKIP failed: pattern variable is not present in match")
	case at == 0:
		return 0, sqlerr.New("GENERIC_USER_ERROR", "AFTER MATCH SKIP failed: cannot skip to first row of match")
	}
	return m.Start + at, nil
}

// give puts out the rows of a match.
func (r *matching) give(m *rowpattern.Match) error {
	last := len(m.Labels) - 1
	if r.Mode == ast.OneRowPerMatch {
		return r.measured(m, last, max(m.Start, m.Start+last))
	}
	if last < 0 {
		if r.Mode == ast.AllRowsOmitEmpty {
			return nil
		}
		return r.measured(m, last, m.Start)
	}
	for i := range m.Labels {
		if m.Excluded[i] {
			continue
		}
		if err := r.measured(m, i, m.Start+i); err != nil {
			return err
		}
	}
	return nil
}

func (r *matching) measured(m *rowpattern.Match, at, row int) error {
	values := make([]any, len(r.measures))
	for i, measure := range r.measures {
		v, err := r.value(measure, m, at)
		if err != nil {
			return err
		}
		values[i] = v
	}
	return r.emit(row, values)
}

func (r *matching) emit(row int, measures []any) error {
	if err := r.work.Repeat(len(r.Output), work.Element); err != nil {
		return err
	}
	out := make([]any, len(r.Output))
	for i, o := range r.Output {
		if o.Measure >= 0 {
			out[i] = measures[o.Measure]
		} else {
			out[i] = r.rows[row][o.Field]
		}
	}
	r.out = append(r.out, out)
	return nil
}

func (r *matching) holds(m *rowpattern.Match) (bool, error) {
	last := len(m.Labels) - 1
	define := r.defines[m.Labels[last]]
	if define == nil {
		return true, nil
	}
	v, err := r.value(define, m, last)
	return v == true, err
}

// value computes an expression at a row of a match, -1 for one without rows.
func (r *matching) value(e *matchExpr, m *rowpattern.Match, at int) (any, error) {
	args := make([]any, len(e.inputs))
	for i := range e.inputs {
		v, err := r.input(&e.inputs[i], m, at)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	return e.program.within(r.work, args)
}

func (r *matching) input(in *matchInput, m *rowpattern.Match, at int) (any, error) {
	switch in.Kind {
	case plan.MatchNumber:
		return r.number, nil
	case plan.MatchOuter:
		return r.outer[in.Index], nil
	case plan.MatchAggregate:
		if in.Final {
			at = len(m.Labels) - 1
		}
		return r.aggregated(in, m, at)
	case plan.MatchField, plan.MatchClassifier:
	}
	if in.Final {
		at = len(m.Labels) - 1
	}
	row, err := r.navigated(in, m, at)
	if err != nil || row < 0 {
		return nil, err
	}
	if in.Kind == plan.MatchField {
		return r.rows[row][in.Index], nil
	}
	if i := row - m.Start; i >= 0 && i < len(m.Labels) {
		return r.Labels[m.Labels[i]], nil
	}
	return nil, nil
}

// navigated returns the row that an input is about, -1 where there is none.
func (r *matching) navigated(in *matchInput, m *rowpattern.Match, at int) (int, error) {
	i, step := at, -1
	if in.First {
		i, step = 0, 1 // Trino looks for the first row beyond the one that is looked at, too
	}
	for left := in.Logical; i >= 0 && i < len(m.Labels); i += step {
		if err := r.work.Steps(1); err != nil {
			return 0, err
		}
		if !hasLabel(in.Rows, m.Labels[i]) {
			continue
		}
		if left > 0 {
			left--
			continue
		}
		row := int64(m.Start+i) + in.Further
		if row < 0 || row >= int64(len(r.rows)) {
			return -1, nil
		}
		return int(row), nil
	}
	return -1, nil
}

func hasLabel(labels []int, label int) bool { return labels == nil || slices.Contains(labels, label) }

// aggregated computes an aggregate of the rows up to at.
func (r *matching) aggregated(in *matchInput, m *rowpattern.Match, at int) (any, error) {
	if in.combine == nil {
		var rows [][]any
		for i := range at + 1 {
			if !hasLabel(in.Rows, m.Labels[i]) {
				continue
			}
			row, err := r.arguments(in, m, i)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
		return in.reduce(rows)
	}
	p := r.sums[in]
	if p == nil {
		p = &prefix{}
		r.sums[in] = p
	}
	for i := len(p.values); i <= at; i++ {
		var sum any
		if i > 0 {
			sum = p.values[i-1]
		}
		if hasLabel(in.Rows, m.Labels[i]) {
			row, err := r.arguments(in, m, i)
			if err != nil {
				return nil, err
			}
			one, err := in.reduce([][]any{row})
			if err != nil {
				return nil, err
			}
			if sum, err = in.combine([][]any{{sum}, {one}}); err != nil {
				return nil, err
			}
		}
		p.values = append(p.values, sum)
	}
	if at < 0 {
		return in.reduce(nil)
	}
	return p.values[at], nil
}

// arguments computes the arguments of an aggregate at a row of a match.
func (r *matching) arguments(in *matchInput, m *rowpattern.Match, at int) ([]any, error) {
	row := make([]any, len(in.args))
	for i, arg := range in.args {
		args := make([]any, len(arg.inputs))
		for j := range arg.inputs {
			switch a := &arg.inputs[j]; a.Kind {
			case plan.MatchField:
				args[j] = r.rows[m.Start+at][a.Index]
			case plan.MatchClassifier:
				args[j] = r.Labels[m.Labels[at]]
			case plan.MatchNumber:
				args[j] = r.number
			default:
				args[j] = r.outer[a.Index]
			}
		}
		v, err := arg.program.within(r.work, args)
		if err != nil {
			return nil, err
		}
		row[i] = v
	}
	return row, nil
}

// within evaluates a program as a part of another evaluation.
func (p *Program) within(w *work.Work, args []any) (any, error) {
	if p.slots > p.inputs {
		args = append(slices.Clip(args), make([]any, p.slots-p.inputs)...)
	}
	if err := w.Steps(work.Call); err != nil {
		return nil, err
	}
	return p.run(&frame{slots: args, work: w})
}
