package s3_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
)

func TestDeleteObject(t *testing.T) {
	s := newShelf(t)
	for _, bucket := range []string{simple, keeping, pausing} {
		s.put(bucket, "k", "a")
	}
	old := s.put(keeping, "versions", "a")
	never := strings.Repeat("0", 32)
	for _, tt := range []struct {
		name    string
		in      s3api.DeleteObjectInput
		marker  bool
		version string // "*" for any
	}{
		{"in a bucket without versions", s3api.DeleteObjectInput{Bucket: new(simple), Key: new("k")}, false, ""},
		{"what is not there", s3api.DeleteObjectInput{Bucket: new(simple), Key: new("k")}, false, ""},
		{"the null version of what is not there", s3api.DeleteObjectInput{Bucket: new(simple), Key: new("k"), VersionId: new("null")}, false, ""},
		{"in a bucket with versions", s3api.DeleteObjectInput{Bucket: new(keeping), Key: new("k")}, true, "*"},
		{"what is deleted already", s3api.DeleteObjectInput{Bucket: new(keeping), Key: new("k")}, true, "*"},
		{"what was never there", s3api.DeleteObjectInput{Bucket: new(keeping), Key: new("never")}, true, "*"},
		{"in a suspended bucket", s3api.DeleteObjectInput{Bucket: new(pausing), Key: new("k")}, true, "null"},
		{"the marker there", s3api.DeleteObjectInput{Bucket: new(pausing), Key: new("k"), VersionId: new("null")}, true, "null"},
		{"a version", s3api.DeleteObjectInput{Bucket: new(keeping), Key: new("versions"), VersionId: &old}, false, old},
		{"a version that is gone", s3api.DeleteObjectInput{Bucket: new(keeping), Key: new("versions"), VersionId: &old}, false, old},
		{"a version that never was", s3api.DeleteObjectInput{Bucket: new(keeping), Key: new("k"), VersionId: &never}, false, never},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := servicetest.Must(s.DeleteObject(s.ctx, &tt.in))(t)
			version := textOf(out.VersionId)
			if tt.version == "*" && version != "" {
				version = "*"
			}
			servicetest.Diff(t, []any{tt.marker, tt.version}, []any{out.DeleteMarker != nil, version})
		})
	}
}

func TestDeleteObjectRefuses(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "a")
	s.put(keeping, "marked", "a")
	s.mark(keeping, "marked")
	for _, tt := range []struct {
		name       string
		in         s3api.DeleteObjectInput
		code, want string
	}{
		{"no bucket", s3api.DeleteObjectInput{Bucket: new(nowhere), Key: new("k")}, "NoSuchBucket", "The specified bucket does not exist\nBucketName=missing"},
		{"a foreign bucket", s3api.DeleteObjectInput{Bucket: new(others), Key: new("k")}, "AccessDenied", "Access Denied"},
		{"a long key", s3api.DeleteObjectInput{Bucket: new(simple), Key: &long}, "KeyTooLongError", longMessage},
		{
			"a version where there are none",
			s3api.DeleteObjectInput{Bucket: new(simple), Key: new("k"), VersionId: new("v")},
			"InvalidArgument",
			"Invalid version id specified\nArgumentName=versionId\nArgumentValue=v",
		},
		{
			"a path as a version",
			s3api.DeleteObjectInput{Bucket: new(keeping), Key: new("k"), VersionId: new("../../../../../../state.db")},
			"InvalidArgument",
			"Invalid version id specified\nArgumentName=versionId\nArgumentValue=../../../../../../state.db",
		},
		{
			"a bypass of no lock",
			s3api.DeleteObjectInput{Bucket: new(simple), Key: new("k"), BypassGovernanceRetention: new(true)},
			"InvalidArgument",
			"x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.\nArgumentName=x-amz-bypass-governance-retention",
		},
		{"another ETag", s3api.DeleteObjectInput{Bucket: new(simple), Key: new("k"), IfMatch: new("b")}, "PreconditionFailed", preFailed + "\nCondition=If-Match"},
		{"any ETag of nothing", s3api.DeleteObjectInput{Bucket: new(simple), Key: new("n"), IfMatch: new("*")}, "NoSuchKey", noSuchKey + "\nKey=n"},
		{"any ETag of a marker", s3api.DeleteObjectInput{Bucket: new(keeping), Key: new("marked"), IfMatch: new("*")}, "PreconditionFailed", preFailed + "\nCondition=If-Match"},
		{
			"a size",
			s3api.DeleteObjectInput{Bucket: new(simple), Key: new("k"), IfMatchSize: new(int64(1))},
			"NotImplemented",
			notDone + "\nHeader=x-amz-if-match-size\nadditionalMessage=Only directory buckets have this condition",
		},
		{
			"a time",
			s3api.DeleteObjectInput{Bucket: new(simple), Key: new("k"), IfMatchLastModifiedTime: new(noon)},
			"NotImplemented",
			notDone + "\nHeader=x-amz-if-match-last-modified-time\nadditionalMessage=Only directory buckets have this condition",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.DeleteObject(s.ctx, &tt.in)
			wantError(t, err, tt.code, tt.want)
		})
	}
	servicetest.Must(s.DeleteObject(s.ctx, &s3api.DeleteObjectInput{Bucket: new(simple), Key: new("k"), IfMatch: new(etagOfText("a"))}))(t)
}

