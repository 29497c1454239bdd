package metricsinsights_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/metricsinsights"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]metricsinsights.Query{
		"select Avg(Load) from NS":           {Function: "AVG", Metric: "Load", Namespace: "NS"},
		`SELECT COUNT("a b") FROM "AWS/EC2"`: {Function: "COUNT", Metric: "a b", Namespace: "AWS/EC2"},
		`SELECT SUM(m)FROM SCHEMA("NS", b, "from", a)WHERE b='x' AND "c d" != 'it\'s \\' GROUP BY a,b ORDER BY MAX() DESC LIMIT 5`: {
			Function: "SUM", Metric: "m", Namespace: "NS", HasSchema: true, Schema: []string{"a", "b", "from"},
			Where:   []metricsinsights.Condition{{Key: "b", Value: "x"}, {Key: "c d", Not: true, Value: `it's \`}},
			GroupBy: []string{"a", "b"}, OrderBy: "MAX", Descending: true, Limit: 5,
		},
		"SELECT MIN(sum) FROM SCHEMA(NS) WHERE AWS.AccountId = CURRENT_ACCOUNT_ID() AND aws.accountid != '1' GROUP BY AWS.AccountId ORDER BY MIN() ASC": {
			Function: "MIN", Metric: "sum", Namespace: "NS", HasSchema: true,
			Where:   []metricsinsights.Condition{{Key: "AWS.AccountId", Current: true}, {Key: "AWS.AccountId", Not: true, Value: "1"}},
			GroupBy: []string{"AWS.AccountId"}, OrderBy: "MIN",
		},
	} {
		got, err := metricsinsights.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	const base = "SELECT AVG(m) FROM ns "
	for text, want := range map[string]string{
		"":                                      "unexpected the end at character 1, where SELECT is missing",
		"SELECT m FROM ns":                      "where AVG, COUNT, MAX, MIN or SUM is missing",
		"SELECT MEDIAN(m) FROM ns":              "unexpected 'MEDIAN'",
		"SELECT AVG() FROM ns":                  "where the name of a metric is missing",
		"SELECT AVG(m, n) FROM ns":              "where ')' is missing",
		"SELECT AVG(m), SUM(m) FROM ns":         "where FROM is missing",
		"SELECT AVG(*) FROM ns":                 "unexpected '*' at character 12",
		"SELECT AVG(m) FROM AWS/EC2":            "unexpected '/'",
		"SELECT AVG(m) FROM a.b":                "must be in double quotes",
		"SELECT AVG(m) FROM where":              "where a namespace is missing",
		`SELECT AVG(m) FROM ""`:                 "where a namespace is missing",
		"SELECT AVG(m) FROM SCHEMA()":           "where a namespace is missing",
		"SELECT AVG(m) FROM SCHEMA(ns, a, a)":   "has 'a' twice",
		"SELECT AVG(m) FROM SCHEMA(ns, a":       "where ')' is missing",
		"SELECT AVG(m) FROM SCHEMA(ns, )":       "where the name of a dimension is missing",
		base + "WHERE":                          "where a key is missing",
		base + "WHERE a":                        "where '=' is missing",
		base + `WHERE a = "x"`:                  "where a value in single quotes is missing",
		base + "WHERE a = ''''":                 "unexpected '' at",
		base + "WHERE a = 'x":                   "not closed",
		base + "WHERE a > 'x'":                  "unexpected '>'",
		base + "WHERE a = 'x' OR a = 'y'":       "unexpected 'OR'",
		base + "WHERE a = CURRENT_ACCOUNT_ID()": "is a value of AWS.AccountId alone",
		base + "WHERE tag.env = 'x'":            "by tags of resources yet: tag.env",
		base + "GROUP BY tag.env":               "by tags of resources yet: tag.env",
		base + "GROUP a":                        "where BY is missing",
		base + "GROUP BY a, a":                  "groups by 'a' twice",
		base + "ORDER BY m":                     "unexpected 'm'",
		base + "ORDER BY AVG(m)":                "where ')' is missing",
		base + "LIMIT 0":                        "where a whole number from 1 is missing",
		base + "LIMIT -1":                       "where a whole number from 1 is missing",
		base + "LIMIT 1.5":                      "where a whole number from 1 is missing",
		base + "LIMIT '1'":                      "where a whole number from 1 is missing",
		base + "LIMIT 1 LIMIT 1":                "unexpected 'LIMIT'",
		base + "LIMIT 1 WHERE a = 'x'":          "unexpected 'WHERE'",
		base + strings.Repeat(" ", 10_000):      "more than 10000 bytes",
	} {
		_, err := metricsinsights.Parse(text)
		e, ok := errors.AsType[*metricsinsights.Error](err)
		if !ok || !strings.Contains(err.Error(), want) || e.Unsupported != strings.Contains(want, "tags") {
			t.Errorf("%.60s: %v, want %s", text, err, want)
		}
	}
}

func TestIs(t *testing.T) {
	for text, want := range map[string]bool{"SELECT AVG(m)": true, "\n select": true, "SELECTED(m)": false, "SELECT(m)": false, "m + 1": false, "": false, `SELECT"`: true} {
		if metricsinsights.Is(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// series are what the tests query, with one sample each: of 1, 2, 4 and so on.
var series = []map[string]string{{}, {"Team": "A"}, {"Team": "B"}, {"Team": "A", "Zone": "x"}, {"Zone": "x"}, {"Team": "Other"}}

func TestRun(t *testing.T) {
	for _, tt := range []struct{ name, clauses, want string }{
		{"all", "NS", "=63"},
		{"a schema without dimensions", "SCHEMA(NS)", "=1"},
		{"a schema in any order", "SCHEMA(NS, Zone, Team)", "=8"},
		{"an absent dimension is no value", "NS WHERE Team = 'A'", "=10"},
		{"and another than any", "NS WHERE Team != 'A'", "=53"},
		{"both hold", "NS WHERE Team != 'A' AND Zone = 'x'", "=16"},
		{"the caller's account", "NS WHERE AWS.AccountId = CURRENT_ACCOUNT_ID()", "=63"},
		{"another account", "NS WHERE AWS.AccountId = '2'", ""},
		{"groups in the order of their names", "NS GROUP BY Team", "A=10 B=4 Other=32 Other=17"},
		{"two keys", "NS GROUP BY Zone, Team", "x A=8 x Other=16 Other A=2 Other B=4 Other Other=32 Other Other=1"},
		{"the account", "NS GROUP BY AWS.AccountId", "1=63"},
		{"a rank by value", "NS GROUP BY Team ORDER BY SUM() DESC", "1 - Other=32 2 - Other=17 3 - A=10 4 - B=4"},
		{"upwards, and limited", "NS GROUP BY Team ORDER BY MAX() LIMIT 2", "1 - B=4 2 - A=10"},
		{"a limit has no rank", "NS GROUP BY Team LIMIT 1", "A=10"},
		{"no groups", "NS WHERE Team = 'none' GROUP BY Team", ""},
		{"another case", "ns", ""},
	} {
		q, err := metricsinsights.Parse("SELECT SUM(m) FROM " + tt.clauses)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		r := metricsinsights.NewRun(q)
		for i, dimensions := range series {
			s := &metricsinsights.Series{Account: "1", Namespace: "NS", Metric: "m"}
			for name, value := range dimensions {
				s.Dimensions = append(s.Dimensions, metricsinsights.Dimension{Name: name, Value: value})
			}
			if !q.Matches(s, "1") {
				continue
			}
			if err := r.Add(s, []int64{60}, []float64{float64(int(1) << i)}, nil); err != nil {
				t.Fatal(err)
			}
		}
		groups, more := r.Groups()
		var got []string
		for _, g := range groups {
			got = append(got, fmt.Sprintf("%s=%v", g.Label, g.Values[0]))
		}
		if strings.Join(got, " ") != tt.want || more {
			t.Errorf("%s: %q, want %s", tt.name, got, tt.want)
		}
	}
}

// Averages weigh samples; each function adds up series in its way.
func TestFunctions(t *testing.T) {
	s := &metricsinsights.Series{}
	for function, want := range map[string][]float64{"AVG": {3, 5}, "SUM": {12, 10}, "COUNT": {12, 10}, "MIN": {2, 10}, "MAX": {10, 10}} {
		q, err := metricsinsights.Parse("SELECT " + function + "(m) FROM ns ORDER BY " + function + "()")
		if err != nil {
			t.Fatal(err)
		}
		r := metricsinsights.NewRun(q)
		err = errors.Join(r.Add(s, []int64{120, 180}, []float64{10, 10}, []float64{3, 2}), r.Add(s, []int64{120}, []float64{2}, []float64{1}))
		if err != nil {
			t.Fatal(err)
		}
		groups, _ := r.Groups()
		if diff := cmp.Diff([]metricsinsights.Group{{Times: []int64{120, 180}, Values: want}}, groups); diff != "" {
			t.Errorf("%s: %s", function, diff)
		}
	}
}

func TestTooManyGroups(t *testing.T) {
	q, err := metricsinsights.Parse("SELECT SUM(m) FROM ns GROUP BY a")
	if err != nil {
		t.Fatal(err)
	}
	r := metricsinsights.NewRun(q)
	times, values := make([]int64, 10_000), make([]float64, 10_000)
	for i := range times {
		times[i] = int64(60 * i)
	}
	for i := range 501 {
		if err := r.Add(groupOf(i), times[:1], values[:1], nil); err != nil {
			t.Fatal(err)
		}
	}
	if groups, more := r.Groups(); len(groups) != 500 || !more {
		t.Errorf("%d groups, more is %v", len(groups), more)
	}
	for i := 0; err == nil && i < 300; i++ {
		err = r.Add(groupOf(i), times, values, nil)
	}
	if _, ok := errors.AsType[*metricsinsights.Error](err); !ok || !strings.Contains(err.Error(), "more than 2000000 datapoints") {
		t.Error(err)
	}
}

func groupOf(i int) *metricsinsights.Series {
	return &metricsinsights.Series{Dimensions: []metricsinsights.Dimension{{Name: "a", Value: fmt.Sprint(i)}}}
}

// FuzzParse holds Parse to an *Error, and a query to one that can be run.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`SELECT SUM(m)FROM SCHEMA("NS", b, a)WHERE b='x' AND "c d" != 'it\'s' GROUP BY a,b ORDER BY MAX() DESC LIMIT 5`,
		"select avg(m) from NS where AWS.AccountId = CURRENT_ACCOUNT_ID()", "SELECT COUNT(m) FROM NS GROUP BY tag.x", "'\"\\", "SELECT MIN(m) FROM é",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := metricsinsights.Parse(text)
		if err != nil {
			if e, ok := errors.AsType[*metricsinsights.Error](err); !ok || e.Message == "" {
				t.Errorf("%q: %#v", text, err)
			}
			return
		}
		if !metricsinsights.Is(text) {
			t.Errorf("%q is parsed, and is none", text)
		}
		s := &metricsinsights.Series{Namespace: q.Namespace, Metric: q.Metric}
		for _, name := range q.Schema {
			s.Dimensions = append(s.Dimensions, metricsinsights.Dimension{Name: name, Value: "v"})
		}
		if len(q.Where) == 0 && !q.Matches(s, "1") {
			t.Errorf("%q is not about %v", text, s)
		}
		r := metricsinsights.NewRun(q)
		if err := r.Add(s, []int64{0}, []float64{1}, []float64{1}); err != nil {
			t.Error(err)
		}
		if groups, _ := r.Groups(); len(groups) != 1 {
			t.Errorf("%q: %v", text, groups)
		}
	})
}
