package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/digest"
)

// Object is what a listing tells of an object.
type Object struct {
	Key      string
	Size     int64
	Modified time.Time
}

// ErrNotFound is in the error of opening an object that is not there.
var ErrNotFound = errors.New("there is no such object")

// Files is where objects lie. It is used by several goroutines.
type Files interface {
	// List yields the objects whose keys begin with prefix, in the order of their keys.
	// An error ends it. Of those behind an object that was yielded it may leave out all
	// up to the key that skip returns for that object's, where that one comes later;
	// skip may be nil.
	List(ctx context.Context, prefix string, skip func(key string) string) iter.Seq2[Object, error]
	// Open returns an object's content and its metadata of the user, nil where the place
	// keeps none. The caller must close it. Of an absent object the error is ErrNotFound.
	Open(ctx context.Context, key string) (io.ReadCloser, map[string]string, error)
}

// Place is a place that is looked at.
type Place struct {
	Files  Files
	Bucket string // the bucket that it is; empty for a folder, which may be a copy of any
	Prefix string // only keys that begin with it are listed
	// Name returns what a person calls an object.
	Name func(key string) string
}

// Keys returns the public keys with which a region signed digests between two times.
type Keys func(ctx context.Context, region cloud.Region, from, until time.Time) ([]digest.PublicKey, error)

// Progress is how far a run is.
type Progress struct {
	Listed      int64 // objects, as long as Files is 0
	Done, Files int64
	Bytes       int64
	Problems    int64
}

// Config says what to verify.
type Config struct {
	Places []Place
	// Keys are the keys that are believed; nil where there are none, and then no signature
	// is proven.
	Keys Keys
	// Digests and log files of these times are verified, as their names say them; zero for all.
	Start, End time.Time
	// Readers is how many files are read at once; 0 for as many as there are processors.
	Readers int
	// Problem is told each problem, account by account and day by day; never twice at once.
	// An error of it ends the run.
	Problem func(Problem) error
	// Progress is told now and then how far it is, perhaps from several goroutines; may be nil.
	Progress func(Progress)
}

// grace is how much later than asked for a digest may end: the one of the last hour.
const grace = time.Hour

// groupsAtOnce is how many accounts and regions are verified at once.
const groupsAtOnce = 8

// run is one run of Run.
type run struct {
	cfg    Config
	ledger *ledger
	pool   *pool
	relist bool // log files are listed again, day by day
	// contents are log files that were read while places were listed.
	contents map[previewKey]*content
	trees    []*tree
	keys     regionKeys

	listed, done, files, bytes, problems atomic.Int64
}

// Run verifies what is in the places. It returns an error when it could not look, as
// when a bucket cannot be listed or keys cannot be asked for; what is wrong with
// files is in the report.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if cfg.Readers == 0 {
		cfg.Readers = runtime.GOMAXPROCS(0)
	}
	if cfg.Progress == nil {
		cfg.Progress = func(Progress) {}
	}
	r := &run{cfg: cfg, ledger: newLedger()}
	r.pool = newPool(cfg.Readers)
	defer r.pool.close()
	out := newOrdered(cfg.Problem)
	groups, err := r.survey(ctx, out.turn())
	if err != nil {
		return nil, err
	}
	r.keys = regionKeys{ask: cfg.Keys}
	r.keys.span(groups)
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(groupsAtOnce)
	for _, g := range groups {
		turn := out.turn()
		work.Go(func() error {
			defer turn.end()
			g.run, g.out = r, turn
			if err := g.verify(ctx); err != nil {
				return fmt.Errorf("%s, %s: %w", g.account, g.region, err)
			}
			return nil
		})
	}
	err = work.Wait()
	if err := errors.Join(out.err(), err); err != nil {
		return nil, err
	}
	r.ledger.report.Bytes = r.bytes.Load()
	return r.ledger.close(), nil
}

// tell tells how far the run is.
func (r *run) tell() {
	r.cfg.Progress(Progress{Listed: r.listed.Load(), Done: r.done.Load(), Files: r.files.Load(), Bytes: r.bytes.Load(), Problems: r.problems.Load()})
}

// inRange says whether a time of a log file is one that was asked for.
func (c *Config) inRange(at time.Time) bool {
	return !at.Before(c.Start) && (c.End.IsZero() || !at.After(c.End))
}

// digestInRange says whether a digest that ends at a time was asked for.
func (c *Config) digestInRange(at time.Time) bool {
	return !at.Before(c.Start) && (c.End.IsZero() || !at.After(c.End.Add(grace)))
}

// regionKeys asks for the keys of each region once.
type regionKeys struct {
	ask         Keys
	from, until time.Time

	mu    sync.Mutex
	known map[cloud.Region]func() (map[string]digest.PublicKey, error)
}

// keyGrace is how long after a digest ends it may be signed.
const keyGrace = 2 * time.Hour

// span sets the time that keys are asked for: that of all digests.
func (k *regionKeys) span(groups []*group) {
	k.known = map[cloud.Region]func() (map[string]digest.PublicKey, error){}
	for _, g := range groups {
		for _, c := range g.chains {
			for _, d := range c.digests {
				if k.from.IsZero() || d.Time.Before(k.from) {
					k.from = d.Time
				}
				if d.Time.After(k.until) {
					k.until = d.Time
				}
			}
		}
	}
	k.from, k.until = k.from.Add(-grace), k.until.Add(keyGrace)
}

// find returns the key of a fingerprint. A backfill digest was signed when it was made.
func (k *regionKeys) find(ctx context.Context, region cloud.Region, fingerprint string, made time.Time) (digest.PublicKey, bool, error) {
	k.mu.Lock()
	all, ok := k.known[region]
	if !ok {
		all = sync.OnceValues(func() (map[string]digest.PublicKey, error) { return k.get(ctx, region, k.from, k.until) })
		k.known[region] = all
	}
	k.mu.Unlock()
	keys, err := all()
	if err != nil {
		return digest.PublicKey{}, false, err
	}
	key, ok := keys[fingerprint]
	if !ok && !made.IsZero() {
		if keys, err = k.get(ctx, region, made.Add(-grace), made.Add(grace)); err != nil {
			return digest.PublicKey{}, false, err
		}
		key, ok = keys[fingerprint]
	}
	return key, ok, nil
}

func (k *regionKeys) get(ctx context.Context, region cloud.Region, from, until time.Time) (map[string]digest.PublicKey, error) {
	list, err := k.ask(ctx, region, from, until)
	if err != nil {
		return nil, fmt.Errorf("ask for the public keys of %s: %w", region, err)
	}
	keys := make(map[string]digest.PublicKey, len(list))
	for _, key := range list {
		keys[key.Fingerprint] = key
	}
	return keys, nil
}
