package insights_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/insights"
)

func TestRefused(t *testing.T) {
	symbol := func(text string, line, position, start int) insights.Error {
		shown := text
		if text == "" {
			shown = "<EOF>"
		}
		return insights.Error{Start: start, End: start + len([]rune(text)), Message: "unexpected symbol found " + shown + " at line " + string(rune('0'+line)) + " and position " + itoa(position)}
	}
	unknown := func(name string, start int) insights.Error {
		return insights.Error{Start: start, End: start + len(name), Message: "Unknown symbols found in or after stats: " + name}
	}
	for _, tt := range []struct {
		name, query string
		want        insights.Error
	}{
		{"nothing", "", symbol("", 1, 0, 0)},
		{"a comment alone", "# fields a", symbol("", 1, 10, 10)},
		{"no command", "select a", symbol("select", 1, 0, 0)},
		{"a command in backticks", "`fields` a", symbol("`fields`", 1, 0, 0)},
		{"a bar at the end", "fields a |", symbol("", 1, 10, 10)},
		{"a comma at the end", "fields a,", symbol("", 1, 9, 9)},
		{"lines and characters are counted", "fields '한글' as x\n# 한\n  | filter 한", symbol("한", 3, 11, 32)},
		{"a text that is not closed", "filter a = 'b", symbol("'", 1, 11, 11)},
		{"a backtick that is not closed", "fields `a", symbol("`", 1, 7, 7)},
		{"a colon", "filter a = b:c", symbol(":", 1, 12, 12)},
		{"a semicolon", "fields a;", symbol(";", 1, 8, 8)},
		{"two equal signs", "filter a == 1", symbol("=", 1, 10, 10)},
		{"a comparison of a comparison", "filter a < b < c", symbol("<", 1, 13, 13)},
		{"a flag of a regular expression", "filter a like /b/i", symbol("i", 1, 17, 17)},
		{"a regular expression that is not closed", "filter a like /b", symbol("/", 1, 14, 14)},
		{"like without a text", "filter a like b", symbol("b", 1, 14, 14)},
		{"not without like or in", "filter a not b", symbol("b", 1, 13, 13)},
		{"in without a list", "filter a in b", symbol("b", 1, 12, 12)},
		{"an empty list", "filter a in []", symbol("]", 1, 13, 13)},
		{"a list of fields", "filter a in [b]", symbol("b", 1, 13, 13)},
		{"a parenthesis that is not closed", "filter (a = 1", symbol("", 1, 13, 13)},
		{"a parenthesis that closes nothing", "filter a = 1)", symbol(")", 1, 12, 12)},
		{"a function that is not there", "filter a > ago(30m)", symbol("(", 1, 14, 14)},
		{"too few arguments", "fields substr(a)", symbol("(", 1, 13, 13)},
		{"too many arguments", "fields abs(a, b)", symbol("(", 1, 10, 10)},
		{"a period where none stands", "fields abs(5m)", symbol("5m", 1, 11, 11)},
		{"a unit that is not there", "stats count(*) by bin(5x)", symbol("x", 1, 23, 23)},
		{"a unit apart from its number", "stats count(*) by bin(5 m)", symbol("m", 1, 24, 24)},
		{"bin without a period", "stats count(*) by bin(a)", symbol("a", 1, 22, 22)},
		{"an aggregate outside of stats", "filter count(*) > 1", symbol("count", 1, 7, 7)},
		{"an aggregate in by", "stats count(*) by max(a)", symbol("max", 1, 18, 18)},
		{"an aggregate of an aggregate", "stats sum(max(a))", symbol("max", 1, 10, 10)},
		{"bin outside of by", "stats bin(5m)", symbol("bin(5m)", 1, 6, 6)},
		{"a star that does not count", "stats sum(*)", symbol("(", 1, 9, 9)},
		{"sort by a function", "stats count(*) by bin(1d) | sort bin(1d) desc", symbol("(", 1, 36, 36)},
		{"limit without a number", "limit a", symbol("a", 1, 6, 6)},
		{"a limit of a hundred thousand and one", "limit 100001", symbol("100001", 1, 6, 6)},
		{"a field behind dedup", "dedup a | limit 1 | fields a", symbol("fields", 1, 20, 20)},
		{"a command behind estimate", "filter a = 1 | estimate | limit 10", symbol("limit", 1, 26, 26)},
		{"stats behind sort", "sort a | stats count(*)", symbol("stats", 1, 9, 9)},
		{"stats behind limit", "limit 1 | stats count(*)", symbol("stats", 1, 10, 10)},
		{"eleven stats", strings.Repeat("stats count(*) as a | ", 10) + "stats count(*)", symbol("stats", 1, 220, 220)},
		{"pattern behind sort", "sort a | pattern a", symbol("pattern", 1, 9, 9)},
		{"diff without pattern", "pattern a | limit 1 | diff", symbol("diff", 1, 22, 22)},
		{"wildcards without names", "parse a '* *' as b", symbol("b", 1, 17, 17)},
		{"a text without wildcards", "parse a 'x' as b", symbol("b", 1, 15, 15)},
		{"names that the groups have not", "parse a /(?<b>x)/ as c", symbol("as", 1, 18, 18)},
		{"parse of nothing", "parse a", symbol("", 1, 7, 7)},
		{"two names of logfmt", "parse a logfmt as b, c", symbol("c", 1, 21, 21)},
		{"two joins", "join left=a right=b where a.x=b.x (SOURCE 'g') | join left=a right=b where a.x=b.x (SOURCE 'g')", symbol("join", 1, 49, 49)},
		{"a join by order", "join left=a right=b where a.x > b.x (SOURCE 'g')", symbol(">", 1, 30, 30)},
		{"a join of one side", "join left=a right=b where a.x = a.y (SOURCE 'g')", symbol("a.x", 1, 26, 26)},
		{"a join of a query", "join left=a right=b where a.x = b.x (SOURCE 'g' | fields x)", symbol("|", 1, 48, 48)},
		{"a join behind stats", "stats count(*) as n | join left=a right=b where a.n = b.n (SOURCE 'g')", symbol("a", 1, 32, 32)},
		{"a query of two columns", "filter a in (SOURCE 'g' | fields a, b)", symbol("(", 1, 12, 12)},
		{"a query without columns", "filter a in (SOURCE 'g')", symbol("(", 1, 12, 12)},
		{"a query without a source", "filter a in (fields a)", symbol("(", 1, 12, 12)},
		{"a query within a query within a query", "filter a in (SOURCE 'g' | filter b in (SOURCE 'h' | fields b) | fields a)", symbol("(", 1, 38, 38)},
		{"a source that is not first", "fields a | SOURCE 'g'", symbol("SOURCE", 1, 11, 11)},
		{"a source with another argument", "SOURCE logGroups(name: 'a') | fields a", symbol("name", 1, 17, 17)},
		{"a distance without a unit", "SOURCE 'g' START=-5 | fields a", symbol("|", 1, 20, 20)},
		{"a time that is none", "SOURCE 'g' START='soon' | fields a", symbol("'soon'", 1, 17, 17)},
		{"unnest of split", "fields split(a, ',') as b | unnest b into c", symbol("b", 1, 35, 35)},
		{"unmask of what is computed", "fields a as b | fields unmask(b)", symbol("b", 1, 30, 30)},

		{"a name that stats does not give", "stats count(*) as n by a | filter b = 1", unknown("b", 34)},
		{"a name in stats that is no group", "stats count(*) + b by a", unknown("b", 17)},
		{"the time behind stats", "stats count(*) as n | fields @timestamp", unknown("@timestamp", 29)},
		{"bin behind stats", "stats count(*) as n | stats max(n) by bin(5m)", insights.Error{Start: 38, End: 45, Message: "Unknown symbols found in or after stats: @timestamp"}},
		{"latest behind stats", "stats count(*) as n | stats latest(n)", insights.Error{Start: 28, End: 37, Message: "Unknown symbols found in or after stats: @timestamp"}},
		{"a name that is given again", "fields a | fields b as a", unknown("a", 23)},
		{"a name that is looked into at once", "fields jsonParse(a) as b, b.c", unknown("b.c", 26)},
		{"a name without its side behind a join", "join left=a right=b where a.x=b.x (SOURCE 'g') | filter x = 1", unknown("x", 56)},
		{"a group that is not there is no class", "SOURCE logGroups(class: 'X') | fields a", insights.Error{Start: 17, End: 22, Message: "Invalid log group class"}},
		{"a regular expression that looks ahead", "filter a like /b(?=c)/", insights.Error{Start: 14, End: 22, Message: "Invalid regular expression"}},
		{"a regular expression without names", "parse a /(b)/", insights.Error{Start: 8, End: 13, Message: "The regular expression has no named group"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := insights.Parse(tt.query)
			got, ok := errors.AsType[*insights.Error](err)
			if !ok || !strings.HasPrefix(got.Error(), got.Message) {
				t.Fatalf("%s: %v", tt.query, err)
			}
			got.Hint = ""
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("%s: %s", tt.query, diff)
			}
		})
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func TestUncarriedIsNamed(t *testing.T) {
	for query, want := range map[string]string{
		"pattern a | diff":                                          "diff is not carried out by this server",
		"sort a | tail 5":                                           "tail is not carried out by this server",
		"pattern a | anomaly":                                       "anomaly is not carried out by this server",
		"logcompare timeshift 7d":                                   "logcompare is not carried out by this server",
		"relevantfields a where b = 1":                              "relevantfields is not carried out by this server",
		"outlier action=remove param=3 a b":                         "outlier is not carried out by this server",
		"sessionize a maxspan 30m":                                  "sessionize is not carried out by this server",
		"fillmissing with 0 for a":                                  "fillmissing is not carried out by this server",
		"cidrlookup t a OUTPUT b":                                   "cidrlookup is not carried out by this server",
		"stats count(*) by bin(5m) offset 1h":                       "offset is not carried out by this server",
		"stats count(*) by bin(1w)":                                 "a period of weeks, of quarters, or of several months or years is not carried out by this server",
		"stats count(*) by histogram(a, 5)":                         "histogram is not carried out by this server",
		"stats rate(a, 5m)":                                         "rate is not carried out by this server",
		"stats count_over_time(*) by bin(1m)":                       "count_over_time is not carried out by this server",
		"addtotals col=true a":                                      "col=true is not carried out by this server",
		"accum a":                                                   "accum without as is not carried out by this server",
		"autoregress a as b":                                        "autoregress with as is not carried out by this server",
		"filter a in (SOURCE 'g' | parse XML '/a' as b | fields b)": "parse with XML is not carried out by this server",
	} {
		q, err := insights.Parse(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		for _, err := range []error{q.Uncarried(), func() error { _, err := q.Run(t.Context(), insights.Env{}); return err }()} {
			if e, ok := errors.AsType[*insights.Error](err); !ok || e.Message != want || e.Hint == "" || e.End > len(query) {
				t.Errorf("%s: %v", query, err)
			}
		}
	}
}

func TestSource(t *testing.T) {
	now := time.UnixMilli(start)
	for query, want := range map[string]insights.Source{
		"SOURCE '/a/b', c-d/e.f | fields x": {Groups: []string{"/a/b", "c-d/e.f"}},
		"SOURCE \"g\" START=-1d END=now": {
			Groups: []string{"g"}, Start: insights.Moment{Given: true, Relative: true, Millis: -86400000}, End: insights.Moment{Given: true, Relative: true},
		},
		"source g start=1767225600000 end='2026-01-01T00:00:01Z' | limit 1": {
			Groups: []string{"g"}, Start: insights.Moment{Given: true, Millis: start}, End: insights.Moment{Given: true, Millis: start + 1000},
		},
		"SOURCE logGroups() | limit 1": {All: true, Class: "STANDARD"},
		"SOURCE logGroups(namePrefix: ['a', 'b'], accountIdentifiers: '1', class: ['INFREQUENT_ACCESS'], tags: ['k=v']) | limit 1": {
			All: true, Class: "INFREQUENT_ACCESS", Prefixes: []string{"a", "b"}, Accounts: []string{"1"}, Tags: []string{"k=v"},
		},
		"SOURCE dataSource(['a.b']) | limit 1": {Data: []string{"a.b"}},
	} {
		q, err := insights.Parse(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if diff := cmp.Diff(&want, q.Source()); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	if got := (insights.Moment{Given: true, Relative: true, Millis: -1000}).At(now); got != start-1000 {
		t.Error(got)
	}
	for _, query := range []string{
		"SOURCE logGroups(namePrefix: ['1','2','3','4','5','6']) | limit 1",
		"fields " + strings.Repeat("x", 9994),
	} {
		if _, err := insights.Parse(query); err == nil {
			t.Errorf("%.80s was taken", query)
		}
	}
	q, err := insights.Parse("fields a | estimate")
	if err != nil || !q.Estimate() || q.Text() != "fields a | estimate" || q.Source() != nil {
		t.Error(q, err)
	}
}
