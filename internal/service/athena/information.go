package athena

import (
	"cmp"
	"context"
	"iter"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Databases implements analyze.Lister.
func (r relations) Databases(ctx context.Context, catalog string) ([]string, error) {
	if own, err := r.own(ctx, catalog); err != nil || !own {
		return nil, cmp.Or(err, analyze.ErrNoCatalog)
	}
	var names []string
	for d, err := range databasesOf(ctx, r.glue)("") {
		if err != nil {
			return nil, err
		}
		names = append(names, *d.Value.Name)
	}
	return names, nil
}

// Tables implements analyze.Lister. Names that are given are asked for one by one.
func (r relations) Tables(ctx context.Context, catalog string, databases, names []string) iter.Seq2[analyze.Listed, error] {
	return func(yield func(analyze.Listed, error) bool) {
		if databases == nil {
			all, err := r.Databases(ctx, catalog)
			if err != nil {
				yield(analyze.Listed{}, err)
				return
			}
			databases = all
		}
		for _, database := range databases {
			for t, err := range r.tablesIn(ctx, database, names) {
				if err != nil {
					yield(analyze.Listed{}, err)
					return
				}
				if !yield(listed(t), nil) {
					return
				}
			}
		}
	}
}

// tablesIn yields the tables of a database: all, or those of the given names. What does
// not exist, or could not by its name, yields nothing.
func (r relations) tablesIn(ctx context.Context, database string, names []string) iter.Seq2[glueapi.Table, error] {
	return func(yield func(glueapi.Table, error) bool) {
		if names == nil {
			for t, err := range tablesOf(ctx, r.glue, database)("") {
				if absent(err) {
					return
				}
				if !yield(t.Value, err) || err != nil {
					return
				}
			}
			return
		}
		for _, name := range names {
			out, err := r.glue.GetTable(ctx, &glueapi.GetTableInput{DatabaseName: &database, Name: &name})
			if absent(err) {
				continue
			}
			if err != nil {
				yield(glueapi.Table{}, err)
				return
			}
			if !yield(*out.Table, nil) {
				return
			}
		}
	}
}

func absent(err error) bool {
	if err == nil {
		return false
	}
	kind := cloud.KindOf(err)
	return kind == cloud.NotFound || kind == cloud.Invalid
}

// listed is a table of the catalog as information_schema has it. What cannot be read as
// a definition of a view or as a type stands as it is.
func listed(table glueapi.Table) analyze.Listed {
	l := analyze.Listed{
		Database: strings.ToLower(resource.Value(table.DatabaseName)), Name: strings.ToLower(resource.Value(table.Name)), View: isView(table),
	}
	if l.View {
		l.Definition = resource.Value(table.ViewOriginalText)
		if view, err := decodeView(table); err == nil {
			l.Definition = view.OriginalSQL
			for _, c := range view.Columns {
				l.Columns = append(l.Columns, analyze.ListedColumn{Name: c.Name, Type: c.Type})
			}
			return l
		}
	}
	for _, group := range []struct {
		columns   []glueapi.Column
		partition bool
	}{{resource.Value(table.StorageDescriptor).Columns, false}, {table.PartitionKeys, true}} {
		for i, c := range lakeColumns(group.columns) {
			kind := c.Type
			if t, err := datatype.ParseHive(c.Type); err == nil {
				kind = t.String()
			}
			l.Columns = append(l.Columns, analyze.ListedColumn{
				Name: c.Name, Type: kind, Comment: resource.Value(group.columns[i].Comment), Partition: group.partition,
			})
		}
	}
	return l
}

// Partitions implements analyze.Lister. Projected partitions are nowhere listed.
func (r relations) Partitions(ctx context.Context, t *plan.Table) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		table, ok := t.Detail.(lake.Table)
		if !ok || table.Partitions == nil {
			return
		}
		if strings.EqualFold(table.Properties["projection.enabled"], "true") {
			yield(nil, sqlerr.Refused("\"table$partitions\" of a table with partition projection"))
			return
		}
		for p, err := range table.Partitions(ctx) {
			if !yield(p.Values, err) || err != nil {
				return
			}
		}
	}
}
