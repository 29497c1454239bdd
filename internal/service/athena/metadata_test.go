package athena_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/servicetest"
)

const catalog = "AwsDataCatalog"

func TestDatabasesAsAthenaShowsThem(t *testing.T) {
	w := open(t, answers{})
	for _, name := range []string{"zoo", "alpha", "east"} {
		w.ask("CREATE DATABASE " + name + " COMMENT 'it is " + name + "'")
	}
	got := servicetest.Pages(t, 50, func(size *int32, token *string) (page []string, next *string, err error) {
		out, err := w.ListDatabases(w.ctx, &athenaapi.ListDatabasesInput{CatalogName: new("awsdatacatalog"), MaxResults: size, NextToken: token})
		for _, d := range out.DatabaseList {
			page = append(page, *d.Name)
		}
		return page, out.NextToken, err
	})
	servicetest.Diff(t, []string{"alpha", "default", "east", "zoo"}, got)
	for _, name := range []string{"default", "ZOO"} {
		out, err := w.GetDatabase(w.ctx, &athenaapi.GetDatabaseInput{CatalogName: new(catalog), DatabaseName: &name})
		if err != nil || *out.Database.Name != strings.ToLower(name) || *out.Database.Description == "" || out.Database.Parameters == nil {
			t.Errorf("database %s is %v, %v", name, out, err)
		}
	}
	_, err := w.GetDatabase(w.ctx, &athenaapi.GetDatabaseInput{CatalogName: new(catalog), DatabaseName: new("nobody")})
	servicetest.WantCode(t, err, "MetadataException", "nobody")
	_, err = w.GetDatabase(w.ctx, &athenaapi.GetDatabaseInput{CatalogName: new("other"), DatabaseName: new("default")})
	servicetest.WantCode(t, err, "MetadataException", "other")
}

func TestTablesAsAthenaShowsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, answers{})
		list := func(expression *string) []string {
			return servicetest.Pages(t, 50, func(size *int32, token *string) (names []string, next *string, err error) {
				out, err := w.ListTableMetadata(w.ctx, &athenaapi.ListTableMetadataInput{
					CatalogName: new(catalog), DatabaseName: new("Default"), Expression: expression, MaxResults: size, NextToken: token,
				})
				if err != nil {
					return nil, nil, err
				}
				for _, m := range out.TableMetadataList {
					names = append(names, *m.Name)
				}
				return names, out.NextToken, nil
			})
		}
		servicetest.Diff(t, 0, len(list(nil))) // default exists before anybody makes it
		w.ask(`CREATE EXTERNAL TABLE b_two (a int COMMENT 'first') PARTITIONED BY (day date) ROW FORMAT DELIMITED FIELDS TERMINATED BY '|'
		LOCATION 's3://logs/b/' TBLPROPERTIES ('k'='v')`)
		for _, name := range []string{"a_one", "c_three"} {
			w.ask("CREATE EXTERNAL TABLE " + name + " (a int) LOCATION 's3://logs/x/'")
		}
		servicetest.Diff(t, []string{"a_one", "b_two", "c_three"}, list(nil))
		servicetest.Diff(t, []string{"b_two", "c_three"}, list(new("[bc]_.*")))

		out, err := w.GetTableMetadata(w.ctx, &athenaapi.GetTableMetadataInput{CatalogName: new(catalog), DatabaseName: new("default"), TableName: new("B_TWO")})
		if err != nil {
			t.Fatal(err)
		}
		created := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // when every bubble begins
		servicetest.Diff(t, &athenaapi.TableMetadata{
			Name: new("b_two"), CreateTime: &created, TableType: new("EXTERNAL_TABLE"),
			Columns:       []athenaapi.Column{{Name: new("a"), Type: new("int"), Comment: new("first")}},
			PartitionKeys: []athenaapi.Column{{Name: new("day"), Type: new("date")}},
			Parameters: map[string]string{
				"EXTERNAL": "TRUE", "k": "v", "transient_lastDdlTime": "946684800", "location": "s3://logs/b/",
				"inputformat":                      "org.apache.hadoop.mapred.TextInputFormat",
				"outputformat":                     "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
				"serde.serialization.lib":          "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
				"serde.param.field.delim":          "|",
				"serde.param.serialization.format": "|",
			},
		}, out.TableMetadata)
		_, err = w.GetTableMetadata(w.ctx, &athenaapi.GetTableMetadataInput{CatalogName: new(catalog), DatabaseName: new("default"), TableName: new("nobody")})
		servicetest.WantCode(t, err, "MetadataException", "nobody")
		_, err = w.ListTableMetadata(w.ctx, &athenaapi.ListTableMetadataInput{CatalogName: new(catalog), DatabaseName: new("nobody")})
		servicetest.WantCode(t, err, "MetadataException", "nobody")
		_, err = w.ListTableMetadata(w.ctx, &athenaapi.ListTableMetadataInput{CatalogName: new(catalog), DatabaseName: new("default"), Expression: new("(")})
		servicetest.WantCode(t, err, "InvalidRequestException", "regular expression")
	})
}

