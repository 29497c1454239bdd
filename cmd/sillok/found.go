package main

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/analyze"
)

// discovered resolves names over the tables that were found.
type discovered []lake.Found

// The catalog and the database that the tables are in.
const (
	catalogName     = "awsdatacatalog"
	defaultDatabase = "default"
)

// Relation implements analyze.Catalog.
func (d discovered) Relation(_ context.Context, catalog, database, name string) (*analyze.Relation, error) {
	if catalog != catalogName {
		return nil, analyze.ErrNoCatalog
	}
	if !d.has(database) {
		return nil, analyze.ErrNoDatabase
	}
	for _, f := range d {
		if f.Table.Name == name && (database == defaultDatabase || database == f.Table.Database) {
			table, err := engine.Table(catalogName, f.Table)
			return &analyze.Relation{Table: table}, err
		}
	}
	return nil, nil //nolint:nilnil // the interface says nil for a table that is not there
}

// has says whether there is a database of that name. That of a server's own tables has its
// own, and all are in the default one.
func (d discovered) has(database string) bool {
	return database == defaultDatabase || slices.ContainsFunc(d, func(f lake.Found) bool { return f.Table.Database == database })
}

// first names a table for an example.
func (d discovered) first() string {
	if len(d) == 0 {
		return "cloudtrail"
	}
	return d[0].Table.Name
}

// names lists the tables that were found.
func (d discovered) names() []string {
	names := make([]string, len(d))
	for i, f := range d {
		names[i] = f.Table.Name
	}
	return names
}
