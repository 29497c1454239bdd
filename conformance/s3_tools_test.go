package conformance_test

import (
	"context"
	"maps"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tool is a client of S3 that make conformance installs, in a folder of files.
type tool struct {
	t      *testing.T
	path   string
	folder string
	before []string // the words before each command
	env    []string
}

// newTool returns a client by its path under .tools/clients. Where that is
// missing the judge does not run.
func newTool(t *testing.T, s *server, judge, path string, before ...string) *tool {
	t.Helper()
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	return &tool{t: t, path: installed(t, judge, path), folder: t.TempDir(), before: before, env: s.environment()}
}

// installed returns the path of what scripts/clients installs.
func installed(t *testing.T, judge, path string) string {
	t.Helper()
	whole, err := filepath.Abs(filepath.Join("..", ".tools", "clients", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(whole); err != nil {
		notRun(t, judge, filepath.Base(path)+" is missing")
	}
	return whole
}

// run runs a command that must succeed, and returns what it printed.
func (c *tool) run(args ...string) string {
	c.t.Helper()
	out, err := c.try(args...)
	if err != nil {
		c.t.Fatalf("%s %s: %v\n%s", filepath.Base(c.path), strings.Join(args, " "), err, out)
	}
	return out
}

func (c *tool) try(args ...string) (string, error) {
	cmd := exec.CommandContext(context.Background(), c.path, slices.Concat(c.before, args)...)
	cmd.Dir, cmd.Env = c.folder, append(c.env, "HOME="+c.folder)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// tree is what a client moves: names that are hard, and a file that needs parts.
func tree() map[string]string {
	return map[string]string{
		"a.txt": "a", "b/c.txt": "c", "b/d e+f&g.txt": "d", "한글/값 %41.txt": "값", "empty": "",
		"large.bin": strings.Repeat("0123456789abcdef", 12<<20/16),
	}
}

// lay writes files under a name beside the commands.
func (c *tool) lay(name string, files map[string]string) {
	c.t.Helper()
	earlier := time.Now().Add(-time.Hour)
	for file, text := range files {
		path := filepath.Join(c.folder, name, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			c.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			c.t.Fatal(err)
		}
		// A sync compares times, of which S3 tells the seconds.
		if err := os.Chtimes(path, earlier, earlier); err != nil {
			c.t.Fatal(err)
		}
	}
}

// same wants a folder beside the commands to hold exactly these files.
func (c *tool) same(name string, want map[string]string) {
	c.t.Helper()
	root := os.DirFS(filepath.Join(c.folder, name))
	got := map[string]string{}
	for file := range recordedFiles(c.t, filepath.Join(c.folder, name)) {
		f, err := os.ReadFile(filepath.Join(c.folder, name, filepath.FromSlash(file)))
		if err != nil {
			c.t.Fatal(err)
		}
		got[file] = string(f)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		c.t.Errorf("%s in %v (-want +got):\n%s", name, root, diff)
	}
	for file, text := range want {
		if got[file] != text {
			c.t.Errorf("%s/%s came back as something else", name, file)
		}
	}
}

// sortedLines returns the lines of a text, sorted.
func sortedLines(text string) []string {
	return slices.Sorted(strings.Lines(strings.TrimRight(text, "\n") + "\n"))
}

// byHost starts a proxy through which every name leads to the server, as a
// company's own DNS would make it, and returns its URL.
func (s *server) byHost(t *testing.T) string {
	t.Helper()
	to, err := url.Parse(s.endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.URL.Path, r.Out.URL.RawPath, r.Out.Host = r.In.URL.Path, r.In.URL.RawPath, r.In.Host
	}})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

func TestS5cmd(t *testing.T) {
	s := serve(t, t.TempDir())
	c := newTool(t, s, "s5cmd", "s5cmd", "--endpoint-url", s.endpoint)
	files := tree()
	c.lay("tree", files)
	c.run("mb", "s3://s5cmd")
	c.run("cp", "--part-size", "5", "tree/", "s3://s5cmd/tree/")
	c.run("cp", "s3://s5cmd/tree/*", "back/")
	c.same("back", files)
	if again := c.run("sync", "tree/", "s3://s5cmd/tree/"); again != "" {
		t.Errorf("a second sync copies: %s", again)
	}
	c.run("cp", "s3://s5cmd/tree/*", "s3://s5cmd/copy/")
	c.run("mv", "s3://s5cmd/copy/a.txt", "s3://s5cmd/moved.txt")
	if got := c.run("cat", "s3://s5cmd/moved.txt"); got != "a" {
		t.Errorf("cat: %q", got)
	}
	if got := c.run("head", "s3://s5cmd/moved.txt"); !strings.Contains(got, `"size":1`) {
		t.Errorf("head: %s", got)
	}
	if got := c.run("du", "s3://s5cmd/tree/*"); !strings.Contains(got, "6 objects") {
		t.Errorf("du: %s", got)
	}
	if status, text := fetch(t, strings.TrimSpace(c.run("presign", "s3://s5cmd/moved.txt"))); status != 200 || text != "a" {
		t.Errorf("presign: %d %s", status, text)
	}
	if n := len(sortedLines(c.run("ls", "s3://s5cmd/*"))); n != 12 {
		t.Errorf("ls tells of %d objects, want 12", n)
	}
	c.run("rm", "s3://s5cmd/*")
	c.run("rb", "s3://s5cmd")
	if t.Failed() {
		return
	}
	report(t, "s5cmd", "2.3.0: mb, cp in parts, sync, cat, head, du, presign, mv, rm, rb")
}

// rclone asks in both styles: the bucket in the path, and in the host.
func TestRclone(t *testing.T) {
	for _, style := range []string{"path", "host"} {
		t.Run(style, func(t *testing.T) { rclone(t, serve(t, t.TempDir()), style) })
	}
	if !t.Failed() && !testing.Short() {
		report(t, "rclone", "1.75.2, bucket in the path and in the host: copy in parts, check, sync, moveto, cat, lsf, size, purge")
	}
}

func rclone(t *testing.T, s *server, style string) {
	t.Helper()
	c := newTool(t, s, "rclone", "venv/bin/rclone", "--config", "", "--s3-upload-cutoff", "5Mi", "--s3-chunk-size", "5Mi")
	endpoint, force := s.endpoint, "true"
	if style == "host" {
		endpoint, force = "http://s3."+region+".amazonaws.com", "false"
		c.env = append(c.env, "http_proxy="+s.byHost(t))
	}
	for name, value := range map[string]string{
		"TYPE": "s3", "PROVIDER": "Other", "ACCESS_KEY_ID": s.root.keyID, "SECRET_ACCESS_KEY": s.root.secret, "REGION": region,
		"LOCATION_CONSTRAINT": region, "ENDPOINT": endpoint, "FORCE_PATH_STYLE": force,
	} {
		c.env = append(c.env, "RCLONE_CONFIG_SILLOK_"+name+"="+value)
	}
	files := tree()
	c.lay("tree", files)
	at := "sillok:rclone-" + style
	c.run("mkdir", at)
	c.run("copy", "tree", at+"/tree")
	c.run("check", "tree", at+"/tree")
	c.run("check", "--download", "tree", at+"/tree")
	c.run("copy", at+"/tree", "back")
	c.same("back", files)
	if err := os.Remove(filepath.Join(c.folder, "tree", "a.txt")); err != nil {
		t.Fatal(err)
	}
	c.run("sync", "tree", at+"/tree")
	c.run("sync", at+"/tree", at+"/copy") // on the server's side
	c.run("moveto", at+"/copy/b/c.txt", at+"/moved.txt")
	if got := c.run("cat", at+"/moved.txt"); got != "c" {
		t.Errorf("cat: %q", got)
	}
	want := []string{"copy/b/d e+f&g.txt\n", "copy/empty\n", "copy/large.bin\n", "copy/한글/값 %41.txt\n", "moved.txt\n"}
	if diff := cmp.Diff(want, sortedLines(c.run("lsf", "-R", "--files-only", "--exclude", "tree/**", at))); diff != "" {
		t.Errorf("lsf (-want +got):\n%s", diff)
	}
	c.run("cleanup", at)
	c.run("purge", at)
	if left := c.run("lsd", "sillok:"); strings.Contains(left, "rclone-"+style) {
		t.Errorf("left after purge: %s", left)
	}
}

// s3cmd asks in both styles too, and sets an ACL by reading it first.
func TestS3cmd(t *testing.T) {
	for _, style := range []string{"path", "host"} {
		t.Run(style, func(t *testing.T) { s3cmd(t, serve(t, t.TempDir()), style) })
	}
	if !t.Failed() && !testing.Short() {
		report(t, "s3cmd", "2.4.0, bucket in the path and in the host: put in parts, get, sync, cp, mv, info, setacl, modify, setlifecycle, setpolicy, tagging, signurl, du, rb")
	}
}

func s3cmd(t *testing.T, s *server, style string) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "s3cfg")
	c := newTool(t, s, "s3cmd", "venv/bin/s3cmd", "--config", config, "--no-progress")
	host := strings.TrimPrefix(s.endpoint, "http://")
	text := "[default]\naccess_key = " + s.root.keyID + "\nsecret_key = " + s.root.secret + "\nuse_https = False\nbucket_location = " + region + "\nmultipart_chunk_size_mb = 5\n"
	if style == "path" {
		text += "host_base = " + host + "\nhost_bucket = " + host + "\n"
	} else {
		proxy := strings.Split(strings.TrimPrefix(s.byHost(t), "http://"), ":")
		text += "host_base = s3.amazonaws.com\nhost_bucket = %(bucket)s.s3.amazonaws.com\nproxy_host = " + proxy[0] + "\nproxy_port = " + proxy[1] + "\n"
	}
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	files := tree()
	c.lay("tree", files)
	at := "s3://s3cmd-" + style
	c.run("mb", at)
	c.run("put", "--recursive", "tree/", at+"/tree/")
	c.run("sync", at+"/tree/", "back/")
	c.same("back", files)
	c.run("cp", at+"/tree/a.txt", at+"/copy.txt")
	c.run("mv", at+"/copy.txt", at+"/moved.txt")
	c.run("modify", "--add-header", "Cache-Control: max-age=1", at+"/moved.txt")
	if got := s.aws("s3api", "head-object", "--bucket", "s3cmd-"+style, "--key", "moved.txt", "--query", "CacheControl", "--output", "text"); got != "max-age=1\n" {
		t.Errorf("Cache-Control after modify: %s", got)
	}
	s3cmdSettings(t, s, c, at)
	if status, got := fetchBy(t, s, strings.TrimSpace(c.run("signurl", at+"/moved.txt", "+60"))); status != 200 || got != "a" {
		t.Errorf("signurl: %d %s", status, got)
	}
	c.run("del", "--recursive", "--force", at)
	c.run("rb", at)
}

// s3cmdSettings changes what belongs to a bucket and an object.
func s3cmdSettings(t *testing.T, s *server, c *tool, at string) {
	t.Helper()
	bucket := strings.TrimPrefix(at, "s3://")
	s.aws("s3api", "put-bucket-ownership-controls", "--bucket", bucket, "--ownership-controls", "Rules=[{ObjectOwnership=ObjectWriter}]")
	s.aws("s3api", "delete-public-access-block", "--bucket", bucket)
	c.run("setacl", "--acl-public", at+"/moved.txt")
	if info := c.run("info", at+"/moved.txt"); !strings.Contains(info, "*anon*: READ") {
		t.Errorf("info after setacl: %s", info)
	}
	c.run("setacl", "--acl-private", at+"/moved.txt")
	c.lay("", map[string]string{
		"lifecycle.xml": `<LifecycleConfiguration><Rule><ID>old</ID><Prefix>logs/</Prefix><Status>Enabled</Status><Expiration><Days>90</Days></Expiration></Rule></LifecycleConfiguration>`,
		"policy.json":   `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::` + bucket + `/keep/*"}]}`,
	})
	c.run("setlifecycle", "lifecycle.xml", at)
	if got := c.run("getlifecycle", at); !strings.Contains(got, "<Days>90</Days>") {
		t.Errorf("getlifecycle: %s", got)
	}
	c.run("dellifecycle", at)
	c.run("setpolicy", "policy.json", at)
	c.run("delpolicy", at)
	c.run("settagging", at, "team=audit")
	if got := c.run("gettagging", at); !strings.Contains(got, "team:\taudit") {
		t.Errorf("gettagging: %s", got)
	}
	if got := c.run("du", at+"/tree/"); !strings.Contains(got, "6 objects") {
		t.Errorf("du: %s", got)
	}
}

// fetchBy gets a URL whose host is a name of AWS's.
func fetchBy(t *testing.T, s *server, address string) (status int, text string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return s.get(t, u.Host, u.RequestURI())
}
