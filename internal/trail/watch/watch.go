package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/importer"
)

// Watch is a bucket that is watched.
type Watch struct {
	ID        string          `json:"id"`
	Account   cloud.Account   `json:"account"` // that watches
	Principal cloud.Principal `json:"principal"`
	From      string          `json:"from"`   // s3://BUCKET/PREFIX
	Bucket    Bucket          `json:"bucket"` // which one of that name
	Every     Interval        `json:"every"`
	Created   time.Time       `json:"created"`
	Look      *Look           `json:"look,omitempty"` // the last; nil before the first
	Imported  int64           `json:"imported"`       // events in all
}

// Bucket is which bucket of a name is meant: a name may be another bucket's later. The
// zero Bucket is none.
type Bucket struct {
	Elsewhere bool          `json:"elsewhere,omitempty"` // the one that the server's AWS settings reach
	Account   cloud.Account `json:"account,omitempty"`   // of one of this server's: whose it is
	Number    uint64        `json:"number,omitempty"`    // and which one in the store
}

// Look is what a look at a bucket found.
type Look struct {
	Began    time.Time          `json:"began"`
	Ended    time.Time          `json:"ended"`
	Report   importer.Report    `json:"report"`
	Problems []importer.Problem `json:"problems,omitempty"`
	LeftOut  int64              `json:"problems_left_out,omitempty"` // how many more than Problems there were
	Error    string             `json:"error,omitempty"`             // why it was not looked at to the end
}

// Interval is a time between looks, such as 5m.
type Interval time.Duration

// MarshalText implements encoding.TextMarshaler.
func (i Interval) MarshalText() ([]byte, error) { return []byte(time.Duration(i).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *Interval) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*i = Interval(d)
	return err
}

// The bounds of watches.
const (
	shortest     = time.Second
	longest      = 7 * 24 * time.Hour
	mostWatches  = 100 // of an account
	mostProblems = 500 // that are kept of a look
)

// Config is what watches work with.
type Config struct {
	Log   *slog.Logger
	State state.Store
	// Open opens the bucket of a watch for the call in ctx, which is of its principal, and
	// says which one that is: the one that is meant, or else none. For nil that is any.
	Open func(ctx context.Context, at cloud.Location, meant *Bucket) (importer.Source, Bucket, error)
	// Target returns what its files are imported into, for the same call.
	Target func(ctx context.Context) (importer.Target, error)
}

// Watches keeps watches. It is safe for concurrent use.
type Watches struct {
	cfg   Config
	busy  turns
	clock func() time.Time
}

// New returns Watches. It does no I/O.
func New(cfg Config) *Watches {
	return &Watches{cfg: cfg, busy: turns{running: map[string]bool{}}, clock: time.Now}
}

const kindWatch = "cloudtrail/watch"

func keyOf(account cloud.Account, id string) state.Key {
	return state.Key{Scope: cloud.Scope{Account: account}, Kind: kindWatch, Name: id}
}

