package conformance_test

import (
	"strings"
	"testing"
)

// Terraform makes a dashboard, changes it, and sees after each step that it is as it was told.
func TestTerraformDashboards(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	tf := newTerraform(t, s, "dashboard.tf")
	for _, value := range []string{"one", "another"} {
		variable := "-var=value=" + value
		tf.run("apply", "-auto-approve", variable)
		tf.unchanged(variable)
		if seen := strings.TrimSpace(tf.run("output", "-raw", "seen")); !strings.HasSuffix(seen, ":dashboard/shop") {
			t.Errorf("it sees %q", seen)
		}
		if body := s.aws("cloudwatch", "get-dashboard", "--dashboard-name", "shop", "--query", "DashboardBody", "--output", "text"); !strings.Contains(body, `"markdown":"`+value+`"`) {
			t.Errorf("the body is %s", body)
		}
	}
	tf.run("destroy", "-auto-approve", "-var=value=another")
	if left := s.aws("cloudwatch", "list-dashboards", "--query", "DashboardEntries", "--output", "text"); strings.TrimSpace(left) != "" {
		t.Errorf("left after destroy: %s", left)
	}
	report(t, "Terraform dashboards", "an aws_cloudwatch_dashboard: apply, change, plan without changes, destroy")
}

// boto3 keeps dashboards, has pictures drawn, and asks what is usual of a metric.
func TestBotoDashboards(t *testing.T) {
	n := serve(t, t.TempDir()).boto(t, "test_dashboards.py")
	if !t.Failed() {
		report(t, "boto3 dashboards", "%d cases of dashboards, pictures and anomaly detectors", n)
	}
}
