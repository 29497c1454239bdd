package logs_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/servicetest"
)

// queryLine is a line of the collected cases of Insights: a set of events, or a case.
type queryLine struct {
	Dataset, LogGroup, LogStream string
	StartTime, EndTime           *int64
	Events                       []struct {
		Timestamp int64
		Message   string
	}

	ID, Query string
	Expect    struct {
		Rows          []map[string]string
		Ordered       any
		Refused       bool
		Code, Message string
	}
	Certainty string
}

func queryCases(tb testing.TB) (sets map[string]queryLine, cases []queryLine) {
	tb.Helper()
	file, err := os.Open(filepath.Join(material.Dir(tb), "cases", "insights.jsonl"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	sets = map[string]queryLine{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one queryLine
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			tb.Fatal(err)
		}
		if one.ID == "" {
			sets[one.Dataset] = one
		} else {
			cases = append(cases, one)
		}
	}
	if err := lines.Err(); err != nil || len(cases) == 0 {
		tb.Fatal(len(cases), err)
	}
	return sets, cases
}

// TestCollectedQueries holds every collected case through the operations: the events are
// put, half of them sealed, and the query is started and polled when they are new.
func TestCollectedQueries(t *testing.T) {
	sets, cases := queryCases(t)
	synctest.Test(t, func(t *testing.T) {
		end := int64(0)
		for _, set := range sets {
			for _, e := range set.Events {
				end = max(end, e.Timestamp)
			}
		}
		<-time.After(time.Until(time.UnixMilli(end + 1000)))
		d := opened(t, servicetest.Store(t), t.TempDir())
		stop := d.runs()
		for _, name := range slices.Sorted(maps.Keys(sets)) {
			set := sets[name]
			d.group(set.LogGroup, set.LogStream)
			for _, e := range set.Events {
				d.put(set.LogGroup, set.LogStream, e.Timestamp, e.Message)
			}
		}
		if err := d.Seal(d.ctx); err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, one := range cases {
			counts[d.queryCase(t, one, sets[cmp.Or(one.Dataset, "json")])]++
		}
		t.Log(counts)
		if counts["rows"] == 0 || counts["refused"] == 0 || counts["ran"] == 0 {
			t.Error("no case of a kind")
		}
		stop()
	})
}

// queryCase holds a case, and says of which kind it was.
func (d *desk) queryCase(t *testing.T, one, set queryLine) string {
	t.Helper()
	in := &logsapi.StartQueryInput{StartTime: cmp.Or(one.StartTime, set.StartTime), EndTime: cmp.Or(one.EndTime, set.EndTime), QueryString: &one.Query}
	if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(one.Query)), "source") {
		in.LogGroupName = &set.LogGroup
	}
	out, err := d.StartQuery(d.ctx, in)
	refused, _ := errors.AsType[*cloud.Error](err)
	switch {
	case one.Expect.Refused:
		if refused == nil || refused.Code != one.Expect.Code {
			t.Errorf("%s: %s: %v", one.ID, one.Query, err)
		}
		return "refused"
	case refused != nil && one.Certainty == "conflict":
		return "conflict"
	case refused != nil && one.Expect.Rows == nil:
		// Its groups and tables are not there, or it is not carried out: in no case is it no query.
		if strings.Contains(refused.Message, "unexpected symbol") || strings.Contains(refused.Message, "Unknown symbols") {
			t.Errorf("%s: %s: %v", one.ID, one.Query, err)
		}
		return "not run: " + refused.Code
	case err != nil:
		t.Errorf("%s: %s: %v", one.ID, one.Query, err)
		return "failed"
	}
	results := d.results(*out.QueryId)
	if *results.Status != "Complete" {
		t.Errorf("%s: %s: %s", one.ID, one.Query, *results.Status)
	}
	if one.Expect.Rows == nil {
		return "ran"
	}
	got := make([]map[string]string, 0, len(results.Results))
	for _, row := range results.Results {
		cells := map[string]string{}
		for _, c := range row {
			if *c.Field != "@ptr" && *c.Field != "@ingestionTime" {
				cells[*c.Field] = *c.Value
			}
		}
		got = append(got, cells)
	}
	want := one.Expect.Rows
	if one.Expect.Ordered != true {
		for _, rows := range [][]map[string]string{got, want} {
			slices.SortFunc(rows, func(a, b map[string]string) int { return cmp.Compare(jsonOf(t, a), jsonOf(t, b)) })
		}
	}
	if jsonOf(t, got) != jsonOf(t, want) && one.Certainty != "conflict" {
		t.Errorf("%s: %s:\n got %s\nwant %s", one.ID, one.Query, jsonOf(t, got), jsonOf(t, want))
	}
	return "rows"
}

func jsonOf(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}
