package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

// oddKeys are keys that cannot all be names of files, least of all together.
var oddKeys = []string{
	"a", "a/b", "a/b/c", "a!x", "a//b", "/lead", "trail/", "//", ".", "..", "../../x", "a/../b", "./y", "한글/😀", "c\x01", "tab\t", "n\nl",
	"%2E", "%-", "a%_/q", ".sillok/manifest.jsonl", ".sillok", strings.Repeat("L", 1024), strings.Repeat("한", 341), "A", "e\u0301", "é",
}

// place is a running server, a client of it and a folder to work in.
type place struct {
	t      *testing.T
	folder string
	client *s3.Client
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, folder: t.TempDir()}
	endpoint := examplePlace(t, p.folder)
	key, secret := credential(t, filepath.Join(p.folder, "sillok-data", "credentials"))
	p.client = s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
	t.Setenv("AWS_ENDPOINT_URL", endpoint)
	t.Setenv("AWS_REGION", "us-east-1")
	return p
}

// sillok runs a command in the folder and returns all that it says.
func (p *place) sillok(args ...string) (said string, code int) {
	p.t.Helper()
	c := exec.CommandContext(p.t.Context(), "sillok", append(args, "--data", "sillok-data")...)
	c.Dir = p.folder
	out, err := c.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		p.t.Fatal(err)
	} else if ok {
		code = exit.ExitCode()
	}
	return string(out), code
}

// done runs a command that must succeed.
func (p *place) done(args ...string) string {
	p.t.Helper()
	said, code := p.sillok(args...)
	if code != 0 {
		p.t.Fatalf("sillok %s: code %d\n%s", strings.Join(args, " "), code, said)
	}
	return said
}

func (p *place) put(bucket, key, content string, change func(*s3.PutObjectInput)) {
	p.t.Helper()
	in := &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(content)}
	if change != nil {
		change(in)
	}
	if _, err := p.client.PutObject(p.t.Context(), in); err != nil {
		p.t.Fatal(err)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// described is all that one can see of a bucket, but for IDs and times.
func (p *place) described(bucket string) string {
	p.t.Helper()
	var b strings.Builder
	err := describe(p.t.Context(), &b, p.client, bucket)
	if err != nil {
		p.t.Fatal(err)
	}
	return b.String()
}

func describe(ctx context.Context, b *strings.Builder, c *s3.Client, bucket string) error {
	list, err := c.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &bucket, EncodingType: types.EncodingTypeUrl})
	if err != nil {
		return err
	}
	for _, m := range list.DeleteMarkers {
		fmt.Fprintf(b, "marker %s latest %v\n", *m.Key, *m.IsLatest)
	}
	for _, v := range list.Versions {
		key := unescape(*v.Key)
		h, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key, VersionId: v.VersionId, ChecksumMode: types.ChecksumModeEnabled})
		if err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
		tags, err := c.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &bucket, Key: &key, VersionId: v.VersionId})
		if err != nil {
			return err
		}
		got, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key, VersionId: v.VersionId})
		if err != nil {
			return err
		}
		content, err := io.ReadAll(got.Body)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%s latest %v %s %d %.20q %v %s %s %s %s %s %v %s %v", *v.Key, *v.IsLatest, *h.ETag, *h.ContentLength, content, h.Metadata,
			aws.ToString(h.ContentType), aws.ToString(h.ContentEncoding), aws.ToString(h.CacheControl), aws.ToString(h.ExpiresString), h.ObjectLockMode,
			aws.ToTime(h.ObjectLockRetainUntilDate), h.ObjectLockLegalHoldStatus, aws.ToString(h.ChecksumSHA256))
		for _, t := range tags.TagSet {
			fmt.Fprintf(b, " %s=%s", *t.Key, *t.Value)
		}
		b.WriteByte('\n')
	}
	return nil
}

func TestABucketGoesOutAndComesBack(t *testing.T) {
	p := newPlace(t)
	ctx := t.Context()
	p.fill(ctx)

	for _, tt := range []struct {
		name  string
		flags []string
	}{{"latest", nil}, {"versions", []string{"--versions"}}} {
		t.Run(tt.name, func(t *testing.T) {
			out, in := tt.name+"-out", "copy-"+tt.name
			said := p.done(append([]string{"s3", "export", "odd", out}, tt.flags...)...)
			if !strings.Contains(said, "none was there already") {
				t.Error(said)
			}
			p.done("s3", "import", in, out)
			if tt.flags != nil {
				if diff := cmp.Diff(p.described("odd"), p.described(in)); diff != "" {
					t.Errorf("(-exported +imported):\n%s", diff)
				}
			}
			// Once more: nothing is to be done.
			for _, again := range [][]string{append([]string{"s3", "export", "odd", out}, tt.flags...), {"s3", "import", in, out}} {
				before := p.described(in)
				if said := p.done(again...); strings.Contains(said, "none was") {
					t.Error(said)
				}
				if diff := cmp.Diff(before, p.described(in)); diff != "" {
					t.Errorf("%v (-before +after):\n%s", again, diff)
				}
			}
			// What is exported from the copy is the same, but for its name and times.
			back := tt.name + "-back"
			p.done(append([]string{"s3", "export", in, back}, tt.flags...)...)
			if diff := cmp.Diff(manifest(t, filepath.Join(p.folder, out)), manifest(t, filepath.Join(p.folder, back))); diff != "" {
				t.Errorf("(-first +second export):\n%s", diff)
			}
		})
	}
}

