package athena

import (
	"context"
	"maps"
	"regexp"
	"strings"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// typeGlue is the type of the catalogs that Glue's databases are in.
const typeGlue = "GLUE"

// catalogID is the parameter of a GLUE catalog that names an account.
const catalogID = "catalog-id"

// catalogName is what a data catalog may be called; the rest of the 256
// characters that the model allows is Athena's own.
var catalogName = regexp.MustCompile(`^[0-9A-Za-z_@-]{1,127}$`)

// CreateDataCatalog registers another name of a Glue catalog, by which queries
// then reach it. Without a catalog-id it is the account's own.
func (s *Service) CreateDataCatalog(ctx context.Context, in *athenaapi.CreateDataCatalogInput) (*athenaapi.CreateDataCatalogOutput, error) {
	if err := checkDataCatalog(*in.Name, *in.Type); err != nil {
		return nil, err
	}
	if isDefault(*in.Name) {
		return nil, errDataCatalogExists()
	}
	catalog := athenaapi.DataCatalog{Name: in.Name, Type: in.Type, Description: in.Description, Parameters: maps.Clone(in.Parameters)}
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		if err := dataCatalogs.Create(tx, catalog, strings.ToLower(*in.Name)); err != nil {
			return err
		}
		return tags.Add(tx, dataCatalogARN(tx.Scope(), *in.Name), resource.FromList(in.Tags, tagOf))
	})
	return &athenaapi.CreateDataCatalogOutput{}, err
}

// GetDataCatalog returns one data catalog.
func (s *Service) GetDataCatalog(ctx context.Context, in *athenaapi.GetDataCatalogInput) (*athenaapi.GetDataCatalogOutput, error) {
	out := &athenaapi.GetDataCatalogOutput{}
	err := s.store.View(ctx, func(r resource.Reader) error {
		catalog, err := dataCatalogIn(r, *in.Name)
		out.DataCatalog = &catalog
		return err
	})
	return out, err
}

// ListDataCatalogs lists the data catalogs by name, whatever its case.
func (s *Service) ListDataCatalogs(ctx context.Context, in *athenaapi.ListDataCatalogsInput) (*athenaapi.ListDataCatalogsOutput, error) {
	out := &athenaapi.ListDataCatalogsOutput{}
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		catalogs := withOne(dataCatalogs.From(r), strings.ToLower(defaultCatalog), ownCatalog(r.Scope()))
		asked := tokens.Page(in, in.NextToken, in.MaxResults, 50)
		out.DataCatalogsSummary, out.NextToken, err = resource.Page(ctx, asked, catalogs, func(c athenaapi.DataCatalog) (athenaapi.DataCatalogSummary, bool, error) {
			return athenaapi.DataCatalogSummary{CatalogName: c.Name, Type: c.Type}, true, nil
		})
		return err
	})
	return out, err
}

// UpdateDataCatalog replaces those of a data catalog's description and
// parameters that are given. Its type stays.
func (s *Service) UpdateDataCatalog(ctx context.Context, in *athenaapi.UpdateDataCatalogInput) (*athenaapi.UpdateDataCatalogOutput, error) {
	if err := checkDataCatalog(*in.Name, *in.Type); err != nil {
		return nil, err
	}
	if isDefault(*in.Name) {
		return nil, errRequest("DataCatalog %s cannot be changed", defaultCatalog)
	}
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		return dataCatalogs.Change(tx, func(catalog *athenaapi.DataCatalog) error {
			resource.Set(&catalog.Description, in.Description)
			if in.Parameters != nil {
				catalog.Parameters = maps.Clone(in.Parameters)
			}
			return nil
		}, strings.ToLower(*in.Name))
	})
	return &athenaapi.UpdateDataCatalogOutput{}, err
}

// DeleteDataCatalog removes a data catalog's name; the Glue catalog stays.
func (s *Service) DeleteDataCatalog(ctx context.Context, in *athenaapi.DeleteDataCatalogInput) (*athenaapi.DeleteDataCatalogOutput, error) {
	if isDefault(*in.Name) {
		return nil, errRequest("DataCatalog %s cannot be deleted", defaultCatalog)
	}
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		catalog, err := dataCatalogIn(tx, *in.Name)
		if err != nil {
			return err
		}
		if err := dataCatalogs.Delete(tx, strings.ToLower(*in.Name)); err != nil {
			return err
		}
		return tags.Delete(tx, dataCatalogARN(tx.Scope(), *catalog.Name))
	})
	return &athenaapi.DeleteDataCatalogOutput{}, err
}

// checkDataCatalog refuses names that AWS does, and the types behind which there
// is a Lambda function, a Hive metastore or another database.
func checkDataCatalog(name, kind string) error {
	if !catalogName.MatchString(name) {
		return errRequest("The name of a data catalog has 1 to 127 letters, digits, underscores, hyphens and at signs: %q", name)
	}
	if kind != typeGlue {
		return errUnsupported("Data catalogs of type %s are not supported by this version of Sillok: there are those of type %s.", kind, typeGlue)
	}
	return nil
}

// dataCatalogIn reads a data catalog of the caller's, whatever the name's case.
func dataCatalogIn(r resource.Reader, name string) (athenaapi.DataCatalog, error) {
	if isDefault(name) {
		return ownCatalog(r.Scope()), nil
	}
	catalog, found, err := dataCatalogs.Find(r, strings.ToLower(name))
	if err == nil && !found {
		err = errNoDataCatalog(name)
	}
	return catalog, err
}

// ownCatalog is the catalog that every account has.
func ownCatalog(scope cloud.Scope) athenaapi.DataCatalog {
	return athenaapi.DataCatalog{
		Name: new(defaultCatalog), Type: new(typeGlue), Parameters: map[string]string{catalogID: string(scope.Account)},
	}
}

// isOwn says whether a data catalog, named in any case, is the account's Glue
// catalog: AwsDataCatalog, or another name of it. The catalog of another account
// is as good as none, since nobody may read it.
func (s *Service) isOwn(ctx context.Context, name string) (own bool, err error) {
	if isDefault(name) {
		return true, nil
	}
	err = s.store.View(ctx, func(r resource.Reader) error {
		catalog, found, err := dataCatalogs.Find(r, strings.ToLower(name))
		account := string(r.Scope().Account)
		if id, ok := catalog.Parameters[catalogID]; ok && id != account {
			found = false
		}
		own = found
		return err
	})
	return own, err
}

// checkOwn refuses a data catalog that is not the account's own.
func (s *Service) checkOwn(ctx context.Context, name string) error {
	own, err := s.isOwn(ctx, name)
	if err == nil && !own {
		err = errMetadata("Catalog %s does not exist", name)
	}
	return err
}

func isDefault(catalog string) bool { return strings.EqualFold(catalog, defaultCatalog) }

func dataCatalogARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "athena", "datacatalog/"+name)
}
