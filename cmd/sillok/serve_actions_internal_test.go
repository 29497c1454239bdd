package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/alarm/operator"
)

func TestActionsFile(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "secret"), []byte("of the ticket system\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []operator.Declaration{
		{Action: "ec2:reboot", Instance: "i-0*", Timeout: 20 * time.Second, Command: operator.Command{Arguments: []string{"/usr/bin/ssh", "ops@host", "reboot"}, Environment: map[string]string{"ZONE": "a"}}},
		{Action: "ssm:opsitem", Alarm: "shop-*", Accounts: []string{"*"}, Webhook: operator.Webhook{URL: "https://tickets.example.org/hook", Secret: []byte("of the ticket system")}},
	}
	for name, text := range map[string]string{
		"actions.yaml": `
actions:
  - action: ec2:reboot
    instance: i-0*
    timeout: 20s
    command: [/usr/bin/ssh, ops@host, reboot]
    environment: {ZONE: a}
  - action: ssm:opsitem
    alarm: shop-*
    accounts: ["*"]
    webhook: https://tickets.example.org/hook
    secret_file: secret
`,
		"actions.json": `{"actions": [
			{"action": "ec2:reboot", "instance": "i-0*", "timeout": "20s", "command": ["/usr/bin/ssh", "ops@host", "reboot"], "environment": {"ZONE": "a"}},
			{"action": "ssm:opsitem", "alarm": "shop-*", "accounts": ["*"], "webhook": "https://tickets.example.org/hook", "secret": "of the ticket system"}]}`,
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readActions(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if err := operator.Check(got); err != nil {
			t.Error(err)
		}
	}
}

func TestActionsFilesThatAreWrong(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", "it has no actions"},
		{"no YAML", "actions: [", "actions.yaml: yaml:"},
		{"another key", "actions: [{action: ec2:stop, comand: [a]}]", `"comand" is not a key`},
		{"a time that is none", "actions: [{action: ec2:stop, timeout: soon}]", `"soon" is not a time`},
		{"two secrets", "actions: [{action: ec2:stop, secret: a, secret_file: b}]", "entry 1: secret and secret_file are both given"},
		{"a file that is not there", "actions: [{action: ec2:stop, secret_file: b}]", "entry 1: secret_file: open"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "actions.yaml")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := readActions(path); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("want %s\ngot  %v", tt.want, err)
			}
		})
	}
	if _, err := readActions(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there is taken")
	}
}

func FuzzActionsFile(f *testing.F) {
	f.Add([]byte("actions: [{action: ec2:stop, command: [/bin/true]}]"))
	f.Add([]byte("actions: [null, {dimensions: {a: 1}}]"))
	f.Fuzz(func(_ *testing.T, text []byte) {
		if strings.Contains(string(text), "secret_file") {
			return // it would read files
		}
		all, err := parseActions(text, "actions.yaml")
		if err == nil {
			_ = operator.Check(all)
		}
	})
}
