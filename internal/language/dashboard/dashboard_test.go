package dashboard_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/language/dashboard"
)

// What AWS was seen to say of bodies.
func TestRecordedBodies(t *testing.T) {
	told := 0
	for _, row := range material.Lines[struct {
		Body     json.RawMessage
		Status   int
		Errors   []dashboard.Finding
		Messages []dashboard.Finding // DataPath and Message; names of members are read in any case
		Source   string
	}](t, "cases", "dashboard_validation.jsonl") {
		if row.Body == nil {
			continue
		}
		told++
		t.Run(row.Source, func(t *testing.T) {
			messages, err := dashboard.Check(string(row.Body))
			refused, _ := errors.AsType[*dashboard.Error](err)
			if (refused != nil) != (row.Status == 400) {
				t.Fatalf("status %d: %v", row.Status, err)
			}
			if refused == nil {
				if diff := cmp.Diff(row.Messages, messages); diff != "" {
					t.Error(diff)
				}
				return
			}
			if diff := cmp.Diff(row.Errors, refused.Findings); diff != "" {
				t.Error(diff)
			}
		})
	}
	if told < 12 {
		t.Errorf("%d bodies were read, want 12", told)
	}
}

func TestTheMessageListsTheErrors(t *testing.T) {
	_, err := dashboard.Check(`{"widgets": [1, {"type": "text", "properties": {"<": 1}}]}`)
	want := `The dashboard body is invalid, there are 2 validation errors:
[
  {
    "dataPath": "/widgets/0",
    "message": "Should be object"
  },
  {
    "dataPath": "/widgets/1/properties",
    "message": "Should have required property 'markdown'"
  }
]`
	if err == nil || err.Error() != want {
		t.Errorf("want %s\ngot  %v", want, err)
	}
}

