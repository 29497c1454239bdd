package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/store/objects"
)

// lifecycleInterval is how often it is looked whether rules are due. Versions
// end at midnight, so a bucket is only walked once a day, and when its rules
// have changed.
const lifecycleInterval = time.Hour

// The feed's names for what lifecycle does.
const (
	eventExpired = "LifecycleExpiration:Delete"
	eventMarked  = "LifecycleExpiration:DeleteMarkerCreated"
)

// lifecycleRunner carries out the rules of buckets: what has expired is deleted, and
// uploads that were left are aborted. Transitions are kept with the rules and
// not carried out: here is one class of storage. What a lock holds stays, and
// goes in the first walk after its own time.
//
// Nothing is kept of how far a walk is. The next one does what is left to do.
type lifecycleRunner struct {
	s      *Service
	walked map[uint64]walked // by the bucket's number, the last walk that came to its end
}

type walked struct {
	day   time.Time
	rules [sha256.Size]byte
}

// tally is what a walk did.
type walkTally struct {
	expired, marked, noncurrent, markers, aborted, locked int
}

func (t *walkTally) add(more walkTally) {
	t.expired += more.expired
	t.marked += more.marked
	t.noncurrent += more.noncurrent
	t.markers += more.markers
	t.aborted += more.aborted
	t.locked += more.locked
}

func newLifecycle(s *Service) *lifecycleRunner {
	return &lifecycleRunner{s: s, walked: map[uint64]walked{}}
}

// run carries out rules until ctx is done.
func (l *lifecycleRunner) run(ctx context.Context) error {
	ticker := time.NewTicker(lifecycleInterval)
	defer ticker.Stop()
	for {
		if err := l.step(ctx); err != nil && ctx.Err() == nil {
			l.s.cfg.Log.Error("lifecycle rules were not carried out everywhere, it goes on with the next look", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// step walks every bucket whose rules may have come due since the last step.
func (l *lifecycleRunner) step(ctx context.Context) error {
	now := l.s.cfg.Now().UTC()
	walks, err := l.ready(ctx, now)
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range walks {
		if ctx.Err() != nil {
			break
		}
		if err := w.run(ctx); err != nil {
			errs = append(errs, fmt.Errorf("bucket %s: %w", w.bucket.Name, err))
			continue
		}
		l.walked[w.bucket.Number] = w.mark()
		if w.did != (walkTally{}) {
			l.s.cfg.Log.Info("lifecycle rules were carried out", "arn", bucketARN(w.bucket.Name), "expired", w.did.expired,
				"delete_markers_put", w.did.marked, "noncurrent", w.did.noncurrent, "delete_markers_removed", w.did.markers,
				"uploads_aborted", w.did.aborted, "locked", w.did.locked)
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// ready returns the walks that are to be made, and forgets those through buckets
// that have no rules any more.
func (l *lifecycleRunner) ready(ctx context.Context, now time.Time) ([]*lifecycleWalk, error) {
	var walks []*lifecycleWalk
	known := map[uint64]walked{}
	err := l.s.db.View(ctx, func(v *objects.View) error {
		for b, err := range v.Buckets("") {
			if err != nil {
				return err
			}
			document, err := v.Setting(b, lifecycleSetting)
			if err != nil {
				return err
			}
			if document == nil {
				continue
			}
			w := &lifecycleWalk{s: l.s, bucket: *b, document: bytes.Clone(document), now: now}
			if last, ok := l.walked[b.Number]; ok && last == w.mark() {
				known[b.Number] = last
				continue
			}
			if w.rules, err = lifecycleRules(v, b); err != nil {
				return err
			}
			walks = append(walks, w)
		}
		return nil
	})
	l.walked = known
	return walks, err
}

func (w *lifecycleWalk) mark() walked {
	return walked{w.now.Truncate(oneDay), sha256.Sum256(w.document)}
}
