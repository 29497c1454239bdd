package athena_test

import (
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/servicetest"
)

func (w *world) dataCatalog(name string, parameters map[string]string) {
	w.t.Helper()
	_, err := w.CreateDataCatalog(w.ctx, &athenaapi.CreateDataCatalogInput{Name: &name, Type: new("GLUE"), Description: new("it is " + name), Parameters: parameters})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestDataCatalogs(t *testing.T) {
	w := open(t, answers{})
	own := map[string]string{"catalog-id": "111122223333"}
	list := func() []athenaapi.DataCatalogSummary {
		return servicetest.Pages(t, 50, func(size *int32, token *string) ([]athenaapi.DataCatalogSummary, *string, error) {
			out, err := w.ListDataCatalogs(w.ctx, &athenaapi.ListDataCatalogsInput{MaxResults: size, NextToken: token})
			return out.DataCatalogsSummary, out.NextToken, err
		})
	}
	get := func(name string) *athenaapi.DataCatalog {
		return servicetest.Must(w.GetDataCatalog(w.ctx, &athenaapi.GetDataCatalogInput{Name: &name}))(t).DataCatalog
	}
	servicetest.Diff(t, []athenaapi.DataCatalogSummary{{CatalogName: new(catalog), Type: new("GLUE")}}, list())
	servicetest.Diff(t, &athenaapi.DataCatalog{Name: new(catalog), Type: new("GLUE"), Parameters: own}, get("AWSDATACATALOG"))

	w.dataCatalog("Zoo", own)
	w.dataCatalog("alpha", nil)
	servicetest.Diff(t, []athenaapi.DataCatalogSummary{
		{CatalogName: new("alpha"), Type: new("GLUE")}, {CatalogName: new(catalog), Type: new("GLUE")}, {CatalogName: new("Zoo"), Type: new("GLUE")},
	}, list())
	servicetest.Diff(t, &athenaapi.DataCatalog{Name: new("Zoo"), Type: new("GLUE"), Description: new("it is Zoo"), Parameters: own}, get("zoo"))

	update := func(in athenaapi.UpdateDataCatalogInput) error {
		in.Type = new("GLUE")
		_, err := w.UpdateDataCatalog(w.ctx, &in)
		return err
	}
	for _, in := range []athenaapi.UpdateDataCatalogInput{
		{Name: new("zoo"), Description: new("")}, {Name: new("ALPHA"), Parameters: map[string]string{"catalog-id": "444455556666"}},
	} {
		if err := update(in); err != nil {
			t.Fatal(err)
		}
	}
	servicetest.Diff(t, &athenaapi.DataCatalog{Name: new("Zoo"), Type: new("GLUE"), Description: new(""), Parameters: own}, get("zoo"))
	servicetest.Diff(t, map[string]string{"catalog-id": "444455556666"}, get("alpha").Parameters)

	servicetest.Must(w.DeleteDataCatalog(w.ctx, &athenaapi.DeleteDataCatalogInput{Name: new("ZOO")}))(t)
	_, err := w.GetDataCatalog(w.ctx, &athenaapi.GetDataCatalogInput{Name: new("Zoo")})
	servicetest.WantCode(t, err, "InvalidRequestException", "DataCatalog Zoo was not found")
	servicetest.WantCode(t, update(athenaapi.UpdateDataCatalogInput{Name: new("zoo")}), "InvalidRequestException", "not found")
	_, err = w.DeleteDataCatalog(w.ctx, &athenaapi.DeleteDataCatalogInput{Name: new("zoo")})
	servicetest.WantCode(t, err, "InvalidRequestException", "not found")
}

func TestDataCatalogsThatCannotBe(t *testing.T) {
	w := open(t, answers{})
	w.dataCatalog("taken", nil)
	for name, tt := range map[string]struct{ name, kind, says string }{
		"taken":                     {"TAKEN", "GLUE", "already exists"},
		"that which everybody has":  {"awsdatacatalog", "GLUE", "already exists"},
		"a function":                {"x", "LAMBDA", "LAMBDA are not supported"},
		"a metastore":               {"x", "HIVE", "HIVE are not supported"},
		"another database":          {"x", "FEDERATED", "FEDERATED are not supported"},
		"a name with a blank":       {"a b", "GLUE", "letters"},
		"a name with a slash":       {"a/b", "GLUE", "letters"},
		"a name that is too long":   {strings.Repeat("x", 128), "GLUE", "127"},
		"a name of another writing": {"값", "GLUE", "letters"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateDataCatalog(w.ctx, &athenaapi.CreateDataCatalogInput{Name: &tt.name, Type: &tt.kind})
			servicetest.WantCode(t, err, "InvalidRequestException", tt.says)
		})
	}
	_, err := w.UpdateDataCatalog(w.ctx, &athenaapi.UpdateDataCatalogInput{Name: new("taken"), Type: new("HIVE")})
	servicetest.WantCode(t, err, "InvalidRequestException", "HIVE")
	_, err = w.UpdateDataCatalog(w.ctx, &athenaapi.UpdateDataCatalogInput{Name: new("AwsDataCatalog"), Type: new("GLUE")})
	servicetest.WantCode(t, err, "InvalidRequestException", "cannot be changed")
	_, err = w.DeleteDataCatalog(w.ctx, &athenaapi.DeleteDataCatalogInput{Name: new("AwsDataCatalog")})
	servicetest.WantCode(t, err, "InvalidRequestException", "cannot be deleted")
}

