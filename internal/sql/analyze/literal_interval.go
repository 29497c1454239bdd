package analyze

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/value"
)

// intervalUnits are the units of an interval, greatest first: how long they
// are, and what stands before their number when another unit does.
var (
	dayUnits = []intervalUnit{
		{"DAY", 86_400_000, ""}, {"HOUR", 3_600_000, " "}, {"MINUTE", 60_000, ":"}, {"SECOND", 1000, ":"},
	}
	yearUnits = []intervalUnit{{"YEAR", 12, ""}, {"MONTH", 1, "-"}}
)

type intervalUnit struct {
	name      string
	length    int64 // in milliseconds, or in months
	separator string
}

func (x *exprs) interval(e *ast.Interval) (plan.Expr, error) {
	for kind, units := range map[datatype.Kind][]intervalUnit{
		datatype.IntervalDayToSecond: dayUnits, datatype.IntervalYearToMonth: yearUnits,
	} {
		from, to := unitIndex(units, e.From), unitIndex(units, e.To)
		if from < 0 {
			continue
		}
		switch {
		case e.To == "":
			to = from
		case to == from:
			return nil, x.fail(e, invalidLiteral, "Invalid interval qualifier: %s TO %s", units[from].name, units[to].name)
		}
		length, ok := intervalLength(e.Value, units, from, to)
		if !ok || to < from || kind == datatype.IntervalYearToMonth && length > math.MaxInt32 {
			qualifier := units[from].name
			if to != from {
				qualifier += " TO " + units[to].name
			}
			return nil, x.fail(e, invalidLiteral, "Invalid INTERVAL %s value: %s", qualifier, e.Value)
		}
		if e.Negative {
			length = -length
		}
		return &plan.Const{Value: length, T: datatype.Of(kind)}, nil
	}
	return nil, x.refuse(e, "INTERVAL in units of "+e.From)
}

func unitIndex(units []intervalUnit, name string) int {
	for i, unit := range units {
		if unit.name == strings.ToUpper(name) {
			return i
		}
	}
	return -1
}

var secondsText = regexp.MustCompile(`^(\d+)(?:\.(\d{1,3})\d*)?$`)

// intervalLength adds up the numbers of s, the first of units[from]; the last
// ones, down to units[to], may be absent.
func intervalLength(s string, units []intervalUnit, from, to int) (int64, bool) {
	s, negative := strings.CutPrefix(s, "-")
	var total int64
	for i := from; i <= to; i++ {
		next := s
		if i < to {
			before, after, more := strings.Cut(s, units[i+1].separator)
			next, s = before, after
			if !more {
				to = i
			}
		}
		n, ok := unitLength(next, units[i])
		if !ok {
			return 0, false
		}
		total += n
	}
	if negative {
		total = -total
	}
	return total, true
}

func unitLength(s string, unit intervalUnit) (int64, bool) {
	m := secondsText.FindStringSubmatch(s)
	if m == nil || m[2] != "" && unit.name != "SECOND" {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 32)
	if err != nil {
		return 0, false
	}
	millis := 0
	if m[2] != "" {
		millis = value.Digits((m[2] + "000")[:3])
	}
	return n*unit.length + int64(millis), true
}
