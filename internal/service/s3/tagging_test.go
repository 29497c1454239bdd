package s3_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
)

func tag(key, value string) s3api.Tag { return s3api.Tag{Key: &key, Value: &value} }

func TestObjectTagging(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "a", func(in *s3api.PutObjectInput) { in.Tagging = new("b=1&a=2") })
	got := func(bucket string, version *string) *s3api.GetObjectTaggingOutput {
		return servicetest.Must(s.GetObjectTagging(s.ctx, &s3api.GetObjectTaggingInput{Bucket: &bucket, Key: new("k"), VersionId: version}))(t)
	}
	servicetest.Diff(t, &s3api.GetObjectTaggingOutput{TagSet: []s3api.Tag{tag("b", "1"), tag("a", "2")}}, got(simple, nil))
	put := s3api.PutObjectTaggingInput{Bucket: new(simple), Key: new("k"), Tagging: &s3api.Tagging{TagSet: []s3api.Tag{tag("이름", "값 + @")}}}
	servicetest.Diff(t, &s3api.PutObjectTaggingOutput{}, servicetest.Must(s.PutObjectTagging(s.ctx, &put))(t))
	servicetest.Diff(t, put.Tagging.TagSet, got(simple, nil).TagSet)
	servicetest.Must(s.DeleteObjectTagging(s.ctx, &s3api.DeleteObjectTaggingInput{Bucket: new(simple), Key: new("k")}))(t)
	servicetest.Diff(t, &s3api.GetObjectTaggingOutput{TagSet: []s3api.Tag{}}, got(simple, nil))

	old := s.put(keeping, "k", "a")
	s.put(keeping, "k", "b")
	put.Bucket, put.VersionId = new(keeping), &old
	servicetest.Diff(t, &old, servicetest.Must(s.PutObjectTagging(s.ctx, &put))(t).VersionId)
	servicetest.Diff(t, []int{1, 0}, []int{len(got(keeping, &old).TagSet), len(got(keeping, nil).TagSet)})
	marker := s.mark(keeping, "k")
	put.VersionId = &marker
	_, err := s.PutObjectTagging(s.ctx, &put)
	wantError(t, err, "MethodNotAllowed", "The specified method is not allowed against this resource.\nMethod=PUT\nResourceType=DeleteMarker")
	_, err = s.GetObjectTagging(s.ctx, &s3api.GetObjectTaggingInput{Bucket: new(keeping), Key: new("k")})
	wantError(t, err, "NoSuchKey", noSuchKey+"\nKey=k")
}

func TestTagsThatAreNone(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "a")
	var eleven []s3api.Tag
	for _, c := range "abcdefghijk" {
		eleven = append(eleven, tag(string(c), ""))
	}
	longKey, longValue := strings.Repeat("k", s3.MaxTagKey+1), strings.Repeat("v", s3.MaxTagValue+1)
	for _, tt := range []struct {
		name       string
		set        []s3api.Tag
		code, want string
	}{
		{"too many", eleven, "BadRequest", "Object tags cannot be greater than 10"},
		{"twice", []s3api.Tag{tag("a", ""), tag("a", "b")}, "InvalidTag", "Cannot provide multiple Tags with the same key\nTagKey=a"},
		{"S3's", []s3api.Tag{tag("aws:a", "")}, "InvalidTag", "Your TagKey cannot be prefixed with aws:\nTagKey=aws:a"},
		{"no key", []s3api.Tag{tag("", "")}, "InvalidTag", "The TagKey you have provided is invalid\nTagKey="},
		{"long key", []s3api.Tag{tag(longKey, "")}, "InvalidTag", "The TagKey you have provided is invalid\nTagKey=" + longKey},
		{"odd key", []s3api.Tag{tag("a,b", "")}, "InvalidTag", "The TagKey you have provided is invalid\nTagKey=a,b"},
		{"long value", []s3api.Tag{tag("a", longValue)}, "InvalidTag", "The TagValue you have provided is invalid\nTagKey=a\nTagValue=" + longValue},
		{"odd value", []s3api.Tag{tag("a", "b?")}, "InvalidTag", "The TagValue you have provided is invalid\nTagKey=a\nTagValue=b?"},
		{"no value", []s3api.Tag{{Key: new("a")}}, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.PutObjectTagging(s.ctx, &s3api.PutObjectTaggingInput{Bucket: new(simple), Key: new("k"), Tagging: &s3api.Tagging{TagSet: tt.set}})
			wantError(t, err, tt.code, tt.want)
		})
	}
}