func TestTagsOfDataCatalogs(t *testing.T) {
	w := open(t, answers{})
	create := &athenaapi.CreateDataCatalogInput{Name: new("Zoo"), Type: new("GLUE"), Tags: []athenaapi.Tag{{Key: new("team"), Value: new("logs")}}}
	servicetest.Must(w.CreateDataCatalog(w.ctx, create))(t)
	arn := "arn:aws:athena:ap-northeast-2:111122223333:datacatalog/Zoo"
	tags := func(arn string) []athenaapi.Tag {
		return servicetest.Must(w.ListTagsForResource(w.ctx, &athenaapi.ListTagsForResourceInput{ResourceARN: &arn}))(t).Tags
	}
	servicetest.Must(w.TagResource(w.ctx, &athenaapi.TagResourceInput{ResourceARN: &arn, Tags: []athenaapi.Tag{{Key: new("a"), Value: new("b")}}}))(t)
	servicetest.Diff(t, []athenaapi.Tag{{Key: new("a"), Value: new("b")}, {Key: new("team"), Value: new("logs")}}, tags(arn))
	servicetest.Must(w.UntagResource(w.ctx, &athenaapi.UntagResourceInput{ResourceARN: &arn, TagKeys: []string{"team"}}))(t)
	servicetest.Diff(t, []athenaapi.Tag{{Key: new("a"), Value: new("b")}}, tags(arn))
	servicetest.Diff(t, []athenaapi.Tag{}, tags("arn:aws:athena:ap-northeast-2:111122223333:datacatalog/AwsDataCatalog"))

	servicetest.Must(w.DeleteDataCatalog(w.ctx, &athenaapi.DeleteDataCatalogInput{Name: new("Zoo")}))(t)
	_, err := w.ListTagsForResource(w.ctx, &athenaapi.ListTagsForResourceInput{ResourceARN: &arn})
	servicetest.WantCode(t, err, "ResourceNotFoundException")
	create.Tags = nil
	servicetest.Must(w.CreateDataCatalog(w.ctx, create))(t)
	servicetest.Diff(t, []athenaapi.Tag{}, tags(arn))
}

