package glue

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// GetTableVersions lists a table's versions, oldest first.
func (s *Service) GetTableVersions(ctx context.Context, in *glueapi.GetTableVersionsInput) (*glueapi.GetTableVersionsOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	from, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	database, name := lower(in.DatabaseName), lower(in.TableName)
	out := &glueapi.GetTableVersionsOutput{}
	err = s.store.View(ctx, func(r state.Reader) error {
		if _, err := tableIn(r, call, database, name); err != nil {
			return err
		}
		entries := state.List[glueapi.Table](r, call.Scope(), kindVersion, state.Range{Prefix: below(database, name), After: from})
		tables, token, err := page(entries, limit(in.MaxResults, 100), all)
		for i := range tables {
			out.TableVersions = append(out.TableVersions, glueapi.TableVersion{Table: &tables[i], VersionId: tables[i].VersionId})
		}
		out.NextToken = token
		return err
	})
	return out, err
}

// GetTableVersion returns one version of a table, the newest when none is named.
func (s *Service) GetTableVersion(ctx context.Context, in *glueapi.GetTableVersionInput) (*glueapi.GetTableVersionOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	database, name := lower(in.DatabaseName), lower(in.TableName)
	out := &glueapi.GetTableVersionOutput{}
	err := s.store.View(ctx, func(r state.Reader) error {
		newest, err := tableIn(r, call, database, name)
		if err != nil {
			return err
		}
		version := cmp.Or(value(in.VersionId), *newest.VersionId)
		table, err := versionIn(r, call, database, name, version)
		if err != nil {
			return err
		}
		out.TableVersion = &glueapi.TableVersion{Table: &table, VersionId: table.VersionId}
		return nil
	})
	return out, err
}

// DeleteTableVersion removes one version that is not the newest.
func (s *Service) DeleteTableVersion(ctx context.Context, in *glueapi.DeleteTableVersionInput) (*glueapi.DeleteTableVersionOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	database, name := lower(in.DatabaseName), lower(in.TableName)
	err := s.store.Update(ctx, func(tx state.Tx) error {
		newest, err := tableIn(tx, call, database, name)
		if err != nil {
			return err
		}
		if *newest.VersionId == *in.VersionId {
			return errInvalid("Version %s is the newest of table %s; delete the table instead.", *in.VersionId, name)
		}
		if _, err := versionIn(tx, call, database, name, *in.VersionId); err != nil {
			return err
		}
		return tx.Delete(versionKey(call, database, name, *in.VersionId))
	})
	return &glueapi.DeleteTableVersionOutput{}, err
}

// BatchDeleteTableVersion removes several versions and says which could not be.
func (s *Service) BatchDeleteTableVersion(ctx context.Context, in *glueapi.BatchDeleteTableVersionInput) (*glueapi.BatchDeleteTableVersionOutput, error) {
	out := &glueapi.BatchDeleteTableVersionOutput{}
	for _, version := range slices.Clone(in.VersionIds) {
		_, err := s.DeleteTableVersion(ctx, &glueapi.DeleteTableVersionInput{
			CatalogId: in.CatalogId, DatabaseName: in.DatabaseName, TableName: in.TableName, VersionId: new(version),
		})
		if err == nil {
			continue
		}
		failure, err := detail(err)
		if err != nil {
			return nil, err
		}
		out.Errors = append(out.Errors, glueapi.TableVersionError{TableName: in.TableName, VersionId: new(version), ErrorDetail: failure})
	}
	return out, nil
}

func versionIn(r state.Reader, call cloud.Call, database, name, version string) (glueapi.Table, error) {
	if _, err := strconv.ParseInt(version, 10, 64); err != nil {
		return glueapi.Table{}, errInvalid("Version %s is not a number.", version)
	}
	table, found, err := state.Find[glueapi.Table](r, versionKey(call, database, name, version))
	if err == nil && !found {
		err = cloud.Errorf(cloud.NotFound, "EntityNotFoundException", "Version not found.")
	}
	return table, err
}

func putVersion(tx state.Tx, call cloud.Call, table glueapi.Table) error {
	return state.Put(tx, versionKey(call, *table.DatabaseName, *table.Name, *table.VersionId), table)
}

// versionKey pads the version, so that versions are listed in their order.
func versionKey(call cloud.Call, database, table, version string) state.Key {
	return key(call, kindVersion, database, table, strings.Repeat("0", max(0, 19-len(version)))+version)
}
