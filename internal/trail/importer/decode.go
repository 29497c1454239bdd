package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/trail/event"
)

const (
	kindDecode = "cloudtrail log file"
	// LaneImport is the lane of a pool in which log files are decoded.
	LaneImport = "import"
	fileSource = "file"
)

// Handlers are what a process of Config.Pool must be able to do.
func Handlers() map[string]worker.Handler { return map[string]worker.Handler{kindDecode: decode} }

// The bounds of a file. CloudTrail's have up to some hundred MB once they are unpacked.
const (
	// MaxFile is how many bytes a file may have as it is stored.
	MaxFile     = 256 << 20
	maxExpanded = 8 << 30
	maxBatch    = 512 << 10 // bytes of records that are sent together
	maxTogether = 1000      // and how many
)

// record is a record of a log file, as a worker sends it.
type record struct {
	Index    int            `json:"i"` // in the file, from 1
	Bad      string         `json:"bad,omitempty"`
	ID       string         `json:"id,omitempty"`
	Time     int64          `json:"t,omitempty"` // seconds since 1970
	Category event.Category `json:"c,omitempty"`
	Account  cloud.Account  `json:"a,omitempty"`
	Region   cloud.Region   `json:"r,omitempty"`
	Size     int            `json:"n"` // of its JSON
	json     []byte
}

// decode sends the records of the source, some at a time.
func decode(_ context.Context, _ []byte, c *worker.Conn) error {
	body, err := c.Open(fileSource)
	if err != nil {
		return err
	}
	stored, err := io.ReadAll(io.LimitReader(body, MaxFile+1))
	if err = errors.Join(err, body.Close()); err != nil {
		return err
	}
	b := &batcher{send: c.Send}
	if bad := readFile(stored, b.add); bad != nil {
		if b.err != nil {
			return b.err
		}
		if err := b.flush(); err != nil {
			return err
		}
		return worker.Fail(bad, []byte(bad.state))
	}
	return b.flush()
}

// fileError says why a file is no log file, or not all of one.
type fileError struct {
	state  State
	reason string
}

// Error implements error.
func (e *fileError) Error() string { return e.reason }

func bad(state State, format string, args ...any) *fileError {
	return &fileError{state, fmt.Sprintf(format, args...)}
}

func errTooLarge() *fileError { return bad(Damaged, "it has more than %d MiB", MaxFile>>20) }

// readFile gives each record of a file to add until that returns false. A file that is
// compressed is unpacked to its end before any record is given: its checksum stands
// there.
func readFile(stored []byte, add func(*record) bool) *fileError {
	if len(stored) > MaxFile {
		return errTooLarge()
	}
	if len(stored) == 0 {
		return bad(Truncated, "it is empty")
	}
	if !bytes.HasPrefix(stored, []byte{0x1f, 0x8b}) {
		return readRecords(bytes.NewReader(stored), add)
	}
	whole, err := gzip.NewReader(bytes.NewReader(stored))
	if err == nil {
		_, err = io.Copy(io.Discard, &bounded{whole, maxExpanded})
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return bad(Truncated, "the compressed stream ends early")
	case errors.Is(err, errExpanded):
		return bad(Damaged, "it unpacks to more than %d GiB", maxExpanded>>30)
	case err != nil:
		return bad(Damaged, "the compressed stream is damaged: %v", err)
	}
	if err := whole.Reset(bytes.NewReader(stored)); err != nil {
		return bad(Damaged, "the compressed stream is damaged: %v", err)
	}
	return readRecords(whole, add)
}

var errExpanded = errors.New("it unpacks to too much")

// bounded is a reader that fails behind so many bytes.
type bounded struct {
	io.Reader

	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, errExpanded
	}
	return n, err
}

// readRecords reads the document that a log file is: an object with a list of Records.
func readRecords(from io.Reader, add func(*record) bool) *fileError {
	d := json.NewDecoder(from)
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return bad(Foreign, "it is no JSON object")
	}
	listed, index, digest := false, 0, false
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return broken(err, listed, index)
		}
		if name == "digestStartTime" || name == "digestS3Bucket" {
			digest = true
		}
		if name != "Records" {
			var passed json.RawMessage
			if err := d.Decode(&passed); err != nil {
				return broken(err, listed, index)
			}
			continue
		}
		if t, err := d.Token(); err != nil || t != json.Delim('[') {
			return bad(Foreign, "its Records are no list")
		}
		listed = true
		for d.More() {
			var text json.RawMessage
			if err := d.Decode(&text); err != nil {
				return broken(err, listed, index)
			}
			index++
			if !add(recordOf(index, text)) {
				return bad(Unread, "nobody takes its records")
			}
		}
		if _, err := d.Token(); err != nil {
			return broken(err, listed, index)
		}
	}
	if _, err := d.Token(); err != nil {
		return broken(err, listed, index)
	}
	switch _, err := d.Token(); {
	case listed && !errors.Is(err, io.EOF):
		return bad(Damaged, "something stands behind its end, after record %d", index)
	case listed:
		return nil
	case digest:
		return bad(Digest, "it is a digest file")
	}
	return bad(Foreign, "it has no list of Records")
}

// broken says where a document is none. A beginning without Records is somebody else's.
func broken(err error, listed bool, index int) *fileError {
	switch {
	case !listed:
		return bad(Foreign, "it is no JSON document of CloudTrail's")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return bad(Truncated, "it ends within its records, after record %d", index)
	}
	return bad(Damaged, "it is no JSON any more after record %d: %v", index, err)
}

// recordOf looks at one record.
func recordOf(index int, text []byte) *record {
	e, err := event.Parse(text)
	if err != nil {
		return &record{Index: index, Bad: err.Error()}
	}
	return &record{
		Index: index, ID: e.ID, Time: e.Time.Unix(), Category: e.Category, Account: e.Account, Region: e.Region, Size: len(e.JSON), json: e.JSON,
	}
}

// batcher sends records together: what is known of each in a line, then their JSON.
type batcher struct {
	send  func([]byte) error
	about []*record
	size  int
	err   error
}

func (b *batcher) add(r *record) bool {
	b.about = append(b.about, r)
	if b.size += r.Size; b.size >= maxBatch || len(b.about) >= maxTogether {
		b.err = b.flush()
	}
	return b.err == nil
}

func (b *batcher) flush() error {
	if len(b.about) == 0 {
		return nil
	}
	line, err := json.Marshal(b.about)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	for _, r := range b.about {
		line = append(line, r.json...)
	}
	b.about, b.size = nil, 0
	return b.send(line)
}

// sent is the inverse of what flush sends.
func sent(data []byte) ([]record, error) {
	line, rest, _ := bytes.Cut(data, []byte{'\n'})
	var all []record
	if err := json.Unmarshal(line, &all); err != nil {
		return nil, fmt.Errorf("a worker's records: %w", err)
	}
	for i := range all {
		n := all[i].Size
		if n < 0 || n > len(rest) {
			return nil, errors.New("a worker's records are cut short")
		}
		all[i].json, rest = rest[:n:n], rest[n:]
	}
	return all, nil
}
