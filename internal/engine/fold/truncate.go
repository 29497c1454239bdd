package fold

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// checkTruncated fails for the comparison of a time of day that is truncated to days, months
// or years: Trino truncates the constant to make a range of it, before it looks at a row.
func (f *folder) checkTruncated(e *plan.Call) {
	for i, side := range e.Args {
		call, ok := side.(*plan.Call)
		if !ok || call.Name != "date_trunc" || !isConst(e.Args[1-i]) || call.T.Kind != datatype.Time && call.T.Kind != datatype.TimeTZ {
			continue
		}
		unit, ok := call.Args[0].(*plan.Const)
		if !ok {
			continue
		}
		name, _ := unit.Value.(string)
		switch strings.ToLower(name) {
		case "hour", "day", "month", "year":
			if _, err := f.value(&plan.Call{Name: call.Name, Args: []plan.Expr{unit, e.Args[1-i]}, T: call.T}); err != nil && !f.planned {
				f.fail(err)
			}
		}
	}
}
