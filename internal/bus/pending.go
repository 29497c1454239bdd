package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// Pending is a delivery that has not ended.
type Pending struct {
	Delivery `json:"delivery"` // without payloads

	Accepted time.Time `json:"accepted"`
	Size     int       `json:"size"`     // bytes of its payloads
	Attempts int       `json:"attempts"` // that have failed
	Next     time.Time `json:"next"`     // it is not tried before
	Failures []Failure `json:"failures"` // of the last few attempts, the last one at the end

	ended bool
}

// Failure is how one attempt failed.
type Failure struct {
	Time    time.Time `json:"time"`
	Code    string    `json:"code"`
	Message string    `json:"message"`
}

// keptFailures is how many failures of a delivery are kept.
const keptFailures = 5

// Attempts returns the delivery with this ID and how its attempts went. The
// error is of kind NotFound when there is none, or none any more.
func (b *Bus) Attempts(ctx context.Context, id string) (p Pending, err error) {
	err = b.store.View(ctx, func(r state.Reader) error {
		p, err = state.Get[Pending](r, deliveryKey(kindDelivery, id))
		return err
	})
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		err = cloud.Errorf(cloud.NotFound, "NoSuchDelivery", "delivery %q does not exist, or has ended", id)
	}
	p.ID = id
	return p, err
}

// Pending returns deliveries that have not ended, in the order in which they
// were accepted: at most limit of them, and only those after the ID after, ""
// for the first.
func (b *Bus) Pending(ctx context.Context, after string, limit int) (page []Pending, err error) {
	err = b.store.View(ctx, func(r state.Reader) error {
		for e, err := range state.List[Pending](r, cloud.Scope{}, kindDelivery, state.Range{After: after, Limit: limit}) {
			if err != nil {
				return err
			}
			e.Value.ID = e.Key.Name
			page = append(page, e.Value)
		}
		return nil
	})
	return page, err
}

// withPayloads returns a delivery with all that is needed to try it.
func (b *Bus) withPayloads(ctx context.Context, id string) (Pending, error) {
	var p Pending
	err := b.store.View(ctx, func(r state.Reader) (err error) {
		if p, err = state.Get[Pending](r, deliveryKey(kindDelivery, id)); err != nil {
			return err
		}
		p.ID = id
		if p.Payload, err = r.Get(deliveryKey(kindPayload, id)); err != nil {
			return err
		}
		if p.Size > len(p.Payload) {
			p.DeadLetter.Payload, err = r.Get(deliveryKey(kindDeadPayload, id))
		}
		return err
	})
	return p, err
}

// loadSchedule fills the schedule with what the store holds.
func (b *Bus) loadSchedule(ctx context.Context) error {
	err := b.schedule.load(func(add func(Pending)) (last uint64, err error) {
		err = b.store.View(ctx, func(r state.Reader) error {
			book, _, err := state.Find[ledger](r, ledgerKey())
			if err != nil {
				return err
			}
			last = book.Last
			for e, err := range state.List[Pending](r, cloud.Scope{}, kindDelivery, state.Range{}) {
				if err != nil {
					return err
				}
				e.Value.ID = e.Key.Name
				add(e.Value)
			}
			return nil
		})
		return last, err
	})
	if err != nil {
		return fmt.Errorf("run the bus: read deliveries: %w", err)
	}
	return nil
}
