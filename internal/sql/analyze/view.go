package analyze

import (
	"errors"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// missing is the error for a relation that the catalog did not find.
func (a *analyzer) missing(at ast.Node, names []string, found *Relation, err error) error {
	switch {
	case err != nil && (names[0] == "system" || names[0] == "tpch"):
		return a.refuse(at, "the catalog "+names[0])
	case errors.Is(err, ErrNoDatabase) && names[1] == "information_schema":
		return a.refuse(at, "information_schema")
	case errors.Is(err, ErrNoCatalog):
		return a.fail(at, "CATALOG_NOT_FOUND", "Catalog '%s' not found", names[0])
	case errors.Is(err, ErrNoDatabase):
		return a.fail(at, "SCHEMA_NOT_FOUND", "Schema '%s' does not exist", names[1])
	case err != nil:
		return err
	case found == nil:
		return a.fail(at, "TABLE_NOT_FOUND", "Table '%s' does not exist", strings.Join(names, "."))
	default:
		return nil
	}
}

// resolvedOnce returns ask, which then asks the catalog once for each name of a
// statement.
func (s *shared) resolvedOnce(ask func(catalog, database, name string) (*Relation, error)) func(catalog, database, name string) (*Relation, error) {
	type answer struct {
		relation *Relation
		err      error
	}
	known := map[[3]string]answer{}
	return func(catalog, database, name string) (*Relation, error) {
		at := [3]string{catalog, database, name}
		found, ok := known[at]
		if !ok {
			s.look() // before what may take long
			found.relation, found.err = ask(catalog, database, name)
			known[at] = found
		}
		return found.relation, found.err
	}
}

const (
	// maxViewDepth bounds how deep views may read views.
	maxViewDepth = 64
	// maxExpansions is how often a statement may read a view and have it expanded in
	// each place, where the conditions of that place choose its partitions. Views
	// that read each other twice would double with every one.
	maxExpansions = 16
)

// viewUse is a view that the statement reads.
type viewUse struct {
	query  *ast.Query
	places int
	named  *cte // once it is read more often than maxExpansions
}

// view reads a view: its query is analyzed where it was made.
func (a *analyzer) view(at ast.Node, names []string, v *View) (relation, error) {
	full := strings.Join(names, ".")
	if slices.Contains(a.expanding, full) || len(a.expanding) >= maxViewDepth {
		return relation{}, a.fail(at, "VIEW_IS_RECURSIVE", "Statement would create a recursive view")
	}
	use, err := a.viewUse(at, full, v)
	if err != nil {
		return relation{}, err
	}
	if use.places++; use.places <= maxExpansions {
		return a.expanded(at, names, v, use.query)
	}
	if use.named == nil {
		r, err := a.expanded(at, names, v, use.query)
		if err != nil {
			return relation{}, err
		}
		use.named = a.nameQuery(r)
		a.named = append(a.named, use.named)
	}
	return a.readNamed(use.named, names), nil
}

// viewUse returns what is known of a view, whose text is parsed the first time.
func (a *analyzer) viewUse(at ast.Node, full string, v *View) (*viewUse, error) {
	if use, ok := a.views[full]; ok {
		return use, nil
	}
	statement, err := parse.Statement(v.SQL)
	query, ok := statement.(*ast.Query)
	if err != nil || !ok {
		return nil, a.fail(at, "INVALID_VIEW", "Failed parsing stored view '%s': %v", full, err)
	}
	if a.views == nil {
		a.views = map[string]*viewUse{}
	}
	a.views[full] = &viewUse{query: query}
	return a.views[full], nil
}

// expanded analyzes the query of a view.
func (a *analyzer) expanded(at ast.Node, names []string, v *View, query *ast.Query) (relation, error) {
	full := strings.Join(names, ".")
	a.look()
	inner := &analyzer{
		shared: a.shared, src: v.SQL, catalog: v.Catalog, database: v.Database, session: a.session,
		relation: a.relation, expanding: append(slices.Clone(a.expanding), full),
	}
	inner.session.Parameters = nil
	r, err := inner.query(query, &scope{boundary: true})
	if err != nil {
		if failed, ok := errors.AsType[*sqlerr.Error](err); ok && failed.Name != sqlerr.Unsupported {
			return relation{}, a.fail(at, "INVALID_VIEW", "Failed analyzing stored view '%s': %s", full, failed)
		}
		return relation{}, err
	}
	return a.asDeclared(at, full, names, r, v)
}

// asDeclared gives the view's result the names and types that it was made with.
func (a *analyzer) asDeclared(at ast.Node, full string, names []string, r relation, v *View) (relation, error) {
	fields := visible(r.fields)
	if len(fields) != len(v.Columns) {
		return relation{}, a.fail(at, "VIEW_IS_STALE",
			"View '%s' is stale or in invalid state: stored view column count (%d) does not match column count derived from the view query analysis (%d)",
			full, len(v.Columns), len(fields))
	}
	to := make([]datatype.Type, len(fields))
	for i, c := range v.Columns {
		if !datatype.CanCoerce(fields[i].column.Type, c.Type) {
			return relation{}, a.fail(at, "VIEW_IS_STALE",
				"View '%s' is stale or in invalid state: column [%s] of type %s projected from query view at position %d cannot be coerced to column [%s] of type %s stored in view definition",
				full, fields[i].name, fields[i].column.Type, i, c.Name, c.Type)
		}
		to[i] = c.Type
	}
	coerced := a.coerced(relation{node: r.node, fields: fields}, to)
	for i, c := range v.Columns {
		coerced.fields[i].name = c.Name
	}
	return relation{node: coerced.node, fields: qualified(coerced.fields, names...)}, nil
}
