package organizations_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/service/iam"
	"github.com/sillok/sillok/internal/service/organizations"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

var update = flag.Bool("update", false, "write what the scripts answer anew")

// open returns a Service whose first account is servicetest.Account, and the IAM beside
// it.
func open(tb testing.TB) (*organizations.Service, *iam.Service) {
	tb.Helper()
	return over(tb, servicetest.Store(tb))
}

// over is open over a state.
func over(tb testing.TB, store state.Store) (*organizations.Service, *iam.Service) {
	tb.Helper()
	identities := iam.New(store, servicetest.Must(seal.Open(tb.Context(), seal.Config{Text: strings.Repeat("01", 32)}))(tb), nil)
	return organizations.New(organizations.Config{First: organizations.First{ID: servicetest.Account}}, store, identities), identities
}

// alone makes an account that is in no organization.
func alone(tb testing.TB, s *organizations.Service, id cloud.Account, name string) {
	tb.Helper()
	_, err := s.Open(servicetest.Call(tb), organizations.Opening{ID: id, Name: name, Alone: true}, func(state.Tx, cloud.Account) error { return nil })
	if err != nil {
		tb.Fatal(err)
	}
}

// TestScripts runs what is in testdata: lines that begin with "> " are calls, and what
// follows one is what it answers. "as ACCOUNT" makes the calls that follow those of an
// account's root user, "new ACCOUNT NAME" an account that is in no organization. IDs are
// called by the order in which they are seen: <ou1>, <ou2>.
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
			synctest.Test(t, func(t *testing.T) {
				got = (&script{vars: map[string]string{}, seen: map[string]int{}}).run(t, string(text))
			})
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

// script is a run of calls.
type script struct {
	vars map[string]string // what stands for an ID
	seen map[string]int    // how many IDs of a kind there were
	last string            // the token of the last answer
}

func (s *script) run(t *testing.T, text string) string {
	t.Helper()
	service, _ := open(t)
	account := servicetest.Account
	var out strings.Builder
	for line := range strings.Lines(text) {
		call, isCall := strings.CutPrefix(strings.TrimSpace(line), "> ")
		switch {
		case strings.HasPrefix(line, "#"):
			fmt.Fprintf(&out, "\n%s", line)
			continue
		case !isCall:
			continue // of an earlier answer
		}
		fmt.Fprintf(&out, "> %s\n", call)
		<-time.After(time.Second) // lists are in the order in which things were made
		meant := s.meant(call)
		operation, in, _ := strings.Cut(meant, " ")
		switch operation {
		case "as":
			account = cloud.Account(in)
			continue
		case "new":
			id, name, _ := strings.Cut(in, " ")
			alone(t, service, cloud.Account(id), name)
			continue
		}
		answer, err := servicetest.Do(servicetest.As(t, account, ""), t, service, operation, in)
		if err != nil {
			answer = []byte(words(t, err))
		}
		fmt.Fprintf(&out, "%s\n", s.hide(string(answer)))
	}
	return strings.TrimPrefix(out.String(), "\n")
}

// words returns an error as scripts show it.
func words(t *testing.T, err error) string {
	t.Helper()
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		t.Fatal(err)
	}
	if reason := e.Fields["Reason"]; reason != nil {
		return fmt.Sprintf("%s %s: %s", e.Code, reason, e.Message)
	}
	return e.Code + ": " + e.Message
}

var (
	ids    = regexp.MustCompile(`\b(o|r|ou|p|rp|h|car)-[a-z0-9]{4,32}(-[a-z0-9]{8})?\b|\b[1-9][0-9]{11}\b`)
	tokens = regexp.MustCompile(`"NextToken":"([^"]+)"`)
	times  = regexp.MustCompile(`"2000-01-01T[^"]+"`)
	party  = regexp.MustCompile(`"Id":"[a-z0-9]{10}","Type":"ORGANIZATION"`)
)

// hide replaces what differs each time.
func (s *script) hide(answer string) string {
	if found := tokens.FindStringSubmatch(answer); found != nil {
		s.last = found[1]
		answer = strings.ReplaceAll(answer, s.last, "<next>")
	}
	answer = party.ReplaceAllString(answer, `"Id":"<organization>","Type":"ORGANIZATION"`)
	answer = times.ReplaceAllString(answer, `"…"`)
	return ids.ReplaceAllStringFunc(answer, func(id string) string {
		if id == string(servicetest.Account) || strings.HasPrefix(id, "p-Full") || id == "444455556666" || id == "777788889999" {
			return id
		}
		for name, known := range s.vars {
			if known == id {
				return name
			}
		}
		kind, _, ok := strings.Cut(id, "-")
		if !ok {
			kind = "account"
		}
		s.seen[kind]++
		name := fmt.Sprintf("<%s%d>", kind, s.seen[kind])
		s.vars[name] = id
		return name
	})
}

// meant puts IDs where scripts name them.
func (s *script) meant(call string) string {
	for name, id := range s.vars {
		call = strings.ReplaceAll(call, name, id)
	}
	return strings.ReplaceAll(call, "<next>", s.last)
}
