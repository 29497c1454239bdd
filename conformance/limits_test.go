package conformance_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// boto3 repeats what a key's rate refuses, in each of its ways, until it is done;
// and where it may not repeat, it sees AWS's codes.
func TestClientsRepeatWhatIsTooMuch(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir(), "--max-rate", "6")
	got := strings.Split(strings.TrimSpace(s.python("", filepath.Join("testdata", "limits.py"))), "\n")
	var want []string
	for _, mode := range []string{"legacy", "standard", "adaptive"} {
		for _, service := range []string{"sts", "s3", "athena", "iam"} {
			want = append(want, mode+" "+service+" done")
		}
	}
	want = append(want, "sts 400 Throttling", "s3 503 SlowDown", "athena 400 ThrottlingException", "iam 400 Throttling")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	report(t, "Limits", "what a key's rate refuses is repeated by boto3 in its modes legacy, standard and adaptive, over 3 protocols, until it is done")
}
