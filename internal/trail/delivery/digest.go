package delivery

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/place"
)

const (
	// mostAtOnce is how many digests of one chain are made before the others have
	// their turn.
	mostAtOnce = 50
	// longestOff is how many digests are made for a time in which there was no server.
	// A longer time is one digest, as it may be a clock that jumped.
	longestOff = 1000
	// mostFiles is how many log files a digest names; the next one names the others.
	mostFiles = 50_000
	// keyMargin is how long a key that is remembered must still be good for.
	keyMargin = 24 * time.Hour
	mostKeys  = 1000
)

// signing is a key that digests are signed with.
type signing struct {
	private *rsa.PrivateKey
	public  digest.PublicKey
}

// digests makes the digests that are due.
func (d *Delivery) digests(ctx context.Context) error {
	d.digesting.Lock()
	defer d.digesting.Unlock()
	var all []chain
	if err := d.store.View(ctx, func(r state.Reader) error {
		for entry, err := range state.List[chain](r, cloud.Scope{}, kindChain, state.Range{}) {
			if err != nil {
				return err
			}
			all = append(all, entry.Value)
		}
		return nil
	}); err != nil {
		return err
	}
	var errs []error
	told := map[string]bool{}
	for i := range all {
		c := &all[i]
		name := c.name()
		if !d.held[name].over(d.clock()) {
			continue
		}
		err := d.goOn(ctx, c)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			delete(d.held, name)
			continue
		}
		d.held[name] = d.held[name].after(d.clock())
		if _, refused := errors.AsType[*refusedError](err); refused {
			if told[c.ARN] {
				continue // what is wrong with a bucket is so for all regions
			}
			told[c.ARN] = true
			d.cfg.Log.WarnContext(ctx, "a digest of a trail cannot be delivered", "arn", c.ARN, "account", c.Account, "region", c.Region, "failures", d.held[name].failures, "error", err)
			continue
		}
		errs = append(errs, fmt.Errorf("digests of %s for %s in %s: %w", c.ARN, c.Account, c.Region, err))
	}
	return errors.Join(errs...)
}

// refusedError is that a bucket did not take a digest.
type refusedError struct{ error }

func (e *refusedError) Unwrap() error { return e.error }

