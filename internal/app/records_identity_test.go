package app_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/trail/event"
)

// credentials reads the credentials of an answer of STS.
func (o *observed) credentials(a answer) aws.Credentials {
	o.t.Helper()
	var out struct {
		AccessKeyID     string `xml:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
	}
	type wrapped struct {
		Result struct {
			Credentials *struct {
				AccessKeyID     string `xml:"AccessKeyId"`
				SecretAccessKey string
				SessionToken    string
			}
			AccessKey *struct {
				AccessKeyID     string `xml:"AccessKeyId"`
				SecretAccessKey string
			}
		} `xml:",any"`
	}
	var all wrapped
	if err := xml.Unmarshal(a.body, &all); err != nil {
		o.t.Fatal(err)
	}
	switch {
	case all.Result.Credentials != nil:
		out = *all.Result.Credentials
	case all.Result.AccessKey != nil:
		out.AccessKeyID, out.SecretAccessKey = all.Result.AccessKey.AccessKeyID, all.Result.AccessKey.SecretAccessKey
	default:
		o.t.Fatalf("no credentials in %s", a.body)
	}
	return aws.Credentials{AccessKeyID: out.AccessKeyID, SecretAccessKey: out.SecretAccessKey, SessionToken: out.SessionToken}
}

// Each kind of caller is told in AWS's form, by calls with its real credentials.
func TestRecordsTellWhoCalled(t *testing.T) {
	o := observe(t)
	const may = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}]}`
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":["sts:AssumeRole","sts:SetSourceIdentity"]}]}`
	o.do(query("iam", "CreateUser", "UserName", "ann"))
	o.do(query("iam", "PutUserPolicy", "UserName", "ann", "PolicyName", "may", "PolicyDocument", may))
	o.do(query("iam", "CreateRole", "RoleName", "deployer", "AssumeRolePolicyDocument", trust))
	ann := o.credentials(o.do(query("iam", "CreateAccessKey", "UserName", "ann")))
	role := "arn:aws:iam::" + account + ":role/deployer"
	callers := map[string]aws.Credentials{
		"Root": o.key, "IAMUser": ann,
		"IAMUser in a session": o.credentials(o.call(ann, query("sts", "GetSessionToken"))),
		"FederatedUser":        o.credentials(o.call(ann, query("sts", "GetFederationToken", "Name", "bob", "Policy", may))),
		"AssumedRole":          o.credentials(o.call(ann, query("sts", "AssumeRole", "RoleArn", role, "RoleSessionName", "ci", "SourceIdentity", "eve"))),
	}
	got := map[string]map[string]any{}
	for name, key := range callers {
		e := o.one(o.call(key, query("sts", "GetCallerIdentity")))
		var record struct {
			UserIdentity map[string]any `json:"userIdentity"`
		}
		if err := json.Unmarshal(e.JSON, &record); err != nil {
			t.Fatal(err)
		}
		got[name] = record.UserIdentity
		if record.UserIdentity["accessKeyId"] != key.AccessKeyID || e.AccessKeyID != key.AccessKeyID || e.ErrorCode != "" {
			t.Errorf("%s: %s", name, indented(t, e.JSON))
		}
	}
	for name, want := range map[string]map[string]any{
		"Root":    {"type": "Root", "principalId": account, "arn": "arn:aws:iam::" + account + ":root", "accountId": account},
		"IAMUser": {"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/ann", "accountId": account, "userName": "ann"},
		"IAMUser in a session": {
			"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/ann", "accountId": account, "userName": "ann",
			"sessionContext": map[string]any{"attributes": map[string]any{"mfaAuthenticated": "false"}},
		},
		"FederatedUser": {
			"type": "FederatedUser", "principalId": account + ":bob", "arn": "arn:aws:sts::" + account + ":federated-user/bob", "accountId": account,
			"sessionContext": map[string]any{
				"attributes": map[string]any{"mfaAuthenticated": "false"},
				"sessionIssuer": map[string]any{
					"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/ann", "accountId": account, "userName": "ann",
				},
			},
		},
		"AssumedRole": {
			"type": "AssumedRole", "arn": "arn:aws:sts::" + account + ":assumed-role/deployer/ci", "accountId": account,
			"sessionContext": map[string]any{
				"attributes": map[string]any{"mfaAuthenticated": "false"}, "sourceIdentity": "eve",
				"sessionIssuer": map[string]any{"type": "Role", "arn": role, "accountId": account, "userName": "deployer"},
			},
		},
	} {
		if diff := cmp.Diff(want, withoutChance(got[name], name != "Root" && name != "FederatedUser")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	identities := material.Lines[struct{ Identities map[string]part }](t, "cases", "cloudtrail_shapes.json")[0].Identities
	for name, identity := range got {
		paths := map[string]string{}
		walk(paths, "", identity)
		of := identities[fmt.Sprint(identity["type"])]
		of.compare(name+" ", paths, func(format string, args ...any) {
			if len(of.Always) > 0 && args[1] != "sessionContext.webIdFederationData" { // which is empty there
				t.Errorf(format, args...)
			}
		})
	}
}

// withoutChance returns an identity without what is made by chance: keys, IDs, times.
func withoutChance(identity map[string]any, principal bool) map[string]any {
	left := maps.Clone(identity)
	delete(left, "accessKeyId")
	if principal {
		delete(left, "principalId")
	}
	for name, value := range left {
		if nested, ok := value.(map[string]any); ok {
			left[name] = withoutChance(nested, true)
		}
	}
	delete(left, "creationDate")
	return left
}

// Nobody's calls of public buckets are recorded in the account of the bucket; wrong
// signatures and unknown keys are in the journal alone.
func TestRecordsOfNobody(t *testing.T) {
	o := observe(t)
	o.do(object("PUT", "/open", ""))
	o.do(object("PUT", "/open/a", "content"))
	o.do(object("DELETE", "/open?publicAccessBlock", ""))
	o.do(object("PUT", "/open?policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::open/*"}]}`))
	for _, tt := range []struct {
		name string
		key  aws.Credentials
		request
		status int
		want   []string
	}{
		{"a public object", aws.Credentials{}, object("GET", "/open/a", ""), http.StatusOK, []string{account + " AWSAccount anonymous "}},
		{"a private bucket", aws.Credentials{}, object("GET", "/open", ""), http.StatusForbidden, []string{account + " AWSAccount anonymous AccessDenied"}},
		{"an unknown key", aws.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "x"}, object("GET", "/open/a", ""), http.StatusForbidden, nil},
		{"a wrong secret", aws.Credentials{AccessKeyID: keyID, SecretAccessKey: "x"}, object("GET", "/open/a", ""), http.StatusForbidden, nil},
		{"no signature", aws.Credentials{}, target("ssm", "GetParameter", `{"Name":"a"}`), http.StatusForbidden, nil},
	} {
		a := o.call(tt.key, tt.request)
		var got []string
		for _, e := range o.events()[a.id] {
			got = append(got, string(e.Account)+" "+e.Identity.Type+" "+string(e.Identity.Account)+" "+e.ErrorCode)
		}
		if a.status != tt.status && tt.name != "no signature" || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %d, recorded as %q, want %q", tt.name, a.status, got, tt.want)
		}
	}
}

// More than 100 KB of parameters are told by their length, and their beginning is in
// the journal.
func TestRecordsOfLongParameters(t *testing.T) {
	o := observe(t)
	o.do(target("glue", "CreateDatabase", `{"DatabaseInput":{"Name":"logs"}}`))
	long := strings.Repeat("x", 150_000)
	e := o.one(o.do(target("glue", "CreateTable", `{"DatabaseName":"logs","TableInput":{"Name":"t","Parameters":{"note":"`+long+`"}}}`)))
	var record struct {
		Parameters struct {
			Reason  string
			Omitted bool
			Size    int `json:"originalSize"`
		} `json:"requestParameters"`
	}
	if err := json.Unmarshal(e.JSON, &record); err != nil {
		t.Fatal(err)
	}
	if p := record.Parameters; !p.Omitted || p.Size != len(long)+74 || p.Reason != "requestParameters too large" {
		t.Errorf("%+v", p)
	}
	if len(e.JSON) > 2000 {
		t.Errorf("a record of %d bytes", len(e.JSON))
	}
}

// A record is what its file is read into again.
func TestRecordsAreReadAsTheyWereMade(t *testing.T) {
	o := observe(t)
	o.makeCalls()
	seen := map[string]bool{}
	for _, events := range o.events() {
		for _, e := range events {
			again, err := event.Parse(e.JSON)
			if err != nil {
				t.Fatal(err)
			}
			again.Resources, e.Resources = listedIn(again), listedIn(e)
			if diff := cmp.Diff(e, again); diff != "" {
				t.Errorf("%s (-made +read):\n%s", e.Name, diff)
			}
			if seen[e.ID] {
				t.Errorf("%s has the ID of another", e.Name)
			}
			seen[e.ID] = true
		}
	}
	if len(seen) < 100 {
		t.Errorf("%d records", len(seen))
	}
}

// listedIn are the resources that a record lists, less the names and types that it
// has otherwise or not at all.
func listedIn(e event.Event) []event.Resource {
	var all []event.Resource
	for _, r := range e.Resources {
		if r.Listed {
			r.Name, r.Type = "", ""
			all = append(all, r)
		}
	}
	return all
}
