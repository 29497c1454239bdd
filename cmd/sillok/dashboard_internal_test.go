package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/terminal"
)

const boardBody = `{"start":"-PT2H","periodOverride":"inherit","widgets":[
	{"type":"text","x":0,"y":0,"width":24,"height":1,"properties":{"markdown":"# The *shop*, see [runbook](https://wiki.example.org/shop)"}},
	{"type":"metric","x":0,"y":1,"width":12,"height":6,"properties":{"title":"Latency","region":"us-east-1","period":60,"stat":"p99",
		"metrics":[["Shop","Latency","Page","cart",{"label":"cart"}]],"annotations":{"horizontal":[{"label":"slow","value":250}]}}},
	{"type":"metric","x":12,"y":1,"width":12,"height":6,"properties":{"title":"Both","region":"us-east-1","period":300,"view":"timeSeries","stacked":true,
		"metrics":[["Shop","Latency","Page","cart",{"id":"m1"}],[".","Errors",".","pay"],[{"expression":"m1 * 2","label":"twice","visible":false}]]}},
	{"type":"metric","x":0,"y":7,"width":6,"height":3,"properties":{"view":"singleValue","sparkline":true,"region":"us-east-1","metrics":[["Shop","Latency"]]}},
	{"type":"metric","x":6,"y":7,"width":6,"height":3,"properties":{"view":"bar","title":"Bars","region":"us-east-1","metrics":[["Shop","Latency"],["Shop","Errors"]]}},
	{"type":"metric","x":12,"y":7,"width":12,"height":4,"properties":{"view":"table","title":"Table","region":"us-east-1","metrics":[["Shop","Latency"],["Shop","None"]]}},
	{"type":"alarm","x":0,"y":10,"width":8,"height":4,"properties":{"title":"Alarms","alarms":["arn:aws:cloudwatch:us-east-1:111122223333:alarm:slow-cart","arn:aws:cloudwatch:us-east-1:111122223333:alarm:errors"]}},
	{"type":"log","x":8,"y":10,"width":16,"height":4,"properties":{"title":"Errors by page","region":"us-east-1","query":"SOURCE '/shop/web' | SOURCE '/shop/worker' | stats count(*) as n by page"}},
	{"type":"text","x":0,"y":14,"width":12,"height":4,"properties":{"markdown":"## What to do\n\n- call **kim**, who knows\n- read the [runbook](https://wiki.example.org)\n\n| a | b |\n|---|---|\n| 1 | 2 |"}},
	{"type":"metric","x":12,"y":14,"width":12,"height":4,"properties":{"title":"","region":"us-east-1","annotations":{"alarms":["arn:aws:cloudwatch:us-east-1:111122223333:alarm:errors"]}}},
	{"type":"metric","x":0,"y":18,"width":8,"height":3,"properties":{"title":"Gauge","view":"gauge","region":"us-east-1","yAxis":{"left":{"min":0,"max":200}},"metrics":[["Shop","Latency"]]}},
	{"type":"metric","x":8,"y":18,"width":8,"height":3,"properties":{"title":"Pie","view":"pie","region":"us-east-1","metrics":[["Shop","Latency"],[".","Errors"]]}},
	{"type":"metric","x":16,"y":18,"width":8,"height":3,"properties":{"title":"Nothing","region":"us-east-1","metrics":[["Shop","None"]]}}
]}`

const lackingBody = `{"widgets":[
	{"type":"explorer","width":12,"properties":{"title":"Explored"}},
	{"type":"metric","width":12,"height":3,"properties":{"title":"Bad rows","metrics":[["."]]}},
	{"type":"log","properties":{"title":"No groups","query":"fields @message"}},
	{"type":"metric","width":10,"height":3,"properties":{"annotations":{"alarms":["arn:aws:cloudwatch:us-east-1:111122223333:alarm:shop"]}}},
	{"type":"metric","properties":{}},
	{"type":"text","x":0,"y":0,"width":4,"height":2,"properties":{"markdown":"over others"}}
]}`

