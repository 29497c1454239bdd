package gateway

import (
	"context"

	"github.com/sillok/sillok/internal/cloud"
)

// begin writes the intent of a call that changes something, before the change.
// When it cannot be written, the change is refused. A call that AWS takes without a
// signature has none, since anybody could write them without end: all it changes is
// that it answers with credentials, or what the secret in a link is for, and its record
// precedes that answer.
func (g *Gateway) begin(ctx context.Context, a *attempt) error {
	if !a.fact.Changes || a.op.Unsigned || a.followsLink() {
		return nil
	}
	a.fact.Outcome = cloud.Begun
	var err error
	if a.intent, err = g.cfg.Journal.Begin(ctx, a.fact); err != nil {
		a.intent = nil
		if cloud.KindOf(err) == cloud.Throttled {
			return err // too many changes are under way, and the journal is sound
		}
		return errNoJournal(err)
	}
	return nil
}

// errNoJournal is how a call ends that may not be done because it cannot be
// written down.
func errNoJournal(cause error) error {
	return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable",
		"The journal of calls cannot be written, so nothing may be changed now. GET %shealth says why.", LocalPrefix).Because(cause)
}
