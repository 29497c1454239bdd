package s3

import (
	"context"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	// accessPeriod is how long lines of the log of access wait for others.
	accessPeriod = 5 * time.Minute
	// accessBatch is how many bytes of one batch are delivered before that.
	accessBatch = 1 << 20
	// accessRoom is how many bytes wait at most, in all batches together.
	accessRoom = 32 << 20
)

// accessLog gathers lines of what was asked of buckets whose access is logged,
// and delivers them to the buckets that those name.
//
// As in S3 this is best effort: the record of calls is the journal. Lines wait in
// memory for accessPeriod, for accessBatch, or for the end of Run. What waited
// when the server was killed is lost, and so is what there was no room for, which
// the server's log counts. Deliveries are no requests and are not logged, so that
// a bucket may be logged into itself without end.
type accessLog struct {
	s    *Service
	full chan struct{} // some batch has accessBatch bytes

	noticed // whether access to any bucket is logged

	mu      sync.Mutex
	batches map[accessPlace]*accessLines
	waiting int // bytes
	dropped int // lines that there was no room for since that was told last
}

// accessPlace says which lines lie in one object.
type accessPlace struct {
	source  string
	account cloud.Account
	region  cloud.Region
	target  string
	prefix  string
	format  string // of the object's key: formatSimple, formatEvent or formatDelivery
	day     string // of the events, where the format says it
}

// The formats of the keys of logs.
const (
	formatSimple   = ""
	formatEvent    = "EventTime"
	formatDelivery = "DeliveryTime"
)

// accessLines are lines that wait.
type accessLines struct {
	text  []byte
	lines int
}

func newAccessLog(s *Service) *accessLog {
	return &accessLog{s: s, full: make(chan struct{}, 1), batches: map[accessPlace]*accessLines{}}
}

// placeOf returns where lines of a bucket go, which it says by to, when they
// tell of that time.
func placeOf(b *objects.Bucket, to *s3api.LoggingEnabled, at time.Time) accessPlace {
	p := accessPlace{source: b.Name, account: b.Account, region: b.Region, target: text(to.TargetBucket), prefix: text(to.TargetPrefix)}
	if f := to.TargetObjectKeyFormat; f != nil && f.PartitionedPrefix != nil {
		p.format = formatDelivery
		if text(f.PartitionedPrefix.PartitionDateSource) == formatEvent {
			p.format, p.day = formatEvent, at.UTC().Format("2006/01/02")
		}
	}
	return p
}

// add has a line wait.
func (l *accessLog) add(place accessPlace, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting+len(line) > accessRoom {
		l.dropped++
		return
	}
	batch := l.batches[place]
	if batch == nil {
		batch = &accessLines{}
		l.batches[place] = batch
	}
	batch.text = append(batch.text, line...)
	batch.lines++
	l.waiting += len(line)
	if len(batch.text) >= accessBatch {
		select {
		case l.full <- struct{}{}:
		default:
		}
	}
}

// Served logs a call where its bucket says so, and counts it by the bucket's filters; call
// tells of it, once its answer has left. It never waits for the delivery.
func (s *Service) Served(ctx context.Context, call func() cloud.Served) {
	logs, counts := s.logs(ctx), s.countsRequests(ctx)
	if !logs && !counts {
		return
	}
	served := call()
	bucket, key, version := requested(served.Input)
	if bucket == "" {
		return
	}
	if counts {
		err := s.db.View(ctx, func(v *objects.View) error { return s.countRequest(v, &served, bucket, key, version) })
		if err != nil && ctx.Err() == nil {
			s.cfg.Log.Error("a call is missing in the metrics of its bucket", "arn", bucketARN(bucket), "request_id", served.Fact.Call.RequestID, "error", err)
		}
	}
	if !logs {
		return
	}
	err := s.db.View(ctx, func(v *objects.View) error {
		for _, e := range entriesOf(served) {
			b, err := v.Bucket(e.bucket)
			if err != nil {
				return unlessMissing(err)
			}
			to, err := setting[s3api.LoggingEnabled](v, b, loggingSetting)
			if err != nil {
				return err
			}
			if to != nil {
				e.size = sizeTold(v, b, served, e)
				s.access.add(placeOf(b, to, served.Began), e.line(b))
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		s.cfg.Log.Error("a call is missing in the log of access to its bucket", "arn", bucketARN(bucket), "request_id", served.Fact.Call.RequestID, "error", err)
	}
}

// logs says whether access to any bucket may be logged.
func (s *Service) logs(ctx context.Context) bool {
	return s.access.wanted(ctx, s.db, func(v *objects.View, b *objects.Bucket) (bool, error) {
		document, err := v.Setting(b, loggingSetting)
		return document != nil, err
	})
}

// logLifecycle logs what rules did to a bucket.
func (s *Service) logLifecycle(ctx context.Context, b *objects.Bucket, did []walkLogged) {
	if len(did) == 0 {
		return
	}
	var to *s3api.LoggingEnabled
	err := s.db.View(ctx, func(v *objects.View) (err error) {
		to, err = setting[s3api.LoggingEnabled](v, b, loggingSetting)
		return err
	})
	if err != nil {
		s.cfg.Log.Error("what lifecycle rules did is missing in the log of access", "arn", bucketARN(b.Name), "error", err)
	}
	if to == nil {
		return
	}
	now := s.cfg.Now().UTC()
	for _, d := range did {
		e := accessEntry{
			bucket: b.Name, time: now, requester: "AmazonS3", requestID: newRequestID(), operation: d.operation,
			key: d.key, version: d.version, size: d.size,
		}
		s.access.add(placeOf(b, to, now), e.line(b))
	}
}
