package lake

import (
	"context"
	"iter"
)

// Comparison is a condition on one partition column.
type Comparison struct {
	Column string // in lower case
	Op     string // "=", "<", "<=", ">" or ">="
	// Texts are what the column is compared with, as values of partitions are
	// written: numbers in digits, dates as 2026-03-01. With "=" it is one of them,
	// else there is one.
	Texts []string
}

// Comparer is a Filter that says part of what it keeps in comparisons: it keeps
// no partition for which one of them does not hold.
type Comparer interface {
	Comparisons() []Comparison
}

// wanted yields the catalog's partitions, of which the catalog may leave out
// those that filter compares with other values.
func (t Table) wanted(ctx context.Context, filter Filter) iter.Seq2[Partition, error] {
	if c, ok := filter.(Comparer); ok && t.Matching != nil {
		if comparisons := c.Comparisons(); len(comparisons) > 0 {
			return t.Matching(ctx, comparisons)
		}
	}
	return t.Partitions(ctx)
}
