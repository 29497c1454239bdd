package glue

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// CreateTable adds a table, as its version 1.
func (s *Service) CreateTable(ctx context.Context, in *glueapi.CreateTableInput) (*glueapi.CreateTableOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	if in.OpenTableFormatInput != nil {
		return nil, cloud.Errorf(cloud.Unsupported, "InvalidInputException", "OpenTableFormatInput is not supported by this version of Sillok: create the table with TableInput.")
	}
	if in.TableInput == nil {
		return nil, errInvalid("TableInput is required.")
	}
	database := lower(in.DatabaseName)
	table := s.tableOf(call, database, in.TableInput)
	table.CreateTime, table.VersionId = table.UpdateTime, new("1")
	err := s.store.Update(ctx, func(tx state.Tx) error {
		if _, err := databaseIn(tx, call, database); err != nil {
			return err
		}
		if err := state.Insert(tx, key(call, kindTable, database, *table.Name), table); err != nil {
			return orConflict(err, errExists("Table "+*table.Name))
		}
		return putVersion(tx, call, table)
	})
	return &glueapi.CreateTableOutput{}, err
}

// GetTable returns one table.
func (s *Service) GetTable(ctx context.Context, in *glueapi.GetTableInput) (*glueapi.GetTableOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	out := &glueapi.GetTableOutput{}
	err := s.store.View(ctx, func(r state.Reader) error {
		table, err := tableIn(r, call, lower(in.DatabaseName), lower(in.Name))
		out.Table = &table
		return err
	})
	return out, err
}

// GetTables lists the tables of a database by name, those whose whole name
// matches Expression where one is given.
func (s *Service) GetTables(ctx context.Context, in *glueapi.GetTablesInput) (*glueapi.GetTablesOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	from, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	matches, err := nameMatcher(value(in.Expression))
	if err != nil {
		return nil, err
	}
	database := lower(in.DatabaseName)
	out := &glueapi.GetTablesOutput{}
	err = s.store.View(ctx, func(r state.Reader) error {
		if _, err := databaseIn(r, call, database); err != nil {
			return err
		}
		entries := state.List[glueapi.Table](r, call.Scope(), kindTable, state.Range{Prefix: below(database), After: from})
		var err error
		out.TableList, out.NextToken, err = page(entries, limit(in.MaxResults, 100), func(t glueapi.Table) (bool, error) {
			return matches(*t.Name), nil
		})
		return err
	})
	return out, err
}

// UpdateTable replaces a table's definition and makes it the newest version.
func (s *Service) UpdateTable(ctx context.Context, in *glueapi.UpdateTableInput) (*glueapi.UpdateTableOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	if in.TableInput == nil {
		return nil, errInvalid("TableInput is required.")
	}
	database := lower(in.DatabaseName)
	table := s.tableOf(call, database, in.TableInput)
	err := s.store.Update(ctx, func(tx state.Tx) error {
		old, err := tableIn(tx, call, database, *table.Name)
		if err != nil {
			return err
		}
		if in.VersionId != nil && *in.VersionId != *old.VersionId {
			return cloud.Errorf(cloud.Conflict, "ConcurrentModificationException", "Table %s is at version %s, not %s.", *table.Name, *old.VersionId, *in.VersionId)
		}
		version, err := strconv.Atoi(*old.VersionId)
		if err != nil {
			return err
		}
		table.CreateTime, table.VersionId = old.CreateTime, new(strconv.Itoa(version+1))
		if err := state.Put(tx, key(call, kindTable, database, *table.Name), table); err != nil {
			return err
		}
		return putVersion(tx, call, table)
	})
	return &glueapi.UpdateTableOutput{}, err
}

// DeleteTable removes a table with its versions and partitions; its objects stay.
func (s *Service) DeleteTable(ctx context.Context, in *glueapi.DeleteTableInput) (*glueapi.DeleteTableOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	err := s.store.Update(ctx, func(tx state.Tx) error {
		return deleteTable(tx, call, lower(in.DatabaseName), lower(in.Name))
	})
	return &glueapi.DeleteTableOutput{}, err
}

// BatchDeleteTable removes several tables and says which could not be.
func (s *Service) BatchDeleteTable(ctx context.Context, in *glueapi.BatchDeleteTableInput) (*glueapi.BatchDeleteTableOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	out := &glueapi.BatchDeleteTableOutput{}
	err := s.store.Update(ctx, func(tx state.Tx) error {
		for _, name := range in.TablesToDelete {
			err := deleteTable(tx, call, lower(in.DatabaseName), strings.ToLower(name))
			if err == nil {
				continue
			}
			failure, err := detail(err)
			if err != nil {
				return err
			}
			out.Errors = append(out.Errors, glueapi.TableError{TableName: new(name), ErrorDetail: failure})
		}
		return nil
	})
	return out, err
}

// tableIn reads one table; its error names the database when that is missing.
func tableIn(r state.Reader, call cloud.Call, database, name string) (glueapi.Table, error) {
	table, found, err := state.Find[glueapi.Table](r, key(call, kindTable, database, name))
	if err != nil || found {
		return table, err
	}
	if _, err := databaseIn(r, call, database); err != nil {
		return table, err
	}
	return table, errNoTable(name)
}

func deleteTable(tx state.Tx, call cloud.Call, database, name string) error {
	if _, err := tableIn(tx, call, database, name); err != nil {
		return err
	}
	for _, kind := range []string{kindVersion, kindPartition} {
		if err := deleteBelow(tx, call, kind, below(database, name)); err != nil {
			return err
		}
	}
	return tx.Delete(key(call, kindTable, database, name))
}

func (s *Service) tableOf(call cloud.Call, database string, in *glueapi.TableInput) glueapi.Table {
	table := glueapi.Table{
		Name:              new(lower(in.Name)),
		DatabaseName:      new(database),
		Description:       in.Description,
		Owner:             in.Owner,
		UpdateTime:        s.clock(),
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
