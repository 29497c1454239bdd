package engine

import (
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Table returns a table of logs as a query sees it: its columns and partition
// columns with Trino's types, and Athena's hidden columns. An error names the
// column whose type Hive does not have; that of a table whose files another format
// keeps a record of is a *sqlerr.Error.
func Table(catalog string, t lake.Table) (*plan.Table, error) {
	if kind := openFormat(t.Properties); kind != "" {
		return nil, sqlerr.Refused(kind + " (table " + t.Database + "." + t.Name + ")")
	}
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

// openFormat names the table format that keeps a record of its own of a table's files,
// so that what lies under the location is not the table; empty for Hive's.
func openFormat(properties map[string]string) string {
	for key, value := range properties {
		switch key, value = strings.ToLower(key), strings.ToUpper(value); {
		case key == "table_type" && value == "ICEBERG", key == "metadata_location":
			return "an Iceberg table"
		case key == "table_type" && value == "DELTA", key == "spark.sql.sources.provider" && value == "DELTA":
			return "a Delta Lake table"
		case key == "spark.sql.sources.provider" && value == "HUDI":
			return "a Hudi table"
		}
	}
	return ""
}
