package former

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// tempFolder is the folder that the former version kept for itself in each
// bucket.
const tempFolder = ".sgwtmp"

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// progress is what the store remembers of a bucket that is on its way.
type progress struct {
	Number uint64  `json:"number"`           // of the bucket in the store
	Report *Report `json:"report,omitempty"` // once it is over
}

// bucket is a bucket that is brought over.
type bucket struct {
	*objects.Bucket

	retention *defaultRetention // nil when there is none
	since     time.Time         // since when
}

// all brings over all buckets.
func (b *bringer) all(ctx context.Context) error {
	entries, err := fs.ReadDir(b.root.FS(), ".")
	if err != nil {
		return err
	}
	if err := b.checkAttributes(entries); err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == tempFolder {
			continue
		}
		if !e.IsDir() || !bucketName.MatchString(e.Name()) {
			b.odd(e.Name(), "it is no bucket")
			b.total.Odd++ // which is no bucket's
			continue
		}
		if err := b.bucket(ctx, e.Name()); err != nil {
			return fmt.Errorf("bucket %s: %w", e.Name(), err)
		}
	}
	return nil
}

// checkAttributes refuses a folder that was copied without attributes: what all
// objects say of themselves would be lost.
func (b *bringer) checkAttributes(entries []fs.DirEntry) error {
	filled := ""
	for _, e := range entries {
		if !e.IsDir() || !bucketName.MatchString(e.Name()) {
			continue
		}
		_, attributes, err := attributesOf(b.root, e.Name())
		if err != nil {
			return err
		}
		if _, owned := attributes[ownerAttribute]; owned {
			return nil
		}
		if inside, err := fs.ReadDir(b.root.FS(), e.Name()); err != nil || len(inside) > 0 {
			filled = e.Name()
		}
	}
	if filled == "" {
		return nil
	}
	return fmt.Errorf("no bucket in %s says whose it is: the folder has lost its extended attributes, perhaps in a copy; copy it again with them (cp -a, rsync -X, tar --xattrs), or move it away to begin without it", b.cfg.Dir)
}

// bucket brings over one bucket, unless that has been done.
func (b *bringer) bucket(ctx context.Context, name string) error {
	markName := mark + "/" + name
	p, err := readMark[progress](ctx, b.db, markName)
	if err != nil {
		return err
	}
	if p != nil && p.Report != nil {
		b.total.add(p.Report)
		return nil
	}
	b.count = &counts{}
	defer func() { b.total.add(b.count.report()) }()
	bk, err := b.begin(ctx, name, markName, p)
	if err != nil || bk == nil {
		return err
	}
	b.count.buckets.Add(1)
	if err := errors.Join(b.objects(ctx, bk), ctx.Err()); err != nil {
		return err
	}
	if err := b.uploads(ctx, bk); err != nil {
		return err
	}
	return b.db.Update(ctx, func(tx *objects.Tx) error {
		return writeMark(tx, markName, progress{bk.Number, b.count.report()})
	})
}

// begin makes the bucket in the store, or finds it there when it was begun. It
// returns nil for what is no bucket, or has one in its place.
func (b *bringer) begin(ctx context.Context, name, markName string, p *progress) (*bucket, error) {
	info, attributes, err := attributesOf(b.root, name)
	if err != nil {
		return nil, err
	}
	if _, owned := attributes[ownerAttribute]; !owned {
		b.odd(name, "it says nobody whose it is, and was no bucket")
		return nil, nil //nolint:nilnil // as the comment says
	}
	bk := &bucket{Bucket: &objects.Bucket{Name: name, Region: b.cfg.Region, Created: info.ModTime().UTC().Truncate(time.Millisecond)}}
	settings, err := bk.describe(attributes, b.cfg.Account)
	if err != nil {
		return nil, err
	}
	made := *bk.Bucket
	err = b.db.Update(ctx, func(tx *objects.Tx) error {
		*bk.Bucket = made
		there, err := tx.Bucket(name)
		switch {
		case err == nil && p != nil && there.Number == p.Number:
			*bk.Bucket = *there
			return nil
		case err == nil:
			return errTaken
		case cloud.KindOf(err) != cloud.NotFound:
			return err
		}
		if err := tx.ImportBucket(bk.Bucket); err != nil {
			return err
		}
		for name, document := range settings {
			if err := tx.SetSetting(bk.Bucket, name, document); err != nil {
				return err
			}
		}
		return writeMark(tx, markName, progress{Number: bk.Number})
	})
	if errors.Is(err, errTaken) {
		b.count.conflicts.Add(1)
		b.cfg.Log.Error("a bucket of the former version was left behind: there is another one of its name", "bucket", name)
		return nil, nil //nolint:nilnil // as the comment says
	}
	return bk, err
}

var errTaken = errors.New("the name is taken")

// describe fills in what a bucket says of itself and returns its settings, in
// the form in which the S3 service keeps them.
func (bk *bucket) describe(attributes map[string]string, account cloud.Account) (map[string][]byte, error) {
	switch attributes[versioningAttribute] {
	case "\x01":
		bk.Versioning = objects.Enabled
	case "\x00":
		bk.Versioning = objects.Suspended
	}
	documents := map[string]any{}
	var err error
	if bk.Account, err = readOwner(attributes[ownerAttribute], account, documents); err != nil {
		return nil, err
	}
	if err := bk.readLock(attributes, documents); err != nil {
		return nil, err
	}
	if err := readSettings(attributes, documents); err != nil {
		return nil, err
	}
	settings := map[string][]byte{}
	for name, document := range documents {
		if settings[name], err = json.Marshal(document); err != nil {
			return nil, err
		}
	}
	if policy, ok := attributes[policyAttribute]; ok {
		settings["policy"] = []byte(policy) // which is kept as it was sent
	}
	return settings, nil
}
