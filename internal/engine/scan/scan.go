package scan

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/plan"
)

// Lake plans and loads tables of logs; a *lake.Lake is one.
type Lake interface {
	Plan(ctx context.Context, t lake.Table, filter lake.Filter) (*lake.Scan, error)
	Load(ctx context.Context, s *lake.Scan, progress lake.Progress) (*lake.Files, error)
}

// Files knows the Parquet files of tables that are not a lake's.
type Files interface {
	// Files returns the files of a table; their columns have the names and types
	// of the table's.
	Files(ctx context.Context, t *plan.Table) ([]string, error)
}

// Reader reads the tables of queries. It is safe for concurrent use.
type Reader struct {
	lake  Lake
	files Files
	pool  *worker.Pool
}

// New returns a Reader over lake, of tables whose Detail is a lake.Table, and
// files, of all others; either may be nil. Conditions on partitions are computed in
// pool, whose processes have Handlers. It does no I/O.
func New(lake Lake, files Files, pool *worker.Pool) *Reader {
	return &Reader{lake: lake, files: files, pool: pool}
}

// Loaded is what the scans of a query read. Release must be called when it has.
type Loaded struct {
	Tables Tables
	Stats  engine.Stats // of the reading alone

	held []*lake.Files
}

// Tables are what scans read, each by the number of the scan's first column.
type Tables map[plan.ID]Table

// Table is what one scan reads. It holds all that there is to know for reading it,
// and can travel.
type Table struct {
	Columns []string     // of a lake's table, in lower case, as Groups bind them
	Keys    []string     // its partition keys, in lower case, as Groups have their values
	Groups  []lake.Group // its files
	Files   []string     // of a table that is not a lake's
	Lake    bool         // which of the two it is
}

// Of returns what a scan reads.
func (t Tables) Of(s *plan.Scan) (Table, error) {
	key, err := keyOf(s)
	if err != nil {
		return Table{}, err
	}
	table, ok := t[key]
	if !ok {
		return Table{}, fmt.Errorf("read table %s: it was not loaded", s.Table.Name)
	}
	return table, nil
}

