package rowpattern_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/engine/rowpattern"
	"github.com/sillok/sillok/internal/sql/plan"
)

// The rows of these tests are letters, and a label is one of "abc" that the row must be.
func search(program []plan.PatternOp, rows string) *rowpattern.Search {
	return &rowpattern.Search{
		Program: program, Marks: 1, Size: len(rows),
		Holds: func(m *rowpattern.Match) (bool, error) {
			last := len(m.Labels) - 1
			return rows[m.Start+last] == "abc"[m.Labels[last]], nil
		},
		Cut:  func(int) {},
		Step: func() error { return nil },
	}
}

func repeat(reluctant bool) []plan.PatternOp { // a* b
	split := plan.PatternOp{Kind: plan.OpSplit, Arg: 1, Else: 5}
	if reluctant {
		split.Arg, split.Else = split.Else, split.Arg
	}
	return []plan.PatternOp{
		split, {Kind: plan.OpMark}, {Kind: plan.OpRow, Arg: 0}, {Kind: plan.OpMoved}, {Kind: plan.OpJump}, {Kind: plan.OpRow, Arg: 1}, {Kind: plan.OpMatch},
	}
}

func TestSearch(t *testing.T) {
	either := []plan.PatternOp{{Kind: plan.OpSplit, Arg: 1, Else: 3}, {Kind: plan.OpRow, Arg: 0}, {Kind: plan.OpJump, Arg: 4}, {Kind: plan.OpRow, Arg: 1}, {Kind: plan.OpMatch}}
	hidden := []plan.PatternOp{{Kind: plan.OpExclude}, {Kind: plan.OpRow, Arg: 0}, {Kind: plan.OpInclude}, {Kind: plan.OpRow, Arg: 1}, {Kind: plan.OpMatch}}
	ends := []plan.PatternOp{{Kind: plan.OpStart}, {Kind: plan.OpRow, Arg: 0}, {Kind: plan.OpEnd}, {Kind: plan.OpMatch}}
	for _, tt := range []struct {
		name    string
		program []plan.PatternOp
		rows    string
		start   int
		want    string // labels, upper-case for rows that do not come out; "-" for no match
	}{
		{"as many as there are", repeat(false), "aaab", 0, "aaab"},
		{"as few as there may be", repeat(true), "aab", 0, "aab"},
		{"no row of a repeat", repeat(false), "b", 0, "b"},
		{"no match", repeat(false), "aaa", 0, "-"},
		{"from a row on", repeat(false), "aab", 1, "ab"},
		{"the second way", either, "b", 0, "b"},
		{"rows that do not come out", hidden, "ab", 0, "Ab"},
		{"from the start to the end", ends, "a", 0, "a"},
		{"not at the end", ends, "ab", 0, "-"},
		{"not at the start", ends, "aa", 1, "-"},
	} {
		for _, forgetful := range []bool{false, true} {
			s := search(tt.program, tt.rows)
			s.Forgetful = forgetful
			m, err := s.At(tt.start)
			if err != nil {
				t.Fatal(err)
			}
			got := "-"
			if m != nil {
				got = ""
				for i, label := range m.Labels {
					letter := "abc"[label : label+1]
					if m.Excluded[i] {
						letter = strings.ToUpper(letter)
					}
					got += letter
				}
			}
			if got != tt.want {
				t.Errorf("%s, forgetful %v: %s, want %s", tt.name, forgetful, got, tt.want)
			}
		}
	}
}

// A repeat of repeats fails in as many steps as there are rows, not in 2 to their power.
func TestSearchOfNestedRepeats(t *testing.T) {
	program := []plan.PatternOp{ // ((a*)*) b
		{Kind: plan.OpSplit, Arg: 1, Else: 8},
		{Kind: plan.OpMark},
		{Kind: plan.OpSplit, Arg: 3, Else: 6},
		{Kind: plan.OpMark, Arg: 1},
		{Kind: plan.OpRow},
		{Kind: plan.OpJump, Arg: 2},
		{Kind: plan.OpMoved},
		{Kind: plan.OpJump},
		{Kind: plan.OpRow, Arg: 1},
		{Kind: plan.OpMatch},
	}
	s := search(program, strings.Repeat("a", 500))
	s.Marks, s.Forgetful = 2, true
	steps := 0
	s.Step = func() error { steps++; return nil }
	if m, err := s.At(0); m != nil || err != nil || steps > 50_000 {
		t.Errorf("%v, %v after %d steps", m, err, steps)
	}
}

func TestSearchThatIsEnded(t *testing.T) {
	ended := errors.New("ended")
	s := search(repeat(false), "aab")
	s.Step = func() error { return ended }
	if _, err := s.At(0); !errors.Is(err, ended) {
		t.Errorf("got %v", err)
	}
	s = search(repeat(false), "aab")
	s.Holds = func(*rowpattern.Match) (bool, error) { return false, ended }
	if _, err := s.At(0); !errors.Is(err, ended) {
		t.Errorf("got %v", err)
	}
	cuts := []int{}
	s = search(repeat(false), "aac")
	s.Cut = func(rows int) { cuts = append(cuts, rows) }
	if m, err := s.At(0); m != nil || err != nil || !slices.Equal(cuts, []int{2, 2, 2, 1, 1, 0, 0}) {
		t.Errorf("%v, %v, cut at %v", m, err, cuts)
	}
}
