package glue

import (
	"context"

	"github.com/sillok/sillok/internal/api/glueapi"
)

// GetCatalogImportStatus says that Athena and Glue share their catalog, which
// here was never otherwise.
func (s *Service) GetCatalogImportStatus(ctx context.Context, in *glueapi.GetCatalogImportStatusInput) (*glueapi.GetCatalogImportStatusOutput, error) {
	return &glueapi.GetCatalogImportStatusOutput{ImportStatus: &glueapi.CatalogImportStatus{ImportCompleted: new(true)}}, checkCatalog(ctx, in.CatalogId)
}

// GetDataCatalogEncryptionSettings says that no key of KMS encrypts the catalog.
func (s *Service) GetDataCatalogEncryptionSettings(ctx context.Context, in *glueapi.GetDataCatalogEncryptionSettingsInput) (*glueapi.GetDataCatalogEncryptionSettingsOutput, error) {
	return &glueapi.GetDataCatalogEncryptionSettingsOutput{DataCatalogEncryptionSettings: &glueapi.DataCatalogEncryptionSettings{
		EncryptionAtRest:             &glueapi.EncryptionAtRest{CatalogEncryptionMode: new("DISABLED")},
		ConnectionPasswordEncryption: &glueapi.ConnectionPasswordEncryption{ReturnConnectionPasswordEncrypted: new(false)},
	}}, checkCatalog(ctx, in.CatalogId)
}
