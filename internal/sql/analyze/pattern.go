package analyze

import (
	"math"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

const (
	badLabel      = "INVALID_LABEL"
	nestedPattern = "NESTED_ROW_PATTERN_RECOGNITION"
)

// recognition is a MATCH_RECOGNIZE that is being analyzed: the rows of each partition
// are gathered into an array, of which a function makes the rows that come out.
type recognition struct {
	*analyzer

	at     *ast.PatternRecognition
	input  relation
	scope  *scope
	made   *plan.MatchRows
	labels map[string][]int // of a label or a subset, by its name as Trino keeps it
	row    []plan.Expr      // the fields that go in
	keys   []field          // of PARTITION BY
}

func (a *analyzer) patternRecognition(r *ast.PatternRecognition, outer *scope) (relation, error) {
	input, err := a.from(r.Relation, outer)
	if err != nil {
		return relation{}, err
	}
	m := &recognition{
		analyzer: a, at: r, input: input, scope: outer.child(input.fields), labels: map[string][]int{},
		made: &plan.MatchRows{Mode: r.Rows, Skip: r.Skip.Kind},
	}
	for _, list := range [][]ast.Measure{r.Measures, r.Definitions} {
		for _, measure := range list {
			if nested := nestedPatterns(measure.Expr); nested != nil {
				return relation{}, a.fail(nested, nestedPattern, "nested row pattern recognition in row pattern recognition")
			}
		}
	}
	if err := m.partition(); err != nil {
		return relation{}, err
	}
	order, err := m.order()
	if err != nil {
		return relation{}, err
	}
	if err := m.pattern(); err != nil {
		return relation{}, err
	}
	return m.relation(order)
}

// nestedPatterns returns a row pattern in the subqueries of an expression.
func nestedPatterns(n ast.Node) (found ast.Node) {
	visit(n, "", func(n ast.Node) {
		if r, ok := n.(*ast.PatternRecognition); ok && found == nil {
			found = r
		}
	})
	return found
}

func (m *recognition) partition() error {
	x := &exprs{analyzer: m.analyzer, scope: m.scope}
	for _, e := range m.at.PartitionBy {
		typed, err := x.expr(e)
		if err != nil {
			return err
		}
		ref, ok := typed.(*plan.ColumnRef)
		if !ok {
			return m.fail(e, invalidColumnReference, "Expected column reference. Actual: %s", spelled(e))
		}
		if !ref.T.Comparable() {
			return m.fail(e, typeMismatch, "%s is not comparable, and therefore cannot be used in PARTITION BY", ref.T)
		}
		f, ok := m.fieldOf(ref.ID)
		if !ok {
			return m.refuse(e, "PARTITION BY a column of another relation in MATCH_RECOGNIZE")
		}
		m.keys = append(m.keys, f)
	}
	return nil
}

// fieldOf returns the field of the input that a column is.
func (m *recognition) fieldOf(id plan.ID) (field, bool) {
	i := slices.IndexFunc(m.input.fields, func(f field) bool { return f.column.ID == id })
	if i < 0 {
		return field{}, false
	}
	return m.input.fields[i], true
}

func (m *recognition) order() ([]plan.SortKey, error) {
	x := &exprs{analyzer: m.analyzer, scope: m.scope}
	var keys []plan.SortKey
	for _, item := range m.at.OrderBy {
		typed, err := x.expr(item.Expr)
		if err != nil {
			return nil, err
		}
		if !typed.Type().Orderable() {
			return nil, m.fail(item.Expr, typeMismatch, "%s is not orderable, and therefore cannot be used in ORDER BY", typed.Type())
		}
		keys = append(keys, sortKey(item, typed))
	}
	return keys, nil
}

// pattern reads the labels, the pattern itself, and where to go on after a match.
func (m *recognition) pattern() error {
	r := m.at
	if err := m.checkPattern(r.Pattern); err != nil {
		return err
	}
	for _, s := range r.Subsets {
		name := canonical(s.Name)
		if _, ok := m.labels[name]; ok {
			return m.fail(s, badLabel, "union pattern variable name: %s is a duplicate of primary pattern variable name", name)
		}
		var all []int
		for _, element := range s.Labels {
			i := slices.Index(m.made.Labels, canonical(element))
			if i < 0 {
				return m.fail(element, badLabel, "subset element: %s is not a primary pattern variable", canonical(element))
			}
			all = append(all, i)
		}
		m.labels[name] = all
	}
	m.made.Defines = make([]*plan.MatchExpr, len(m.made.Labels))
	for i := range m.made.Defines {
		m.made.Defines[i] = &plan.MatchExpr{}
	}
	defined := map[int]bool{}
	for _, d := range r.Definitions {
		i := slices.Index(m.made.Labels, canonical(d.Name))
		switch {
		case i < 0:
			return m.fail(d, badLabel, "defined variable: %s is not a primary pattern variable", canonical(d.Name))
		case defined[i]:
			return m.fail(d, badLabel, "pattern variable with name: %s is defined twice", canonical(d.Name))
		}
		defined[i] = true
	}
	if r.Search != nil {
		return m.fail(r.Search, notSupported, "Pattern search modifier: %s is not allowed in MATCH_RECOGNIZE clause", strings.ToUpper(r.Search.Name))
	}
	if part := excludes(r.Pattern); part != nil && r.Rows == ast.AllRowsWithUnmatched {
		return m.fail(part, "INVALID_ROW_PATTERN", "Pattern exclusion syntax is not allowed when ALL ROWS PER MATCH WITH UNMATCHED ROWS is specified")
	}
	if r.Skip.Kind == ast.SkipToFirst || r.Skip.Kind == ast.SkipToLast {
		to, ok := m.labels[canonical(r.Skip.Label)]
		if !ok {
			return m.fail(r.Skip.Label, badLabel, "%s is not a primary or union pattern variable", canonical(r.Skip.Label))
		}
		m.made.SkipTo = to
	}
	c := &patternCompiler{recognition: m}
	c.emit(r.Pattern)
	c.op(plan.OpMatch, 0)
	if c.tooLong || len(c.program) > maxPatternOps {
		return m.refuse(r.Pattern, "a row pattern of so many parts")
	}
	m.made.Program = c.program
	return nil
}

// checkPattern checks the quantifiers and gathers the labels.
func (m *recognition) checkPattern(r *ast.RowPattern) error {
	m.work(1)
	switch r.Kind {
	case ast.PatternLabel:
		if name := canonical(r.Label); m.labels[name] == nil {
			m.labels[name] = []int{len(m.made.Labels)}
			m.made.Labels = append(m.made.Labels, name)
		}
	case ast.PatternRepeat:
		if err := m.checkQuantifier(r); err != nil {
			return err
		}
	default:
	}
	for _, part := range r.Parts {
		if err := m.checkPattern(part); err != nil {
			return err
		}
	}
	return nil
}

// excludes returns the first part of a pattern whose rows are left out of the answer; nil
// when there is none.
func excludes(r *ast.RowPattern) *ast.RowPattern {
	if r.Kind == ast.PatternExclude {
		return r
	}
	for _, part := range r.Parts {
		if found := excludes(part); found != nil {
			return found
		}
	}
	return nil
}

func (m *recognition) checkQuantifier(r *ast.RowPattern) error {
	const outOfRange = "NUMERIC_VALUE_OUT_OF_RANGE"
	switch {
	case r.Min > math.MaxInt32:
		return m.fail(r.Quantifier, outOfRange, "Pattern quantifier lower bound must not exceed %d", math.MaxInt32)
	case r.Max == 0:
		return m.fail(r.Quantifier, outOfRange, "Pattern quantifier upper bound must be greater than or equal to 1")
	case r.Max > math.MaxInt32:
		return m.fail(r.Quantifier, outOfRange, "Pattern quantifier upper bound must not exceed %d", math.MaxInt32)
	case r.Max > 0 && r.Min > r.Max:
		return m.fail(r.Quantifier, "INVALID_RANGE", "Pattern quantifier lower bound must not exceed upper bound")
	}
	return nil
}

// relation puts together the partitions and what is made of them.
func (m *recognition) relation(order []plan.SortKey) (relation, error) {
	fields := slices.Clone(m.keys)
	var columns []plan.Column
	var types []datatype.Type
	give := func(f field, t datatype.Type, out plan.MatchOutput) {
		f.column = m.column(t)
		fields, columns, types = append(fields, f), append(columns, f.column), append(types, t)
		m.made.Output = append(m.made.Output, out)
	}
	if err := m.definitions(); err != nil {
		return relation{}, err
	}
	passed := map[plan.ID]bool{}
	for _, key := range m.keys {
		passed[key.column.ID] = true
	}
	pass := func(f field) {
		passed[f.column.ID] = true
		give(f, f.column.Type, plan.MatchOutput{Measure: -1, Field: m.field(f.column)})
	}
	if m.at.Rows != ast.OneRowPerMatch {
		for _, key := range order {
			if ref, ok := key.Expr.(*plan.ColumnRef); ok {
				if f, ok := m.fieldOf(ref.ID); ok {
					pass(f) // once more, where it is a partition's
				}
			}
		}
	}
	for i, measure := range m.at.Measures {
		typed, err := m.expression(measure.Expr, false)
		if err != nil {
			return relation{}, err
		}
		m.made.Measures = append(m.made.Measures, typed)
		give(field{name: measure.Name.Name}, typed.Expr.Type(), plan.MatchOutput{Measure: i, Field: -1})
	}
	if m.at.Rows != ast.OneRowPerMatch {
		for _, f := range visible(m.input.fields) {
			if !passed[f.column.ID] {
				pass(f)
			}
		}
	}
	if len(fields) == 0 {
		return relation{}, m.fail(m.at, "TABLE_HAS_NO_COLUMNS", "pattern recognition output table has no columns")
	}
	if len(columns) == 0 { // a row needs a column to be one
		columns, types = []plan.Column{m.column(boolean)}, []datatype.Type{boolean}
		m.made.Measures = append(m.made.Measures, &plan.MatchExpr{Expr: &plan.Const{Value: true, T: boolean}})
		m.made.Output = []plan.MatchOutput{{Measure: 0, Field: -1}}
	}
	m.made.T = datatype.ArrayOf(datatype.RowOf(nil, types))
	return relation{node: m.node(order, columns), fields: fields}, nil
}

// definitions types the conditions of the labels.
func (m *recognition) definitions() error {
	for _, d := range m.at.Definitions {
		define, err := m.expression(d.Expr, true)
		if err != nil {
			return err
		}
		if t := define.Expr.Type(); t.Kind != datatype.Boolean && t.Kind != datatype.Unknown {
			return m.fail(d.Expr, typeMismatch, "Expression defining a label must be boolean (actual type: %s)", t)
		}
		m.made.Defines[slices.Index(m.made.Labels, canonical(d.Name))] = define
	}
	return nil
}

// node returns the partitions, each beside the rows that are made of it.
func (m *recognition) node(order []plan.SortKey, columns []plan.Column) plan.Node {
	if len(m.row) == 0 {
		m.row = append(m.row, &plan.Const{Value: true, T: boolean})
	}
	types := types(m.row)
	row := datatype.RowOf(nil, types)
	list := m.column(datatype.ArrayOf(row))
	input := m.input.node
	if len(order) > 0 { // rows that the order leaves equal stay as they come
		place := m.column(bigint)
		input = &plan.Window{Input: input, Calls: []plan.WindowCall{{AggregateCall: plan.AggregateCall{Column: place, Name: "row_number"}}}}
		order = append(slices.Clip(order), plan.SortKey{Expr: &plan.ColumnRef{ID: place.ID, T: bigint}})
	}
	gathered := &plan.Aggregate{Input: input, Calls: []plan.AggregateCall{{
		Column: list, Name: "array_agg", Args: []plan.Expr{&plan.RowOf{Items: m.row, T: row}}, OrderBy: order,
	}}}
	for _, key := range m.keys {
		gathered.Keys = append(gathered.Keys, key.column)
	}
	m.made.Rows = &plan.ColumnRef{ID: list.ID, T: list.Type}
	return &plan.Join{
		Kind: ast.CrossJoin, Lateral: true, Left: gathered,
		Right: &plan.Unnest{Items: []plan.UnnestItem{{Expr: m.made, Columns: columns}}},
	}
}

// field returns the place of a column among the fields that go in.
func (m *recognition) field(c plan.Column) int {
	i := slices.IndexFunc(m.row, func(e plan.Expr) bool {
		ref, ok := e.(*plan.ColumnRef)
		return ok && ref.ID == c.ID
	})
	if i < 0 {
		i = len(m.row)
		m.row = append(m.row, &plan.ColumnRef{ID: c.ID, T: c.Type})
	}
	return i
}

// expression types a condition or a measure.
func (m *recognition) expression(e ast.Expr, define bool) (*plan.MatchExpr, error) {
	if err := m.checkIn(e); err != nil {
		return nil, err
	}
	made := &plan.MatchExpr{}
	x := &exprs{analyzer: m.analyzer, scope: m.scope, pattern: &patternScope{recognition: m, inputs: &made.Inputs, define: define}}
	typed, err := x.expr(e)
	if err != nil {
		return nil, err
	}
	made.Expr, err = x.pattern.hoisted(e, typed)
	return made, err
}

// checkIn refuses what Trino does, an IN with a query whose left side is a row pattern
// function.
func (m *recognition) checkIn(e ast.Expr) error {
	found := find(func(e ast.Expr) bool {
		in, ok := e.(*ast.In)
		return ok && in.Query != nil && find(isPatternFunction, in.X) != nil
	}, e)
	in, ok := found.(*ast.In)
	if !ok {
		return nil
	}
	call, ok := find(isPatternFunction, in.X).(*ast.Call)
	if !ok {
		return nil
	}
	return m.fail(in.X, notSupported, "IN-PREDICATE with %s function is not yet supported", strings.ToLower(call.Name.Last().Name))
}

const (
	// maxPatternOps is how long the program of a pattern may be.
	maxPatternOps = 20_000
	// maxPermuted is how many parts PERMUTE may have: 720 orders of 6.
	maxPermuted = 6
)

// patternCompiler makes the program of a pattern.
type patternCompiler struct {
	*recognition

	program []plan.PatternOp
	marks   int
	tooLong bool
}

func (c *patternCompiler) op(kind plan.PatternOpKind, arg int) int {
	c.program = append(c.program, plan.PatternOp{Kind: kind, Arg: arg})
	return len(c.program) - 1
}

func (c *patternCompiler) emit(r *ast.RowPattern) {
	c.work(1)
	if len(c.program) > maxPatternOps {
		return
	}
	switch r.Kind {
	case ast.PatternLabel:
		c.op(plan.OpRow, c.labels[canonical(r.Label)][0])
	case ast.PatternStart:
		c.op(plan.OpStart, 0)
	case ast.PatternEnd:
		c.op(plan.OpEnd, 0)
	case ast.PatternConcat:
		for _, part := range r.Parts {
			c.emit(part)
		}
	case ast.PatternAlternate:
		c.alternate(len(r.Parts), func(i int) { c.emit(r.Parts[i]) })
	case ast.PatternExclude:
		c.op(plan.OpExclude, 0)
		c.emit(r.Parts[0])
		c.op(plan.OpInclude, 0)
	case ast.PatternPermute:
		if len(r.Parts) > maxPermuted {
			c.tooLong = true
			return
		}
		orders := permutations(len(r.Parts))
		c.alternate(len(orders), func(i int) {
			for _, part := range orders[i] {
				c.emit(r.Parts[part])
			}
		})
	case ast.PatternRepeat:
		c.repeat(r)
	case ast.PatternEmpty:
	}
}

// alternate tries n ways, the first of them first.
func (c *patternCompiler) alternate(n int, emit func(i int)) {
	var ends []int
	for i := range n {
		if i == n-1 {
			emit(i)
			break
		}
		split := c.op(plan.OpSplit, len(c.program)+1)
		emit(i)
		ends = append(ends, c.op(plan.OpJump, 0))
		c.program[split].Else = len(c.program)
	}
	for _, end := range ends {
		c.program[end].Arg = len(c.program)
	}
}

func (c *patternCompiler) repeat(r *ast.RowPattern) {
	part := r.Parts[0]
	for range r.Min {
		if len(c.program) > maxPatternOps {
			return
		}
		c.emit(part)
	}
	if r.Max < 0 {
		split := c.op(plan.OpSplit, 0)
		mark := c.marks
		c.marks++
		c.op(plan.OpMark, mark)
		c.emit(part)
		c.op(plan.OpMoved, mark)
		c.op(plan.OpJump, split)
		c.split(split, r.Reluctant)
		return
	}
	var splits []int
	for range r.Max - r.Min {
		if len(c.program) > maxPatternOps {
			return
		}
		splits = append(splits, c.op(plan.OpSplit, 0))
		c.emit(part)
	}
	for _, split := range splits {
		c.split(split, r.Reluctant)
	}
}

// split makes a split go on behind itself, or at the end of what there is.
func (c *patternCompiler) split(at int, reluctant bool) {
	inside, behind := at+1, len(c.program)
	if reluctant {
		inside, behind = behind, inside
	}
	c.program[at].Arg, c.program[at].Else = inside, behind
}

// permutations returns the orders of n things, the first of them first.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	var all [][]int
	used := make([]bool, n)
	var extend func(order []int)
	extend = func(order []int) {
		if len(order) == n {
			all = append(all, slices.Clone(order))
			return
		}
		for i := range n {
			if !used[i] {
				used[i] = true
				extend(append(order, i))
				used[i] = false
			}
		}
	}
	extend(nil)
	return all
}
