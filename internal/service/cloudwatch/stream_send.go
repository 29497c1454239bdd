package cloudwatch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/metrics/stream"
	"github.com/sillok/sillok/internal/store/series"
	"github.com/sillok/sillok/internal/store/state"
)

// Deliveries takes what metric streams send.
type Deliveries interface {
	// Takes says whether somebody takes what is delivered to an ARN.
	Takes(arn cloud.ARN) bool
	// Deliver has the bus deliver a record, once tx is committed.
	Deliver(tx state.Tx, d bus.Delivery) (id string, err error)
}

const (
	// sendAfter is how long after a minute of the clock what is due is sent, so that what is
	// on its way to the disk is among it.
	sendAfter = 5 * time.Second
	// sendTogether is how many minutes of metrics are sent at once: what memory holds, and
	// what a crash may have sent twice.
	sendTogether = 5_000
	// streamNamespace is that of what is counted of streams.
	streamNamespace = "AWS/CloudWatch/MetricStreams"
)

// sender sends minutes of metrics that have settled to the streams that want them.
//
// The store of series notes which minutes got data while a stream runs. A batch of notes
// becomes records, these are handed to the bus in one transaction, and then the notes are
// forgotten: so nothing is lost, and a crash between the two sends one batch twice.
type sender struct {
	service *Service
	store   state.Store

	loading sync.Mutex // one load at a time, so that the last one wins
	mu      sync.Mutex
	running map[cloud.Scope][]*runningStream
}

// runningStream is a stream that is sent to.
type runningStream struct {
	*stream.Stream

	arn    string
	name   string
	target cloud.ARN
	role   string
	since  time.Time
}

// load reads which streams run, and has the store of series note what they may want.
func (d *sender) load(ctx context.Context) error {
	d.loading.Lock()
	defer d.loading.Unlock()
	running := map[cloud.Scope][]*runningStream{}
	err := d.store.View(ctx, func(r state.Reader) error {
		for e, err := range state.All[metricStream](r, streams.Name) {
			if err != nil {
				return err
			}
			if !e.Value.Running {
				continue
			}
			s, err := e.Value.compile(e.Key.Scope)
			if err != nil {
				return err
			}
			running[e.Key.Scope] = append(running[e.Key.Scope], s)
		}
		return nil
	})
	if err != nil {
		return err
	}
	d.service.series.Watch(slices.Collect(maps.Keys(running)))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running = running
	return nil
}

// compile returns a stream as it is sent to.
func (m *metricStream) compile(scope cloud.Scope) (*runningStream, error) {
	target, err := cloud.ParseARN(m.FirehoseARN)
	if err != nil {
		return nil, err
	}
	cfg := stream.Config{Name: m.Name, ARN: streamARN(scope, m.Name), Scope: scope, Format: m.Format}
	for _, f := range m.Include {
		cfg.Include = append(cfg.Include, stream.Filter{Namespace: *f.Namespace, Names: f.MetricNames})
	}
	for _, f := range m.Exclude {
		cfg.Exclude = append(cfg.Exclude, stream.Filter{Namespace: *f.Namespace, Names: f.MetricNames})
	}
	for _, c := range m.More {
		more := stream.Statistics{Names: c.AdditionalStatistics}
		for _, p := range c.IncludeMetrics {
			more.Metrics = append(more.Metrics, stream.Name{Namespace: *p.Namespace, Name: *p.MetricName})
		}
		cfg.More = append(cfg.More, more)
	}
	return &runningStream{Stream: stream.New(cfg), arn: cfg.ARN, name: m.Name, target: target, role: m.RoleARN, since: m.Since}, nil
}

// run sends what is due soon after each minute of the clock, until ctx is done.
func (d *sender) run(ctx context.Context) error {
	for {
		if err := d.send(ctx, time.Now()); err != nil && ctx.Err() == nil {
			d.service.cfg.Log.Error("metric streams cannot be sent to now; what waits is sent later", "error", err)
		}
		now := time.Now()
		next := time.NewTimer(now.Truncate(time.Minute).Add(time.Minute + sendAfter).Sub(now))
		select {
		case <-ctx.Done():
			next.Stop()
			return nil
		case <-next.C:
		}
	}
}

