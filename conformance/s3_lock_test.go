package conformance_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// auditor tries to be rid of a version that object lock keeps.
type auditor struct {
	t       *testing.T
	s3      *s3.Client
	bucket  string
	key     string
	version *string
}

// newAuditor stores an object in a bucket whose default retention is a day.
func newAuditor(t *testing.T, s *server, mode types.ObjectLockRetentionMode) *auditor {
	t.Helper()
	a := &auditor{t: t, s3: s.s3(), bucket: "audit-" + strings.ToLower(string(mode)), key: "AWSLogs/evidence.json"}
	if _, err := a.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: &a.bucket, CreateBucketConfiguration: here(), ObjectLockEnabledForBucket: aws.Bool(true),
	}); err != nil {
		t.Fatal(err)
	}
	if err := a.retain(&types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: mode, Days: aws.Int32(1)}}); err != nil {
		t.Fatal(err)
	}
	put, err := a.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &a.bucket, Key: &a.key, Body: strings.NewReader("evidence")})
	if err != nil {
		t.Fatal(err)
	}
	a.version = put.VersionId
	return a
}

func (a *auditor) retain(rule *types.ObjectLockRule) error {
	_, err := a.s3.PutObjectLockConfiguration(a.t.Context(), &s3.PutObjectLockConfigurationInput{
		Bucket: &a.bucket, ObjectLockConfiguration: &types.ObjectLockConfiguration{ObjectLockEnabled: types.ObjectLockEnabledEnabled, Rule: rule},
	})
	return err
}

// remove deletes the version for ever, or tries to.
func (a *auditor) remove(bypass bool) error {
	_, err := a.s3.DeleteObject(a.t.Context(), &s3.DeleteObjectInput{Bucket: &a.bucket, Key: &a.key, VersionId: a.version, BypassGovernanceRetention: flag(bypass)})
	return err
}

func flag(on bool) *bool {
	if !on {
		return nil
	}
	return &on
}

func (a *auditor) removeAmongMany(bypass bool) error {
	out, err := a.s3.DeleteObjects(a.t.Context(), &s3.DeleteObjectsInput{Bucket: &a.bucket, BypassGovernanceRetention: flag(bypass), Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: &a.key, VersionId: a.version}},
	}})
	if err == nil && len(out.Errors) == 1 {
		return errors.New(aws.ToString(out.Errors[0].Code))
	}
	return err
}

// retention changes how long the version is kept.
func (a *auditor) retention(mode types.ObjectLockRetentionMode, until time.Time, bypass bool) error {
	_, err := a.s3.PutObjectRetention(a.t.Context(), &s3.PutObjectRetentionInput{
		Bucket: &a.bucket, Key: &a.key, VersionId: a.version, BypassGovernanceRetention: flag(bypass),
		Retention: &types.ObjectLockRetention{Mode: mode, RetainUntilDate: &until},
	})
	return err
}

// denied wants an attempt to be refused, and the version to be as it was.
func (a *auditor) denied(what string, err error) {
	a.t.Helper()
	if !strings.Contains(codeOf(err), "AccessDenied") && !strings.HasPrefix(codeOf(err), "AccessDenied") {
		a.t.Errorf("%s: %v, want AccessDenied", what, err)
	}
	a.stays(what)
}

// stays wants the version to be there, after what was tried.
func (a *auditor) stays(what string) {
	a.t.Helper()
	head, err := a.s3.HeadObject(a.t.Context(), &s3.HeadObjectInput{Bucket: &a.bucket, Key: &a.key, VersionId: a.version})
	if err != nil {
		a.t.Fatalf("after %s the version is not there: %v", what, err)
	}
	if head.ObjectLockMode == "" || aws.ToTime(head.ObjectLockRetainUntilDate).Before(time.Now().Add(23*time.Hour)) {
		a.t.Errorf("after %s it is kept by %q until %v", what, head.ObjectLockMode, head.ObjectLockRetainUntilDate)
	}
}

// What COMPLIANCE keeps stays until its own time, whoever asks and however:
// the root user, with the rule gone, after lifecycle, after a restart.
func TestComplianceKeeps(t *testing.T) {
	s := serve(t, t.TempDir())
	a := newAuditor(t, s, types.ObjectLockRetentionModeCompliance)
	a.stays("the put, whose retention is the bucket's default")
	tomorrow, today := time.Now().Add(24*time.Hour), time.Now().Add(time.Minute)
	a.denied("a delete", a.remove(false))
	a.denied("a delete that bypasses governance", a.remove(true))
	a.denied("a delete among many", a.removeAmongMany(true))
	a.denied("a shorter retention", a.retention(types.ObjectLockRetentionModeCompliance, today, true))
	a.denied("a weaker mode", a.retention(types.ObjectLockRetentionModeGovernance, tomorrow.Add(time.Hour), true))
	if err := a.retain(nil); err != nil {
		t.Errorf("removing the rule: %v", err)
	}
	a.denied("a delete without the rule", a.remove(true))
	if err := a.retain(&types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance, Days: aws.Int32(1)}}); err != nil {
		t.Errorf("changing the rule: %v", err)
	}
	a.denied("a delete under another rule", a.remove(true))
	if _, err := a.s3.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &a.bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended},
	}); codeOf(err) != "InvalidBucketState" {
		t.Errorf("suspending versions: %v, want InvalidBucketState", err)
	}
	if _, err := a.s3.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: &a.bucket}); codeOf(err) != "BucketNotEmpty" {
		t.Errorf("deleting the bucket: %v, want BucketNotEmpty", err)
	}
	a.overwritten()
	s.killAndRestart()
	a.s3 = s.s3()
	a.denied("a delete after a restart", a.remove(true))
	if err := a.retention(types.ObjectLockRetentionModeCompliance, tomorrow.Add(24*time.Hour), false); err != nil {
		t.Errorf("a longer retention: %v", err)
	}
	a.denied("a retention as it was", a.retention(types.ObjectLockRetentionModeCompliance, tomorrow, true))
}