// Folders returns the folders that all files lie in.
func (t Tables) Folders() []string {
	var folders []string
	for _, table := range t {
		for _, f := range table.Files {
			folders = append(folders, filepath.Dir(f))
		}
		for _, g := range table.Groups {
			for _, f := range g.Files {
				folders = append(folders, filepath.Dir(f.Path))
			}
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// Release lets go of what was read. It may be called twice.
func (l *Loaded) Release() error {
	var errs []error
	for _, f := range l.held {
		errs = append(errs, f.Release())
	}
	l.held = nil
	return errors.Join(errs...)
}

// Intact returns an error when a file changed while a query read it.
func (l *Loaded) Intact(ctx context.Context) error {
	for _, f := range l.held {
		if err := f.Intact(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Damaged reads all files again and says whether one of them is not what was
// written. Such a file is made anew by the next Load.
func (l *Loaded) Damaged(ctx context.Context) (bool, error) {
	damaged := false
	for _, f := range l.held {
		bad, err := f.Check(ctx)
		if err != nil {
			return false, err
		}
		damaged = damaged || bad > 0
	}
	return damaged, nil
}

// atOnce is how many tables are planned, or loaded, at a time.
const atOnce = 8

// reading is a scan on its way.
type reading struct {
	scan   *plan.Scan
	key    plan.ID
	detail lake.Table
	plan   *lake.Scan // nil for a table that is not a lake's
	files  *lake.Files
	plain  []string // of a table that is not a lake's
}

// Load plans all tables that a query reads, checks the query's limit over all of
// them, and loads them side by side. engine.ErrScanLimit comes before anything
// was loaded.
func (r *Reader) Load(ctx context.Context, req engine.Request, now time.Time) (*Loaded, error) {
	survey, err := surveyOf(ctx, req.Query)
	if err != nil {
		return nil, err
	}
	predicates := predicatesOf(req.Query.Root)
	all := make([]*reading, len(survey.scans))
	for i, s := range survey.scans {
		key, err := keyOf(s)
		if err != nil {
			return nil, err
		}
		all[i] = &reading{scan: s, key: key}
	}
	err = sideBySide(ctx, all, func(ctx context.Context, x *reading) error {
		return r.plan(ctx, x, predicates[x.scan], now)
	})
	if err != nil {
		return nil, err
	}
	l := &Loaded{Tables: Tables{}}
	for _, x := range all {
		if x.plan != nil {
			l.Stats.BytesScanned += x.plan.Bytes
			l.Stats.Objects += x.plan.Objects
		}
	}
	if req.ScanLimit > 0 && l.Stats.BytesScanned > req.ScanLimit {
		return nil, engine.ErrScanLimit
	}
	if req.Planned != nil {
		if err := req.Planned(digest(all)); err != nil {
			return nil, err
		}
	}
	progress := newProgress(req.Progress, all)
	err = sideBySide(ctx, all, func(ctx context.Context, x *reading) (err error) {
		if x.plan != nil {
			x.files, err = r.lake.Load(ctx, x.plan, progress.of(x))
		}
		return err
	})
	for _, x := range all {
		l.add(x)
	}
	if err != nil {
		return nil, errors.Join(err, l.Release())
	}
	return l, nil
}

// sideBySide calls f for all, some at a time, until one fails. Foreign bytes fail
// the query that asks for them and nothing else.
func sideBySide(ctx context.Context, all []*reading, f func(context.Context, *reading) error) error {
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, x := range all {
		group.Go(func() error {
			if err := running.Err(); err != nil {
				return err
			}
			return life.Catch(func() error { return f(running, x) })
		})
	}
	err := group.Wait()
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	return err
}

func (r *Reader) plan(ctx context.Context, x *reading, predicates []plan.Expr, now time.Time) (err error) {
	var ok bool
	if x.detail, ok = x.scan.Table.Detail.(lake.Table); ok && r.lake != nil {
		filter, err := newJudge(ctx, r.pool, conditionsOn(x.scan, x.detail, predicates, now))
		if err != nil {
			return err
		}
		x.plan, err = r.lake.Plan(ctx, x.detail, filter)
		return err
	}
	if r.files == nil {
		return fmt.Errorf("read table %s: nothing here knows a %T", x.scan.Table.Name, x.scan.Table.Detail)
	}
	if x.plain, err = r.files.Files(ctx, x.scan.Table); err != nil {
		return fmt.Errorf("read table %s: %w", x.scan.Table.Name, err)
	}
	return nil
}

// add takes over what one scan reads.
func (l *Loaded) add(x *reading) {
	if x.plan == nil {
		l.Tables[x.key] = Table{Files: x.plain}
		return
	}
	if x.files == nil {
		return // it was not loaded
	}
	l.held = append(l.held, x.files)
	l.Stats.BytesRead += x.files.Stats.ShadowBytes
	l.Stats.Rows += x.files.Stats.Rows
	l.Stats.Damage = append(l.Stats.Damage, engine.DamageOf(x.files)...)
	l.Stats.Skipped = append(l.Stats.Skipped, x.files.Skipped...)
	l.Stats.Notes = append(l.Stats.Notes, x.files.Notes...)
	table := Table{Lake: true, Columns: lower(x.detail.Columns), Keys: lower(x.detail.PartitionKeys)}
	for _, g := range x.files.Groups {
		files := make([]lake.File, len(g.Files))
		for i, f := range g.Files {
			files[i] = lake.File{Path: f.Path, Values: f.Values, Object: f.Object}
		}
		table.Groups = append(table.Groups, lake.Group{Columns: g.Columns, Keys: g.Keys, Files: files})
	}
	l.Tables[x.key] = table
}

func lower(columns []lake.Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = strings.ToLower(c.Name)
	}
	return names
}

// progress adds up how far the loading of all tables is.
type progress struct {
	tell func(engine.Progress)

	mu    sync.Mutex
	sum   engine.Progress
	parts map[*reading]lake.Done
}

func newProgress(tell func(engine.Progress), all []*reading) *progress {
	p := &progress{tell: tell, parts: map[*reading]lake.Done{}}
	for _, x := range all {
		if x.plan != nil {
			p.sum.ObjectsTotal += x.plan.Objects
			p.sum.BytesTotal += x.plan.Bytes
		}
	}
	return p
}

// of returns what hears of one table.
func (p *progress) of(x *reading) lake.Progress {
	if p.tell == nil {
		return nil
	}
	return func(d lake.Done) {
		p.mu.Lock()
		defer p.mu.Unlock()
		before := p.parts[x]
		p.parts[x] = d
		p.sum.Objects += d.Objects - before.Objects
		p.sum.Bytes += d.Bytes - before.Bytes
		p.sum.Rows += d.Rows - before.Rows
		p.tell(p.sum)
	}
}
