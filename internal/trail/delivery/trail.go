package delivery

import (
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/selector"
)

// Trail is what delivery must know of a trail.
type Trail struct {
	ARN, Name    string
	Account      cloud.Account
	Home         cloud.Region
	Organization string `json:",omitempty"` // whose accounts it is of; empty for its own alone

	Bucket   string
	Prefix   string `json:",omitempty"`
	Key      string `json:",omitempty"` // the ARN of the KMS key; empty for none
	Topic    string `json:",omitempty"` // the ARN of a topic that is told of log files
	LogGroup string `json:",omitempty"` // the ARN of a log group that takes events too
	LogRole  string `json:",omitempty"` // the ARN of the role in which that is written to

	MultiRegion bool
	Global      bool // it is of the services without regions too
	Validated   bool // it has digests
	Logging     bool

	// At most one of the two; neither means all management events.
	Basic    []cloudtrailapi.EventSelector         `json:",omitempty"`
	Advanced []cloudtrailapi.AdvancedEventSelector `json:",omitempty"`

	Insights []cloudtrailapi.InsightSelector `json:",omitempty"` // what unusual activity it looks for
}

// digested says whether there are digests of what the trail delivers now.
func (t *Trail) digested() bool { return t.Logging && t.Validated }

// Set returns what the trail selects.
func (t *Trail) Set() (*selector.Set, error) {
	switch {
	case t.Advanced != nil:
		return selector.Advanced(selector.Trail, t.Advanced)
	case t.Basic != nil:
		return selector.Basic(t.Basic)
	}
	return selector.Basic(selector.DefaultBasic())
}

// Covers says whether the trail is of the region that an event is of.
func (t *Trail) Covers(e *event.Event) bool {
	if global(e) && !t.Global {
		return false
	}
	return t.MultiRegion || e.Region == t.Home
}

// global says whether an event is of a service without regions.
func global(e *event.Event) bool {
	if e.Region != "us-east-1" {
		return false
	}
	switch strings.TrimSuffix(e.Source, ".amazonaws.com") {
	case "iam", "sts", "organizations", "route53", "cloudfront":
		return true
	}
	return false
}

// era is a trail as it was from a record of the journal on.
type era struct {
	From  uint64
	By    string // the ID of the request that began it: where it stopped the trail, that call is the last one recorded
	Trail Trail
}

// ledger is what is kept of a trail.
type ledger struct {
	Eras   []era  // oldest first; the last is how the trail is now
	Next   uint64 // the first record of the journal that is in no plan
	Batch  *batch `json:",omitempty"`
	Chains []span `json:",omitempty"` // those that have not ended
	Files  uint64 // how many were delivered
	Found  uint64 `json:",omitempty"` // how many plans of insights there were
	Gone   bool   `json:",omitempty"` // the trail was deleted
	Status Status
}

// span is when the chains of digests of a trail began and end, in all of its regions
// alike: the trail was started, or its validation, and stopped.
type span struct {
	Number uint64
	Start  time.Time
	Stop   uint64 `json:",omitempty"` // the record from which on there is nothing more for it; 0 while it goes on
}

// now returns how the trail is.
func (l *ledger) now() *Trail { return &l.Eras[len(l.Eras)-1].Trail }

// from returns the first record that is not delivered.
func (l *ledger) from() uint64 {
	if l.Batch != nil {
		return l.Batch.From
	}
	return l.Next
}

// idle says whether there is nothing for the trail in the journal, and will be
// nothing before it is changed.
func (l *ledger) idle() bool {
	last := &l.Eras[len(l.Eras)-1]
	if l.Batch != nil || last.Trail.Logging {
		return false
	}
	return l.Next >= last.From+lastCall || l.Gone && l.Next >= last.From
}

// lastCall is how many records behind a stop the call that stopped is looked for.
const lastCall = 1000

// prune forgets the eras that decide nothing any more.
func (l *ledger) prune() {
	from := l.from()
	for len(l.Eras) > 1 && l.Eras[1].From+lastCall <= from {
		l.Eras = l.Eras[1:]
	}
}

// chain returns the span of chains that files delivered now belong to.
func (l *ledger) chain() *span {
	if len(l.Chains) == 0 {
		return nil
	}
	return &l.Chains[len(l.Chains)-1]
}

// Status is how the deliveries of a trail went. Times are zero for what did not
// happen.
type Status struct {
	Delivered    time.Time // the last log file
	Attempted    time.Time
	Error        string    `json:",omitempty"` // the code of the last attempt's; empty where it succeeded
	FailingSince time.Time `json:",omitzero"`

	DigestDelivered time.Time `json:",omitzero"`
	DigestError     string    `json:",omitempty"`

	Notified    time.Time `json:",omitzero"`  // the topic
	NotifyError string    `json:",omitempty"` // the code of why the last notification was given up
	Sent        time.Time `json:",omitzero"`  // to the log group
	SendError   string    `json:",omitempty"` // the same of what was sent there

	Lost uint64 `json:",omitempty"` // records of the journal that were damaged or removed before they were read
}
