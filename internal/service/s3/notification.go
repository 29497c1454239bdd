package s3

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/publish"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/state"
)

// FollowNotifications is the name under which the feed of changes is followed
// for notifications. It must be among the followers of the store.
const FollowNotifications = "notifications"

// notifyBatch is how many changes are published in one transaction, which other
// writers of the state wait for.
const notifyBatch = 256

// Publisher states facts and delivers payloads in a transaction of the state.
type Publisher interface {
	Publish(tx state.Tx, fact bus.Fact) error
	Deliver(tx state.Tx, d bus.Delivery) (id string, err error)
}

// notifier tells the bus of what becomes of buckets, and of the objects of those
// that have a configuration of notifications: of each change a fact, and what the
// configuration asks for: a message to a queue, topic or function, an event for
// EventBridge. Of the objects of all other buckets the feed tells whoever wants to
// know, and a put of one costs the state nothing.
//
// A change is published in one transaction with how far the notifier is, so once,
// also after a crash. What is asked for is what the bucket's configuration says
// when that happens, which is soon after the change. Where the bus has no room
// nothing is left out: the feed keeps what is still to be published. A message to
// what nothing in this server takes yet is not written, as the bus could only
// give it up; the first one for each ARN is told in the log, and the fact of the
// change is published as ever.
type notifier struct {
	s     *Service
	store state.Store
	bus   Publisher

	mu      sync.Mutex
	untaken map[cloud.ARN]bool
}

func newNotifier(s *Service, store state.Store, publisher Publisher) *notifier {
	return &notifier{s: s, store: store, bus: publisher, untaken: map[cloud.ARN]bool{}}
}

// run follows the feed until ctx is done.
func (n *notifier) run(ctx context.Context) error {
	return n.s.db.Follow(ctx, FollowNotifications, n.handle)
}

func (n *notifier) handle(ctx context.Context, changes []objects.Change) error {
	for chunk := range slices.Chunk(changes, notifyBatch) {
		asked, err := n.asked(ctx, chunk)
		if err != nil {
			return err
		}
		chunk = slices.DeleteFunc(slices.Clone(chunk), func(c objects.Change) bool { return asked[c.Bucket] == nil && !ofBucket(&c) })
		if len(chunk) == 0 {
			continue
		}
		err = n.store.Update(ctx, func(tx state.Tx) error { return n.publish(tx, chunk, asked) })
		if err != nil {
			return fmt.Errorf("publish what became of objects: %w", err)
		}
	}
	return nil
}

// ofBucket reports whether a change is of the bucket itself.
func ofBucket(c *objects.Change) bool { return strings.HasPrefix(c.Event, "Bucket:") }

// asked returns what the buckets of changes want to be told of, by name.
func (n *notifier) asked(ctx context.Context, changes []objects.Change) (map[string]*s3api.NotificationConfiguration, error) {
	asked := map[string]*s3api.NotificationConfiguration{}
	err := n.s.db.View(ctx, func(v *objects.View) error {
		for i := range changes {
			name := changes[i].Bucket
			if _, known := asked[name]; known {
				continue
			}
			asked[name] = nil
			b, err := v.Bucket(name)
			if err == nil {
				asked[name], err = setting[s3api.NotificationConfiguration](v, b, notificationSetting)
			}
			if err := unlessMissing(err); err != nil {
				return err
			}
		}
		return nil
	})
	return asked, err
}

// published is the last change that was published. The time tells a store that
// was made anew, whose changes are counted from the start.
type published struct {
	Number uint64    `json:"number"`
	Time   time.Time `json:"time"`
}

func publishedKey() state.Key { return state.Key{Kind: "s3/published"} }

func (p published) has(c *objects.Change) bool { return c.Number <= p.Number && !c.Time.After(p.Time) }

func (n *notifier) publish(tx state.Tx, changes []objects.Change, asked map[string]*s3api.NotificationConfiguration) error {
	last, _, err := state.Find[published](tx, publishedKey())
	if err != nil {
		return err
	}
	for i := range changes {
		c := &changes[i]
		if last.has(c) {
			continue
		}
		if err := n.publishOne(tx, c, asked[c.Bucket]); err != nil {
			return err
		}
		last = published{c.Number, c.Time}
	}
	return state.Put(tx, publishedKey(), last)
}

func (n *notifier) publishOne(tx state.Tx, c *objects.Change, asked *s3api.NotificationConfiguration) error {
	data, err := json.Marshal(factData(c))
	if err != nil {
		return err
	}
	scope := cloud.Scope{Account: c.Account, Region: c.Region}
	errs := []error{n.bus.Publish(tx, bus.Fact{Kind: factKind(c.Event), Scope: scope, Time: c.Time, Subject: subjectOf(c), Data: data})}
	if asked == nil {
		return errs[0]
	}
	targets := destinationsOf(asked)
	for i := range targets {
		if targets[i].wants(c) {
			errs = append(errs, n.deliver(tx, c, &targets[i]))
		}
	}
	if event := eventBridgeEvent(c); asked.EventBridgeConfiguration != nil && event != nil {
		errs = append(errs, n.bus.Publish(tx, bus.Fact{Kind: "s3.eventbridge.event", Scope: scope, Time: c.Time, Subject: subjectOf(c), Data: event}))
	}
	return errors.Join(errs...)
}

func (n *notifier) deliver(tx state.Tx, c *objects.Change, t *destination) error {
	arn, err := cloud.ParseARN(t.arn)
	if err != nil {
		return nil //nolint:nilerr // it was checked when it was put: what is none names nobody
	}
	if n.s.cfg.Delivers != nil && !n.s.cfg.Delivers(arn) {
		n.tellUntaken(arn, c.Bucket)
		return nil
	}
	message, err := eventMessage(c, t.id)
	if err != nil {
		return err
	}
	if arn.Service == "sns" {
		if message, err = json.Marshal(publish.Message{Subject: "Amazon S3 Notification", Message: string(message)}); err != nil {
			return err
		}
	}
	_, err = n.bus.Deliver(tx, bus.Delivery{
		Target: arn, Payload: message, Source: cloud.ARN{Service: "s3", Resource: c.Bucket}, SourceAccount: c.Account, Principal: "s3.amazonaws.com",
	})
	return err
}

func (n *notifier) tellUntaken(arn cloud.ARN, bucket string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.untaken[arn] {
		return
	}
	n.untaken[arn] = true
	n.s.cfg.Log.Warn("notifications of a bucket go nowhere: nothing here takes what is sent to this ARN yet", "arn", arn.String(), "bucket", bucket)
}
