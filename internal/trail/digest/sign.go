package digest

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/trail/place"
)

// Draft is a digest that is to be made.
type Draft struct {
	Bucket   string
	Place    place.Place // its time is the end of the digest
	Start    time.Time
	Logs     []LogFile // delivered since Start, before the end; none where nothing happened
	Previous *Link     // nil where a chain begins
	Made     time.Time // of a backfill digest: when it was made
}

// Object is a digest file as it goes into S3.
type Object struct {
	Bucket, Key string
	Body        []byte            // gzip, of one member
	Metadata    map[string]string // of the user: x-amz-meta- is left out of the names
	Link        Link              // for the next digest
}

// The names of the metadata that a digest has.
const (
	metaSignature = "signature"
	metaAlgorithm = "signature-algorithm"
	metaBackfill  = "backfill-generation-timestamp"
)

// Sign makes the digest file of a draft and signs it. The same draft and key always
// make the same object, so that one may be delivered again.
func Sign(d Draft, key *rsa.PrivateKey) (Object, error) {
	if d.Place.Kind != place.Digest {
		return Object{}, fmt.Errorf("sign a digest: its place is of a %s", d.Place.Kind)
	}
	if len(d.Logs) > MaxLogs {
		return Object{}, errors.New("sign a digest: " + errTooMany.Error())
	}
	f := d.file()
	f.Fingerprint = Public(key, time.Time{}, time.Time{}).Fingerprint
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(f); err != nil {
		return Object{}, fmt.Errorf("sign a digest: %w", err)
	}
	body := bytes.TrimSuffix(text.Bytes(), []byte("\n"))
	hash := hashOf(body)
	sum := sha256.Sum256(f.signed(f.End.Format(time.RFC3339), hash))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		return Object{}, fmt.Errorf("sign a digest: %w", err)
	}
	packed, err := pack(body)
	if err != nil {
		return Object{}, fmt.Errorf("sign a digest: %w", err)
	}
	o := Object{
		Bucket: f.Bucket, Key: f.Key, Body: packed,
		Metadata: map[string]string{metaSignature: hex.EncodeToString(signature), metaAlgorithm: signatureAlgorithm},
		Link:     Link{Bucket: f.Bucket, Key: f.Key, Hash: hash, Signature: hex.EncodeToString(signature)},
	}
	if d.Place.Backfill {
		o.Metadata[metaBackfill] = d.Made.UTC().Format(time.RFC3339)
	}
	return o, nil
}

func (d Draft) file() File {
	f := File{
		Account: d.Place.Account, Start: second(d.Start), End: second(d.Place.Time), Bucket: d.Bucket, Key: d.Place.Key(),
		Algorithm: signatureAlgorithm, Logs: LogFiles{},
	}
	for _, log := range d.Logs {
		log.HashAlgorithm, log.Newest, log.Oldest = hashAlgorithm, second(log.Newest), second(log.Oldest)
		f.Logs = append(f.Logs, log)
		if f.Newest == nil || f.Newest.Before(log.Newest) {
			f.Newest = &log.Newest
		}
		if f.Oldest == nil || log.Oldest.Before(*f.Oldest) {
			f.Oldest = &log.Oldest
		}
	}
	if p := d.Previous; p != nil {
		f.PreviousBucket, f.PreviousKey, f.PreviousHash, f.PreviousSignature = &p.Bucket, &p.Key, &p.Hash, &p.Signature
		f.PreviousHashAlgorithm = new(hashAlgorithm)
	}
	return f
}

// second returns a time as digests have it.
func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func pack(body []byte) ([]byte, error) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
