package objects

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/sillok/sillok/internal/kit/seal"
)

// Scrub reads everything and yields what is damaged or missing, and what is in
// the folder and does not belong there. It may run while the store is in use.
//
// It looks at one state of the index, and holds the files of that.
func (d *DB) Scrub(ctx context.Context, progress func(Progress), damaged func(Damage) error) error {
	return d.View(ctx, func(v *View) error {
		s := &scrub{view: v, ctx: ctx.Err, progress: progress, damaged: damaged, users: map[uint64]*blobUsers{}, found: map[uint64]*Damage{}}
		for _, step := range []func() error{s.findUsers, s.readBlobs, s.missing, s.tell, s.foreign} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
}

const (
	// mostNames is how many of those that need a damaged blob are named.
	mostNames = 100
	// mostFound is how many damaged blobs are told of at a time.
	mostFound = 1000
)

// scrub is one Scrub.
type scrub struct {
	view     *View
	ctx      func() error
	progress func(Progress)
	damaged  func(Damage) error
	done     Progress
	users    map[uint64]*blobUsers
	found    map[uint64]*Damage // and not told yet
	told     bool               // what versions say of their segments was told
}

// blobUsers are those that refer to a blob.
type blobUsers struct {
	refs uint64
	ends int64 // how much content they take it to have
	seen bool  // the blob is there
}

// findUsers reads all versions and parts.
func (s *scrub) findUsers() error {
	for b, err := range s.view.Buckets("") {
		if err != nil {
			return err
		}
		if err := s.eachSegment(b, func(_ string, segment Segment) error {
			s.use(segment)
			return nil
		}); err != nil {
			return err
		}
	}
	s.told = true
	prefix := []byte{spaceBlob}
	return s.view.walk(prefix, prefix, func(key, record []byte) (bool, error) {
		s.done.AllBlobs++
		if b, err := decodeBlob(numberAt(key, 1), record); err == nil {
			s.done.AllBytes += b.size
		}
		return true, s.ctx()
	})
}

func (s *scrub) use(segment Segment) {
	if segment.Blob == 0 {
		return
	}
	u := s.users[segment.Blob]
	if u == nil {
		u = &blobUsers{}
		s.users[segment.Blob] = u
	}
	u.refs++
	u.ends = max(u.ends, segment.Offset+segment.Size)
}

// eachSegment calls fn with the segments of all versions and parts of a bucket,
// and the name of whose they are.
func (s *scrub) eachSegment(b *Bucket, fn func(name string, segment Segment) error) error {
	c := s.view.Versions(b)
	for c.Next() {
		v := c.Version()
		segments, err := s.view.Segments(v)
		if err != nil && !s.told {
			if err := s.damaged(Damage{Versions: []string{versionName(v)}, Err: err}); err != nil {
				return err
			}
		}
		if err := each(versionName(v), segments, fn); err != nil {
			return err
		}
		if err := s.ctx(); err != nil {
			return err
		}
	}
	if err := errors.Join(c.Err(), c.Close()); err != nil {
		return err
	}
	for u, err := range s.view.Uploads(b, "") {
		if err != nil {
			return err
		}
		for p, err := range s.view.Parts(u, 0) {
			if err != nil {
				return err
			}
			name := fmt.Sprintf("%s/%s?uploadId=%s&partNumber=%d", u.Bucket, u.Key, u.ID, p.Number)
			if err := each(name, p.Segments, fn); err != nil {
				return err
			}
		}
	}
	return nil
}

func each(name string, segments []Segment, fn func(string, Segment) error) error {
	for _, segment := range segments {
		if err := fn(name, segment); err != nil {
			return err
		}
	}
	return nil
}

func versionName(v *Version) string {
	return fmt.Sprintf("%s/%s?versionId=%s", v.Bucket, v.Key, v.ID)
}

// report notes that a blob is damaged. Those that need it are looked for later,
// for many blobs at once, since that goes through all versions.
func (s *scrub) report(blob uint64, inFile bool, cause error) error {
	found := &Damage{Blob: blob, Err: cause}
	if inFile {
		found.Path = blobName(blob)
	}
	if s.found[blob] = found; len(s.found) < mostFound {
		return nil
	}
	return s.tell()
}

// tell yields the damage that was found, with the names of those that need it.
func (s *scrub) tell() error {
	if len(s.found) == 0 {
		return nil
	}
	for b, err := range s.view.Buckets("") {
		if err != nil {
			return err
		}
		err = s.eachSegment(b, func(name string, segment Segment) error {
			found := s.found[segment.Blob]
			if found == nil || len(found.Versions) == mostNames {
				return nil
			}
			if last := len(found.Versions) - 1; last < 0 || found.Versions[last] != name {
				found.Versions = append(found.Versions, name)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, blob := range sortedKeys(s.found) {
		if err := s.damaged(*s.found[blob]); err != nil {
			return err
		}
	}
	clear(s.found)
	return nil
}

// readBlobs reads all blobs that are in the index.
func (s *scrub) readBlobs() error {
	prefix := []byte{spaceBlob}
	return s.view.walk(prefix, prefix, func(key, data []byte) (bool, error) {
		blob := numberAt(key, 1)
		record, err := decodeBlob(blob, data)
		if err == nil {
			err = s.readBlob(blob, record)
		}
		u := s.users[blob]
		if u == nil {
			u = &blobUsers{}
			s.users[blob] = u
		}
		u.seen = true
		if err == nil && u.refs != record.refs {
			err = fmt.Errorf("it is referred to %d times, the index says %d", u.refs, record.refs)
		}
		if err == nil && u.ends > record.size {
			err = fmt.Errorf("%d bytes of it are referred to, it has %d", u.ends, record.size)
		}
		if s.done.Blobs++; record != nil {
			s.done.Bytes += record.size
		}
		if s.progress != nil {
			s.progress(s.done)
		}
		if err != nil {
			if ended := s.ctx(); ended != nil {
				return false, ended
			}
			return true, s.report(blob, record == nil || !record.inline, err)
		}
		return true, s.ctx()
	})
}

// formOf returns how a blob is read, as far as it can be without a key that was
// given with it.
func (s *scrub) formOf(blob uint64, record *blobRecord) (form, error) {
	closed := form{blob: blob, layers: record.layers()}
	if record.sealed && (record.given || s.view.db.cfg.Seal == nil) {
		return closed, nil
	}
	as, err := s.view.db.formOf(blob, record, nil)
	if _, ok := errors.AsType[*seal.UnknownKeyError](err); ok {
		return closed, nil
	}
	return as, err
}

// readBlob reads a blob's file from end to end.
func (s *scrub) readBlob(blob uint64, record *blobRecord) (err error) {
	as, err := s.formOf(blob, record)
	if err != nil {
		return err
	}
	if record.inline { // it was checked when it was decoded
		if as.aeads != nil {
			_, err = as.unseal(nil, record.data, 0)
		}
		return err
	}
	file, err := s.view.db.files.open(blob)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	r := newBlobReader(as, file, record.size)
	r.both = true
	defer func() { err = errors.Join(err, r.close()) }()
	if want := as.fileSize(record.size); info.Size() != want {
		return fmt.Errorf("the file has %d bytes and not %d", info.Size(), want)
	}
	for block := int64(0); block*int64(as.content()) < record.size; block += readBlocks {
		if err := r.fill(block); err != nil {
			return err
		}
		if err := s.ctx(); err != nil {
			return err
		}
	}
	return nil
}

// missing yields the blobs that something refers to and that are not in the index.
func (s *scrub) missing() error {
	for _, blob := range sortedKeys(s.users) {
		if s.users[blob].seen {
			continue
		}
		if err := s.report(blob, true, errors.New("the blob is not in the index")); err != nil {
			return err
		}
	}
	return nil
}

// foreign yields what is in the folder of blobs and does not belong there.
func (s *scrub) foreign() error {
	files := s.view.db.files
	names, err := files.list(files.path)
	if err != nil {
		return err
	}
	for _, name := range names {
		path := blobsFolder + "/" + name
		shard, ours := numberIn(name)
		info, err := files.lstat(files.fs.PathJoin(files.path, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && (!ours || !info.IsDir()) {
			err = errIrregular
		}
		if err == nil {
			err = s.foreignIn(shard)
		} else {
			err = s.damaged(Damage{Path: path, Err: err})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *scrub) foreignIn(shard uint64) error {
	files := s.view.db.files
	names, err := files.list(files.shard(shard))
	if err != nil {
		return err
	}
	for _, name := range names {
		blob, ours := numberIn(name)
		if ours && blob>>shardBits == shard {
			if belongs, err := s.belongs(blob); belongs || err != nil {
				if err != nil {
					return err
				}
				continue
			}
		}
		path := files.fs.PathJoin(files.shard(shard), name)
		if _, err := files.lstat(path); errors.Is(err, fs.ErrNotExist) {
			continue // it was removed meanwhile
		}
		found := Damage{Path: blobsFolder + "/" + shardName(shard) + "/" + name, Err: errors.New("nothing refers to the file")}
		if err := s.damaged(found); err != nil {
			return err
		}
	}
	return nil
}

// belongs says whether a blob's file is one that may be there: it is in use, or
// is being written, or will be removed.
func (s *scrub) belongs(blob uint64) (bool, error) {
	if u := s.users[blob]; u != nil && u.seen || s.view.db.flight.flying(blob) {
		return true, nil
	}
	// It may have come or gone since the state that is looked at.
	found := false
	err := s.view.db.View(context.Background(), func(now *View) error {
		for _, space := range []byte{spaceBlob, spaceGarbage} {
			record, err := now.get(numbered(space, blob))
			if err != nil {
				return err
			}
			found = found || record != nil
		}
		return nil
	})
	return found, err
}
