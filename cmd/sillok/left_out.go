package main

import (
	"context"
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

func (leftOutError) lacks() {}

// leftOut says in one line after an answer what is not in it, and fails when that
// was asked for.
func (q *asked) leftOut(stats engine.Stats) error {
	counts := map[lake.SkipKind]int{}
	for _, s := range q.skippedBy(stats) {
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
	for _, s := range q.skippedBy(stats) {
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

// skippedBy returns what was left out: when looking, and of one question.
func (q *asked) skippedBy(stats engine.Stats) []lake.Skipped {
	return slices.Concat(q.found.Skipped, stats.Skipped)
}

// once returns the statistics with each object once, of those that have something
// wrong: a question may read an object several times.
func once(stats engine.Stats) engine.Stats {
	stats.Skipped = distinct(stats.Skipped, func(s lake.Skipped) string { return s.Object.Name() })
	stats.Damage = distinct(stats.Damage, func(d engine.Damage) string { return d.Object })
	return stats
}

func distinct[T any](items []T, name func(T) string) (out []T) {
	seen := map[string]bool{}
	for _, item := range items {
		if n := name(item); !seen[n] {
			seen[n] = true
			out = append(out, item)
		}
	}
	return out
}

// listSkipped prints which objects are left out, and why: those that are in no table,
// and those that cannot be read, which shows when they are decoded.
func (q *asked) listSkipped(ctx context.Context) error {
	var stats engine.Stats
	for _, f := range q.found.Found {
		_, damage, err := q.inspect(ctx, f)
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Table.Name, err)
		}
		stats.Damage = append(stats.Damage, damage...)
	}
	stats.Skipped = q.unread
	rows := [][]string{}
	for _, s := range q.skippedBy(stats) {
		rows = append(rows, []string{q.places.shown(s.Object.Name()), s.Reason})
	}
	if err := q.print([]string{"file", "reason"}, rows); err != nil {
		return err
	}
	q.screen.damage(stats.Damage, q.places.shown)
	q.screen.notes(q.notes)
	return q.strict(stats)
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
