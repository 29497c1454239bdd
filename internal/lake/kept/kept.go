package kept

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// Config says what a Store keeps.
type Config struct {
	Dir string // made if its parent is there; nobody else may write there
	// Scratch is a folder for what is not closed, of a Store that only looks into Dir; empty
	// for one that writes there.
	Scratch string
	Log     *slog.Logger
	// Format returns the format of a table's rows: that of a known log, such as "cloudtrail".
	Format func(table string) string
	Bucket string // that queries see the files in, such as "sillok"
	// Sources are the logs, by names of lower-case letters that never change.
	Sources map[string]Source
	// Keep returns how long a table's rows are kept.
	Keep func(ctx context.Context, table string) (Retention, error)
}

// Retention says how long a table's rows are kept; the zero value is for ever.
type Retention struct {
	Age     time.Duration // of the rows that are kept; 0 is any
	WithLog bool          // they go with the records from which they follow
	Gone    bool          // there is no such table any more
}

const (
	tailFolder  = "tail"
	makingName  = "making-"
	placesName  = "places.json"
	keepEvery   = 5 * time.Second
	retainEvery = time.Minute
	// lasts is how long a file stays that no query is given any more: one that was given it
	// just before has yet to open it.
	lasts = 10 * time.Minute
)

var tableName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,127}$`)

// Store keeps tables. It is safe for concurrent use.
type Store struct {
	cfg   Config
	press *shadow.Press

	turn   chan struct{}     // held by whoever writes files
	opened bool              // what follows has been read from the folder
	places map[string]uint64 // by source: the last record of which all rows are in files
	tails  map[tailKey]*tail
	apart  map[string]bool // the first files of runs that cannot be joined

	mu    sync.Mutex        // of files: their lists, and whether they are used
	known map[string]uint64 // places, for who does not wait for a turn
	files map[string][]*file
	byKey map[string]*file
}

// New returns a Store. It does no I/O.
func New(cfg Config) *Store {
	return &Store{
		cfg: cfg, press: shadow.NewPress(), turn: make(chan struct{}, 1), places: map[string]uint64{},
		tails: map[tailKey]*tail{}, apart: map[string]bool{}, known: map[string]uint64{}, files: map[string][]*file{}, byKey: map[string]*file{},
	}
}

// Run writes what is closed into files, joins small ones and removes what is old, until
// ctx is done. Without it each question writes what it needs.
func (s *Store) Run(ctx context.Context) error {
	work, ctx := life.New(ctx, s.cfg.Log)
	work.Every(ctx, "rows of tables", keepEvery, s.Seal)
	work.Every(ctx, "small files of tables", retainEvery, s.Join)
	work.Every(ctx, "old rows of tables", retainEvery, s.Retain)
	return work.Wait()
}

// take waits for its turn, as long as ctx lasts, and opens the folder the first time.
func (s *Store) take(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.open(); err != nil {
		s.release()
		return fmt.Errorf("the rows in %s: %w", s.cfg.Dir, err)
	}
	return nil
}

func (s *Store) release() { <-s.turn }

// open reads what lies in the folder, and removes what a server that was killed has left.
func (s *Store) open() error {
	switch {
	case s.cfg.Scratch != "":
		return s.look()
	case s.opened:
		return nil
	}
	if err := os.MkdirAll(s.cfg.Dir, 0o700); err != nil {
		return err
	}
	if err := s.readPlaces(); err != nil {
		return err
	}
	tables, err := os.ReadDir(s.cfg.Dir)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if !t.IsDir() || !tableName.MatchString(t.Name()) {
			continue
		}
		if err := s.openTable(t.Name()); err != nil {
			return err
		}
	}
	s.opened = true
	return nil
}

func (s *Store) openTable(table string) error {
	folder := filepath.Join(s.cfg.Dir, table)
	if err := os.RemoveAll(filepath.Join(folder, tailFolder)); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var files []*file
	for _, e := range entries {
		f, ok := parseName(table, e.Name())
		if !ok {
			if len(e.Name()) > len(makingName) && e.Name()[:len(makingName)] == makingName {
				if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
					return err
				}
			}
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		f.bytes, f.made = info.Size(), info.ModTime()
		files = append(files, f)
	}
	inOrder(files)
	whole, rest := covered(files)
	for _, f := range rest {
		if err := os.Remove(s.path(f)); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[table] = whole
	for _, f := range whole {
		s.byKey[f.key()] = f
	}
	return nil
}

func (s *Store) path(f *file) string {
	if f.tail && s.cfg.Scratch != "" {
		return filepath.Join(s.cfg.Scratch, filepath.FromSlash(f.key()))
	}
	return filepath.Join(s.cfg.Dir, filepath.FromSlash(f.key()))
}

// readPlaces reads up to where logs are in files. Without it all that they still have is
// written once more, into the same files.
func (s *Store) readPlaces() error {
	data, err := os.ReadFile(filepath.Join(s.cfg.Dir, placesName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	places := map[string]uint64{}
	if err := json.Unmarshal(data, &places); err != nil {
		s.cfg.Log.Warn("where the rows of tables end cannot be read: they are written once more", "file", placesName, "error", err)
		return nil
	}
	maps.Copy(s.places, places)
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.known, places)
	return nil
}

func (s *Store) writePlaces() error {
	data, err := json.Marshal(s.places)
	if err != nil {
		return err
	}
	return disk.WriteFile(filepath.Join(s.cfg.Dir, placesName), data, 0o600)
}

// Needed returns the number of the first record of a source that is in no file yet; 0
// where that is not known.
func (s *Store) Needed(ctx context.Context, source string) uint64 {
	if s.take(ctx) != nil {
		return 0
	}
	defer s.release()
	return s.places[source] + 1
}

// Table returns the rows of tables as one table of a lake. asked returns, for the call in
// ctx, which of them whoever asks may read and what the partition keys of each are.
func (s *Store) Table(asked func(ctx context.Context) ([]Asked, error)) lake.Rows {
	return view{s, asked}
}

// Asked is a table of a Store that a query reads.
type Asked struct {
	Table  string
	Values []string // of the partition keys; lake.NullPartition where rows tell it
}

type view struct {
	store *Store
	asked func(ctx context.Context) ([]Asked, error)
}

// Objects implements lake.Rows.
func (v view) Objects(ctx context.Context) ([]lake.KeptObject, error) {
	asked, err := v.asked(ctx)
	if err != nil {
		return nil, err
	}
	return v.store.objects(ctx, asked)
}

// Hold implements lake.Rows.
func (v view) Hold(_ context.Context, objects []lake.Object) ([]string, func() error, error) {
	return v.store.hold(objects)
}

// objects returns all files of tables, with what was written down by now.
func (s *Store) objects(ctx context.Context, asked []Asked) (all []lake.KeptObject, err error) {
	defer func() {
		if disk.IsFull(err) {
			err = cloud.Errorf(cloud.Unavailable, "HIVE_CURSOR_ERROR", "The disk that holds the rows of the server's own tables is full: make room there.").Because(err)
		}
	}()
	if err := s.Seal(ctx); err != nil {
		return nil, err
	}
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	defer s.release()
	for _, a := range asked {
		if !tableName.MatchString(a.Table) {
			return nil, fmt.Errorf("table %q: no table is named so", a.Table)
		}
		// Nothing is closed in between: whoever seals waits for this turn.
		for _, source := range slices.Sorted(maps.Keys(s.cfg.Sources)) {
			if err := s.flush(ctx, a.Table, source); err != nil {
				return nil, err
			}
		}
		s.mu.Lock()
		files := append([]*file{}, s.files[a.Table]...)
		s.mu.Unlock()
		for _, source := range slices.Sorted(maps.Keys(s.cfg.Sources)) {
			if t := s.tails[tailKey{a.Table, source}]; t != nil {
				files = append(files, t.files...)
			}
		}
		for _, f := range files {
			o := lake.KeptObject{Object: lake.Object{Bucket: s.cfg.Bucket, Key: f.key(), ETag: f.name(), Size: f.bytes, Modified: f.made}, Values: a.Values}
			if !f.loose {
				o.From, o.To = time.Unix(f.from, 0).UTC(), time.Unix(f.to, 0).UTC()
			}
			all = append(all, o)
		}
	}
	return all, nil
}

// hold keeps files until they are released.
func (s *Store) hold(objects []lake.Object) (paths []string, release func() error, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make([]*file, len(objects))
	for i, o := range objects {
		f := s.byKey[o.Key]
		if f == nil {
			return nil, nil, cloud.Errorf(cloud.Conflict, "HIVE_CURSOR_ERROR", "%s has been replaced since the query was planned; ask again", o.Name())
		}
		held[i] = f
		paths = append(paths, s.path(f))
	}
	for _, f := range held {
		f.holds++
	}
	return paths, sync.OnceValue(func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, f := range held {
			f.holds--
		}
		return nil
	}), nil
}

// Place returns the last record of a source of which all rows are in files, as far as
// that is known without a look at the disk; 0 where it is not.
func (s *Store) Place(source string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[source]
}
