package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/place"
)

// chainKey is what tells chains of digests in one region of an account apart.
type chainKey struct {
	trail    string
	home     cloud.Region
	backfill bool
}

// chain is the digests of one trail in one region, from the oldest to the newest.
type chain struct {
	chainKey

	digests []found
	after   found   // the first that is later than what was asked for, for its predecessor's signature
	next    int     // the first that was not read
	held    *loaded // the last that was read: its successor may know its signature
	links   digest.Chain
	proven  Proven
	valid   map[string]bool // digests that were counted as valid, of those that a break may still come to
}

// loaded is a digest file that was read, as far as it could be.
type loaded struct {
	found

	read     *digest.Read
	metadata map[string]string
	err      error
}

// advance reads the digests that end before a time, of all chains side by side, and
// judges them.
func (g *group) advance(ctx context.Context, chains []*chain, until time.Time) error {
	batches := make([][]loaded, len(chains))
	work := g.run.batch(ctx)
	for i, c := range chains {
		for c.next < len(c.digests) && c.digests[c.next].Time.Before(until) {
			batches[i] = append(batches[i], loaded{found: c.digests[c.next]})
			c.next++
		}
	}
	for _, batch := range batches {
		for i := range batch {
			d := &batch[i]
			if err := work.read(func(*reader) { d.read, d.metadata, d.err = g.tree.digest(ctx, d.key) }); err != nil {
				return errors.Join(err, work.wait())
			}
		}
	}
	if err := work.wait(); err != nil {
		return err
	}
	for i, c := range chains {
		for j := range batches[i] {
			d := &batches[i][j]
			if err := g.judge(ctx, c, c.held, d); err != nil {
				return err
			}
			c.held = d
		}
		if c.next == len(c.digests) && c.held != nil {
			if err := g.judge(ctx, c, c.held, g.beyond(ctx, c)); err != nil {
				return err
			}
			c.held = nil
		}
	}
	return nil
}

// beyond reads the digest behind the last that was asked for, where that has a signature
// which is nowhere else; nil where there is none.
func (g *group) beyond(ctx context.Context, c *chain) *loaded {
	if c.after.key == "" || g.tree.Bucket != "" {
		return nil
	}
	d := &loaded{found: c.after}
	d.read, d.metadata, d.err = g.tree.digest(ctx, d.key)
	return d
}

// verdict is what a digest turned out to be.
type verdict struct {
	signature string // in hex
	kind      Kind   // empty for a valid digest
	detail    string
}

// judge verifies a digest whose successor was read too; next is nil for the newest.
func (g *group) judge(ctx context.Context, c *chain, d, next *loaded) error {
	if d == nil {
		return nil
	}
	v, err := g.verdict(ctx, c, d, next)
	if err != nil {
		return err
	}
	counts := g.row(d.Day())
	switch v.kind {
	case "":
		counts.DigestsValid++
		if c.proven.Digests++; c.proven.Digests == 1 {
			c.proven.Since = d.read.File.Start
		}
		c.proven.Until = d.read.File.End
	case DigestInvalid:
		counts.DigestsInvalid++
	case DigestMissing:
		counts.DigestsMissing++
	default:
		counts.DigestsUnproven++
	}
	g.run.ledger.add(counts)
	if v.kind != "" {
		if err := g.problem(Problem{Kind: v.kind, Day: d.Day(), Object: g.tree.Name(d.key), Detail: v.detail}); err != nil {
			return err
		}
	}
	seen := digest.Seen{Bucket: g.tree.bucket, Key: g.tree.key(d.key), At: d.Time, Signature: v.signature}
	if v.kind == "" || v.kind == DigestUnproven {
		seen.Read = d.read
	}
	for _, b := range c.links.Add(seen) {
		if err := g.broken(c, b); err != nil {
			return err
		}
	}
	c.valid = map[string]bool{seen.Key: v.kind == ""} // a break is about this digest or the one before
	if seen.Read == nil {
		return nil
	}
	if !c.backfill {
		g.covered.add(d.read.File.Start, d.read.File.End)
	}
	return g.route(ctx, d)
}

