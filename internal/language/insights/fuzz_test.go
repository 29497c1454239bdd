package insights_test

import (
	"context"
	"errors"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/insights"
)

// FuzzQuery holds a query to what is promised: it is read or refused with a place
// in it, it runs or is refused by name, always with the same result, and in time.
func FuzzQuery(f *testing.F) {
	sets, cases := collected(f)
	var events []*insights.Event
	for _, name := range []string{"json", "text", "lambda", "vpc", "logfmt", "unnest"} {
		events = append(events, sets[name].events()...)
	}
	for _, one := range cases {
		f.Add(one.Query, `{"a":[1,{"b":"x"}],"c.d":null}`)
	}
	f.Add("fields a.b.0 | parse @message \"*=*\" as k, v | stats pct(v, 50), values(k) by bin(1mo) as t, datefloor(@timestamp, 1d) | sort t", "k=1")
	f.Fuzz(func(t *testing.T, text, message string) {
		query, err := insights.Parse(text)
		if err != nil {
			checkPlace(t, text, err)
			return
		}
		if len(message) > 1<<12 {
			return
		}
		env := over(append([]*insights.Event{{Timestamp: 1, Message: []byte(message), Log: "1:/aws/lambda/f", Pointer: "p"}}, events...), 0, 1<<40)
		env.Memory = 16 << 20
		env.Table = func(context.Context, string) ([][]string, error) { return [][]string{{"id", "name"}, {"u1", "x"}}, nil }
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		first, err := query.Run(ctx, env)
		if query.Uncarried() != nil && err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q: %v, %v", text, query.Uncarried(), err)
		}
		if err != nil {
			if e, ok := errors.AsType[*insights.Error](err); ok {
				checkPlace(t, text, e)
			}
			return
		}
		again, err := query.Run(ctx, env)
		if diff := cmp.Diff(first, again); diff != "" || err != nil {
			t.Errorf("%q: run again: %v %s", text, err, diff)
		}
		spared, err := query.Run(ctx, sparing(env))
		if err != nil || cmp.Diff(first.Rows, spared.Rows) != "" {
			t.Errorf("%q over %q: with what it needs alone: %v %s", text, message, err, cmp.Diff(first.Rows, spared.Rows))
		}
		for _, row := range first.Rows {
			for _, c := range row {
				if !utf8.ValidString(message) || !utf8.ValidString(text) {
					continue
				}
				if !utf8.ValidString(c.Value) {
					t.Errorf("%q: %s is %q", text, c.Field, c.Value)
				}
			}
		}
	})
}

// FuzzDiscovery holds Fields and what a query finds in a message to one another.
func FuzzDiscovery(f *testing.F) {
	sets, _ := collected(f)
	for _, set := range sets {
		for _, e := range set.events() {
			f.Add(string(e.Message), e.Log)
		}
	}
	f.Add(`{"a":{"b.c":[1,{"@d":null,"":true}]},"@e":"\u00e9","a.b":"x"}`, "1:/g")
	f.Fuzz(func(t *testing.T, message, log string) {
		if len(message) > 1<<10 || !utf8.ValidString(message) {
			return
		}
		names := map[string]bool{}
		e := &insights.Event{Timestamp: 1, Message: []byte(message), Log: log, Pointer: "p"}
		for _, c := range insights.Fields(e) {
			if names[c.Field] {
				return // several of one name: the last one counts
			}
			names[c.Field] = true
		}
		checkFields(t, e)
	})
}

func checkPlace(t *testing.T, text string, err error) {
	t.Helper()
	e, ok := errors.AsType[*insights.Error](err)
	if !ok || e.Message == "" || e.Start < 0 || e.End < e.Start || e.End > utf8.RuneCountInString(text) {
		t.Errorf("%q: %#v", text, err)
	}
}
