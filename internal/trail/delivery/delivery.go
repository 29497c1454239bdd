package delivery

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/digest"
)

// Buckets is the part of S3 that takes files. It acts as CloudTrail itself.
type Buckets interface {
	PutObject(ctx context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error)
}

// Config says how files are delivered. Where a time is 0, its default holds.
type Config struct {
	Log     *slog.Logger
	Journal *journal.Journal
	// Every is how long an event may wait until its log file is put; 0 is 5 minutes.
	Every time.Duration
	// Digest is how long the time of one digest is; 0 is an hour.
	Digest time.Duration
	// Key returns the key with which digests of the account and region of the call in
	// ctx are signed at a time.
	Key func(ctx context.Context, at time.Time) (*rsa.PrivateKey, digest.PublicKey, error)
	// Organization returns the ID of the organization that an account was in when a record
	// of the journal was written, empty for none; nil means that there are no organizations.
	Organization func(ctx context.Context, account cloud.Account, number uint64) (string, error)
	// Regions returns the regions that are enabled beside the home of a trail: a trail of
	// all regions has digests of each, also where nothing happens. nil means that it has
	// them of its home and of regions in which it delivered something.
	Regions func(home cloud.Region) []cloud.Region
	// Exists says whether there is a bucket of that name: S3 tells nobody who may not
	// use it. nil leaves it at what S3 says.
	Exists func(ctx context.Context, bucket string) (bool, error)
	// Send has a payload delivered to an ARN, as part of tx, by CloudTrail or in the role
	// that is named; nil means that nothing is.
	Send func(tx state.Tx, to, from cloud.ARN, role string, payload []byte) error
}

const (
	defaultEvery  = 5 * time.Minute
	defaultDigest = time.Hour

	// mostRecords and mostBytes bound what is collected before it is put, and by that
	// the size of a log file.
	mostRecords = 20_000
	mostBytes   = 16 << 20
	// mostRead is how many calls are read before what was selected is put, so that
	// nothing waits for long behind calls that nobody selects.
	mostRead = 100_000
	// near is how far apart in the journal trails may be to share its reading.
	near = 20_000
	// keepPlace is how many records a place in the journal moves before it is written
	// down without a plan.
	keepPlace = 5_000
	// inFlight is how many files are put at once.
	inFlight = 4

	shortestPause = time.Second
	longestPause  = time.Minute
)

// Delivery delivers what trails record. Set and Remove tell it of them, as part of
// the transactions that change them.
type Delivery struct {
	cfg     Config
	store   state.Store
	buckets Buckets

	clock   func() time.Time
	changes atomic.Uint64 // how often trails were changed

	needed atomic.Uint64 // the first record of the journal that a trail still has to deliver; 0 while that is not known
	failed failing       // counts for Problems

	mu     sync.Mutex // of a round
	cursor *journal.Cursor
	places map[string]uint64 // where trails are in the journal, as far as that is ahead of their ledgers
	pauses map[string]pause
	next   time.Time // of the next round
	seen   uint64    // the end of the journal at the last one

	digesting sync.Mutex // of the work on digests
	keys      map[cloud.Scope]signing
	held      map[string]pause // chains that could not be gone on with
}

// New returns a Delivery that keeps its plans in store and puts files by buckets.
func New(cfg Config, store state.Store, buckets Buckets) *Delivery {
	cfg.Every, cfg.Digest = cmp.Or(cfg.Every, defaultEvery), cmp.Or(cfg.Digest, defaultDigest)
	return &Delivery{
		cfg: cfg, store: store, buckets: buckets, clock: time.Now, places: map[string]uint64{}, pauses: map[string]pause{}, keys: map[cloud.Scope]signing{}, held: map[string]pause{},
	}
}

// Run delivers until ctx is done. What waits then is delivered by the next Run.
func (d *Delivery) Run(ctx context.Context) error {
	work, ctx := life.New(ctx, d.cfg.Log)
	work.Every(ctx, "log files of trails", between(d.cfg.Every/10, 100*time.Millisecond, time.Second), d.tick)
	work.Every(ctx, "digests of trails", between(d.cfg.Digest/10, 100*time.Millisecond, 10*time.Second), d.digests)
	return work.Wait()
}

func between(d, least, most time.Duration) time.Duration { return min(max(d, least), most) }

// tick begins a round where it is time, or much was written since the last one.
func (d *Delivery) tick(ctx context.Context) error {
	now, end := d.clock(), d.cfg.Journal.Next()
	d.mu.Lock()
	early := now.Before(d.next) && end-d.seen < mostRecords && now.Add(d.cfg.Every).After(d.next)
	d.mu.Unlock()
	if early {
		return nil
	}
	return d.Deliver(ctx)
}