// verdict says what a digest is. The error is one of asking for keys.
func (g *group) verdict(ctx context.Context, c *chain, d, next *loaded) (verdict, error) {
	v := verdict{kind: DigestInvalid}
	fail := func(err error) (verdict, error) {
		v.detail = err.Error()
		return v, nil
	}
	if d.err != nil {
		if _, ok := errors.AsType[*digest.InvalidError](d.err); !ok {
			v.kind = DigestUnread
		}
		if errors.Is(d.err, ErrNotFound) {
			v.kind = DigestMissing
		}
		return fail(d.err)
	}
	if err := d.read.At(g.tree.bucket, g.tree.key(d.key)); err != nil {
		return fail(err)
	}
	signed, err := digest.SignedBy(d.metadata, c.backfill)
	if err != nil && g.tree.Bucket == "" {
		// A folder has no metadata, but the next digest has the signature.
		signed.Signature, err = signatureIn(next, &d.read.File), nil
		if signed.Signature == "" {
			v.kind, v.detail = DigestUnproven, "its signature was in the metadata of the object in S3, and no digest after it has it"
			return v, nil
		}
	}
	if err != nil {
		return fail(err)
	}
	v.signature = signed.Signature
	if g.run.keys.ask == nil {
		v.kind, v.detail = DigestUnproven, "no public keys were given to verify its signature with"
		return v, nil
	}
	key, ok, err := g.publicKey(ctx, d, signed.Backfill)
	if err != nil {
		return v, err
	}
	if !ok {
		return fail(&digest.InvalidError{Reason: digest.NoKey, Detail: fmt.Sprintf("in region %s for fingerprint %s", d.Region, d.read.File.Fingerprint)})
	}
	if err := d.read.Verify(key, signed.Signature); err != nil {
		return fail(err)
	}
	v.kind = ""
	return v, nil
}

// publicKey looks for a digest's key in its region, then in the trail's.
func (g *group) publicKey(ctx context.Context, d *loaded, made time.Time) (digest.PublicKey, bool, error) {
	if g.tree.Bucket == "" && d.Backfill {
		made = d.Time
	}
	key, ok, err := g.run.keys.find(ctx, d.Region, d.read.File.Fingerprint, made)
	if ok || err != nil || d.Home == d.Region {
		return key, ok, err
	}
	return g.run.keys.find(ctx, d.Home, d.read.File.Fingerprint, made)
}

// signatureIn returns the signature of a digest that its successor has; empty for none.
func signatureIn(next *loaded, of *digest.File) string {
	if next == nil || next.read == nil {
		return ""
	}
	if previous, ok := next.read.File.Previous(); ok && previous.Bucket == of.Bucket && previous.Key == of.Key {
		return previous.Signature
	}
	return ""
}

// broken tells of a chain that is not whole.
func (g *group) broken(c *chain, b digest.Break) error {
	p := Problem{Object: g.name(b.Bucket, b.Key), Since: b.Since, Until: b.Until}
	at := b.Until
	if parsed, err := place.Parse(b.Key); err == nil {
		at = parsed.Time
	}
	p.Day = at.Format(time.DateOnly)
	counts := g.row(p.Day)
	switch b.Kind {
	case digest.Gap:
		p.Kind, p.Detail = Gap, "CloudTrail began a new chain: no log files were delivered, or log file validation was off"
		counts.Gaps++
	case digest.Missing:
		p.Kind, p.Detail = DigestMissing, "not found: the digest after it names it"
		counts.DigestsMissing++
	case digest.Replaced, digest.Beside:
		p.Kind, p.Detail = DigestReplaced, "it is signed, but it is not the one that the digest after it was made from"
		if b.Kind == digest.Beside {
			p.Kind, p.Detail = DigestBeside, "it is signed, but the chain passes it by"
		}
		if c.valid[b.Key] {
			counts.DigestsValid--
			counts.DigestsInvalid++
		}
	case digest.Jump:
		p.Kind, p.Detail = ClockJump, "it goes on from the digest before it, but not from the time at which that ended"
		counts.Jumps++
	case digest.Elsewhere:
		p.Kind, p.Detail = DigestElsewhere, "the digest before the first is in a place that was not looked at"
	}
	g.run.ledger.add(counts)
	return g.problem(p)
}
