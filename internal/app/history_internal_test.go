package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/trail/history"
)

func TestHealthTellsHowFarOldCallsAreIndexed(t *testing.T) {
	if got := historyHealth(history.Progress{Segments: 5}); got != nil {
		t.Errorf("all is indexed, and it says %+v", got)
	}
	if diff := cmp.Diff(&HistoryHealth{Segments: 5, Indexed: 3}, historyHealth(history.Progress{Segments: 5, Missing: 2})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
