package logs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// datum is what is kept of a metric of the namespace n.
func datum(name string, at time.Time, dimensions map[string]string, values ...float64) logs.Datum {
	d := logs.Datum{Namespace: "n", Name: name, Unit: "None", Dimensions: dimensions, Time: at.UTC(), Resolution: 60, Min: values[0], Max: values[0]}
	for _, v := range values {
		d.Count, d.Sum, d.Min, d.Max = d.Count+1, d.Sum+v, min(d.Min, v), max(d.Max, v)
	}
	return d
}

// bubble runs with a service in a time of its own.
func bubble(t *testing.T, do func(t *testing.T, d *desk)) {
	t.Helper()
	store, dir := servicetest.Store(t), t.TempDir()
	synctest.Test(t, func(t *testing.T) { do(t, opened(t, store, dir)) })
}

// Matched events are counted by minute, with their values and dimensions; a minute in
// which none matched has the default, once it is over.
func TestMatchedEventsAreCounted(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) { //nolint:thelper // it is the test
		d.group("g", "s")
		minute := time.Now().UTC().Truncate(time.Minute)
		d.put("g", "s", minute.UnixMilli(), "an ERROR of before")
		d.must("PutMetricFilter", `{"LogGroupName": "g", "FilterName": "a", "FilterPattern": "{ $.took = * }", "MetricTransformations": [{"MetricName": "took", "MetricNamespace": "n", "MetricValue": "$.took", "Dimensions": {"Path": "$.path"}}]}`)
		d.must("PutMetricFilter", `{"LogGroupName": "g", "FilterName": "b", "FilterPattern": "ERROR", "MetricTransformations": [{"MetricName": "errors", "MetricNamespace": "n", "MetricValue": "1", "DefaultValue": 0}]}`)
		d.put("g", "s", minute.UnixMilli(), `{"took": 5, "path": "/a"}`, `{"took": 7, "path": "/a"}`, `{"took": 1, "path": "/b"}`, `{"took": "x", "path": "/a"}`, `{"took": 9}`, "an ERROR")
		d.put("g", "s", minute.Add(-time.Minute).UnixMilli(), "all is well")
		d.pass()
		took := []logs.Datum{
			datum("took", minute, map[string]string{"Path": "/a"}, 5, 7), datum("took", minute, map[string]string{"Path": "/b"}, 1),
		}
		matched := datum("errors", minute, nil, 1)
		equal(t, "counted", append([]logs.Datum{matched}, took...), d.Counted(cloud.CallOf(d.ctx).Scope()))
		<-time.After(91 * time.Second)
		d.pass()
		equal(t, "counted", append([]logs.Datum{datum("errors", minute.Add(-time.Minute), nil, 0), matched}, took...), d.Counted(cloud.CallOf(d.ctx).Scope()))
		d.pass()
		equal(t, "counted once", 4, len(d.Counted(cloud.CallOf(d.ctx).Scope())))
	})
}

// Where events are from selects filters, and is a dimension where that is asked for.
func TestMetricFiltersBySystemFields(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) { //nolint:thelper // it is the test
		d.group("g", "s")
		put := func(name, more string) {
			d.must("PutMetricFilter", `{"LogGroupName": "g", "FilterName": %q, "FilterPattern": "", "MetricTransformations": [{"MetricName": %q, "MetricNamespace": "n", "MetricValue": "2"}], %s}`, name, name, more)
		}
		put("here", `"FieldSelectionCriteria": "@aws.region = \"ap-northeast-2\" AND @aws.account IN [\"111122223333\"]"`)
		put("elsewhere", `"FieldSelectionCriteria": "@aws.region != \"ap-northeast-2\""`)
		put("told", `"EmitSystemFieldDimensions": ["@aws.account", "@aws.region"]`)
		now := time.Now().UTC()
		d.put("g", "s", now.UnixMilli(), "a")
		d.pass()
		equal(t, "counted", []logs.Datum{
			datum("here", now.Truncate(time.Minute), nil, 2),
			datum("told", now.Truncate(time.Minute), map[string]string{"@aws.account": "111122223333", "@aws.region": "ap-northeast-2"}, 2),
		}, d.Counted(cloud.CallOf(d.ctx).Scope()))
		const filter = `{"LogGroupName": "g", "FilterName": "x", "FilterPattern": "", "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"%s}], %s}`
		d.refused("InvalidParameterException", "fieldSelectionCriteria", "PutMetricFilter", filter, "", `"FieldSelectionCriteria": "@aws.zone = \"x\""`)
		d.refused("InvalidParameterException", "@aws.zone", "PutMetricFilter", filter, "", `"EmitSystemFieldDimensions": ["@aws.zone"]`)
		d.refused("InvalidParameterException", "twice", "PutMetricFilter", filter, "", `"EmitSystemFieldDimensions": ["@aws.account", "@aws.account"]`)
		d.refused("InvalidParameterException", "mutually exclusive", "PutMetricFilter", filter, `, "DefaultValue": 0`, `"EmitSystemFieldDimensions": ["@aws.account"]`)
	})
}

