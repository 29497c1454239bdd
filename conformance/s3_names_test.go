package conformance_test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

const (
	own        = "names-m" // the bucket that all hostile requests are for
	marker     = "nobody-may-read-this"
	longAnswer = 5 * time.Second
)

// oracle knows what no request for its own bucket may touch or tell: buckets
// before and behind it in order, and files that somebody laid into the data
// folder and beside it.
type oracle struct {
	t       *testing.T
	s       *server
	client  *s3.Client
	asker   *asker
	beside  string // a folder beside the data folder
	before  map[string]string
	version string // of a secret object
	upload  string // of a secret upload
	upOwn   string // of its own upload
}

// secrets are the buckets that are not to be told of.
func secrets() []string { return []string{"names-l", "names-m-", "names-m.n", "names-n"} }

func newOracle(t *testing.T) *oracle {
	t.Helper()
	root := t.TempDir()
	data := filepath.Join(root, "data")
	s := serve(t, data)
	o := &oracle{t: t, s: s, client: s.s3(), asker: newAsker(t, s), beside: filepath.Join(root, "beside")}
	o.asker.bucket(own)
	for _, bucket := range secrets() {
		if strings.HasSuffix(bucket, "-") {
			continue // no bucket can be named so; requests try
		}
		o.secret(bucket)
	}
	o.put(own, "mine", "mine")
	created, err := o.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String(own), Key: aws.String("mine")})
	if err != nil {
		t.Fatal(err)
	}
	o.upOwn = aws.ToString(created.UploadId)
	o.plant(data)
	o.before = o.state()
	return o
}

// secret makes a bucket whose objects, versions and uploads nobody asks for.
func (o *oracle) secret(bucket string) {
	o.t.Helper()
	o.asker.bucket(bucket)
	if _, err := o.client.PutBucketVersioning(o.t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		o.t.Fatal(err)
	}
	for _, key := range []string{"secret", "a/secret", "../" + own + "/secret", "mine"} {
		o.version = o.put(bucket, key, marker)
	}
	created, err := o.client.CreateMultipartUpload(o.t.Context(), &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: aws.String("mine")})
	if err != nil {
		o.t.Fatal(err)
	}
	o.upload = aws.ToString(created.UploadId)
	if _, err := o.client.UploadPart(o.t.Context(), &s3.UploadPartInput{
		Bucket: &bucket, Key: aws.String("mine"), UploadId: created.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader(marker),
	}); err != nil {
		o.t.Fatal(err)
	}
}

func (o *oracle) put(bucket, key, body string) (version string) {
	o.t.Helper()
	out, err := o.client.PutObject(o.t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		o.t.Fatal(err)
	}
	return aws.ToString(out.VersionId)
}

// plant lays files and symbolic links where a name that became a path would
// find them.
func (o *oracle) plant(data string) {
	o.t.Helper()
	folders := []string{o.beside, filepath.Join(data, own), filepath.Join(data, "planted")}
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			folders = append(folders, path)
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	for _, folder := range folders {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			o.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "planted-secret"), []byte(marker), 0o600); err != nil {
			o.t.Fatal(err)
		}
		if err := os.Symlink(o.beside, filepath.Join(folder, "planted-link")); err != nil {
			o.t.Fatal(err)
		}
	}
}

