package scan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// wraps are functions of one argument, of times and texts of them, that some may think
// to grow.
func wraps() []string {
	all := []string{
		"from_iso8601_timestamp(%s)", "from_iso8601_date(%s)", "date(%s)", "to_unixtime(%s)", "TRY(%s)", "year(%s)", "hour(%s)", "date_add('month', 1, %s)", "%s + interval '1' month",
		"with_timezone(%s, 'America/New_York')", "cast(%s AS varchar)", "cast(%s AS varchar(13))", "cast(%s AS date)", "cast(%s AS timestamp)", "cast(%s AS timestamp(0))",
		"cast(%s AS timestamp with time zone)", "TRY_CAST(%s AS date)", "TRY_CAST(%s AS timestamp)", "cast(%s AS bigint)", "from_unixtime(to_unixtime(%s))", "-to_unixtime(%s)",
		"date_format(%s, '%%h:%%i')", "reverse(%s)", "replace(replace(%s, 'T', ' '), 'Z', '')",
	}
	for _, zone := range []string{"America/New_York", "Australia/Lord_Howe", "America/St_Johns", "America/Havana", "Asia/Seoul", "UTC"} {
		all = append(all, "%s AT TIME ZONE '"+zone+"'")
	}
	for _, unit := range []string{"second", "minute", "hour", "day", "week", "month", "quarter", "year"} {
		all = append(all, "date_trunc('"+unit+"', %s)")
	}
	for _, cut := range []string{"1", "2", "-3", "1, 4", "1, 6", "1, 7", "1, 9", "1, 10", "1, 12", "1, 13", "1, 15", "1, 19", "12, 2"} {
		all = append(all, "substr(%s, "+cut+")", "substring(%s, "+cut+")")
	}
	for _, format := range []string{
		"%Y-%m-%d", "%Y-%m-%dT%H:%i:%sZ", "%Y-%m-%dT%TZ", "%Y-%m-%d %H:%i:%s", "%Y-%m-%dT%h:%i:%sZ", "%Y-%m-%dT%I:%i:%sZ", "%Y-%m-%dT%r", "%Y-%m-%dT%i:%H:%sZ", "%Y-%d-%mT%H:%i:%sZ",
		"%y-%m-%dT%H:%i:%sZ", "%Y-%m-%d %H:%i:%s.%f",
	} {
		all = append(all, "date_parse(%s, '"+strings.ReplaceAll(format, "%", "%%")+"')")
	}
	for _, format := range []string{
		"yyyy-MM-dd", "yyyy-MM-dd''T''HH:mm:ss''Z''", "yyyy-MM-dd''T''HH:mm:ssZ", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.SSS", "yyyy-MM-dd''T''hh:mm:ss''Z''",
		"yyyy-MM-dd''T''KK:mm:ss''Z''", "yyyy-MM-dd''T''mm:HH:ss''Z''", "yyyy-dd-MM''T''HH:mm:ss''Z''", "yyyy-MM-dd''T''HH:mm:ssZZ",
	} {
		all = append(all, "parse_datetime(%s, '"+format+"')")
	}
	return all
}

// moments are times in order, many of them where clocks of zones jump.
func moments() (all []time.Time) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, jump := range []string{
		"2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z", "2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z", "2010-11-07T02:31:00Z", "2010-03-14T03:31:00Z", "2026-11-01T05:00:00Z",
		"2026-12-31T23:59:30Z", "2026-03-01T12:00:00Z", "2024-02-29T00:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339, jump)
		if err != nil {
			panic(err)
		}
		for range 25 {
			all = append(all, at.Add(time.Duration(r.IntN(4*3600)-2*3600)*time.Second))
		}
	}
	for range 60 {
		all = append(all, time.Unix(r.Int64N(2_000_000_000), 0))
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// What is taken for growing keeps the order of times, wherever it has a value.
func TestWhatGrowsKeepsTheOrder(t *testing.T) {
	c := replaytest.Catalog{}
	c.Add(t, "events", "eventtime varchar", "at timestamp(3)", "day date")
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	times, grown, last := moments(), 0, []string{"eventtime", "at", "day"}
	for range 3 {
		var next []string
		for _, inner := range last {
			for _, wrap := range wraps() {
				sql := fmt.Sprintf(wrap, inner)
				q, err := replaytest.Analyze(t.Context(), "SELECT "+sql+" FROM events", c)
				if err != nil {
					continue // it takes no such type
				}
				e, column := first(q.Root)
				if e == nil || !grows(e) {
					continue
				}
				grown++
				next = append(next, sql)
				checkOrder(t, sql, e, column, times, now)
			}
		}
		last = next
		if len(last) > 40 { // what is made of the others is of the same kinds
			r := rand.New(rand.NewPCG(3, 4))
			r.Shuffle(len(last), func(i, j int) { last[i], last[j] = last[j], last[i] })
			last = last[:40]
		}
	}
	if grown < 100 {
		t.Errorf("%d expressions grow", grown)
	}
}

// first returns the first column of a query, and the one of the table that it is made of.
func first(n plan.Node) (plan.Expr, *plan.ColumnRef) {
	for {
		if p, ok := n.(*plan.Project); ok {
			var ref *plan.ColumnRef
			plan.Any(p.Columns[0].Expr, func(e plan.Expr) bool {
				r, ok := e.(*plan.ColumnRef)
				if ok {
					ref = r
				}
				return ok
			})
			return p.Columns[0].Expr, ref
		}
		inputs := plan.Inputs(n)
		if len(inputs) != 1 {
			return nil, nil
		}
		n = inputs[0]
	}
}

func checkOrder(t *testing.T, sql string, e plan.Expr, column *plan.ColumnRef, times []time.Time, now time.Time) {
	t.Helper()
	const later plan.ID = 1_000_000
	other := plan.Replace(e, func(x plan.Expr) (plan.Expr, bool) {
		if ref, ok := x.(*plan.ColumnRef); ok {
			return &plan.ColumnRef{ID: later, T: ref.T}, true
		}
		return nil, false
	})
	inOrder := &plan.Call{Name: plan.OpLessEqual, Args: []plan.Expr{e, other}, T: datatype.Of(datatype.Boolean)}
	run, err := eval.Compile(inOrder, []plan.ID{column.ID, later}, now)
	if err != nil {
		t.Errorf("%s: %v", sql, err)
		return
	}
	layout := map[datatype.Kind]string{datatype.Varchar: time.RFC3339, datatype.Timestamp: "2006-01-02 15:04:05.000", datatype.Date: time.DateOnly}[column.T.Kind]
	value := func(at time.Time) any {
		v, err := PartitionValue(column.T, at.UTC().Format(layout))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for i, at := range times {
		for _, step := range []int{1, 2, 5, 40} {
			if i+step >= len(times) {
				break
			}
			v, err := run.Eval(t.Context(), []any{value(at), value(times[i+step])})
			if err == nil && v == false {
				t.Errorf("%s goes back between %s and %s", sql, at.UTC(), times[i+step].UTC())
				return
			}
		}
	}
}
