package athena

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/ast"
)

// ddl runs one statement about the catalog.
type ddl struct {
	service  *Service
	database string
	src      string
}

func (d ddl) run(ctx context.Context, statement ast.Statement) (textTable, error) {
	switch st := statement.(type) {
	case *ast.CreateDatabase:
		return textTable{}, d.createDatabase(ctx, st)
	case *ast.CreateTable:
		return textTable{}, d.createTable(ctx, st)
	case *ast.CreateView:
		return textTable{}, d.createView(ctx, st)
	case *ast.Drop:
		return textTable{}, d.drop(ctx, st)
	case *ast.Alter:
		return textTable{}, d.alter(ctx, st)
	case *ast.Repair:
		return d.repair(ctx, st)
	case *ast.Show:
		return d.show(ctx, st)
	case *ast.Describe:
		return d.describe(ctx, st)
	}
	return textTable{}, refused(d.src, statement, ddlKind(statement))
}

// names returns the database and the table of a name; a catalog in front must
// be the account's own.
func (d ddl) names(name ast.Name) (database, table string, err error) {
	switch len(name) {
	case 1:
		return d.database, name[0].Lower(), nil
	case 2:
		return name[0].Lower(), name[1].Lower(), nil
	case 3:
		if isDefault(name[0].Name) {
			return name[1].Lower(), name[2].Lower(), nil
		}
	}
	return "", "", errDDL(errorEntity, "SemanticException catalog of %s is not %s", name, defaultCatalog)
}

// table reads a table; want says what a statement needs it to be: "TABLE" or "VIEW".
func (d ddl) table(ctx context.Context, name ast.Name, want string) (glueapi.Table, error) {
	database, table, err := d.names(name)
	if err != nil {
		return glueapi.Table{}, err
	}
	out, err := d.service.glue.GetTable(ctx, &glueapi.GetTableInput{DatabaseName: &database, Name: &table})
	if err != nil {
		if cloud.KindOf(err) == cloud.NotFound {
			return glueapi.Table{}, errNoTable(database, table)
		}
		return glueapi.Table{}, err
	}
	if want == "VIEW" && !isView(*out.Table) {
		return glueapi.Table{}, errDDL(errorDDL, "SemanticException %s.%s is a table, not a view", database, table)
	}
	if want == "TABLE" && isView(*out.Table) {
		return glueapi.Table{}, errDDL(errorDDL, "SemanticException %s.%s is a view, not a table", database, table)
	}
	return withStorage(*out.Table), nil
}

// withStorage returns a table that says where and how it is stored, though
// whoever made it through Glue may have said neither.
func withStorage(table glueapi.Table) glueapi.Table {
	descriptor := resource.Value(table.StorageDescriptor)
	if descriptor.SerdeInfo == nil {
		descriptor.SerdeInfo = &glueapi.SerDeInfo{}
	}
	table.StorageDescriptor = &descriptor
	return table
}

func errNoTable(database, table string) error {
	return errDDL(errorTableMissing, "SemanticException [Error 10001]: Table not found %s.%s", database, table)
}

func errNoDatabase(name string) error {
	return errDDL(errorEntity, "SemanticException [Error 10072]: Database does not exist: %s", name)
}

// executionError wraps what Hive reports of a change that the catalog refused.
func executionError(err error) error {
	return errDDL(errorDDL, "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. %s", cause(err))
}

func (d ddl) createDatabase(ctx context.Context, st *ast.CreateDatabase) error {
	in := &glueapi.DatabaseInput{Name: new(st.Name.Lower()), Parameters: propertyMap(st.Properties)}
	if st.Comment != "" {
		in.Description = &st.Comment
	}
	if st.Location != "" {
		if _, err := parsePlace(st.Location); err != nil {
			return err
		}
		in.LocationUri = &st.Location
	}
	_, err := d.service.glue.CreateDatabase(ctx, &glueapi.CreateDatabaseInput{DatabaseInput: in})
	if err != nil && cloud.KindOf(err) == cloud.Conflict {
		if st.IfNotExists {
			return nil
		}
		return errDDL(errorDDL, "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. Database %s already exists", st.Name.Lower())
	}
	return err
}

// ensureDatabase makes "default" when a table is put there before anybody made it.
func (d ddl) ensureDatabase(ctx context.Context, database string) error {
	_, err := d.service.glue.GetDatabase(ctx, &glueapi.GetDatabaseInput{Name: &database})
	if err == nil || cloud.KindOf(err) != cloud.NotFound {
		return err
	}
	if database != "default" {
		return errNoDatabase(database)
	}
	own := defaultDatabase()
	_, err = d.service.glue.CreateDatabase(ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: own.Name, Description: own.Description}})
	if err != nil && cloud.KindOf(err) == cloud.Conflict {
		return nil // another statement was faster
	}
	return err
}

func (d ddl) drop(ctx context.Context, st *ast.Drop) error {
	if st.Kind == "DATABASE" {
		return d.dropDatabase(ctx, st)
	}
	table, err := d.table(ctx, st.Name, st.Kind)
	if isMissing(err) && st.IfExists {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = d.service.glue.DeleteTable(ctx, &glueapi.DeleteTableInput{DatabaseName: table.DatabaseName, Name: table.Name})
	return err
}

func (d ddl) dropDatabase(ctx context.Context, st *ast.Drop) error {
	name := st.Name.Last().Lower()
	if !st.Cascade {
		if err := d.checkEmpty(ctx, name); err != nil {
			return err
		}
	}
	_, err := d.service.glue.DeleteDatabase(ctx, &glueapi.DeleteDatabaseInput{Name: &name})
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		if st.IfExists {
			return nil
		}
		return errNoDatabase(name)
	}
	return err
}

