package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/app"
)

func TestCredentialIsKept(t *testing.T) {
	data := t.TempDir()
	var roots []app.Credential
	for range 2 {
		server, err := open(t, config(data))
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, server.Root())
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(roots[0], roots[1]); diff != "" {
		t.Errorf("the second start has another credential (-first +second):\n%s", diff)
	}
	info, err := os.Stat(filepath.Join(data, "credentials"))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("the credentials file has mode %o", got)
	}
}

func TestCredentialsFile(t *testing.T) {
	for _, tt := range []struct {
		name    string
		text    string
		want    app.Credential
		failure string
	}{
		{
			name: "as the server writes it",
			text: "[default]\naws_access_key_id = AKIA1\naws_secret_access_key = a/b+c=\naws_account_id = 111122223333\n",
			want: app.Credential{AccessKeyID: "AKIA1", SecretAccessKey: "a/b+c=", Account: "111122223333"},
		},
		{
			name: "without spaces and account, beside another profile",
			text: "[default]\naws_access_key_id=AKIA1\naws_secret_access_key=s\n\n[prod]\naws_access_key_id=AKIA2\naws_secret_access_key=t\n",
			want: app.Credential{AccessKeyID: "AKIA1", SecretAccessKey: "s", Account: "000000000000"},
		},
		{name: "empty", failure: "holds no root credential"},
		{name: "another profile alone", text: "[prod]\naws_access_key_id=AKIA2\naws_secret_access_key=t\n", failure: "holds no root credential"},
		{name: "no secret", text: "[default]\naws_access_key_id=AKIA2\n", failure: "holds no root credential"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := t.TempDir()
			if err := os.WriteFile(filepath.Join(data, "credentials"), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			server, err := open(t, config(data))
			if tt.failure != "" {
				if err == nil || !strings.Contains(err.Error(), tt.failure) {
					t.Fatalf("error %v, want one that says %q", err, tt.failure)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, server.Root()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
