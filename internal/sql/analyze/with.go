package analyze

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// cte is a named query. It is analyzed once, where it is defined.
type cte struct {
	number int
	result relation
	uses   []*cteUse
	// expands is a query that reads itself.
	expands bool
}

// cteUse is one place that reads a named query: project renumbers the columns of ref.
type cteUse struct {
	ref     *plan.CTERef
	project *plan.Project
}

// with analyzes a WITH clause and returns the scope in which its queries are known.
func (a *analyzer) with(w *ast.With, outer *scope) (*scope, []*cte, error) {
	if w == nil {
		return outer, nil, nil
	}
	inner := &scope{parent: outer, ctes: map[string]*cte{}}
	var all []*cte
	for _, q := range w.Queries {
		name := q.Name.Lower()
		if _, ok := inner.ctes[name]; ok {
			return nil, nil, a.fail(q.Name, "DUPLICATE_NAMED_QUERY", "WITH query name '%s' specified more than once", name)
		}
		named, err := a.namedQuery(w, q, inner)
		if err != nil {
			return nil, nil, err
		}
		inner.ctes[name] = named // which those after it see, and none before
		all = append(all, inner.ctes[name])
	}
	return inner, all, nil
}

// nameQuery numbers a query that may be read in several places.
func (a *analyzer) nameQuery(r relation) *cte {
	a.lastCTE++
	return &cte{number: a.lastCTE, result: r}
}

// namedQuery analyzes one query of a WITH clause. In WITH RECURSIVE its own name
// may be known in it.
func (a *analyzer) namedQuery(w *ast.With, q ast.WithQuery, in *scope) (*cte, error) {
	if w.Recursive {
		if a.recursive {
			return nil, a.fail(w, "NESTED_RECURSIVE", "nested recursive WITH query")
		}
		if q.Columns == nil {
			return nil, a.fail(q, "MISSING_COLUMN_ALIASES", "missing column aliases in recursive WITH query")
		}
		nested := *a
		nested.recursive = true
		a = &nested
		if named, err := a.recursion(q, in); named != nil || err != nil {
			return named, err
		}
	}
	r, err := a.query(q.Query, in.query())
	if err != nil {
		return nil, err
	}
	r.fields = visible(r.fields)
	if err := a.nameColumns(q, r.fields); err != nil {
		return nil, err
	}
	return a.nameQuery(r), nil
}

func (a *analyzer) nameColumns(q ast.WithQuery, fields []field) error {
	if q.Columns == nil {
		return nil
	}
	if len(q.Columns) != len(fields) {
		return a.fail(q.Columns[0], mismatchedAliases, "Column alias list has %d entries but relation has %d columns", len(q.Columns), len(fields))
	}
	seen := map[string]bool{}
	for i, name := range q.Columns {
		if seen[name.Lower()] {
			return a.fail(q.Name, "DUPLICATE_COLUMN_NAME", "Column name '%s' specified more than once", name.Name)
		}
		seen[name.Lower()] = true
		fields[i].name = name.Name
	}
	return nil
}

// cteRef reads a query of a WITH clause.
func (a *analyzer) cteRef(at *ast.Table, named *cte) (relation, error) {
	return a.readNamed(named, []string{at.Name[0].Lower()}), nil
}

// readNamed reads a named query under columns of its own, which belong to a
// relation of the given names.
func (a *analyzer) readNamed(named *cte, relationNames []string) relation {
	use := &cteUse{ref: &plan.CTERef{Number: named.number}, project: &plan.Project{}}
	use.project.Input = use.ref
	fields := make([]field, len(named.result.fields))
	for i, f := range named.result.fields {
		from, to := a.column(f.column.Type), a.column(f.column.Type)
		use.ref.Columns = append(use.ref.Columns, from)
		ref := &plan.ColumnRef{ID: from.ID, T: from.Type}
		use.project.Columns = append(use.project.Columns, plan.Computed{Column: to, Expr: ref})
		fields[i] = field{name: f.name, relation: relationNames, column: to}
	}
	named.uses = append(named.uses, use)
	return relation{node: use.project, fields: fields}
}

// wrapWith makes the named queries available to node. One that is read in a
// single place stands there itself.
func wrapWith(all []*cte, node plan.Node) plan.Node {
	with := &plan.With{Body: node}
	for _, named := range all {
		fields := named.result.fields
		switch uses := len(named.uses); {
		case uses == 0:
		case uses == 1 && !named.expands:
			use := named.uses[0]
			use.project.Input = named.result.node
			for i, f := range fields {
				use.project.Columns[i].Expr = &plan.ColumnRef{ID: f.column.ID, T: f.column.Type}
			}
		default:
			c := plan.CTE{Number: named.number, Node: named.result.node, Recursive: named.expands}
			for _, f := range fields {
				c.Columns = append(c.Columns, f.column)
			}
			with.Queries = append(with.Queries, c)
		}
	}
	if len(with.Queries) == 0 {
		return node
	}
	return with
}
