package athena

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/datatype"
)

// Catalog is the part of AWS Glue that Athena works on. Its operations act for
// the call that the context carries.
type Catalog interface {
	CreateDatabase(context.Context, *glueapi.CreateDatabaseInput) (*glueapi.CreateDatabaseOutput, error)
	GetDatabase(context.Context, *glueapi.GetDatabaseInput) (*glueapi.GetDatabaseOutput, error)
	GetDatabases(context.Context, *glueapi.GetDatabasesInput) (*glueapi.GetDatabasesOutput, error)
	UpdateDatabase(context.Context, *glueapi.UpdateDatabaseInput) (*glueapi.UpdateDatabaseOutput, error)
	DeleteDatabase(context.Context, *glueapi.DeleteDatabaseInput) (*glueapi.DeleteDatabaseOutput, error)
	CreateTable(context.Context, *glueapi.CreateTableInput) (*glueapi.CreateTableOutput, error)
	GetTable(context.Context, *glueapi.GetTableInput) (*glueapi.GetTableOutput, error)
	GetTables(context.Context, *glueapi.GetTablesInput) (*glueapi.GetTablesOutput, error)
	UpdateTable(context.Context, *glueapi.UpdateTableInput) (*glueapi.UpdateTableOutput, error)
	DeleteTable(context.Context, *glueapi.DeleteTableInput) (*glueapi.DeleteTableOutput, error)
	GetPartition(context.Context, *glueapi.GetPartitionInput) (*glueapi.GetPartitionOutput, error)
	GetPartitions(context.Context, *glueapi.GetPartitionsInput) (*glueapi.GetPartitionsOutput, error)
	BatchCreatePartition(context.Context, *glueapi.BatchCreatePartitionInput) (*glueapi.BatchCreatePartitionOutput, error)
	UpdatePartition(context.Context, *glueapi.UpdatePartitionInput) (*glueapi.UpdatePartitionOutput, error)
	DeletePartition(context.Context, *glueapi.DeletePartitionInput) (*glueapi.DeletePartitionOutput, error)
}

