package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// The kinds of document that the bus keeps. They belong to no account or region.
const (
	kindOutbox      = "bus/outbox" // one: what is in the outbox
	kindFact        = "bus/fact"   // by number
	kindCursor      = "bus/cursor" // by listener
	kindLedger      = "bus/ledger" // one: what became of deliveries
	kindDelivery    = "bus/delivery"
	kindPayload     = "bus/payload"      // by the delivery's id, so that a retry does not write it again
	kindDeadPayload = "bus/dead-payload" // by the delivery's id, when it is not the payload itself
)

// Fact says that something happened.
type Fact struct {
	Number  uint64          `json:"-"`                // its place in the order of commits, from 1; set by Publish
	Kind    string          `json:"kind"`             // service, thing, what happened: "glue.table.created"
	Scope   cloud.Scope     `json:"scope"`            // whose it is
	Time    time.Time       `json:"time"`             // when it happened; zero means now. Time does not order facts, Number does
	Subject cloud.ARN       `json:"subject,omitzero"` // what it happened to
	Cause   uint64          `json:"cause,omitzero"`   // Number of the fact that this one follows from; 0 for none
	Data    json.RawMessage `json:"data,omitempty"`   // the rest, in the kind's own shape; kept as JSON, not byte for byte
}

// outbox says which facts are kept: those after Removed, up to Last.
type outbox struct {
	Last    uint64 `json:"last"`
	Removed uint64 `json:"removed"`
	Bytes   int64  `json:"bytes"`
}

// Publish states fact as part of tx. When it fails, tx must be rolled back: a
// full outbox is an error of kind Unavailable.
func (b *Bus) Publish(tx state.Tx, fact Fact) error {
	if fact.Kind == "" {
		return errors.New("publish a fact: it has no kind")
	}
	if fact.Time.IsZero() {
		fact.Time = time.Now()
	}
	fact.Time = fact.Time.UTC()
	value, err := json.Marshal(fact)
	if err != nil {
		return fmt.Errorf("publish %s: %w", fact.Kind, err)
	}
	box, _, err := state.Find[outbox](tx, outboxKey())
	if err != nil {
		return fmt.Errorf("publish %s: %w", fact.Kind, err)
	}
	room, before := b.cfg.OutboxBytes, box.Bytes
	if fact.Cause != 0 {
		room *= 2
	}
	box.Last++
	box.Bytes += factSize(value)
	if box.Bytes > room {
		return errOutboxFull()
	}
	if err := errors.Join(tx.Insert(factKey(box.Last), value), state.Put(tx, outboxKey(), box)); err != nil {
		return fmt.Errorf("publish %s: %w", fact.Kind, err)
	}
	tx.AfterCommit(b.wakeListeners)
	if half := b.cfg.OutboxBytes / 2; before < half && box.Bytes >= half {
		tx.AfterCommit(func() {
			b.cfg.Log.Warn("the outbox is half full: a listener is behind", "bytes", box.Bytes, "limit", b.cfg.OutboxBytes)
		})
	}
	return nil
}

func (b *Bus) wakeListeners() { b.published.wake("") }

func errOutboxFull() error {
	return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable",
		"changes are refused until what follows from earlier ones has been dealt with; the server's health says what is behind")
}

func factSize(value []byte) int64 { return int64(len(value)) + recordOverhead }

func outboxKey() state.Key { return state.Key{Kind: kindOutbox} }

func factKey(number uint64) state.Key { return state.Key{Kind: kindFact, Name: name(number)} }

// name spells a number so that names are in the order of numbers.
func name(number uint64) string { return fmt.Sprintf("%016x", number) }

// number reads what name wrote.
func number(name string) (uint64, error) { return strconv.ParseUint(name, 16, 64) }
