package conformance_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fetch gets a URL as a browser would, and returns the status and the body.
func fetch(t *testing.T, url string) (status int, body string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// read returns the text of a file beside the commands.
func (c *cli) read(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.folder, filepath.FromSlash(name)))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

var listedLine = regexp.MustCompile(`(?m)^(?:\S+ \S+ +\d+| +PRE) (.+)$`)

// listed returns the names that `aws s3 ls` prints.
func (c *cli) listed(args ...string) []string {
	c.t.Helper()
	var names []string
	for _, match := range listedLine.FindAllStringSubmatch(c.must(append([]string{"s3", "ls"}, args...)...), -1) {
		names = append(names, match[1])
	}
	return names
}

// TestS3CLI moves files with `aws s3`, as people do.
func TestS3CLI(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	c := s.cli()
	c.must("s3", "mb", "s3://cli-files")
	big := strings.Repeat("0123456789abcdef", 20<<20/16)
	for name, text := range map[string]string{"big.bin": big, "tree/a.txt": "a", "tree/b/c.txt": "c", "tree/b/d e+f.txt": "d", "tree/한글/값.txt": "값"} {
		c.file(name, text)
	}
	t.Run("cp", func(t *testing.T) { copies(t, c, big) })
	t.Run("sync", func(t *testing.T) { syncs(t, c) })
	t.Run("mv and rm", func(t *testing.T) { moves(t, c) })
	t.Run("presign", func(t *testing.T) { presigns(t, c) })
	t.Run("website", func(t *testing.T) {
		c.must("s3", "website", "s3://cli-files", "--index-document", "index.html", "--error-document", "error.html")
		if got := c.must("s3api", "get-bucket-website", "--bucket", "cli-files", "--query", "[IndexDocument.Suffix, ErrorDocument.Key]", "--output", "text"); got != "index.html\terror.html\n" {
			t.Errorf("website %q", got)
		}
	})
	t.Run("rb", func(t *testing.T) {
		if a := c.run([]string{"s3", "rb", "s3://cli-files"}); a.Code == 0 || !strings.Contains(a.Err, "BucketNotEmpty") {
			t.Errorf("a bucket that is not empty: exit %d: %s", a.Code, a.Err)
		}
		c.must("s3", "rb", "s3://cli-files", "--force")
		if left := c.must("s3", "ls"); left != "" {
			t.Errorf("left: %s", left)
		}
	})
}

func copies(t *testing.T, c *cli, big string) {
	t.Helper()
	c.must("s3", "cp", "tree/a.txt", "s3://cli-files/a.txt")
	c.must("s3", "cp", "big.bin", "s3://cli-files/big.bin") // in parts
	c.must("s3", "cp", "s3://cli-files/big.bin", "s3://cli-files/big copy.bin")
	c.must("s3", "cp", "s3://cli-files/big copy.bin", "back.bin")
	if c.read("back.bin") != big {
		t.Error("20 MB came back as something else")
	}
	if got := c.must("s3", "cp", "s3://cli-files/a.txt", "-"); got != "a" {
		t.Errorf("to the standard output: %q", got)
	}
	c.must("s3", "cp", "tree", "s3://cli-files/copied/", "--recursive", "--exclude", "*", "--include", "*.txt", "--storage-class", "STANDARD_IA")
	want := []string{"a.txt", "big copy.bin", "big.bin", "copied/a.txt", "copied/b/c.txt", "copied/b/d e+f.txt", "copied/한글/값.txt"}
	if diff := cmp.Diff(want, c.listed("s3://cli-files", "--recursive")); diff != "" {
		t.Errorf("ls --recursive (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b/", "한글/", "a.txt"}, c.listed("s3://cli-files/copied/")); diff != "" {
		t.Errorf("ls (-want +got):\n%s", diff)
	}
}

func syncs(t *testing.T, c *cli) {
	t.Helper()
	c.must("s3", "sync", "tree", "s3://cli-files/synced/")
	if again := c.must("s3", "sync", "tree", "s3://cli-files/synced/"); again != "" {
		t.Errorf("a second sync copies: %s", again)
	}
	c.must("s3", "sync", "s3://cli-files/synced/", "down")
	if got := c.read("down/한글/값.txt"); got != "값" {
		t.Errorf("what came down is %q", got)
	}
	if err := os.Remove(filepath.Join(c.folder, "tree", "b", "c.txt")); err != nil {
		t.Fatal(err)
	}
	c.must("s3", "sync", "tree", "s3://cli-files/synced/", "--delete")
	c.must("s3", "sync", "s3://cli-files/synced/", "s3://cli-files/other/")
	want := []string{"other/a.txt", "other/b/d e+f.txt", "other/한글/값.txt"}
	if diff := cmp.Diff(want, c.listed("s3://cli-files/other/", "--recursive")); diff != "" {
		t.Errorf("after sync --delete (-want +got):\n%s", diff)
	}
}

