package s3_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
)

// The buckets of a shelf.
const (
	simple  = "simple"
	keeping = "versioned"
	pausing = "suspended"
	locking = "lockable"
	open    = "aclable"
	others  = "foreign" // another account's
	nowhere = "missing"
)

const otherAccount cloud.Account = "444455556666"

// shelf is a service with one bucket of each kind, and whoever uses it.
type shelf struct {
	testing.TB
	*s3.Service

	clock *clock
	keys  *keyring
	ctx   context.Context //nolint:containedctx // it is that of all calls of a test
}

// noon is when a test begins.
var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func newShelf(tb testing.TB) *shelf {
	tb.Helper()
	c, keys := &clock{noon}, &keyring{}
	s := &shelf{tb, serveBy(tb, c, keys), c, keys, servicetest.Call(tb)}
	where := &s3api.CreateBucketConfiguration{LocationConstraint: new(string(servicetest.Region))}
	for _, name := range []string{simple, keeping, pausing, locking, open, others} {
		in := &s3api.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: where}
		ctx := s.ctx
		switch name {
		case locking:
			in.ObjectLockEnabledForBucket = new(true)
		case open:
			in.ObjectOwnership = new("ObjectWriter")
		case others:
			ctx = servicetest.As(tb, otherAccount, servicetest.Region)
		}
		servicetest.Must(s.CreateBucket(ctx, in))(tb)
	}
	servicetest.Must(s.DeletePublicAccessBlock(s.ctx, &s3api.DeletePublicAccessBlockInput{Bucket: new(open)}))(tb)
	s.version(keeping, "Enabled")
	s.version(pausing, "Enabled")
	s.put(pausing, "earlier", "earlier")
	s.version(pausing, "Suspended")
	return s
}

// version turns a bucket's versioning on or suspends it.
func (s *shelf) version(bucket, status string) {
	s.Helper()
	servicetest.Must(s.PutBucketVersioning(s.ctx, &s3api.PutBucketVersioningInput{
		Bucket: &bucket, VersioningConfiguration: &s3api.VersioningConfiguration{Status: &status},
	}))(s)
}

// retainAll sets the default retention of the bucket with locks; none with no
// mode.
func (s *shelf) retainAll(mode string, days int32) {
	s.Helper()
	c := &s3api.ObjectLockConfiguration{ObjectLockEnabled: new("Enabled")}
	if mode != "" {
		c.Rule = &s3api.ObjectLockRule{DefaultRetention: &s3api.DefaultRetention{Mode: &mode, Days: &days}}
	}
	servicetest.Must(s.PutObjectLockConfiguration(s.ctx, &s3api.PutObjectLockConfigurationInput{Bucket: new(locking), ObjectLockConfiguration: c}))(s)
}

// put puts an object and returns its version's ID; "" where none is told.
func (s *shelf) put(bucket, key, content string, change ...func(*s3api.PutObjectInput)) string {
	s.Helper()
	in := &s3api.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(content)}
	for _, c := range change {
		c(in)
	}
	return textOf(servicetest.Must(s.PutObject(s.ctx, in))(s).VersionId)
}

// mark deletes an object whose bucket keeps versions, and returns the marker's ID.
func (s *shelf) mark(bucket, key string) string {
	s.Helper()
	out := servicetest.Must(s.DeleteObject(s.ctx, &s3api.DeleteObjectInput{Bucket: &bucket, Key: &key}))(s)
	if !*out.DeleteMarker {
		s.Fatalf("%s/%s has no delete marker", bucket, key)
	}
	return *out.VersionId
}

// get returns an object's content and all that is told of it.
func (s *shelf) get(bucket, key string, change ...func(*s3api.GetObjectInput)) (string, *s3api.GetObjectOutput) {
	s.Helper()
	in := &s3api.GetObjectInput{Bucket: &bucket, Key: &key}
	for _, c := range change {
		c(in)
	}
	out := servicetest.Must(s.GetObject(s.ctx, in))(s)
	content := servicetest.Must(io.ReadAll(out.Body))(s)
	if err := out.Body.Close(); err != nil {
		s.Error(err)
	}
	out.Body = nil
	return string(content), out
}

func (s *shelf) head(bucket, key string) *s3api.HeadObjectOutput {
	s.Helper()
	return servicetest.Must(s.HeadObject(s.ctx, &s3api.HeadObjectInput{Bucket: &bucket, Key: &key, ChecksumMode: new("ENABLED")}))(s)
}

// wantError reports an error that is not of AWS's code and message, with those
// members. want is the message, and behind each newline a member: "Name=value".
func wantError(tb testing.TB, err error, code, want string) {
	tb.Helper()
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		tb.Errorf("error is %v, want %s", err, code)
		return
	}
	message, members, _ := strings.Cut(want, "\n")
	fields := map[string]any{}
	for line := range strings.SplitSeq(members, "\n") {
		if name, value, ok := strings.Cut(line, "="); ok {
			fields[name] = value
		}
	}
	if len(e.Fields) == 0 && len(fields) == 0 {
		e.Fields, fields = nil, nil
	}
	servicetest.Diff(tb, []any{code, message, fields}, []any{e.Code, e.Message, e.Fields})
}

const (
	noSuchKey   = "The specified key does not exist."
	preFailed   = "At least one of the pre-conditions you specified did not hold"
	notDone     = "A header you provided implies functionality that is not implemented"
	longMessage = "Your key is too long\nSize=1025\nMaxSizeAllowed=1024"
)

// long is a key that is one byte too long.
var long = strings.Repeat("k", s3.MaxKey+1)

// textOf is the text of a member, which may be absent.
func textOf(member *string) string {
	if member == nil {
		return ""
	}
	return *member
}