func TestObjectACL(t *testing.T) {
	s := newShelf(t)
	owner := s3.OwnerOf(servicetest.Account)
	s.put(open, "k", "a", func(in *s3api.PutObjectInput) { in.ACL = new("public-read") })
	got := func(bucket string) *s3api.GetObjectAclOutput {
		return servicetest.Must(s.GetObjectAcl(s.ctx, &s3api.GetObjectAclInput{Bucket: &bucket, Key: new("k")}))(t)
	}
	servicetest.Diff(t, &s3api.GetObjectAclOutput{
		Owner: owner, Grants: []s3api.Grant{s3.ToID(*owner.ID, s3.FullControl), s3.ToGroup(s3.AllUsers, "READ")},
	}, got(open))
	servicetest.Must(s.PutObjectAcl(s.ctx, &s3api.PutObjectAclInput{Bucket: new(open), Key: new("k"), ACL: new("private")}))(t)
	servicetest.Diff(t, &s3api.GetObjectAclOutput{Owner: owner, Grants: []s3api.Grant{s3.ToID(*owner.ID, s3.FullControl)}}, got(open))
	s.put(simple, "k", "a", func(in *s3api.PutObjectInput) { in.ACL = new("bucket-owner-full-control") })
	servicetest.Diff(t, &s3api.GetObjectAclOutput{Owner: owner, Grants: []s3api.Grant{s3.ToID(*owner.ID, s3.FullControl)}}, got(simple))
	for _, tt := range []struct {
		name       string
		in         s3api.PutObjectAclInput
		code, want string
	}{
		{"no ACL", s3api.PutObjectAclInput{Bucket: new(open)}, "MissingSecurityHeader", "Your request was missing a required header\nMissingHeaderName=x-amz-acl"},
		{"where there are none", s3api.PutObjectAclInput{Bucket: new(simple), ACL: new("public-read")}, "AccessControlListNotSupported", "The bucket does not allow ACLs"},
		{"no object", s3api.PutObjectAclInput{Bucket: new(keeping), ACL: new("private")}, "NoSuchKey", noSuchKey + "\nKey=k"},
		{"no bucket", s3api.PutObjectAclInput{Bucket: new(nowhere), ACL: new("private")}, "NoSuchBucket", "The specified bucket does not exist\nBucketName=missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := tt.in
			in.Key = new("k")
			_, err := s.PutObjectAcl(s.ctx, &in)
			wantError(t, err, tt.code, tt.want)
		})
	}
}

func TestRestoreObject(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "a")
	s.put(simple, "cold", "a", func(in *s3api.PutObjectInput) { in.StorageClass = new("GLACIER") })
	var statuses []int32
	restore := func(key string, r *s3api.RestoreRequest) error {
		out, err := s.RestoreObject(s.ctx, &s3api.RestoreObjectInput{Bucket: new(simple), Key: &key, RestoreRequest: r})
		if err == nil {
			statuses = append(statuses, *out.Status)
		}
		return err
	}
	day := &s3api.RestoreRequest{Days: new(int32(1))}
	wantError(t, restore("k", day), "InvalidObjectState", "Restore is not allowed for the object's current storage class\nStorageClass=STANDARD")
	wantError(t, restore("n", day), "NoSuchKey", noSuchKey+"\nKey=n")
	wantError(t, restore("cold", &s3api.RestoreRequest{}), "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	wantError(t, restore("cold", &s3api.RestoreRequest{Type: new("SELECT")}), "NotImplemented", "Queries on archived objects are not supported by this version of Sillok")
	refused := "The operation is not valid for the object's storage class\nStorageClass=GLACIER"
	_, err := s.GetObject(s.ctx, &s3api.GetObjectInput{Bucket: new(simple), Key: new("cold")})
	wantError(t, err, "InvalidObjectState", refused)
	_, err = s.CopyObject(s.ctx, &s3api.CopyObjectInput{Bucket: new(simple), Key: new("warm"), CopySource: new("simple/cold")})
	wantError(t, err, "InvalidObjectState", "Operation is not valid for the source object's storage class\nStorageClass=GLACIER")
	for range 2 {
		if err := restore("cold", day); err != nil {
			t.Fatal(err)
		}
	}
	servicetest.Diff(t, []int32{http.StatusAccepted, http.StatusOK}, statuses)
	servicetest.Diff(t, `ongoing-request="false", expiry-date="Tue, 01 Dec 2026 00:00:00 GMT"`, *s.head(simple, "cold").Restore)
	content, _ := s.get(simple, "cold")
	servicetest.Diff(t, "a", content)
	s.clock.move(2 * 24 * time.Hour)
	_, err = s.GetObject(s.ctx, &s3api.GetObjectInput{Bucket: new(simple), Key: new("cold")})
	wantError(t, err, "InvalidObjectState", refused)
	servicetest.Diff(t, (*string)(nil), s.head(simple, "cold").Restore)
}