func moves(t *testing.T, c *cli) {
	t.Helper()
	c.must("s3", "mv", "s3://cli-files/a.txt", "s3://cli-files/moved.txt")
	c.must("s3", "mv", "s3://cli-files/moved.txt", "moved.txt")
	if got := c.read("moved.txt"); got != "a" {
		t.Errorf("what was moved is %q", got)
	}
	c.must("s3", "rm", "s3://cli-files/big.bin")
	c.must("s3", "rm", "s3://cli-files/copied", "--recursive")
	names := c.listed("s3://cli-files", "--recursive")
	if slices.ContainsFunc(names, func(n string) bool { return n == "a.txt" || n == "big.bin" || strings.HasPrefix(n, "copied/") }) {
		t.Errorf("left: %q", names)
	}
}

func presigns(t *testing.T, c *cli) {
	t.Helper()
	url := strings.TrimSpace(c.must("s3", "presign", "s3://cli-files/other/b/d e+f.txt", "--expires-in", "60"))
	if status, body := fetch(t, url); status != http.StatusOK || body != "d" {
		t.Errorf("%s: %d %s", url, status, body)
	}
	if status, body := fetch(t, url+"0"); status != http.StatusForbidden || !strings.Contains(body, "<Code>SignatureDoesNotMatch</Code>") {
		t.Errorf("a changed signature: %d %s", status, body)
	}
}

// TestS3CLIEncrypts moves files with `aws s3` under keys of KMS and of the client.
func TestS3CLIEncrypts(t *testing.T) {
	c := serve(t, t.TempDir()).cli()
	c.must("s3", "mb", "s3://cli-sealed")
	key := strings.TrimSpace(c.must("kms", "create-key", "--query", "KeyMetadata.Arn", "--output", "text"))
	big := strings.Repeat("0123456789abcdef", 20<<20/16)
	path := c.file("big.bin", big)
	own := []string{"--sse-c", "AES256", "--sse-c-key", "fileb://" + c.file("own.key", "0123456789abcdef0123456789abcdef")}
	source := []string{"--sse-c-copy-source", "AES256", "--sse-c-copy-source-key", own[3]}
	for _, tt := range []struct {
		name      string
		put, get  []string
		told, via string
	}{
		{"kms", []string{"--sse", "aws:kms", "--sse-kms-key-id", key}, nil, key, "AES256"},
		{"client", own, own, "None", "AES256"},
	} {
		at := "s3://cli-sealed/" + tt.name
		c.must(append([]string{"s3", "cp", path, at}, tt.put...)...)
		c.must(append([]string{"s3", "cp", at, tt.name}, tt.get...)...)
		if c.read(tt.name) != big {
			t.Errorf("%s came back as another file", tt.name)
		}
		head := append([]string{"s3api", "head-object", "--bucket", "cli-sealed", "--key", tt.name, "--query", "SSEKMSKeyId", "--output", "text"}, headKey(tt.get)...)
		if got := strings.TrimSpace(c.must(head...)); got != tt.told {
			t.Errorf("%s is under %q", tt.name, got)
		}
	}
	c.must(append([]string{"s3", "cp", "s3://cli-sealed/client", "s3://cli-sealed/copied", "--sse", "aws:kms"}, source...)...)
	c.must("s3", "cp", "s3://cli-sealed/kms", "s3://cli-sealed/plain")
	c.must("s3", "sync", "s3://cli-sealed", "synced", "--exclude", "client")
	for _, name := range []string{"synced/copied", "synced/plain", "synced/kms"} {
		if c.read(name) != big {
			t.Errorf("%s came back as another file", name)
		}
	}
	c.must("kms", "disable-key", "--key-id", key)
	if a := c.run([]string{"s3", "cp", "s3://cli-sealed/kms", "again"}); a.Code == 0 || !strings.Contains(a.Err, "KMS.DisabledException") {
		t.Errorf("under a disabled key: exit %d, %s", a.Code, a.Err)
	}
	if a := c.run([]string{"s3", "cp", "s3://cli-sealed/client", "again"}); a.Code == 0 || !strings.Contains(a.Err, "(400)") {
		t.Errorf("without the client's key: exit %d, %s", a.Code, a.Err)
	}
}

// headKey is how `aws s3api head-object` takes the key that `aws s3 cp` takes.
func headKey(copying []string) []string {
	if copying == nil {
		return nil
	}
	return []string{"--sse-customer-algorithm", copying[1], "--sse-customer-key", copying[3]}
}
