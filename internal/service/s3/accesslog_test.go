package s3_test

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
)

func servedGet(bucket, key string) cloud.Served {
	return cloud.Served{
		Fact: cloud.Fact{Call: cloud.Call{
			Service: "s3", Operation: "GetObject", Account: owner, Region: home, Principal: cloud.RootOf(owner),
			RequestID: "3E57427F3EXAMPLE", SourceIP: "192.0.2.3", UserAgent: `curl "7"`,
		}},
		Input: &s3api.GetObjectInput{Bucket: &bucket, Key: &key}, Method: "GET", URI: "/" + bucket + "/" + key, Host: "s3.localhost:4566",
		HostID: "host+id=", Status: 200, Received: 0, Sent: 3, Signature: "SigV4", Auth: "AuthHeader", TLS: "TLSv1.3", Cipher: "TLS_AES_128_GCM_SHA256",
		Began: at("2026-01-02 23:59:58"), Turnaround: 7 * time.Millisecond, Total: 12 * time.Millisecond,
	}
}

// logsOf delivers what waits and returns the logs in a bucket by key.
func logsOf(tb testing.TB, s *s3.Service, b *objects.Bucket) map[string]string {
	tb.Helper()
	s.DeliverLogs(tb.Context())
	logs := map[string]string{}
	for _, v := range inventory(tb, s, b) {
		out, err := s.GetObject(servicetest.Call(tb), &s3api.GetObjectInput{Bucket: &b.Name, Key: &v.Key})
		if err != nil {
			tb.Fatal(err)
		}
		content, err := io.ReadAll(out.Body)
		if err != nil {
			tb.Fatal(err)
		}
		if err := out.Body.Close(); err != nil {
			tb.Fatal(err)
		}
		logs[v.Key] = string(content)
	}
	return logs
}

func logInto(tb testing.TB, s *s3.Service, b, target *objects.Bucket, prefix string, format *s3api.TargetObjectKeyFormat) {
	tb.Helper()
	_, err := s.PutBucketLogging(servicetest.As(tb, owner, home), &s3api.PutBucketLoggingInput{Bucket: &b.Name, BucketLoggingStatus: &s3api.BucketLoggingStatus{
		LoggingEnabled: &s3api.LoggingEnabled{TargetBucket: &target.Name, TargetPrefix: &prefix, TargetObjectKeyFormat: format},
	}})
	if err != nil {
		tb.Fatal(err)
	}
}

// tell tells the service of a call as the gateway does.
func tell(tb testing.TB, s *s3.Service, served cloud.Served) {
	tb.Helper()
	s.Served(tb.Context(), func() cloud.Served { return served })
}

func TestAccessLog(t *testing.T) {
	s := serveAt(t, &clock{at("2026-01-03 00:05:00")})
	b, target := made(t, s, "photos"), made(t, s, "logs")
	put(t, s, b, "a b", "abc", objects.Version{})
	tell(t, s, servedGet("photos", "a b")) // before logging is on
	logInto(t, s, b, target, "access/", nil)
	id := s3.CanonicalID(owner)
	tell(t, s, servedGet("photos", "a b"))
	tell(t, s, servedGet("absent", "a b"))

	denied := servedGet("photos", "x")
	denied.Fact.Call.Principal = cloud.Principal{Type: cloud.Anonymous}
	denied.Fact.Code, denied.Status, denied.Sent = "AccessDenied", 403, 243
	denied.Signature, denied.Auth, denied.TLS, denied.Cipher, denied.Referer = "", "", "", "", "https://example.com/\n\"x"
	tell(t, s, denied)

	batch := servedGet("photos", "")
	batch.Fact.Call.Operation, batch.Method, batch.URI = "DeleteObjects", "POST", "/photos?delete"
	batch.Input = &s3api.DeleteObjectsInput{Bucket: &b.Name, Delete: &s3api.Delete{Objects: []s3api.ObjectIdentifier{{Key: new("one")}, {Key: new("two"), VersionId: new("v")}}}}
	batch.Output = &s3api.DeleteObjectsOutput{Errors: []s3api.Error{{Key: new("two"), VersionId: new("v"), Code: new("AccessDenied")}}}
	tell(t, s, batch)

	logs := logsOf(t, s, target)
	if len(logs) != 1 {
		t.Fatalf("%d logs", len(logs))
	}
	const timed = " 12 7 "
	const agent = `"curl %227%22" `
	const tail = "host+id= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader s3.localhost:4566 TLSv1.3 - - -\n"
	head := id + " photos [02/Jan/2026:23:59:58 +0000] 192.0.2.3 "
	for key, got := range logs {
		if !regexp.MustCompile(`^access/2026-01-03-00-05-00-[0-9A-F]{16}$`).MatchString(key) {
			t.Error(key)
		}
		want := head + id + ` 3E57427F3EXAMPLE REST.GET.OBJECT a%20b "GET /photos/a b HTTP/1.1" 200 - 3 3` + timed + `"-" ` + agent + "- " + tail +
			head + `- 3E57427F3EXAMPLE REST.GET.OBJECT x "GET /photos/x HTTP/1.1" 403 AccessDenied 243 -` + timed + `"https://example.com/%0A%22x" ` + agent + "- host+id= - - - s3.localhost:4566 - - - -\n" +
			head + id + ` 3E57427F3EXAMPLE REST.POST.MULTI_OBJECT_DELETE - "POST /photos?delete HTTP/1.1" 200 - 3 -` + timed + `"-" ` + agent + "- " + tail +
			head + id + ` 3E57427F3EXAMPLE BATCH.DELETE.OBJECT one "POST /photos?delete HTTP/1.1" 204 - - -` + timed + `"-" ` + agent + "- " + tail +
			head + id + ` 3E57427F3EXAMPLE BATCH.DELETE.OBJECT two "POST /photos?delete HTTP/1.1" 403 AccessDenied - -` + timed + `"-" ` + agent + "v " + tail
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
			t.Error(diff)
		}
	}
	if again := logsOf(t, s, target); len(again) != 1 {
		t.Errorf("lines were delivered twice: %d logs", len(again))
	}
}

