package delivery

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/state"
)

// putAll puts the files of batches, several at once. A trail whose files are not
// taken is left alone for a while; that is no error.
func (d *Delivery) putAll(ctx context.Context, all []delivery) error {
	var group errgroup.Group
	group.SetLimit(inFlight)
	results := make([]error, len(all))
	for i := range all {
		group.Go(func() error {
			return life.Catch(func() error {
				results[i] = d.putBatch(ctx, &all[i])
				return nil
			})
		})
	}
	errs := []error{group.Wait()}
	for i, err := range results {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		errs = append(errs, d.finish(ctx, &all[i], err))
	}
	return errors.Join(errs...)
}

func (d *Delivery) putBatch(ctx context.Context, p *delivery) error {
	for i := range p.batch.Files {
		if err := d.put(ctx, &p.trail, p.batch.Files[i].Key, p.bodies[i], nil); err != nil {
			return err
		}
	}
	return nil
}

// put puts a file into a trail's bucket, as CloudTrail itself and on behalf of the
// trail, so that the bucket's policy decides.
func (d *Delivery) put(ctx context.Context, t *Trail, key string, body []byte, metadata map[string]string) error {
	in := &s3api.PutObjectInput{
		Bucket: &t.Bucket, Key: &key, Body: bytes.NewReader(body), ContentLength: new(int64(len(body))), ACL: new("bucket-owner-full-control"),
		ContentType: new("application/json"), ContentEncoding: new("gzip"), Metadata: metadata,
	}
	if t.Key != "" {
		told, err := json.Marshal(map[string]string{"aws:cloudtrail:arn": t.ARN})
		if err != nil {
			return err
		}
		in.ServerSideEncryption, in.SSEKMSKeyId = new("aws:kms"), &t.Key
		in.SSEKMSEncryptionContext = new(base64.StdEncoding.EncodeToString(told))
	}
	_, err := d.buckets.PutObject(cloud.WithCall(ctx, cloud.Call{Account: t.Account, Region: t.Home, SourceARN: t.ARN, Time: d.clock().UTC()}), in)
	if err != nil && cloud.KindOf(err) == cloud.Denied && d.cfg.Exists != nil {
		if exists, asked := d.cfg.Exists(ctx, t.Bucket); asked == nil && !exists {
			return cloud.Errorf(cloud.NotFound, "NoSuchBucket", "The specified bucket does not exist").Because(err)
		}
	}
	return err
}

// finish writes down how a batch went.
func (d *Delivery) finish(ctx context.Context, p *delivery, failed error) error {
	arn, now := p.trail.ARN, d.clock().UTC()
	gone := false
	err := d.change(ctx, arn, func(tx state.Tx, l *ledger) error {
		l.Status.Attempted = now
		if failed != nil {
			l.Status.Error = codeOf(failed)
			if l.Status.FailingSince.IsZero() {
				l.Status.FailingSince = now
			}
			if gone = l.Gone; gone {
				return p.strike(tx, l) // nobody will mend it
			}
			return nil
		}
		l.Status.Delivered, l.Status.Error, l.Status.FailingSince = now, "", time.Time{}
		return errors.Join(p.strike(tx, l), d.chained(tx, l, p, now), d.notify(tx, l, p, now))
	})
	if err != nil {
		d.pauses[arn] = d.pauses[arn].after(d.clock())
		return fmt.Errorf("write down what was delivered for %s: %w", arn, err)
	}
	if failed == nil {
		delete(d.pauses, arn)
		return nil
	}
	if gone {
		delete(d.pauses, arn)
		d.cfg.Log.ErrorContext(ctx, "the last log files of a trail that was deleted are not delivered", "arn", arn, "bucket", p.trail.Bucket, "error", failed)
		return nil
	}
	d.pauses[arn] = d.pauses[arn].after(d.clock())
	d.cfg.Log.WarnContext(ctx, "log files of a trail cannot be delivered", "arn", arn, "bucket", p.trail.Bucket, "failures", d.pauses[arn].failures, "error", failed)
	return nil
}

// codeOf returns the code that tells why a file was not taken.
func codeOf(err error) string {
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.Code != "" {
		return e.Code
	}
	return "InternalError"
}
