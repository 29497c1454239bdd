package lake_test

import (
	"context"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
)

// guarded is memory in which one object may not be read, and one has gone.
type guarded struct{ memory }

func (g guarded) Open(ctx context.Context, o lake.Object) (io.ReadCloser, error) {
	switch o.Key {
	case "denied.json":
		return nil, cloud.Errorf(cloud.Denied, "AccessDenied", "no")
	case "gone.json":
		return nil, cloud.Errorf(cloud.NotFound, "NoSuchKey", "gone")
	}
	return g.memory.Open(ctx, o)
}

// One object that cannot be read does not end the looking: it is named.
func TestWhatIsLeftOutIsNamed(t *testing.T) {
	l := open(t, guarded{memory{
		"a.json": record("A"), "denied.json": "x", "gone.json": "x", "cut.gz": "\x1f\x8b", "packed.7z": "7z\xbc\xaf\x27\x1c", "letter.txt": "Dear all", "empty": "", ".hidden": "x",
		"AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2024/05/01/x.json.gz":     "x",
		"AWSLogs/111122223333/CloudTrail-Aggregated/us-east-1/2024/05/01/x.json.gz": "x", "health_check_log_111122223333_elasticloadbalancing_x.log": "x",
	}})
	d, err := l.Discover(t.Context(), []lake.Place{{Bucket: "logs"}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range d.Skipped {
		got[s.Object.Key] = s.Kind.String() + ": " + s.Reason
	}
	want := map[string]string{
		"denied.json": "not allowed to be read: it may not be read", "gone.json": "gone since it was listed: it is not there any more",
		"cut.gz": "damaged: compressed data is cut off", "packed.7z": "packed in a way that is not read: compressed with 7-Zip, which is not read",
		"letter.txt": "not recognised: not a log that is known", "empty": "empty: empty", ".hidden": "hidden: hidden: its name begins with a dot or an underscore",
		"AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2024/05/01/x.json.gz":     "no logs but AWS's own files: a CloudTrail digest, not a log",
		"AWSLogs/111122223333/CloudTrail-Aggregated/us-east-1/2024/05/01/x.json.gz": "of a form or a version that is not read: CloudTrail aggregated events, which are not read",
		"health_check_log_111122223333_elasticloadbalancing_x.log":                  "of a form or a version that is not read: a load balancer's health check log, which is not read",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
