package delivery

import (
	"slices"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// begin begins the chains of an account in all regions in which the trail has digests and
// that have no chain yet: AWS proves of each region that is enabled that nothing was
// delivered there, too, hour by hour and without an end.
func (d *Delivery) begin(tx state.Tx, t *Trail, s *span, account cloud.Account, now time.Time) error {
	for _, region := range d.regions(t) {
		name := chainName(t.ARN, s.Number, account, region)
		if _, found, err := state.Find[chain](tx, state.Key{Kind: kindChain, Name: name}); err != nil || found {
			if err != nil {
				return err
			}
			continue
		}
		c := d.newChain(t, s, account, region, now)
		if err := state.Put(tx, c.key(), c); err != nil {
			return err
		}
	}
	return nil
}

// regions returns the regions in which a trail has digests, whatever happens there.
func (d *Delivery) regions(t *Trail) []cloud.Region {
	regions := []cloud.Region{t.Home}
	if !t.MultiRegion || d.cfg.Regions == nil {
		return regions
	}
	for _, region := range d.cfg.Regions(t.Home) {
		if !slices.Contains(regions, region) {
			regions = append(regions, region)
		}
	}
	return regions
}

// left says whether a trail is of all regions no longer, and what it had recorded in a
// chain's region is delivered.
func (l *ledger) left(c *chain) bool {
	last := &l.Eras[len(l.Eras)-1]
	return !last.Trail.MultiRegion && c.Region != last.Trail.Home && l.from() >= last.From
}

// newChain returns a chain that begins with the digest of now.
func (d *Delivery) newChain(t *Trail, s *span, account cloud.Account, region cloud.Region, now time.Time) chain {
	c := chain{ARN: t.ARN, Number: s.Number, Account: account, Region: region, Origin: s.Start}
	if c.Start = c.window(now, d.cfg.Digest); c.Start.Before(s.Start) {
		c.Start = s.Start
	}
	return c
}
