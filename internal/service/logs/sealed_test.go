package logs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/language/filterpattern"
)

// What a search finds in blocks on disk, of which it may skip some, is what the pattern
// says of each message.
func TestASearchFindsTheSameInSealedEvents(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	words := []string{"checkout", "authorized", "certificate", "unavailable", "replication", "a b", `say "certificate"`, `C:\unavailable`, "-certificate", "?checkout", "%authorized%"}
	r := rand.New(rand.NewPCG(1, 2))
	some := func(from, between []string) string {
		var b strings.Builder
		for i := range 1 + r.IntN(3) {
			if i > 0 {
				b.WriteString(between[r.IntN(len(between))])
			}
			b.WriteString(from[r.IntN(len(from))])
		}
		return b.String()
	}
	var all []string
	for range 60 { // each a block of its own
		all = append(all, some(words, []string{" ", "\t", ""}))
		d.put("g", "s", time.Now().UnixMilli(), all[len(all)-1])
		if err := d.Seal(d.ctx); err != nil {
			t.Fatal(err)
		}
	}
	patterns := []string{
		"", "checkout", "checkout -certificate", "checkout\t-certificate", "checkout\n-certificate", "checkout\r-certificate", "-certificate", "\t-certificate",
		`checkout -"certificate"`, `"a b" checkout`, `"say \"certificate\""`, `"C:\\unavailable"`, `"-certificate"`, `"?checkout"`, `"%authorized%"`,
		"?checkout ?certificate", "?checkout", "checkout ?certificate", "%checkout|certificate%", "checkout %cert[a-z]+%", "%checkout% -unavailable", `""`, `"checkout"	-certificate`,
	}
	terms := []string{"checkout", "authorized", "certificate", "unavailable", `"replication"`, `"a b"`, "%checkout|certificate%", `"\"certificate"`}
	for len(patterns) < 300 {
		var signed []string
		for _, term := range terms {
			signed = append(signed, term, "-"+term, "?"+term)
		}
		patterns = append(patterns, some(signed, []string{" ", "\t", "\n", "\r\n", "  "}))
	}
	for _, text := range patterns {
		pattern, err := filterpattern.Compile(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var want []string
		for _, message := range all {
			if pattern.Match([]byte(message)) {
				want = append(want, message)
			}
		}
		equal(t, fmt.Sprintf("%q", text), want, d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g"), FilterPattern: &text}))
	}
}

// Who has gone away waits for nothing: what is left of the messages is not matched.
func TestAMetricFilterIsTestedNoLongerThanIsWaited(t *testing.T) {
	d := open(t)
	ctx, stop := context.WithCancel(d.ctx)
	stop()
	_, err := d.TestMetricFilter(ctx, &logsapi.TestMetricFilterInput{FilterPattern: new("%a.{900}Z%"), LogEventMessages: []string{"a", "b"}})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
