package rows

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"log/slog"
	"math"
	"os"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/lake/kept"
	"github.com/sillok/sillok/internal/trail/archive"
)

// Folders says where a server's logs and their rows lie.
type Folders struct{ Calls, Events, Rows string }

// View returns the rows of the events of all accounts of a data folder, which a server
// may be writing, for whoever may read it. What is in no file of the folder yet is written
// into scratch, a folder that is there.
func View(of Folders, scratch string, log *slog.Logger) (lake.Kept, error) {
	if _, err := os.Stat(of.Calls); err != nil {
		return lake.Kept{}, err
	}
	r := &Rows{cfg: Config{Log: log}}
	store := kept.New(kept.Config{
		Dir: of.Rows, Scratch: scratch, Log: log, Format: formatOf, Bucket: bucket,
		Sources: map[string]kept.Source{fromJournal: viewed{r, of.Calls, r.viewCalls}, fromArchive: viewed{r, of.Events, r.viewEvents}},
	})
	r.kept = store
	return r.Accounts(func(ctx context.Context) (accounts []cloud.Account, err error) {
		tables, err := store.Tables(ctx)
		for _, table := range tables {
			if account, ok := strings.CutPrefix(table, ofAccount); ok {
				accounts = append(accounts, cloud.Account(account))
			}
		}
		return accounts, err
	}), nil
}

// viewed is a log in a folder, of which nobody here knows what is closed.
type viewed struct {
	rows *Rows
	dir  string
	open func(dir string, from uint64) kept.Reader
}

// Closed implements kept.Source.
func (v viewed) Closed() ([]kept.Span, error) { return nil, nil }

// Next implements kept.Source.
func (v viewed) Next() uint64 { return math.MaxUint64 }

// Reader implements kept.Source.
func (v viewed) Reader(from uint64) kept.Reader {
	if _, err := os.Stat(v.dir); errors.Is(err, fs.ErrNotExist) {
		return nothing{from} // the server is of before there was such a log
	}
	return v.open(v.dir, from)
}

func (r *Rows) viewCalls(dir string, from uint64) kept.Reader {
	return &callReader{rows: r, cursor: journal.ViewCursor(dir, from)}
}

func (r *Rows) viewEvents(dir string, from uint64) kept.Reader {
	return &eventReader{r, archive.ViewCursor(dir, from)}
}

// nothing reads a log that is not there.
type nothing struct{ from uint64 }

// Next implements kept.Reader.
func (n nothing) Next() uint64 { return n.from }

// Read implements kept.Reader.
func (n nothing) Read(context.Context) iter.Seq2[kept.Item, error] {
	return func(func(kept.Item, error) bool) {}
}