func TestAccessLogKeys(t *testing.T) {
	partitioned := func(source string) *s3api.TargetObjectKeyFormat {
		return &s3api.TargetObjectKeyFormat{PartitionedPrefix: &s3api.PartitionedPrefix{PartitionDateSource: &source}}
	}
	for name, tt := range map[string]struct {
		format *s3api.TargetObjectKeyFormat
		want   string
	}{
		"simple":   {&s3api.TargetObjectKeyFormat{SimplePrefix: &s3api.SimplePrefix{}}, "p/2026-01-03-00-05-00-"},
		"event":    {partitioned("EventTime"), "p/111122223333/ap-northeast-2/photos/2026/01/02/2026-01-02-00-00-00-"},
		"delivery": {partitioned("DeliveryTime"), "p/111122223333/ap-northeast-2/photos/2026/01/03/2026-01-03-00-05-00-"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveAt(t, &clock{at("2026-01-03 00:05:00")})
			b, target := made(t, s, "photos"), made(t, s, "logs")
			logInto(t, s, b, target, "p/", tt.format)
			tell(t, s, servedGet("photos", "a"))
			for key := range logsOf(t, s, target) {
				if !strings.HasPrefix(key, tt.want) || len(key) != len(tt.want)+16 {
					t.Error(key)
				}
			}
		})
	}
}

func TestAccessLogOfCopiesAndLifecycle(t *testing.T) {
	c := &clock{at("2026-01-02 12:00:00")}
	s := serveAt(t, c)
	from, to, target := made(t, s, "from"), made(t, s, "to"), made(t, s, "logs")
	for _, b := range []*objects.Bucket{from, to} {
		logInto(t, s, b, target, b.Name+"/", nil)
	}
	put(t, s, from, "a", "abc", objects.Version{})
	put(t, s, to, "b", "abc", objects.Version{})
	served := servedGet("to", "b")
	served.Fact.Call.Operation, served.Method = "CopyObject", "PUT"
	served.Input = &s3api.CopyObjectInput{Bucket: new("to"), Key: new("b"), CopySource: new("/from/a")}
	tell(t, s, served)
	rules(t, s, to, enabled("r", "", afterDays(1)))
	c.move(48 * time.Hour)
	step(t, s)
	var operations []string
	for key, log := range logsOf(t, s, target) {
		for line := range strings.Lines(log) {
			fields := strings.Fields(line)
			operations = append(operations, fields[1]+" "+fields[7]+" "+fields[8])
			if !strings.HasPrefix(key, fields[1]+"/") {
				t.Errorf("a line of %s in %s", fields[1], key)
			}
		}
	}
	slices.Sort(operations)
	want := []string{"from REST.COPY.OBJECT_GET a", "to REST.COPY.OBJECT b", "to S3.EXPIRE.OBJECT b"}
	if diff := cmp.Diff(want, operations); diff != "" {
		t.Error(diff)
	}
}

func TestAccessLogGoesToItsOwnersBucketsAlone(t *testing.T) {
	s := serveAt(t, &clock{at("2026-01-03 00:05:00")})
	b := made(t, s, "photos")
	change(t, s, func(tx *objects.Tx) error {
		return tx.CreateBucket(&objects.Bucket{Name: "theirs", Account: "999999999999", Region: home})
	})
	theirs := fresh(t, s, "theirs")
	set(t, s, b, "logging", s3api.LoggingEnabled{TargetBucket: &theirs.Name, TargetPrefix: new("")}) // which a put would refuse
	tell(t, s, servedGet("photos", "a"))
	s.DeliverLogs(t.Context())
	if left := inventory(t, s, theirs); len(left) != 0 {
		t.Errorf("%d logs", len(left))
	}
	if waiting, _ := s.AddLog(b, &s3api.LoggingEnabled{}, ""); waiting != 0 {
		t.Error("lines wait for what will not take them")
	}
}

func TestAccessLogHasLimitedRoom(t *testing.T) {
	s := serveAt(t, &clock{at("2026-01-03 00:05:00")})
	line := strings.Repeat("x", s3.AccessRoom/4)
	waiting, dropped := 0, 0
	for range 5 {
		waiting, dropped = s.AddLog(&objects.Bucket{Name: "a"}, &s3api.LoggingEnabled{TargetBucket: new("b")}, line)
	}
	if dropped != 1 || waiting != s3.AccessRoom {
		t.Errorf("%d dropped, %d wait", dropped, waiting)
	}
}

func TestAccessLogIsDeliveredAtTheEndOfRun(t *testing.T) {
	s := serveAt(t, &clock{at("2026-01-03 00:05:00")})
	b := made(t, s, "photos")
	logInto(t, s, b, b, "log/", nil) // into itself: a delivery is no request
	tell(t, s, servedGet("photos", "a"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if logs := inventory(t, s, b); len(logs) != 1 || !strings.HasPrefix(logs[0].Key, "log/") {
		t.Errorf("%+v", logs)
	}
	if logs := logsOf(t, s, b); len(logs) != 1 {
		t.Errorf("a log of the log: %v", logs)
	}
}
