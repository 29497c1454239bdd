package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/publish"
	"github.com/sillok/sillok/internal/store/state"
)

// Delivery is a payload on its way to an ARN.
type Delivery struct {
	ID         string            `json:"-"` // the same in every attempt; set by Deliver
	Target     cloud.ARN         `json:"target"`
	Payload    []byte            `json:"-"`
	Attributes map[string]string `json:"attributes,omitempty"` // sent beside the payload, as a queue's message attributes

	// MessageAttributes are attributes besides those, which are no plain strings.
	MessageAttributes map[string]publish.Attribute `json:"message_attributes,omitempty"`
	// DeduplicationID is for queues and topics that keep an order: what comes with the same
	// one again is not taken twice.
	DeduplicationID string `json:"deduplication_id,omitempty"`

	Source cloud.ARN `json:"source,omitzero"` // what sends it: a rule, topic, log group
	// SourceAccount is whose Source is, where its ARN does not say that.
	SourceAccount cloud.Account `json:"source_account,omitempty"`

	Principal string `json:"principal,omitempty"` // who asks: "events.amazonaws.com", the ARN of a role
	Group     string `json:"group,omitempty"`     // deliveries of one group to one target keep their order; "" has none

	// MaxAge is how long after Deliver it is tried again; 0 means 24 hours.
	MaxAge time.Duration `json:"max_age"`
	// MaxAttempts is how often it is tried, the first time included; 0 means
	// 186, which is EventBridge's first try and 185 retries.
	MaxAttempts int `json:"max_attempts"`
	// Phases are how long to wait after each failed attempt; nil is the bus's own way.
	Phases []Phase `json:"phases,omitempty"`

	DeadLetter DeadLetter `json:"dead_letter,omitzero"`
}

// DeadLetter is what is delivered in place of a delivery that was given up.
type DeadLetter struct {
	Target     cloud.ARN         `json:"target"`               // the zero ARN is none
	Payload    []byte            `json:"-"`                    // empty means the delivery's own
	Attributes map[string]string `json:"attributes,omitempty"` // besides the delivery's own, and what says why
}

// IsZero reports whether there is no dead letter.
func (d DeadLetter) IsZero() bool { return d.Target == cloud.ARN{} }

// Names of the attributes that a dead letter gets besides its own.
const (
	AttributeErrorCode    = "ERROR_CODE"
	AttributeErrorMessage = "ERROR_MESSAGE"
	AttributeTargetARN    = "TARGET_ARN"
	AttributeRetries      = "RETRY_ATTEMPTS"
	// AttributeExhausted is there when retries came to their end, and then
	// ExhaustedAttempts or ExhaustedAge.
	AttributeExhausted = "EXHAUSTED_RETRY_CONDITION"
	ExhaustedAttempts  = "MaximumRetryAttempts"
	ExhaustedAge       = "MaximumEventAgeInSeconds"
)

const (
	defaultMaxAge      = 24 * time.Hour
	defaultMaxAttempts = 186
)

// Target takes deliveries for the ARNs of one service.
type Target interface {
	// Deliver returns nil once the payload is as safe as the service promises.
	// It must end when ctx does. The kind of its error says whether trying
	// again may help; the package comment lists which.
	Deliver(ctx context.Context, d Delivery) error
}

// ledger counts deliveries.
type ledger struct {
	Last         uint64 `json:"last"`          // number of the last one
	DeadLettered uint64 `json:"dead_lettered"` // ended with a dead letter
	GivenUp      uint64 `json:"given_up"`      // ended without one
}

// Deliver accepts d as part of tx and returns its ID. The error is of kind
// Invalid when d has no target. When it fails, tx must be rolled back.
func (b *Bus) Deliver(tx state.Tx, d Delivery) (id string, err error) {
	if d.Target == (cloud.ARN{}) {
		return "", cloud.Errorf(cloud.Invalid, "InvalidArn", "a delivery needs the ARN of a target")
	}
	book, _, err := state.Find[ledger](tx, ledgerKey())
	if err != nil {
		return "", fmt.Errorf("deliver to %s: %w", d.Target, err)
	}
	p := Pending{Delivery: d, Accepted: time.Now().UTC()}
	err = errors.Join(b.accept(tx, &book, &p), state.Put(tx, ledgerKey(), book))
	if err != nil {
		return "", fmt.Errorf("deliver to %s: %w", d.Target, err)
	}
	return p.ID, nil
}

