package glue_test

import (
	"testing"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/servicetest"
)

func TestWhatTheCatalogSaysOfItself(t *testing.T) {
	s, ctx := open(t)
	servicetest.Diff(t, &glueapi.GetCatalogImportStatusOutput{ImportStatus: &glueapi.CatalogImportStatus{ImportCompleted: new(true)}},
		servicetest.Must(s.GetCatalogImportStatus(ctx, &glueapi.GetCatalogImportStatusInput{}))(t))
	servicetest.Diff(t, &glueapi.GetDataCatalogEncryptionSettingsOutput{DataCatalogEncryptionSettings: &glueapi.DataCatalogEncryptionSettings{
		EncryptionAtRest:             &glueapi.EncryptionAtRest{CatalogEncryptionMode: new("DISABLED")},
		ConnectionPasswordEncryption: &glueapi.ConnectionPasswordEncryption{ReturnConnectionPasswordEncrypted: new(false)},
	}}, servicetest.Must(s.GetDataCatalogEncryptionSettings(ctx, &glueapi.GetDataCatalogEncryptionSettingsInput{}))(t))
	_, err := s.GetDataCatalogEncryptionSettings(ctx, &glueapi.GetDataCatalogEncryptionSettingsInput{CatalogId: new("444455556666")})
	servicetest.WantCode(t, err, "EntityNotFoundException")
}

func TestAnUpdateMaySkipTheArchive(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s)
	for _, skip := range []bool{false, true, true} {
		servicetest.Must(s.UpdateTable(ctx, &glueapi.UpdateTableInput{DatabaseName: new("d"), TableInput: &glueapi.TableInput{Name: new("t")}, SkipArchive: &skip}))(t)
	}
	out := servicetest.Must(s.GetTableVersions(ctx, &glueapi.GetTableVersionsInput{DatabaseName: new("d"), TableName: new("t")}))(t)
	var got []string
	for _, v := range out.TableVersions {
		got = append(got, *v.VersionId)
	}
	servicetest.Diff(t, []string{"1", "4"}, got)
}

func TestOnlySomeAttributesOfTables(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s)
	servicetest.Must(s.UpdateTable(ctx, &glueapi.UpdateTableInput{DatabaseName: new("d"), TableInput: &glueapi.TableInput{Name: new("t"), TableType: new("VIRTUAL_VIEW")}}))(t)
	for _, tt := range []struct {
		wanted []string
		kind   *string
	}{{[]string{"NAME"}, nil}, {[]string{"NAME", "TABLE_TYPE"}, new("VIRTUAL_VIEW")}} {
		out := servicetest.Must(s.GetTables(ctx, &glueapi.GetTablesInput{DatabaseName: new("d"), AttributesToGet: tt.wanted}))(t)
		servicetest.Diff(t, []glueapi.Table{{Name: new("t"), DatabaseName: new("d"), CatalogId: new("111122223333"), TableType: tt.kind}}, out.TableList)
	}
}
