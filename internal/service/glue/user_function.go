package glue

import (
	"context"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/resource"
)

// CreateUserDefinedFunction keeps the definition of a function in a database.
// Nothing runs it here: Athena refuses functions of its users by name.
func (s *Service) CreateUserDefinedFunction(ctx context.Context, in *glueapi.CreateUserDefinedFunctionInput) (*glueapi.CreateUserDefinedFunctionOutput, error) {
	database, name := lower(in.DatabaseName), lower(in.FunctionInput.FunctionName)
	if name == "" {
		return nil, errInvalid("FunctionInput.FunctionName is required.")
	}
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		if _, err := databases.Get(tx, database); err != nil {
			return err
		}
		function := functionOf(tx, database, name, in.FunctionInput)
		function.CreateTime = resource.Now(precision)
		return functions.Create(tx, function, database, name)
	})
	return &glueapi.CreateUserDefinedFunctionOutput{}, err
}

// GetUserDefinedFunction returns one function.
func (s *Service) GetUserDefinedFunction(ctx context.Context, in *glueapi.GetUserDefinedFunctionInput) (*glueapi.GetUserDefinedFunctionOutput, error) {
	database := lower(in.DatabaseName)
	out := &glueapi.GetUserDefinedFunctionOutput{}
	err := s.view(ctx, in.CatalogId, func(r resource.Reader) error {
		if _, err := databases.Get(r, database); err != nil {
			return err
		}
		function, err := functions.Get(r, database, lower(in.FunctionName))
		out.UserDefinedFunction = &function
		return err
	})
	return out, err
}

// GetUserDefinedFunctions lists the functions of a database, or of all, whose
// whole name matches Pattern.
func (s *Service) GetUserDefinedFunctions(ctx context.Context, in *glueapi.GetUserDefinedFunctionsInput) (*glueapi.GetUserDefinedFunctionsOutput, error) {
	matches, err := nameMatcher(*in.Pattern)
	if err != nil {
		return nil, err
	}
	out := &glueapi.GetUserDefinedFunctionsOutput{}
	err = s.view(ctx, in.CatalogId, func(r resource.Reader) (err error) {
		from := functions.From(r)
		if database := lower(in.DatabaseName); database != "" {
			if _, err := databases.Get(r, database); err != nil {
				return err
			}
			from = functions.From(r, database)
		}
		asked := tokens.Page(in, in.NextToken, in.MaxResults, 100)
		out.UserDefinedFunctions, out.NextToken, err = resource.Page(ctx, asked, from, func(f glueapi.UserDefinedFunction) (glueapi.UserDefinedFunction, bool, error) {
			typed := in.FunctionType == nil || *in.FunctionType == resource.Value(f.FunctionType)
			return f, typed && matches(*f.FunctionName), nil
		})
		return err
	})
	return out, err
}

// UpdateUserDefinedFunction replaces the definition of a function.
func (s *Service) UpdateUserDefinedFunction(ctx context.Context, in *glueapi.UpdateUserDefinedFunctionInput) (*glueapi.UpdateUserDefinedFunctionOutput, error) {
	database, name := lower(in.DatabaseName), lower(in.FunctionName)
	if renamed := lower(in.FunctionInput.FunctionName); renamed != "" && renamed != name {
		return nil, errInvalid("A function cannot be renamed: FunctionName is %s and FunctionInput.FunctionName is %s.", name, renamed)
	}
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		old, err := functions.Get(tx, database, name)
		if err != nil {
			return err
		}
		function := functionOf(tx, database, name, in.FunctionInput)
		function.CreateTime = old.CreateTime
		return functions.Put(tx, function, database, name)
	})
	return &glueapi.UpdateUserDefinedFunctionOutput{}, err
}

// DeleteUserDefinedFunction removes a function.
func (s *Service) DeleteUserDefinedFunction(ctx context.Context, in *glueapi.DeleteUserDefinedFunctionInput) (*glueapi.DeleteUserDefinedFunctionOutput, error) {
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		return functions.Delete(tx, lower(in.DatabaseName), lower(in.FunctionName))
	})
	return &glueapi.DeleteUserDefinedFunctionOutput{}, err
}

func functionOf(r resource.Reader, database, name string, in *glueapi.UserDefinedFunctionInput) glueapi.UserDefinedFunction {
	kind := resource.Or(in.FunctionType, "REGULAR_FUNCTION")
	return glueapi.UserDefinedFunction{
		FunctionName: new(strings.ToLower(name)), DatabaseName: new(database), ClassName: in.ClassName, OwnerName: in.OwnerName,
		FunctionType: new(kind), OwnerType: in.OwnerType, ResourceUris: in.ResourceUris, CatalogId: catalog(r),
	}
}
