package delivery

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/place"
)

// LogEvent is an event as a log group takes it.
type LogEvent struct {
	Timestamp int64  `json:"timestamp"` // milliseconds since 1970
	Message   string `json:"message"`
}

// LogEvents are the events of one stream of a log group.
type LogEvents struct {
	Stream string     `json:"logStreamName"`
	Events []LogEvent `json:"logEvents"`
}

// What is handed to a log group at once is what PutLogEvents takes: 1 MiB, each event
// counted with 26 bytes on top, in the order of time and of less than a day.
const (
	mostPayload   = 1 << 20
	eventOverhead = 26
	mostSpan      = int64(24 * time.Hour / time.Millisecond)
)

// Stream returns the name of the stream of a log group that the events of an account and
// region go to.
func Stream(account cloud.Account, kind place.Kind, region cloud.Region) string {
	return string(account) + "_" + string(kind) + "_" + string(region)
}

// sorted returns what goes to a log group, in parts that one delivery may have, in
// the order of the plan's files.
func (c *collected) sorted(b *batch) (parts []LogEvents) {
	if !c.grouped || b == nil {
		return nil
	}
	for i := range b.Files {
		f := &b.Files[i]
		part, size := LogEvents{Stream: Stream(f.Account, c.kind, f.Region)}, 0
		inOrder := slices.Clone(c.texts[group{f.Account, f.Region}].events)
		slices.SortStableFunc(inOrder, func(a, b LogEvent) int { return cmp.Compare(a.Timestamp, b.Timestamp) })
		for _, e := range inOrder {
			size += len(e.Message) + eventOverhead
			if len(part.Events) > 0 && (size > mostPayload || e.Timestamp-part.Events[0].Timestamp >= mostSpan) {
				parts = append(parts, part)
				part.Events, size = nil, len(e.Message)+eventOverhead
			}
			part.Events = append(part.Events, e)
		}
		parts = append(parts, part)
	}
	return parts
}

// notify tells the topic of a trail of its new files, and its log group of the
// events in them.
func (d *Delivery) notify(tx state.Tx, l *ledger, p *delivery, now time.Time) error {
	if d.cfg.Send == nil {
		return nil
	}
	send := func(to, role string, payload any, at *time.Time, failed *string) error {
		target, err := cloud.ParseARN(to)
		if err != nil {
			return err
		}
		from, err := cloud.ParseARN(p.trail.ARN)
		if err != nil {
			return err
		}
		text, err := json.Marshal(payload)
		if err != nil {
			return err
		}
		if err := d.cfg.Send(tx, target, from, role, text); err != nil {
			return fmt.Errorf("notify %s: %w", to, err)
		}
		*at, *failed = now, ""
		return nil
	}
	if to := p.trail.Topic; to != "" {
		keys := make([]string, len(p.batch.Files))
		for i := range p.batch.Files {
			keys[i] = p.batch.Files[i].Key
		}
		if err := send(to, "", map[string]any{"s3Bucket": p.batch.Bucket, "s3ObjectKey": keys}, &l.Status.Notified, &l.Status.NotifyError); err != nil {
			return err
		}
	}
	if to := p.trail.LogGroup; to != "" {
		for i := range p.events {
			if err := send(to, p.trail.LogRole, &p.events[i], &l.Status.Sent, &l.Status.SendError); err != nil {
				return err
			}
		}
	}
	return nil
}
