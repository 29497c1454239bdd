package conformance_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// boto runs boto3's tests of testdata/boto against a server, each as a test
// of its own, and returns how many there were.
func (s *server) boto(t *testing.T, file string, env ...string) int {
	t.Helper()
	python, err := filepath.Abs(filepath.Join(required(t, "SILLOK_VENV"), "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	outcomes := pytest(t, python, filepath.Join("testdata", "boto"), append(s.environment(), env...), file)
	for _, o := range outcomes {
		_, name, _ := strings.Cut(o.name, "::")
		t.Run(name, func(t *testing.T) {
			if o.failure != "" {
				t.Error(o.failure)
			}
		})
	}
	return len(outcomes)
}

// boto3 signs URLs and forms beforehand, in some regions with a signature of
// version 2, and others use them.
func TestBotoPresigned(t *testing.T) {
	n := serve(t, t.TempDir()).boto(t, "test_presigned.py", "BOTO_DISABLE_CRT=true") // its own signers, which most have
	if !t.Failed() {
		report(t, "boto3 presigned", "%d cases of GET, PUT, HEAD, DELETE and POST forms in 4 regions, by both signers, bucket in the path and in the host", n)
	}
}

// boto3 moves large files with each algorithm of checksums.
func TestBotoTransfer(t *testing.T) {
	megabytes := "300"
	if testing.Short() {
		megabytes = "24"
	}
	n := serve(t, t.TempDir()).boto(t, "test_transfer.py", "SILLOK_TRANSFER_MB="+megabytes)
	if !t.Failed() && !testing.Short() {
		report(t, "boto3 transfer", "%d cases with %s MB up and down, by each of 5 algorithms of checksums, whole and in parts", n, megabytes)
	}
}