// goOn makes the digests of a chain that are due.
func (d *Delivery) goOn(ctx context.Context, c *chain) error {
	for range mostAtOnce {
		t, due, err := d.due(ctx, c)
		if err != nil || !due {
			return err
		}
		if err := d.putDigest(ctx, &t, c); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// due plans the next digest of a chain, where it is time for one.
func (d *Delivery) due(ctx context.Context, c *chain) (t Trail, due bool, err error) {
	now := d.clock().UTC()
	if c.Plan == nil && now.Before(c.Start.Add(d.cfg.Digest)) && !d.setBack(c, now) {
		late := false
		if err := d.store.View(ctx, func(r state.Reader) error {
			late, err = d.anyLate(r, c)
			return err
		}); err != nil || !late {
			return t, false, err
		}
	}
	err = d.store.Update(ctx, func(tx state.Tx) error {
		l, found, err := state.Find[ledger](tx, ledgerKey(c.ARN))
		if err != nil {
			return err
		}
		if !found {
			return tx.Delete(c.key()) // nobody knows the trail any more
		}
		current, found, err := state.Find[chain](tx, c.key())
		if err != nil || !found {
			return err
		}
		*c, t = current, *l.now()
		if c.Plan == nil {
			if c.Plan, err = d.plan(tx, &l, c, now); err != nil {
				return err
			}
			if c.Plan == nil { // it may go on from another time
				return state.Put(tx, c.key(), *c)
			}
		}
		due = true
		c.Plan.Bucket, c.Plan.Prefix = t.Bucket, t.Prefix
		return state.Put(tx, c.key(), *c)
	})
	return t, due && err == nil, err
}

// plan returns the plan of the next digest; nil where there is none yet.
func (d *Delivery) plan(tx state.Tx, l *ledger, c *chain, now time.Time) (*draft, error) {
	if d.setBack(c, now) {
		// The clock was set back. Digests of this time were made before: theirs are
		// other seconds, or they would be written over.
		c.Start = now.Truncate(time.Second)
		if c.window(c.Start, d.cfg.Digest).Equal(c.Start) {
			c.Start = c.Start.Add(time.Second)
		}
		c.Origin = c.Start
	}
	p := draft{Start: c.Start, End: c.Start.Add(d.cfg.Digest), Made: now}
	if now.Before(p.End) {
		return d.backfill(tx, c, now)
	}
	if off := now.Sub(p.End); off/d.cfg.Digest > longestOff {
		p.End = p.End.Add(off.Truncate(d.cfg.Digest))
	}
	if s := l.spanOf(c.Number); s == nil || s.Stop > 0 && l.from() >= s.Stop || l.left(c) {
		// All that there is, also what came behind its end: there is no further one.
		p.Final = true
		if late, err := d.backfill(tx, c, now); err != nil || late != nil {
			return late, err
		}
	}
	n := 0
	for entry, err := range d.known(tx, c) {
		if err != nil {
			return nil, err
		}
		if k := &entry.Value; k.Late || !p.takes(k, d.cfg.Digest) {
			continue
		}
		p.Last = numberOf(entry.Key.Name)
		if n++; n == mostFiles {
			break
		}
	}
	p.Final = p.Final && n < mostFiles
	return &p, nil
}

// backfill returns the plan of a backfill digest; nil where no log file came too
// late for the digest of its time.
func (d *Delivery) backfill(tx state.Tx, c *chain, now time.Time) (*draft, error) {
	var p *draft
	for entry, err := range d.known(tx, c) {
		if err != nil {
			return nil, err
		}
		k := &entry.Value
		if !k.Late {
			continue
		}
		start := c.window(k.Made, d.cfg.Digest)
		if p == nil {
			p = &draft{Start: start, End: start.Add(d.cfg.Digest), Backfill: true, Made: now}
		}
		if p.Start.Equal(start) {
			p.Last = numberOf(entry.Key.Name)
		}
	}
	return p, nil
}

func (l *ledger) spanOf(number uint64) *span {
	for i := range l.Chains {
		if l.Chains[i].Number == number {
			return &l.Chains[i]
		}
	}
	return nil
}

// known yields the log files of a chain that are in no digest yet.
func (d *Delivery) known(r state.Reader, c *chain) func(func(state.Entry[known], error) bool) {
	return state.List[known](r, cloud.Scope{}, kindKnown, state.Range{Prefix: c.name() + "\x00"})
}

func (d *Delivery) anyLate(r state.Reader, c *chain) (bool, error) {
	for entry, err := range d.known(r, c) {
		if err != nil || entry.Value.Late {
			return err == nil, err
		}
	}
	return false, nil
}

func numberOf(name string) uint64 {
	n, _ := strconv.ParseUint(name[strings.LastIndexByte(name, 0)+1:], 10, 64)
	return n
}

// in says whether a log file is in the digest that is planned.
func (p *draft) in(c *chain, number uint64, k *known, length time.Duration) bool {
	switch {
	case number > p.Last || k.Late != p.Backfill:
		return false
	case p.Backfill:
		return c.window(k.Made, length).Equal(p.Start)
	}
	return p.takes(k, length)
}

// takes says whether a log file was delivered in the time of the digest, or by a clock
// that was set back since.
func (p *draft) takes(k *known, length time.Duration) bool {
	return p.Final || k.At.Before(p.End) || k.At.After(p.Made.Add(2*length))
}

// putDigest signs the digest that is planned and puts it.
func (d *Delivery) putDigest(ctx context.Context, t *Trail, c *chain) error {
	p := c.Plan
	s := digest.Draft{
		Bucket: p.Bucket, Start: p.Start, Previous: c.Previous, Made: p.Made,
		Place: place.Place{
			Prefix: p.Prefix, Organization: t.Organization, Account: c.Account, Kind: place.Digest, Region: c.Region, Time: p.End, Trail: t.Name, Home: t.Home, Backfill: p.Backfill,
		},
	}
	at := p.End
	if p.Backfill {
		s.Previous, at = c.Backfill, p.Made
	}
	if err := d.store.View(ctx, func(r state.Reader) error {
		for entry, err := range d.known(r, c) {
			if err != nil {
				return err
			}
			if p.in(c, numberOf(entry.Key.Name), &entry.Value, d.cfg.Digest) {
				s.Logs = append(s.Logs, entry.Value.File)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	key, err := d.signingKey(ctx, t.Account, c.Region, at)
	if err != nil {
		return fmt.Errorf("the key: %w", err)
	}
	object, err := digest.Sign(s, key)
	if err != nil {
		return err
	}
	failed := d.put(ctx, t, object.Key, object.Body, object.Metadata)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failed != nil {
		return errors.Join(&refusedError{failed}, d.digestFailed(ctx, c, failed))
	}
	return d.digestDone(ctx, c, object.Link)
}

// digestDone writes down that a digest was put.
func (d *Delivery) digestDone(ctx context.Context, c *chain, link digest.Link) error {
	p := c.Plan
	return d.change(ctx, c.ARN, func(tx state.Tx, l *ledger) error {
		for entry, err := range d.known(tx, c) {
			if err != nil {
				return err
			}
			if p.in(c, numberOf(entry.Key.Name), &entry.Value, d.cfg.Digest) {
				if err := tx.Delete(entry.Key); err != nil {
					return err
				}
			}
		}
		l.Status.DigestDelivered, l.Status.DigestError = d.clock().UTC(), ""
		c.Plan = nil
		switch {
		case p.Backfill:
			c.Backfill = &link
		case p.Final:
			return d.endChain(tx, l, c)
		default:
			c.Previous, c.Start = &link, p.End
		}
		return state.Put(tx, c.key(), *c)
	})
}

// endChain forgets a chain, and the span when it was its last one.
func (d *Delivery) endChain(tx state.Tx, l *ledger, c *chain) error {
	if err := tx.Delete(c.key()); err != nil {
		return err
	}
	for entry, err := range d.known(tx, c) { // of a trail that was deleted with its bucket
		if err != nil {
			return err
		}
		if err := tx.Delete(entry.Key); err != nil {
			return err
		}
	}
	for _, err := range state.List[chain](tx, cloud.Scope{}, kindChain, state.Range{Prefix: fmt.Sprintf("%s\x00%010d\x00", c.ARN, c.Number)}) {
		return err // there is another one
	}
	for i := range l.Chains {
		if l.Chains[i].Number == c.Number {
			l.Chains = append(l.Chains[:i:i], l.Chains[i+1:]...)
			break
		}
	}
	return nil
}

func (d *Delivery) digestFailed(ctx context.Context, c *chain, failed error) error {
	return d.change(ctx, c.ARN, func(tx state.Tx, l *ledger) error {
		l.Status.DigestError = codeOf(failed)
		if !l.Gone {
			return nil
		}
		return d.endChain(tx, l, c) // nobody will mend the bucket for it
	})
}

// signingKey returns the key of an account and region at a time.
func (d *Delivery) signingKey(ctx context.Context, account cloud.Account, region cloud.Region, at time.Time) (*rsa.PrivateKey, error) {
	scope := cloud.Scope{Account: account, Region: region}
	if k, ok := d.keys[scope]; ok && !k.public.Start.After(at) && k.public.End.After(at.Add(keyMargin)) {
		return k.private, nil
	}
	private, public, err := d.cfg.Key(cloud.WithCall(ctx, cloud.Call{Account: account, Region: region, Time: d.clock().UTC()}), at)
	if err != nil {
		return nil, err
	}
	if len(d.keys) >= mostKeys {
		clear(d.keys)
	}
	d.keys[scope] = signing{private, public}
	return private, nil
}