// checkEmpty refuses a database that holds tables. One that is not there holds none.
func (d ddl) checkEmpty(ctx context.Context, name string) error {
	for _, err := range tablesOf(ctx, d.service.glue, name)("") {
		switch {
		case err != nil && cloud.KindOf(err) == cloud.NotFound:
			return nil
		case err != nil:
			return err
		}
		return errDDL(errorDDL, "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. InvalidOperationException(message:Database %s is not empty. One or more tables exist.) Drop them first, or write DROP DATABASE %s CASCADE", name, name)
	}
	return nil
}

// isMissing says whether err is of a table that does not exist.
func isMissing(err error) bool {
	e, ok := err.(*ddlError) //nolint:errorlint // made here, never wrapped
	return ok && e.kind == errorTableMissing
}

// parsePlace takes a table's location apart and refuses one that is no place in
// S3. One that is not there yet is no error: logs may come later.
func parsePlace(location string) (cloud.Location, error) {
	place, err := cloud.ParseLocation(location)
	if err != nil {
		return place, errDDL(errorPath, "IllegalArgumentException Cannot use %q as a location: write s3://bucket/folder/", location)
	}
	return place, nil
}

func propertyMap(properties []ast.Property) map[string]string {
	m := map[string]string{}
	for _, p := range properties {
		m[p.Key] = p.Value
	}
	return m
}

func (d ddl) show(ctx context.Context, st *ast.Show) (textTable, error) {
	switch st.Kind {
	case "DATABASES":
		return d.showDatabases(ctx, st)
	case "TABLES", "VIEWS":
		return d.showTables(ctx, st)
	case "COLUMNS":
		return d.showColumns(ctx, st)
	case "PARTITIONS":
		return d.showPartitions(ctx, st)
	case "CREATE TABLE":
		return d.showCreateTable(ctx, st)
	case "CREATE VIEW":
		return d.showCreateView(ctx, st)
	case "TBLPROPERTIES":
		return d.showProperties(ctx, st)
	}
	return textTable{}, refused(d.src, st, "SHOW "+st.Kind)
}

func (d ddl) showDatabases(ctx context.Context, st *ast.Show) (textTable, error) {
	out := textTable{columns: []string{"database_name"}}
	for database, err := range databasesOf(ctx, d.service.glue)("") {
		if err != nil {
			return out, err
		}
		if likeHive(st.Like, *database.Value.Name) {
			out.lines = append(out.lines, *database.Value.Name)
		}
	}
	return out, nil
}

func (d ddl) showTables(ctx context.Context, st *ast.Show) (textTable, error) {
	database := d.database
	if len(st.Name) > 0 {
		database = st.Name.Last().Lower()
	}
	out := textTable{columns: []string{"tab_name"}}
	for table, err := range tablesOf(ctx, d.service.glue, database)("") {
		switch {
		case err != nil && cloud.KindOf(err) == cloud.NotFound && database == "default":
			return out, nil // which is there before anybody makes it
		case err != nil && cloud.KindOf(err) == cloud.NotFound:
			return out, errNoDatabase(database)
		case err != nil:
			return out, err
		}
		if (st.Kind == "TABLES" || isView(table.Value)) && likeHive(st.Like, *table.Value.Name) {
			out.lines = append(out.lines, *table.Value.Name)
		}
	}
	return out, nil
}

// likeHive says whether name matches Hive's pattern, in which * and .* stand for
// any characters and | separates choices; an empty pattern matches all.
func likeHive(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	return slices.ContainsFunc(strings.Split(strings.ReplaceAll(strings.ToLower(pattern), ".*", "*"), "|"), func(choice string) bool {
		parts := strings.Split(choice, "*")
		rest, ok := strings.CutPrefix(name, parts[0])
		if len(parts) == 1 {
			return ok && rest == ""
		}
		for _, part := range parts[1 : len(parts)-1] {
			at := strings.Index(rest, part)
			if at < 0 {
				return false
			}
			rest = rest[at+len(part):]
		}
		return ok && strings.HasSuffix(rest, parts[len(parts)-1])
	})
}

func (d ddl) showColumns(ctx context.Context, st *ast.Show) (textTable, error) {
	table, err := d.table(ctx, st.Name, "")
	out := textTable{columns: []string{"field"}}
	if err != nil {
		return out, err
	}
	for _, c := range allColumns(table) {
		out.lines = append(out.lines, fmt.Sprintf("%-20s", resource.Value(c.Name)))
	}
	return out, nil
}

func allColumns(table glueapi.Table) []glueapi.Column {
	var columns []glueapi.Column
	if table.StorageDescriptor != nil {
		columns = append(columns, table.StorageDescriptor.Columns...)
	}
	return append(columns, table.PartitionKeys...)
}

func (d ddl) showProperties(ctx context.Context, st *ast.Show) (textTable, error) {
	table, err := d.table(ctx, st.Name, "")
	out := textTable{columns: []string{"prpt_name", "prpt_value"}}
	if err != nil {
		return out, err
	}
	if st.Key != "" {
		value, ok := table.Parameters[st.Key]
		if !ok {
			value = fmt.Sprintf("Table %s.%s does not have property: %s", resource.Value(table.DatabaseName), resource.Value(table.Name), st.Key)
		}
		out.lines = []string{value}
		return out, nil
	}
	for name, value := range sorted(table.Parameters) {
		out.lines = append(out.lines, name+"\t"+value)
	}
	return out, nil
}
