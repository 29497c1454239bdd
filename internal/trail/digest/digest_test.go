package digest_test

import (
	"bytes"
	"compress/gzip"
	"crypto/rsa"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/place"
)

var one = sync.OnceValue(newKey)

func newKey() *rsa.PrivateKey {
	key, err := digest.NewKey()
	if err != nil {
		panic(err)
	}
	return key
}

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// draft is the digest of the hour that ends n hours after noon.
func draft(n int, logs ...digest.LogFile) digest.Draft {
	end := noon.Add(time.Duration(n) * time.Hour)
	return digest.Draft{
		Bucket: "my-logs", Start: end.Add(-time.Hour), Logs: logs,
		Place: place.Place{Account: "111122223333", Kind: place.Digest, Region: "us-east-1", Time: end, Trail: "all", Home: "us-east-1"},
	}
}

func sign(t *testing.T, d digest.Draft) digest.Object {
	t.Helper()
	o, err := digest.Sign(d, one())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func text(t *testing.T, packed []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func pack(t *testing.T, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The members and their order are those of AWS's digest files.
func TestFilesAreAsThoseOfAWS(t *testing.T) {
	first := sign(t, draft(0))
	log := digest.LogFile{Bucket: "my-logs", Key: "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/<a>.json.gz", Hash: strings.Repeat("ab", 32), Newest: noon.Add(9 * time.Minute), Oldest: noon.Add(time.Minute + time.Millisecond)}
	other := log
	other.Key, other.Newest, other.Oldest = "b", noon.Add(40*time.Minute), noon.Add(30*time.Minute)
	next := draft(1, log, other)
	next.Previous = &first.Link
	second := sign(t, next)
	fingerprint := digest.Public(one(), noon, noon).Fingerprint

	if got, want := text(t, first.Body), `{"awsAccountId":"111122223333","digestStartTime":"2026-03-01T11:00:00Z","digestEndTime":"2026-03-01T12:00:00Z",`+
		`"digestS3Bucket":"my-logs","digestS3Object":"AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T120000Z.json.gz",`+
		`"digestPublicKeyFingerprint":"`+fingerprint+`","digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":null,"oldestEventTime":null,`+
		`"previousDigestS3Bucket":null,"previousDigestS3Object":null,"previousDigestHashValue":null,"previousDigestHashAlgorithm":null,"previousDigestSignature":null,"logFiles":[]}`; got != want {
		t.Errorf("the first\n%s, want\n%s", got, want)
	}
	if got, want := text(t, second.Body), `{"awsAccountId":"111122223333","digestStartTime":"2026-03-01T12:00:00Z","digestEndTime":"2026-03-01T13:00:00Z",`+
		`"digestS3Bucket":"my-logs","digestS3Object":"`+second.Key+`",`+
		`"digestPublicKeyFingerprint":"`+fingerprint+`","digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":"2026-03-01T12:40:00Z","oldestEventTime":"2026-03-01T12:01:00Z",`+
		`"previousDigestS3Bucket":"my-logs","previousDigestS3Object":"`+first.Key+`","previousDigestHashValue":"`+first.Link.Hash+`","previousDigestHashAlgorithm":"SHA-256","previousDigestSignature":"`+first.Metadata["signature"]+`","logFiles":[`+
		`{"s3Bucket":"my-logs","s3Object":"`+log.Key+`","hashValue":"`+log.Hash+`","hashAlgorithm":"SHA-256","newestEventTime":"2026-03-01T12:09:00Z","oldestEventTime":"2026-03-01T12:01:00Z"},`+
		`{"s3Bucket":"my-logs","s3Object":"b","hashValue":"`+log.Hash+`","hashAlgorithm":"SHA-256","newestEventTime":"2026-03-01T12:40:00Z","oldestEventTime":"2026-03-01T12:30:00Z"}]}`; got != want {
		t.Errorf("the second\n%s, want\n%s", got, want)
	}
	if first.Metadata["signature-algorithm"] != "SHA256withRSA" || len(first.Metadata) != 2 {
		t.Errorf("metadata %v", first.Metadata)
	}
	if again := sign(t, next); !bytes.Equal(again.Body, second.Body) || again.Link != second.Link {
		t.Error("the same draft made another object")
	}
}

func TestWhatWasSignedIsVerified(t *testing.T) {
	d := draft(0, digest.LogFile{Bucket: "my-logs", Key: "a", Hash: "00"})
	d.Place.Backfill, d.Made = true, noon.AddDate(0, 1, 0)
	o := sign(t, d)
	read, err := digest.Parse(bytes.NewReader(o.Body))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := digest.SignedBy(o.Metadata, true)
	if want := (digest.Signed{Signature: o.Link.Signature, Backfill: d.Made}); signed != want || err != nil {
		t.Errorf("metadata %+v, %v; want %+v", signed, err, want)
	}
	if err := errors.Join(read.Verify(digest.Public(one(), noon, noon), signed.Signature), read.At("my-logs", d.Place.Key())); err != nil {
		t.Error(err)
	}
	if link := (digest.Link{Bucket: read.File.Bucket, Key: read.File.Key, Hash: read.Hash, Signature: signed.Signature}); link != o.Link {
		t.Errorf("%+v, want %+v", link, o.Link)
	}
}

func TestWhatIsNotAsSignedIsInvalid(t *testing.T) {
	o := sign(t, draft(0, digest.LogFile{Bucket: "my-logs", Key: "a", Hash: "00"}))
	public := digest.Public(one(), noon, noon)
	body := text(t, o.Body)
	without := func(member string) []byte {
		return pack(t, strings.Replace(body, `"`+member+`"`, `"x`+member+`"`, 1))
	}
	for _, tt := range []struct {
		name      string
		body      []byte
		key       digest.PublicKey
		signature string
		metadata  map[string]string
		backfill  bool
		bucket    string
		want      digest.Reason
	}{
		{name: "a byte of what it says is another", body: pack(t, strings.Replace(body, `"00"`, `"01"`, 1)), want: digest.Signature},
		{name: "a blank is added", body: pack(t, body+" "), want: digest.Signature},
		{name: "it was signed with another key", key: digest.Public(newKey(), noon, noon), want: digest.Signature},
		{name: "another signature", signature: strings.Repeat("ab", 256), want: digest.Signature},
		{name: "a signature that is no hex", signature: "x", want: digest.Signature},
		{name: "no signature", metadata: map[string]string{"signature-algorithm": "SHA256withRSA"}, want: digest.Signature},
		{name: "no algorithm", metadata: map[string]string{"signature": o.Link.Signature}, want: digest.Signature},
		{name: "a backfill digest that does not say when it was made", backfill: true, want: digest.Format},
		{name: "a key that is none", key: digest.PublicKey{Value: []byte("x"), Fingerprint: public.Fingerprint}, want: digest.BadKey},
		{name: "it is in another bucket", bucket: "other", want: digest.Moved},
		{name: "it is not packed", body: []byte(body), want: digest.Format},
		{name: "it is empty", body: []byte{}, want: digest.Format},
		{name: "it is cut", body: o.Body[:len(o.Body)-9], want: digest.Format},
		{name: "bytes behind it", body: append(bytes.Clone(o.Body), "x"...), want: digest.Format},
		{name: "a second member", body: append(bytes.Clone(o.Body), pack(t, "")...), want: digest.Format},
		{name: "it is no JSON", body: pack(t, "x"), want: digest.Format},
		{name: "it is a list", body: pack(t, "[]"), want: digest.Format},
		{name: "no fingerprint", body: without("digestPublicKeyFingerprint"), want: digest.Format},
		{name: "no bucket", body: without("digestS3Bucket"), want: digest.Format},
		{name: "no key", body: without("digestS3Object"), want: digest.Format},
		{name: "no start", body: without("digestStartTime"), want: digest.Format},
		{name: "no end", body: without("digestEndTime"), want: digest.Format},
		{name: "nothing of a signature before", body: without("previousDigestSignature"), want: digest.Format},
		{name: "a time that is none", body: pack(t, strings.Replace(body, "2026-03-01T12:00:00Z", "noon", 1)), want: digest.Format},
		{name: "log files that are no list", body: pack(t, strings.Replace(body, `"logFiles":[`, `"logFiles":{},"x":[`, 1)), want: digest.Format},
		{name: "more log files than there can be", body: pack(t, strings.Replace(body, `"logFiles":[`, `"logFiles":[{}`+strings.Repeat(",{}", digest.MaxLogs)+`],"x":[`, 1)), want: digest.Format},
		{name: "it is too large", body: pack(t, body+strings.Repeat(" ", digest.MaxSize)), want: digest.Format},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.body == nil {
				tt.body = o.Body
			}
			if tt.metadata == nil {
				tt.metadata = o.Metadata
			}
			if tt.key.Value == nil {
				tt.key = public
			}
			if tt.bucket == "" {
				tt.bucket = o.Bucket
			}
			err := verify(tt.body, tt.metadata, tt.backfill, tt.bucket, o.Key, tt.key, tt.signature)
			got, ok := errors.AsType[*digest.InvalidError](err)
			if !ok || got.Reason != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

func verify(body []byte, metadata map[string]string, backfill bool, bucket, key string, public digest.PublicKey, signature string) error {
	read, err := digest.Parse(bytes.NewReader(body))
	if err != nil {
		return err
	}
	signed, err := digest.SignedBy(metadata, backfill)
	if err != nil {
		return err
	}
	if signature == "" {
		signature = signed.Signature
	}
	return errors.Join(read.At(bucket, key), read.Verify(public, signature))
}

// That a network fails says nothing of the file.
func TestAFailureOfReadingIsNotOneOfTheFile(t *testing.T) {
	o := sign(t, draft(0))
	broken := errors.New("the line is cut")
	_, err := digest.Parse(io.MultiReader(bytes.NewReader(o.Body[:20]), iotest.ErrReader(broken)))
	if _, ok := errors.AsType[*digest.InvalidError](err); ok || !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestOnlyADigestIsSigned(t *testing.T) {
	d := draft(0)
	d.Place.Kind = place.Log
	if _, err := digest.Sign(d, one()); err == nil || err.Error() != "sign a digest: its place is of a CloudTrail" {
		t.Error(err)
	}
}

func TestKeysOfAFile(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
		keys             []digest.PublicKey
	}{
		{name: "an answer", text: `{"PublicKeyList":[{"Value":"AAE=","ValidityStartTime":1.5,"ValidityEndTime":"2026-03-01T00:00:00+00:00","Fingerprint":"f"}]}`, keys: []digest.PublicKey{{Value: []byte{0, 1}, Fingerprint: "f"}}},
		{name: "its list", text: `[{"Value":"AAE=","Fingerprint":"f"}]`, keys: []digest.PublicKey{{Value: []byte{0, 1}, Fingerprint: "f"}}},
		{name: "nothing", text: ``, want: "it is not the answer of list-public-keys: unexpected end of JSON input"},
		{name: "no keys", text: `{"PublicKeyList":[]}`, want: "it has no PublicKeyList with keys in it, as aws cloudtrail list-public-keys prints"},
		{name: "a key without its value", text: `[{"Fingerprint":"f"}]`, want: "key 1 has no Value or no Fingerprint"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			keys, err := digest.ReadKeys(strings.NewReader(tt.text))
			if diff := cmp.Diff(tt.keys, keys); diff != "" {
				t.Error(diff)
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// Whatever bytes come, they are a digest or invalid, within the bounds.
func FuzzParse(f *testing.F) {
	o, err := digest.Sign(draft(0, digest.LogFile{Bucket: "b", Key: "a", Hash: "00"}), one())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(o.Body)
	f.Add(o.Body[:30])
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, b := range [][]byte{body, pack(t, string(body))} {
			read, err := digest.Parse(bytes.NewReader(b))
			if err != nil {
				if _, ok := errors.AsType[*digest.InvalidError](err); !ok {
					t.Errorf("%v is not invalid", err)
				}
				continue
			}
			if len(read.File.Logs) > digest.MaxLogs || len(read.Hash) != 64 {
				t.Errorf("%d log files, hash %q", len(read.File.Logs), read.Hash)
			}
		}
	})
}

func FuzzReadKeys(f *testing.F) {
	f.Add(`{"PublicKeyList":[{"Value":"AAE=","Fingerprint":"f"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := digest.ReadKeys(strings.NewReader(text))
		if err == nil && len(keys) == 0 {
			t.Error("neither keys nor an error")
		}
		for _, k := range keys {
			_ = (&digest.Read{}).Verify(k, "00")
		}
	})
}