// A data catalog is another name of the account's own, or of nobody's.
func TestQueriesOverADataCatalog(t *testing.T) {
	w := open(t, nil)
	w.dataCatalog("Mine", map[string]string{"catalog-id": "111122223333"})
	w.dataCatalog("bare", nil)
	w.dataCatalog("others", map[string]string{"catalog-id": "444455556666"})
	in := func(catalog string) func(*athenaapi.StartQueryExecutionInput) {
		return func(in *athenaapi.StartQueryExecutionInput) {
			in.QueryExecutionContext = &athenaapi.QueryExecutionContext{Catalog: &catalog, Database: new("shop")}
		}
	}
	w.ask("CREATE DATABASE shop", in("mine"))
	w.put("t/a.csv", "1\n2\n")
	w.ask("CREATE EXTERNAL TABLE t (x int) LOCATION 's3://logs/t/'", in("Mine"))
	for _, tt := range []struct{ sql, catalog, want string }{
		{"SELECT sum(x) FROM t", "MINE", "_col0\n3\n"},
		{"SELECT sum(x) FROM t", "bare", "_col0\n3\n"},
		{"SELECT sum(x) FROM mine.shop.t", catalog, "_col0\n3\n"},
		{"SELECT sum(x) FROM awsdatacatalog.shop.t", "mine", "_col0\n3\n"},
		{"SHOW TABLES", "mine", "t\n"},
		{
			"SELECT table_catalog, table_schema, table_name FROM mine.information_schema.tables WHERE table_schema = 'shop'", catalog,
			"table_catalog | table_schema | table_name\nmine | shop | t\n",
		},
		{"SELECT count(*) FROM information_schema.schemata WHERE catalog_name = 'bare' AND schema_name IN ('shop', 'default')", "bare", "_col0\n2\n"},
	} {
		servicetest.Diff(t, tt.want, w.ask(tt.sql, in(tt.catalog)))
	}
	for _, tt := range []struct{ sql, catalog, want string }{
		{"SELECT sum(x) FROM t", "others", "Catalog 'others' not found"},
		{"SELECT sum(x) FROM nobody.shop.t", "mine", "Catalog 'nobody' not found"},
		{"SELECT count(*) FROM others.information_schema.tables", "mine", "Catalog 'others' not found"},
		{"SHOW TABLES", "others", "catalog others does not exist"},
	} {
		if got := w.ask(tt.sql, in(tt.catalog)); !strings.Contains(got, tt.want) {
			t.Errorf("%s in %s: %s", tt.sql, tt.catalog, got)
		}
	}
	for name, found := range map[string]bool{"mine": true, "bare": true, "others": false, "nobody": false} {
		_, err := w.GetTableMetadata(w.ctx, &athenaapi.GetTableMetadataInput{CatalogName: &name, DatabaseName: new("shop"), TableName: new("t")})
		if found && err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !found {
			servicetest.WantCode(t, err, "MetadataException", "Catalog "+name)
		}
		out := servicetest.Must(w.ListDatabases(w.ctx, &athenaapi.ListDatabasesInput{CatalogName: &name}))(t)
		if (len(out.DatabaseList) == 2) != found {
			t.Errorf("%s has %d databases", name, len(out.DatabaseList))
		}
	}
}

func TestDatabasesInBackticks(t *testing.T) {
	w := open(t, nil)
	w.ask("CREATE DATABASE `my-shop`")
	w.put("t/a.csv", "1\n2\n")
	w.ask("CREATE EXTERNAL TABLE t (x int) LOCATION 's3://logs/t/'", in("`my-shop`"))
	for _, tt := range []struct{ sql, want string }{
		{"SELECT sum(x) FROM t", "_col0\n3\n"},
		{"SHOW TABLES", "t\n"},
		{"DESCRIBE t", "x                   \tint                 \t                    \n"},
	} {
		id := w.start(tt.sql, in("`My-Shop`"))
		servicetest.Diff(t, tt.want, strings.ReplaceAll(w.answer(id), " | ", "\t"))
		servicetest.Diff(t, "My-Shop", *w.get(id).QueryExecutionContext.Database)
	}
}