// Create keeps a watch of the caller's, whose bucket must be one that the caller may list,
// and returns it. A session with policies of its own is refused. It is looked at soon. A place that the account watches already is
// watched once: its watch is returned, with the new interval, and is of the bucket that has
// the name now.
func (w *Watches) Create(ctx context.Context, from string, every time.Duration) (made Watch, err error) {
	at, err := cloud.ParseLocation(from)
	if err != nil {
		return made, cloud.Errorf(cloud.Invalid, "InvalidInput", "%q is no place to watch: write s3://BUCKET/PREFIX", from)
	}
	if every < shortest || every > longest {
		return made, cloud.Errorf(cloud.Invalid, "InvalidInput", "A bucket is looked at every %s at most, and every %s at least.", shortest, longest)
	}
	caller := cloud.CallOf(ctx).Principal
	if caller.Session != nil && len(caller.Session.Policies) > 0 {
		// They are not kept with the watch, which would read what the session may not.
		return made, cloud.Errorf(cloud.Denied, "AccessDenied",
			"A bucket cannot be watched by %s: its session has policies of its own, which end with it, and a watch goes on. Use the role itself without session policies, or a user.", caller.ARN)
	}
	made = Watch{
		ID: uuid.NewString()[:8], Account: caller.Account, Principal: caller, From: at.String(), Every: Interval(every), Created: w.clock().UTC().Truncate(time.Millisecond),
	}
	if err := w.try(ctx, &made); err != nil {
		return made, err
	}
	err = w.cfg.State.Update(ctx, func(tx state.Tx) error {
		n := 0
		for there, err := range state.List[Watch](tx, cloud.Scope{Account: made.Account}, kindWatch, state.Range{}) {
			if err != nil {
				return err
			}
			if n++; there.Value.From == made.From {
				there.Value.Every, there.Value.Principal, there.Value.Bucket = made.Every, made.Principal, made.Bucket
				made = there.Value
				return state.Put(tx, keyOf(made.Account, made.ID), made)
			}
		}
		if n >= mostWatches {
			return cloud.Errorf(cloud.Invalid, "LimitExceeded", "An account has at most %d watches.", mostWatches)
		}
		return state.Insert(tx, keyOf(made.Account, made.ID), made)
	})
	return made, err
}

// try says whether a bucket can be listed, and keeps which one it is.
func (w *Watches) try(ctx context.Context, of *Watch) error {
	source, which, err := w.open(ctx, of, nil)
	if err != nil {
		return err
	}
	of.Bucket = which
	for _, err := range source.List(ctx) {
		return err
	}
	return nil
}

// List returns the watches of the caller's account, the oldest first.
func (w *Watches) List(ctx context.Context) (all []Watch, err error) {
	account := cloud.CallOf(ctx).Principal.Account
	return all, w.cfg.State.View(ctx, func(r state.Reader) error {
		for there, err := range state.List[Watch](r, cloud.Scope{Account: account}, kindWatch, state.Range{}) {
			if err != nil {
				return err
			}
			all = append(all, there.Value)
		}
		return nil
	})
}

// Stop removes a watch of the caller's account and returns it as it was. A look that
// runs ends as it would.
func (w *Watches) Stop(ctx context.Context, id string) (was Watch, err error) {
	key := keyOf(cloud.CallOf(ctx).Principal.Account, id)
	return was, w.cfg.State.Update(ctx, func(tx state.Tx) (err error) {
		if was, err = state.Get[Watch](tx, key); cloud.KindOf(err) == cloud.NotFound {
			return errNoWatch(id)
		}
		return errors.Join(err, tx.Delete(key))
	})
}

func errNoWatch(id string) error {
	return cloud.Errorf(cloud.NotFound, "NoSuchWatch", "There is no watch %s.", id)
}

// acting returns a context whose call is of who made a watch.
func acting(ctx context.Context, of *Watch) context.Context {
	return cloud.WithCall(ctx, cloud.Call{
		Account: of.Account, Region: "us-east-1", Principal: of.Principal, SourceARN: fmt.Sprintf("arn:aws:cloudtrail:us-east-1:%s:import/%s", of.Account, of.ID),
	})
}

// source opens the bucket of a watch for the call in ctx: the one that was meant when it
// was made. Whoever makes one of that name later would put files into the histories that
// the watch imports into.
func (w *Watches) source(ctx context.Context, of *Watch) (importer.Source, error) {
	source, which, err := w.open(ctx, of, &of.Bucket)
	if err != nil {
		return nil, err
	}
	if which != of.Bucket {
		return nil, ErrOther(of.From)
	}
	return source, nil
}

// ErrOther is the error for a bucket that is not the one that was meant.
func ErrOther(from string) error {
	return cloud.Errorf(cloud.Conflict, "AnotherBucket", "%s is another bucket now than the one that was to be watched. If it is meant, watch it again.", from)
}

func (w *Watches) open(ctx context.Context, of *Watch, meant *Bucket) (importer.Source, Bucket, error) {
	at, err := cloud.ParseLocation(of.From)
	if err != nil {
		return nil, Bucket{}, err
	}
	return w.cfg.Open(ctx, at, meant)
}
