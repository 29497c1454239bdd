package plain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

// Import puts what is in the folder dir into a bucket, which it makes where it
// is not there. An export comes in by its manifest, with its versions and, when
// Import made the bucket, the bucket's settings; of another folder each file is
// an object whose key is its path. It returns a result also with an error.
func Import(ctx context.Context, dir string, cfg Config) (result *Result, err error) {
	t, err := openTree(dir, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	m := &imports{run: newRun(cfg, t)}
	err = m.importAll(ctx)
	return m.result(), err
}

// imports is a run of Import.
type imports struct {
	*run
	about *about // nil for a folder of plain files
}

func (m *imports) importAll(ctx context.Context) error {
	var err error
	if m.about, err = readAbout(m.tree); err != nil {
		return err
	}
	if m.about == nil {
		if _, err := m.tree.stat(partialFile); err == nil {
			return errUnfinished
		}
		m.about = &about{}
	} else {
		if _, err := m.tree.stat(manifestFile); err != nil {
			return errUnfinished
		}
		m.Versions = m.about.Versions
	}
	made, err := m.makeBucket(ctx)
	if err != nil {
		return err
	}
	if err := m.checkVersioning(ctx); err != nil {
		return err
	}
	if err := m.objects(ctx); err != nil {
		return err
	}
	if made || m.Settings {
		return m.set(ctx, false)
	}
	return nil
}

var errUnfinished = errors.New("the folder is of an export that has not ended: run the export again, which goes on where it stopped")

// makeBucket makes the bucket, with what has to be set before there are
// objects, unless it is there.
func (m *imports) makeBucket(ctx context.Context) (made bool, err error) {
	_, err = m.Client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &m.Bucket})
	if err == nil && m.Settings {
		return false, m.set(ctx, true)
	}
	if err == nil {
		return false, nil
	}
	if status(err) != statusNotFound {
		return false, fmt.Errorf("look for bucket %s: %w", m.Bucket, failure{err})
	}
	in := &s3.CreateBucketInput{Bucket: &m.Bucket}
	if region := m.Client.Options().Region; region != "us-east-1" {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(region)}
	}
	if _, locked := m.about.Settings["object-lock"]; locked {
		in.ObjectLockEnabledForBucket = new(true)
	}
	if _, err := m.Client.CreateBucket(ctx, in); err != nil {
		return false, fmt.Errorf("make bucket %s: %w", m.Bucket, failure{err})
	}
	note := "made bucket " + m.Bucket
	if len(m.about.Settings) > 0 {
		note += "; should this be interrupted, go on with --settings, so that it is set up as the exported one too"
	}
	m.Note(note)
	return true, m.set(ctx, true)
}

