package delivery

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// logEvent is an event as a log group takes it.
type logEvent struct {
	Timestamp int64  `json:"timestamp"` // milliseconds since 1970
	Message   string `json:"message"`
}

// logEvents are the events of one stream of a log group.
type logEvents struct {
	Stream string     `json:"logStreamName"`
	Events []logEvent `json:"logEvents"`
}

// mostPayload bounds what is handed to a log group at once: PutLogEvents takes 1 MiB,
// each event counted with 26 bytes on top.
const (
	mostPayload   = 1 << 20
	eventOverhead = 26
)

// sorted returns what goes to a log group, in parts that one delivery may have, in
// the order of the plan's files.
func (c *collected) sorted(b *batch) (parts []logEvents) {
	if !c.grouped || b == nil {
		return nil
	}
	for i := range b.Files {
		f := &b.Files[i]
		part, size := logEvents{Stream: string(f.Account) + "_" + string(c.kind) + "_" + string(f.Region)}, 0
		for _, e := range c.texts[group{f.Account, f.Region}].events {
			if size += len(e.Message) + eventOverhead; size > mostPayload && len(part.Events) > 0 {
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
	send := func(to string, payload any, at *time.Time, failed *string) error {
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
		if err := d.cfg.Send(tx, target, from, text); err != nil {
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
		if err := send(to, map[string]any{"s3Bucket": p.batch.Bucket, "s3ObjectKey": keys}, &l.Status.Notified, &l.Status.NotifyError); err != nil {
			return err
		}
	}
	if to := p.trail.LogGroup; to != "" {
		for i := range p.events {
			if err := send(to, &p.events[i], &l.Status.Sent, &l.Status.SendError); err != nil {
				return err
			}
		}
	}
	return nil
}
