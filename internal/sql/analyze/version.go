package analyze

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// version is the error for FOR TIMESTAMP|VERSION AS OF: no table here has versions.
func (a *analyzer) version(r *ast.Table) error {
	keyword, clause := a.versionClause(r)
	x := &exprs{analyzer: a, scope: &scope{boundary: true}}
	pointer, err := x.expr(r.Version)
	if err != nil {
		return err
	}
	t := pointer.Type()
	if keyword == "TIMESTAMP" && t.Kind != datatype.Unknown &&
		t.Kind != datatype.Date && t.Kind != datatype.Timestamp && t.Kind != datatype.TimestampTZ {
		return a.fail(clause, typeMismatch,
			"Type %s invalid. Temporal pointers must be of type Timestamp, Timestamp with Time Zone, or Date.", t)
	}
	if cast, ok := pointer.(*plan.Cast); ok {
		pointer = cast.X
	}
	switch c, ok := pointer.(*plan.Const); {
	case ok && c.Value == nil:
		return a.fail(clause, "INVALID_ARGUMENTS", "Pointer value cannot be NULL")
	case ok && t.Kind != datatype.Date && t.Kind != datatype.Timestamp && t.Kind != datatype.TimestampTZ:
		return sqlerr.New(sqlerr.NotSupported, "This connector does not support versioned tables")
	default:
		return a.refuse(r, "FOR TIMESTAMP AS OF")
	}
}

// versionClause returns TIMESTAMP or VERSION, whichever stands before the
// pointer, and where the clause begins.
func (a *analyzer) versionClause(r *ast.Table) (keyword string, at ast.Node) {
	start := int(r.Position())
	before := strings.ToUpper(a.written(r.Position(), r.Version.Position()))
	keyword = "VERSION"
	if strings.LastIndex(before, "TIMESTAMP") > strings.LastIndex(before, "VERSION") {
		keyword = "TIMESTAMP"
	}
	if i := strings.LastIndex(before, "FOR"); i >= 0 {
		start += i
	}
	return keyword, ast.Pos(start) //nolint:gosec // within the statement
}