func TestDashboards(t *testing.T) {
	for _, tt := range []struct{ name, args, input string }{
		{"dashboard_list", "dashboard list --utc", ""},
		{"dashboard_list_json", "dashboard list -o json", ""},
		{"dashboard_list_csv", "dashboard list -o csv", ""},
		{"dashboard_show", "dashboard show shop --utc", ""},
		{"dashboard_show_narrow", "dashboard show shop --utc", ""},
		{"dashboard_show_colours", "dashboard show shop --utc --color always", ""},
		{"dashboard_show_json", "dashboard show shop --utc -o json --from 2026-11-29T12:25 --to 2026-11-29T12:28", ""},
		{"dashboard_show_lacks", "dashboard show --file - --utc --since 1h", lackingBody},
		{"dashboard_show_empty", "dashboard show --file - --utc", `{"widgets":[]}`},
		{"dashboard_show_none", "dashboard show none", ""},
		{"dashboard_show_bad", "dashboard show --file - --utc", `{"widgets":{}}`},
		{"dashboard_show_usage", "dashboard show", ""},
		{"dashboard_show_start", "dashboard show --file - --utc", `{"widgets":[],"start":"PT0H"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := aShop(t)
			if strings.HasSuffix(tt.name, "_narrow") {
				w.wide = "50"
			}
			w.boards = map[string]string{"shop": boardBody}
			w.logs = [][]map[string]string{
				{{"field": "page", "value": "/cart"}, {"field": "n", "value": "12"}}, {{"field": "page", "value": "/pay"}, {"field": "n", "value": "3"}},
			}
			shown(t, tt.name, w.ran(tt.input, strings.Fields(tt.args)...))
		})
	}
}

func TestDashboardRows(t *testing.T) {
	for _, tt := range []struct {
		name, rows string
		want       []string // namespaces, names and dimensions, or the error
	}{
		{"as above", `[["A","x","D","1","E","2"],[".","y",".","."," E","3"],["...","9"],["..."]]`, []string{"A x D=1 E=2", `A y D=1 " E"=3`, `A y D=1 " E"=9`, `A y D=1 " E"=9`}},
		{"an expression between", `[["A","x"],[{"expression":"m1"}],[".","z"]]`, []string{"A x", "m1", "A z"}},
		{"nothing above", `[["."]]`, []string{`metrics: row 1: "." has no cell above it`}},
		{"too short above", `[["A","x"],["B","y","C","..."]]`, []string{`metrics: row 2: "..." has no row above it that is long enough`}},
		{"an odd number", `[["A","x","D"]]`, []string{"metrics: row 1: a namespace, a name, and names and values of dimensions are expected"}},
		{"a number", `[["A",1]]`, []string{"metrics: row 1: cell 2 is neither text nor an object"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := readBoard([]byte(`{"widgets":[{"type":"metric","properties":{"metrics":` + tt.rows + `}}]}`))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			queries, err := b.Widgets[0].Properties.queries(60)
			if err != nil {
				got = append(got, err.Error())
			}
			for _, q := range queries {
				if q.MetricStat == nil {
					got = append(got, *q.Expression)
					continue
				}
				m := q.MetricStat.Metric
				got = append(got, strings.TrimSpace(*m.Namespace+" "+*m.MetricName+" "+dimensionsText(m.Dimensions)))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDashboardSpans(t *testing.T) {
	now := at(12, 0)
	for _, tt := range []struct {
		name, body string
		flags      spanFlags
		from, to   time.Time
	}{
		{"none", `{}`, spanFlags{}, at(9, 0), now},
		{"its own", `{"start":"-PT6H"}`, spanFlags{}, at(6, 0), now},
		{"days and minutes", `{"start":"-P1DT30M"}`, spanFlags{}, at(11, 30).AddDate(0, 0, -1), now},
		{"weeks", `{"start":"-P1W"}`, spanFlags{}, now.AddDate(0, 0, -7), now},
		{"times", `{"start":"2026-11-29T01:00:00Z","end":"2026-11-29T02:00:00Z"}`, spanFlags{}, at(1, 0), at(2, 0)},
		{"flags first", `{"start":"-PT6H"}`, spanFlags{since: "1h"}, at(11, 0), now},
		{"what is no time", `{"start":"yesterday"}`, spanFlags{}, at(9, 0), now},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := readBoard([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			tt.flags.given, tt.flags.utc = "3h", true
			from, to, err := b.span(&tt.flags, now)
			if err != nil || !from.Equal(tt.from) || !to.Equal(tt.to) {
				t.Errorf("%s to %s, want %s to %s: %v", from, to, tt.from, tt.to, err)
			}
		})
	}
}

func TestLogQueries(t *testing.T) {
	for _, tt := range []struct {
		text   string
		groups []string
		query  string
	}{
		{"SOURCE '/a' | fields @message", []string{"/a"}, "fields @message"},
		{"SOURCE '/a' | SOURCE \"/b\" | stats count(*) | sort x", []string{"/a", "/b"}, "stats count(*) | sort x"},
		{" SOURCE '/a', '/b'\n| fields x", []string{"/a", "/b"}, "fields x"},
		{"SOURCE `/a`", []string{"/a"}, "fields @timestamp, @message"},
	} {
		groups, query, err := logQuery(tt.text)
		if err != nil || query != tt.query || !cmp.Equal(groups, tt.groups) {
			t.Errorf("%s: %q %q %v", tt.text, groups, query, err)
		}
	}
}

func TestMarkdown(t *testing.T) {
	got := markdownLines("# A *title*\ntext with `code`, ![pic](x.png) and [a](b) [c](c)\n---\n```\n**as it is**\n```\n* one\n  - two\n<b>bold</b> \x1b[2J", 24, terminal.Style{Color: true})
	want := []string{
		"\x1b[1mA title\x1b[0m", "text with code, pic and", "a (b) c", "────────────────────────", "  **as it is**", "• one", "  • two", `bold \x1b[2J`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever is in a body, it is drawn or refused, and no line is wider than the terminal.
func FuzzBoard(f *testing.F) {
	f.Add([]byte(boardBody))
	f.Add([]byte(lackingBody))
	f.Add([]byte(`{"widgets":[{"type":"text","x":-5,"y":1e300,"width":99,"height":0,"properties":{"markdown":"a","title":"b"}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := readBoard(text)
		if err != nil || len(b.Widgets) > 20 {
			return
		}
		for i := range b.Widgets {
			w := &b.Widgets[i]
			if w.x < 0 || w.width < 1 || w.x+w.width > gridColumns || w.height < 1 {
				t.Errorf("a widget at %d of %d columns and %d rows", w.x, w.width, w.height)
			}
			_, _ = w.Properties.queries(60)
			_ = w.Properties.levels()
			_, _, _ = logQuery(w.Properties.Query)
			_ = markdownLines(w.Properties.Markdown, 10, terminal.Style{})
		}
	})
}