// overwritten puts over the object, and deletes it without naming a version.
func (a *auditor) overwritten() {
	a.t.Helper()
	if _, err := a.s3.PutObject(a.t.Context(), &s3.PutObjectInput{Bucket: &a.bucket, Key: &a.key, Body: strings.NewReader("other")}); err != nil {
		a.t.Errorf("a put over it: %v", err)
	}
	a.stays("a put over it")
	out, err := a.s3.DeleteObject(a.t.Context(), &s3.DeleteObjectInput{Bucket: &a.bucket, Key: &a.key})
	if err != nil || !aws.ToBool(out.DeleteMarker) {
		a.t.Errorf("a delete without a version: %v, %+v", err, out)
	}
	a.stays("a delete without a version")
	got, err := a.s3.GetObject(a.t.Context(), &s3.GetObjectInput{Bucket: &a.bucket, Key: &a.key, VersionId: a.version})
	if err != nil {
		a.t.Fatal(err)
	}
	if text := body(a.t, got); text != "evidence" {
		a.t.Errorf("the version reads %q", text)
	}
}

// What GOVERNANCE keeps, and a legal hold, go only by those who say so.
func TestGovernanceAndLegalHold(t *testing.T) {
	a := newAuditor(t, serve(t, t.TempDir()), types.ObjectLockRetentionModeGovernance)
	a.denied("a delete", a.remove(false))
	a.denied("a delete among many", a.removeAmongMany(false))
	a.denied("a shorter retention", a.retention(types.ObjectLockRetentionModeGovernance, time.Now().Add(time.Minute), false))
	a.hold(types.ObjectLockLegalHoldStatusOn)
	a.denied("a delete under a legal hold", a.remove(true))
	a.hold(types.ObjectLockLegalHoldStatusOff)
	if err := a.remove(true); err != nil {
		t.Errorf("a delete that bypasses governance: %v", err)
	}
	_, err := a.s3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &a.bucket, Key: &a.key, VersionId: a.version})
	if e, ok := errors.AsType[*awshttp.ResponseError](err); !ok || e.HTTPStatusCode() != http.StatusNotFound {
		t.Errorf("the version after its delete: %v", err)
	}
}

func (a *auditor) hold(status types.ObjectLockLegalHoldStatus) {
	a.t.Helper()
	if _, err := a.s3.PutObjectLegalHold(a.t.Context(), &s3.PutObjectLegalHoldInput{
		Bucket: &a.bucket, Key: &a.key, VersionId: a.version, LegalHold: &types.ObjectLockLegalHold{Status: status},
	}); err != nil {
		a.t.Errorf("a legal hold that is %s: %v", status, err)
	}
}

// Every way in stamps the retention: parts, copies, and headers of the put.
func TestRetentionIsStamped(t *testing.T) {
	a := newAuditor(t, serve(t, t.TempDir()), types.ObjectLockRetentionModeCompliance)
	source := a.bucket + "/" + a.key
	a.key = "copy"
	copied, err := a.s3.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: &a.bucket, Key: &a.key, CopySource: &source})
	if err != nil {
		t.Fatal(err)
	}
	a.version = copied.VersionId
	a.denied("a delete of a copy", a.remove(true))

	a.key = "parts"
	upload, err := a.s3.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &a.bucket, Key: &a.key})
	if err != nil {
		t.Fatal(err)
	}
	part, err := a.s3.UploadPart(t.Context(), &s3.UploadPartInput{Bucket: &a.bucket, Key: &a.key, UploadId: upload.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("part")})
	if err != nil {
		t.Fatal(err)
	}
	done, err := a.s3.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: &a.bucket, Key: &a.key, UploadId: upload.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.version = done.VersionId
	a.denied("a delete of what came in parts", a.remove(true))

	a.key = "header"
	until := time.Now().Add(48 * time.Hour)
	put, err := a.s3.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &a.bucket, Key: &a.key, Body: strings.NewReader("x"), ObjectLockMode: types.ObjectLockModeCompliance, ObjectLockRetainUntilDate: &until,
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.version = put.VersionId
	a.denied("a delete of what says itself how long it is kept", a.remove(true))
	a.denied("a retention as long as the default's", a.retention(types.ObjectLockRetentionModeCompliance, time.Now().Add(24*time.Hour), true))
}