func TestBodies(t *testing.T) {
	metric := func(properties string) string {
		return `{"widgets":[{"type":"metric","properties":{` + properties + `}}]}`
	}
	rows := func(rows string) string { return metric(`"region":"r","metrics":[` + rows + `]`) }
	const at = "/widgets/0/properties"
	const source = at + " The metric widget should have specified a region and a data source or an alarm annotation"
	for _, tt := range []struct {
		name, body string
		refused    []string
		told       []string
	}{
		{name: "not JSON", body: "{", refused: []string{"The field DashboardBody must be a valid JSON object"}},
		{name: "empty", body: "", refused: []string{"The field DashboardBody must be a valid JSON object"}},
		{name: "a list", body: "[]", refused: []string{"The field DashboardBody must be a valid JSON object"}},
		{name: "null", body: "null", refused: []string{"The field DashboardBody must be a valid JSON object"}},
		{name: "two objects", body: `{"widgets":[]} {}`, refused: []string{"The field DashboardBody must be a valid JSON object"}},
		{name: "no widgets", body: "{}", refused: []string{" Should have required property 'widgets'"}},
		{name: "widgets of another kind", body: `{"widgets":{}}`, refused: []string{"/widgets Should be array"}},
		{name: "a widget of nothing", body: `{"widgets":[{}]}`, refused: []string{"/widgets/0 Should have required property 'type'", "/widgets/0 Should have required property 'properties'"}},
		{name: "a type of another kind", body: `{"widgets":[{"type":1,"properties":{}}]}`, refused: []string{"/widgets/0/type Should be string"}},
		{name: "markdown of another kind", body: `{"widgets":[{"type":"text","properties":{"markdown":1}}]}`, refused: []string{at + "/markdown Should be string"}},
		{
			name: "out of the grid", body: `{"widgets":[{"type":"log","x":24,"y":-1,"width":25,"height":0,"properties":{}}]}`,
			told: []string{"/widgets/0/x Should be <= 23", "/widgets/0/y Should be >= 0", "/widgets/0/width Should be <= 24", "/widgets/0/height Should be >= 1"},
		},
		{name: "a place of another kind", body: `{"widgets":[{"type":"log","x":"0","properties":{}}]}`, refused: []string{"/widgets/0/x Should be number"}},
		{name: "members that are not known", body: `{"widgets":[{"type":"log","properties":{"a":1},"b":2}],"c":3}`},
		{name: "metrics", body: rows(`["NS","N"],["NS","N","D","V"],["NS","N",{"stat":"Sum"}],[".",".",".","W",{}],["...","X"],[{"expression":"m1","id":"e1"}]`)},
		{name: "metrics without a Region", body: metric(`"metrics":[]`), refused: []string{source}},
		{name: "a Region without metrics", body: metric(`"region":"r","annotations":{"horizontal":[]}`), refused: []string{source}},
		{name: "an alarm annotation alone", body: metric(`"annotations":{"alarms":["arn"]}`)},
		{name: "annotations of another kind", body: metric(`"region":"r","metrics":[],"annotations":[]`), refused: []string{at + "/annotations Should be object"}},
		{name: "a row that is none", body: rows(`"a"`), refused: []string{
			at + "/metrics/0 Should be array",
			at + `/metrics/0 Field "metrics" has to be an array of array of strings, with an optional metricRenderer object as last element`,
		}},
		{name: "a dimension without a value", body: rows(`["NS","N","D"]`), refused: []string{at + "/metrics/0 Should NOT have more than 2 items"}},
		{name: "a dimension without a value, drawn", body: rows(`["NS","N","D",{"stat":"Sum"}]`), refused: []string{at + "/metrics/0 Should NOT have more than 3 items"}},
		{name: "dimensions as an object", body: rows(`["NS","N",{"InstanceId":"i"}]`), refused: []string{at + "/metrics/0 Should NOT have more than 2 items"}},
		{name: "a number in a row", body: rows(`["NS","N","D",1]`), refused: []string{at + `/metrics/0/3 Invalid metric field type, only "String" type is allowed`}},
		{name: "an object in the middle of a row", body: rows(`["NS","N",{"a":1},"V"]`), refused: []string{at + `/metrics/0/2 Invalid metric field type, only "String" type is allowed`}},
		{name: "stacked of another kind", body: metric(`"region":"r","metrics":[],"stacked":"yes"`), refused: []string{at + "/stacked Should be boolean"}},
		{name: "many widgets", body: `{"widgets":[` + many(501, `{"type":"log","properties":{}}`) + `]}`, refused: []string{"/widgets Should NOT have more than 500 items"}},
		{name: "many variables", body: `{"widgets":[],"variables":[` + many(26, "{}") + `]}`, refused: []string{"/variables Should NOT have more than 25 items"}},
		{name: "many metrics", body: rows(many(501, `["NS","N"]`)), refused: []string{at + "/metrics Should NOT have more than 500 items"}},
		{
			name: "many metrics in all", body: `{"widgets":[` + many(6, `{"type":"metric","properties":{"region":"r","metrics":[`+many(417, `["NS","N"]`)+`]}}`) + `]}`,
			refused: []string{"/widgets Should NOT have more than 2500 metrics"},
		},
		{name: "overridden", body: `{"widgets":[],"periodOverride":"auto","start":"-PT6H","end":"P0D"}`},
		{name: "overridden by a number", body: `{"widgets":[],"periodOverride":1}`, refused: []string{"/periodOverride Should be string"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			messages, err := dashboard.Check(tt.body)
			var refused, told []string
			if e, ok := errors.AsType[*dashboard.Error](err); ok {
				for _, one := range e.Findings {
					refused = append(refused, one.DataPath+" "+one.Message)
				}
				if refused == nil {
					refused = []string{e.Message}
				}
			} else if err != nil {
				t.Fatal(err)
			}
			for _, one := range messages {
				told = append(told, one.DataPath+" "+one.Message)
			}
			if diff := cmp.Diff([2][]string{tt.refused, tt.told}, [2][]string{refused, told}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func many(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }

// FuzzCheck holds Check to what it promises: messages, or an *Error that counts what it lists.
func FuzzCheck(f *testing.F) {
	for _, body := range []string{
		`{"widgets":[]}`, `{"widgets":[1,{"type":"metric","x":-1,"properties":{"region":"r","metrics":[["a","b",{"stat":"p99"}],["...",{}],1]}}],"periodOverride":"x"}`,
		`{"widgets":[{"type":"text","properties":{"markdown":"a"}},{"type":"odd","properties":{}}],"variables":[]}`, `{`, `null`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		messages, err := dashboard.Check(body)
		if err == nil {
			if messages == nil || !json.Valid([]byte(body)) {
				t.Errorf("%q is taken with %v", body, messages)
			}
			return
		}
		e, ok := errors.AsType[*dashboard.Error](err)
		if !ok || messages != nil || e.Message == "" {
			t.Fatalf("%q: %v %#v", body, messages, err)
		}
		if n := len(e.Findings); n > 0 && !strings.HasPrefix(e.Message, fmt.Sprintf("The dashboard body is invalid, there are %d validation errors:\n[", n)) {
			t.Errorf("%q: %s", body, e.Message)
		}
	})
}
