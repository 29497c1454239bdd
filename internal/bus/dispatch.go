package bus

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/state"
)

// dispatch has deliveries tried as they fall due, until ctx ends and those
// under way have ended too. Attempts have work.
func (b *Bus) dispatch(ctx, work context.Context, targets map[string]Target) {
	var attempts sync.WaitGroup
	defer attempts.Wait()
	for ctx.Err() == nil {
		e, wait := b.schedule.next(time.Now())
		if e != nil {
			attempts.Go(func() { b.attempt(work, targets, e) })
			continue
		}
		var due <-chan time.Time
		if wait > 0 {
			due = time.After(wait)
		}
		select {
		case <-b.schedule.changed:
		case <-due:
		case <-ctx.Done():
		}
	}
}

// attempt tries the delivery of e and has the schedule follow what came of it.
func (b *Bus) attempt(ctx context.Context, targets map[string]Target, e *entry) {
	p, err := b.withPayloads(ctx, e.id)
	if err == nil {
		err = b.tryAndRecord(ctx, targets, &p)
	}
	switch {
	case err != nil:
		if until, ok := later(err); ok {
			b.schedule.again(e, until)
			return
		}
		if cloud.KindOf(err) == cloud.NotFound && p.Accepted.IsZero() {
			b.schedule.done(e) // it was taken out of the store by somebody else
			return
		}
		if ctx.Err() == nil {
			b.cfg.Log.Error("what came of a delivery was not written down, and it is tried again",
				"arn", e.lane.target.String(), "delivery", e.id, "error", err)
		}
		b.schedule.again(e, time.Now().Add(b.cfg.FirstPause))
	case p.ended:
		b.schedule.done(e)
	default:
		b.schedule.again(e, p.Next)
	}
}

// tryAndRecord tries p and writes down that it has ended, or when it is tried
// next. The error says that nothing was written down: the store failed, or ctx
// ended during the attempt.
func (b *Bus) tryAndRecord(ctx context.Context, targets map[string]Target, p *Pending) error {
	record := context.WithoutCancel(ctx)
	var failure error
	// One that grew too old while it waited is not tried again.
	if p.Attempts == 0 || time.Now().Before(p.expiry()) {
		failure = b.try(ctx, targets, p.Delivery)
		if failure == nil {
			p.ended = true
			return b.store.Update(record, p.remove)
		}
		if _, off := later(failure); off || ctx.Err() != nil {
			return failure
		}
		p.failed(failure, time.Now().UTC())
	}
	exhausted := p.judge(failure, time.Now().UTC(), b.cfg.FirstPause)
	return b.store.Update(record, func(tx state.Tx) error {
		if _, err := tx.Get(deliveryKey(kindDelivery, p.ID)); err != nil {
			if cloud.KindOf(err) == cloud.NotFound { // the same
				p.ended = true
				return nil
			}
			return err
		}
		if !p.ended {
			return state.Put(tx, deliveryKey(kindDelivery, p.ID), p)
		}
		book, _, err := state.Find[ledger](tx, ledgerKey())
		if err != nil {
			return err
		}
		return errors.Join(p.remove(tx), b.giveUp(tx, &book, p, exhausted), state.Put(tx, ledgerKey(), book))
	})
}

// try has the target take d.
func (b *Bus) try(ctx context.Context, targets map[string]Target, d Delivery) (err error) {
	target := targets[d.Target.Service]
	if target == nil {
		return cloud.Errorf(cloud.Unsupported, "UnsupportedTarget", "nothing can be delivered to %s", d.Target)
	}
	ctx, cancel := context.WithTimeout(ctx, b.cfg.AttemptTime)
	defer cancel()
	defer func() {
		if err == nil {
			return
		}
		if _, off := later(err); off {
			return
		}
		if _, ok := errors.AsType[*cloud.Error](err); !ok && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = cloud.Errorf(cloud.Unavailable, "TargetTimeout", "the target gave no answer within %s", b.cfg.AttemptTime).Because(err)
		}
		level := slog.LevelDebug
		if cloud.KindOf(err) == cloud.Internal {
			level = slog.LevelError
		}
		b.cfg.Log.Log(context.WithoutCancel(ctx), level, "an attempt at a delivery failed",
			append([]any{"arn", d.Target.String(), "delivery", d.ID}, life.Attrs(err)...)...)
	}()
	return life.Catch(func() error { return target.Deliver(ctx, d) })
}

// expiry is when p is not tried again any more.
func (p *Pending) expiry() time.Time { return p.Accepted.Add(p.MaxAge) }

// failed notes a failed attempt.
func (p *Pending) failed(err error, at time.Time) {
	failure := Failure{Time: at, Code: "InternalFailure", Message: "the target failed inside; the server's log has more"}
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		failure.Code, failure.Message = e.Code, e.Message
	}
	p.Attempts++
	p.Failures = append(p.Failures, failure)
	p.Failures = p.Failures[max(0, len(p.Failures)-keptFailures):]
}

// judge decides whether p has ended with this failure of its last attempt, nil
// if there was no further one, and when it is tried next if not. It returns
// which limit of the retries was reached, or "".
func (p *Pending) judge(failure error, now time.Time, firstPause time.Duration) (exhausted string) {
	p.ended = true
	switch {
	case failure != nil && final(cloud.KindOf(failure)):
		return ""
	case p.Attempts >= p.MaxAttempts:
		return ExhaustedAttempts
	case !now.Before(p.expiry()):
		return ExhaustedAge
	}
	p.ended = false
	p.Next = now.Add(p.pauseAfter(p.Attempts, firstPause))
	if p.Next.After(p.expiry()) {
		p.Next = p.expiry()
	}
	return ""
}

// final reports whether trying again cannot help.
func final(kind cloud.Kind) bool {
	switch kind {
	case cloud.Invalid, cloud.Unauthenticated, cloud.Denied, cloud.NotFound, cloud.Unsupported:
		return true
	case cloud.Internal, cloud.Conflict, cloud.Throttled, cloud.Unavailable:
		return false
	}
	return false
}

// remove takes p out of the store.
func (p *Pending) remove(tx state.Tx) error {
	errs := []error{tx.Delete(deliveryKey(kindDelivery, p.ID)), tx.Delete(deliveryKey(kindPayload, p.ID))}
	if len(p.DeadLetter.Payload) > 0 {
		errs = append(errs, tx.Delete(deliveryKey(kindDeadPayload, p.ID)))
	}
	return errors.Join(errs...)
}
