package cloudtrail

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/digest"
)

// queryDeliveries are the IDs of queries whose result is on its way into a bucket, by
// region and ID: it is put again until the bucket has taken or refused it.
var queryDeliveries = resource.Kind[string]{Name: "cloudtrail/query-delivery"}

// The states of a delivery.
const (
	deliveryPending   = "PENDING"
	deliverySuccess   = "SUCCESS"
	deliveryFailed    = "FAILED"
	deliveryNotFound  = "RESOURCE_NOT_FOUND"
	deliveryDenied    = "ACCESS_DENIED"
	deliveryCancelled = "CANCELLED"
	signingFailed     = "FAILED_SIGNING_FILE"
	signingDenied     = "ACCESS_DENIED_SIGNING_FILE"
)

// How often is looked for results that are to be delivered, and how long one that could not
// be is left alone at most: twice as long each time, as all of it is packed again.
const (
	deliverEvery = time.Second
	deliverPause = 5 * time.Minute
)

// tried is how it went with a result that could not be delivered.
type tried struct {
	pause time.Duration
	next  time.Time
}

// resultBytes is how large a file of a result becomes, packed; what is beyond goes into
// another one. Tests make it smaller.
var resultBytes int64 = 1 << 30

// resultPlace returns the bucket and the prefix of a URI that results go to.
func resultPlace(uri string) (bucket, prefix string, err error) {
	rest, ok := strings.CutPrefix(uri, "s3://")
	if !ok {
		return "", "", cloud.Errorf(cloud.Invalid, "InvalidS3BucketNameException", "%q is not of the form s3://bucket/prefix.", uri)
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	prefix = strings.TrimSuffix(prefix, "/")
	if err := checkBucketName(bucket); err != nil {
		return "", "", err
	}
	return bucket, prefix, checkPrefix(prefix)
}

// tryResult asks, as CloudTrail on behalf of the first store, whether there is a bucket
// for the result of a query.
func (s *Service) tryResult(ctx context.Context, q *query) error {
	if q.DeliveryURI == "" {
		return nil
	}
	bucket, _, err := resultPlace(q.DeliveryURI)
	if err != nil {
		return err
	}
	exists, err := s.cfg.Exists(ctx, bucket)
	if err != nil {
		return err
	}
	if !exists {
		return cloud.Errorf(cloud.NotFound, "S3BucketDoesNotExistException", "S3 bucket %s does not exist!", bucket)
	}
	_, err = s.buckets.GetBucketAcl(q.forStore(ctx), &s3api.GetBucketAclInput{Bucket: &bucket})
	return s.refused(err, "InsufficientS3BucketPolicyException", "Incorrect S3 bucket policy is detected for bucket: "+bucket)
}

// forStore returns the context of calls that CloudTrail makes as itself for a query.
func (q *query) forStore(ctx context.Context) context.Context {
	return cloud.WithCall(ctx, cloud.Call{Account: q.Account, Region: q.Region, SourceARN: storeRef{q.Account, q.Region, q.Stores[0]}.arn(), Time: time.Now().UTC()})
}

// endDelivery sets what becomes of the delivery of a query that has ended.
func (q *query) endDelivery() {
	switch {
	case q.DeliveryURI == "":
	case q.Status == queryFinished:
		q.DeliveryStatus = deliveryPending
	case q.Status == queryCancelled:
		q.DeliveryStatus = deliveryCancelled
	default:
		q.DeliveryStatus = deliveryFailed
	}
}

// deliverResults puts the results that are on their way.
func (s *Service) deliverResults(ctx context.Context) error {
	if s.atRest.Swap(true) {
		return nil
	}
	done := false
	defer func() {
		if !done {
			s.atRest.Store(false)
		}
	}()
	var waiting []state.Entry[string]
	err := s.state.View(ctx, func(r state.Reader) error {
		for entry, err := range state.All[string](r, queryDeliveries.Name) {
			if err != nil {
				return err
			}
			waiting = append(waiting, entry)
		}
		return nil
	})
	still := map[string]tried{}
	for _, entry := range waiting {
		before := s.tried[entry.Value]
		if time.Now().Before(before.next) {
			still[entry.Value] = before
			continue
		}
		call := cloud.Call{Account: entry.Key.Scope.Account, Region: cloud.Region(resource.Names(entry.Key.Name)[0]), Principal: cloud.ServiceOf(Principal)}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if failed := s.deliverResult(cloud.WithCall(ctx, call), entry.Value); failed != nil {
			err = errors.Join(err, failed)
			pause := min(max(2*before.pause, deliverEvery), deliverPause)
			still[entry.Value] = tried{pause, time.Now().Add(pause)}
		}
	}
	s.tried = still
	done = err == nil && len(still) == 0
	return err
}

// deliverResult puts the result of a query and writes down what came of it, unless it is
// to be tried again.
func (s *Service) deliverResult(ctx context.Context, id string) error {
	region := string(cloud.CallOf(ctx).Region)
	var q query
	var found bool
	err := s.view(ctx, func(r resource.Reader) (err error) {
		q, found, err = lakeQueries.Find(r, region, id)
		return err
	})
	if err != nil {
		return err
	}
	status := deliverySuccess
	if found {
		failed := s.putResult(ctx, &q)
		var refused *undeliverableError
		switch {
		case failed == nil:
		case errors.As(failed, &refused):
			status = refused.status
			s.cfg.Log.WarnContext(ctx, "the result of a query of event data stores cannot be delivered", "query_id", id, "to", q.DeliveryURI, "error", failed)
		default:
			return fmt.Errorf("deliver the result of query %s, which is tried again: %w", id, failed)
		}
	}
	return s.update(ctx, func(tx resource.Tx) error {
		now, found, err := lakeQueries.Find(tx, region, id)
		if err == nil && found {
			now.DeliveryStatus = status
			err = lakeQueries.Put(tx, now, region, id)
		}
		return errors.Join(err, queryDeliveries.Discard(tx, region, id))
	})
}

// undeliverableError is that a bucket does not take a result, with the state that this is.
type undeliverableError struct {
	error

	status string
}

func (e *undeliverableError) Unwrap() error { return e.error }

// refusedBy returns an error of putting a file as one that ends the delivery, unless it may
// be over later.
func refusedBy(err error, denied, other string) error {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || e.Kind == cloud.Internal || e.Kind == cloud.Unavailable || e.Kind == cloud.Throttled {
		return err
	}
	if e.Kind == cloud.NotFound {
		return &undeliverableError{err, deliveryNotFound}
	}
	if e.Kind == cloud.Denied {
		return &undeliverableError{err, denied}
	}
	return &undeliverableError{err, other}
}

// putResult puts the files of a result, and the one that signs them, last. Done again it
// puts the same files under the same names.
func (s *Service) putResult(ctx context.Context, q *query) error {
	bucket, prefix, err := resultPlace(q.DeliveryURI)
	if err != nil {
		return &undeliverableError{err, deliveryFailed}
	}
	if prefix != "" {
		prefix += "/"
	}
	folder := fmt.Sprintf("%sAWSLogs/%s/CloudTrail-Lake/Query/%s/%s/", prefix, q.Account, q.Ended.UTC().Format("2006/01/02"), q.ID)
	put := func(name string, body io.Reader, length int64, denied, other string) error {
		key := folder + name
		_, err := s.buckets.PutObject(q.forStore(ctx), &s3api.PutObjectInput{Bucket: &bucket, Key: &key, Body: body, ContentLength: &length, ACL: new("bucket-owner-full-control")})
		if err != nil {
			return refusedBy(err, denied, other)
		}
		return nil
	}
	p := packedResult{path: s.resultPath(q.ID) + ".csv.gz", put: func(name string, body io.Reader, length int64) error {
		return put(name, body, length, deliveryDenied, deliveryFailed)
	}}
	if err := p.pack(ctx, s, q); err != nil {
		if e, ok := errors.AsType[*cloud.Error](err); ok && e.Code == codeDamaged {
			return &undeliverableError{err, deliveryFailed} // it is so for ever
		}
		return err
	}
	key, _, err := s.SigningKey(ctx, q.Ended)
	if err != nil {
		return err
	}
	text, err := digest.SignResult(string(q.Region), q.Ended, p.files, key)
	if err != nil {
		return err
	}
	return put("result_sign.json", bytes.NewReader(text), int64(len(text)), signingDenied, signingFailed)
}

// packedResult packs a result into files of rows, and puts each once it is whole.
type packedResult struct {
	path  string
	put   func(name string, body io.Reader, length int64) error
	files []digest.ResultFile

	file *os.File // of the files one at a time
	sum  hash.Hash
	size int64
	zip  *gzip.Writer
	rows *csv.Writer
}

// Write implements io.Writer: it counts and hashes what is packed.
func (p *packedResult) Write(b []byte) (int, error) {
	p.size += int64(len(b))
	_, _ = p.sum.Write(b)
	return p.file.Write(b)
}

// pack reads the result of a query and puts its files.
func (p *packedResult) pack(ctx context.Context, s *Service, q *query) (err error) {
	if p.file, err = os.OpenFile(p.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		return fmt.Errorf("pack the result of a query: %w", err)
	}
	defer func() { err = errors.Join(err, p.file.Close(), os.Remove(p.path)) }()
	if err := p.begin(q); err != nil {
		return err
	}
	cells, n := make([]string, len(q.Columns)), 0
	var failed error
	err = s.readResult(q, "", func(row []map[string]string, _ int64) bool {
		for i, name := range q.Columns {
			cells[i] = row[i][name]
		}
		failed = p.rows.Write(cells)
		if n++; n%1000 == 0 && failed == nil {
			p.rows.Flush()
			if failed = ctx.Err(); failed == nil && p.size >= resultBytes {
				if failed = p.end(); failed == nil {
					failed = p.begin(q)
				}
			}
		}
		return failed == nil
	})
	if err := errors.Join(failed, err); err != nil {
		return err
	}
	return p.end()
}

// begin begins a file with the names of the columns.
func (p *packedResult) begin(q *query) error {
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("pack the result of a query: %w", err)
	}
	if err := p.file.Truncate(0); err != nil {
		return fmt.Errorf("pack the result of a query: %w", err)
	}
	p.sum, p.size = sha256.New(), 0
	p.zip = gzip.NewWriter(p)
	p.rows = csv.NewWriter(p.zip)
	return p.rows.Write(q.Columns)
}

// end puts a file.
func (p *packedResult) end() error {
	p.rows.Flush()
	if err := errors.Join(p.rows.Error(), p.zip.Close()); err != nil {
		return fmt.Errorf("pack the result of a query: %w", err)
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("pack the result of a query: %w", err)
	}
	name := fmt.Sprintf("result_%d.csv.gz", len(p.files)+1)
	if err := p.put(name, p.file, p.size); err != nil {
		return err
	}
	p.files = append(p.files, digest.ResultFile{Hash: hex.EncodeToString(p.sum.Sum(nil)), Name: name})
	return nil
}
