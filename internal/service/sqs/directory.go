package sqs

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/queues"
)

// What the service keeps: queues by their names, and their tags.
var (
	kinds = resource.Kind[queue]{Name: "sqs/queue", Missing: func(...string) error { return errNoQueue() }}
	tags  = resource.Tags{Invalid: "InvalidParameterValueException", TooMany: "InvalidParameterValueException"}
)

// queue is a queue as it is kept.
type queue struct {
	Number     uint64
	Created    time.Time
	Modified   time.Time
	Purged     time.Time         `json:",omitzero"`
	Attributes map[string]string // those that were set, as they are answered
	Bound      map[string]string `json:",omitempty"` // whom the policy means, by what it calls them
}

// known is a queue as it is known in memory. It is never changed.
type known struct {
	queue

	place      place
	arn        cloud.ARN
	tags       map[string]string
	conditions map[string][]string
	policies   []policy.Attached
	dead       *deadLetter
	wakes      string // what its receivers wait for
}

// place is where a queue is.
type place struct {
	scope cloud.Scope
	name  string
}

func (p place) arn() cloud.ARN {
	return cloud.ARN{Service: "sqs", Region: p.scope.Region, Account: p.scope.Account, Resource: p.name}
}

// placeOf returns the place of a queue by its ARN.
func placeOf(arn string) (place, bool) {
	parsed, err := cloud.ParseARN(arn)
	if err != nil || parsed.Service != "sqs" || parsed.Region == "" || parsed.Account == "" || checkName(parsed.Resource) != nil {
		return place{}, false
	}
	return place{cloud.Scope{Account: parsed.Account, Region: parsed.Region}, parsed.Resource}, true
}

// knownOf makes known what is kept of a queue.
func (s *Service) knownOf(r resource.Reader, name string, q queue) (*known, error) {
	k := &known{queue: q, place: place{r.Scope(), name}}
	k.arn = k.place.arn()
	k.wakes = "sqs " + k.arn.String()
	var err error
	if k.tags, err = tags.Of(r, k.arn.String()); err != nil {
		return nil, err
	}
	k.conditions = make(map[string][]string, len(k.tags))
	for tag, value := range k.tags {
		k.conditions["aws:ResourceTag/"+tag] = []string{value}
	}
	if text := q.Attributes[attributePolicy]; text != "" {
		document, err := policy.Parse(text, policy.Resource)
		if err != nil {
			return nil, err // it was checked when it was set
		}
		k.policies = []policy.Attached{{Name: "the policy of " + k.arn.String(), Document: document, Bound: q.Bound}}
	}
	if text := q.Attributes[attributeRedrive]; text != "" {
		if k.dead, err = parseRedrive(text); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func (q *queue) fifo() bool { return q.Attributes[attributeFIFO] == "true" }

func (q *queue) retention() time.Duration {
	return time.Duration(q.number(attributeRetention)) * time.Second
}

// keep writes a queue down, and makes it known once that is on disk.
func (s *Service) keep(tx resource.Tx, name string, q queue) error {
	if err := kinds.Put(tx, q, name); err != nil {
		return err
	}
	return s.tell(tx, name, q)
}

// tell makes a queue known as a transaction leaves it.
func (s *Service) tell(tx resource.Tx, name string, q queue) error {
	k, err := s.knownOf(tx, name, q)
	if err != nil {
		return err
	}
	tx.AfterCommit(func() {
		s.store.Make(queues.Queue{Number: k.Number, Ordered: k.fifo()})
		s.known.put(k)
	})
	return nil
}

// directory is all queues in memory.
type directory struct {
	mu      sync.RWMutex
	byPlace map[place]*known
}

func newDirectory() *directory { return &directory{byPlace: map[place]*known{}} }

func (d *directory) put(k *known) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.byPlace[k.place] = k
}

func (d *directory) remove(p place) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.byPlace, p)
}

// find returns a queue, or nil.
func (d *directory) find(p place) *known {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.byPlace[p]
}

func (d *directory) all() []*known {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Collect(maps.Values(d.byPlace))
}

// in returns the queues of an account and region in the order of their names.
func (d *directory) in(scope cloud.Scope) []*known {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var some []*known
	for p, k := range d.byPlace {
		if p.scope == scope {
			some = append(some, k)
		}
	}
	slices.SortFunc(some, func(a, b *known) int { return cmp.Compare(a.place.name, b.place.name) })
	return some
}

// placeIn returns the place that a queue's URL names: of its path, the account and the
// name. The host says nothing. A name alone is that of the caller's own queue. It is false
// for what names none.
func placeIn(call *cloud.Call, url string) (place, bool) {
	parts := strings.Split(url, "/")
	account, name := string(call.Account), parts[len(parts)-1]
	if len(parts) > 1 {
		account = parts[len(parts)-2]
	}
	return place{cloud.Scope{Account: cloud.Account(account), Region: call.Region}, name}, account != "" && name != ""
}

// at returns the queue of a URL.
func (s *Service) at(ctx context.Context, url *string) (*known, error) {
	call := cloud.CallOf(ctx)
	p, ok := placeIn(&call, *url)
	if !ok {
		return nil, errNoQueue()
	}
	k := s.known.find(p)
	if k == nil {
		return nil, errNoQueue()
	}
	return k, nil
}

// own is at for what only the account of a queue may do.
func (s *Service) own(ctx context.Context, url *string, action string) (*known, error) {
	k, err := s.at(ctx, url)
	if err != nil {
		return nil, err
	}
	return k, ofOwner(ctx, k, action)
}

// ofOwner refuses callers of other accounts.
func ofOwner(ctx context.Context, k *known, action string) error {
	if p := cloud.CallOf(ctx).Principal; p.Account != "" && p.Account != k.place.scope.Account {
		return errForeign(p, action, k.arn.String())
	}
	return nil
}

// change changes what is kept of a queue that is there.
func (s *Service) change(ctx context.Context, k *known, change func(tx resource.Tx, q *queue) error) error {
	return s.update(ctx, k.place.scope, func(tx resource.Tx) error {
		q, err := kinds.Get(tx, k.place.name)
		if err != nil {
			return err
		}
		if q.Number != k.Number {
			return errNoQueue() // another of that name is there now
		}
		if err := change(tx, &q); err != nil {
			return err
		}
		return s.keep(tx, k.place.name, q)
	})
}

// urlOf returns a queue's URL as a caller may send it back.
func urlOf(ctx context.Context, p place) string {
	endpoint := cloud.CallOf(ctx).Endpoint
	if endpoint == "" {
		endpoint = "https://sqs." + string(p.scope.Region) + ".amazonaws.com"
	}
	return endpoint + "/" + string(p.scope.Account) + "/" + p.name
}
