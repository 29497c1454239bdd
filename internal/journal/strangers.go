package journal

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/records"
)

// The calls of nobody are kept beside the others, in a log of bounded size in which
// the oldest go first: whoever needs no key to call could fill the disk with them,
// and in one log with the others push evidence out.
const (
	strangersFolder  = "strangers"
	strangersSegment = 4 << 20  // bytes
	strangersBytes   = 64 << 20 // the StrangersBytes that nobody chose
	// forgetEvery is how often what is too much is removed: a flood may write some
	// megabytes meanwhile.
	forgetEvery = time.Second
)

func openStrangers(ctx context.Context, cfg Config) (*records.Log, error) {
	return records.Open(ctx, records.Config{
		Dir: filepath.Join(cfg.Dir, strangersFolder), SegmentBytes: min(cmp.Or(cfg.SegmentBytes, strangersSegment), strangersSegment), Log: cfg.Log,
	})
}

// of returns the log that a call belongs to which has ended. What nobody was allowed to
// do is evidence like all else, and CloudTrail's to tell: an object read or put where
// everybody may, a session that was opened for a token.
func (j *Journal) of(fact *cloud.Fact) *records.Log {
	if fact.Call.Principal.Type == cloud.Anonymous && fact.Outcome != cloud.Done {
		return j.strangers
	}
	return j.log
}

// forget removes the oldest calls of nobody where there are too many.
func (j *Journal) forget(ctx context.Context) error {
	keep := j.cfg.Keep
	keep.MaxBytes = cmp.Or(j.cfg.StrangersBytes, strangersBytes)
	err := j.strangers.Retain(ctx, keep)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
