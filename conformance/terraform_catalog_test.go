package conformance_test

import (
	"strings"
	"testing"
)

// Terraform makes a Glue database with tables, indexes and a partition, and all
// that Athena keeps, changes them, and sees after each step that all is as it was
// told.
func TestTerraformCatalog(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	tf := newTerraform(t, s, "catalog.tf")
	for _, value := range []string{"one", "another"} {
		variable := "-var=value=" + value
		tf.run("apply", "-auto-approve", variable)
		tf.unchanged(variable)
		if seen := strings.TrimSpace(tf.run("output", "-raw", "seen")); seen != "year day SELECT count(*) FROM sales" {
			t.Errorf("it sees %q", seen)
		}
	}
	tf.run("destroy", "-auto-approve", "-var=value=another")
	for _, left := range [][]string{
		{"glue", "get-databases", "--query", "DatabaseList[].Name"},
		{"athena", "list-work-groups", "--query", "WorkGroups[?Name!='primary'].Name"},
		{"athena", "list-data-catalogs", "--query", "DataCatalogsSummary[?CatalogName!='AwsDataCatalog'].CatalogName"},
	} {
		if names := s.aws(append(left, "--output", "text")...); strings.TrimSpace(names) != "" {
			t.Errorf("left after destroy: %s", names)
		}
	}
	report(t, "Terraform Glue and Athena", "2 databases, 2 tables, 3 partition indexes, a partition, a work group, a data catalog, a named query, a prepared statement: apply, change, plan without changes, destroy")
}
