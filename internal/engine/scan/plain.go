package scan

import (
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// maxPlain is how many parts an expression may have that is computed in the
// server's own process.
const maxPlain = 2_000

// plain reports whether e may be computed in the server's own process, once for
// each partition. The list is closed: literals, columns, casts between plain
// types, comparisons, and what joins them. Each takes time and memory in
// proportion to its operands, none makes a value larger than they are, and there is no
// loop. Whatever is not on the list, each function of SQL among it, is a worker's.
func plain(e plan.Expr) bool {
	parts := 0
	return !plan.Any(e, func(x plan.Expr) bool {
		parts++
		return parts > maxPlain || !plainPart(x)
	})
}

func plainPart(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.Const, *plan.ColumnRef, *plan.Now, *plan.Cast:
		return plainType(e.Type())
	case *plan.Call:
		switch e.Name {
		case plan.OpEqual, plan.OpNotEqual, plan.OpLess, plan.OpLessEqual, plan.OpGreater, plan.OpGreaterEq, plan.OpDistinct:
			return true
		}
		return false
	case *plan.Logical, *plan.Not, *plan.IsNull, *plan.Between, *plan.In:
		return true
	default:
		return false
	}
}

func plainType(t datatype.Type) bool {
	switch t.Kind {
	case datatype.Unknown, datatype.Boolean, datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint,
		datatype.Real, datatype.Double, datatype.Decimal, datatype.Varchar, datatype.Date, datatype.Timestamp:
		return true
	default: // CHAR fills up what it holds, the rest is nested or seldom
		return false
	}
}
