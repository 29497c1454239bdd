package rows

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/kept"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/archive"
)

// Config says of what there are rows.
type Config struct {
	Dir     string // of their files; nobody else may use it
	Log     *slog.Logger
	Journal *journal.Journal
	Archive *archive.Archive
	// Organization returns the ID of the organization that an account was in when a record
	// of the journal was written, empty for none; nil means that there are no organizations.
	Organization func(ctx context.Context, account cloud.Account, number uint64) (string, error)
}

// The sources of rows, as files are named by them.
const (
	fromJournal = "calls"
	fromArchive = "events"
)

// bucket is what queries see files in: no bucket of S3 can be named so.
const bucket = "sillok:events"

// Rows are the rows of events. They are safe for concurrent use.
type Rows struct {
	cfg   Config
	store state.Store
	kept  *kept.Store
}

// New returns the rows of a journal and an archive, and of the event data stores that
// are written down in store. It does no I/O.
func New(cfg Config, store state.Store) *Rows {
	r := &Rows{cfg: cfg, store: store}
	r.kept = kept.New(kept.Config{
		Dir: cfg.Dir, Log: cfg.Log, Format: formatOf, Bucket: bucket, Keep: r.keep,
		Sources: map[string]kept.Source{fromJournal: calls{r}, fromArchive: events{r}},
	})
	return r
}

// The formats of rows: of accounts as in log files, of stores as CloudTrail Lake has them.
const (
	asDelivered = "cloudtrail"
	asInLake    = "cloudtrail_lake"
)

func formatOf(table string) string {
	if strings.HasPrefix(table, ofStore) {
		return asInLake
	}
	return asDelivered
}

// Run writes rows into files, until ctx is done.
func (r *Rows) Run(ctx context.Context) error { return r.kept.Run(ctx) }

// NeededCalls returns the number of the first record of the journal of which rows have
// yet to be written; 0 where that is not known.
func (r *Rows) NeededCalls() uint64 { return r.kept.Needed(context.Background(), fromJournal) }

// NeededEvents is NeededCalls of the archive.
func (r *Rows) NeededEvents() uint64 { return r.kept.Needed(context.Background(), fromArchive) }

// tables are named by whose they are.
const (
	ofAccount = "account-"
	ofStore   = "store-"
)

// keep implements kept.Config.Keep. What accounts have goes with the logs; what a store has
// is of the time when it happened, as in CloudTrail Lake.
func (r *Rows) keep(ctx context.Context, table string) (keep kept.Retention, err error) {
	id, ok := strings.CutPrefix(table, ofStore)
	if !ok {
		return kept.Retention{WithLog: true}, nil
	}
	return keep, r.store.View(ctx, func(tx state.Reader) error {
		l, found, err := state.Find[ledger](tx, ledgerKey(id))
		keep = kept.Retention{Age: time.Duration(l.now().Days) * day, Gone: !found}
		return err
	})
}

const day = 24 * time.Hour

// Accounts returns the rows of all events of accounts, as one table whose partition keys
// are account, region and day. of returns them, for the call in ctx.
func (r *Rows) Accounts(of func(ctx context.Context) ([]cloud.Account, error)) lake.Kept {
	return lake.Kept{
		Format: asDelivered, Ordered: []string{"eventtime", "day"},
		Rows: r.kept.Table(func(ctx context.Context) ([]kept.Asked, error) {
			accounts, err := of(ctx)
			asked := make([]kept.Asked, len(accounts))
			for i, account := range accounts {
				asked[i] = kept.Asked{Table: ofAccount + string(account), Values: []string{string(account), lake.NullPartition, lake.NullPartition}}
			}
			return asked, err
		}),
	}
}

// Columns returns the columns of the table of accounts' events: those of CloudTrail's
// log files, and its partition keys.
func Columns() (columns, keys []lake.Column, err error) {
	f, err := format.Named(asDelivered)
	if err != nil {
		return nil, nil, fmt.Errorf("the rows of events: %w", err)
	}
	for _, c := range f.Columns() {
		if c.Name != format.Unparsed {
			columns = append(columns, c)
		}
	}
	return columns, []lake.Column{{Name: "account", Type: "string"}, {Name: "region", Type: "string"}, {Name: "day", Type: "date"}}, nil
}
