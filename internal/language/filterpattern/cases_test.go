package filterpattern_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/language/filterpattern"
)

// example is a line of the collected cases.
type example struct {
	ID        string
	Pattern   string
	Message   string
	Matches   bool
	Extracted map[string]string
	Refused   bool
	Code      string
	Error     string
	Certainty string
}

func examples(tb testing.TB) []example {
	tb.Helper()
	file, err := os.Open(filepath.Join(material.Dir(tb), "cases", "filter_patterns.jsonl"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var all []example
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one example
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			tb.Fatal(err)
		}
		all = append(all, one)
	}
	if err := lines.Err(); err != nil || len(all) == 0 {
		tb.Fatal(len(all), err)
	}
	return all
}

// Every collected case holds, however certain it is.
func TestCollectedCases(t *testing.T) {
	count := map[string]int{}
	for _, one := range examples(t) {
		count[one.Certainty]++
		t.Run(one.ID, func(t *testing.T) {
			pattern, err := filterpattern.Compile(one.Pattern)
			if one.Refused {
				checkRefused(t, one, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := pattern.Match([]byte(one.Message)); got != one.Matches {
				t.Errorf("%s on %s: %v", one.Pattern, one.Message, got)
			}
			if one.Extracted != nil {
				if diff := cmp.Diff(one.Extracted, pattern.Extract([]byte(one.Message))); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	t.Log(count)
}

func checkRefused(t *testing.T, one example, err error) {
	t.Helper()
	e, ok := errors.AsType[*filterpattern.Error](err)
	if !ok || one.Code != filterpattern.Code || e.Hint == "" {
		t.Fatalf("%s: %v", one.Pattern, err)
	}
	if one.Error == "" {
		return
	}
	for want := range strings.SplitSeq(one.Error, "|") {
		want = strings.ReplaceAll(want, "'...'", "'"+one.Pattern+"'")
		if strings.HasPrefix(e.Message, want) {
			return
		}
	}
	t.Errorf("%s: %s, want %s", one.Pattern, e.Message, one.Error)
}

// All patterns of the cases in one set say of each message what each says alone.
func TestSetAgreesWithPatterns(t *testing.T) {
	var patterns []*filterpattern.Pattern
	messages := map[string]bool{"": true, " ": true, "{}": true, `{"a":{"b":[1,"x"]}} `: true}
	for _, one := range examples(t) {
		messages[one.Message] = true
		if pattern, err := filterpattern.Compile(one.Pattern); err == nil {
			patterns = append(patterns, pattern)
		}
	}
	set := filterpattern.NewSet(patterns)
	for message := range messages {
		var want []int
		for i, pattern := range patterns {
			if pattern.Match([]byte(message)) {
				want = append(want, i)
			}
		}
		if diff := cmp.Diff(want, set.Match([]byte(message), nil)); diff != "" {
			t.Errorf("%s: %s", message, diff)
		}
	}
}
