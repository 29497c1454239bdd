package delivery

import (
	"errors"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/digest"
)

const (
	kindChain = "cloudtrail/chain"
	kindKnown = "cloudtrail/log-file"
)

// chain is the digests of one account and region of a trail, one behind the other.
type chain struct {
	ARN     string
	Number  uint64 // of the span
	Account cloud.Account
	Region  cloud.Region

	Origin   time.Time    // from which times of digests are counted, in all regions alike
	Start    time.Time    // of the next digest
	Previous *digest.Link `json:",omitempty"`
	Backfill *digest.Link `json:",omitempty"` // backfill digests are a chain of their own
	Plan     *draft       `json:",omitempty"`
}

// draft is the plan of a digest.
type draft struct {
	Bucket, Prefix string
	Start, End     time.Time
	Last           uint64    // the number of its last log file
	Backfill       bool      `json:",omitempty"`
	Made           time.Time // when it was planned
	Final          bool      `json:",omitempty"` // the chain ends with it
}

// known is a log file that was delivered and is in no digest yet.
type known struct {
	File digest.LogFile
	At   time.Time // when it was delivered
	Made time.Time // when it was planned, which its key says
	Late bool      // the digest of that time was made without it
}

func chainName(arn string, number uint64, account cloud.Account, region cloud.Region) string {
	return fmt.Sprintf("%s\x00%010d\x00%s\x00%s", arn, number, account, region)
}

func (c *chain) name() string { return chainName(c.ARN, c.Number, c.Account, c.Region) }

func (c *chain) key() state.Key { return state.Key{Kind: kindChain, Name: c.name()} }

func (c *chain) knownKey(number uint64) state.Key {
	return state.Key{Kind: kindKnown, Name: fmt.Sprintf("%s\x00%020d", c.name(), number)}
}

// window returns when the time of a digest begins that a moment is in.
func (c *chain) window(at time.Time, length time.Duration) time.Time {
	since := at.Sub(c.Origin) % length
	if since < 0 {
		since += length
	}
	return at.Add(-since)
}

// chains begins chains where the trail has digests from now on, and ends them where
// it has none any more, with the records before one.
func (d *Delivery) chains(tx state.Tx, l *ledger, was, is bool, next uint64, now time.Time) error {
	switch {
	case is && was: // it may be of more regions
		if s := l.chain(); s != nil {
			return d.begin(tx, l.now(), s, l.now().Account, now)
		}
	case is:
		s := span{Number: 1, Start: now.Truncate(time.Second)}
		if last := l.chain(); last != nil {
			s.Number = last.Number + 1
		}
		l.Chains = append(l.Chains, s)
		return d.begin(tx, l.now(), &s, l.now().Account, now)
	case was:
		if last := l.chain(); last != nil && last.Stop == 0 {
			last.Stop = next
		}
	}
	return nil
}

// setBack says whether the clock was set back so far that the chain goes on from what
// it tells now.
func (d *Delivery) setBack(c *chain, now time.Time) bool {
	return c.Start.After(now.Add(2 * d.cfg.Digest))
}

// chained writes down that the files of a batch wait for their digests.
func (d *Delivery) chained(tx state.Tx, l *ledger, p *delivery, now time.Time) error {
	s := l.chain()
	var errs []error
	begun := map[cloud.Account]bool{}
	for i := range p.batch.Files {
		l.Files++
		f := &p.batch.Files[i]
		if s == nil {
			continue
		}
		if !begun[f.Account] {
			begun[f.Account] = true
			if err := d.begin(tx, &p.trail, s, f.Account, now); err != nil {
				return err
			}
		}
		c, found, err := state.Find[chain](tx, state.Key{Kind: kindChain, Name: chainName(p.trail.ARN, s.Number, f.Account, f.Region)})
		if err != nil {
			return err
		}
		if !found {
			c = d.newChain(&p.trail, s, f.Account, f.Region, now)
			errs = append(errs, state.Put(tx, c.key(), c))
		}
		at := now
		if at.Before(c.Start) && !d.setBack(&c, now) {
			at = c.Start
		}
		k := known{
			At: at, Made: p.batch.Made, Late: p.batch.Made.Before(c.window(at, d.cfg.Digest).Add(-d.cfg.Digest)),
			File: digest.LogFile{Bucket: p.batch.Bucket, Key: f.Key, Hash: f.Hash, Newest: f.Newest, Oldest: f.Oldest},
		}
		errs = append(errs, state.Insert(tx, c.knownKey(l.Files), k))
	}
	return errors.Join(errs...)
}
