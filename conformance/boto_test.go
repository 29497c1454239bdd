package conformance_test

import (
	"bytes"
	"io/fs"
	"os"
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

// boto3 encrypts in every way that S3 knows. Nothing of it is on the disk.
func TestBotoEncryption(t *testing.T) {
	s := serve(t, t.TempDir())
	n := s.boto(t, "test_encryption.py", "BOTO_DISABLE_CRT=true")
	s.kill()
	const word = "correct-horse-battery-staple"
	for _, file := range holding(t, s.data, word) {
		t.Errorf("%s holds what was encrypted", file)
	}
	if !t.Failed() {
		report(t, "boto3 encryption", "%d cases of SSE-S3, SSE-KMS and SSE-C: put, in parts, copied between keys, in ranges, signed beforehand; nothing of it on the disk", n)
	}
}

// holding returns the files below a folder that hold some text.
func holding(t *testing.T, folder, text string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return found
}
