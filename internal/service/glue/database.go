package glue

import (
	"context"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// CreateDatabase adds an empty database.
func (s *Service) CreateDatabase(ctx context.Context, in *glueapi.CreateDatabaseInput) (*glueapi.CreateDatabaseOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	name := lower(in.DatabaseInput.Name)
	database := databaseOf(call, in.DatabaseInput)
	database.CreateTime = s.clock()
	err := s.store.Update(ctx, func(tx state.Tx) error {
		if err := state.Insert(tx, key(call, kindDatabase, name), database); err != nil {
			return orConflict(err, errExists("Database "+name))
		}
		return putTags(tx, call, databaseARN(call, name), in.Tags)
	})
	return &glueapi.CreateDatabaseOutput{}, err
}

// GetDatabase returns one database.
func (s *Service) GetDatabase(ctx context.Context, in *glueapi.GetDatabaseInput) (*glueapi.GetDatabaseOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	out := &glueapi.GetDatabaseOutput{}
	err := s.store.View(ctx, func(r state.Reader) error {
		database, err := databaseIn(r, call, lower(in.Name))
		out.Database = &database
		return err
	})
	return out, err
}

// GetDatabases lists the databases by name.
func (s *Service) GetDatabases(ctx context.Context, in *glueapi.GetDatabasesInput) (*glueapi.GetDatabasesOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	from, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &glueapi.GetDatabasesOutput{}
	err = s.store.View(ctx, func(r state.Reader) (err error) {
		entries := state.List[glueapi.Database](r, call.Scope(), kindDatabase, state.Range{After: from})
		out.DatabaseList, out.NextToken, err = page(entries, limit(in.MaxResults, 100), all)
		return err
	})
	return out, err
}

// UpdateDatabase replaces a database's description, location and parameters.
func (s *Service) UpdateDatabase(ctx context.Context, in *glueapi.UpdateDatabaseInput) (*glueapi.UpdateDatabaseOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	name := lower(in.Name)
	if renamed := lower(in.DatabaseInput.Name); renamed != name {
		return nil, errInvalid("A database cannot be renamed: Name is %s and DatabaseInput.Name is %s.", name, renamed)
	}
	err := s.store.Update(ctx, func(tx state.Tx) error {
		old, err := databaseIn(tx, call, name)
		if err != nil {
			return err
		}
		database := databaseOf(call, in.DatabaseInput)
		database.CreateTime = old.CreateTime
		return state.Put(tx, key(call, kindDatabase, name), database)
	})
	return &glueapi.UpdateDatabaseOutput{}, err
}

// DeleteDatabase removes a database with all its tables, as Glue does.
func (s *Service) DeleteDatabase(ctx context.Context, in *glueapi.DeleteDatabaseInput) (*glueapi.DeleteDatabaseOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	name := lower(in.Name)
	err := s.store.Update(ctx, func(tx state.Tx) error {
		if _, err := databaseIn(tx, call, name); err != nil {
			return err
		}
		for _, kind := range []string{kindTable, kindVersion, kindPartition} {
			if err := deleteBelow(tx, call, kind, below(name)); err != nil {
				return err
			}
		}
		if err := deleteTags(tx, call, databaseARN(call, name)); err != nil {
			return err
		}
		return tx.Delete(key(call, kindDatabase, name))
	})
	return &glueapi.DeleteDatabaseOutput{}, err
}

// databaseIn reads one database.
func databaseIn(r state.Reader, call cloud.Call, name string) (glueapi.Database, error) {
	database, found, err := state.Find[glueapi.Database](r, key(call, kindDatabase, name))
	if err == nil && !found {
		err = errNoDatabase(name)
	}
	return database, err
}

func databaseOf(call cloud.Call, in *glueapi.DatabaseInput) glueapi.Database {
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
		CatalogId:                     new(string(call.Account)),
	}
}

// deleteBelow deletes all documents of a kind whose names begin with prefix.
func deleteBelow(tx state.Tx, call cloud.Call, kind, prefix string) error {
	for document, err := range tx.List(call.Scope(), kind, state.Range{Prefix: prefix}) {
		if err != nil {
			return err
		}
		if err := tx.Delete(document.Key); err != nil {
			return err
		}
	}
	return nil
}

// orConflict returns exists when err says that a document was there already.
func orConflict(err error, exists *cloud.Error) error {
	if cloud.KindOf(err) == cloud.Conflict {
		return exists
	}
	return err
}
