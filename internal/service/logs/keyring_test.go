package logs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
)

// onDisk says whether a text lies in a file below a folder.
func onDisk(tb testing.TB, dir, text string) (found bool) {
	tb.Helper()
	if err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found = found || bytes.Contains(b, []byte(text))
		return err
	}); err != nil {
		tb.Fatal(err)
	}
	return found
}

func TestEventsAreEncrypted(t *testing.T) {
	store, dir, kms := servicetest.Store(t), t.TempDir(), &keys{}
	d := openedBy(t, store, dir, kms)
	d.must("CreateLogGroup", `{"LogGroupName": "made", "KmsKeyId": "good"}`)
	d.must("CreateLogStream", `{"LogGroupName": "made", "LogStreamName": "s"}`)
	d.group("later", "s")
	d.group("plain", "s")
	now := time.Now().UnixMilli()
	d.put("later", "s", now, "open sesame of later")
	d.must("AssociateKmsKey", `{"LogGroupName": "later", "KmsKeyId": "good"}`)
	for _, g := range []string{"made", "later", "plain"} {
		d.put(g, "s", now+1, "swordfish of "+g)
	}
	if onDisk(t, dir, "swordfish of made") || onDisk(t, dir, "swordfish of later") || !onDisk(t, dir, "swordfish of plain") {
		t.Error("the log has what is to be encrypted, or not what is not to be")
	}
	check := func(d *desk) {
		t.Helper()
		for g, want := range map[string][]string{"made": {"swordfish of made"}, "later": {"open sesame of later", "swordfish of later"}, "plain": {"swordfish of plain"}} {
			if diff := cmp.Diff(want, d.shown(g, false)); diff != "" {
				t.Error(g, diff)
			}
		}
	}
	refused := func(d *desk) {
		t.Helper()
		for _, g := range []string{"made", "later"} {
			d.refused("AccessDeniedException", "is not allowed to be used with Arn 'arn:aws:logs:ap-northeast-2:111122223333:log-group:"+g+"'", "GetLogEvents", `{"LogGroupName": %q, "LogStreamName": "s"}`, g)
			d.refused("AccessDeniedException", "", "FilterLogEvents", `{"LogGroupName": %q}`, g)
			d.refused("AccessDeniedException", "", "GetLogGroupFields", `{"LogGroupName": %q}`, g)
			d.refused("AccessDeniedException", "", "StartLiveTail", `{"LogGroupIdentifiers": ["arn:aws:logs:ap-northeast-2:111122223333:log-group:%s"]}`, g)
		}
		d.refused("AccessDeniedException", "", "GetLogRecord", `{"LogRecordPointer": %q}`, logs.Pointer(1, events.Key{Time: now + 1, Seq: 2}))
		if diff := cmp.Diff([]string{"swordfish of plain"}, d.shown("plain", false)); diff != "" {
			t.Error(diff)
		}
	}
	check(d)
	kms.taken = true
	refused(d)
	d.refused("AccessDeniedException", "", "AssociateKmsKey", `{"LogGroupName": "plain", "KmsKeyId": "good"}`)
	d.refused("AccessDeniedException", "", "CreateLogGroup", `{"LogGroupName": "new", "KmsKeyId": "good"}`)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	// A start needs no key, and what came before it is sealed without one.
	d = openedBy(t, store, dir, kms)
	kms.taken = true
	refused(d)
	d.refused("AccessDeniedException", "", "PutLogEvents", `{"LogGroupName": "made", "LogStreamName": "s", "LogEvents": [{"Timestamp": %d, "Message": "x"}]}`, now)
	if err := d.Seal(d.ctx); err != nil {
		t.Fatal(err)
	}
	refused(d)
	if onDisk(t, dir, "swordfish of made") || onDisk(t, filepath.Join(dir, "sealed"), "open sesame") {
		t.Error("the file has what is to be encrypted")
	}
	kms.taken = false
	check(d)

	// Without a key nothing more is encrypted, and what is stays so.
	d.put("later", "s", now+2, "after")
	if err := d.Seal(d.ctx); err != nil {
		t.Fatal(err)
	}
	d.must("DisassociateKmsKey", `{"LogGroupName": "later"}`)
	kms.taken = true
	d.put("later", "s", now+3, "open again")
	if !onDisk(t, dir, "open again") {
		t.Error("what needs no key is encrypted")
	}
	d.refused("AccessDeniedException", "", "GetLogEvents", `{"LogGroupName": "later", "LogStreamName": "s"}`)
	d.must("DeleteLogGroup", `{"LogGroupName": "made"}`)
	d.group("made", "s")
	d.put("made", "s", now+4, "of another group")
	if diff := cmp.Diff([]string{"of another group"}, d.shown("made", false)); diff != "" {
		t.Error(diff)
	}
}

// A key that is taken away is noticed by who writes within minutes.
func TestKeyIsAskedForAgain(t *testing.T) {
	kms := &keys{}
	d := openedBy(t, servicetest.Store(t), t.TempDir(), kms)
	d.must("CreateLogGroup", `{"LogGroupName": "g", "KmsKeyId": "good"}`)
	d.must("CreateLogStream", `{"LogGroupName": "g", "LogStreamName": "s"}`)
	kms.taken = true
	d.put("g", "s", time.Now().UnixMilli(), "for a while")
	d.AgeKeys()
	d.refused("AccessDeniedException", "", "PutLogEvents", `{"LogGroupName": "g", "LogStreamName": "s", "LogEvents": [{"Timestamp": %d, "Message": "x"}]}`, time.Now().UnixMilli())
	kms.taken = false
	d.put("g", "s", time.Now().UnixMilli(), "again")
}

// Events of class INFREQUENT_ACCESS are queried alone.
func TestInfrequentAccess(t *testing.T) {
	d := open(t)
	d.must("CreateLogGroup", `{"LogGroupName": "ia", "LogGroupClass": "INFREQUENT_ACCESS"}`)
	d.must("CreateLogStream", `{"LogGroupName": "ia", "LogStreamName": "s"}`)
	d.put("ia", "s", time.Now().UnixMilli(), "x")
	for operation, in := range map[string]string{
		"GetLogEvents": `{"LogGroupName": "ia", "LogStreamName": "s"}`, "FilterLogEvents": `{"LogGroupName": "ia"}`, "GetLogGroupFields": `{"LogGroupName": "ia"}`,
		"StartLiveTail":   `{"LogGroupIdentifiers": ["arn:aws:logs:ap-northeast-2:111122223333:log-group:ia"]}`,
		"PutMetricFilter": `{"LogGroupName": "ia", "FilterName": "f", "FilterPattern": "", "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}]}`,
	} {
		d.refused("InvalidParameterException", "INFREQUENT_ACCESS", operation, "%s", in)
	}
	d.must("PutDataProtectionPolicy", `{"LogGroupIdentifier": "ia", "PolicyDocument": "%s"}`, policyOf(`{}`, "EmailAddress"))
}