// fill makes the bucket odd.
func (p *place) fill(ctx context.Context) {
	t := p.t
	t.Helper()
	must[*s3.CreateBucketOutput](t)(p.client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("odd"), ObjectLockEnabledForBucket: aws.Bool(true)}))
	for _, key := range oddKeys {
		p.put("odd", key, "first "+key, nil)
		p.put("odd", key, key, func(in *s3.PutObjectInput) { in.Metadata = map[string]string{"n": "2"} })
	}
	must[*s3.DeleteObjectOutput](t)(p.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("odd"), Key: aws.String("a/b")}))
	p.put("odd", "all", "all", func(in *s3.PutObjectInput) {
		in.ContentType, in.ContentEncoding, in.CacheControl = aws.String("text/csv"), aws.String("gzip"), aws.String("max-age=3")
		in.Expires = aws.Time(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
		in.Tagging, in.ChecksumAlgorithm = aws.String("x=y%20z&%ED%95%9C="), types.ChecksumAlgorithmSha256
		in.ObjectLockMode, in.ObjectLockLegalHoldStatus = types.ObjectLockModeGovernance, types.ObjectLockLegalHoldStatusOn
		in.ObjectLockRetainUntilDate = aws.Time(time.Now().Add(time.Hour))
	})
	must[*s3.PutBucketTaggingOutput](t)(p.client.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket: aws.String("odd"), Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("team"), Value: aws.String("보안")}}},
	}))
	p.parts(ctx, "odd", "parts", 5<<20, 5<<20, 100)
	p.parts(ctx, "odd", "parts of other sizes", 6<<20, 5<<20, 100)
}

// parts uploads an object in parts.
func (p *place) parts(ctx context.Context, bucket, key string, sizes ...int) {
	t := p.t
	t.Helper()
	upload := must[*s3.CreateMultipartUploadOutput](t)(p.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key}))
	var done []types.CompletedPart
	for i, size := range sizes {
		out := must[*s3.UploadPartOutput](t)(p.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &bucket, Key: &key, UploadId: upload.UploadId, PartNumber: aws.Int32(int32(i + 1)), Body: bytes.NewReader(bytes.Repeat([]byte{'a' + byte(i)}, size)),
		}))
		done = append(done, types.CompletedPart{ETag: out.ETag, PartNumber: aws.Int32(int32(i + 1))})
	}
	must[*s3.CompleteMultipartUploadOutput](t)(p.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &key, UploadId: upload.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	}))
}

var differing = regexp.MustCompile(`"modified":"[^"]*",?|"version_id":"[^"]*",?|%v[0-9A-Z]+|"bucket": "[^"]*"`)

// manifest returns what an export says of itself, but for what differs.
func manifest(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{"bucket.json", "manifest.jsonl"} {
		text, err := os.ReadFile(filepath.Join(dir, ".sillok", name))
		if err != nil {
			t.Fatal(err)
		}
		b.Write(differing.ReplaceAll(text, nil))
	}
	return b.String()
}

func TestAnExportIsMendedByRunningItAgain(t *testing.T) {
	p := newPlace(t)
	p.done("s3", "export", "my-logs", "out")
	var files []string
	err := filepath.WalkDir(filepath.Join(p.folder, "out", "AWSLogs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	before := manifest(t, filepath.Join(p.folder, "out"))
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte{text[0] ^ 1}, text[1:]...)
	err = errors.Join(os.WriteFile(files[0], flipped, 0o600), os.Remove(files[1]), os.Truncate(files[2], 3))
	if err != nil {
		t.Fatal(err)
	}
	// A file that is not what was exported is not imported.
	said, code := p.sillok("s3", "import", "copy", "out")
	if code != 1 || !strings.Contains(said, "is not what was exported: its SHA-256 is another one") || !strings.Contains(said, "3 objects were not imported") {
		t.Errorf("code %d\n%s", code, said)
	}
	if said := p.done("s3", "export", "my-logs", "out"); !strings.Contains(said, "exported 3 objects") || !strings.Contains(said, "none was there already") {
		t.Error(said)
	}
	if diff := cmp.Diff(before, manifest(t, filepath.Join(p.folder, "out"))); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

func TestAnExportStaysInItsFolder(t *testing.T) {
	p := newPlace(t)
	outside := filepath.Join(p.folder, "outside")
	err := errors.Join(os.MkdirAll(outside, 0o700), os.MkdirAll(filepath.Join(p.folder, "out"), 0o700), os.Symlink(outside, filepath.Join(p.folder, "out", "AWSLogs")))
	if err != nil {
		t.Fatal(err)
	}
	said, code := p.sillok("s3", "export", "my-logs", "out")
	if code != 1 || !strings.Contains(said, "AWSLogs is in the way: a folder has to be there") {
		t.Errorf("code %d\n%s", code, said)
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
	// Nor does an import read outside, whatever a manifest says.
	line := `{"key":"k","file":"../sillok-data/credentials","size":5}`
	err = errors.Join(os.MkdirAll(filepath.Join(p.folder, "evil", ".sillok"), 0o700),
		os.WriteFile(filepath.Join(p.folder, "evil", ".sillok", "bucket.json"), []byte(`{"format":1}`), 0o600),
		os.WriteFile(filepath.Join(p.folder, "evil", ".sillok", "manifest.jsonl"), []byte(line), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if said, code := p.sillok("s3", "import", "copy", "evil"); code != 1 || !strings.Contains(said, "is no file of the folder") {
		t.Errorf("code %d\n%s", code, said)
	}
}

// unescape returns a key as it is; what is no key of a listing stays itself.
func unescape(key string) string {
	plain, err := url.QueryUnescape(key)
	if err != nil {
		return key
	}
	return plain
}