// tablesOf yields the tables of a database by name, for resource.Page too.
func tablesOf(ctx context.Context, glue Catalog, database string) resource.Listing[glueapi.Table] {
	return listing(func(token *string) ([]glueapi.Table, *string, error) {
		out, err := glue.GetTables(ctx, &glueapi.GetTablesInput{DatabaseName: new(database), NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.TableList, out.NextToken, nil
	}, func(t glueapi.Table) string { return *t.Name })
}

// databasesOf yields the databases by name, with "default" whether anybody
// made it or not; for resource.Page too.
func databasesOf(ctx context.Context, glue Catalog) resource.Listing[glueapi.Database] {
	made := listing(func(token *string) ([]glueapi.Database, *string, error) {
		out, err := glue.GetDatabases(ctx, &glueapi.GetDatabasesInput{NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.DatabaseList, out.NextToken, nil
	}, func(d glueapi.Database) string { return *d.Name })
	return withOne(made, "default", defaultDatabase())
}

// partitionsOf yields the partitions of a table by their values: all, or those
// for which an expression holds.
func partitionsOf(ctx context.Context, glue Catalog, table glueapi.Table, expression *string) iter.Seq2[glueapi.Partition, error] {
	return func(yield func(glueapi.Partition, error) bool) {
		for page, err := range pages(nil, func(token *string) ([]glueapi.Partition, *string, error) {
			out, err := glue.GetPartitions(ctx, &glueapi.GetPartitionsInput{
				DatabaseName: table.DatabaseName, TableName: table.Name, Expression: expression, NextToken: token, ExcludeColumnSchema: new(true),
			})
			if err != nil {
				return nil, nil, err
			}
			return out.Partitions, out.NextToken, nil
		}) {
			if err != nil {
				yield(glueapi.Partition{}, err)
				return
			}
			for _, p := range page.items {
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// lakeTable says where and how the rows of a catalog table lie.
func lakeTable(glue Catalog, table glueapi.Table) lake.Table {
	descriptor := resource.Value(table.StorageDescriptor)
	serde := resource.Value(descriptor.SerdeInfo)
	return lake.Table{
		Database:        resource.Value(table.DatabaseName),
		Name:            resource.Value(table.Name),
		Location:        resource.Value(descriptor.Location),
		Columns:         lakeColumns(descriptor.Columns),
		PartitionKeys:   lakeColumns(table.PartitionKeys),
		SerDe:           resource.Value(serde.SerializationLibrary),
		SerDeProperties: serde.Parameters,
		InputFormat:     resource.Value(descriptor.InputFormat),
		Properties:      table.Parameters,
		Partitions: func(ctx context.Context) iter.Seq2[lake.Partition, error] {
			return allPartitions(ctx, glue, table, nil)
		},
		Matching: func(ctx context.Context, comparisons []lake.Comparison) iter.Seq2[lake.Partition, error] {
			return matchingPartitions(ctx, glue, table, comparisons)
		},
	}
}

func lakeColumns(columns []glueapi.Column) []lake.Column {
	out := make([]lake.Column, len(columns))
	for i, c := range columns {
		out[i] = lake.Column{Name: strings.ToLower(resource.Value(c.Name)), Type: strings.ToLower(strings.TrimSpace(resource.Value(c.Type)))}
	}
	return out
}

// isView says whether a catalog table is a view.
func isView(table glueapi.Table) bool { return resource.Value(table.TableType) == "VIRTUAL_VIEW" }

// viewText is the definition that Athena and Trino keep of a view, as JSON in
// base64 in the table's ViewOriginalText.
type viewText struct {
	OriginalSQL string       `json:"originalSql"`
	Catalog     string       `json:"catalog"`
	Schema      string       `json:"schema"`
	Columns     []viewColumn `json:"columns"`
}

type viewColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

const (
	viewPrefix = "/* Presto View: "
	viewSuffix = " */"
)

// encode returns the definition as it stands in ViewOriginalText.
func (v viewText) encode() (string, error) {
	data, err := json.Marshal(v)
	return viewPrefix + base64.StdEncoding.EncodeToString(data) + viewSuffix, err
}

// decodeView reads the definition of a view.
func decodeView(table glueapi.Table) (viewText, error) {
	var view viewText
	encoded, ok := strings.CutPrefix(resource.Value(table.ViewOriginalText), viewPrefix)
	if !ok {
		return view, fmt.Errorf("view %s.%s was not made by Athena or Trino", resource.Value(table.DatabaseName), resource.Value(table.Name))
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(strings.TrimSuffix(encoded, viewSuffix)))
	if err == nil {
		err = json.Unmarshal(data, &view)
	}
	if err != nil {
		err = fmt.Errorf("read the definition of view %s.%s: %w", resource.Value(table.DatabaseName), resource.Value(table.Name), err)
	}
	return view, err
}

// hiveType returns Hive's spelling of a type as the catalog keeps a view's
// columns; what Hive has no word for is kept as string.
func hiveType(t datatype.Type) string {
	switch t.Kind {
	case datatype.Boolean, datatype.Tinyint, datatype.Smallint, datatype.Bigint, datatype.Double, datatype.Date, datatype.Decimal, datatype.Char:
		return t.String()
	case datatype.Integer:
		return "int"
	case datatype.Real:
		return "float"
	case datatype.Varbinary:
		return "binary"
	case datatype.Timestamp, datatype.TimestampTZ:
		return "timestamp"
	case datatype.Array:
		return "array<" + hiveType(t.Elem()) + ">"
	case datatype.Map:
		return "map<" + hiveType(t.Elems[0]) + "," + hiveType(t.Elem()) + ">"
	case datatype.Row:
		fields := make([]string, len(t.Elems))
		for i, elem := range t.Elems {
			name := strings.ToLower(t.Names[i])
			if name == "" {
				name = fmt.Sprintf("field%d", i)
			}
			fields[i] = name + ":" + hiveType(elem)
		}
		return "struct<" + strings.Join(fields, ",") + ">"
	default:
		return "string"
	}
}
