package policy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

// callers are those who ask in testdata/decide.
var callers = map[string]cloud.Principal{
	"alice":      user("111122223333", "alice", "AIDAALICEALICEALICE1"),
	"bob":        user("444455556666", "bob", "AIDABOBBOBBOBBOBBOB1"),
	"root":       cloud.RootOf("111122223333"),
	"other-root": cloud.RootOf("444455556666"),
	"app":        session("111122223333", "service/app", "s1", "AROAAPPAPPAPPAPPAPP1"),
	"auditor":    session("444455556666", "auditor", "audit", "AROAAUDITORAUDITOR11"),
	"carol":      federated("carol", user("111122223333", "alice", "AIDAALICEALICEALICE1")),
	"root-carol": federated("carol", cloud.RootOf("111122223333")),
	"anonymous":  {Type: cloud.Anonymous},
	"delivery":   cloud.ServiceOf("delivery.logs.amazonaws.com"),
	"cloudtrail": cloud.ServiceOf("cloudtrail.amazonaws.com"),
	"web":        {Type: "WebIdentityUser", Account: "111122223333", Session: &cloud.Session{Provider: "accounts.google.com"}},
}

func user(account cloud.Account, name, id string) cloud.Principal {
	return cloud.Principal{
		Type: cloud.IAMUser, Account: account, Name: name, ID: id,
		ARN: fmt.Sprintf("arn:aws:iam::%s:user/%s", account, name),
	}
}

func session(account cloud.Account, role, name, id string) cloud.Principal {
	return cloud.Principal{
		Type: cloud.AssumedRole, Account: account, ID: id + ":" + name,
		ARN:    fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", account, filepath.Base(role), name),
		Issuer: &cloud.Principal{Account: account, ID: id, ARN: fmt.Sprintf("arn:aws:iam::%s:role/%s", account, role), Name: filepath.Base(role)},
	}
}

func federated(name string, by cloud.Principal) cloud.Principal {
	return cloud.Principal{
		Type: cloud.FederatedUser, Account: by.Account, ID: string(by.Account) + ":" + name,
		ARN: fmt.Sprintf("arn:aws:sts::%s:federated-user/%s", by.Account, name), Issuer: &by,
	}
}

// owner is the account of resources where a case does not say otherwise.
const owner = "111122223333"

// question is one line of testdata/decide.
type question struct {
	name     string
	request  policy.Request
	policies policy.Policies
	want     string
}

// TestDecide asks what testdata/decide says, whose file names are those of the
// pages of AWS's guide that a rule is from.
//
// Below "== rule" come policies, as statements or whole documents: identity,
// boundary, session, resource, trust; scp and rcp, each line another level. Then
// come questions, "- name :: who action resource key=value … => answer", in
// which "ask" says what all questions that follow have in common. Values of one
// key are parted by ";". An answer is "allow", "deny" for an explicit one, or
// "none", and what decided.
func TestDecide(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "decide", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range questions(t, string(text)) {
			asked++
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+q.name, func(t *testing.T) {
				d := policy.Decide(q.request, q.policies)
				if diff := cmp.Diff(q.want, said(d)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				explained := policy.Explain(q.request, q.policies)
				explained.Matched, explained.MissingContext = nil, nil
				if diff := cmp.Diff(d, explained); diff != "" {
					t.Errorf("explained it is otherwise (-decided +explained):\n%s", diff)
				}
			})
		}
	}
	if asked < 500 {
		t.Errorf("%d questions were asked: were they found?", asked)
	}
}

func said(d policy.Decision) string {
	by := map[policy.Reason]string{
		policy.ByNobody: "nobody", policy.ByIdentity: "identity", policy.ByResource: "resource", policy.ByTrust: "trust", policy.ByBoundary: "boundary",
		policy.BySession: "session", policy.ByServiceControl: "scp", policy.ByResourceControl: "rcp", policy.ByRoot: "root",
	}[d.Reason]
	switch {
	case d.Allowed && !d.Explicit:
		return "allow " + by
	case d.Explicit && !d.Allowed:
		return "deny " + by
	case d.Explicit:
		return "both " + by
	}
	return "none " + by
}

