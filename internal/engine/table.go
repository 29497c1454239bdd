package engine

import (
	"fmt"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// Table returns a table of logs as a query sees it: its columns and partition
// columns with Trino's types, and Athena's hidden columns. An error names the
// column whose type Hive does not have.
func Table(catalog string, t lake.Table) (*plan.Table, error) {
	table := &plan.Table{Catalog: catalog, Database: t.Database, Name: t.Name, Detail: t}
	for _, group := range []struct {
		columns   []lake.Column
		partition bool
	}{{t.Columns, false}, {t.PartitionKeys, true}} {
		for _, c := range group.columns {
			kind, err := datatype.ParseHive(c.Type)
			if err != nil {
				return nil, fmt.Errorf("table %s.%s, column %s: %w", t.Database, t.Name, c.Name, err)
			}
			table.Columns = append(table.Columns, plan.TableColumn{Name: c.Name, Type: kind, Partition: group.partition})
		}
	}
	for _, hidden := range []plan.TableColumn{
		{Name: "$path", Type: datatype.Text()},
		{Name: "$file_size", Type: datatype.Of(datatype.Bigint)},
		{Name: "$file_modified_time", Type: datatype.Temporal(datatype.TimestampTZ, 3)},
		{Name: "$partition", Type: datatype.Text()},
	} {
		hidden.Hidden = true
		table.Columns = append(table.Columns, hidden)
	}
	return table, nil
}
