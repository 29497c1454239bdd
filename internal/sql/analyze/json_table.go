package analyze

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

const badPlan = "INVALID_PLAN"

// jsonTable analyzes JSON_TABLE: an array of rows, which UNNEST spreads.
func (a *analyzer) jsonTable(t *ast.JSONTable, outer *scope) (relation, error) {
	b := &jsonTableBuilder{exprs: &exprs{analyzer: a, scope: outer}, table: t, names: map[string]bool{}}
	if err := b.checkNames(t.Root.PathName, t.Columns); err != nil {
		return relation{}, err
	}
	if t.Plan != nil {
		if t.Root.PathName == nil {
			return relation{}, a.fail(t.Root.Input, "MISSING_PATH_NAME", "All JSON paths must be named when specific plan is given")
		}
		if err := b.checkPlan(t.Plan, *t.Root.PathName, t.Columns); err != nil {
			return relation{}, err
		}
	}
	made, err := b.root()
	if err != nil {
		return relation{}, err
	}
	made.Root, err = b.path(t.Root.Path, t.Columns, t.Plan)
	if err != nil {
		return relation{}, err
	}
	types := make([]datatype.Type, len(b.fields))
	item := plan.UnnestItem{}
	for i, f := range b.fields {
		types[i] = f.column.Type
		item.Columns = append(item.Columns, f.column)
	}
	made.T = datatype.ArrayOf(datatype.RowOf(nil, types))
	item.Expr = made
	return relation{node: &plan.Unnest{Items: []plan.UnnestItem{item}}, fields: b.fields}, nil
}

// jsonTableBuilder gathers the columns of all paths, in the order in which they are
// written.
type jsonTableBuilder struct {
	*exprs

	table  *ast.JSONTable
	names  map[string]bool // of columns and paths
	fields []field
}

// root types the input and the parameters.
func (b *jsonTableBuilder) root() (*plan.JSONTable, error) {
	e := b.table.Root
	if err := b.noAggregates("JSON_TABLE input expression", e.Input); err != nil {
		return nil, err
	}
	for _, p := range e.Passing {
		if err := b.noAggregates("JSON_TABLE path parameter", p.Value.Expr); err != nil {
			return nil, err
		}
	}
	input, err := b.jsonItem(e.Input, "JSON "+strings.TrimPrefix(strings.TrimPrefix(e.InputJSON, "JSON"), " "))
	if err != nil {
		return nil, err
	}
	made := &plan.JSONTable{Input: input.Expr, Encoding: input.Encoding, Errors: b.table.OnError == "ERROR"}
	made.Passing, err = b.jsonPassing(e)
	return made, err
}

