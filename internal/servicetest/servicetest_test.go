package servicetest_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/servicetest"
)

// recorder is a test that takes note of what is reported.
type recorder struct {
	testing.TB
	reports []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.reports = append(r.reports, fmt.Sprintf(format, args...))
}

// listed is a listing of 0 to 6 whose pages hold what page makes of them.
func listed(page func(from, to int) []int) func(size *int32, token *string) ([]int, *string, error) {
	return func(size *int32, token *string) ([]int, *string, error) {
		from := 0
		if token != nil {
			from, _ = strconv.Atoi(*token)
		}
		to := min(from+int(*size), 7)
		if to == 7 {
			return page(from, to), nil, nil
		}
		return page(from, to), new(strconv.Itoa(to)), nil
	}
}

func TestPagesFindsListingsThatAreWrong(t *testing.T) {
	all := []int{0, 1, 2, 3, 4, 5, 6}
	for name, tt := range map[string]struct {
		page  func(from, to int) []int
		wrong bool
	}{
		"right":               {func(from, to int) []int { return all[from:to] }, false},
		"one is left out":     {func(from, to int) []int { return all[max(from, min(1, to)):to] }, true},
		"one is there twice":  {func(from, to int) []int { return append(all[from:to:to], all[from]) }, true},
		"the last is missing": {func(from, to int) []int { return all[from:min(to, 6)] }, false}, // in whatever size, so it is not seen
		"another order":       {func(from, to int) []int { return []int{all[to-1], all[from]} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{TB: t}
			servicetest.Pages(r, 7, listed(tt.page))
			if wrong := len(r.reports) > 0; wrong != tt.wrong {
				t.Errorf("reports are %q, wanted some: %t", r.reports, tt.wrong)
			}
		})
	}
}

// refusal is an error as AWS's SDK has it.
type refusal struct{ code, message string }

func (r refusal) Error() string        { return r.code + ": " + r.message }
func (r refusal) ErrorCode() string    { return r.code }
func (r refusal) ErrorMessage() string { return r.message }

func TestWantCode(t *testing.T) {
	for name, tt := range map[string]struct {
		err   error
		wrong bool
	}{
		"of a service":    {fmt.Errorf("while testing: %w", cloud.Errorf(cloud.NotFound, "NoSuchLeaf", "no leaf a")), false},
		"of a client":     {fmt.Errorf("while testing: %w", refusal{"NoSuchLeaf", "no leaf a"}), false},
		"another code":    {refusal{"LeafExists", "no leaf a"}, true},
		"another message": {refusal{"NoSuchLeaf", "no leaf b"}, true},
		"without a code":  {errors.New("no leaf a"), true},
		"none":            {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{TB: t}
			servicetest.WantCode(r, tt.err, "NoSuchLeaf", "no leaf", "leaf a")
			if wrong := len(r.reports) > 0; wrong != tt.wrong {
				t.Errorf("reports are %q, wanted some: %t", r.reports, tt.wrong)
			}
		})
	}
}
