package insights_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/insights"
)

// sparing is an environment whose events are left out as what is read says that they may.
func sparing(env insights.Env) insights.Env {
	all := env.Events
	env.Events = func(ctx context.Context, read insights.Read) iter.Seq2[*insights.Event, error] {
		return func(yield func(*insights.Event, error) bool) {
			for e, err := range all(ctx, read) {
				if err == nil && !wanted(read, e) {
					continue
				}
				if !yield(e, err) {
					return
				}
			}
		}
	}
	return env
}

func wanted(read insights.Read, e *insights.Event) bool {
	message := string(e.Message)
	for _, n := range read.Needs {
		if !slices.ContainsFunc(n.Among, func(s string) bool { return strings.Contains(message, s) }) && (!n.Escaped || !strings.Contains(message, `\u`)) {
			return false
		}
	}
	return read.Streams == nil || slices.Contains(read.Streams, e.Stream)
}

func TestWhatAQueryNeeds(t *testing.T) {
	need := func(texts ...string) insights.Need { return insights.Need{Among: texts} }
	written := func(texts ...string) insights.Need { return insights.Need{Among: texts, Escaped: true} }
	for query, want := range map[string]insights.Read{
		`fields a`:                                      {},
		`filter @message like "abc"`:                    {Needs: []insights.Need{need("abc")}},
		`filter @message like /abc\d+(de|f)/`:           {Needs: []insights.Need{need("abc"), need("de", "f")}},
		`filter @message not like "abc"`:                {},
		`filter @message like /(?i)abc/`:                {},
		`filter id = "a-b/c d"`:                         {Needs: []insights.Need{written("a-b")}},
		`filter "x" = id and status = 500`:              {Needs: []insights.Need{written("x")}},
		`filter status = "500"`:                         {},
		`filter on like /1/`:                            {},
		`filter id = "a" or id in ["b", "c"]`:           {Needs: []insights.Need{written("a", "b", "c")}},
		`filter id = "a" or n > 1`:                      {},
		`filter not (id = "a")`:                         {},
		`filter id != "a"`:                              {},
		`filterIndex id = "a" | filter k = "b"`:         {Needs: []insights.Need{written("a"), written("b")}},
		`parse @message "id=*" as id | filter id = "a"`: {},
		`stats count(*) by id | filter id = "a"`:        {},
		`stats count_distinct(@ptr)`:                    {},
		`limit 5 | filter id = "a"`:                     {},
		`filter @logStream = "s"`:                       {Streams: []string{"s"}},
		`filter @logStream in ["s", "t"] | filter @logStream = "t" and k = "b"`: {Needs: []insights.Need{written("b")}, Streams: []string{"t"}},
		`filter @logStream = "s" or k = "b"`:                                    {},
	} {
		q, err := insights.Parse(query)
		if err != nil {
			t.Fatal(query, err)
		}
		var got insights.Read
		env := insights.Env{Events: func(_ context.Context, read insights.Read) iter.Seq2[*insights.Event, error] {
			got = read
			return func(func(*insights.Event, error) bool) {}
		}}
		if _, err := q.Run(t.Context(), env); err != nil {
			t.Fatal(query, err)
		}
		want.Pointers = !strings.Contains(query, "stats") || strings.Contains(query, "@ptr") // what is grouped is no event any more
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}
