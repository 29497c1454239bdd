package shadow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/kit/life"
)

const (
	suffix     = ".parquet"
	tempPrefix = "making-"
	tempAge    = time.Hour // an older half-made file was left behind by a process that died
)

// Config says where shadows lie.
type Config struct {
	Dir  string // made when the first shadow is
	Sync bool   // sync a shadow before it gets its name
}

// Cache is a folder of shadows. It may be used by several goroutines, and the
// folder by several processes.
type Cache struct {
	cfg   Config
	mu    sync.Mutex
	calls map[string]*call
	pools map[string]*pool
	holds holds
}

// call is one making of a shadow, which others wait for.
type call struct {
	done  chan struct{}
	entry Entry
	err   error
}

// New returns a cache. It does no I/O.
func New(cfg Config) *Cache {
	return &Cache{cfg: cfg, calls: map[string]*call{}, pools: map[string]*pool{}, holds: holds{held: map[string]*hold{}, known: map[string]struct{}{}}}
}

// Entry is a shadow on disk.
type Entry struct {
	Path  string
	Bytes int64
	Info  Info
	Made  bool // now, and not found
}

// Name returns the name of the shadow that parts decide, in an order that
// matters. Different parts give different names.
func Name(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:20])
}

// Make writes a shadow's rows. It calls start for the Writer, and may call it
// again to begin anew with another schema.
type Make func(start func(*Schema) *Writer) error

// Get returns the shadow called name, and makes it when there is none or it
// cannot be read. One name is made once at a time.
func (c *Cache) Get(ctx context.Context, name string, build Make) (Entry, error) {
	for {
		if err := ctx.Err(); err != nil {
			return Entry{}, err
		}
		c.mu.Lock()
		running, wait := c.calls[name]
		if !wait {
			running = &call{done: make(chan struct{})}
			c.calls[name] = running
		}
		c.mu.Unlock()
		if !wait {
			// A decoder that panics must not leave the others waiting.
			running.err = life.Catch(func() (err error) {
				running.entry, err = c.findOrMake(name, build)
				return err
			})
			c.mu.Lock()
			delete(c.calls, name)
			c.mu.Unlock()
			close(running.done)
			return running.entry, running.err
		}
		select {
		case <-running.done:
		case <-ctx.Done():
			return Entry{}, ctx.Err()
		}
		if errors.Is(running.err, context.Canceled) || errors.Is(running.err, context.DeadlineExceeded) {
			continue // the other caller gave up; this one has not
		}
		entry := running.entry
		entry.Made = false
		return entry, running.err
	}
}

func (c *Cache) path(name string) string {
	return filepath.Join(c.cfg.Dir, name[:2], name+suffix)
}

func (c *Cache) findOrMake(name string, build Make) (Entry, error) {
	path := c.path(name)
	if entry, err := Read(path); err == nil {
		return entry, nil
	}
	entry, err := c.make(path, build)
	if err != nil {
		return Entry{}, err
	}
	return entry, nil
}

// Read returns what the shadow at path says of itself, or an error when it is
// not a whole shadow.
func Read(path string) (Entry, error) {
	f, err := os.Open(path) //nolint:gosec // a shadow, named by its hash
	if err != nil {
		return Entry{}, err
	}
	defer func() { _ = f.Close() }() // only read
	stat, err := f.Stat()
	if err != nil {
		return Entry{}, err
	}
	file, err := parquet.OpenFile(f, stat.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.OptimisticRead(true))
	if err != nil {
		return Entry{}, fmt.Errorf("read %s: %w", path, err)
	}
	text, ok := file.Lookup(infoKey)
	if !ok {
		return Entry{}, fmt.Errorf("read %s: not a shadow", path)
	}
	entry := Entry{Path: path, Bytes: stat.Size()}
	if err := json.Unmarshal([]byte(text), &entry.Info); err != nil {
		return Entry{}, fmt.Errorf("read %s: %w", path, err)
	}
	if entry.Info.Rows != file.NumRows() {
		return Entry{}, fmt.Errorf("read %s: %d rows, its footer says %d", path, file.NumRows(), entry.Info.Rows)
	}
	return entry, nil
}