// Send is Deliver in a transaction of its own.
func (b *Bus) Send(ctx context.Context, d Delivery) (id string, err error) {
	err = b.store.Update(ctx, func(tx state.Tx) error {
		id, err = b.Deliver(tx, d)
		return err
	})
	return id, err
}

// accept writes p as new, or gives it up when its target has no room.
func (b *Bus) accept(tx state.Tx, book *ledger, p *Pending) error {
	book.Last++
	p.ID = name(book.Last)
	if p.MaxAge == 0 {
		p.MaxAge = defaultMaxAge
	}
	if p.MaxAttempts == 0 {
		p.MaxAttempts = defaultMaxAttempts
	}
	p.Size = len(p.Payload) + len(p.DeadLetter.Payload)
	p.Next = p.Accepted
	if b.schedule.size(p.Target)+entrySize(p.Size) > b.cfg.TargetBytes {
		p.Failures = []Failure{{Time: p.Accepted, Code: "TargetBacklogFull", Message: "too much waits for this target already"}}
		return b.giveUp(tx, book, p, "")
	}
	errs := []error{
		tx.Insert(deliveryKey(kindPayload, p.ID), p.Payload),
		state.Insert(tx, deliveryKey(kindDelivery, p.ID), p),
	}
	if len(p.DeadLetter.Payload) > 0 {
		errs = append(errs, tx.Insert(deliveryKey(kindDeadPayload, p.ID), p.DeadLetter.Payload))
	}
	tx.AfterCommit(func() { b.schedule.add(*p) })
	return errors.Join(errs...)
}

// giveUp puts a dead letter in p's place, if it has one. Exhausted is the limit
// that ended its retries, or "".
func (b *Bus) giveUp(tx state.Tx, book *ledger, p *Pending, exhausted string) error {
	last := p.Failures[len(p.Failures)-1]
	log := b.cfg.Log.With("arn", p.Target.String(), "source_arn", p.Source.String(), "delivery", p.ID,
		"attempts", p.Attempts, "code", last.Code, "message", last.Message)
	if p.DeadLetter.IsZero() {
		book.GivenUp++
		tx.AfterCommit(func() { log.Error("a delivery was given up and its payload is lost") })
		return nil
	}
	book.DeadLettered++
	tx.AfterCommit(func() {
		log.Warn("a delivery was given up for its dead letter", "dead_letter_arn", p.DeadLetter.Target.String())
	})
	return b.accept(tx, book, p.deadLetter(last, exhausted))
}

// deadLetter returns what is delivered in p's place.
func (p *Pending) deadLetter(last Failure, exhausted string) *Pending {
	letter := Delivery{
		Target: p.DeadLetter.Target, Payload: p.DeadLetter.Payload,
		Attributes: map[string]string{},
		Source:     p.Source, SourceAccount: p.SourceAccount, Principal: p.Principal, Group: p.Group,
		MessageAttributes: p.MessageAttributes, DeduplicationID: p.DeduplicationID,
	}
	if len(letter.Payload) == 0 {
		letter.Payload = p.Payload
	}
	maps.Copy(letter.Attributes, p.Attributes)
	maps.Copy(letter.Attributes, p.DeadLetter.Attributes)
	letter.Attributes[AttributeErrorCode] = last.Code
	letter.Attributes[AttributeErrorMessage] = last.Message
	letter.Attributes[AttributeTargetARN] = p.Target.String()
	letter.Attributes[AttributeRetries] = strconv.Itoa(max(0, p.Attempts-1))
	if exhausted != "" {
		letter.Attributes[AttributeExhausted] = exhausted
	}
	return &Pending{Delivery: letter, Accepted: time.Now().UTC()}
}

func ledgerKey() state.Key { return state.Key{Kind: kindLedger} }

func deliveryKey(kind, id string) state.Key { return state.Key{Kind: kind, Name: id} }

// Prober is a Target that can say whether it would take a delivery, without taking it.
type Prober interface {
	// Probe returns nil where Deliver would take d, as far as can be seen now.
	Probe(ctx context.Context, d Delivery) error
}

// Probe asks a target whether it would take d. One that is no Prober has no objections.
func Probe(ctx context.Context, target Target, d Delivery) error {
	if p, ok := target.(Prober); ok {
		return p.Probe(ctx, d)
	}
	return nil
}
