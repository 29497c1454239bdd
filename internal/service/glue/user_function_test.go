package glue_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/servicetest"
)

func TestUserDefinedFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ctx := open(t)
		for _, database := range []string{"d", "e"} {
			servicetest.Must(s.CreateDatabase(ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: &database}}))(t)
		}
		list := func(database *string, pattern string, kind *string) []string {
			return servicetest.Pages(t, 100, func(size *int32, token *string) (page []string, next *string, err error) {
				out, err := s.GetUserDefinedFunctions(ctx, &glueapi.GetUserDefinedFunctionsInput{
					DatabaseName: database, Pattern: &pattern, FunctionType: kind, MaxResults: size, NextToken: token,
				})
				for _, f := range out.UserDefinedFunctions {
					page = append(page, *f.DatabaseName+"."+*f.FunctionName)
				}
				return page, out.NextToken, err
			})
		}
		servicetest.Diff(t, []string(nil), list(nil, ".*", nil))
		create := func(database, name string, kind *string) error {
			_, err := s.CreateUserDefinedFunction(ctx, &glueapi.CreateUserDefinedFunctionInput{DatabaseName: &database, FunctionInput: &glueapi.UserDefinedFunctionInput{
				FunctionName: &name, ClassName: new("com.example.F"), FunctionType: kind,
			}})
			return err
		}
		for _, name := range []string{"trino__A", "trino__b", "other"} {
			if err := create("D", name, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := create("e", "trino__a", new("AGGREGATE_FUNCTION")); err != nil {
			t.Fatal(err)
		}
		servicetest.WantCode(t, create("d", "Other", nil), "AlreadyExistsException", "other")
		servicetest.WantCode(t, create("x", "other", nil), "EntityNotFoundException", "Database x")
		servicetest.WantCode(t, create("d", "", nil), "InvalidInputException", "FunctionName")

		servicetest.Diff(t, []string{"d.trino__a", "d.trino__b", "e.trino__a"}, list(nil, "trino__.*", nil))
		servicetest.Diff(t, []string{"d.other"}, list(new("D"), "other", nil))
		servicetest.Diff(t, []string{"e.trino__a"}, list(nil, "*", new("AGGREGATE_FUNCTION")))
		_, err := s.GetUserDefinedFunctions(ctx, &glueapi.GetUserDefinedFunctionsInput{DatabaseName: new("x"), Pattern: new(".*")})
		servicetest.WantCode(t, err, "EntityNotFoundException")
		_, err = s.GetUserDefinedFunctions(ctx, &glueapi.GetUserDefinedFunctionsInput{Pattern: new("(")})
		servicetest.WantCode(t, err, "InvalidInputException")

		<-time.After(time.Hour)
		update := &glueapi.UpdateUserDefinedFunctionInput{
			DatabaseName: new("d"), FunctionName: new("other"),
			FunctionInput: &glueapi.UserDefinedFunctionInput{ResourceUris: []glueapi.ResourceUri{{ResourceType: new("JAR"), Uri: new("s3://b/f.jar")}}},
		}
		servicetest.Must(s.UpdateUserDefinedFunction(ctx, update))(t)
		get := &glueapi.GetUserDefinedFunctionInput{DatabaseName: new("d"), FunctionName: new("OTHER")}
		servicetest.Diff(t, &glueapi.UserDefinedFunction{
			DatabaseName: new("d"), FunctionName: new("other"), FunctionType: new("REGULAR_FUNCTION"), ResourceUris: update.FunctionInput.ResourceUris,
			CreateTime: new(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)), CatalogId: new("111122223333"),
		}, servicetest.Must(s.GetUserDefinedFunction(ctx, get))(t).UserDefinedFunction)
		update.FunctionInput.FunctionName = new("renamed")
		_, err = s.UpdateUserDefinedFunction(ctx, update)
		servicetest.WantCode(t, err, "InvalidInputException", "renamed")

		servicetest.Must(s.DeleteUserDefinedFunction(ctx, &glueapi.DeleteUserDefinedFunctionInput{DatabaseName: new("d"), FunctionName: new("other")}))(t)
		_, err = s.GetUserDefinedFunction(ctx, get)
		servicetest.WantCode(t, err, "EntityNotFoundException", "other")
		servicetest.Must(s.DeleteDatabase(ctx, &glueapi.DeleteDatabaseInput{Name: new("e")}))(t)
		servicetest.Diff(t, []string{"d.trino__a", "d.trino__b"}, list(nil, ".*", nil))
	})
}
