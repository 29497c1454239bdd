package athena_test

import (
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/athenaapi"
)

const catalog = "AwsDataCatalog"

func TestDatabasesAsAthenaShowsThem(t *testing.T) {
	w := open(t, answers{})
	for _, name := range []string{"zoo", "alpha", "east"} {
		w.ask("CREATE DATABASE " + name + " COMMENT 'it is " + name + "'")
	}
	var got []string
	var token *string
	for {
		out, err := w.ListDatabases(w.ctx, &athenaapi.ListDatabasesInput{CatalogName: new("awsdatacatalog"), MaxResults: new(int32(3)), NextToken: token})
		if err != nil {
			t.Fatal(err)
		}
		var page []string
		for _, d := range out.DatabaseList {
			page = append(page, *d.Name)
		}
		got = append(got, strings.Join(page, " "))
		if token = out.NextToken; token == nil {
			break
		}
	}
	diff(t, []string{"alpha default east", "zoo"}, got)
	for _, name := range []string{"default", "ZOO"} {
		out, err := w.GetDatabase(w.ctx, &athenaapi.GetDatabaseInput{CatalogName: new(catalog), DatabaseName: &name})
		if err != nil || *out.Database.Name != strings.ToLower(name) || *out.Database.Description == "" || out.Database.Parameters == nil {
			t.Errorf("database %s is %v, %v", name, out, err)
		}
	}
	_, err := w.GetDatabase(w.ctx, &athenaapi.GetDatabaseInput{CatalogName: new(catalog), DatabaseName: new("nobody")})
	wantCode(t, err, "MetadataException", "nobody")
	_, err = w.GetDatabase(w.ctx, &athenaapi.GetDatabaseInput{CatalogName: new("other"), DatabaseName: new("default")})
	wantCode(t, err, "MetadataException", "other")
}

func TestTablesAsAthenaShowsThem(t *testing.T) {
	w := open(t, answers{})
	list := func(in athenaapi.ListTableMetadataInput) (names []string, next *string) {
		t.Helper()
		in.CatalogName, in.DatabaseName = new(catalog), new("Default")
		out, err := w.ListTableMetadata(w.ctx, &in)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range out.TableMetadataList {
			names = append(names, *m.Name)
		}
		return names, out.NextToken
	}
	none, _ := list(athenaapi.ListTableMetadataInput{})
	diff(t, 0, len(none)) // default exists before anybody makes it
	w.ask(`CREATE EXTERNAL TABLE b_two (a int COMMENT 'first') PARTITIONED BY (day date) ROW FORMAT DELIMITED FIELDS TERMINATED BY '|'
		LOCATION 's3://logs/b/' TBLPROPERTIES ('k'='v')`)
	for _, name := range []string{"a_one", "c_three"} {
		w.ask("CREATE EXTERNAL TABLE " + name + " (a int) LOCATION 's3://logs/x/'")
	}
	first, token := list(athenaapi.ListTableMetadataInput{MaxResults: new(int32(2))})
	rest, end := list(athenaapi.ListTableMetadataInput{MaxResults: new(int32(2)), NextToken: token})
	diff(t, []string{"a_one", "b_two", "c_three"}, append(first, rest...))
	diff(t, (*string)(nil), end)
	matched, _ := list(athenaapi.ListTableMetadataInput{Expression: new("[bc]_.*")})
	diff(t, []string{"b_two", "c_three"}, matched)

	out, err := w.GetTableMetadata(w.ctx, &athenaapi.GetTableMetadataInput{CatalogName: new(catalog), DatabaseName: new("default"), TableName: new("B_TWO")})
	if err != nil {
		t.Fatal(err)
	}
	created := w.cfg.Now()
	diff(t, &athenaapi.TableMetadata{
		Name: new("b_two"), CreateTime: &created, TableType: new("EXTERNAL_TABLE"),
		Columns:       []athenaapi.Column{{Name: new("a"), Type: new("int"), Comment: new("first")}},
		PartitionKeys: []athenaapi.Column{{Name: new("day"), Type: new("date")}},
		Parameters: map[string]string{
			"EXTERNAL": "TRUE", "k": "v", "transient_lastDdlTime": "1772413323", "location": "s3://logs/b/",
			"inputformat":                      "org.apache.hadoop.mapred.TextInputFormat",
			"outputformat":                     "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
			"serde.serialization.lib":          "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
			"serde.param.field.delim":          "|",
			"serde.param.serialization.format": "|",
		},
	}, out.TableMetadata)
	_, err = w.GetTableMetadata(w.ctx, &athenaapi.GetTableMetadataInput{CatalogName: new(catalog), DatabaseName: new("default"), TableName: new("nobody")})
	wantCode(t, err, "MetadataException", "nobody")
	_, err = w.ListTableMetadata(w.ctx, &athenaapi.ListTableMetadataInput{CatalogName: new(catalog), DatabaseName: new("nobody")})
	wantCode(t, err, "MetadataException", "nobody")
	_, err = w.ListTableMetadata(w.ctx, &athenaapi.ListTableMetadataInput{CatalogName: new(catalog), DatabaseName: new("default"), Expression: new("(")})
	wantCode(t, err, "InvalidRequestException", "regular expression")
}

func TestTheOneDataCatalog(t *testing.T) {
	w := open(t, answers{})
	list, err := w.ListDataCatalogs(w.ctx, &athenaapi.ListDataCatalogsInput{})
	if err != nil {
		t.Fatal(err)
	}
	diff(t, []athenaapi.DataCatalogSummary{{CatalogName: new(catalog), Type: new("GLUE")}}, list.DataCatalogsSummary)
	got, err := w.GetDataCatalog(w.ctx, &athenaapi.GetDataCatalogInput{Name: new(catalog)})
	if err != nil {
		t.Fatal(err)
	}
	diff(t, map[string]string{"catalog-id": "111122223333"}, got.DataCatalog.Parameters)
	_, err = w.GetDataCatalog(w.ctx, &athenaapi.GetDataCatalogInput{Name: new("other")})
	wantCode(t, err, "InvalidRequestException", "other was not found")
	versions, err := w.ListEngineVersions(w.ctx, &athenaapi.ListEngineVersionsInput{})
	if err != nil || len(versions.EngineVersions) != 2 {
		t.Errorf("engine versions are %v, %v", versions, err)
	}
}
