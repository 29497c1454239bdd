package digest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Read is a digest file that was read. That it is what CloudTrail wrote shows when it
// is verified.
type Read struct {
	File File
	Hash string // of what is in the gzip file

	endTime string // as it is written
}

// InvalidError says why a digest file is not one that CloudTrail wrote to this place.
type InvalidError struct {
	Reason Reason
	Detail string // what there is to add; may be empty
}

// Reason is why a digest is invalid, in the words of aws cloudtrail validate-logs.
type Reason string

// The reasons.
const (
	Format    Reason = "invalid format"
	Moved     Reason = "has been moved from its original location"
	NoKey     Reason = "public key not found"
	BadKey    Reason = "Unable to load PKCS #1 key"
	Signature Reason = "signature verification failed"
)

// Error says why.
func (e *InvalidError) Error() string {
	switch {
	case e.Detail == "":
		return string(e.Reason)
	case e.Reason == NoKey || e.Reason == BadKey:
		return string(e.Reason) + " " + e.Detail // which key
	}
	return string(e.Reason) + ": " + e.Detail
}

func invalid(reason Reason, format string, args ...any) error {
	return &InvalidError{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// Parse reads a digest file. What is no digest is an *InvalidError; any other error is
// of reading r.
func Parse(r io.Reader) (*Read, error) {
	source := &source{r: io.LimitReader(r, MaxSize+1)}
	body, err := unpack(bufio.NewReader(source))
	if source.err != nil {
		return nil, source.err
	}
	if err != nil {
		return nil, err
	}
	var given struct {
		File

		// What must be there.
		Start       *time.Time      `json:"digestStartTime"`
		End         *string         `json:"digestEndTime"`
		Bucket      *string         `json:"digestS3Bucket"`
		Key         *string         `json:"digestS3Object"`
		Fingerprint *string         `json:"digestPublicKeyFingerprint"`
		Previous    json.RawMessage `json:"previousDigestSignature"` // null is there
	}
	if err := json.Unmarshal(body, &given); err != nil {
		return nil, invalid(Format, "%v", err)
	}
	for name, absent := range map[string]bool{
		"digestStartTime": given.Start == nil, "digestEndTime": given.End == nil, "digestS3Bucket": given.Bucket == nil, "digestS3Object": given.Key == nil,
		"digestPublicKeyFingerprint": given.Fingerprint == nil, "previousDigestSignature": given.Previous == nil,
	} {
		if absent {
			return nil, invalid(Format, "it has no %s", name)
		}
	}
	d := &Read{File: given.File, Hash: hashOf(body), endTime: *given.End}
	d.File.Start, d.File.Bucket, d.File.Key, d.File.Fingerprint = given.Start.UTC(), *given.Bucket, *given.Key, *given.Fingerprint
	if err := json.Unmarshal(given.Previous, &d.File.PreviousSignature); err != nil {
		return nil, invalid(Format, "previousDigestSignature: %v", err)
	}
	if d.File.End, err = time.Parse(time.RFC3339, d.endTime); err != nil {
		return nil, invalid(Format, "digestEndTime: %v", err)
	}
	d.File.End = d.File.End.UTC()
	return d, nil
}

// unpack returns what is in a gzip file of one member.
func unpack(r *bufio.Reader) ([]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, invalid(Format, "%v", err)
	}
	z.Multistream(false)
	var body bytes.Buffer
	n, err := io.Copy(&body, io.LimitReader(z, MaxSize+1))
	switch {
	case err != nil:
		return nil, invalid(Format, "%v", err)
	case n > MaxSize:
		return nil, invalid(Format, "it has more than %d MB", MaxSize>>20)
	}
	if _, err := r.Peek(1); !errors.Is(err, io.EOF) {
		return nil, invalid(Format, "unexpected data after end of compressed stream")
	}
	return body.Bytes(), nil
}

// source tells an error of reading from one of what was read.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