// state tells of everything that must stay: planted files by their content, and
// the secret buckets' objects, versions and uploads.
func (o *oracle) state() map[string]string {
	o.t.Helper()
	state := map[string]string{}
	err := filepath.WalkDir(filepath.Dir(o.beside), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(d.Name(), "planted-secret"):
			text, err := os.ReadFile(path)
			sum := sha256.Sum256(text)
			state[path] = hex.EncodeToString(sum[:])
			return err
		case strings.HasPrefix(d.Name(), "planted-link"):
			to, err := os.Readlink(path)
			state[path] = to
			return err
		case filepath.Dir(path) == o.beside, filepath.Dir(path) == filepath.Dir(o.beside):
			state[path] = "is there"
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
	for _, bucket := range secrets() {
		versions, err := o.client.ListObjectVersions(o.t.Context(), &s3.ListObjectVersionsInput{Bucket: &bucket})
		if err != nil {
			state[bucket] = codeOf(err)
			continue
		}
		for _, v := range versions.Versions {
			state[bucket+"/"+*v.Key+"?"+*v.VersionId] = aws.ToString(v.ETag)
		}
		state[bucket+" markers"] = fmt.Sprint(len(versions.DeleteMarkers))
		uploads, err := o.client.ListMultipartUploads(o.t.Context(), &s3.ListMultipartUploadsInput{Bucket: &bucket})
		if err != nil {
			o.t.Fatal(err)
		}
		for _, u := range uploads.Uploads {
			parts, err := o.client.ListParts(o.t.Context(), &s3.ListPartsInput{Bucket: &bucket, Key: u.Key, UploadId: u.UploadId})
			if err != nil {
				o.t.Fatal(err)
			}
			state[bucket+" upload "+*u.UploadId] = fmt.Sprint(len(parts.Parts))
		}
	}
	return state
}

// unchanged compares all that must stay with what it was.
func (o *oracle) unchanged(after string) {
	o.t.Helper()
	if diff := cmp.Diff(o.before, o.state()); diff != "" {
		o.t.Fatalf("after %s (-before +after):\n%s", after, diff)
	}
}

// judge says what is wrong with an answer to a hostile request.
func (o *oracle) judge(what string, a rawAnswer) {
	o.t.Helper()
	sum := md5.Sum([]byte(marker))
	told := a.body + fmt.Sprint(a.header)
	switch {
	case a.status >= 500 && a.status != 501:
		o.t.Errorf("%s: %d %.300s", what, a.status, a.body)
	case strings.Contains(told, marker), strings.Contains(told, hex.EncodeToString(sum[:])):
		o.t.Errorf("%s: a secret is told: %d %.300s", what, a.status, told)
	case a.took > longAnswer:
		o.t.Errorf("%s: an answer after %v", what, a.took)
	}
}

// pair is a hostile name that leads to something, if it leads anywhere, and
// one that is alike and leads to nothing.
type pair struct{ there, nowhere string }

// hostile returns names that try to be more than names.
func (o *oracle) hostile() []pair {
	var all []pair
	for _, up := range []string{"../", "../../", "../../../", "../../../../../../", "./../", "..//", "..\\", "a/../../", "/", "//", "/../", "%2e%2e/", "..%2f", "．．／", "..\x00/"} {
		for _, to := range []string{"names-n/secret", "names-l/a/secret", "planted-secret", "data/planted-secret", "beside/planted-secret", "planted-link/planted-secret", "state.db"} {
			all = append(all, pair{up + to, up + strings.ReplaceAll(strings.ReplaceAll(to, "secret", "nowhere"), "state", "nowhere")})
		}
	}
	for _, single := range []string{
		".", "..", "../", "/", "//", "\x00", "\x00\x00", "\x00\xff", "\xff", "\xff\xff\xff\xff", "\x01", "\n", "\r\nX-Injected: 1", "mine\x00", "mine/", "mine\x00\x00names-n",
		"names-n\x00secret", own + "\x00", own + "\xff", "*", "?", "mine?versionId=null", "mine?uploadId=" + o.upload, "&", "=", "'\"><!--", "&#0;", "${jndi:x}", "%", "%zz", "%00", "%25",
		strings.Repeat("a", 1024), strings.Repeat("a", 1025), strings.Repeat("../", 300), strings.Repeat("값", 400), "null", "-1", "18446744073709551616", o.version, o.upload,
		o.version + "/../..", filepath.Join(o.beside, "planted-secret"), "file://" + o.beside, "\u202e", "\ufeff", "é", "e\u0301", "CON", "~root", "$HOME", "`id`", "|id",
	} {
		all = append(all, pair{single, ""})
	}
	return all
}