// checkNames wants each name once.
func (b *jsonTableBuilder) checkNames(path *ast.Identifier, columns []ast.JSONTableColumn) error {
	once := func(name ast.Identifier) error {
		if b.names[canonical(name)] {
			return b.fail(name, "DUPLICATE_COLUMN_OR_PATH_NAME", "All column and path names in JSON_TABLE invocation must be unique")
		}
		b.names[canonical(name)] = true
		return nil
	}
	if path != nil {
		if err := once(*path); err != nil {
			return err
		}
	}
	for _, c := range columns {
		var err error
		if c.Nested == nil {
			err = once(c.Name)
		} else {
			err = b.checkNames(c.PathName, c.Columns)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkPlan wants a plan to name the path and all paths nested in it.
func (b *jsonTableBuilder) checkPlan(p *ast.JSONPlan, path ast.Identifier, columns []ast.JSONTableColumn) error {
	if p.Op == "UNION" || p.Op == "CROSS" {
		return b.fail(b.table.Plan, badPlan, "JSON_TABLE plan must either be a single path name or it must be rooted in parent-child relationship (OUTER or INNER)")
	}
	if err := b.checkPaths([]ast.Identifier{path}, []*ast.JSONPlan{p}); err != nil {
		return err
	}
	var nested []ast.Identifier
	for _, c := range columns {
		if c.Nested == nil {
			continue
		}
		if c.PathName == nil {
			return b.fail(c, "MISSING_PATH_NAME", "All JSON paths must be named when specific plan is given")
		}
		nested = append(nested, *c.PathName)
	}
	var siblings []*ast.JSONPlan
	if p.Op != "" {
		siblings = siblingsOf(p.Right)
	}
	if err := b.checkPaths(nested, siblings); err != nil {
		return err
	}
	for _, c := range columns {
		if c.Nested == nil {
			continue
		}
		at := slices.IndexFunc(siblings, func(s *ast.JSONPlan) bool { return canonical(firstPath(s)) == canonical(*c.PathName) })
		if err := b.checkPlan(siblings[at], *c.PathName, c.Columns); err != nil {
			return err
		}
	}
	return nil
}

// checkPaths compares the paths that there are with those that a plan starts from.
func (b *jsonTableBuilder) checkPaths(paths []ast.Identifier, plans []*ast.JSONPlan) error {
	var absent, unknown []string
	for _, path := range paths {
		if !slices.ContainsFunc(plans, func(p *ast.JSONPlan) bool { return canonical(firstPath(p)) == canonical(path) }) {
			absent = append(absent, canonical(path))
		}
	}
	seen := map[string]bool{}
	for _, p := range plans {
		name := canonical(firstPath(p))
		if seen[name] {
			return b.fail(b.table.Plan, badPlan, "JSON_TABLE plan includes multiple occurrences of the path name: %s", name)
		}
		seen[name] = true
		if !slices.ContainsFunc(paths, func(path ast.Identifier) bool { return canonical(path) == name }) {
			unknown = append(unknown, name)
		}
	}
	switch {
	case len(absent) > 0:
		return b.fail(b.table.Plan, badPlan, "JSON_TABLE plan should contain all JSON paths available at each level of nesting. Paths not included: %s", strings.Join(absent, ", "))
	case len(unknown) > 0:
		return b.fail(b.table.Plan, badPlan, "JSON_TABLE plan includes unavailable JSON path names: %s", strings.Join(unknown, ", "))
	}
	return nil
}

// firstPath returns the path that a plan starts from.
func firstPath(p *ast.JSONPlan) ast.Identifier {
	for p.Op != "" {
		p = p.Left
	}
	return p.Path
}

// siblingsOf returns the plans that go together at one level.
func siblingsOf(p *ast.JSONPlan) []*ast.JSONPlan {
	if p.Op == "UNION" || p.Op == "CROSS" {
		return append(siblingsOf(p.Left), siblingsOf(p.Right)...)
	}
	return []*ast.JSONPlan{p}
}

// path types the columns of a path and of those nested in it. p is its plan, nil for the
// default one.
func (b *jsonTableBuilder) path(path ast.Expr, columns []ast.JSONTableColumn, p *ast.JSONPlan) (plan.JSONTablePath, error) {
	text, ok := path.(*ast.String)
	if !ok {
		return plan.JSONTablePath{}, b.refuse(b.table, "a JSON path that is not a literal")
	}
	made := plan.JSONTablePath{Path: text.Value}
	if err := b.checkPath(&ast.JSONCall{Pos: b.table.Pos, Name: "JSON_TABLE"}, text); err != nil {
		return made, err
	}
	nested := map[string]*plan.JSONTableNest{}
	var order []*plan.JSONTableNest
	for _, c := range columns {
		if c.Nested == nil {
			column, err := b.column(c)
			if err != nil {
				return made, err
			}
			made.Columns = append(made.Columns, column)
			continue
		}
		inner, err := b.path(c.Nested, c.Columns, b.planOf(p, c.PathName))
		if err != nil {
			return made, err
		}
		n := &plan.JSONTableNest{Path: &inner}
		order = append(order, n)
		if c.PathName != nil {
			nested[canonical(*c.PathName)] = n
		}
	}
	kind := ast.JSONPlanKind{}
	if b.table.Default != nil {
		kind = *b.table.Default
	}
	switch {
	case len(order) == 0:
	case p != nil:
		made.Inner, made.Nested = p.Op == "INNER", nestOf(p.Right, nested)
	default:
		made.Inner, made.Nested = kind.Inner, order[0]
		for _, n := range order[1:] {
			made.Nested = &plan.JSONTableNest{Cross: kind.Cross, Left: made.Nested, Right: n}
		}
	}
	return made, nil
}

// planOf returns the plan of a path below p.
func (b *jsonTableBuilder) planOf(p *ast.JSONPlan, name *ast.Identifier) *ast.JSONPlan {
	if p == nil || p.Op == "" || name == nil {
		return nil
	}
	for _, s := range siblingsOf(p.Right) {
		if canonical(firstPath(s)) == canonical(*name) {
			return s
		}
	}
	return nil
}

func nestOf(p *ast.JSONPlan, nested map[string]*plan.JSONTableNest) *plan.JSONTableNest {
	if p.Op == "UNION" || p.Op == "CROSS" {
		return &plan.JSONTableNest{Cross: p.Op == "CROSS", Left: nestOf(p.Left, nested), Right: nestOf(p.Right, nested)}
	}
	return nested[canonical(firstPath(p))]
}

// column types a column that is no path.
func (b *jsonTableBuilder) column(c ast.JSONTableColumn) (plan.JSONTableColumn, error) {
	made := plan.JSONTableColumn{Index: len(b.fields)}
	t := bigint
	if !c.Ordinality {
		call, err := b.value(c)
		if err != nil {
			return made, err
		}
		made.Value, t = call, call.T
	}
	b.fields = append(b.fields, field{name: canonical(c.Name), column: b.shared.column(t)})
	return made, nil
}

func (b *jsonTableBuilder) value(c ast.JSONTableColumn) (*plan.JSONPathCall, error) {
	e := c.Value
	for _, behavior := range []*ast.JSONBehavior{e.OnEmpty, e.OnError} {
		if behavior != nil && behavior.Default != nil {
			if err := b.noAggregates("default expression for JSON_TABLE column", behavior.Default); err != nil {
				return nil, err
			}
		}
	}
	call := &plan.JSONPathCall{Name: strings.ToLower(e.Name), Wrapper: "WITHOUT"}
	if path, ok := e.Path.(*ast.String); ok {
		if err := b.checkPath(e, path); err != nil {
			return nil, err
		}
		call.Path = path.Value
	} else {
		call.Path = `lax $."` + strings.ReplaceAll(canonical(c.Name), `"`, `""`) + `"`
	}
	var err error
	if call.Name == "json_value" {
		err = b.jsonValueClauses(e, call)
	} else {
		err = b.jsonQueryClauses(e, call)
	}
	if e.OnError == nil && b.table.OnError == "ERROR" {
		call.OnError.Kind = "ERROR"
	}
	return call, err
}
