package logs_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
)

// What a policy protects that was put once somebody had begun to read is masked for them,
// too, also where they may see what was protected before.
func TestWhatIsProtectedWhileItIsRead(t *testing.T) {
	asked := 0
	may := func(_ context.Context, action, _ string, _ map[string][]string) error {
		if action == "logs:Unmask" {
			asked++
		}
		return nil
	}
	s, err := logs.Open(t.Context(), logs.Config{Log: slog.New(slog.DiscardHandler), Dir: t.TempDir(), May: may}, servicetest.Store(t), &keys{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{t, s, servicetest.Call(t)}
	d.group("g", "s")
	d.put("g", "s", time.Now().UnixMilli(), "before a@b.org")
	settle()
	rows, err := d.Rows(d.ctx, "g")
	if err != nil {
		t.Fatal(err)
	}
	const text = "fields unmask(@message) as m | sort @timestamp, m desc"
	query := d.queried(over(text, "g"))
	d.must("PutDataProtectionPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "%s"}`, policyOf(`{}`, "EmailAddress"))
	settle()
	d.put("g", "s", time.Now().UnixMilli(), "after a@b.org")
	var got []string
	for e, err := range rows.Read(d.ctx, events.Query{Group: rows.Number, From: 0, To: rows.To}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(e.Message))
	}
	equal(t, "rows", []string{"before a@b.org", "after *******"}, got)
	d.runs()
	equal(t, "a query that waited", []string{"m=before a@b.org", "m=after a@b.org"}, rowsOf(d.results(query).Results))
	equal(t, "how often it was asked, when its turn came", 1, asked)
	equal(t, "a later query", []string{"m=before a@b.org", "m=after a@b.org"}, rowsOf(d.results(d.queried(over(text, "g"))).Results))
	equal(t, "how often it was asked, when it was started and when its turn came", 3, asked)
}

// The events of a group whose key may not be used are not exported: those in memory, which
// no key opens, no more than others.
func TestEventsWhoseKeyIsTakenAwayAreNotExported(t *testing.T) {
	store, dir, s3, kms := servicetest.Store(t), t.TempDir(), newBuckets(), &keys{}
	synctest.Test(t, func(t *testing.T) {
		runningBy(t, store, dir, s3, kms, func(d *desk) {
			d.must("CreateLogGroup", `{"LogGroupName": "g", "KmsKeyId": "good"}`)
			d.must("CreateLogStream", `{"LogGroupName": "g", "LogStreamName": "s"}`)
			d.put("g", "s", time.Now().UnixMilli(), "secret")
			const export = `{"LogGroupName": "g", "From": 0, "To": %d, "Destination": "b"}`
			to := time.Now().Add(time.Hour).UnixMilli()
			task := member(t, d.must("CreateExportTask", export, to), "TaskId")
			kms.taken = true
			d.refused("AccessDeniedException", "is not allowed to be used", "CreateExportTask", export, to)
			<-time.After(2 * time.Second)
			synctest.Wait()
			equal(t, "how it is", "FAILED: The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:ap-northeast-2:111122223333:log-group:g'", d.status(task))
			equal(t, "what is there", map[string]string{"b/aws-logs-write-test": "Permission Check Successful"}, s3.objects)
		})
	})
}