// Metrics in events of the embedded format are counted, with their resolution, and what
// is wrong with others is told.
func TestMetricsInEvents(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) { //nolint:thelper // it is the test
		d.group("g", "s")
		d.must("CreateLogGroup", `{"LogGroupName": "rare", "LogGroupClass": "INFREQUENT_ACCESS"}`)
		d.must("CreateLogStream", `{"LogGroupName": "rare", "LogStreamName": "s"}`)
		now := time.Now().UTC()
		emf := func(metric, members string) string {
			return fmt.Sprintf(`{"_aws": {"Timestamp": %d, "CloudWatchMetrics": [{"Namespace": "n", "Dimensions": [["d"]], "Metrics": [%s]}]}, "d": "v", %s}`, now.UnixMilli(), metric, members)
		}
		sound := emf(`{"Name": "m", "Unit": "Bytes", "StorageResolution": 1}`, `"m": [1, 4]`)
		d.put("g", "s", now.UnixMilli(), sound, emf(`{"Name": "m"}`, `"m": "x"`), sound[:len(sound)-1])
		d.put("rare", "s", now.UnixMilli(), sound)
		d.pass()
		want := datum("m", now.Truncate(time.Second), map[string]string{"d": "v"}, 1, 4)
		want.Resolution, want.Unit = 1, "Bytes"
		equal(t, "counted", []logs.Datum{want}, d.Counted(cloud.CallOf(d.ctx).Scope()))
		own := map[string]float64{}
		for _, one := range d.CountedOwn(cloud.CallOf(d.ctx).Scope()) {
			own[one.Name+" "+one.Dimensions["LogGroupName"]] += one.Sum
		}
		bytes := func(texts ...string) (n float64) {
			for _, text := range texts {
				n += float64(len(text) + 26)
			}
			return n
		}
		all := bytes(sound, emf(`{"Name": "m"}`, `"m": "x"`), sound[:len(sound)-1])
		equal(t, "of the groups", map[string]float64{
			"EMFParsingErrors g": 1, "EMFValidationErrors g": 1, "IncomingLogEvents g": 3, "IncomingLogEvents rare": 1, "IncomingLogEvents ": 4,
			"IncomingBytes g": all, "IncomingBytes rare": bytes(sound), "IncomingBytes ": all + bytes(sound),
		}, own)
	})
}

// What a transformer makes of events is counted, with those of which it made nothing.
func TestTransformedEventsAreCounted(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) { //nolint:thelper // it is the test
		d.group("g", "s")
		d.must("PutTransformer", `{"LogGroupIdentifier": "g", "TransformerConfig": [{"ParseJSON": {}}]}`)
		<-time.After(time.Second)
		d.put("g", "s", time.Now().UnixMilli(), `{"a": 1}`, "none", `{"b": 2}`)
		d.pass()
		own := map[string]float64{}
		for _, one := range d.CountedOwn(cloud.CallOf(d.ctx).Scope()) {
			if one.Dimensions["LogGroupName"] == "g" {
				own[one.Name+" "+one.Unit] += one.Sum
			}
		}
		delete(own, "IncomingBytes Bytes")
		delete(own, "IncomingLogEvents None")
		if own["TransformedBytes Bytes"] < 2*(7+26) {
			t.Errorf("TransformedBytes is %v", own["TransformedBytes Bytes"])
		}
		delete(own, "TransformedBytes Bytes")
		equal(t, "of the group", map[string]float64{"TransformedLogEvents None": 2, "TransformationErrors Count": 1}, own)
	})
}

