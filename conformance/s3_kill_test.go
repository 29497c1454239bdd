//go:build linux

package conformance_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestS3OutlivesKills ends the server with kill -9 again and again while clients
// put, upload in parts, copy and delete, with and without versions, and a
// lifecycle rule removes. What was acknowledged is there afterwards, with its
// own content; what was not is there whole or not at all.
func TestS3OutlivesKills(t *testing.T) {
	kills := 5
	if !testing.Short() {
		kills = 200
	}
	s := serve(t, t.TempDir())
	strands := newStrands(t, s)
	for n := range kills {
		var group sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		acknowledged := make(chan struct{})
		for _, w := range strands {
			w.client = s.s3()
			group.Go(func() { w.work(ctx, acknowledged) })
		}
		for range 50 + rand.IntN(150) {
			<-acknowledged
		}
		s.kill()
		cancel()
		group.Wait()
		listen := strings.TrimPrefix(s.endpoint, "http://")
		s.endpoint = ""
		s.start(listen)
		for _, w := range strands {
			w.client = s.s3()
			w.verify()
		}
		if t.Failed() {
			t.Fatalf("after %d kills", n+1)
		}
	}
	total := 0
	for _, w := range strands {
		total += w.acknowledged
	}
	t.Logf("%d kills, %d changes acknowledged", kills, total)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), required(t, "SILLOK_BIN"), "scrub", "--data", s.data).CombinedOutput(); err != nil {
		t.Errorf("scrub: %v\n%s", err, out)
	}
}

// s3 returns a client that tries everything once.
func (s *server) s3() *s3.Client {
	return s3.NewFromConfig(s.config(), func(o *s3.Options) { o.UsePathStyle, o.RetryMaxAttempts = true, 1 })
}

// strand is one client's own keys, and what it knows of them.
type strand struct {
	t            *testing.T
	client       *s3.Client
	dice         *rand.Rand
	bucket       string
	prefix       string
	versioned    bool
	expiring     bool // puts objects for the lifecycle rule too
	acknowledged int
	known        map[string]*known
}

// known is what is known of a key.
type known struct {
	may      []string          // digests of what its content may be; "" is absent. Without versions
	versions map[string]string // digests by version ID, "" of a marker
	unsure   []string          // digests of versions that may be there
	leaving  []string          // version IDs whose removal was not acknowledged
}

func newStrands(t *testing.T, s *server) []*strand {
	t.Helper()
	client := s.s3()
	for _, bucket := range []string{"plain", "versioned", "expiring"} {
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{
			Bucket: &bucket, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: region},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: aws.String("versioned"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		t.Fatal(err)
	}
	long := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := client.PutBucketLifecycleConfiguration(t.Context(), &s3.PutBucketLifecycleConfigurationInput{
		Bucket: aws.String("expiring"), LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{
			Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("old/")}, Expiration: &types.LifecycleExpiration{Date: &long},
		}}},
	}); err != nil {
		t.Fatal(err)
	}
	var strands []*strand
	for i := range 6 {
		w := &strand{
			t: t, dice: rand.New(rand.NewPCG(uint64(i), uint64(time.Now().UnixNano()))), prefix: fmt.Sprintf("keep/%d/", i), known: map[string]*known{},
			bucket: []string{"plain", "versioned", "expiring"}[i%3],
		}
		w.versioned, w.expiring = w.bucket == "versioned", w.bucket == "expiring"
		strands = append(strands, w)
	}
	return strands
}

// work changes things until the server is gone.
func (w *strand) work(ctx context.Context, acknowledged chan<- struct{}) {
	for ctx.Err() == nil {
		if err := w.change(ctx); err != nil {
			// Whatever is in the way of a change but the end of the server is a fault.
			if e, ok := errors.AsType[interface {
				error
				ErrorCode() string
			}](err); ok {
				w.t.Errorf("%s/%s: %v", w.bucket, w.prefix, e)
			}
			select { // keep the counter going until the server is killed
			case acknowledged <- struct{}{}:
			case <-ctx.Done():
			}
			return
		}
		w.acknowledged++
		select {
		case acknowledged <- struct{}{}:
		case <-ctx.Done():
		}
	}
}

// change makes one change, and notes what is known of it.
func (w *strand) change(ctx context.Context) error {
	key := fmt.Sprintf("%s%d", w.prefix, w.dice.IntN(8))
	k := w.known[key]
	if k == nil {
		k = &known{may: []string{""}, versions: map[string]string{}}
		w.known[key] = k
	}
	if w.expiring && w.dice.IntN(4) == 0 {
		_, err := w.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &w.bucket, Key: aws.String(fmt.Sprintf("old/%d", w.dice.IntN(100))), Body: strings.NewReader("old")})
		return err
	}
	switch n := w.dice.IntN(6); {
	case n == 0:
		return w.remove(ctx, key, k)
	case n == 1 && len(k.versions) > 0:
		return w.removeVersion(ctx, key, k)
	case n == 2:
		return w.upload(ctx, key, k)
	default:
		content := w.content()
		k.may, k.unsure = append(k.may, digest(content)), append(k.unsure, digest(content))
		out, err := w.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &w.bucket, Key: &key, Body: bytes.NewReader(content)})
		if err != nil {
			return err
		}
		k.wrote(digest(content), aws.ToString(out.VersionId))
		return nil
	}
}