// set sets the bucket up as the exported one was: first what must be before there
// are objects, later the rest.
func (m *imports) set(ctx context.Context, first bool) error {
	for _, s := range settings() {
		document, ok := m.about.Settings[s.name]
		if !ok || s.first != first || s.name == "versioning" && m.about.Settings["object-lock"] != nil {
			continue
		}
		if err := s.write(ctx, m.Client, &m.Bucket, document); err != nil {
			if err := m.fail(ctx, "the bucket's "+s.name, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkVersioning refuses to put versions where they would replace each other.
func (m *imports) checkVersioning(ctx context.Context) error {
	if !m.Versions {
		return nil
	}
	out, err := m.Client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &m.Bucket})
	if err != nil {
		return fmt.Errorf("ask for the bucket's versioning: %w", failure{err})
	}
	if out.Status != types.BucketVersioningStatusEnabled {
		return fmt.Errorf("the export has versions, and bucket %s keeps none: turn its versioning on", m.Bucket)
	}
	return nil
}

// objects imports all objects, those of one key one after another.
func (m *imports) objects(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	work := make(chan []Entry)
	group.Go(func() error {
		defer close(work)
		return m.entries(func(entries []Entry) error {
			for _, e := range entries {
				m.found(e.Size)
			}
			select {
			case work <- entries:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	for range m.Parallel {
		group.Go(func() error {
			for entries := range work {
				if err := m.key(ctx, entries); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// entries calls f with what is to be imported, key by key.
func (m *imports) entries(f func([]Entry) error) error {
	if m.about.Format == 0 {
		return m.files(f)
	}
	manifest, err := m.tree.open(manifestFile)
	if err != nil {
		return err
	}
	defer manifest.Close() //nolint:errcheck // it was only read
	for entries, err := range groups(manifest) {
		if err != nil {
			return err
		}
		for i := range entries {
			entries[i].Key = m.Prefix + entries[i].Key
		}
		if err := f(entries); err != nil {
			return err
		}
	}
	return nil
}

// maxKey is how many bytes a key has at most.
const maxKey = 1024

// files calls f with an entry for each file that has no manifest.
func (m *imports) files(f func([]Entry) error) error {
	return m.tree.walk(func(name string, info fs.FileInfo) error {
		key := m.Prefix + name
		switch {
		case !info.Mode().IsRegular():
			m.omit(name, "it is no regular file")
			return nil
		case !utf8.ValidString(name):
			m.omit(name, "its name is not UTF-8, which a key has to be")
			return nil
		case len(key) > maxKey:
			m.omit(name, fmt.Sprintf("its path has more than the %d bytes of a key", maxKey))
			return nil
		}
		return f([]Entry{fileEntry(key, name, info.Size())})
	})
}

func (m *imports) omit(name, why string) {
	m.count.omitted.Add(1)
	m.Note(name + " is left out: " + why)
}

// key imports what there is of one key.
func (m *imports) key(ctx context.Context, entries []Entry) error {
	entries, err := m.exported(ctx, entries)
	if err != nil || len(entries) == 0 {
		return err
	}
	slices.Reverse(entries)
	there := 0
	if m.Versions {
		if there, err = m.versionsThere(ctx, entries); err != nil {
			return m.fail(ctx, entries[0].Key, err)
		}
	}
	for i, e := range entries {
		if i < there {
			m.count.present.Add(1)
			m.moved(1, e.Size)
			continue
		}
		if err := m.entry(ctx, &e); err != nil {
			if err := m.fail(ctx, e.name(), err); err != nil {
				return err
			}
			if m.Versions {
				// Those that are newer cannot come before it.
				m.count.failed.Add(int64(len(entries) - i - 1))
				return nil
			}
			continue
		}
		m.moved(1, 0)
	}
	return nil
}

// exported returns the entries that have been exported, and tells of the others.
func (m *imports) exported(ctx context.Context, entries []Entry) (whole []Entry, err error) {
	for _, e := range entries {
		if e.Failed == "" {
			whole = append(whole, e)
		} else if err := m.fail(ctx, e.name(), errors.New("it was not exported: "+e.Failed)); err != nil {
			return nil, err
		}
	}
	return whole, nil
}

func (e *Entry) name() string {
	l := listed{key: e.Key, version: e.Version, latest: e.Latest}
	return l.name()
}

// versionsThere returns how many of a key's versions, the oldest first, are in
// the bucket already. Others must not be there.
func (m *imports) versionsThere(ctx context.Context, entries []Entry) (int, error) {
	var have []listed
	errEnd := errors.New("the next key")
	err := m.listVersions(ctx, entries[0].Key, func(l listed) error {
		if l.key != entries[0].Key {
			return errEnd
		}
		have = append(have, l)
		return nil
	})
	if err != nil && !errors.Is(err, errEnd) {
		return 0, err
	}
	slices.Reverse(have)
	for i, l := range have {
		if i >= len(entries) || l.marker != entries[i].Marker || !l.marker && (l.etag != entries[i].ETag || l.size != entries[i].Size) {
			return 0, errors.New("the bucket has other versions of it already")
		}
	}
	return len(have), nil
}

// entry imports one object, version or delete marker.
func (m *imports) entry(ctx context.Context, e *Entry) error {
	switch {
	case e.Marker:
		_, err := m.Client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &m.Bucket, Key: &e.Key})
		return err
	case !local(e.File):
		return fmt.Errorf("%q in the manifest is no file of the folder", e.File)
	}
	return m.object(ctx, e)
}