// taker takes metrics, unless it fails.
type taker struct {
	fail   error
	refuse string // a metric and its values, with which nothing is taken
	got    []string
}

func (m *taker) Put(_ context.Context, account cloud.Account, region cloud.Region, namespace string, data []logs.Datum) error {
	if m.fail != nil && namespace == "n" {
		return m.fail
	}
	for _, d := range data {
		if fmt.Sprint(d.Name, " ", d.Values) == m.refuse {
			return cloud.Errorf(cloud.Invalid, "No", "not so")
		}
	}
	for _, d := range data {
		m.got = append(m.got, fmt.Sprint(account, " ", region, " ", namespace, " ", d.Name, " ", d.Values, d.Counts))
	}
	return nil
}

// What Metrics does not take is put again, and what it took is not; after a restart
// those that were appended and not passed on are, once. What it refuses is left out.
func TestMetricsThatAreNotTaken(t *testing.T) {
	store, dir := servicetest.Store(t), t.TempDir()
	to := &taker{}
	with := func(store state.Store, do func(d *desk)) {
		s, err := logs.Open(t.Context(), logs.Config{Log: discard(), Dir: dir, Metrics: to}, store, &keys{})
		if err != nil {
			t.Fatal(err)
		}
		do(&desk{t, s, servicetest.Call(t)})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	const own = "111122223333 ap-northeast-2 AWS/Logs "
	incoming := func(events, bytes int) []string {
		return []string{
			own + fmt.Sprintf("IncomingLogEvents [%d] [1]", events), own + fmt.Sprintf("IncomingLogEvents [%d] [1]", events),
			own + fmt.Sprintf("IncomingBytes [%d] [1]", bytes), own + fmt.Sprintf("IncomingBytes [%d] [1]", bytes),
		}
	}
	const found = "111122223333 ap-northeast-2 n m "
	with(store, func(d *desk) {
		d.group("g", "s")
		d.must("PutMetricFilter", `{"LogGroupName": "g", "FilterName": "f", "FilterPattern": "{ $.v = * }", "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "$.v"}]}`)
		now := time.Now().Truncate(time.Minute).UnixMilli()
		d.put("g", "s", now, `{"v": 1}`, `{"v": 2}`, `{"v": 1}`)
		to.fail = cloud.Errorf(cloud.Unavailable, "Busy", "try again")
		for range 2 {
			if err := d.PassOn(d.ctx); !errors.Is(err, to.fail) {
				t.Error(err)
			}
		}
		if problems := d.Problems(); len(problems) != 1 {
			t.Error(problems)
		}
		equal(t, "taken", incoming(3, 3*(8+26)), to.got)
		to.fail = nil
		d.pass()
		equal(t, "taken", append(incoming(3, 3*(8+26)), found+"[1 2] [2 1]"), to.got)
		equal(t, "problems", []string(nil), d.Problems())
		to.got = nil
		d.put("g", "s", now, `{"v": 3}`)
	})
	with(store, func(d *desk) {
		d.pass()
		equal(t, "taken after a restart", append(incoming(1, 8+26), found+"[3] [1]"), to.got)
		to.got, to.fail = nil, cloud.Errorf(cloud.Invalid, "No", "not so")
		d.put("g", "s", time.Now().UnixMilli(), `{"v": 4}`)
		d.pass()
		to.fail = nil
		d.pass()
		equal(t, "taken where some are refused", incoming(1, 8+26), to.got)
	})
	with(store, func(d *desk) {
		d.must("PutMetricFilter", `{"LogGroupName": "g", "FilterName": "w", "FilterPattern": "{ $.w = * }", "MetricTransformations": [{"MetricName": "w", "MetricNamespace": "n", "MetricValue": "$.w", "Dimensions": {"Of": "$.w"}}]}`)
		to.got, to.refuse = nil, "w [3]"
		now := time.Now().UnixMilli()
		d.put("g", "s", now, `{"w": 1}`, `{"w": 2}`, `{"w": 3}`, `{"w": 4}`, `{"w": "NaN"}`, `{"w": "-Infinity"}`, `{"v": 5}`)
		d.pass()
		of := func(name string, n int) string {
			return fmt.Sprintf("111122223333 ap-northeast-2 n %s [%d] [1]", name, n)
		}
		equal(t, "taken beside one that is refused", []string{of("w", 1), of("w", 2), of("w", 4), of("m", 5)}, to.got[4:])
		to.refuse = ""
	})
	to.got = nil
	with(servicetest.Store(t), func(d *desk) { // without its documents
		d.pass()
		equal(t, "taken of what was before", []string(nil), to.got)
	})
}

// A batch can say that it has any number of metrics: those beyond what memory is given for
// are left out, and the next batch has its own.
func TestTooManyMetricsInABatch(t *testing.T) {
	var names, sets, values []string
	for i := range 100 {
		names, sets = append(names, fmt.Sprintf(`{"Name":"m%d"}`, i)), append(sets, fmt.Sprintf(`["d%d"]`, i))
		values = append(values, fmt.Sprintf(`"m%d":1`, i))
	}
	now := time.Now()
	message := func(n, sets string, values ...string) string {
		return fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[%s],"Metrics":[%s]}]},%s}`, now.UnixMilli(), sets, n, strings.Join(values, ","))
	}
	var all []string
	for i := range 30 { // a third of a million, in 200 KB
		dimensions := slices.Clone(values)
		for n := range 100 {
			dimensions = append(dimensions, fmt.Sprintf(`"d%d":"%d"`, n, i))
		}
		all = append(all, message(strings.Join(names, ","), strings.Join(sets, ","), dimensions...))
	}
	to := &counting{}
	s, err := logs.Open(t.Context(), logs.Config{Log: discard(), Dir: t.TempDir(), Metrics: to}, servicetest.Store(t), &keys{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{t, s, servicetest.Call(t)}
	d.group("g", "s")
	d.put("g", "s", now.UnixMilli(), all...)
	d.put("g", "s", now.UnixMilli(), message(`{"Name":"last"}`, `[]`, `"last":1`))
	d.pass()
	if to.data < 100_000 || to.data > 200_000 || !to.last {
		t.Errorf("%d data, and the last one: %t", to.data, to.last)
	}
}

// counting takes metrics and counts them.
type counting struct {
	data int
	last bool
}

func (c *counting) Put(_ context.Context, _ cloud.Account, _ cloud.Region, _ string, data []logs.Datum) error {
	c.data += len(data)
	c.last = c.last || slices.ContainsFunc(data, func(d logs.Datum) bool { return d.Name == "last" })
	return nil
}

// failing is a store of documents that can be read a number of times more.
type failing struct {
	state.Store

	left *int // nil for always
}

func (f *failing) View(ctx context.Context, fn func(state.Reader) error) error {
	if f.left != nil {
		if *f.left--; *f.left < 0 {
			return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "it cannot be read")
		}
	}
	return f.Store.View(ctx, fn)
}

// What is made of some events is not counted where the next ones cannot be looked up: it
// is made again.
func TestMetricsOfARoundThatFailsAreCountedOnce(t *testing.T) {
	failures := 0
	for n := range 8 {
		store := &failing{Store: servicetest.Store(t)}
		d := opened(t, store, t.TempDir())
		d.group("g", "s")
		d.group("h", "s")
		for _, g := range []string{"g", "h"} {
			d.must("PutMetricFilter", `{"LogGroupName": %q, "FilterName": "f", "FilterPattern": "", "MetricTransformations": [{"MetricName": %q, "MetricNamespace": "n", "MetricValue": "1"}]}`, g, g)
		}
		now := time.Now()
		d.put("g", "s", now.UnixMilli(), "a")
		d.put("h", "s", now.UnixMilli(), "b")
		store.left = new(n)
		if d.PassOn(d.ctx) != nil {
			failures++
		}
		store.left = nil
		d.pass()
		minute := now.Truncate(time.Minute)
		equal(t, "counted", []logs.Datum{datum("g", minute, nil, 1), datum("h", minute, nil, 1)}, d.Counted(cloud.CallOf(d.ctx).Scope()))
	}
	if failures < 3 {
		t.Errorf("%d rounds failed", failures)
	}
}
