package insights_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/insights"
)

// eventsOf yields an event of a message.
func eventsOf(message string) func(context.Context, insights.Read) iter.Seq2[*insights.Event, error] {
	return func(context.Context, insights.Read) iter.Seq2[*insights.Event, error] {
		return func(yield func(*insights.Event, error) bool) { yield(said(message)[0], nil) }
	}
}

// What looks for each match at all that is left of a message takes hours for a long one.
func TestAQueryEndsBetweenMatches(t *testing.T) {
	env := insights.Env{Events: eventsOf(strings.Repeat("a", 1<<20)), Workers: 1}
	for _, query := range []string{
		`parse @message /a.*b|(?<one>a)/ multi`,
		`fields regexReplace(@message, "a.*b|a", "b") as b`,
		`fields @message | stats count(*) by @message | fields regexReplace(@message, "a.*b|a", "b") as b`,
	} {
		q, err := insights.Parse(query)
		if err != nil {
			t.Fatal(query, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if _, err := q.Run(ctx, env); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(query, err)
		}
		cancel()
	}
}

// A text in the place of a match may name a group as often as it likes.
func TestReplacingMakesNoTextThatIsTooLong(t *testing.T) {
	env := insights.Env{Events: eventsOf(strings.Repeat("a", 1<<18))}
	for by, want := range map[string][]string{
		strings.Repeat("$1", 3000): {"@ptr=p0"},
		"$1$$":                     {"b=" + strings.Repeat("a", 1<<18) + "$ @ptr=p0"},
	} {
		if diff := cmp.Diff(want, rows(t, `fields regexReplace(@message, "^(.*)$", "`+by+`") as b | display b`, env)); diff != "" {
			t.Error(diff)
		}
	}
}
