package dashboard_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/language/dashboard"
)

var now = time.Date(2026, 3, 2, 10, 30, 0, 0, time.UTC)

func TestGraphs(t *testing.T) {
	usual := func(change func(*dashboard.Graph)) *dashboard.Graph {
		g := &dashboard.Graph{
			View: "timeSeries", Stat: "Average", Period: 300, Width: 600, Height: 400, Start: now.Add(-3 * time.Hour), End: now, Legend: "bottom",
			Left: dashboard.Axis{ShowUnits: true}, Right: dashboard.Axis{ShowUnits: true}, Metrics: []dashboard.Metric{{Namespace: "NS", Name: "N"}},
		}
		change(g)
		return g
	}
	ten, ninety := 10.0, 90.0
	for _, tt := range []struct {
		name, text string
		want       *dashboard.Graph
	}{
		{"a metric", `{"metrics":[["NS","N"]]}`, usual(func(*dashboard.Graph) {})},
		{
			"all of it", `{"title":"t","view":"bar","stacked":true,"stat":"p99","period":60,"width":2000,"height":1,"start":"-PT24H","end":"2026-03-02T09:00:00Z","theme":"dark",
			"legend":{"position":"right"},"sparkline":true,"setPeriodToTimeRange":true,"yAxis":{"left":{"min":10,"max":90,"label":"l","showUnits":false},"right":{"label":"r"}},"metrics":[["NS","N"]],"liveData":false,"region":"r"}`,
			usual(func(g *dashboard.Graph) {
				g.Title, g.View, g.Stacked, g.Stat, g.Period, g.Width, g.Height, g.Dark = "t", "bar", true, "p99", 60, 2000, 1, true
				g.Start, g.End, g.Legend, g.Spark, g.Whole = now.AddDate(0, 0, -1), now.Add(-90*time.Minute), "right", true, true
				g.Left, g.Right = dashboard.Axis{Label: "l", Min: &ten, Max: &ninety}, dashboard.Axis{Label: "r", ShowUnits: true}
			}),
		},
		{
			"rows that repeat", `{"metrics":[["NS","N","D","V","E","W"],[".",".",".","X",".","."],["...","Y"],["...",{"stat":"Sum"}],[{"expression":"m1","id":"e1","label":"l"}],["NS2","...","Z"],["A","B"]]}`,
			usual(func(g *dashboard.Graph) {
				of := func(ns, v, w, stat string) dashboard.Metric {
					return dashboard.Metric{Namespace: ns, Name: "N", Dimensions: [][2]string{{"D", v}, {"E", w}}, Stat: stat}
				}
				g.Metrics = []dashboard.Metric{of("NS", "V", "W", ""), of("NS", "X", "W", ""), of("NS", "X", "Y", ""), of("NS", "X", "Y", "Sum"), {Expression: "m1", ID: "e1", Label: "l"}, of("NS2", "X", "Z", ""), {Namespace: "A", Name: "B"}}
			}),
		},
		{
			"how a row is drawn", `{"metrics":[["NS","N",{"id":"m","label":"l","stat":"Sum","period":60,"color":"#1f77B4","yAxis":"right","visible":false,"region":"r","accountId":"1"}]]}`,
			usual(func(g *dashboard.Graph) {
				g.Metrics = []dashboard.Metric{{Namespace: "NS", Name: "N", ID: "m", Label: "l", Stat: "Sum", Period: 60, Color: "#1f77B4", Right: true, Hidden: true, Region: "r", Account: "1"}}
			}),
		},
		{
			"annotations", `{"metrics":[["NS","N"]],"annotations":{"horizontal":[{"value":10,"label":"l","color":"#ffffff","fill":"above","yAxis":"right","visible":false},[{"value":10,"label":"a"},{"value":90,"label":"b"}]],
			"vertical":[{"value":"2026-03-02T09:30:00.000Z","label":"v","fill":"after"},[{"value":"-PT30M"},{"value":"2026-03-02T10:30:00Z","label":"w"}]],"alarms":["arn"]}}`,
			usual(func(g *dashboard.Graph) {
				g.Levels = []dashboard.Level{{Value: 10, Label: "l", Color: "#ffffff", Fill: "above", Right: true, Hidden: true}, {Value: 10, To: &ninety, Label: "a", ToLabel: "b"}}
				g.Moments = []dashboard.Moment{{At: now.Add(-time.Hour), Label: "v", Fill: "after"}, {At: now.Add(-30 * time.Minute), To: &now, ToLabel: "w"}}
				g.Alarms = []string{"arn"}
			}),
		},
		{"an alarm alone", `{"annotations":{"alarms":["arn"]}}`, usual(func(g *dashboard.Graph) { g.Metrics, g.Alarms = nil, []string{"arn"} })},
		{"an end of no length", `{"metrics":[["NS","N"]],"start":"-P1W","end":"P0D"}`, usual(func(g *dashboard.Graph) { g.Start = now.AddDate(0, 0, -7) })},
		{"a gauge", `{"metrics":[["NS","N"]],"view":"gauge","yAxis":{"left":{"min":10,"max":90}}}`, usual(func(g *dashboard.Graph) {
			g.View, g.Left.Min, g.Left.Max = "gauge", &ten, &ninety
		})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := dashboard.ParseGraph(tt.text, now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(dashboard.Graph{}, "Timezone")); diff != "" {
				t.Error(diff)
			}
		})
	}
	for zone, want := range map[string]string{"+0900": "UTC+09:00", "-0130": "UTC-01:30", "+0000": "UTC", "UTC": "UTC"} {
		g, err := dashboard.ParseGraph(`{"metrics":[["NS","N"]],"timezone":"`+zone+`"}`, now)
		if err != nil || g.Timezone.String() != want {
			t.Errorf("%s is %v, want %s: %v", zone, g, want, err)
		}
	}
}

