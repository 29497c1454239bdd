// Package former brings over what the former version of this server kept: its
// S3 was versitygw, with a folder for each bucket and a file for each object.
//
// What a file could not say lies in its extended attributes, and earlier versions
// lie in a folder beside, named by a hash of the key. That is read here and never
// changed. Keys, version IDs, times, headers, metadata, tags, locks, checksums
// and uploads that were open become those of a store; nothing of it gets into the
// store's feed of changes, since nothing has happened to it.
//
// It may be cut off at any point and goes on when it is begun again. Once all is
// over it never begins again: what was deleted since must not come back.
package former

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// Config says where the former version kept what it had.
type Config struct {
	Dir      string        // a folder for each bucket
	Versions string        // earlier versions
	Account  cloud.Account // whose a bucket is that does not say so
	Region   cloud.Region  // of all buckets: the former version's were in every region at once
	Log      *slog.Logger
	Now      func() time.Time // nil is the machine's clock
}

// Report is what was brought over, and what was not.
type Report struct {
	Buckets  int64 `json:"buckets"`
	Versions int64 `json:"versions"` // and delete markers
	Bytes    int64 `json:"bytes"`
	Uploads  int64 `json:"uploads"`

	// Each of these was told by name.
	Unlike    int64 `json:"unlike"`    // versions whose content is not what their ETag or checksum says; brought over as it is
	Unread    int64 `json:"unread"`    // files that could not be read; left behind
	Odd       int64 `json:"odd"`       // symbolic links, pipes, names that no key can have; left behind
	Bare      int64 `json:"bare"`      // files that were laid into a bucket by hand; brought over as objects
	Lost      int64 `json:"lost"`      // earlier versions of which nothing says whose they are; left behind
	Conflicts int64 `json:"conflicts"` // buckets whose name the store had already; left behind

	Renamed  int64 `json:"renamed"`  // versions with an ID that another one of the object has; they have a new one
	Retained int64 `json:"retained"` // versions that got the default retention which the former version had not given them
	Cut      int64 `json:"cut"`      // files of writes that were cut off, which nobody was told of; left behind
}

// mark is the name under which the store remembers how far this is.
const mark = "former"

// Bring brings everything over, unless that has been done. done says whether it
// was done now.
func Bring(ctx context.Context, cfg Config, db *objects.DB) (report *Report, done bool, err error) {
	before, err := readMark[Report](ctx, db, mark)
	if err != nil {
		return nil, false, err
	}
	if before != nil {
		if _, err := os.Lstat(cfg.Dir); err == nil {
			cfg.Log.Info("the objects of the former version have been brought over, their folders may be removed", "objects", cfg.Dir, "versions", cfg.Versions)
		}
		return before, false, nil
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	b := &bringer{cfg: cfg, db: db, count: &counts{}}
	if b.root, err = os.OpenRoot(cfg.Dir); errors.Is(err, fs.ErrNotExist) {
		return &Report{}, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("open the former version's objects: %w", err)
	}
	defer func() { err = errors.Join(err, b.root.Close()) }()
	b.versions, err = os.OpenRoot(cfg.Versions)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, false, fmt.Errorf("open the former version's earlier versions: %w", err)
	}
	if b.versions != nil {
		defer func() { err = errors.Join(err, b.versions.Close()) }()
	}
	cfg.Log.Info("bringing over the objects of the former version", "objects", cfg.Dir, "versions", cfg.Versions)
	b.told.Store(cfg.Now().Unix())
	if err := b.all(ctx); err != nil {
		return nil, false, fmt.Errorf("bring over the former version's objects: %w", err)
	}
	report = &b.total
	if err := db.Update(ctx, func(tx *objects.Tx) error { return writeMark(tx, mark, report) }); err != nil {
		return nil, false, err
	}
	cfg.Log.Info("the objects of the former version were brought over; their folders stay as they are, until you remove them",
		"objects", cfg.Dir, "versions", cfg.Versions, "report", *report)
	return report, true, nil
}

// readMark returns what the store remembers; nil when it is nothing.
func readMark[T any](ctx context.Context, db *objects.DB, name string) (found *T, err error) {
	err = db.View(ctx, func(v *objects.View) error {
		text, err := v.Mark(name)
		if err != nil || text == nil {
			return err
		}
		found = new(T)
		return json.Unmarshal(text, found)
	})
	return found, err
}

func writeMark(tx *objects.Tx, name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return tx.SetMark(name, text)
}

// bringer is one run of Bring.
type bringer struct {
	cfg      Config
	db       *objects.DB
	root     *os.Root
	versions *os.Root // nil when there are none
	count    *counts  // of the bucket that is on its way
	seen     *seen
	total    Report
	told     atomic.Int64 // when the log was told last, in Unix seconds
}

// add adds what another report says.
func (r *Report) add(o *Report) {
	r.Buckets += o.Buckets
	r.Versions += o.Versions
	r.Bytes += o.Bytes
	r.Uploads += o.Uploads
	r.Unlike += o.Unlike
	r.Unread += o.Unread
	r.Odd += o.Odd
	r.Bare += o.Bare
	r.Lost += o.Lost
	r.Conflicts += o.Conflicts
	r.Renamed += o.Renamed
	r.Retained += o.Retained
	r.Cut += o.Cut
}

// counts are a Report that several goroutines make.
type counts struct {
	buckets, versions, bytes, uploads, unlike, unread, odd, bare, lost, conflicts, renamed, retained, cut atomic.Int64
}

func (c *counts) report() *Report {
	return &Report{
		Buckets: c.buckets.Load(), Versions: c.versions.Load(), Bytes: c.bytes.Load(), Uploads: c.uploads.Load(),
		Unlike: c.unlike.Load(), Unread: c.unread.Load(), Odd: c.odd.Load(), Bare: c.bare.Load(), Lost: c.lost.Load(), Conflicts: c.conflicts.Load(),
		Renamed: c.renamed.Load(), Retained: c.retained.Load(), Cut: c.cut.Load(),
	}
}

// odd tells of something that is no object.
func (b *bringer) odd(path, why string) {
	b.count.odd.Add(1)
	b.cfg.Log.Warn("something in the former version's folder is no object and was left behind", "path", path, "reason", why)
}

// unread tells of something that could not be read.
func (b *bringer) unread(path string, err error) {
	b.count.unread.Add(1)
	b.cfg.Log.Error("a file of the former version could not be read and was left behind", "path", path, "error", err)
}