func (s *shelf) deleteAll(bucket string, change func(*s3api.DeleteObjectsInput), list ...s3api.ObjectIdentifier) *s3api.DeleteObjectsOutput {
	s.Helper()
	in := &s3api.DeleteObjectsInput{Bucket: &bucket, Delete: &s3api.Delete{Objects: list}}
	if change != nil {
		change(in)
	}
	return servicetest.Must(s.DeleteObjects(s.ctx, in))(s)
}

// A batch whose caller has gone is not told as done.
func TestDeleteObjectsOfACallerThatHasGone(t *testing.T) {
	s := newShelf(t)
	ctx, gone := context.WithCancel(s.ctx)
	gone()
	_, err := s.DeleteObjects(ctx, &s3api.DeleteObjectsInput{Bucket: new(simple), Delete: &s3api.Delete{Objects: []s3api.ObjectIdentifier{{Key: new("a")}}}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestDeleteObjects(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "a")
	old := s.put(keeping, "k", "a")
	marker := s.mark(keeping, "k")
	locked := s.put(locking, "k", "a")
	servicetest.Must(s.PutObjectLegalHold(s.ctx, &s3api.PutObjectLegalHoldInput{
		Bucket: new(locking), Key: new("k"), LegalHold: &s3api.ObjectLockLegalHold{Status: new("ON")},
	}))(t)
	k := func(version ...*string) s3api.ObjectIdentifier {
		id := s3api.ObjectIdentifier{Key: new("k")}
		if len(version) > 0 {
			id.VersionId = version[0]
		}
		return id
	}
	other := k()
	other.ETag = new(etagOfText("b"))
	servicetest.Diff(t, &s3api.DeleteObjectsOutput{
		Deleted: []s3api.DeletedObject{{Key: new("k")}, {Key: new("k")}},
		Errors: []s3api.Error{
			{Key: new("k"), Code: new("PreconditionFailed"), Message: new(preFailed)},
			{Key: new("k"), VersionId: new("v"), Code: new("NoSuchVersion"), Message: new("The specified version does not exist.")},
		},
	}, s.deleteAll(simple, nil, other, k(), k(new("v")), k()))
	servicetest.Diff(t, &s3api.DeleteObjectsOutput{
		Deleted: []s3api.DeletedObject{
			{Key: new("k"), VersionId: &old},
			{Key: new("k"), VersionId: &marker, DeleteMarker: new(true), DeleteMarkerVersionId: &marker},
		},
		Errors: []s3api.Error{{Key: new("k"), VersionId: new("../x"), Code: new("NoSuchVersion"), Message: new("The specified version does not exist.")}},
	}, s.deleteAll(keeping, nil, k(&old), k(&marker), k(new("../x"))))
	quiet := s.deleteAll(locking, func(in *s3api.DeleteObjectsInput) {
		in.Delete.Quiet, in.BypassGovernanceRetention = new(true), new(true)
	}, k(), k(&locked))
	servicetest.Diff(t, &s3api.DeleteObjectsOutput{Errors: []s3api.Error{
		{Key: new("k"), VersionId: &locked, Code: new("AccessDenied"), Message: new("Access Denied because object protected by object lock.")},
	}}, quiet)
	marked := s.deleteAll(pausing, nil, k()).Deleted[0]
	servicetest.Diff(t, s3api.DeletedObject{Key: new("k"), DeleteMarker: new(true), DeleteMarkerVersionId: new("null")}, marked)
}

func TestDeleteObjectsHasALimit(t *testing.T) {
	s := newShelf(t)
	var list []s3api.ObjectIdentifier
	for i := range s3.MaxDeleted {
		list = append(list, s3api.ObjectIdentifier{Key: new(fmt.Sprintf("k%d", i))})
		if i%100 == 0 {
			s.put(simple, *list[i].Key, "a")
		}
	}
	out := s.deleteAll(simple, nil, list...)
	servicetest.Diff(t, []any{s3.MaxDeleted, "k0", "k999"}, []any{len(out.Deleted), *out.Deleted[0].Key, *out.Deleted[999].Key})
	for name, wrong := range map[string][]s3api.ObjectIdentifier{"too many": append(list, list[0]), "none": nil, "without a key": {{Key: new("")}}} {
		_, err := s.DeleteObjects(s.ctx, &s3api.DeleteObjectsInput{Bucket: new(simple), Delete: &s3api.Delete{Objects: wrong}})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantError(t, err, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
}
