package glue

import (
	"context"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// GetTableVersions lists a table's versions, oldest first.
func (s *Service) GetTableVersions(ctx context.Context, in *glueapi.GetTableVersionsInput) (*glueapi.GetTableVersionsOutput, error) {
	database, name := lower(in.DatabaseName), lower(in.TableName)
	out := &glueapi.GetTableVersionsOutput{}
	err := s.view(ctx, in.CatalogId, func(r resource.Reader) (err error) {
		if _, err := tableIn(r, database, name); err != nil {
			return err
		}
		asked := tokens.Page(in, in.NextToken, in.MaxResults, 100)
		out.TableVersions, out.NextToken, err = resource.Page(ctx, asked, versions.From(r, database, name), func(t glueapi.Table) (glueapi.TableVersion, bool, error) {
			return glueapi.TableVersion{Table: &t, VersionId: t.VersionId}, true, nil
		})
		return err
	})
	return out, err
}

// GetTableVersion returns one version of a table, the newest when none is named.
func (s *Service) GetTableVersion(ctx context.Context, in *glueapi.GetTableVersionInput) (*glueapi.GetTableVersionOutput, error) {
	database, name := lower(in.DatabaseName), lower(in.TableName)
	out := &glueapi.GetTableVersionOutput{}
	err := s.view(ctx, in.CatalogId, func(r resource.Reader) error {
		newest, err := tableIn(r, database, name)
		if err != nil {
			return err
		}
		number, err := versionNumber(resource.Or(in.VersionId, *newest.VersionId))
		if err != nil {
			return err
		}
		table, err := versions.Get(r, database, name, number)
		out.TableVersion = &glueapi.TableVersion{Table: &table, VersionId: table.VersionId}
		return err
	})
	return out, err
}

// DeleteTableVersion removes one version that is not the newest.
func (s *Service) DeleteTableVersion(ctx context.Context, in *glueapi.DeleteTableVersionInput) (*glueapi.DeleteTableVersionOutput, error) {
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		return deleteVersion(tx, lower(in.DatabaseName), lower(in.TableName), *in.VersionId)
	})
	return &glueapi.DeleteTableVersionOutput{}, err
}

// BatchDeleteTableVersion removes several versions and says which could not be.
func (s *Service) BatchDeleteTableVersion(ctx context.Context, in *glueapi.BatchDeleteTableVersionInput) (*glueapi.BatchDeleteTableVersionOutput, error) {
	out := &glueapi.BatchDeleteTableVersionOutput{}
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		return resource.Each(in.VersionIds, func(version string) error {
			return deleteVersion(tx, lower(in.DatabaseName), lower(in.TableName), version)
		}, func(version string, why *cloud.Error) {
			out.Errors = append(out.Errors, glueapi.TableVersionError{TableName: in.TableName, VersionId: new(version), ErrorDetail: detail(why)})
		})
	})
	return out, err
}

func deleteVersion(tx resource.Tx, database, name, version string) error {
	newest, err := tableIn(tx, database, name)
	if err != nil {
		return err
	}
	if *newest.VersionId == version {
		return errInvalid("Version %s is the newest of table %s; delete the table instead.", version, name)
	}
	number, err := versionNumber(version)
	if err != nil {
		return err
	}
	return versions.Delete(tx, database, name, number)
}

// dropVersion removes the version that a table is at, if it is kept.
func dropVersion(tx resource.Tx, table glueapi.Table) error {
	number, err := versionNumber(*table.VersionId)
	if err != nil {
		return err
	}
	return versions.Discard(tx, *table.DatabaseName, *table.Name, number)
}

func putVersion(tx resource.Tx, table glueapi.Table) error {
	number, err := versionNumber(*table.VersionId)
	if err != nil {
		return err
	}
	return versions.Put(tx, table, *table.DatabaseName, *table.Name, number)
}

// versionNumber returns a version as it stands in the names of documents:
// padded, so that versions are listed in their order.
func versionNumber(version string) (string, error) {
	if _, err := strconv.ParseInt(version, 10, 64); err != nil {
		return "", errInvalid("Version %s is not a number.", version)
	}
	return strings.Repeat("0", max(0, 19-len(version))) + version, nil
}
