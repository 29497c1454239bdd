package conformance_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAlarmsCLI plays every subcommand of `aws cloudwatch` about alarms that the server answers.
func TestAlarmsCLI(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	play := &session{cli: s.cli(), kept: map[string]string{}}
	commands := play.readSession(filepath.Join("testdata", "alarms_cli.txt"))
	seen := map[string]bool{}
	for _, c := range commands {
		play.play("cloudwatch", c)
		seen[c.words[0]] = true
	}
	for _, operation := range claimed(t, "cloudwatch") {
		if name := subcommand(operation); strings.Contains(name, "alarm") && !seen[name] {
			t.Errorf("docs/compat.md says that %s is supported, and testdata/alarms_cli.txt has no %s", operation, name)
		}
	}
	if !t.Failed() {
		report(t, "AWS CLI alarms", "%d commands of %d subcommands answer as AWS's would", len(commands), len(seen))
	}
}

// boto3 sees an alarm fire and be taken back; what Grafana and YACE ask for is there.
func TestBotoAlarms(t *testing.T) {
	t.Parallel()
	n := serve(t, t.TempDir()).boto(t, "test_alarms.py")
	if !t.Failed() {
		report(t, "boto3 alarms", "%d cases: alarms that fire, waiters, resources, bad alarms, the calls of Grafana and YACE", n)
	}
}

// Terraform makes alarms on metrics and expressions and a composite one, changes them, and
// sees after each step that all is as it was told.
func TestTerraformAlarms(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	tf := newTerraform(t, s, "alarms.tf")
	for _, value := range []string{"one", "another"} {
		variable := "-var=value=" + value
		tf.run("apply", "-auto-approve", variable)
		tf.unchanged(variable)
		if seen := strings.TrimSpace(tf.run("output", "-raw", "seen")); seen != "arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:any" {
			t.Errorf("it sees %q", seen)
		}
	}
	tf.run("destroy", "-auto-approve", "-var=value=another")
	left := strings.Fields(s.aws("cloudwatch", "describe-alarms", "--alarm-types", "MetricAlarm", "CompositeAlarm", "--query", "[MetricAlarms, CompositeAlarms][]", "--output", "text"))
	if len(slices.DeleteFunc(left, func(word string) bool { return word == "None" })) > 0 {
		t.Errorf("left after destroy: %s", left)
	}
	report(t, "Terraform alarms", "3 aws_cloudwatch_metric_alarm and an aws_cloudwatch_composite_alarm: apply, change, plan without changes, destroy")
}