func TestEngineVersions(t *testing.T) {
	w := open(t, answers{})
	versions, err := w.ListEngineVersions(w.ctx, &athenaapi.ListEngineVersionsInput{})
	if err != nil || len(versions.EngineVersions) != 2 {
		t.Errorf("engine versions are %v, %v", versions, err)
	}
}

// What is missing is told in the form that PyAthena reads.
func TestWhatGlueDoesNotFind(t *testing.T) {
	w := open(t, answers{})
	call := cloud.CallOf(w.ctx)
	call.RequestID = "0b0c5c2e-7a3e-4b8e-9a52-1f7f8d1f2a33"
	ctx := cloud.WithCall(w.ctx, call)
	envelope := " (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; Request ID: " + call.RequestID + ")"
	for name, tt := range map[string]struct {
		do   func() error
		want string
	}{
		"a table": {func() error {
			_, err := w.GetTableMetadata(ctx, &athenaapi.GetTableMetadataInput{CatalogName: new(catalog), DatabaseName: new("default"), TableName: new("nobody")})
			return err
		}, "Database default not found."},
		"a table of a database": {func() error {
			w.ask("CREATE DATABASE d")
			_, err := w.GetTableMetadata(ctx, &athenaapi.GetTableMetadataInput{CatalogName: new(catalog), DatabaseName: new("d"), TableName: new("nobody")})
			return err
		}, "Table nobody not found."},
		"a database": {func() error {
			_, err := w.GetDatabase(ctx, &athenaapi.GetDatabaseInput{CatalogName: new(catalog), DatabaseName: new("nobody")})
			return err
		}, "Database nobody not found."},
		"the tables of a database": {func() error {
			_, err := w.ListTableMetadata(ctx, &athenaapi.ListTableMetadataInput{CatalogName: new(catalog), DatabaseName: new("nobody")})
			return err
		}, "Database nobody not found."},
	} {
		t.Run(name, func(t *testing.T) {
			why, ok := errors.AsType[*cloud.Error](tt.do())
			if !ok || why.Code != "MetadataException" {
				t.Fatalf("error is %v", why)
			}
			servicetest.Diff(t, tt.want+envelope, why.Message)
		})
	}
}

// Athena's listings over Glue's begin on the page of Glue's that they ended on,
// of which there are several here.
func TestListingsOfManyPagesOfGlue(t *testing.T) {
	w := open(t, answers{})
	var databases, tables []string
	for i := range 230 {
		name := fmt.Sprintf("n%03d", i)
		if _, err := w.glue.CreateDatabase(w.ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: &name}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.glue.CreateTable(w.ctx, &glueapi.CreateTableInput{DatabaseName: new("n000"), TableInput: &glueapi.TableInput{Name: &name}}); err != nil {
			t.Fatal(err)
		}
		databases, tables = append(databases, name), append(tables, name)
	}
	got := servicetest.Pages(t, 50, func(size *int32, token *string) (page []string, next *string, err error) {
		out, err := w.ListDatabases(w.ctx, &athenaapi.ListDatabasesInput{CatalogName: new(catalog), MaxResults: size, NextToken: token})
		for _, d := range out.DatabaseList {
			page = append(page, *d.Name)
		}
		return page, out.NextToken, err
	})
	servicetest.Diff(t, append([]string{"default"}, databases...), got)
	got = servicetest.Pages(t, 50, func(size *int32, token *string) (page []string, next *string, err error) {
		out, err := w.ListTableMetadata(w.ctx, &athenaapi.ListTableMetadataInput{CatalogName: new(catalog), DatabaseName: new("n000"), MaxResults: size, NextToken: token})
		for _, m := range out.TableMetadataList {
			page = append(page, *m.Name)
		}
		return page, out.NextToken, err
	})
	servicetest.Diff(t, tables, got)
	servicetest.Diff(t, strings.Join(tables, "\n")+"\n", w.ask("SHOW TABLES IN n000"))
}
