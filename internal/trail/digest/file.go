package digest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// File is what a digest file says. Its members are in the order of AWS's.
type File struct {
	Account               cloud.Account `json:"awsAccountId"`
	Start                 time.Time     `json:"digestStartTime"`
	End                   time.Time     `json:"digestEndTime"`
	Bucket                string        `json:"digestS3Bucket"`
	Key                   string        `json:"digestS3Object"`
	Fingerprint           string        `json:"digestPublicKeyFingerprint"`
	Algorithm             string        `json:"digestSignatureAlgorithm"`
	Newest                *time.Time    `json:"newestEventTime"` // null where there is no log file
	Oldest                *time.Time    `json:"oldestEventTime"`
	PreviousBucket        *string       `json:"previousDigestS3Bucket"` // null, as all of the previous digest, where a chain begins
	PreviousKey           *string       `json:"previousDigestS3Object"`
	PreviousHash          *string       `json:"previousDigestHashValue"`
	PreviousHashAlgorithm *string       `json:"previousDigestHashAlgorithm"`
	PreviousSignature     *string       `json:"previousDigestSignature"`
	Logs                  LogFiles      `json:"logFiles"`
}

// LogFile is a log file that a digest knows.
type LogFile struct {
	Bucket        string    `json:"s3Bucket"`
	Key           string    `json:"s3Object"`
	Hash          string    `json:"hashValue"` // SHA-256 of what is in the gzip file, in hex
	HashAlgorithm string    `json:"hashAlgorithm"`
	Newest        time.Time `json:"newestEventTime"`
	Oldest        time.Time `json:"oldestEventTime"`
}

// LogFiles are the log files of a digest.
type LogFiles []LogFile

// Link is what a digest says of the one before it.
type Link struct {
	Bucket, Key string
	Hash        string // SHA-256 of what is in the gzip file, in hex
	Signature   string // in hex
}

const (
	signatureAlgorithm = "SHA256withRSA"
	hashAlgorithm      = "SHA-256"

	// MaxSize is how large a digest file may be, before and after compression. One of
	// 10,000 log files has 5 MB.
	MaxSize = 64 << 20
	// MaxLogs is how many log files a digest may name.
	MaxLogs = 200_000
)

var errTooMany = fmt.Errorf("it names more than %d log files", MaxLogs)

// UnmarshalJSON implements json.Unmarshaler. It stops at MaxLogs, so that a small
// file of empty members cannot become a large list.
func (l *LogFiles) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if first, err := decoder.Token(); err != nil || first != json.Delim('[') {
		if first == nil && err == nil {
			return nil // null
		}
		return errors.New("logFiles is no list")
	}
	for decoder.More() {
		if len(*l) == MaxLogs {
			return errTooMany
		}
		var file LogFile
		if err := decoder.Decode(&file); err != nil {
			return err
		}
		*l = append(*l, file)
	}
	return nil
}

// Previous returns what the digest says of the one before it. ok is false where a
// chain begins.
func (f *File) Previous() (l Link, ok bool) {
	if f.PreviousBucket == nil || f.PreviousKey == nil {
		return Link{}, false
	}
	return Link{Bucket: *f.PreviousBucket, Key: *f.PreviousKey, Hash: text(f.PreviousHash), Signature: text(f.PreviousSignature)}, true
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// signed returns what is signed of a digest whose bytes have the hash.
func (f *File) signed(endTime, hash string) []byte {
	previous := "null"
	if f.PreviousSignature != nil {
		previous = *f.PreviousSignature
	}
	return []byte(endTime + "\n" + f.Bucket + "/" + f.Key + "\n" + hash + "\n" + previous)
}
