package member_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/member"
)

const ann cloud.Account = "444455556666"

// house is a journal and where accounts are now.
type house struct {
	*testing.T

	journal *journal.Journal
	state   *state.DB
	members *member.Members
	now     map[cloud.Account]string
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, now: map[cloud.Account]string{}}
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	var errs [2]error
	h.journal, errs[0] = journal.Open(t.Context(), journal.Config{Dir: filepath.Join(dir, "calls"), Log: log})
	h.state, errs[1] = state.Open(t.Context(), filepath.Join(dir, "state.db"))
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(h.state.Close(), h.journal.Close()); err != nil {
			t.Error(err)
		}
	})
	h.restart()
	return h
}

func (h *house) restart() {
	h.members = member.New(h.journal, h.state, func(_ context.Context, account cloud.Account) (string, error) { return h.now[account], nil })
}

// call records a call and returns its number.
func (h *house) call() uint64 {
	h.Helper()
	if err := h.journal.Record(h.Context(), cloud.Fact{Call: cloud.Call{Service: "glue", Operation: "GetTable"}, Outcome: cloud.Done}); err != nil {
		h.Fatal(err)
	}
	return h.journal.Next() - 1
}

func (h *house) move(to string) {
	h.Helper()
	if err := h.state.Update(h.Context(), func(tx state.Tx) error { return h.members.Moved(tx, ann, h.now[ann], to) }); err != nil {
		h.Fatal(err)
	}
	h.now[ann] = to
}

func (h *house) at(numbers ...uint64) (all []string) {
	h.Helper()
	for _, n := range numbers {
		of, err := h.members.At(h.Context(), ann, n)
		if err != nil {
			h.Fatal(err)
		}
		all = append(all, of)
	}
	return all
}

func (h *house) want(got []string, want ...string) {
	h.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("organizations:\n%s", diff)
	}
}

func TestWhatHeldWhenACallEnded(t *testing.T) {
	h := open(t)
	alone := h.call()
	h.want(h.at(alone), "")
	h.move("o-1")
	joined := h.call()
	h.move("")
	left := h.call()
	h.move("o-2")
	other := h.call()
	for range 2 { // what is kept is the same for the next process
		h.want(h.at(alone, joined, left, other, other+1000), "", "o-1", "", "o-2", "o-2")
		h.restart()
	}
}

// A member of before anything was written down was one all along, and a move that fails
// is none.
func TestWhoNeverMoved(t *testing.T) {
	h := open(t)
	h.now[ann] = "o-1"
	first := h.call()
	h.want(h.at(first), "o-1")
	failed := errors.New("it is rolled back")
	if err := h.state.Update(t.Context(), func(tx state.Tx) error {
		return errors.Join(h.members.Moved(tx, ann, "o-1", ""), failed)
	}); !errors.Is(err, failed) {
		t.Fatal(err)
	}
	second := h.call()
	h.want(h.at(first, second), "o-1", "o-1")
	h.move("")
	h.want(h.at(first, second, h.call()), "o-1", "o-1", "")
}

// Changes are remembered as long as they may decide over a call, and no more than a bound.
func TestTooManyMoves(t *testing.T) {
	h := open(t)
	h.call()
	err := h.state.Update(t.Context(), func(tx state.Tx) error {
		for i := range 1001 {
			if err := h.members.Moved(tx, ann, "", fmt.Sprint("o-", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if cloud.KindOf(err) != cloud.Throttled {
		t.Errorf("got %v, want an error of too many changes", err)
	}
}
