package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sillok/sillok/internal/store/objects/plain"
	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/trailtest"
)

// trail is "trail PLACE": it delivers four hours of a trail, with two log files each,
// to a folder or to a new bucket my-logs of the server, and writes keys.json.
func trail(t *testing.T) func(*testscript.TestScript, bool, []string) {
	t.Helper()
	return func(ts *testscript.TestScript, _ bool, args []string) {
		if len(args) != 1 {
			ts.Fatalf("usage: trail PLACE")
		}
		trail := trailtest.New(t).Hours(4, 2)
		ts.Check(os.WriteFile(ts.MkAbs("keys.json"), keysFile(trail), 0o600))
		if args[0] != "s3://"+trail.Bucket {
			ts.Check(deliver(ts.MkAbs(args[0]), trail))
			return
		}
		client := s3.New(s3.Options{
			Region: "us-east-1", BaseEndpoint: aws.String(ts.Getenv("ENDPOINT")), UsePathStyle: true,
			Credentials: credentials.NewStaticCredentialsProvider(ts.Getenv("AWS_ACCESS_KEY_ID"), ts.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		})
		ctx := context.Background()
		_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &trail.Bucket})
		ts.Check(err)
		for key, o := range trail.Objects {
			_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &trail.Bucket, Key: &key, Body: bytes.NewReader(o.Body), Metadata: o.Metadata})
			ts.Check(err)
		}
	}
}

// keysFile is what list-public-keys prints of a trail's key.
func keysFile(trail *trailtest.Trail) []byte {
	key := digest.Public(trail.Key, trailtest.Begin, trail.Now)
	text, _ := json.Marshal(map[string]any{"PublicKeyList": []any{map[string]any{ // of texts and bytes alone
		"Value": key.Value, "ValidityStartTime": key.Start.Format(time.RFC3339), "ValidityEndTime": key.End.Format(time.RFC3339), "Fingerprint": key.Fingerprint,
	}}})
	return text
}

// deliver writes what a trail delivered to a folder.
func deliver(folder string, trail *trailtest.Trail) error {
	for key, o := range trail.Objects {
		path := filepath.Join(folder, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(path, o.Body, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// flip is "flip FILE": it flips a bit in the middle of a file.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	b[len(b)/2] ^= 1
	ts.Check(os.WriteFile(path, b, 0o600))
}

// hasExport makes my-logs, the export of a bucket that a trail delivers to, and keys.json.
func hasExport(t *testing.T, folder string) {
	t.Helper()
	trail := trailtest.New(t).Hours(30, 2)
	exported := filepath.Join(folder, "my-logs")
	if err := errors.Join(deliver(exported, trail), os.Mkdir(filepath.Join(exported, plain.Folder), 0o700)); err != nil {
		t.Fatal(err)
	}
	var manifest bytes.Buffer
	encoder := json.NewEncoder(&manifest)
	for _, key := range slices.Sorted(maps.Keys(trail.Objects)) {
		if err := encoder.Encode(plain.Entry{Key: key, File: key, Metadata: trail.Objects[key].Metadata}); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string][]byte{
		filepath.Join(exported, plain.Folder, "bucket.json"): []byte(`{"format":1,"bucket":"my-logs"}`), filepath.Join(exported, plain.Folder, "manifest.jsonl"): manifest.Bytes(),
		filepath.Join(folder, "keys.json"): keysFile(trail),
	} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