// questions reads one file.
func questions(t *testing.T, text string) []question {
	t.Helper()
	var all []question
	var rule string
	var policies policy.Policies
	var ask []string
	for _, line := range joined(text) {
		word, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		switch word {
		case "", "#":
		case "==":
			rule, policies, ask = rest, policy.Policies{}, nil
		case "ask":
			ask = tokens(rest)
		case "required":
			policies.Required = true
		case "-":
			name, line, named := strings.Cut(rest, "::")
			line, want, answered := strings.Cut(line, "=>")
			if !named || !answered {
				t.Fatalf("%s: %q is no question", rule, rest)
			}
			q := question{name: rule + "/" + strings.TrimSpace(name), policies: policies, want: strings.TrimSpace(want)}
			q.request = request(t, append(append([]string{}, ask...), tokens(line)...))
			all = append(all, q)
		default:
			attach(t, &policies, word, rest)
		}
	}
	return all
}

// joined returns the lines of a text, where one that begins with a space belongs
// to the one before.
func joined(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, " ") && len(lines) > 0 {
			lines[len(lines)-1] += line
			continue
		}
		lines = append(lines, line)
	}
	return lines
}

// tokens parts a line at spaces that are not within quotes.
func tokens(line string) []string {
	quoted := false
	fields := strings.FieldsFunc(line, func(c rune) bool {
		if c == '"' {
			quoted = !quoted
		}
		return c == ' ' && !quoted
	})
	for i := range fields {
		fields[i] = strings.ReplaceAll(fields[i], `"`, "")
	}
	return fields
}

func attach(t *testing.T, p *policy.Policies, word, text string) {
	t.Helper()
	kind, ok := map[string]policy.Kind{
		"identity": policy.Identity, "boundary": policy.Boundary, "session": policy.Session, "resource": policy.Resource,
		"trust": policy.Trust, "scp": policy.ServiceControl, "rcp": policy.ResourceControl,
	}[word]
	if !ok {
		t.Fatalf("%q is no word", word)
	}
	if text == "none" {
		p.HasSession = true
		return
	}
	attached := policy.Attached{Name: word, Document: parsed(t, document(t, text), kind)}
	switch kind {
	case policy.Identity:
		p.Identity = append(p.Identity, attached)
	case policy.Boundary:
		p.Boundary = &attached
	case policy.Session:
		p.Session, p.HasSession = append(p.Session, attached), true
	case policy.Trust:
		p.Trust = true
		p.Resource = append(p.Resource, attached)
	case policy.Resource:
		p.Resource = append(p.Resource, attached)
	case policy.ServiceControl:
		p.ServiceControl = append(p.ServiceControl, []policy.Attached{attached})
	case policy.ResourceControl:
		p.ResourceControl = append(p.ResourceControl, []policy.Attached{attached})
	}
}

// document makes a document of a statement, or of a list of them.
func document(t *testing.T, text string) string {
	t.Helper()
	if strings.Contains(text, `"Statement"`) {
		return text
	}
	if !json.Valid([]byte(text)) {
		t.Fatalf("%s is no JSON", text)
	}
	return `{"Version":"2012-10-17","Statement":` + text + `}`
}

func request(t *testing.T, words []string) policy.Request {
	t.Helper()
	r := policy.Request{Resource: "*", ResourceAccount: owner, Context: policy.NewContext()}
	for _, word := range words {
		key, value, isKey := strings.Cut(word, "=")
		caller, isCaller := callers[word]
		switch {
		case isCaller:
			r.Principal = caller
		case word == "*" || strings.HasPrefix(word, "arn:") || word == "nothing":
			r.Resource = word
		case isKey && key == "owner":
			r.ResourceAccount = cloud.Account(value)
		case isKey && key == "canonical":
			r.CanonicalUser = value
		case isKey:
			r.Context.Set(key, strings.Split(value, ";")...)
		case strings.Contains(word, ":"):
			r.Action = word
		default:
			t.Fatalf("%q is nobody, no action, no resource and no key", word)
		}
	}
	return r
}
