package glue_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/service/glue"
	"github.com/sillok/sillok/internal/servicetest"
)

// withShop makes five tables of two databases, a minute after one another.
func withShop(t *testing.T) (*glue.Service, context.Context) {
	t.Helper()
	s, ctx := open(t)
	for _, database := range []string{"shop", "audit"} {
		servicetest.Must(s.CreateDatabase(ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: &database}}))(t)
	}
	for _, in := range []struct {
		database string
		table    glueapi.TableInput
	}{
		{"shop", glueapi.TableInput{Name: new("customer-link"), Owner: new("ann"), Parameters: map[string]string{"classification": "parquet"}}},
		{"shop", glueapi.TableInput{Name: new("xxlinkyy"), Owner: new("bob"), Description: new("What people ask for")}},
		{"audit", glueapi.TableInput{Name: new("trail"), Owner: new("ann"), StorageDescriptor: &glueapi.StorageDescriptor{
			Location: new("s3://logs/trail/"), Columns: []glueapi.Column{{Name: new("eventname"), Type: new("string"), Comment: new("what was asked")}},
		}}},
		{"audit", glueapi.TableInput{Name: new("flow"), TableType: new("EXTERNAL_TABLE")}},
		{"audit", glueapi.TableInput{Name: new("link"), Parameters: map[string]string{"classification": "json"}}},
	} {
		servicetest.Must(s.CreateTable(ctx, &glueapi.CreateTableInput{DatabaseName: &in.database, TableInput: &in.table}))(t)
		<-time.After(time.Minute)
	}
	return s, ctx
}

