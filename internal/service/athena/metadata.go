package athena

import (
	"context"
	"maps"
	"regexp"
	"strings"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// ListDatabases lists the databases of a catalog by name. Athena always has "default".
func (s *Service) ListDatabases(ctx context.Context, in *athenaapi.ListDatabasesInput) (*athenaapi.ListDatabasesOutput, error) {
	out := &athenaapi.ListDatabasesOutput{DatabaseList: []athenaapi.Database{}}
	if own, err := s.isOwn(ctx, *in.CatalogName); err != nil || !own {
		return out, err
	}
	var err error
	asked := tokens.Page(in, in.NextToken, in.MaxResults, 50)
	out.DatabaseList, out.NextToken, err = resource.Page(ctx, asked, databasesOf(ctx, s.glue), func(d glueapi.Database) (athenaapi.Database, bool, error) {
		return databaseOf(d), true, nil
	})
	return out, err
}

// GetDatabase returns one database.
func (s *Service) GetDatabase(ctx context.Context, in *athenaapi.GetDatabaseInput) (*athenaapi.GetDatabaseOutput, error) {
	name := strings.ToLower(*in.DatabaseName)
	if err := s.checkOwn(ctx, *in.CatalogName); err != nil {
		return nil, err
	}
	out, err := s.glue.GetDatabase(ctx, &glueapi.GetDatabaseInput{Name: &name})
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		if name == "default" {
			return &athenaapi.GetDatabaseOutput{Database: new(databaseOf(defaultDatabase()))}, nil
		}
		return nil, metadataError(ctx, err)
	}
	if err != nil {
		return nil, err
	}
	return &athenaapi.GetDatabaseOutput{Database: new(databaseOf(*out.Database))}, nil
}

// ListTableMetadata lists the tables of a database by name, those that match
// Expression where one is given.
func (s *Service) ListTableMetadata(ctx context.Context, in *athenaapi.ListTableMetadataInput) (*athenaapi.ListTableMetadataOutput, error) {
	if err := s.checkOwn(ctx, *in.CatalogName); err != nil {
		return nil, err
	}
	pattern, err := regexp.Compile("^(?:" + resource.Or(in.Expression, ".*") + ")$")
	if err != nil {
		return nil, errRequest("Expression is not a regular expression: %s", *in.Expression)
	}
	database := strings.ToLower(*in.DatabaseName)
	out := &athenaapi.ListTableMetadataOutput{}
	asked := tokens.Page(in, in.NextToken, in.MaxResults, 50)
	out.TableMetadataList, out.NextToken, err = resource.Page(ctx, asked, tablesOf(ctx, s.glue, database), func(t glueapi.Table) (athenaapi.TableMetadata, bool, error) {
		return metadataOf(t), pattern.MatchString(*t.Name), nil
	})
	if err != nil && cloud.KindOf(err) == cloud.NotFound && database == "default" {
		return &athenaapi.ListTableMetadataOutput{TableMetadataList: []athenaapi.TableMetadata{}}, nil
	}
	if err != nil {
		return nil, metadataError(ctx, err)
	}
	return out, nil
}

// GetTableMetadata returns one table.
func (s *Service) GetTableMetadata(ctx context.Context, in *athenaapi.GetTableMetadataInput) (*athenaapi.GetTableMetadataOutput, error) {
	if err := s.checkOwn(ctx, *in.CatalogName); err != nil {
		return nil, err
	}
	out, err := s.glue.GetTable(ctx, &glueapi.GetTableInput{DatabaseName: in.DatabaseName, Name: in.TableName})
	if err != nil {
		return nil, metadataError(ctx, err)
	}
	return &athenaapi.GetTableMetadataOutput{TableMetadata: new(metadataOf(*out.Table))}, nil
}

// metadataError is err as Athena's metadata operations tell it. What Glue did not
// find has the form that AWS's SDK for Java gives it, in which clients read the
// code: to PyAthena it is how a table that is missing differs from a failure.
func metadataError(ctx context.Context, err error) error {
	if cloud.KindOf(err) == cloud.NotFound {
		return errMetadata("%s (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; Request ID: %s)",
			cause(err), cloud.CallOf(ctx).RequestID)
	}
	return err
}

func defaultDatabase() glueapi.Database {
	return glueapi.Database{Name: new("default"), Description: new("Default database")}
}

func databaseOf(database glueapi.Database) athenaapi.Database {
	parameters := database.Parameters
	if parameters == nil {
		parameters = map[string]string{}
	}
	return athenaapi.Database{Name: database.Name, Description: new(resource.Value(database.Description)), Parameters: parameters}
}

func metadataOf(table glueapi.Table) athenaapi.TableMetadata {
	parameters := map[string]string{}
	maps.Copy(parameters, table.Parameters)
	var columns []glueapi.Column
	if d := table.StorageDescriptor; d != nil {
		columns = d.Columns
		for name, value := range map[string]*string{"location": d.Location, "inputformat": d.InputFormat, "outputformat": d.OutputFormat} {
			if resource.Value(value) != "" {
				parameters[name] = *value
			}
		}
		if d.SerdeInfo != nil {
			parameters["serde.serialization.lib"] = resource.Value(d.SerdeInfo.SerializationLibrary)
			for k, v := range d.SerdeInfo.Parameters {
				parameters["serde.param."+k] = v
			}
		}
	}
	return athenaapi.TableMetadata{
		Name: table.Name, CreateTime: table.CreateTime, LastAccessTime: table.LastAccessTime, TableType: table.TableType,
		Columns: columnsOf(columns), PartitionKeys: columnsOf(table.PartitionKeys), Parameters: parameters,
	}
}

func columnsOf(columns []glueapi.Column) []athenaapi.Column {
	out := make([]athenaapi.Column, len(columns))
	for i, c := range columns {
		out[i] = athenaapi.Column{Name: c.Name, Type: c.Type, Comment: c.Comment}
	}
	return out
}
