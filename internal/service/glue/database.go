package glue

import (
	"context"
	"errors"
	"maps"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/resource"
)

// CreateDatabase adds an empty database.
func (s *Service) CreateDatabase(ctx context.Context, in *glueapi.CreateDatabaseInput) (*glueapi.CreateDatabaseOutput, error) {
	name := lower(in.DatabaseInput.Name)
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		database := databaseOf(tx, in.DatabaseInput)
		database.CreateTime = resource.Now(precision)
		if err := databases.Create(tx, database, name); err != nil {
			return err
		}
		return tags.Add(tx, databaseARN(tx.Scope(), name), maps.All(in.Tags))
	})
	return &glueapi.CreateDatabaseOutput{}, err
}

// GetDatabase returns one database.
func (s *Service) GetDatabase(ctx context.Context, in *glueapi.GetDatabaseInput) (*glueapi.GetDatabaseOutput, error) {
	out := &glueapi.GetDatabaseOutput{}
	err := s.view(ctx, in.CatalogId, func(r resource.Reader) error {
		database, err := databases.Get(r, lower(in.Name))
		out.Database = &database
		return err
	})
	return out, err
}

// GetDatabases lists the databases by name.
func (s *Service) GetDatabases(ctx context.Context, in *glueapi.GetDatabasesInput) (*glueapi.GetDatabasesOutput, error) {
	out := &glueapi.GetDatabasesOutput{}
	err := s.view(ctx, in.CatalogId, func(r resource.Reader) (err error) {
		asked := tokens.Page(in, in.NextToken, in.MaxResults, 100)
		out.DatabaseList, out.NextToken, err = resource.Page(ctx, asked, databases.From(r), resource.Whole)
		return err
	})
	return out, err
}

// UpdateDatabase replaces a database's description, location and parameters.
func (s *Service) UpdateDatabase(ctx context.Context, in *glueapi.UpdateDatabaseInput) (*glueapi.UpdateDatabaseOutput, error) {
	name := lower(in.Name)
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		if renamed := lower(in.DatabaseInput.Name); renamed != name {
			return errInvalid("A database cannot be renamed: Name is %s and DatabaseInput.Name is %s.", name, renamed)
		}
		old, err := databases.Get(tx, name)
		if err != nil {
			return err
		}
		database := databaseOf(tx, in.DatabaseInput)
		database.CreateTime = old.CreateTime
		return databases.Put(tx, database, name)
	})
	return &glueapi.UpdateDatabaseOutput{}, err
}

// DeleteDatabase removes a database with all its tables, as Glue does.
func (s *Service) DeleteDatabase(ctx context.Context, in *glueapi.DeleteDatabaseInput) (*glueapi.DeleteDatabaseOutput, error) {
	name := lower(in.Name)
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		if err := databases.Delete(tx, name); err != nil {
			return err
		}
		return errors.Join(
			tables.DeleteBelow(tx, name), versions.DeleteBelow(tx, name), partitions.DeleteBelow(tx, name), functions.DeleteBelow(tx, name),
			indexes.DeleteBelow(tx, name), tableStatistics.DeleteBelow(tx, name), partitionStatistics.DeleteBelow(tx, name),
			tags.Delete(tx, databaseARN(tx.Scope(), name)),
		)
	})
	return &glueapi.DeleteDatabaseOutput{}, err
}

func databaseOf(r resource.Reader, in *glueapi.DatabaseInput) glueapi.Database {
	permissions := in.CreateTableDefaultPermissions
	if permissions == nil {
		// What Glue fills in where Lake Formation has not been set up.
		permissions = []glueapi.PrincipalPermissions{{
			Principal:   &glueapi.DataLakePrincipal{DataLakePrincipalIdentifier: new("IAM_ALLOWED_PRINCIPALS")},
			Permissions: []string{"ALL"},
		}}
	}
	return glueapi.Database{
		Name:                          new(lower(in.Name)),
		Description:                   in.Description,
		LocationUri:                   in.LocationUri,
		Parameters:                    in.Parameters,
		CreateTableDefaultPermissions: permissions,
		TargetDatabase:                in.TargetDatabase,
		FederatedDatabase:             in.FederatedDatabase,
		CatalogId:                     catalog(r),
	}
}
