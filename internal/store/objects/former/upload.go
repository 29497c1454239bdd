package former

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	uploadsFolder = tempFolder + "/multipart"
	// partChecksum is the attribute of a part's checksum for which nobody asked.
	partChecksum = "part-crc64nvme"
	maxParts     = 10_000
)

// uploads brings over the uploads of a bucket that are open.
func (b *bringer) uploads(ctx context.Context, bk *bucket) error {
	top := bk.Name + "/" + uploadsFolder
	objectsOf, err := fs.ReadDir(b.root.FS(), top)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, o := range objectsOf {
		folder := top + "/" + o.Name()
		if !o.IsDir() {
			b.odd(folder, "it is no upload")
			continue
		}
		_, attributes, err := attributesOf(b.root, folder)
		if err != nil {
			b.unread(folder, err)
			continue
		}
		all, err := fs.ReadDir(b.root.FS(), folder)
		if err != nil {
			b.unread(folder, err)
			continue
		}
		for _, u := range all {
			path, key := folder+"/"+u.Name(), attributes[uploadKeyAttribute]
			if !u.IsDir() || key == "" {
				b.odd(path, "it is no upload")
				continue
			}
			if err := b.upload(ctx, bk, key, path); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return nil
}

// upload brings over one upload, unless an earlier run has. One whose completion
// was cut off has something after its ID.
func (b *bringer) upload(ctx context.Context, bk *bucket, key, path string) error {
	info, attributes, err := attributesOf(b.root, path)
	if err != nil {
		b.unread(path, err)
		return nil
	}
	id, _, _ := strings.Cut(info.Name(), ".")
	u := objects.Upload{ID: id, Initiated: info.ModTime().UTC().Truncate(time.Millisecond), Owner: string(bk.Account)}
	if err := describe(&u.Object, attributes); err != nil {
		b.unlike(path, err)
	}
	u.Object.Owner, u.Object.ETag, u.Object.Checksum = string(bk.Account), "", objects.Checksum{}
	u.Checksum = algorithmOf(attributes)
	parts, err := b.parts(ctx, path)
	defer func() {
		for _, p := range parts {
			p.content.Discard()
		}
	}()
	if err != nil {
		return err
	}
	err = b.db.Update(ctx, func(tx *objects.Tx) error {
		u := u
		if _, err := tx.Upload(bk.Bucket, key, id); cloud.KindOf(err) != cloud.NotFound {
			return err
		}
		if err := tx.ImportUpload(bk.Bucket, key, &u); err != nil {
			return err
		}
		for _, p := range parts {
			part := p.part
			if err := tx.PutPart(&u, &part, p.content); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		b.count.uploads.Add(1)
	}
	return err
}

// algorithmOf returns which checksum was asked for.
func algorithmOf(attributes map[string]string) objects.Checksum {
	var kept struct{ Algorithm, Type string }
	if json.Unmarshal([]byte(attributes[checksumsAttribute]), &kept) != nil {
		return objects.Checksum{}
	}
	return objects.Checksum{Algorithm: kept.Algorithm, Type: kept.Type}
}

// readyPart is a part with its content.
type readyPart struct {
	part    objects.Part
	content *objects.Staged
}

// parts takes the parts of an upload to the store.
func (b *bringer) parts(ctx context.Context, folder string) (parts []readyPart, err error) {
	files, err := fs.ReadDir(b.root.FS(), folder)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		path := folder + "/" + file.Name()
		number, err := strconv.Atoi(file.Name())
		if err != nil || number < 1 || number > maxParts || !file.Type().IsRegular() {
			b.odd(path, "it is no part")
			continue
		}
		i, err := b.item(b.root, path, "")
		if err != nil {
			b.unread(path, err)
			continue
		}
		staged, err := b.stage(ctx, i)
		if failed, ok := errors.AsType[readError](err); ok && ctx.Err() == nil {
			b.unread(path, failed.error)
			continue
		}
		if err != nil {
			return parts, err
		}
		_, attributes, err := attributesOf(b.root, path)
		if err != nil {
			return parts, err
		}
		p := objects.Part{Number: int32(number), Size: i.size, ETag: i.version.ETag, Checksum: i.version.Checksum} //nolint:gosec // it is small
		if sum := attributes[partChecksum]; p.Checksum.Algorithm == "" && sum != "" {
			p.Checksum = objects.Checksum{Algorithm: "CRC64NVME", Value: sum, Type: fullObject}
		}
		parts = append(parts, readyPart{p, staged[0]})
	}
	slices.SortFunc(parts, func(a, b readyPart) int { return int(a.part.Number - b.part.Number) })
	return parts, nil
}
