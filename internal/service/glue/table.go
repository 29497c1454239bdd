package glue

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// CreateTable adds a table, as its version 1.
func (s *Service) CreateTable(ctx context.Context, in *glueapi.CreateTableInput) (*glueapi.CreateTableOutput, error) {
	if in.OpenTableFormatInput != nil {
		return nil, errUnsupported("OpenTableFormatInput is not supported by this version of Sillok: create the table with TableInput.")
	}
	if in.TableInput == nil {
		return nil, errInvalid("TableInput is required.")
	}
	database, name := lower(in.DatabaseName), lower(in.TableInput.Name)
	table := tableOf(ctx, database, in.TableInput)
	table.CreateTime, table.VersionId = table.UpdateTime, new("1")
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		if _, err := databases.Get(tx, database); err != nil {
			return err
		}
		if err := tables.Create(tx, table, database, name); err != nil {
			return err
		}
		for _, index := range in.PartitionIndexes {
			if err := createIndex(tx, table, index); err != nil {
				return err
			}
		}
		return putVersion(tx, table)
	})
	return &glueapi.CreateTableOutput{}, err
}

// GetTable returns one table.
func (s *Service) GetTable(ctx context.Context, in *glueapi.GetTableInput) (*glueapi.GetTableOutput, error) {
	out := &glueapi.GetTableOutput{}
	err := s.view(ctx, in.CatalogId, func(r resource.Reader) error {
		table, err := tableIn(r, lower(in.DatabaseName), lower(in.Name))
		out.Table = &table
		return err
	})
	return out, err
}

// GetTables lists the tables of a database by name, those whose whole name
// matches Expression where one is given.
func (s *Service) GetTables(ctx context.Context, in *glueapi.GetTablesInput) (*glueapi.GetTablesOutput, error) {
	matches, err := nameMatcher(resource.Value(in.Expression))
	if err != nil {
		return nil, err
	}
	database := lower(in.DatabaseName)
	out := &glueapi.GetTablesOutput{}
	err = s.view(ctx, in.CatalogId, func(r resource.Reader) (err error) {
		if _, err := databases.Get(r, database); err != nil {
			return err
		}
		asked := tokens.Page(in, in.NextToken, in.MaxResults, 100)
		out.TableList, out.NextToken, err = resource.Page(ctx, asked, tables.From(r, database), func(t glueapi.Table) (glueapi.Table, bool, error) {
			return attributes(t, in.AttributesToGet), matches(*t.Name), nil
		})
		return err
	})
	return out, err
}

// attributes returns the part of a table that is asked for: all without wanted,
// else what names it, and its type where that is wanted.
func attributes(t glueapi.Table, wanted []string) glueapi.Table {
	if len(wanted) == 0 {
		return t
	}
	part := glueapi.Table{Name: t.Name, DatabaseName: t.DatabaseName, CatalogId: t.CatalogId}
	if slices.Contains(wanted, "TABLE_TYPE") {
		part.TableType = t.TableType
	}
	return part
}

// UpdateTable replaces a table's definition and makes it the newest version; the
// one before is kept unless SkipArchive is true.
func (s *Service) UpdateTable(ctx context.Context, in *glueapi.UpdateTableInput) (*glueapi.UpdateTableOutput, error) {
	if in.TableInput == nil {
		return nil, errInvalid("TableInput is required.")
	}
	database, name := lower(in.DatabaseName), lower(in.TableInput.Name)
	table := tableOf(ctx, database, in.TableInput)
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		old, err := tableIn(tx, database, name)
		if err != nil {
			return err
		}
		if in.VersionId != nil && *in.VersionId != *old.VersionId {
			return cloud.Errorf(cloud.Conflict, "ConcurrentModificationException", "Table %s is at version %s, not %s.", name, *old.VersionId, *in.VersionId)
		}
		version, err := strconv.Atoi(*old.VersionId)
		if err != nil {
			return err
		}
		table.CreateTime, table.VersionId = old.CreateTime, new(strconv.Itoa(version+1))
		if err := tables.Put(tx, table, database, name); err != nil {
			return err
		}
		if resource.Value(in.SkipArchive) {
			if err := dropVersion(tx, old); err != nil {
				return err
			}
		}
		return putVersion(tx, table)
	})
	return &glueapi.UpdateTableOutput{}, err
}

