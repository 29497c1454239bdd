// Package glue is the AWS Glue Data Catalog: databases, tables, their versions,
// their partitions, and what is known of their columns.
//
// Names are kept in lower case, as Hive does. A change is durable once its
// operation returns. What a table's files hold is not its business.
package glue

import (
	"context"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// The kinds of document that the service keeps.
var (
	databases  = resource.Kind[glueapi.Database]{Name: "glue/database", Missing: errNoDatabase, Taken: errDatabaseExists}
	tables     = resource.Kind[glueapi.Table]{Name: "glue/table", Missing: errNoTable, Taken: errTableExists}                        // database, table
	versions   = resource.Kind[glueapi.Table]{Name: "glue/table-version", Missing: errNoVersion}                                     // database, table, number
	partitions = resource.Kind[glueapi.Partition]{Name: "glue/partition", Missing: errNoPartition, Taken: errPartitionExists}        // database, table, values
	functions  = resource.Kind[glueapi.UserDefinedFunction]{Name: "glue/function", Missing: errNoFunction, Taken: errFunctionExists} // database, function
	indexes    = resource.Kind[glueapi.PartitionIndexDescriptor]{                                                                    // database, table, index
		Name: "glue/partition-index", Missing: errNoIndex, Taken: errIndexExists,
	}
	tableStatistics     = resource.Kind[columnStatistics]{Name: "glue/table-statistics", Missing: errNoStatistics}     // database, table, column
	partitionStatistics = resource.Kind[columnStatistics]{Name: "glue/partition-statistics", Missing: errNoStatistics} // database, table, values, column

	tags = resource.Tags{Invalid: codeInvalid, TooMany: codeInvalid, Named: taggable}
)

// tokens is of the catalog's listings.
const tokens resource.TokenCode = codeInvalid

// precision is the one of the catalog's times.
const precision = time.Second

// Service answers AWS Glue's Data Catalog operations.
type Service struct {
	store  resource.Store
	system *lake.System
}

// New returns a Service that keeps its catalog in store, and shows system, which may be
// nil, in the catalog of every account.
func New(store state.Store, system *lake.System) *Service {
	return &Service{store: resource.NewStore(store), system: system}
}

// view calls fn with the caller's catalog, which is the only one that id may name.
func (s *Service) view(ctx context.Context, id *string, fn func(resource.Reader) error) error {
	if err := checkCatalog(ctx, id); err != nil {
		return err
	}
	system, err := s.shown(ctx)
	if err != nil {
		return err
	}
	return s.store.View(ctx, func(r resource.Reader) error {
		if system == nil {
			return fn(r)
		}
		return fn(withSystem{r, system})
	})
}

// update calls fn, which may change the caller's catalog.
func (s *Service) update(ctx context.Context, id *string, fn func(resource.Tx) error) error {
	if err := checkCatalog(ctx, id); err != nil {
		return err
	}
	system, err := s.shown(ctx)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx resource.Tx) error {
		if system == nil {
			return fn(tx)
		}
		return fn(guarded{withSystem{tx, system}, tx})
	})
}

// checkCatalog refuses a catalog that is not the caller's own.
func checkCatalog(ctx context.Context, id *string) error {
	if id != nil && cloud.Account(*id) != cloud.CallOf(ctx).Account {
		return errNoCatalog(*id)
	}
	return nil
}

// catalog returns the id of the catalog that a transaction works on.
func catalog(r resource.Reader) *string { return new(string(r.Scope().Account)) }

// lower returns a name as the catalog keeps it.
func lower(name *string) string { return strings.ToLower(resource.Value(name)) }
