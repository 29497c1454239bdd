// Package trailtest makes what a trail delivers to a bucket, for tests: log files of
// made-up records, and digests that know them.
package trailtest

import (
	"bytes"
	"compress/gzip"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/place"
)

// Object is what lies in a bucket.
type Object struct {
	Body     []byte
	Metadata map[string]string
}

// Trail delivers to a bucket.
type Trail struct {
	Bucket  string
	Of      place.Place // its digests, without the time
	Key     *rsa.PrivateKey
	Now     time.Time         // the end of the last hour
	Last    *digest.Link      // the last digest; nil begins a chain
	Objects map[string]Object // what was delivered, by key
	Digests []string          // their keys, in their order
	Logs    []string          // keys of log files, in their order

	tb       testing.TB
	backfill *digest.Link
}

// Begin is when the first hour of a trail begins.
var Begin = time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)

// Key is the key that trails sign with when they are made.
var Key = sync.OnceValue(NewKey)

// NewKey makes another key.
func NewKey() *rsa.PrivateKey {
	key, err := digest.NewKey()
	if err != nil {
		panic(err)
	}
	return key
}

// New returns a trail "all" of us-east-1 that delivers to my-logs.
func New(tb testing.TB) *Trail {
	tb.Helper()
	return &Trail{
		Bucket: "my-logs", Key: Key(), Now: Begin, Objects: map[string]Object{}, tb: tb,
		Of: place.Place{Account: "111122223333", Kind: place.Digest, Region: "us-east-1", Trail: "all", Home: "us-east-1"},
	}
}

// Hours lets hours pass, each with some log files and then their digest.
func (t *Trail) Hours(hours, logs int) *Trail {
	t.tb.Helper()
	for range hours {
		var files []digest.LogFile
		for i := range logs {
			files = append(files, t.Log(t.Now.Add(time.Duration(i)*time.Hour/time.Duration(logs)).Truncate(time.Minute)))
		}
		t.Digest(files...)
	}
	return t
}

// Log delivers a log file of ten records that was begun at a time, which no digest knows yet.
func (t *Trail) Log(at time.Time) digest.LogFile {
	t.tb.Helper()
	p := t.Of
	p.Kind, p.Time, p.Unique = place.Log, at, fmt.Sprintf("Made%012d", len(t.Logs))
	body := Records(10, at, p.Key())
	key := t.Put(p.Key(), body)
	t.Logs = append(t.Logs, key)
	sum := sha256.Sum256([]byte(body))
	return digest.LogFile{Bucket: t.Bucket, Key: key, Hash: hex.EncodeToString(sum[:]), Newest: at.Add(9 * time.Second), Oldest: at}
}

// Digest lets an hour pass and delivers its digest, which knows some log files.
func (t *Trail) Digest(logs ...digest.LogFile) string {
	t.tb.Helper()
	start := t.Now
	t.Now = t.Now.Add(time.Hour)
	d := digest.Draft{Bucket: t.Bucket, Place: t.Of, Start: start, Logs: logs, Previous: t.Last}
	d.Place.Time = t.Now
	o := t.sign(d)
	t.Last = &o.Link
	return o.Key
}

// Backfill delivers a digest of the last hour that was made a month later.
func (t *Trail) Backfill(logs ...digest.LogFile) string {
	t.tb.Helper()
	d := digest.Draft{Bucket: t.Bucket, Place: t.Of, Start: t.Now.Add(-time.Hour), Logs: logs, Previous: t.backfill, Made: t.Now.AddDate(0, 1, 0)}
	d.Place.Time, d.Place.Backfill = t.Now, true
	o := t.sign(d)
	t.backfill = &o.Link
	return o.Key
}

func (t *Trail) sign(d digest.Draft) digest.Object {
	t.tb.Helper()
	o, err := digest.Sign(d, t.Key)
	if err != nil {
		t.tb.Fatal(err)
	}
	t.Objects[o.Key] = Object{Body: o.Body, Metadata: o.Metadata}
	t.Digests = append(t.Digests, o.Key)
	return o
}

// Put puts a text at a key, packed as log files are, and returns the key.
func (t *Trail) Put(key, text string) string {
	t.tb.Helper()
	t.Objects[key] = Object{Body: Pack(t.tb, text)}
	return key
}

// Pack returns a text as a gzip file.
func Pack(tb testing.TB, text string) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// Records returns the text of a log file with n records, which differ by id.
func Records(n int, at time.Time, id string) string {
	var b strings.Builder
	b.WriteString(`{"Records":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAMADEUP%010d","arn":"arn:aws:iam::111122223333:user/made-up-user-%d","accountId":"111122223333"},`+
			`"eventTime":"%s","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.%d","userAgent":"made \"up\"","requestParameters":{"key":"[{%d}]"},`+
			`"eventID":"%x-%d","readOnly":true,"eventType":"AwsApiCall","recipientAccountId":"111122223333"}`,
			i, i, at.Add(time.Duration(i)*time.Second).UTC().Format(time.RFC3339), i%256, i, sha256.Sum256([]byte(id)), i)
	}
	b.WriteString(`]}`)
	return b.String()
}
