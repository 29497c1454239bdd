package fold

import (
	"context"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Query returns q with its constants computed and without what they decide against.
// The error is the one with which Trino fails while it plans q: of a constant, or of a
// correlated subquery that is not carried out. q is not changed. now is what the
// current time is.
func Query(ctx context.Context, q *plan.Query, now time.Time) (_ *plan.Query, err error) {
	defer settle(&err)
	f := newFolder(ctx, now)
	p := &pruner{folder: f, read: map[plan.ID]bool{}, named: map[int]map[int]bool{}, seen: map[plan.Node]bool{}, told: map[plan.Node]bool{}}
	for _, out := range q.Columns {
		p.read[out.ID] = true
	}
	kept := p.node(q.Root)
	if err := f.checkCorrelation(kept); err != nil {
		return nil, err
	}
	f.planned, f.joined, f.noneBefore, f.none, f.done = true, true, f.none, map[plan.Node]bool{}, map[plan.Expr]plan.Expr{}
	r := &remainder{
		folder: f, nodes: map[plan.Node]plan.Node{}, read: p.read, seen: p.seen, values: map[int]*plan.Values{},
		composed: map[plan.Expr]*plan.Const{}, sifted: map[plan.Node]bool{}, under: map[plan.Node]bool{}, failing: map[plan.Node]bool{},
	}
	r.own = !reads(q.Root) && r.fallible(q.Root)
	settled := r.node(q.Root)
	checkSides{r, map[side]bool{}}.node(q.Root, false)
	root := r.withoutSides(settled, map[plan.Node]plan.Node{})
	r.checkConstants(root)
	for _, e := range r.late {
		if !asks(e) {
			r.checkExpr(e, false)
		}
	}
	return &plan.Query{Root: root, Columns: q.Columns}, nil
}

// checkConstants fails for a constant that Trino cannot write down, as it does with each
// that is left in a plan.
func (r *remainder) checkConstants(node plan.Node) {
	r.work(1)
	r.checkDomains(node)
	_, interpreted := node.(*plan.Values) // as far as a row needs it
	plan.Exprs(node, func(e plan.Expr) { r.checkExpr(e, interpreted) })
	for _, input := range plan.Inputs(node) {
		r.checkConstants(input)
	}
}

// checkExpr is checkConstants of an expression.
func (r *remainder) checkExpr(e plan.Expr, interpreted bool) {
	tried := map[plan.Expr]bool{}
	plan.Any(e, func(part plan.Expr) bool {
		if try, ok := part.(*plan.Try); ok {
			plan.Any(try.X, func(within plan.Expr) bool { tried[within] = true; return false })
		}
		c, ok := part.(*plan.Const)
		if !ok {
			c = r.composed[part]
		}
		if c != nil {
			if err := scalar.Beyond(c.T, c.Value); err != nil {
				r.fail(err)
			}
		}
		if call, ok := part.(*plan.Call); ok && !interpreted && !tried[call] {
			r.checkCall(call)
		}
		if inner := plan.Subquery(part); inner != nil {
			r.checkConstants(inner)
		}
		return false
	})
}

// checkLate is checkConstants of columns over rows of which it turned out late that there are
// none: Trino computes nothing of these any more, but the columns stay.
func (r *remainder) checkLate(n *plan.Project) {
	for _, c := range n.Columns {
		if r.read[c.ID] {
			r.late = append(r.late, r.written(c.Expr))
		}
	}
}

// checkBelow is checkLate of the columns below a node that stand above a subquery.
func (r *remainder) checkBelow(node plan.Node) {
	switch n := node.(type) {
	case *plan.Project:
		if r.seen[n] && r.noneBefore[n] && r.asksBelow(n.Input) {
			r.checkLate(n)
		}
	case *plan.With:
		r.checkBelow(n.Body)
	}
}

// asksBelow reports whether there is a filter with a subquery right below a node, through
// which Trino sees late that there is no row.
func (r *remainder) asksBelow(node plan.Node) bool {
	switch n := node.(type) {
	case *plan.Filter:
		asking, others := apart(plan.Conjuncts(n.Condition), func(term plan.Expr) bool { return !asks(term) })
		if slices.ContainsFunc(others, func(term plan.Expr) bool { return notTrue(r.expr(term)) }) {
			return false
		}
		return len(asking) > 0 || r.asksBelow(n.Input)
	case *plan.Project, *plan.Sort, *plan.Distinct, *plan.Limit:
		return r.asksBelow(plan.Inputs(n)[0])
	default:
		return false
	}
}

// checkCall fails for a function that fails however it is called.
func (r *remainder) checkCall(call *plan.Call) {
	if function, ok := functionOf(call); ok && function.Always {
		_, err := function.Call(work.New(r.ctx, r.now), nil)
		r.fail(err)
	}
}

func functionOf(call *plan.Call) (scalar.Function, bool) {
	types := make([]datatype.Type, len(call.Args))
	for i, arg := range call.Args {
		types[i] = arg.Type()
	}
	return scalar.Lookup(call.Name, types, call.T)
}

// folder folds the expressions of one query.
type folder struct {
	ctx   context.Context //nolint:containedctx // of the one call that this lives for
	now   time.Time
	steps int
	done  map[plan.Expr]plan.Expr // what each expression folds to
	// doneInFilter is that of conditions of filters, as long as they may be others.
	doneInFilter map[plan.Expr]plan.Expr
	none         map[plan.Node]bool // which nodes have no row
	// queries are what the names of queries stand for.
	queries map[int]plan.Node
	// noneBefore are those of which that was known before the subqueries became joins.
	noneBefore map[plan.Node]bool
	// planned means that failures have been told: they stay where they are.
	planned bool
	// joined means that the subqueries have become joins.
	joined bool
	// filtering means that what is folded is the condition of a filter, before that.
	filtering bool
	// ofRow means that what is folded is a condition with the cells of a row of VALUES: then
	// constants are computed, and no comparison is written in another way.
	ofRow bool
	// operands are the parameters by which NULLIF and CASE name what they compare.
	operands map[plan.ID]bool
	// sources are the expressions of which constants were computed.
	sources map[*plan.Const]plan.Expr
}

func newFolder(ctx context.Context, now time.Time) *folder {
	return &folder{ctx: ctx, now: now, done: map[plan.Expr]plan.Expr{}, doneInFilter: map[plan.Expr]plan.Expr{}, none: map[plan.Node]bool{}, queries: map[int]plan.Node{}, operands: map[plan.ID]bool{}, sources: map[*plan.Const]plan.Expr{}}
}

// failure carries an error up to the front door.
type failure struct{ err error }

func (f *folder) fail(err error) { panic(failure{err}) }

// settle turns a failure into its error.
func settle(err *error) {
	switch p := recover().(type) {
	case nil:
	case failure:
		*err = p.err
	default:
		panic(p)
	}
}

// lookEvery is how much work is done between two looks at the context.
const lookEvery = 1 << 12

// work counts steps that grow with the statement, and ends when nobody waits for it.
func (f *folder) work(steps int) {
	if f.steps += steps; f.steps < lookEvery {
		return
	}
	f.steps = 0
	if err := context.Cause(f.ctx); err != nil {
		f.fail(err)
	}
}

// errAt returns an error that stands somewhere in the statement.
func errAt(at plan.Place, err *sqlerr.Error) *sqlerr.Error {
	err.Line, err.Column = at.Line, at.Column
	return err
}

func boolean() datatype.Type { return datatype.Of(datatype.Boolean) }

func truth(v any) *plan.Const { return &plan.Const{Value: v, T: boolean()} }

// remainder folds the expressions of a plan that is carried out, and leaves the nodes
// as they are but for those that a constant makes empty.
type remainder struct {
	*folder

	nodes  map[plan.Node]plan.Node // a node may stand in two places
	read   map[plan.ID]bool        // which columns Trino has not dropped
	seen   map[plan.Node]bool      // which nodes Trino has not dropped
	values map[int]*plan.Values    // the named queries that are nothing else
	// composed are the constants with parts, by how they are written.
	composed map[plan.Expr]*plan.Const
	// sifted are VALUES of which rows were dropped: by then Trino computes nothing in them.
	sifted map[plan.Node]bool
	// under are the inputs of filters: the condition of a join is looked at together with those.
	under map[plan.Node]bool
	// failing are the nodes of which it is known whether they can fail.
	failing map[plan.Node]bool
	// own means that all rows are the statement's own and something may fail: then all that
	// Trino knows of them may keep it from that.
	own bool
	// late are the expressions of columns of which it turned out late that they have no row.
	late []plan.Expr
	// columns are how many columns were made here.
	columns int
}

func (r *remainder) node(n plan.Node) plan.Node {
	if known, ok := r.nodes[n]; ok {
		return known
	}
	r.work(1)
	kept := r.settledNode(r.copied(n))
	if project, ok := n.(*plan.Project); ok && noRows(kept) && r.seen[n] && !r.noneBefore[n] {
		r.checkLate(project)
	}
	r.nodes[n], r.nodes[kept] = kept, kept
	return kept
}

// written returns what e folds to, with literals alone for constants: what has parts is
// written as it was computed, as an array holds NULL and a plan on its way cannot.
func (r *remainder) written(e plan.Expr) plan.Expr {
	return plan.Replace(r.expr(e), func(part plan.Expr) (plan.Expr, bool) {
		c, ok := part.(*plan.Const)
		source := r.sources[c]
		if !ok || c.Value == nil || len(c.T.Elems) == 0 || source == nil {
			return nil, false
		}
		settled := r.settled(source)
		r.composed[settled] = c
		return settled, true
	})
}

// settled is written of an expression that is folded.
func (r *remainder) settled(e plan.Expr) plan.Expr {
	return plan.Rewrite(e, func(part plan.Expr) plan.Expr { return r.written(part) })
}

func (r *remainder) copied(n plan.Node) plan.Node {
	if r.empty(n) {
		r.checkBelow(n)
		return &plan.Values{Columns: plan.Columns(n)}
	}
	switch n := n.(type) {
	case *plan.Values:
		return r.rows(n)
	case *plan.Aggregate:
		return r.aggregate(n)
	case *plan.Window:
		return r.window(n)
	case *plan.Join:
		return r.join(n)
	case *plan.Filter:
		condition := r.condition(n.Condition)
		if decided, always := r.trivial(condition); decided {
			if always {
				return r.node(n.Input)
			}
			return &plan.Values{Columns: plan.Columns(n)}
		}
		if slices.ContainsFunc(plan.Conjuncts(condition), func(term plan.Expr) bool { return r.neverIn(term, n.Input) }) {
			return &plan.Values{Columns: plan.Columns(n)}
		}
		r.under[n.Input] = true
		if own, outer := apartFromOuter(plan.Conjuncts(condition), n.Input); len(own) > 0 && len(outer) > 0 {
			return sifter{r, r.seen[n]}.above(sifter{r, r.seen[n]}.sift(r.node(n.Input), own), outer)
		}
		terms, input := plan.Conjuncts(condition), r.node(n.Input)
		if r.own || r.fallible(input) {
			terms = append(slices.Clone(terms), r.valuesAsked(terms, n.Input)...)
		}
		return sifter{r, r.seen[n]}.sift(input, terms)
	case *plan.Project:
		return r.project(n)
	case *plan.Unnest:
		return r.unnestAlone(n)
	case *plan.With:
		return r.with(n)
	case *plan.CTERef:
		return r.reference(n)
	}
	return r.mapped(n)
}