// send sends all that is due by a time.
func (d *sender) send(ctx context.Context, until time.Time) error {
	for {
		changes, err := d.service.series.Changes(ctx, until, sendTogether)
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			return nil
		}
		if err := d.deliver(ctx, changes); err != nil {
			return err
		}
		if err := d.service.series.Forget(ctx, changes); err != nil {
			return err
		}
	}
}

// sent is what was sent to a stream.
type sent struct {
	to      *runningStream
	scope   cloud.Scope
	records stream.Records
}

// deliver hands changes to the bus, as records of each stream that wants them.
func (d *sender) deliver(ctx context.Context, changes []series.Change) error {
	d.mu.Lock()
	running := d.running
	d.mu.Unlock()
	byScope := map[cloud.Scope][]*series.Change{}
	for i := range changes {
		byScope[changes[i].Scope] = append(byScope[changes[i].Scope], &changes[i])
	}
	var all []sent
	for scope, changed := range byScope {
		for _, to := range running[scope] {
			var updates []stream.Update
			for _, c := range changed {
				if !c.Put.Before(to.since) {
					updates = append(updates, stream.Update{ID: &c.ID, Unit: c.Unit, Minute: c.Minute, Summary: &c.Summary})
				}
			}
			if records := to.Records(updates); records.Updates > 0 {
				all = append(all, sent{to, scope, records})
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := d.store.Update(ctx, func(tx state.Tx) error {
		for _, s := range all {
			if err := d.hand(tx, &s); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, s := range all {
		d.count(&s, "MetricUpdate", float64(s.records.Updates))
		d.count(&s, "TotalMetricUpdate", float64(s.records.Billed))
	}
	return nil
}

// hand has the bus deliver the records of a stream, in their order.
func (d *sender) hand(tx state.Tx, s *sent) error {
	source, err := cloud.ParseARN(s.to.arn)
	if err != nil {
		return err
	}
	for _, record := range s.records.Data {
		_, err := d.service.cfg.Streams.Deliver(tx, bus.Delivery{
			Target: s.to.target, Payload: record, Source: source, Principal: s.to.role, Group: s.to.arn,
			Attributes: map[string]string{attributeStream: s.to.name},
		})
		if err != nil {
			return fmt.Errorf("metric stream %s: %w", s.to.arn, err)
		}
	}
	return nil
}

// attributeStream is the attribute of deliveries that names their stream.
const attributeStream = "MetricStreamName"

// count counts for a stream, and for all of the account together.
func (d *sender) count(s *sent, name string, value float64) {
	own := metric.Own{Namespace: streamNamespace, Name: name}
	d.service.cfg.Metrics.Emit(s.scope, own.With(attributeStream, s.to.name), value)
	d.service.cfg.Metrics.Emit(s.scope, own, value)
}

// StreamFailed counts that a record of a metric stream could not be delivered for good. It
// is for whoever sees deliveries fail; those of others are passed over.
func (s *Service) StreamFailed(d bus.Delivery, err error) {
	name := d.Attributes[attributeStream]
	if name == "" || err == nil || !final(err) {
		return
	}
	own := metric.Own{Namespace: streamNamespace, Name: "PublishErrorRate"}
	scope := cloud.Scope{Account: d.Source.Account, Region: d.Source.Region}
	s.cfg.Metrics.Emit(scope, own.With(attributeStream, name), 1)
	s.cfg.Metrics.Emit(scope, own, 1)
}

// final says whether the bus does not try again after an error.
func final(err error) bool {
	switch cloud.KindOf(err) {
	case cloud.Invalid, cloud.Unauthenticated, cloud.Denied, cloud.NotFound, cloud.Unsupported:
		return true
	case cloud.Internal, cloud.Conflict, cloud.Throttled, cloud.Unavailable:
	}
	return false
}