func TestSearchTables(t *testing.T) {
	filter := func(key, value, comparator string) []glueapi.PropertyPredicate {
		p := glueapi.PropertyPredicate{Key: &key, Value: &value}
		if comparator != "" {
			p.Comparator = &comparator
		}
		return []glueapi.PropertyPredicate{p}
	}
	sort := func(field, direction string) []glueapi.SortCriterion {
		return []glueapi.SortCriterion{{FieldName: &field, Sort: &direction}}
	}
	all := []string{"audit.flow", "audit.link", "audit.trail", "shop.customer-link", "shop.xxlinkyy"}
	for name, tt := range map[string]struct {
		in   glueapi.SearchTablesInput
		want []string
		code string
	}{
		"all":                       {in: glueapi.SearchTablesInput{}, want: all},
		"ALL":                       {in: glueapi.SearchTablesInput{ResourceShareType: new("ALL")}, want: all},
		"what others share":         {in: glueapi.SearchTablesInput{ResourceShareType: new("FOREIGN")}},
		"text in a name":            {in: glueapi.SearchTablesInput{SearchText: new("LINK")}, want: []string{"audit.link", "shop.customer-link", "shop.xxlinkyy"}},
		"text in quotes":            {in: glueapi.SearchTablesInput{SearchText: new(`"Link"`)}, want: []string{"audit.link"}},
		"text in a description":     {in: glueapi.SearchTablesInput{SearchText: new("people")}, want: []string{"shop.xxlinkyy"}},
		"text in a column":          {in: glueapi.SearchTablesInput{SearchText: new("eventName")}, want: []string{"audit.trail"}},
		"text in a comment":         {in: glueapi.SearchTablesInput{SearchText: new("was asked")}, want: []string{"audit.trail"}},
		"text in a parameter":       {in: glueapi.SearchTablesInput{SearchText: new("parquet")}, want: []string{"shop.customer-link"}},
		"text nowhere":              {in: glueapi.SearchTablesInput{SearchText: new("nowhere")}},
		"a word of a name":          {in: glueapi.SearchTablesInput{Filters: filter("Name", "link", "")}, want: []string{"audit.link", "shop.customer-link"}},
		"a database":                {in: glueapi.SearchTablesInput{Filters: filter("DatabaseName", "SHOP", "EQUALS")}, want: []string{"shop.customer-link", "shop.xxlinkyy"}},
		"an owner":                  {in: glueapi.SearchTablesInput{Filters: filter("owner", "ann", "")}, want: []string{"audit.trail", "shop.customer-link"}},
		"a type":                    {in: glueapi.SearchTablesInput{Filters: filter("TableType", "EXTERNAL_TABLE", "")}, want: []string{"audit.flow"}},
		"a parameter":               {in: glueapi.SearchTablesInput{Filters: filter("classification", "json", "")}, want: []string{"audit.link"}},
		"two filters":               {in: glueapi.SearchTablesInput{Filters: append(filter("owner", "ann", ""), filter("DatabaseName", "audit", "")...)}, want: []string{"audit.trail"}},
		"text and a filter":         {in: glueapi.SearchTablesInput{SearchText: new("link"), Filters: filter("DatabaseName", "audit", "")}, want: []string{"audit.link"}},
		"later":                     {in: glueapi.SearchTablesInput{Filters: filter("UpdateTime", "2000-01-01T00:02:00Z", "GREATER_THAN")}, want: []string{"audit.flow", "audit.link"}},
		"then or later":             {in: glueapi.SearchTablesInput{Filters: filter("CreateTime", "946684920", "GREATER_THAN_EQUALS")}, want: []string{"audit.flow", "audit.link", "audit.trail"}},
		"earlier":                   {in: glueapi.SearchTablesInput{Filters: filter("CreateTime", "2000-01-01 00:01:00", "LESS_THAN")}, want: []string{"shop.customer-link"}},
		"then or earlier":           {in: glueapi.SearchTablesInput{Filters: filter("CreateTime", "2000-01-01T00:00:00", "LESS_THAN_EQUALS")}, want: []string{"shop.customer-link"}},
		"then":                      {in: glueapi.SearchTablesInput{Filters: filter("CreateTime", "2000-01-01", "")}, want: []string{"shop.customer-link"}},
		"a time that is none":       {in: glueapi.SearchTablesInput{Filters: filter("CreateTime", "soon", "")}, code: "InvalidInputException"},
		"a comparator of times":     {in: glueapi.SearchTablesInput{Filters: filter("Name", "link", "LESS_THAN")}, code: "InvalidInputException"},
		"by name, downwards":        {in: glueapi.SearchTablesInput{SortCriteria: sort("Name", "DESC")}, want: []string{"shop.xxlinkyy", "audit.trail", "audit.link", "audit.flow", "shop.customer-link"}},
		"by name":                   {in: glueapi.SearchTablesInput{SortCriteria: sort("Name", "ASC")}, want: []string{"shop.customer-link", "audit.flow", "audit.link", "audit.trail", "shop.xxlinkyy"}},
		"by owner, some have none":  {in: glueapi.SearchTablesInput{SortCriteria: sort("Owner", "ASC")}, want: []string{"audit.flow", "audit.link", "audit.trail", "shop.customer-link", "shop.xxlinkyy"}},
		"by time, downwards":        {in: glueapi.SearchTablesInput{SortCriteria: sort("UpdateTime", "DESC")}, want: []string{"audit.link", "audit.flow", "audit.trail", "shop.xxlinkyy", "shop.customer-link"}},
		"by what tables have not":   {in: glueapi.SearchTablesInput{SortCriteria: sort("color", "ASC")}, code: "InvalidInputException"},
		"of another's catalog":      {in: glueapi.SearchTablesInput{CatalogId: new("444455556666")}, code: "EntityNotFoundException"},
		"with a token of nobody's":  {in: glueapi.SearchTablesInput{NextToken: new("x")}, code: "InvalidInputException"},
		"a time that no table has":  {in: glueapi.SearchTablesInput{Filters: filter("LastAccessTime", "0", "GREATER_THAN")}},
		"a parameter that none has": {in: glueapi.SearchTablesInput{Filters: filter("color", "red", "")}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, ctx := withShop(t)
				if tt.code != "" {
					_, err := s.SearchTables(ctx, &tt.in)
					servicetest.WantCode(t, err, tt.code)
					return
				}
				got := servicetest.Pages(t, 1000, func(size *int32, token *string) (page []string, next *string, err error) {
					in := tt.in
					in.MaxResults, in.NextToken = size, token
					out, err := s.SearchTables(ctx, &in)
					for _, table := range out.TableList {
						page = append(page, *table.DatabaseName+"."+*table.Name)
					}
					return page, out.NextToken, err
				})
				servicetest.Diff(t, tt.want, got)
			})
		})
	}
}
