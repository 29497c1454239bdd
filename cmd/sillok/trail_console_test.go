//go:build linux

package main_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// On a terminal an answer goes through the person's pager and fits into its columns;
// what is followed does not go through it.
func TestEventsOnATerminal(t *testing.T) {
	server := serveAt(t, t.TempDir(), "127.0.0.1:0")
	root := caller{server.endpoint, aws.Credentials{AccessKeyID: "AKIASCRIPTS", SecretAccessKey: "made/up"}}
	if _, err := root.call("iam", "CreateUser", "UserName", strings.Repeat("long", 16)); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIASCRIPTS", "AWS_SECRET_ACCESS_KEY": "made/up", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": server.endpoint, "PAGER": "sed s/^/p/",
	} {
		t.Setenv(name, value)
	}
	t.Setenv("SILLOK_COLOR", "never")
	c := onConsole(t, t.TempDir(), "trail", "events")
	if code, text := c.end(); code != 0 || !strings.Contains(text, "p│ ") || !strings.Contains(text, "iam:CreateUser") || !strings.Contains(text, "longlong") {
		t.Errorf("code %d\n%s", code, text)
	} else {
		for line := range strings.Lines(text) {
			if rest, paged := strings.CutPrefix(line, "p"); paged && len([]rune(strings.TrimSpace(rest))) > 80 {
				t.Errorf("a line is too long: %s", line)
			}
		}
	}
	c = onConsole(t, t.TempDir(), "trail", "events", "--follow", "--since", "1h", "--limit", "1")
	if code, text := c.end(); code != 0 || strings.HasPrefix(text, "p") || !strings.Contains(text, "iam:CreateUser") {
		t.Errorf("code %d\n%s", code, text)
	}
}
