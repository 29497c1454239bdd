//go:build linux

package conformance_test

import (
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A flood of calls that nobody signed takes bounded room on the disk. It pushes out
// the oldest of its own and nothing else, and changes go on.
func TestAFloodOfStrangersFitsTheDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	const calls = 150_000
	s := serve(t, t.TempDir())
	s.aws("s3", "mb", "s3://evidence")
	p := &peer{t: t, name: "stranger", endpoint: s.endpoint, root: s.root}
	call := wireCall(fmt.Sprintf("GET /evidence/key HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAuthorization: AWS4-HMAC-SHA256 Credential=%s/20260101/%s/s3/aws4_request,"+
		"SignedHeaders=host,Signature=00\r\nX-Amz-Date: 20260101T000000Z\r\n\r\n", strings.TrimPrefix(s.endpoint, "http://"), strings.Repeat("u", 300), strings.Repeat("k", 100), region))
	var senders sync.WaitGroup
	for range clients {
		l, err := p.dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		senders.Go(func() {
			defer l.conn.Close() //nolint:errcheck // only read
			for range calls / clients {
				if err := l.send(call, nil, nil); err == nil || !strings.Contains(err.Error(), "40") {
					t.Errorf("a stranger is told %v", err)
					return
				}
			}
		})
	}
	senders.Wait()
	s.aws("s3", "mb", "s3://afterwards")
	var held int64
	err := filepath.WalkDir(filepath.Join(s.data, "calls"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		held += info.Size()
		return err
	})
	// The journal of the others takes 16 MiB at a time.
	if err != nil || held > 100<<20 {
		t.Errorf("%d calls of strangers take %d MiB with the journal (%v)", calls, held>>20, err)
	}
	out, err := exec.CommandContext(t.Context(), required(t, "SILLOK_BIN"), "calls", "--data", s.data, "--since", "all").Output()
	if err != nil {
		t.Fatal(err)
	}
	text := string(out)
	for _, evidence := range []string{"arn:aws:s3:::evidence\n", "arn:aws:s3:::afterwards\n"} {
		if !strings.Contains(text, evidence) {
			t.Errorf("it does not tell of %q", evidence)
		}
	}
	told := strings.Count(text, "\n")
	if told < 10_000 || told > calls {
		t.Errorf("it tells of %d calls", told)
	}
	report(t, "Strangers", "%d unsigned calls take %d MiB of the disk with the journal, and the last %d of them are told", calls, held>>20, told)
}
