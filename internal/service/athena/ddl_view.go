package athena

import (
	"context"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// createView analyzes the view's query, so that a view which cannot be read is
// refused at once, and keeps its text and columns.
func (d ddl) createView(ctx context.Context, st *ast.CreateView) error {
	if st.Dialect != "" {
		return refused(d.src, st, "CREATE "+st.Dialect+" VIEW")
	}
	database, name, err := d.names(st.Name)
	if err != nil {
		return err
	}
	old, err := d.service.glue.GetTable(ctx, &glueapi.GetTableInput{DatabaseName: &database, Name: &name})
	if err != nil && cloud.KindOf(err) != cloud.NotFound {
		return err
	}
	replaces := err == nil && st.OrReplace && isView(*old.Table)
	analyzed, err := analyze.Query(ctx, d.src, st.Query, underReplacement{d.service.relations(), replaces, database, name}, analyze.Session{
		Catalog: strings.ToLower(defaultCatalog), Database: d.database, User: cloud.CallOf(ctx).Principal.ARN,
	})
	if err != nil {
		return err
	}
	view := viewText{OriginalSQL: st.SQL, Catalog: strings.ToLower(defaultCatalog), Schema: d.database}
	columns := []glueapi.Column{}
	seen := map[string]bool{}
	for i, c := range analyzed.Columns {
		column := strings.ToLower(c.Name)
		if seen[column] {
			return sqlerr.At(d.src, st.Query.Position(), "DUPLICATE_COLUMN_NAME", "Column name '%s' specified more than once", column)
		}
		seen[column] = true
		if c.Type.Kind == datatype.Unknown {
			return sqlerr.At(d.src, st.Position(), "COLUMN_TYPE_UNKNOWN", "Column type is unknown at position %d", i+1)
		}
		view.Columns = append(view.Columns, viewColumn{Name: column, Type: c.Type.String()})
		columns = append(columns, glueapi.Column{Name: new(column), Type: new(hiveType(c.Type))})
	}
	encoded, err := view.encode()
	if err != nil {
		return fmt.Errorf("encode view %s: %w", name, err)
	}
	if err := d.ensureDatabase(ctx, database); err != nil {
		return err
	}
	return d.putView(ctx, st, database, &glueapi.TableInput{
		Name: &name, Owner: new("hadoop"), TableType: new("VIRTUAL_VIEW"), ViewOriginalText: &encoded, ViewExpandedText: new("/* Presto View */"),
		Parameters:        map[string]string{"presto_view": "true", "comment": "Presto View"},
		StorageDescriptor: &glueapi.StorageDescriptor{Columns: columns, Location: new(""), SerdeInfo: &glueapi.SerDeInfo{}},
	})
}

// underReplacement resolves names while a view is being replaced: the view may
// not be read by its own query, nor by the views that this reads.
type underReplacement struct {
	relations
	replaces       bool
	database, name string
}

// Relation implements analyze.Catalog.
func (u underReplacement) Relation(ctx context.Context, catalog, database, name string) (*analyze.Relation, error) {
	if u.replaces && isDefault(catalog) && database == u.database && name == u.name {
		return nil, sqlerr.New("VIEW_IS_RECURSIVE", "Statement would create a recursive view")
	}
	return u.relations.Relation(ctx, catalog, database, name)
}

func (d ddl) putView(ctx context.Context, st *ast.CreateView, database string, in *glueapi.TableInput) error {
	_, err := d.service.glue.CreateTable(ctx, &glueapi.CreateTableInput{DatabaseName: &database, TableInput: in})
	if err == nil || cloud.KindOf(err) != cloud.Conflict {
		return err
	}
	old, err := d.service.glue.GetTable(ctx, &glueapi.GetTableInput{DatabaseName: &database, Name: in.Name})
	switch {
	case err != nil:
		return err
	case !isView(*old.Table):
		return sqlerr.At(d.src, st.Position(), "TABLE_ALREADY_EXISTS", "Table already exists: '%s.%s'", database, *in.Name)
	case !st.OrReplace:
		e := sqlerr.At(d.src, st.Position(), "TABLE_ALREADY_EXISTS", "View already exists: '%s.%s.%s'", strings.ToLower(defaultCatalog), database, *in.Name)
		e.Hint = "Write CREATE OR REPLACE VIEW to replace it"
		return e
	}
	_, err = d.service.glue.UpdateTable(ctx, &glueapi.UpdateTableInput{DatabaseName: &database, TableInput: in})
	return err
}

func (d ddl) showCreateView(ctx context.Context, st *ast.Show) (textTable, error) {
	out := textTable{columns: []string{"create view"}}
	table, err := d.table(ctx, st.Name, "VIEW")
	if err != nil {
		return out, err
	}
	view, err := decodeView(table)
	if err != nil {
		return out, err
	}
	out.lines = append(out.lines, "CREATE VIEW "+parse.Quoted(*table.DatabaseName)+"."+parse.Quoted(*table.Name)+" AS ")
	out.lines = append(out.lines, strings.Split(view.OriginalSQL, "\n")...)
	return out, nil
}