func TestBadGraphs(t *testing.T) {
	with := func(more string) string { return `{"metrics":[["NS","N"]],` + more + `}` }
	rows := func(rows string) string { return `{"metrics":[` + rows + `]}` }
	for _, tt := range []struct{ name, text, want string }{
		{"no JSON", `{`, "The field MetricWidget must be a valid JSON object"},
		{"a list", `[]`, "The field MetricWidget must be a valid JSON object"},
		{"nothing", `{}`, "it should have metrics"},
		{"no metrics", rows(""), "it should have metrics"},
		{"metrics of another kind", `{"metrics":{}}`, "/metrics Should be array"},
		{"101 metrics", rows(many(101, `["NS","N"]`)), "/metrics Should NOT have more than 100 items"},
		{"a row that is none", rows(`"NS"`), "/metrics/0 Should be array"},
		{"a number in a row", rows(`["NS","N","D",1]`), "/metrics/0/3 Invalid metric field type"},
		{"a name alone", rows(`["NS"]`), "/metrics/0 Should NOT have fewer than 2 items"},
		{"an empty row", rows(`[]`), "/metrics/0 Should NOT have fewer than 2 items"},
		{"a dimension without a value", rows(`["NS","N","D"]`), "/metrics/0 Should NOT have more than 2 items"},
		{"a dot in the first row", rows(`[".","N"]`), "/metrics/0/0 Should stand for a field of the row above"},
		{"dots in the first row", rows(`["...","N","x"]`), "/metrics/0/0 Should stand for a part of the row above"},
		{"dots behind the row above", rows(`["NS","N"],["NS","N","D","...","V","W"]`), "/metrics/1/3 Should stand for a part of the row above"},
		{"many dots", rows(`["NS","N"]` + strings.Repeat(`,["...","...","...","..."]`, 90)), "Should stand for a part"},
		{"a metric and an expression", rows(`["NS","N",{"expression":"m1"}]`), "/metrics/0 Should NOT have a metric and an expression"},
		{"a color that is none", rows(`["NS","N",{"color":"red"}]`), "/metrics/0/2/color Should be a color"},
		{"a color that has too many digits", rows(`["NS","N",{"color":"#1f77b4ff"}]`), "/metrics/0/2/color Should be a color"},
		{"a period of no length", rows(`["NS","N",{"period":0}]`), "/metrics/0/2/period Should be >= 1"},
		{"a view that is none", with(`"view":"radar"`), "/view Should be one of the allowed values: timeSeries,bar,pie,singleValue,gauge"},
		{"a gauge without ends", with(`"view":"gauge"`), "/yAxis/left Should have min and max"},
		{"too wide", with(`"width":2001`), "/width Should be <= 2000"},
		{"no height", with(`"height":0`), "/height Should be >= 1"},
		{"a width of another kind", with(`"width":"600"`), "/width Should be number"},
		{"half a pixel", with(`"width":600.5`), "/width Should be integer"},
		{"a start that is none", with(`"start":"yesterday"`), "/start Should be a time"},
		{"a length that is none", with(`"start":"-P"`), "/start Should be a time"},
		{"an end before the start", with(`"start":"2026-03-02T09:00:00Z","end":"2026-03-02T08:00:00Z"`), "/start Should be before end"},
		{"ten years", with(`"start":"-P10Y"`), "/start Should NOT be more than two years before end"},
		{"a zone that is none", with(`"timezone":"Europe/Berlin"`), "/timezone Should be an offset"},
		{"a zone far off", with(`"timezone":"+2300"`), "/timezone Should be an offset"},
		{"axes the wrong way", with(`"yAxis":{"left":{"min":2,"max":1}}`), "/yAxis/left/min Should be less than max"},
		{"an axis of another kind", with(`"yAxis":{"left":[]}`), "/yAxis/left Should be object"},
		{"an annotation without a value", with(`"annotations":{"horizontal":[{"label":"l"}]}`), "/annotations/horizontal/0 Should have required property 'value'"},
		{"an annotation of three", with(`"annotations":{"horizontal":[[{"value":1},{"value":2},{"value":3}]]}`), "/annotations/horizontal/0 Should be object, or array of two objects"},
		{"a value that is text", with(`"annotations":{"horizontal":[{"value":"1"}]}`), "/annotations/horizontal/0/value Should be number"},
		{"a time that is none", with(`"annotations":{"vertical":[{"value":"noon"}]}`), "/annotations/vertical/0/value Should be a time"},
		{"a fill that is none", with(`"annotations":{"horizontal":[{"value":1,"fill":"left"}]}`), "/annotations/horizontal/0/fill Should be one of"},
		{"many annotations", with(`"annotations":{"horizontal":[` + many(101, `{"value":1}`) + `]}`), "/annotations/horizontal Should NOT have more than 100 items"},
		{"a long title", with(`"title":"` + strings.Repeat("t", 1025) + `"`), "/title Should NOT be longer"},
		{"a title of another kind", with(`"title":1`), "/title Should be string"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := dashboard.ParseGraph(tt.text, now)
			if _, ok := errors.AsType[*dashboard.Error](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// FuzzParseGraph holds graphs to their limits.
func FuzzParseGraph(f *testing.F) {
	for _, text := range []string{
		`{"metrics":[["NS","N","D","V",{"stat":"Sum"}],["...","X"],[".","."],[{"expression":"m1"}]],"start":"-P1DT2H","yAxis":{"left":{"min":1}},"annotations":{"vertical":[{"value":"2026-03-02"}]}}`,
		`{"annotations":{"alarms":["a"],"horizontal":[[{"value":1},{"value":2}]]},"timezone":"+0900","width":1}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := dashboard.ParseGraph(text, now)
		if err != nil {
			if _, ok := errors.AsType[*dashboard.Error](err); !ok {
				t.Errorf("%v", err)
			}
			return
		}
		if g.Width < 1 || g.Width > 2000 || g.Height < 1 || g.Height > 2000 || !g.Start.Before(g.End) || len(g.Metrics) > 100 || len(g.Metrics)+len(g.Alarms) == 0 {
			t.Errorf("%s", fmt.Sprint(g))
		}
		for _, m := range g.Metrics {
			if (m.Expression == "") == (m.Name == "" && m.Namespace == "" && m.Dimensions == nil) || len(m.Dimensions) > 30 {
				if m.Expression != "" {
					t.Errorf("%+v", m)
				}
			}
		}
	})
}
