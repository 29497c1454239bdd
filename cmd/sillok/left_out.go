package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/terminal"
)

// leftOutError is the failure of a strict query: its answer stands, and lacks
// what was left out.
type leftOutError struct{ files int }

func (e leftOutError) Error() string {
	return terminal.Counted(int64(e.files), "file was", "files were") + " left out that may hold records, or not read to the end"
}

// leftOut says in one line after an answer what is not in it, and fails when that
// was asked for.
func (q *asked) leftOut(stats engine.Stats) error {
	counts := map[lake.SkipKind]int{}
	for _, s := range slices.Concat(q.found.Skipped, stats.Skipped) {
		counts[s.Kind]++
	}
	var parts []string
	total := 0
	for kind := lake.NotRecognised; kind <= lake.NoLog; kind++ {
		if n := counts[kind]; n > 0 {
			parts = append(parts, terminal.Grouped(int64(n))+" "+kind.String())
			total += n
		}
	}
	if total > 0 {
		fmt.Fprintf(q.screen.stderr, "%s left out: %s; `sillok query%s --skipped` lists them\n",
			terminal.Counted(int64(total), "file was", "files were"), strings.Join(parts, ", "), q.fromFlags())
	}
	return q.strict(stats)
}

// strict fails when that was asked for and something was left out.
func (q *asked) strict(stats engine.Stats) error {
	n := 0
	for _, s := range slices.Concat(q.found.Skipped, stats.Skipped) {
		if s.Kind.MayHoldRecords() {
			n++
		}
	}
	for _, d := range stats.Damage {
		if d.Cut {
			n++
		}
	}
	if n == 0 || !q.options.strict {
		return nil
	}
	return leftOutError{files: n}
}

// listSkipped prints which objects are in no table, and why.
func (q *asked) listSkipped() error {
	rows := make([][]string, len(q.found.Skipped))
	for i, s := range q.found.Skipped {
		rows[i] = []string{q.places.shown(s.Object.Name()), s.Reason}
	}
	if err := q.print([]string{"file", "reason"}, rows); err != nil {
		return err
	}
	return q.strict(engine.Stats{})
}

// maxSkipped is how many objects that are in no table the listing names.
const maxSkipped = 3

// skipped says which objects are in no table, and why.
func (q *asked) skipped() {
	objects := q.found.Skipped
	if len(objects) == 0 {
		return
	}
	fmt.Fprintf(q.screen.stderr, "%s in no table:\n", terminal.Counted(int64(len(objects)), "object is", "objects are"))
	for i, o := range objects {
		if i == maxSkipped {
			fmt.Fprintf(q.screen.stderr, "  … and %s more; `sillok query%s --skipped` lists them\n", terminal.Grouped(int64(len(objects)-maxSkipped)), q.fromFlags())
			return
		}
		fmt.Fprintf(q.screen.stderr, "  %s: %s\n", terminal.Printable(q.places.shown(o.Object.Name())), terminal.Printable(o.Reason))
	}
}
