package athena

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/lake"
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

// pages calls get with the token of each page in turn until one gives none.
func pages(get func(token *string) (next *string, err error)) error {
	var token *string
	for {
		next, err := get(token)
		if err != nil || text(next) == "" {
			return err
		}
		token = next
	}
}

// tablesOf returns all tables of a database by name.
func tablesOf(ctx context.Context, glue Catalog, database string) ([]glueapi.Table, error) {
	var tables []glueapi.Table
	err := pages(func(token *string) (*string, error) {
		out, err := glue.GetTables(ctx, &glueapi.GetTablesInput{DatabaseName: new(database), NextToken: token})
		if err != nil {
			return nil, err
		}
		tables = append(tables, out.TableList...)
		return out.NextToken, nil
	})
	return tables, err
}

// databasesOf returns all databases by name.
func databasesOf(ctx context.Context, glue Catalog) ([]glueapi.Database, error) {
	var databases []glueapi.Database
	err := pages(func(token *string) (*string, error) {
		out, err := glue.GetDatabases(ctx, &glueapi.GetDatabasesInput{NextToken: token})
		if err != nil {
			return nil, err
		}
		databases = append(databases, out.DatabaseList...)
		return out.NextToken, nil
	})
	return databases, err
}

// partitionsOf returns all partitions of a table by their values.
func partitionsOf(ctx context.Context, glue Catalog, table glueapi.Table) ([]glueapi.Partition, error) {
	var partitions []glueapi.Partition
	err := pages(func(token *string) (*string, error) {
		out, err := glue.GetPartitions(ctx, &glueapi.GetPartitionsInput{
			DatabaseName: table.DatabaseName, TableName: table.Name, NextToken: token, ExcludeColumnSchema: new(true),
		})
		if err != nil {
			return nil, err
		}
		partitions = append(partitions, out.Partitions...)
		return out.NextToken, nil
	})
	return partitions, err
}

// lakeTable says where and how the rows of a catalog table lie.
func lakeTable(glue Catalog, table glueapi.Table) lake.Table {
	descriptor := glueapi.StorageDescriptor{}
	if table.StorageDescriptor != nil {
		descriptor = *table.StorageDescriptor
	}
	serde := glueapi.SerDeInfo{}
	if descriptor.SerdeInfo != nil {
		serde = *descriptor.SerdeInfo
	}
	return lake.Table{
		Database:        text(table.DatabaseName),
		Name:            text(table.Name),
		Location:        text(descriptor.Location),
		Columns:         lakeColumns(descriptor.Columns),
		PartitionKeys:   lakeColumns(table.PartitionKeys),
		SerDe:           text(serde.SerializationLibrary),
		SerDeProperties: serde.Parameters,
		InputFormat:     text(descriptor.InputFormat),
		Properties:      table.Parameters,
		Partitions: func(ctx context.Context) ([]lake.Partition, error) {
			found, err := partitionsOf(ctx, glue, table)
			partitions := make([]lake.Partition, len(found))
			for i, p := range found {
				partitions[i].Values = p.Values
				if p.StorageDescriptor != nil {
					partitions[i].Location = text(p.StorageDescriptor.Location)
				}
			}
			return partitions, err
		},
	}
}

func lakeColumns(columns []glueapi.Column) []lake.Column {
	out := make([]lake.Column, len(columns))
	for i, c := range columns {
		out[i] = lake.Column{Name: strings.ToLower(text(c.Name)), Type: strings.ToLower(strings.TrimSpace(text(c.Type)))}
	}
	return out
}

// isView says whether a catalog table is a view.
func isView(table glueapi.Table) bool { return text(table.TableType) == "VIRTUAL_VIEW" }

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
	encoded, ok := strings.CutPrefix(text(table.ViewOriginalText), viewPrefix)
	if !ok {
		return view, fmt.Errorf("view %s.%s was not made by Athena or Trino", text(table.DatabaseName), text(table.Name))
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(strings.TrimSuffix(encoded, viewSuffix)))
	if err == nil {
		err = json.Unmarshal(data, &view)
	}
	if err != nil {
		err = fmt.Errorf("read the definition of view %s.%s: %w", text(table.DatabaseName), text(table.Name), err)
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
