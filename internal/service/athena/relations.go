package athena

import (
	"cmp"
	"context"
	"errors"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// relations resolves a query's tables and views over Glue.
type relations struct {
	glue Catalog
	own  func(ctx context.Context, catalog string) (bool, error) // whether a catalog is the account's

	system *lake.System // the tables whose rows the server keeps; nil for none
}

func (s *Service) relations() relations { return relations{s.glue, s.isOwn, s.cfg.System} }

// Relation implements analyze.Catalog.
func (r relations) Relation(ctx context.Context, catalog, database, name string) (*analyze.Relation, error) {
	if own, err := r.own(ctx, catalog); err != nil || !own {
		return nil, cmp.Or(err, analyze.ErrNoCatalog)
	}
	out, err := r.glue.GetTable(ctx, &glueapi.GetTableInput{DatabaseName: &database, Name: &name})
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		_, err := r.glue.GetDatabase(ctx, &glueapi.GetDatabaseInput{Name: &database})
		if err != nil && cloud.KindOf(err) == cloud.NotFound && database != "default" {
			return nil, analyze.ErrNoDatabase
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if isView(*out.Table) {
		return viewRelation(*out.Table)
	}
	rows := lakeTable(r.glue, *out.Table)
	own, err := r.system.Find(ctx, database, name)
	if err != nil {
		return nil, err
	}
	if own != nil {
		rows = own.Table(rows.Database) // whoever may see it in the catalog
	}
	table, err := engine.Table(catalog, rows)
	if _, refused := errors.AsType[*sqlerr.Error](err); refused {
		return nil, err
	}
	if err != nil {
		return nil, sqlerr.New("HIVE_INVALID_METADATA", "%s", err.Error())
	}
	return &analyze.Relation{Table: table}, nil
}

func viewRelation(table glueapi.Table) (*analyze.Relation, error) {
	stored, err := decodeView(table)
	if err != nil {
		return nil, sqlerr.New("INVALID_VIEW", "%s", err.Error())
	}
	view := &analyze.View{SQL: stored.OriginalSQL, Catalog: stored.Catalog, Database: stored.Schema}
	for _, c := range stored.Columns {
		kind, err := datatype.Parse(c.Type)
		if err != nil {
			return nil, sqlerr.New("INVALID_VIEW", "view %s.%s, column %s: %q is no type", resource.Value(table.DatabaseName), resource.Value(table.Name), c.Name, c.Type)
		}
		view.Columns = append(view.Columns, analyze.ViewColumn{Name: c.Name, Type: kind})
	}
	return &analyze.Relation{View: view}, nil
}
