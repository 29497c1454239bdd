package delivery_test

import (
	"context"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
)

// Members of an organization are in a trail of it, under its folder; others are not.
func TestATrailOfAnOrganization(t *testing.T) {
	r := open(t, journal.Config{})
	r.cfg.Organization = func(_ context.Context, of cloud.Account, _ uint64) (string, error) {
		if of == "999999999999" {
			return "", nil
		}
		return "o-exampleorg1", nil
	}
	r.restart()
	tr := trail("all")
	tr.Organization = "o-exampleorg1"
	tr.Key, tr.Prefix = "arn:aws:kms:ap-northeast-2:111122223333:key/1", "pre/fix"
	r.set(tr, "StartLogging")
	for _, of := range []cloud.Account{"444455556666", "999999999999"} {
		f := fact("GetMember")
		f.Call.Account, f.Call.Principal = of, cloud.RootOf(of)
		r.record(f)
	}
	r.deliver()
	r.want("all-logs", "ap-northeast-2 GetMember", "ap-northeast-2 StartLogging")
	for name := range r.buckets.objects {
		if !strings.HasPrefix(name, "all-logs/pre/fix/AWSLogs/o-exampleorg1/") || strings.Contains(name, "999999999999") {
			t.Errorf("a file is %s", name)
		}
	}
	in := r.buckets.last
	if *in.ServerSideEncryption != "aws:kms" || *in.SSEKMSKeyId != tr.Key || in.SSEKMSEncryptionContext == nil {
		t.Errorf("it was put with %+v", in)
	}
}

// What was done by a member that has left since is in the trail; what it did before it
// joined, and after it left, is not.
func TestATrailHasWhatMembersDid(t *testing.T) {
	r := open(t, journal.Config{})
	var joined, left uint64
	r.cfg.Organization = func(_ context.Context, _ cloud.Account, number uint64) (string, error) {
		if number < joined || number >= left {
			return "", nil
		}
		return "o-exampleorg1", nil
	}
	r.restart()
	tr := trail("all")
	tr.Organization = "o-exampleorg1"
	r.set(tr, "StartLogging")
	call := func(name string) {
		f := fact(name)
		f.Call.Account, f.Call.Principal = "444455556666", cloud.RootOf("444455556666")
		r.record(f)
	}
	call("GetBefore")
	joined = r.journal.Next()
	call("GetMember")
	left = r.journal.Next()
	call("GetAfter")
	r.deliver()
	r.want("all-logs", "ap-northeast-2 GetMember", "ap-northeast-2 StartLogging")
}
