package main

import (
	"context"
	"iter"
	"slices"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/plan"
)

// Databases implements analyze.Lister.
func (d discovered) Databases(_ context.Context, catalog string) ([]string, error) {
	if catalog != catalogName {
		return nil, analyze.ErrNoCatalog
	}
	return []string{defaultDatabase}, nil
}

// Tables implements analyze.Lister.
func (d discovered) Tables(ctx context.Context, catalog string, databases, names []string) iter.Seq2[analyze.Listed, error] {
	return func(yield func(analyze.Listed, error) bool) {
		if databases != nil && !slices.Contains(databases, defaultDatabase) {
			return
		}
		for _, name := range d.names() {
			if names != nil && !slices.Contains(names, name) {
				continue
			}
			relation, err := d.Relation(ctx, catalog, defaultDatabase, name)
			if err != nil {
				yield(analyze.Listed{}, err)
				return
			}
			t := analyze.Listed{Database: defaultDatabase, Name: name}
			for _, c := range relation.Table.Columns {
				if !c.Hidden {
					t.Columns = append(t.Columns, analyze.ListedColumn{Name: c.Name, Type: c.Type.String(), Partition: c.Partition})
				}
			}
			if !yield(t, nil) {
				return
			}
		}
	}
}

// Partitions implements analyze.Lister.
func (d discovered) Partitions(ctx context.Context, t *plan.Table) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		table, ok := t.Detail.(lake.Table)
		if !ok || table.Partitions == nil {
			return
		}
		for p, err := range table.Partitions(ctx) {
			if !yield(p.Values, err) || err != nil {
				return
			}
		}
	}
}
