package iam_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/service/iam"
	"github.com/sillok/sillok/internal/servicetest"
)

var update = flag.Bool("update", false, "write what the scripts answer anew")

// sealer is one with a master key of the tests.
func sealer(tb testing.TB) *seal.Sealer {
	tb.Helper()
	return servicetest.Must(seal.Open(tb.Context(), seal.Config{Text: strings.Repeat("01", 32)}))(tb)
}

func open(tb testing.TB) (*iam.Service, context.Context) {
	tb.Helper()
	return iam.New(servicetest.Store(tb), sealer(tb), nil), servicetest.Call(tb)
}

// TestScripts runs what is in testdata: lines that begin with "> " are calls, and what
// follows one is what it answers, IDs and secrets hidden. "as NAME" makes the calls that
// follow those of a user, "as root" those of the root user again.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			synctest.Test(t, func(t *testing.T) { got = run(t, string(text)) }) // so that the time stands still
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// run returns a script with what its calls answer now.
func run(t *testing.T, script string) string {
	t.Helper()
	s, ctx := open(t)
	root, vars := ctx, map[string]string{}
	var out strings.Builder
	for line := range strings.Lines(script) {
		call, isCall := strings.CutPrefix(strings.TrimSpace(line), "> ")
		switch {
		case strings.HasPrefix(line, "#"):
			fmt.Fprintf(&out, "\n%s", line)
			continue
		case !isCall:
			continue // of an earlier answer
		}
		fmt.Fprintf(&out, "> %s\n", call)
		if name, ok := strings.CutPrefix(call, "as "); ok {
			ctx = root //nolint:fatcontext // of another call
			if name != "root" {
				ctx = as(root, cloud.Principal{
					Type: cloud.IAMUser, Account: servicetest.Account, Name: name, ID: "AIDA" + name, ARN: "arn:aws:iam::111122223333:user/" + name,
				})
			}
			continue
		}
		for name, value := range vars {
			call = strings.ReplaceAll(call, "$"+name, value)
		}
		operation, in, _ := strings.Cut(call, " ")
		answer, err := servicetest.Do(ctx, t, s, operation, in)
		if err != nil {
			answer = []byte(words(t, err))
		}
		remember(vars, answer)
		fmt.Fprintf(&out, "%s\n", hide(string(answer)))
	}
	return strings.TrimPrefix(out.String(), "\n")
}

func as(ctx context.Context, p cloud.Principal) context.Context {
	call := cloud.CallOf(ctx)
	call.Principal = p
	return cloud.WithCall(ctx, call)
}

// words returns an error as scripts show it.
func words(t *testing.T, err error) string {
	t.Helper()
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		t.Fatal(err)
	}
	return e.Code + ": " + e.Message
}

var (
	ids     = regexp.MustCompile(`\b(AIDA|AROA|AGPA|ANPA|AIPA|AKIA|ASCA|APKA|ACCA)[A-Z2-7]{16,17}\b`)
	secrets = regexp.MustCompile(`("(?:SecretAccessKey|ServicePassword|Base32StringSeed|QRCodePNG|SAMLProviderUUID|CertificateId)":")[^"]+`)
	tasks   = regexp.MustCompile(`(task/[^"]+/)[0-9a-f-]{36}`)
	markers = regexp.MustCompile(`"Marker":"([^"]+)"`)
	keyIDs  = regexp.MustCompile(`"(?:AccessKeyId|SSHPublicKeyId|CertificateId|ServiceSpecificCredentialId|DeletionTaskId)":"([^"]+)"`)
)

// hide replaces what differs each time.
func hide(answer string) string {
	answer = ids.ReplaceAllString(answer, "$1…")
	answer = tasks.ReplaceAllString(answer, "$1…")
	answer = markers.ReplaceAllString(answer, `"Marker":"…"`)
	return secrets.ReplaceAllString(answer, "$1…")
}

// remember keeps what later calls name by $key, $old and $marker.
func remember(vars map[string]string, answer []byte) {
	if found := keyIDs.FindSubmatch(answer); found != nil && string(found[1]) != vars["key"] {
		vars["old"], vars["key"] = vars["key"], string(found[1])
	}
	if found := markers.FindSubmatch(answer); found != nil {
		vars["marker"] = string(found[1])
	}
}
