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

// maxViewDepth bounds how deep views may read views.
const maxViewDepth = 64

// view expands a view: its query is analyzed where it was made.
func (a *analyzer) view(at ast.Node, names []string, v *View) (relation, error) {
	full := strings.Join(names, ".")
	if slices.Contains(a.views, full) || len(a.views) >= maxViewDepth {
		return relation{}, a.fail(at, "VIEW_IS_RECURSIVE", "Statement would create a recursive view")
	}
	statement, err := parse.Statement(v.SQL)
	query, ok := statement.(*ast.Query)
	if err != nil || !ok {
		return relation{}, a.fail(at, "INVALID_VIEW", "Failed parsing stored view '%s': %v", full, err)
	}
	inner := &analyzer{
		shared: a.shared, src: v.SQL, catalog: v.Catalog, database: v.Database, session: a.session,
		relation: a.relation, views: append(slices.Clone(a.views), full),
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