// Deliver delivers what the journal has now. Run calls it; so does who cannot wait.
func (d *Delivery) Deliver(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		end := d.cfg.Journal.Next()
		more, err := d.round(ctx)
		// A tenth of the time is left for the round itself.
		now := d.clock()
		d.next, d.seen = now.Add(d.cfg.Every-d.cfg.Every/10), end
		for _, p := range d.pauses {
			if p.until.Before(d.next) {
				d.next = p.until
			}
		}
		if again := now.Add(shortestPause); err != nil && again.Before(d.next) {
			d.next = again
		}
		if err != nil || !more || ctx.Err() != nil {
			return err
		}
	}
}

// pause is until when something that failed is left alone.
type pause struct {
	failures int
	until    time.Time
}

func (p pause) after(now time.Time) pause {
	wait := shortestPause
	for range min(p.failures, 10) {
		wait *= 2
	}
	return pause{p.failures + 1, now.Add(min(wait, longestPause))}
}

func (p pause) over(now time.Time) bool {
	// A clock that was set back must not make it longer.
	return !now.Before(p.until) || p.until.Sub(now) > longestPause
}

const kindLedger = "cloudtrail/delivery"

func ledgerKey(arn string) state.Key { return state.Key{Kind: kindLedger, Name: arn} }

// ledgers returns all ledgers, in the order of their ARNs, and how often trails had
// been changed by then. It is a transaction of its own, and so after every change
// that is counted.
func (d *Delivery) ledgers(ctx context.Context) (all []*ledger, changes uint64, err error) {
	err = d.store.Update(ctx, func(tx state.Tx) error {
		changes = d.changes.Load()
		for entry, err := range state.List[ledger](tx, cloud.Scope{}, kindLedger, state.Range{}) {
			if err != nil {
				return err
			}
			all = append(all, &entry.Value)
		}
		return nil
	})
	return all, changes, err
}

// change changes a ledger, unless it has been removed.
func (d *Delivery) change(ctx context.Context, arn string, change func(tx state.Tx, l *ledger) error) error {
	return d.store.Update(ctx, func(tx state.Tx) error {
		l, found, err := state.Find[ledger](tx, ledgerKey(arn))
		if err != nil || !found {
			return err
		}
		if err := change(tx, &l); err != nil {
			return err
		}
		l.prune()
		return state.Put(tx, ledgerKey(arn), l)
	})
}

// round reads on for each trail and puts what it selects. more says that the
// journal goes on.
func (d *Delivery) round(ctx context.Context) (more bool, err error) {
	all, changes, err := d.ledgers(ctx)
	if err != nil {
		return false, err
	}
	now := d.clock()
	var ready []*feed
	var errs []error
	for _, l := range all {
		arn := l.now().ARN
		if !d.pauses[arn].over(now) {
			continue
		}
		if l.Batch != nil {
			put, err := d.again(ctx, l)
			errs = append(errs, err)
			if !put {
				continue
			}
		}
		if err := d.putFound(ctx, l); err != nil {
			errs = append(errs, err)
			continue
		}
		if !d.pauses[arn].over(now) {
			continue
		}
		if l.idle() {
			errs = append(errs, d.settle(ctx, l))
			continue
		}
		f, err := d.feed(l)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		ready = append(ready, f)
	}
	slices.SortStableFunc(ready, func(a, b *feed) int { return cmp.Compare(a.next, b.next) })
	for len(ready) > 0 {
		n := 1
		for n < len(ready) && ready[n].next-ready[0].next <= near {
			n++
		}
		further, err := d.pass(ctx, ready[:n], changes)
		if errors.Is(err, errChanged) {
			return true, errors.Join(errs...)
		}
		more, errs = more || further, append(errs, err)
		ready = ready[n:]
	}
	d.tell(all)
	return more, errors.Join(errs...)
}

// settle forgets a trail that was deleted once there is nothing left to do.
func (d *Delivery) settle(ctx context.Context, l *ledger) error {
	if !l.Gone {
		return nil
	}
	arn := l.now().ARN
	err := d.store.Update(ctx, func(tx state.Tx) error {
		l, there, err := state.Find[ledger](tx, ledgerKey(arn))
		if err != nil || !there || !l.Gone || !l.idle() || len(l.Chains) > 0 {
			return err
		}
		for _, err := range state.List[found](tx, cloud.Scope{}, kindFound, state.Range{Prefix: arn + "\x00", Limit: 1}) {
			return err // files of insights are put first
		}
		return tx.Delete(ledgerKey(arn))
	})
	if err != nil {
		return fmt.Errorf("forget the deleted trail %s: %w", arn, err)
	}
	return nil
}