// make writes a shadow beside its place and moves it there when it is whole.
func (c *Cache) make(path string, build Make) (entry Entry, err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return Entry{}, fmt.Errorf("make the shadow folder: %w", diskFull(err))
	}
	f, err := os.CreateTemp(dir, tempPrefix)
	if err != nil {
		return Entry{}, fmt.Errorf("make a shadow: %w", diskFull(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	var w *Writer
	var from *pool
	start := func(schema *Schema) *Writer {
		from = c.pool(schema)
		w = from.writer(f)
		return w
	}
	if err := build(func(schema *Schema) *Writer {
		if w != nil {
			// What was written so far is written over.
			if _, seekErr := f.Seek(0, 0); seekErr == nil {
				_ = f.Truncate(0) // a longer tail would only fail the check of the footer
			}
		}
		return start(schema)
	}); err != nil {
		return Entry{}, diskFull(err)
	}
	if w == nil {
		return Entry{}, errors.New("make a shadow: its format wrote nothing")
	}
	if err := w.close(); err != nil {
		return Entry{}, diskFull(err)
	}
	from.writers.Put(w.out)
	return c.publish(f, path, w.Info)
}

func (c *Cache) publish(f *os.File, path string, info Info) (Entry, error) {
	if c.cfg.Sync {
		if err := f.Sync(); err != nil {
			return Entry{}, diskFull(err)
		}
	}
	stat, err := f.Stat()
	if err != nil {
		return Entry{}, err
	}
	if err := f.Close(); err != nil {
		return Entry{}, diskFull(err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return Entry{}, fmt.Errorf("name a shadow: %w", err)
	}
	c.made(path)
	return Entry{Path: path, Bytes: stat.Size(), Info: info, Made: true}, nil
}

func (c *Cache) pool(schema *Schema) *pool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.pools[schema.id]
	if !ok {
		p = newPool(schema)
		c.pools[schema.id] = p
	}
	return p
}

// diskFull turns a full disk into an error that a caller can understand.
func diskFull(err error) error {
	if !disk.IsFull(err) {
		return err
	}
	return cloud.Errorf(cloud.Unavailable, "INTERNAL_ERROR", "the disk that holds the column cache is full: free space, or move the cache").Because(err)
}

// file is a shadow or a half-made one, as the folder shows it.
type file struct {
	path  string
	bytes int64
	used  time.Time
	temp  bool
}

func (c *Cache) files(ctx context.Context) ([]file, error) {
	var out []file
	err := filepath.WalkDir(c.cfg.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		temp := strings.HasPrefix(d.Name(), tempPrefix)
		if !temp && !strings.HasSuffix(d.Name(), suffix) {
			return ctx.Err()
		}
		if info, err := d.Info(); err == nil {
			out = append(out, file{path: path, bytes: info.Size(), used: info.ModTime(), temp: temp})
		}
		return ctx.Err()
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return out, err
}

// Size returns how many shadows there are and their bytes.
func (c *Cache) Size(ctx context.Context) (count int, bytes int64, err error) {
	files, err := c.files(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("measure the cache: %w", err)
	}
	for _, f := range files {
		if !f.temp {
			count++
			bytes += f.bytes
		}
	}
	return count, bytes, nil
}

// Clean removes the oldest shadows until at most limit bytes are left, and what
// a process that died left half-made. It returns how many files it removed.
func (c *Cache) Clean(ctx context.Context, limit int64, now time.Time) (removed int, err error) {
	files, err := c.files(ctx)
	if err != nil {
		return 0, fmt.Errorf("clean the cache: %w", err)
	}
	slices.SortFunc(files, func(a, b file) int { return a.used.Compare(b.used) })
	var bytes int64
	for _, f := range files {
		bytes += f.bytes
	}
	for _, f := range files {
		if f.temp && now.Sub(f.used) < tempAge || !f.temp && bytes <= limit {
			continue
		}
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("clean the cache: %w", err)
		}
		bytes -= f.bytes
		removed++
	}
	return removed, nil
}

// Put makes the shadow called name out of a finished Parquet file that copy
// writes: an object that is Parquet already.
func (c *Cache) Put(ctx context.Context, name string, copyTo func(*os.File) error) (Entry, error) {
	if err := ctx.Err(); err != nil {
		return Entry{}, err
	}
	path := c.path(name)
	if entry, err := ReadParquet(path); err == nil {
		return entry, nil
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return Entry{}, fmt.Errorf("make the shadow folder: %w", diskFull(err))
	}
	f, err := os.CreateTemp(dir, tempPrefix)
	if err != nil {
		return Entry{}, fmt.Errorf("copy a Parquet object: %w", diskFull(err))
	}
	if err := copyTo(f); err != nil {
		return Entry{}, errors.Join(diskFull(err), f.Close(), os.Remove(f.Name()))
	}
	if _, err := c.publish(f, path, Info{}); err != nil {
		return Entry{}, errors.Join(err, os.Remove(f.Name()))
	}
	entry, err := ReadParquet(path)
	entry.Made = true
	return entry, err
}

// ReadParquet returns how many rows a Parquet file of any kind has.
func ReadParquet(path string) (Entry, error) {
	f, stat, err := open(path)
	if err != nil {
		return Entry{}, err
	}
	defer func() { _ = f.Close() }() // only read
	file, err := parquet.OpenFile(f, stat.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return Entry{}, fmt.Errorf("read %s: %w", path, err)
	}
	return Entry{Path: path, Bytes: stat.Size(), Info: Info{Rows: file.NumRows(), Source: stat.Size()}}, nil
}

// Columns returns the names and shapes of a Parquet file's top columns.
func Columns(path string) ([]Node, error) {
	f, stat, err := open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	file, err := parquet.OpenFile(f, stat.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return nodes(file.Schema().Fields()), nil
}

func open(path string) (*os.File, os.FileInfo, error) {
	f, err := os.Open(path) //nolint:gosec // a shadow, or an object that the store named
	if err != nil {
		return nil, nil, err
	}
	stat, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, stat, nil
}

// nodes tells a struct from a leaf; more is not needed of a Parquet object.
func nodes(fields []parquet.Field) []Node {
	out := make([]Node, 0, len(fields))
	for _, f := range fields {
		n := Node{Name: f.Name()}
		if !f.Leaf() {
			n.Kind, n.Fields = Struct, nodes(f.Fields())
		}
		out = append(out, n)
	}
	return out
}
