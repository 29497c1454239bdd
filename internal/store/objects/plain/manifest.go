package plain

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"time"
)

const (
	manifestFile = Folder + "/manifest.jsonl"
	partialFile  = Folder + "/manifest.jsonl.unfinished"
	bucketFile   = Folder + "/bucket.json"
	partialDir   = Folder + "/unfinished"
	format       = 1
)

// Entry is a line of a manifest: an object, one of its versions, or a delete
// marker. Lines stand in the order of keys, of one key the latest version first.
type Entry struct {
	Key     string `json:"key"`
	File    string `json:"file,omitempty"` // in the folder; none of a delete marker, nor of what failed
	Version string `json:"version_id,omitempty"`
	Latest  bool   `json:"latest,omitempty"`
	Marker  bool   `json:"delete_marker,omitempty"`
	Failed  string `json:"failed,omitempty"` // why it could not be exported

	Modified time.Time `json:"modified,omitzero"`
	Size     int64     `json:"size"`
	ETag     string    `json:"etag,omitempty"`
	SHA256   string    `json:"sha256,omitempty"`
	Parts    []int64   `json:"parts,omitempty"` // sizes of the parts it was uploaded in
	Unsure   bool      `json:"unsure,omitempty"`

	Checksum     *Checksum         `json:"checksum,omitempty"`
	Headers      map[string]string `json:"headers,omitempty"` // Content-Type and others, by name in lower case
	Metadata     map[string]string `json:"metadata,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`
	StorageClass string            `json:"storage_class,omitempty"`
	Retention    *Retention        `json:"retention,omitempty"`
	LegalHold    bool              `json:"legal_hold,omitempty"`
}

// Checksum is the checksum that S3 keeps of an object.
type Checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"value"`
	Type      string `json:"type,omitempty"`
}

// Retention keeps a version until a time.
type Retention struct {
	Mode  string    `json:"mode"`
	Until time.Time `json:"until"`
}

// about is bucket.json.
type about struct {
	Format   int                        `json:"format"`
	Bucket   string                     `json:"bucket"`
	Prefix   string                     `json:"prefix,omitempty"`
	Versions bool                       `json:"versions"`
	Settings map[string]json.RawMessage `json:"settings,omitempty"`
}

// readAbout returns what an export says of its bucket; nil when the folder is
// no export.
func readAbout(t *tree) (*about, error) {
	f, err := t.open(bucketFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // a folder of plain files is none
	}
	if err != nil {
		return nil, err
	}
	var a about
	err = json.NewDecoder(f).Decode(&a)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", bucketFile, err)
	}
	if a.Format != format {
		return nil, fmt.Errorf("%s is of format %d, which this version of Sillok does not know", bucketFile, a.Format)
	}
	return &a, nil
}

// groups yields the entries of a manifest, those of one key together.
func groups(r io.Reader) iter.Seq2[[]Entry, error] {
	return func(yield func([]Entry, error) bool) {
		decoder := json.NewDecoder(bufio.NewReaderSize(r, 1<<16))
		var group []Entry
		for n := 1; ; n++ {
			var e Entry
			err := decoder.Decode(&e)
			if err == nil && e.Key == "" {
				err = errors.New("it has no key")
			}
			if err != nil && !errors.Is(err, io.EOF) {
				yield(nil, fmt.Errorf("%s, entry %d: %w", manifestFile, n, err))
				return
			}
			if len(group) > 0 && (err != nil || e.Key != group[0].Key) {
				if !yield(group, nil) {
					return
				}
				group = nil
			}
			if err != nil {
				return
			}
			group = append(group, e)
		}
	}
}
