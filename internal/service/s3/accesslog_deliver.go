package s3

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// accessGrace is how long the last deliveries may take when the server stops.
const accessGrace = 10 * time.Second

// run delivers what waits until ctx is done, and then all that is left.
func (l *accessLog) run(ctx context.Context) error {
	ticker := time.NewTicker(accessPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			l.deliver(ctx, 0)
		case <-l.full:
			l.deliver(ctx, accessBatch)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), accessGrace)
			defer cancel()
			l.deliver(last, 0)
			return nil
		}
	}
}

// deliver delivers the batches of at least that many bytes. What cannot be
// written now waits for the next time; what nobody will take is dropped.
func (l *accessLog) deliver(ctx context.Context, least int) {
	for place, batch := range l.take(least) {
		err := l.write(ctx, place, batch)
		if err == nil {
			continue
		}
		log := l.s.cfg.Log.With("arn", bucketARN(place.source), "target_arn", bucketARN(place.target), "lines", batch.lines, "error", err)
		switch cloud.KindOf(err) {
		case cloud.NotFound, cloud.Denied, cloud.Invalid, cloud.Conflict, cloud.Unsupported, cloud.Unauthenticated:
			log.Warn("lines of a log of access were dropped: its target does not take them")
		case cloud.Internal, cloud.Throttled, cloud.Unavailable:
			log.Error("lines of a log of access were not delivered")
			l.putBack(place, batch)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dropped > 0 {
		l.s.cfg.Log.Warn("lines of logs of access were dropped: too many waited", "lines", l.dropped)
		l.dropped = 0
	}
}

// take takes out the batches of at least that many bytes.
func (l *accessLog) take(least int) map[accessPlace]*accessLines {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := map[accessPlace]*accessLines{}
	for place, batch := range l.batches {
		if len(batch.text) >= least {
			taken[place] = batch
			delete(l.batches, place)
			l.waiting -= len(batch.text)
		}
	}
	return taken
}

func (l *accessLog) putBack(place accessPlace, batch *accessLines) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting+len(batch.text) > accessRoom {
		l.dropped += batch.lines
		return
	}
	l.waiting += len(batch.text)
	if newer := l.batches[place]; newer != nil {
		batch.text = append(batch.text, newer.text...)
		batch.lines += newer.lines
	}
	l.batches[place] = batch
}

// write puts an object of lines into the target, as the service of logs and on
// behalf of the account that both buckets must belong to.
func (l *accessLog) write(ctx context.Context, place accessPlace, batch *accessLines) error {
	err := l.s.db.View(ctx, func(v *objects.View) error {
		target, err := v.Bucket(place.target)
		if err == nil && (target.Account != place.account || target.Region != place.region) {
			err = errDenied()
		}
		return err
	})
	if err != nil {
		return err
	}
	now := l.s.cfg.Now().UTC()
	ctx = cloud.WithCall(ctx, cloud.Call{
		Service: "s3", Operation: "PutObject", Account: place.account, Region: place.region, Time: now,
		Principal: cloud.ServiceOf("logging.s3.amazonaws.com"), RequestID: newRequestID(),
	})
	key := place.key(now, newRequestID())
	_, err = l.s.PutObject(ctx, &s3api.PutObjectInput{
		Bucket: &place.target, Key: &key, Body: bytes.NewReader(batch.text),
		ContentLength: new(int64(len(batch.text))), ContentType: new("text/plain"),
	})
	return err
}

// key is the name of an object of lines that is delivered now, see
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html.
func (p accessPlace) key(now time.Time, unique string) string {
	const stamp = "2006-01-02-15-04-05-"
	day, name := now.Format("2006/01/02"), now.Format(stamp)
	switch p.format {
	case formatSimple:
		return p.prefix + name + unique
	case formatEvent:
		day, name = p.day, strings.ReplaceAll(p.day, "/", "-")+"-00-00-00-"
	}
	return fmt.Sprintf("%s%s/%s/%s/%s/%s%s", p.prefix, p.account, p.region, p.source, day, name, unique)
}
