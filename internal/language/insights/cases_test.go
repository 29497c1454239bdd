package insights_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/language/insights"
)

// line is a line of the collected cases: a set of events, or a case.
type line struct {
	Dataset            string
	LogGroup           string
	LogStream          string
	StartTime, EndTime *int64
	Events             []struct {
		Timestamp int64
		Message   string
	}

	ID     string
	Query  string
	Expect struct {
		Rows    []map[string]string
		Ordered any
		Parses  bool
		Refused bool
		Code    string
		Message string
	}
	Certainty string
}

func collected(tb testing.TB) (sets map[string]line, cases []line) {
	tb.Helper()
	file, err := os.Open(filepath.Join(material.Dir(tb), "cases", "insights.jsonl"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	sets = map[string]line{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one line
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

// events returns the events of a set, newest first.
func (l line) events() []*insights.Event {
	var all []*insights.Event
	for i, e := range l.Events {
		all = append(all, &insights.Event{
			Timestamp: e.Timestamp, IngestionTime: e.Timestamp + 1000, Message: []byte(e.Message), Log: "111122223333:" + l.LogGroup, Stream: l.LogStream, Pointer: strconv.Itoa(i),
		})
	}
	slices.SortStableFunc(all, func(a, b *insights.Event) int { return cmp.Compare(b.Timestamp, a.Timestamp) })
	return all
}

// over returns what a query over events stands on; every source has the same.
func over(events []*insights.Event, start, end int64) insights.Env {
	return insights.Env{
		Start: start, End: end, Now: time.UnixMilli(end),
		Events: func(context.Context, insights.Read) iter.Seq2[*insights.Event, error] {
			return func(yield func(*insights.Event, error) bool) {
				for _, e := range events {
					if !yield(e, nil) {
						return
					}
				}
			}
		},
		Apart: func(_ context.Context, _ insights.Read, n int) []iter.Seq2[*insights.Event, error] {
			all := make([]iter.Seq2[*insights.Event, error], n)
			for i := range all {
				all[i] = func(yield func(*insights.Event, error) bool) {
					for k := len(events) - 1 - i; k >= 0; k -= n { // the oldest first, to make it hard
						e := *events[k]
						e.Seq, e.Message = uint64(len(events)-k), append([]byte{}, e.Message...)
						if !yield(&e, nil) {
							return
						}
						clear(e.Message) // it may be used for the next one
					}
				}
			}
			return all
		},
	}
}

// TestCollectedCases holds every collected case, however certain it is.
func TestCollectedCases(t *testing.T) {
	sets, cases := collected(t)
	var uncarried []string
	for _, one := range cases {
		t.Run(one.ID, func(t *testing.T) {
			query, err := insights.Parse(one.Query)
			switch {
			case one.Expect.Refused:
				if one.StartTime != nil && err == nil { // the service knows of the range, and asks for its words
					err = insights.OutOfRange(one.Query)
				}
				checkRefused(t, one, err)
			case err != nil && one.Certainty == "conflict": // two sources disagree; one of them refuses it
			case err != nil:
				t.Fatalf("%s: %v", one.Query, err)
			case one.Expect.Parses:
				if query.Uncarried() != nil {
					uncarried = append(uncarried, one.ID)
				} else if _, err := query.Run(t.Context(), over(sets["json"].events(), 0, 1)); err != nil && !query.Estimate() && !strings.Contains(one.Query, "lookup") {
					t.Errorf("%s: %v", one.Query, err)
				}
			default:
				checkRows(t, one, query, sets[cmp.Or(one.Dataset, "json")])
			}
		})
	}
	t.Log("refused by name when run:", uncarried)
}

func checkRefused(t *testing.T, one line, err error) {
	t.Helper()
	e, ok := errors.AsType[*insights.Error](err)
	if !ok || one.Expect.Code != insights.Code {
		t.Fatalf("%s: %v", one.Query, err)
	}
	want := one.Expect.Message
	if old, isOld := strings.CutPrefix(want, "mismatched input '"); isOld { // AWS's words until 2022
		symbol, _, _ := strings.Cut(old, "'")
		want = "unexpected symbol found " + symbol + " at line 1 and position "
	}
	if !strings.HasPrefix(e.Message, want) {
		t.Errorf("%s: %s, want %s", one.Query, e.Message, want)
	}
}

func checkRows(t *testing.T, one line, query *insights.Query, set line) {
	t.Helper()
	start, end := cmp.Or(one.StartTime, set.StartTime), cmp.Or(one.EndTime, set.EndTime)
	result, err := query.Run(t.Context(), over(set.events(), *start*1000, *end*1000+999))
	if err != nil {
		t.Fatalf("%s: %v", one.Query, err)
	}
	spared, err := query.Run(t.Context(), sparing(over(set.events(), *start*1000, *end*1000+999)))
	if err != nil || gocmp.Diff(result.Rows, spared.Rows) != "" {
		t.Errorf("%s: with what it needs alone: %v, %s", query.Text(), err, gocmp.Diff(result.Rows, spared.Rows))
	}
	got := shown(result)
	want := one.Expect.Rows
	if ordered, _ := one.Expect.Ordered.(bool); !ordered {
		byText := func(a, b map[string]string) int { return strings.Compare(text(a), text(b)) }
		slices.SortFunc(got, byText)
		slices.SortFunc(want, byText)
	}
	if len(got)+len(want) == 0 {
		return
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", one.Query, diff)
	}
}

// shown returns rows without @ptr.
func shown(result *insights.Result) []map[string]string {
	var rows []map[string]string
	for _, cells := range result.Rows {
		row := map[string]string{}
		for _, c := range cells {
			if c.Field != "@ptr" {
				row[c.Field] = c.Value
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func text(row map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(row)) {
		b.WriteString(name + "\x00" + row[name] + "\x00")
	}
	return b.String()
}
