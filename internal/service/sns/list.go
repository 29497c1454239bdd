package sns

import (
	"sync"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/filterpolicy"
	"github.com/sillok/sillok/internal/resource"
)

// lists remember the subscriptions of topics, so that a message is published without
// reading them all. They are known by the topic's revision, which is another one with each
// change: what a transaction saw that failed later is never taken for what is there.
type lists struct {
	mu      sync.Mutex
	byTopic map[cloud.ARN]*list
	held    int // subscriptions in all of them
}

const mostHeld = 200_000

// list is what is subscribed to a topic, and confirmed.
type list struct {
	revision string
	filtered int // of them have filter policies, those that wait included
	entries  []entry
}

// entry is a subscription as it is published to.
type entry struct {
	subscription

	arn    cloud.ARN
	filter *filterpolicy.Policy
	phases []bus.Phase
}

// of returns the subscriptions of a topic, as the transaction sees them.
func (l *lists) of(r resource.Reader, arn cloud.ARN) (*list, error) {
	t, err := topics.Get(r, arn.Resource)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	known := l.byTopic[arn]
	l.mu.Unlock()
	if known != nil && known.revision == t.Revision {
		return known, nil
	}
	made := &list{revision: t.Revision}
	for e, err := range subscriptions.List(r, arn.Resource) {
		if err != nil {
			return nil, err
		}
		sub := e.Value
		filter, err := sub.filter()
		if err != nil {
			return nil, err // it was checked when it was set
		}
		if filter != nil {
			made.filtered++
		}
		if !sub.Pending {
			made.entries = append(made.entries, entry{sub, sub.arn(arn), filter, t.phases(&sub)})
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.byTopic[arn]; old != nil {
		l.held -= len(old.entries)
	}
	if l.held += len(made.entries); l.held > mostHeld {
		l.byTopic, l.held = map[cloud.ARN]*list{}, len(made.entries)
	}
	l.byTopic[arn] = made
	return made, nil
}

// phases are the pauses after which a subscription is tried again.
func (t *topic) phases(sub *subscription) []bus.Phase {
	switch sub.Protocol {
	case "http", "https":
		p := t.http(sub)
		return p.Retry.phases()
	case "sqs", "lambda", "firehose":
		return managed()
	}
	return customers()
}
