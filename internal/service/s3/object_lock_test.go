package s3_test

import (
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	protected = "Access Denied because object protected by object lock."
	noLock    = "Bucket is missing Object Lock Configuration"
)

// retain sets or removes a retention.
func (s *shelf) retain(key, mode string, until time.Time, bypass bool) error {
	in := &s3api.PutObjectRetentionInput{Bucket: new(locking), Key: &key, Retention: &s3api.ObjectLockRetention{}}
	if mode != "" {
		in.Retention = &s3api.ObjectLockRetention{Mode: &mode, RetainUntilDate: &until}
	}
	if bypass {
		in.BypassGovernanceRetention = new(true)
	}
	_, err := s.PutObjectRetention(s.ctx, in)
	return err
}

func TestRetentionMayGrowAndNotShrink(t *testing.T) {
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	for _, tt := range []struct {
		name     string
		from, to string // modes
		until    int    // days; the first one is until day 2
		bypass   bool
		refused  bool
	}{
		{"from none", "", objects.Governance, 1, false, false},
		{"longer", objects.Compliance, objects.Compliance, 3, false, false},
		{"shorter", objects.Compliance, objects.Compliance, 1, false, true},
		{"shorter with bypass", objects.Compliance, objects.Compliance, 1, true, true},
		{"weaker", objects.Compliance, objects.Governance, 3, true, true},
		{"gone", objects.Compliance, "", 0, true, true},
		{"stronger", objects.Governance, objects.Compliance, 2, false, false},
		{"governance shorter", objects.Governance, objects.Governance, 1, false, true},
		{"governance shorter with bypass", objects.Governance, objects.Governance, 1, true, false},
		{"governance gone", objects.Governance, "", 0, false, true},
		{"governance gone with bypass", objects.Governance, "", 0, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(t)
			s.put(locking, "k", "a")
			if err := s.retain("k", tt.from, day(2), false); err != nil {
				t.Fatal(err)
			}
			err := s.retain("k", tt.to, day(tt.until), tt.bypass)
			if tt.refused {
				wantError(t, err, "AccessDenied", protected)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			out, err := s.GetObjectRetention(s.ctx, &s3api.GetObjectRetentionInput{Bucket: new(locking), Key: new("k")})
			if tt.to == "" {
				wantError(t, err, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")
				return
			}
			servicetest.Diff(t, &s3api.ObjectLockRetention{Mode: &tt.to, RetainUntilDate: new(day(tt.until))}, servicetest.Must(out, err)(t).Retention)
		})
	}
}

// As an auditor would test it: a version stays until its own time, whatever
// becomes of the bucket's configuration and of the clock.
func TestDefaultRetentionHolds(t *testing.T) {
	s := newShelf(t)
	s.retainAll("COMPLIANCE", 1)
	id := s.put(locking, "k", "evidence")
	s.retainAll("", 0)
	remove := func() error {
		_, err := s.DeleteObject(s.ctx, &s3api.DeleteObjectInput{Bucket: new(locking), Key: new("k"), VersionId: &id, BypassGovernanceRetention: new(true)})
		return err
	}
	for _, move := range []time.Duration{0, -48 * time.Hour, 71 * time.Hour} {
		s.clock.move(move)
		wantError(t, remove(), "AccessDenied", protected)
	}
	s.mark(locking, "k")
	content, _ := s.get(locking, "k", func(in *s3api.GetObjectInput) { in.VersionId = &id })
	servicetest.Diff(t, "evidence", content)
	s.clock.move(2 * time.Hour)
	if err := remove(); err != nil {
		t.Error(err)
	}
}

func TestLegalHold(t *testing.T) {
	s := newShelf(t)
	id := s.put(locking, "k", "a")
	get := &s3api.GetObjectLegalHoldInput{Bucket: new(locking), Key: new("k")}
	_, err := s.GetObjectLegalHold(s.ctx, get)
	wantError(t, err, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")
	for _, status := range []string{"ON", "OFF"} {
		hold := &s3api.ObjectLockLegalHold{Status: &status}
		servicetest.Must(s.PutObjectLegalHold(s.ctx, &s3api.PutObjectLegalHoldInput{Bucket: new(locking), Key: new("k"), LegalHold: hold}))(t)
		servicetest.Diff(t, hold, servicetest.Must(s.GetObjectLegalHold(s.ctx, get))(t).LegalHold)
		servicetest.Diff(t, &status, s.head(locking, "k").ObjectLockLegalHoldStatus)
		_, err := s.DeleteObject(s.ctx, &s3api.DeleteObjectInput{Bucket: new(locking), Key: new("k"), VersionId: &id, BypassGovernanceRetention: new(true)})
		if status == "ON" {
			wantError(t, err, "AccessDenied", protected)
		} else if err != nil {
			t.Error(err)
		}
	}
}

func TestLocksThatAreNone(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "a")
	s.put(locking, "k", "a")
	until := noon.Add(time.Hour)
	malformed := "The XML you provided was not well-formed or did not validate against our published schema"
	for _, tt := range []struct {
		name       string
		bucket     string
		retention  *s3api.ObjectLockRetention
		code, want string
	}{
		{"no lock", simple, &s3api.ObjectLockRetention{Mode: new("COMPLIANCE"), RetainUntilDate: &until}, "InvalidRequest", noLock},
		{"no date", locking, &s3api.ObjectLockRetention{Mode: new("COMPLIANCE")}, "MalformedXML", malformed},
		{"no mode", locking, &s3api.ObjectLockRetention{RetainUntilDate: &until}, "MalformedXML", malformed},
		{"another mode", locking, &s3api.ObjectLockRetention{Mode: new("ALWAYS"), RetainUntilDate: &until}, "MalformedXML", malformed},
		{
			"past", locking, &s3api.ObjectLockRetention{Mode: new("COMPLIANCE"), RetainUntilDate: new(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))}, "InvalidArgument",
			"The retain until date must be in the future!\nArgumentName=RetainUntilDate\nArgumentValue=Tue Dec 31 16:00:00 PST 2019",
		},
		{"no object", keeping, &s3api.ObjectLockRetention{}, "NoSuchKey", noSuchKey + "\nKey=k"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.PutObjectRetention(s.ctx, &s3api.PutObjectRetentionInput{Bucket: &tt.bucket, Key: new("k"), Retention: tt.retention})
			wantError(t, err, tt.code, tt.want)
		})
	}
	_, err := s.GetObjectRetention(s.ctx, &s3api.GetObjectRetentionInput{Bucket: new(simple), Key: new("k")})
	wantError(t, err, "InvalidRequest", noLock)
	_, err = s.GetObjectLegalHold(s.ctx, &s3api.GetObjectLegalHoldInput{Bucket: new(simple), Key: new("k")})
	wantError(t, err, "InvalidRequest", noLock)
	_, err = s.PutObjectLegalHold(s.ctx, &s3api.PutObjectLegalHoldInput{Bucket: new(simple), Key: new("k"), LegalHold: &s3api.ObjectLockLegalHold{Status: new("ON")}})
	wantError(t, err, "InvalidRequest", noLock)
	_, err = s.PutObjectLegalHold(s.ctx, &s3api.PutObjectLegalHoldInput{Bucket: new(locking), Key: new("k")})
	wantError(t, err, "MalformedXML", malformed)
}
