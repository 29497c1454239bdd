package plain

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"golang.org/x/sync/errgroup"
)

// Export writes a bucket to the folder dir, which it makes where it is not
// there. It returns a result also with an error.
func Export(ctx context.Context, dir string, cfg Config) (result *Result, err error) {
	t, err := openTree(dir, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	x := &export{run: newRun(cfg, t)}
	err = x.export(ctx)
	return x.result(), err
}

// export is a run of Export.
type export struct {
	*run
	keys parentKeys
}

// exported is an object on its way: what becomes of it goes to entry.
type exported struct {
	listed

	file  string
	entry chan Entry
}

func (x *export) export(ctx context.Context) error {
	settings, err := x.readSettings(ctx)
	if err != nil {
		return err
	}
	partial, err := x.tree.root.Create(partialFile)
	if err != nil {
		return err
	}
	if err := errors.Join(x.objects(ctx, partial), partial.Close()); err != nil {
		return err
	}
	if err := x.writeAbout(about{Format: format, Bucket: x.Bucket, Prefix: x.Prefix, Versions: x.Versions, Settings: settings}); err != nil {
		return err
	}
	// All is on the disk before there is a manifest that says so.
	if err := syncTree(x.tree.root); err != nil {
		return err
	}
	if err := x.tree.place(partialFile, manifestFile); err != nil {
		return err
	}
	return errors.Join(x.tree.root.RemoveAll(partialDir), syncTree(x.tree.root))
}

func (x *export) writeAbout(a about) error {
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	const temp = bucketFile + ".unfinished"
	if err := x.tree.root.WriteFile(temp, append(text, '\n'), 0o640); err != nil {
		return err
	}
	return x.tree.place(temp, bucketFile)
}

// objects exports all objects and writes their entries in the order of the
// listing.
func (x *export) objects(ctx context.Context, manifest io.Writer) error {
	group, ctx := errgroup.WithContext(ctx)
	work := make(chan *exported)
	order := make(chan *exported, 4*x.Parallel)
	group.Go(func() error {
		defer close(work)
		defer close(order)
		return x.list(ctx, func(o listed) error {
			e := &exported{listed: o, file: x.fileOf(o), entry: make(chan Entry, 1)}
			x.found(o.size)
			for _, to := range []chan *exported{order, work} {
				select {
				case to <- e:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	})
	for range x.Parallel {
		group.Go(func() error {
			for e := range work {
				if err := x.one(ctx, e); err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error { return writeEntries(ctx, manifest, order) })
	return group.Wait()
}

func writeEntries(ctx context.Context, manifest io.Writer, order <-chan *exported) error {
	w := bufio.NewWriter(manifest)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for e := range order {
		select {
		case entry := <-e.entry:
			if entry.Key == "" {
				continue // gone since it was listed
			}
			if err := encoder.Encode(entry); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return w.Flush()
}

// fileOf returns where an object goes; empty for a delete marker.
func (x *export) fileOf(o listed) string {
	parents := x.keys.add(o.key)
	switch {
	case o.marker:
		return ""
	case !o.latest:
		return versionName(o.key, o.version, x.tree.fold)
	}
	return FileName(o.key, parents, x.tree.fold)
}

// one exports one object, and says so.
func (x *export) one(ctx context.Context, e *exported) error {
	entry, err := x.object(ctx, e)
	switch {
	case err == nil:
		x.moved(1, 0)
	case status(err) == statusNotFound && code(err) != "NoSuchBucket" && !x.Versions:
		x.count.gone.Add(1)
		x.Note(e.name() + " is left out: it was removed since it was listed")
		entry = Entry{}
	default:
		if err := x.fail(ctx, e.name(), err); err != nil {
			return err
		}
		entry = Entry{Key: e.key, Version: e.version, Latest: e.latest, Failed: reason(err)}
	}
	e.entry <- entry
	return nil
}

// maxTries is how often an object that changes meanwhile, or whose answer breaks
// off, is begun again.
const maxTries = 5

func (x *export) object(ctx context.Context, e *exported) (Entry, error) {
	if e.marker {
		return Entry{Key: e.key, Version: e.version, Latest: e.latest, Marker: true, Modified: e.modified}, nil
	}
	for try := 1; ; try++ {
		o, err := x.head(ctx, e)
		if err != nil {
			return Entry{}, err
		}
		err = x.content(ctx, e, o)
		if err == nil {
			err = x.tags(ctx, o)
		}
		if err == nil {
			return o.entry, nil
		}
		// It was changed meanwhile, or what had come before was not the beginning of it.
		again := status(err) == statusPreconditionFailed || errors.Is(err, errContent) && try == 1
		if try == maxTries || ctx.Err() != nil || !again {
			return Entry{}, err
		}
	}
}

// content makes sure that the object's file has its content.
func (x *export) content(ctx context.Context, e *exported, o *object) error {
	if o.verifiable() && x.there(ctx, e, o) {
		x.count.present.Add(1)
		x.moved(0, o.entry.Size)
		return nil
	}
	if err := x.fetch(ctx, e, o); err != nil {
		return err
	}
	if o.entry.Unsure {
		x.count.unsure.Add(1)
	}
	return nil
}

// there says whether the file has the object's content already.
func (x *export) there(ctx context.Context, e *exported, o *object) bool {
	info, err := x.tree.stat(e.file)
	if err != nil || !info.Mode().IsRegular() || info.Size() != o.entry.Size {
		return false
	}
	f, err := x.tree.open(e.file)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // it was only read
	c, err := digest(ctx, f, o.entry.Parts, o.algorithm())
	return err == nil && o.check(c) == nil
}

// fetch gets the object's content and gives it its name.
func (x *export) fetch(ctx context.Context, e *exported, o *object) error {
	// What is in the way is known before anything is fetched.
	for _, folder := range []string{partialDir, path.Dir(e.file)} {
		if err := x.tree.makeFolder(folder); err != nil {
			return err
		}
	}
	temp := partialDir + "/" + e.temp(o.entry.ETag)
	f, err := x.tree.root.OpenFile(temp, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return err
	}
	err = x.fill(ctx, f, e, o)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := x.tree.place(temp, e.file); err != nil {
		return err
	}
	if o.entry.Modified.IsZero() {
		return nil
	}
	return x.tree.root.Chtimes(e.file, o.entry.Modified, o.entry.Modified)
}

// fill writes the object's content to a file, which may have the beginning of it.
func (x *export) fill(ctx context.Context, f *os.File, e *exported, o *object) error {
	d := newDigester(o.entry.Parts, o.algorithm())
	begun, err := io.Copy(d, io.LimitReader(f, o.entry.Size))
	if err != nil {
		return err
	}
	x.moved(0, begun)
	for try := 1; d.size < o.entry.Size; try++ {
		err := x.get(ctx, io.MultiWriter(f, d, x.counter()), e, o, d.size)
		if err != nil && (try == maxTries || ctx.Err() != nil || status(err) != 0 || unreachable(err)) {
			return err
		}
	}
	if err := f.Truncate(o.entry.Size); err != nil {
		return err
	}
	err = x.judge(ctx, f, o, d.content())
	if err != nil {
		// Not to be gone on with.
		return errors.Join(err, f.Truncate(0))
	}
	return nil
}

// judge checks the content that came.
func (x *export) judge(ctx context.Context, f *os.File, o *object, c content) error {
	o.entry.SHA256 = c.sha256
	err := o.check(c)
	if err == nil || o.exact || len(o.entry.Parts) == 0 {
		return err
	}
	// The parts were not of one size.
	if o.entry.Parts, err = x.exactParts(ctx, o, len(o.entry.Parts)); err != nil {
		return err
	}
	o.exact = true
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if c, err = digest(ctx, f, o.entry.Parts, o.algorithm()); err != nil {
		return err
	}
	return o.check(c)
}

// counter counts bytes as moved.
func (x *export) counter() io.Writer { return counter{x.run} }

type counter struct{ run *run }

func (c counter) Write(p []byte) (int, error) {
	c.run.moved(0, int64(len(p)))
	return len(p), nil
}

var errContent = errors.New("the content that came is not what its ETag or checksum says")

func (o *object) check(c content) error {
	switch {
	case c.size != o.entry.Size:
		return fmt.Errorf("%d bytes came instead of %d", c.size, o.entry.Size)
	case o.etagSays() && c.etag != o.entry.ETag, o.sumSays() && c.sum != o.entry.Checksum.Value:
		return errContent
	}
	o.entry.SHA256 = c.sha256
	return nil
}