// wrote notes that a version was acknowledged.
func (k *known) wrote(digest, version string) {
	k.may, k.unsure = []string{digest}, nil
	if version != "" {
		k.versions[version] = digest
	}
}

func (w *strand) remove(ctx context.Context, key string, k *known) error {
	k.may, k.unsure = append(k.may, ""), append(k.unsure, "")
	out, err := w.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &w.bucket, Key: &key})
	if err != nil {
		return err
	}
	k.wrote("", aws.ToString(out.VersionId))
	return nil
}

func (w *strand) removeVersion(ctx context.Context, key string, k *known) error {
	for id := range k.versions {
		k.leaving = append(k.leaving, id)
		if _, err := w.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &w.bucket, Key: &key, VersionId: &id}); err != nil {
			return err
		}
		delete(k.versions, id)
		k.leaving = nil
		break
	}
	return nil
}

// upload makes an object of one or two parts, or leaves the upload open.
func (w *strand) upload(ctx context.Context, key string, k *known) error {
	begun, err := w.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &w.bucket, Key: &key})
	if err != nil {
		return err
	}
	var whole []byte
	var parts []types.CompletedPart
	for n := range 1 + w.dice.IntN(8)/7 {
		content := w.content()
		if n == 0 && w.dice.IntN(8) == 0 {
			content = append(content, make([]byte, 5<<20)...)
		}
		if n == 1 && len(whole) < 5<<20 {
			break // only the last part may be small
		}
		number := int32(n + 1)
		part, err := w.client.UploadPart(ctx, &s3.UploadPartInput{Bucket: &w.bucket, Key: &key, UploadId: begun.UploadId, PartNumber: &number, Body: bytes.NewReader(content)})
		if err != nil {
			return err
		}
		whole = append(whole, content...)
		parts = append(parts, types.CompletedPart{ETag: part.ETag, PartNumber: &number})
	}
	if w.dice.IntN(4) == 0 {
		return nil
	}
	k.may, k.unsure = append(k.may, digest(whole)), append(k.unsure, digest(whole))
	done, err := w.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &w.bucket, Key: &key, UploadId: begun.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	if err != nil {
		return err
	}
	k.wrote(digest(whole), aws.ToString(done.VersionId))
	return nil
}

// content returns bytes that nobody else has, in the index or in a file of their own.
func (w *strand) content() []byte {
	content := make([]byte, []int{100, 4 << 10, 40 << 10, 300 << 10}[w.dice.IntN(4)])
	for i := range content {
		content[i] = byte(w.dice.Uint32())
	}
	return content
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// verify compares what is there with what is known, and takes it for known.
func (w *strand) verify() {
	w.t.Helper()
	for key, k := range w.known {
		if w.versioned {
			w.verifyVersions(key, k)
			continue
		}
		got, err := w.read(key, nil)
		if _, absent := errors.AsType[*types.NoSuchKey](err); err != nil && !absent {
			w.t.Errorf("%s/%s: %v", w.bucket, key, err)
		}
		if !slices.Contains(k.may, got) {
			w.t.Errorf("%s/%s has the content %.8q, want one of %.8q", w.bucket, key, got, k.may)
		}
		k.may, k.unsure = []string{got}, nil
	}
}

func (w *strand) verifyVersions(key string, k *known) {
	w.t.Helper()
	found := map[string]string{}
	out, err := w.client.ListObjectVersions(w.t.Context(), &s3.ListObjectVersionsInput{Bucket: &w.bucket, Prefix: &key})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range out.DeleteMarkers {
		found[aws.ToString(m.VersionId)] = ""
	}
	for _, v := range out.Versions {
		got, err := w.read(key, v.VersionId)
		if err != nil {
			w.t.Errorf("%s/%s version %s: %v", w.bucket, key, aws.ToString(v.VersionId), err)
		}
		found[aws.ToString(v.VersionId)] = got
	}
	for id, want := range k.versions {
		got, there := found[id]
		if there && got != want || !there && !slices.Contains(k.leaving, id) {
			w.t.Errorf("%s/%s version %s: there: %t, content %.8q, want %.8q", w.bucket, key, id, there, got, want)
		}
	}
	for id, got := range found {
		if _, expected := k.versions[id]; !expected && !slices.Contains(k.unsure, got) {
			w.t.Errorf("%s/%s version %s is there, content %.8q, and nobody wrote it or it was removed", w.bucket, key, id, got)
		}
	}
	k.versions, k.unsure, k.leaving = found, nil, nil
}

// read returns the digest of a version's content.
func (w *strand) read(key string, version *string) (string, error) {
	out, err := w.client.GetObject(w.t.Context(), &s3.GetObjectInput{Bucket: &w.bucket, Key: &key, VersionId: version})
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(out.Body)
	return digest(content), errors.Join(err, out.Body.Close())
}
