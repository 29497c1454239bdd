package emf_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/logs/emf"
)

var now = time.UnixMilli(1_790_000_000_000).UTC()

// message is one with a directive's parts, and members beside it.
func message(directive, members string) string {
	return fmt.Sprintf(`{"_aws": {"Timestamp": %d, "CloudWatchMetrics": [{%s}]}%s}`, now.UnixMilli(), directive, members)
}

const directive = `"Namespace": "n", "Dimensions": [["d"]], "Metrics": [{"Name": "m"}]`

func one(values ...float64) emf.Metric {
	return emf.Metric{Namespace: "n", Name: "m", Unit: "None", Dimensions: map[string]string{"d": "v"}, Resolution: 60, Time: now, Values: values}
}

func TestMetricsOfMessages(t *testing.T) {
	none := one(1)
	none.Dimensions = nil
	fine := one(1.5, -2)
	fine.Unit, fine.Resolution = "Milliseconds", 1
	two := one(2)
	two.Name, two.Dimensions = "m2", map[string]string{"d": "v", "e": "w"}
	twoOf := one(2)
	twoOf.Name = "m2"
	oneOf := one(1)
	oneOf.Dimensions = two.Dimensions
	other := one(7)
	other.Namespace = "n2"
	for name, tt := range map[string]struct {
		message string
		want    []emf.Metric
	}{
		"one value":             {message(directive, `, "d": "v", "m": 1`), []emf.Metric{one(1)}},
		"many values":           {message(directive, `, "d": "v", "m": [1, 2, 2.5e3]`), []emf.Metric{one(1, 2, 2500)}},
		"no dimensions":         {message(`"Namespace": "n", "Dimensions": [[]], "Metrics": [{"Name": "m"}]`, `, "m": 1`), []emf.Metric{none}},
		"a unit, a resolution":  {message(`"Namespace": "n", "Dimensions": [["d"]], "Metrics": [{"Name": "m", "Unit": "Milliseconds", "StorageResolution": 1}]`, `, "d": "v", "m": [1.5, -2]`), []emf.Metric{fine}},
		"two by two":            {message(`"Namespace": "n", "Dimensions": [["d"], ["d", "e"]], "Metrics": [{"Name": "m"}, {"Name": "m2"}]`, `, "d": "v", "e": "w", "m": 1, "m2": 2`), []emf.Metric{one(1), oneOf, twoOf, two}},
		"two directives":        {message(directive+`}, {"Namespace": "n2", "Dimensions": [["d"]], "Metrics": [{"Name": "m"}]`, `, "d": "v", "m": 7`), []emf.Metric{one(7), other}},
		"something else beside": {message(directive+`, "more": 1`, `, "d": "v", "m": 1, "x": {"y": [null]}`), []emf.Metric{one(1)}},
		"spaces before it":      {" \n" + message(directive, `, "d": "v", "m": 1`), []emf.Metric{one(1)}},
	} {
		if diff := cmp.Diff(emf.Result{Metrics: tt.want}, emf.Parse([]byte(tt.message), now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestMessagesThatAreNotInTheFormat(t *testing.T) {
	for _, text := range []string{
		"", "plain", "{}", `{"_aws": 1}`, `{"_aws": {"Timestamp": 1}}`, `{"aws": {"CloudWatchMetrics": []}}`, `{"CloudWatchMetrics": [], "x": {"_aws": {}}}`,
		`[{"_aws": {"CloudWatchMetrics": []}}]`, `x {"_aws": {"CloudWatchMetrics": [`, `{"_aws": "CloudWatchMetrics", "CloudWatchMetrics": 1}`,
	} {
		if diff := cmp.Diff(emf.Result{}, emf.Parse([]byte(text), now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestErrorsOfTheFormat(t *testing.T) {
	many := func(n int, each string) string { return strings.TrimSuffix(strings.Repeat(each+",", n), ",") }
	long := strings.Repeat("x", 1025)
	for name, tt := range map[string]struct {
		message string
		want    emf.Result
	}{
		"it is cut":               {message(directive, `, "d": "v", "m": 1`)[:90], emf.Result{Parsing: 1}},
		"it is no JSON":           {message(directive, `, "d": "v", "m": NaN`), emf.Result{Parsing: 1}},
		"no time":                 {`{"_aws": {"CloudWatchMetrics": []}}`, emf.Result{Validation: 1}},
		"a time that is a text":   {`{"_aws": {"Timestamp": "1", "CloudWatchMetrics": []}}`, emf.Result{Validation: 1}},
		"a time that is no whole": {`{"_aws": {"Timestamp": 1.5, "CloudWatchMetrics": []}}`, emf.Result{Validation: 1}},
		"a time of long ago":      {`{"_aws": {"Timestamp": 1, "CloudWatchMetrics": []}}`, emf.Result{Validation: 1}},
		"a time to come":          {fmt.Sprintf(`{"_aws": {"Timestamp": %d, "CloudWatchMetrics": []}}`, now.Add(3*time.Hour).UnixMilli()), emf.Result{Validation: 1}},
		"no list of directives":   {fmt.Sprintf(`{"_aws": {"Timestamp": %d, "CloudWatchMetrics": {}}}`, now.UnixMilli()), emf.Result{Validation: 1}},
		"no namespace":            {message(`"Dimensions": [["d"]], "Metrics": [{"Name": "m"}]`, `, "d": "v", "m": 1`), emf.Result{Validation: 1}},
		"an empty namespace":      {message(`"Namespace": "", "Dimensions": [["d"]], "Metrics": [{"Name": "m"}]`, `, "d": "v", "m": 1`), emf.Result{Validation: 1}},
		"another case":            {message(`"namespace": "n", "Dimensions": [["d"]], "Metrics": [{"Name": "m"}]`, `, "d": "v", "m": 1`), emf.Result{Validation: 1}},
		"no dimensions":           {message(`"Namespace": "n", "Metrics": [{"Name": "m"}]`, `, "m": 1`), emf.Result{Validation: 1}},
		"no set of dimensions":    {message(`"Namespace": "n", "Dimensions": [], "Metrics": [{"Name": "m"}]`, `, "m": 1`), emf.Result{Validation: 1}},
		"dimensions in no set":    {message(`"Namespace": "n", "Dimensions": ["d"], "Metrics": [{"Name": "m"}]`, `, "d": "v", "m": 1`), emf.Result{Validation: 1}},
		"31 dimensions":           {message(`"Namespace": "n", "Dimensions": [[`+many(31, `"d"`)+`]], "Metrics": [{"Name": "m"}]`, `, "d": "v", "m": 1`), emf.Result{Validation: 1}},
		"a dimension not there":   {message(`"Namespace": "n", "Dimensions": [["e"], ["d"]], "Metrics": [{"Name": "m"}]`, `, "d": "v", "m": 1`), emf.Result{Metrics: []emf.Metric{one(1)}, Validation: 1}},
		"a dimension's number":    {message(directive, `, "d": 1, "m": 1`), emf.Result{Validation: 1}},
		"a blank dimension":       {message(directive, `, "d": " ", "m": 1`), emf.Result{Validation: 1}},
		"a long dimension":        {message(directive, `, "d": "`+long+`", "m": 1`), emf.Result{Validation: 1}},
		"no metric":               {message(`"Namespace": "n", "Dimensions": [["d"]], "Metrics": []`, `, "d": "v"`), emf.Result{Validation: 1}},
		"101 metrics":             {message(`"Namespace": "n", "Dimensions": [["d"]], "Metrics": [`+many(101, `{"Name": "m"}`)+`]`, `, "d": "v", "m": 1`), emf.Result{Validation: 1}},
		"a metric without name":   {message(`"Namespace": "n", "Dimensions": [["d"]], "Metrics": [{"Unit": "Count"}, {"Name": "m"}]`, `, "d": "v", "m": 1`), emf.Result{Metrics: []emf.Metric{one(1)}, Validation: 1}},
		"a metric not there":      {message(directive, `, "d": "v"`), emf.Result{Validation: 1}},
		"a metric's text":         {message(directive, `, "d": "v", "m": "1"`), emf.Result{Validation: 1}},
		"a metric's null":         {message(directive, `, "d": "v", "m": null`), emf.Result{Validation: 1}},
		"a metric's empty list":   {message(directive, `, "d": "v", "m": []`), emf.Result{Validation: 1}},
		"101 values":              {message(directive, `, "d": "v", "m": [`+many(101, "1")+`]`), emf.Result{Validation: 1}},
		"a value too large":       {message(directive, `, "d": "v", "m": 1e109`), emf.Result{Validation: 1}},
		"a value beyond numbers":  {message(directive, `, "d": "v", "m": 1e999`), emf.Result{Validation: 1}},
		"an unknown unit":         {message(`"Namespace": "n", "Dimensions": [["d"]], "Metrics": [{"Name": "m", "Unit": "Miles"}]`, `, "d": "v", "m": 1`), emf.Result{Validation: 1}},
		"a resolution of 5":       {message(`"Namespace": "n", "Dimensions": [["d"]], "Metrics": [{"Name": "m", "StorageResolution": 5}]`, `, "d": "v", "m": 1`), emf.Result{Validation: 1}},
	} {
		if diff := cmp.Diff(tt.want, emf.Parse([]byte(tt.message), now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Whatever a message is, it has no panic, and its metrics are as CloudWatch takes them.
func FuzzParse(f *testing.F) {
	f.Add(message(directive, `, "d": "v", "m": [1, 2]`))
	f.Add(message(`"Namespace": "n", "Dimensions": [[], ["d"]], "Metrics": [{"Name": "m", "Unit": "Count", "StorageResolution": 1}]`, `, "d": "v", "m": -1e-3`))
	f.Fuzz(func(t *testing.T, text string) {
		r := emf.Parse([]byte(text), now)
		for _, m := range r.Metrics {
			if m.Namespace == "" || m.Name == "" || len(m.Values) == 0 || len(m.Values) > 100 || len(m.Dimensions) > 30 || m.Resolution != 1 && m.Resolution != 60 {
				t.Errorf("%q has %+v", text, m)
			}
		}
	})
}