// DeleteTable removes a table with its versions and partitions; its objects stay.
func (s *Service) DeleteTable(ctx context.Context, in *glueapi.DeleteTableInput) (*glueapi.DeleteTableOutput, error) {
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		return deleteTable(tx, lower(in.DatabaseName), lower(in.Name))
	})
	return &glueapi.DeleteTableOutput{}, err
}

// BatchDeleteTable removes several tables and says which could not be.
func (s *Service) BatchDeleteTable(ctx context.Context, in *glueapi.BatchDeleteTableInput) (*glueapi.BatchDeleteTableOutput, error) {
	out := &glueapi.BatchDeleteTableOutput{}
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		return resource.Each(in.TablesToDelete, func(name string) error {
			return deleteTable(tx, lower(in.DatabaseName), strings.ToLower(name))
		}, func(name string, why *cloud.Error) {
			out.Errors = append(out.Errors, glueapi.TableError{TableName: new(name), ErrorDetail: detail(why)})
		})
	})
	return out, err
}

// tableIn reads one table; its error names the database when that is missing.
func tableIn(r resource.Reader, database, name string) (glueapi.Table, error) {
	table, found, err := tables.Find(r, database, name)
	if err != nil || found {
		return table, err
	}
	if _, err := databases.Get(r, database); err != nil {
		return table, err
	}
	return table, errNoTable(database, name)
}

func deleteTable(tx resource.Tx, database, name string) error {
	if _, err := tableIn(tx, database, name); err != nil {
		return err
	}
	return errors.Join(
		tables.Delete(tx, database, name), versions.DeleteBelow(tx, database, name), partitions.DeleteBelow(tx, database, name),
		indexes.DeleteBelow(tx, database, name), tableStatistics.DeleteBelow(tx, database, name), partitionStatistics.DeleteBelow(tx, database, name),
	)
}

func tableOf(ctx context.Context, database string, in *glueapi.TableInput) glueapi.Table {
	call := cloud.CallOf(ctx)
	table := glueapi.Table{
		Name:              new(lower(in.Name)),
		DatabaseName:      new(database),
		Description:       in.Description,
		Owner:             in.Owner,
		UpdateTime:        resource.Now(precision),
		LastAccessTime:    in.LastAccessTime,
		LastAnalyzedTime:  in.LastAnalyzedTime,
		Retention:         in.Retention,
		StorageDescriptor: in.StorageDescriptor,
		PartitionKeys:     in.PartitionKeys,
		ViewOriginalText:  in.ViewOriginalText,
		ViewExpandedText:  in.ViewExpandedText,
		TableType:         in.TableType,
		Parameters:        in.Parameters,
		TargetTable:       in.TargetTable,
		CatalogId:         new(string(call.Account)),
		CreatedBy:         new(call.Principal.ARN),

		IsRegisteredWithLakeFormation: new(false),
		IsMultiDialectView:            new(false),
	}
	if table.PartitionKeys == nil {
		table.PartitionKeys = []glueapi.Column{}
	}
	if table.Retention == nil {
		table.Retention = new(int32(0))
	}
	return table
}

// nameMatcher returns what GetTables's Expression asks of a whole name. It is a
// regular expression in which Glue reads a star that follows no atom, or
// follows a word, as "any characters".
func nameMatcher(expression string) (func(string) bool, error) {
	if expression == "" {
		return func(string) bool { return true }, nil
	}
	var pattern strings.Builder
	for i, r := range expression {
		if r == '*' && (i == 0 || !strings.ContainsRune(`.)]+?\`, rune(expression[i-1]))) {
			pattern.WriteByte('.')
		}
		pattern.WriteRune(r)
	}
	compiled, err := regexp.Compile("^(?:" + pattern.String() + ")$")
	if err != nil {
		return nil, errInvalid("Expression is not a valid pattern: %s", expression)
	}
	return compiled.MatchString, nil
}
