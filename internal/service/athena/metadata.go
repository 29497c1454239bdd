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

// ListDataCatalogs lists the one catalog that an account has.
func (s *Service) ListDataCatalogs(context.Context, *athenaapi.ListDataCatalogsInput) (*athenaapi.ListDataCatalogsOutput, error) {
	return &athenaapi.ListDataCatalogsOutput{
		DataCatalogsSummary: []athenaapi.DataCatalogSummary{{CatalogName: new(defaultCatalog), Type: new("GLUE")}},
	}, nil
}

// GetDataCatalog returns the account's catalog.
func (s *Service) GetDataCatalog(ctx context.Context, in *athenaapi.GetDataCatalogInput) (*athenaapi.GetDataCatalogOutput, error) {
	if !isDefault(*in.Name) {
		return nil, errRequest("DataCatalog %s was not found", *in.Name)
	}
	return &athenaapi.GetDataCatalogOutput{DataCatalog: &athenaapi.DataCatalog{
		Name: new(defaultCatalog), Type: new("GLUE"), Parameters: map[string]string{"catalog-id": string(cloud.CallOf(ctx).Account)},
	}}, nil
}

// ListDatabases lists the databases of a catalog by name. Athena always has "default".
func (s *Service) ListDatabases(ctx context.Context, in *athenaapi.ListDatabasesInput) (*athenaapi.ListDatabasesOutput, error) {
	out := &athenaapi.ListDatabasesOutput{DatabaseList: []athenaapi.Database{}}
	if !isDefault(*in.CatalogName) {
		return out, nil
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
	if !isDefault(*in.CatalogName) {
		return nil, errMetadata("Catalog %s does not exist", *in.CatalogName)
	}
	out, err := s.glue.GetDatabase(ctx, &glueapi.GetDatabaseInput{Name: &name})
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		if name == "default" {
			return &athenaapi.GetDatabaseOutput{Database: new(databaseOf(defaultDatabase()))}, nil
		}
		return nil, errMetadata("Database %s not found", name)
	}
	if err != nil {
		return nil, err
	}
	return &athenaapi.GetDatabaseOutput{Database: new(databaseOf(*out.Database))}, nil
}

// ListTableMetadata lists the tables of a database by name, those that match
// Expression where one is given.
func (s *Service) ListTableMetadata(ctx context.Context, in *athenaapi.ListTableMetadataInput) (*athenaapi.ListTableMetadataOutput, error) {
	if !isDefault(*in.CatalogName) {
		return nil, errMetadata("Catalog %s does not exist", *in.CatalogName)
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
		return nil, metadataError(err)
	}
	return out, nil
}

// GetTableMetadata returns one table.
func (s *Service) GetTableMetadata(ctx context.Context, in *athenaapi.GetTableMetadataInput) (*athenaapi.GetTableMetadataOutput, error) {
	if !isDefault(*in.CatalogName) {
		return nil, errMetadata("Catalog %s does not exist", *in.CatalogName)
	}
	out, err := s.glue.GetTable(ctx, &glueapi.GetTableInput{DatabaseName: in.DatabaseName, Name: in.TableName})
	if err != nil {
		return nil, metadataError(err)
	}
	return &athenaapi.GetTableMetadataOutput{TableMetadata: new(metadataOf(*out.Table))}, nil
}

func isDefault(catalog string) bool { return strings.EqualFold(catalog, defaultCatalog) }

// metadataError is err as Athena's metadata operations tell it.
func metadataError(err error) error {
	if cloud.KindOf(err) == cloud.NotFound {
		return errMetadata("%s", cause(err))
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
