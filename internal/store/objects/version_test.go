package objects_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// lab is a store with one bucket and a clock that a test moves.
type lab struct {
	t   *testing.T
	db  *objects.DB
	now time.Time
}

func newLab(t *testing.T, b objects.Bucket) *lab {
	t.Helper()
	l := &lab{t: t, now: time.Date(2026, 11, 29, 12, 0, 0, 123_456_789, time.FixedZone("", 3600))}
	l.db = open(t, "store", objects.Config{FS: vfs.NewMem(), Inline: smallInline, Now: func() time.Time { return l.now }, Log: slog.New(slog.DiscardHandler)})
	b.Name, b.Account = "logs", account
	update(t, l.db, func(tx *objects.Tx) error { return tx.CreateBucket(&b) })
	return l
}

// change runs fn on the bucket.
func (l *lab) change(fn func(*objects.Tx, *objects.Bucket) error) error {
	return l.db.Update(l.t.Context(), func(tx *objects.Tx) error {
		b, err := tx.Bucket("logs")
		if err != nil {
			return err
		}
		return fn(tx, b)
	})
}

// put puts a version and returns it.
func (l *lab) put(key, body string, v objects.Version) *objects.Version {
	l.t.Helper()
	s, err := l.db.Stage(l.t.Context(), strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	defer s.Discard()
	if err := l.change(func(tx *objects.Tx, b *objects.Bucket) error { return tx.Put(b, key, &v, s, "ObjectCreated:Put") }); err != nil {
		l.t.Fatal(err)
	}
	return &v
}

func (l *lab) amend(v *objects.Version, bypass bool, fn func(*objects.Version)) error {
	return l.change(func(tx *objects.Tx, _ *objects.Bucket) error {
		return tx.Amend(v, bypass, "ObjectLock:Put", func(v *objects.Version) error {
			fn(v)
			return nil
		})
	})
}

func (l *lab) delete(v *objects.Version, bypass bool) error {
	return l.change(func(tx *objects.Tx, b *objects.Bucket) error {
		_, err := tx.DeleteVersion(b, v.Key, v.ID, bypass, "ObjectRemoved:Delete")
		return err
	})
}

func wantError(t *testing.T, what string, err error, want *cloud.Error) {
	t.Helper()
	got, _ := errors.AsType[*cloud.Error](err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestWords(t *testing.T) {
	l := newLab(t, objects.Bucket{ObjectLock: true})
	v := l.put("k", "text", objects.Version{})
	other := l.put("other", "text", objects.Version{})
	if v.Time != l.now.UTC().Truncate(time.Millisecond) || len(v.ID) != 32 || !v.Latest || v.Size != 4 {
		t.Errorf("the version is %+v", v)
	}
	get := func(key, id string) error {
		return l.db.View(t.Context(), func(view *objects.View) error {
			_, err := source(view, "logs", key, id)
			return err
		})
	}
	for _, id := range []string{"", "x", v.ID + "0", v.ID[1:], strings.Repeat("../", 11)[:32], v.ID[:31] + "\x00", "nul"} {
		wantError(t, "version "+id, get("k", id), &cloud.Error{
			Kind: cloud.Invalid, Code: "InvalidArgument", Message: "Invalid version id specified",
			Fields: map[string]any{"ArgumentName": "versionId", "ArgumentValue": id},
		})
	}
	for _, id := range []string{objects.NullVersion, other.ID, strings.Repeat("a", 32), strings.Repeat("0", 32), strings.ToLower(v.ID)} {
		wantError(t, "version "+id, get("k", id), &cloud.Error{
			Kind: cloud.NotFound, Code: "NoSuchVersion", Message: "The specified version does not exist.",
			Fields: map[string]any{"Key": "k", "VersionId": id},
		})
	}
	const message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
	for _, id := range []string{"", "x", "../../../../state.db", v.ID, strings.Repeat("0", 64)} {
		err := l.change(func(tx *objects.Tx, b *objects.Bucket) error {
			_, err := tx.Upload(b, "k", id)
			return err
		})
		wantError(t, "upload "+id, err, &cloud.Error{Kind: cloud.NotFound, Code: "NoSuchUpload", Message: message, Fields: map[string]any{"UploadId": id}})
	}
	wantError(t, "DeleteBucket", l.change((*objects.Tx).DeleteBucket), &cloud.Error{
		Kind: cloud.Conflict, Code: "BucketNotEmpty", Fields: map[string]any{"BucketName": "logs"},
		Message: "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
	})
	wantError(t, "DeleteVersion", errors.Join(l.amend(v, false, func(v *objects.Version) { v.LegalHold = true }), l.delete(v, true)), &cloud.Error{
		Kind: cloud.Denied, Code: "AccessDenied", Message: "Access Denied because object protected by object lock.",
	})
}

// An ID leads to nothing in another bucket, and nothing under another key.
// A glance at what is not there, for whatever reason, is at a version that is nobody's.
func TestGlance(t *testing.T) {
	l := newLab(t, objects.Bucket{ObjectLock: true})
	first, second := l.put("k", "one", objects.Version{Owner: "444455556666"}), l.put("k", "two", objects.Version{Owner: "777788889999"})
	const nobody = "000000000000 false"
	for what, want := range map[[2]string]string{
		{"k", ""}: "777788889999 true", {"k", second.ID}: "777788889999 true", {"k", first.ID}: "444455556666 true",
		{"k", strings.Repeat("a", 32)}: nobody, {"k", "no version"}: nobody, {"k", objects.NullVersion}: nobody, {"other", ""}: nobody, {"other", first.ID}: nobody,
	} {
		err := l.db.View(t.Context(), func(view *objects.View) error {
			b, err := view.Bucket("logs")
			if err != nil {
				return err
			}
			version, there, err := view.Glance(b, what[0], what[1])
			if err != nil {
				return err
			}
			if got := fmt.Sprint(version.Owner, " ", there); got != want || len(version.Tags)+len(version.ACL) > 0 {
				t.Errorf("%q is %s, want %s", what, got, want)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%q: %v", what, err)
		}
	}
}

func TestIDsBelongToTheirKey(t *testing.T) {
	l := newLab(t, objects.Bucket{})
	u := &objects.Upload{}
	err := l.change(func(tx *objects.Tx, b *objects.Bucket) error {
		other := &objects.Bucket{Name: "other", Account: account}
		return errors.Join(tx.CreateUpload(b, "k", u), tx.CreateBucket(other))
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range [][2]string{{"other", "k"}, {"logs", "k/"}, {"logs", ""}, {"logs", "k\x00"}} {
		err := l.db.View(t.Context(), func(v *objects.View) error {
			b, err := v.Bucket(at[0])
			if err != nil {
				return err
			}
			_, err = v.Upload(b, at[1], u.ID)
			return err
		})
		wantCode(t, at[0]+"/"+at[1], err, noUpload)
	}
}

// A lock as an auditor would test it.
func TestRetentionHolds(t *testing.T) {
	l := newLab(t, objects.Bucket{ObjectLock: true})
	until := l.now.Add(24 * time.Hour)
	locked := func(mode string) objects.Version {
		return objects.Version{Retention: objects.Retention{Mode: mode, Until: until}}
	}
	compliance, governance := l.put("c", "evidence", locked(objects.Compliance)), l.put("g", "evidence", locked(objects.Governance))
	for _, tt := range []struct {
		name    string
		version *objects.Version
		bypass  bool
		to      objects.Retention
		want    string
	}{
		{"compliance is shortened", compliance, true, objects.Retention{Mode: objects.Compliance, Until: until.Add(-time.Second)}, denied},
		{"compliance is weakened", compliance, true, objects.Retention{Mode: objects.Governance, Until: until.Add(time.Hour)}, denied},
		{"compliance is ended", compliance, true, objects.Retention{}, denied},
		{"compliance is extended", compliance, false, objects.Retention{Mode: objects.Compliance, Until: until.Add(time.Second)}, ""},
		{"governance is shortened", governance, false, objects.Retention{Mode: objects.Governance, Until: until.Add(-time.Second)}, denied},
		{"governance is ended", governance, false, objects.Retention{}, denied},
		{"governance is shortened with bypass", governance, true, objects.Retention{Mode: objects.Governance, Until: until.Add(-time.Second)}, ""},
		{"governance becomes compliance", governance, false, objects.Retention{Mode: objects.Compliance, Until: until.Add(-time.Second)}, ""},
		{"and is that now", governance, true, objects.Retention{}, denied},
	} {
		err := l.amend(tt.version, tt.bypass, func(v *objects.Version) { v.Retention = tt.to })
		wantCode(t, tt.name, err, tt.want)
	}
	wantCode(t, "delete", l.delete(compliance, true), denied)
	l.now = l.now.Add(-48 * time.Hour) // a clock that was moved back ends nothing
	wantCode(t, "delete with a wrong clock", l.delete(compliance, true), denied)
	l.now = until.Add(time.Second)
	wantCode(t, "delete at the end", l.delete(compliance, false), denied)
	l.now = until.Add(time.Second + time.Millisecond)
	wantCode(t, "delete after the end", l.delete(compliance, false), "")
	wantCode(t, "delete after the end", l.delete(governance, false), "")
}

// What is open is read to its end, whatever becomes of it.
func TestReadersOutliveDeletion(t *testing.T) {
	for _, body := range []string{"small", strings.Repeat("big", 100_000)} {
		l := newLab(t, objects.Bucket{})
		v := l.put("k", body, objects.Version{})
		r, _, err := l.db.Open(t.Context(), "logs", "k")
		if err != nil {
			t.Fatal(err)
		}
		// One that begins on an old state after the content is gone.
		err = l.db.View(t.Context(), func(view *objects.View) error {
			if err := l.delete(v, false); err != nil {
				return err
			}
			runUntilSwept(t, l.db)
			got, err := readAll(t, view, v)
			if got != body {
				t.Errorf("the old state has %d bytes", len(got))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		runUntilSwept(t, l.db)
		got, err := io.ReadAll(r)
		if err != nil || string(got) != body {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if _, free, err := l.db.Usage(t.Context(), nil); err != nil || (free > 0) != (len(body) > smallInline) {
			t.Errorf("%d bytes to free while it is read, %v", free, err)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Error(err)
		}
		runUntilSwept(t, l.db)
		if _, free, err := l.db.Usage(t.Context(), nil); err != nil || free > 0 {
			t.Errorf("%d bytes to free after that, %v", free, err)
		}
		wantSound(t, l.db)
	}
}

// Content of very many pieces in the index is read without taking all of it into
// memory at once.
func TestManySmallPieces(t *testing.T) {
	const size, pieces = objects.DefaultInline, 200
	l := &lab{t: t, db: open(t, "store", objects.Config{FS: vfs.NewMem()})}
	makeBucket(t, l.db, "logs")
	piece := string(noise(size))
	u := &objects.Upload{}
	if err := l.change(func(tx *objects.Tx, b *objects.Bucket) error { return tx.CreateUpload(b, "k", u) }); err != nil {
		t.Fatal(err)
	}
	l.put("piece", piece, objects.Version{})
	var parts []int32
	err := l.change(func(tx *objects.Tx, b *objects.Bucket) error {
		v, err := tx.Latest(b, "piece")
		if err != nil {
			return err
		}
		for n := range int32(pieces) {
			parts = append(parts, n+1)
			if err := tx.CopyPart(u, &objects.Part{Number: n + 1}, v, 0, size); err != nil {
				return err
			}
		}
		return tx.CompleteUpload(b, u, parts, &objects.Version{}, "ObjectCreated:CompleteMultipartUpload")
	})
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, l.db, "k", strings.Repeat(piece, pieces))
	wantSound(t, l.db)
}

// A change may be larger than what the index keeps in memory.
func TestLargeChange(t *testing.T) {
	memory := vfs.NewCrashableMem()
	l := &lab{t: t, db: open(t, "store", objects.Config{FS: memory, Log: slog.New(slog.DiscardHandler)})}
	makeBucket(t, l.db, "logs")
	const count = 1000 // 32 MB
	body := string(noise(objects.DefaultInline))
	err := l.change(func(tx *objects.Tx, b *objects.Bucket) error {
		for n := range count {
			s, err := l.db.Stage(t.Context(), strings.NewReader(body))
			if err != nil {
				return err
			}
			if err := tx.Put(b, fmt.Sprintf("k%04d", n), &objects.Version{}, s, "ObjectCreated:Put"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	again := open(t, "store", objects.Config{FS: memory.CrashClone(vfs.CrashCloneCfg{}), Log: slog.New(slog.DiscardHandler)})
	for _, db := range []*objects.DB{l.db, again} {
		wantText(t, db, "k0000", body)
		wantText(t, db, fmt.Sprintf("k%04d", count-1), body)
		wantSound(t, db)
	}
}

func TestStagedContentIsTakenOnce(t *testing.T) {
	l := newLab(t, objects.Bucket{})
	s, err := l.db.Stage(t.Context(), strings.NewReader(strings.Repeat("x", 1000)))
	if err != nil {
		t.Fatal(err)
	}
	put := func(tx *objects.Tx, b *objects.Bucket) error {
		return tx.Put(b, "k", &objects.Version{}, s, "ObjectCreated:Put")
	}
	failing := errors.New("no")
	err = l.change(func(tx *objects.Tx, b *objects.Bucket) error { return errors.Join(put(tx, b), failing) })
	if !errors.Is(err, failing) {
		t.Error(err)
	}
	if err := l.change(put); err != nil {
		t.Errorf("content that was given back is not taken: %v", err)
	}
	if err := l.change(put); err == nil {
		t.Error("content was taken twice")
	}
	s.Discard()
	wantText(t, l.db, "k", strings.Repeat("x", 1000))
	thrown, err := l.db.Stage(t.Context(), strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	thrown.Discard()
	s = thrown
	if err := l.change(put); err == nil {
		t.Error("content was taken that was discarded")
	}
}

// A function that panics harms nobody, and a bucket from before is not mistaken
// for one of its name.
func TestUpdatesGoOn(t *testing.T) {
	l := newLab(t, objects.Bucket{})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = l.change(func(tx *objects.Tx, b *objects.Bucket) error {
			_ = tx.SetSetting(b, "policy", []byte("x"))
			panic("now")
		})
	}()
	var old *objects.Bucket
	err := l.change(func(tx *objects.Tx, b *objects.Bucket) error {
		if document, err := tx.Setting(b, "policy"); document != nil || err != nil {
			t.Errorf("the setting is %q, %v", document, err)
		}
		old = b
		return errors.Join(tx.DeleteBucket(b), tx.CreateBucket(&objects.Bucket{Name: "logs", Account: "another"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = l.change(func(tx *objects.Tx, _ *objects.Bucket) error { return tx.SetSetting(old, "policy", []byte("x")) })
	wantCode(t, "a setting of a bucket that is gone", err, noBucket)
}

func TestClear(t *testing.T) {
	l := newLab(t, objects.Bucket{ObjectLock: true})
	v := l.put("k", strings.Repeat("x", 1000), objects.Version{LegalHold: true})
	wantCode(t, "delete", l.delete(v, true), denied)
	if err := l.db.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	runUntilSwept(t, l.db)
	used, free, err := l.db.Usage(t.Context(), nil)
	if err != nil || len(used) != 0 || free != 0 {
		t.Errorf("%v, %d bytes to free, %v", used, free, err)
	}
	wantSound(t, l.db)
	makeBucket(t, l.db, "logs")
	wantCode(t, "delete", l.delete(v, true), "")
	putText(t, l.db, "k", "again")
	wantText(t, l.db, "k", "again")
}

func TestUsage(t *testing.T) {
	l := newLab(t, objects.Bucket{ObjectLock: true})
	l.put("a", "12345", objects.Version{LegalHold: true})
	l.put("a", "123", objects.Version{Retention: objects.Retention{Mode: objects.Governance, Until: l.now.Add(time.Hour)}})
	l.put("b", strings.Repeat("x", 1000), objects.Version{Retention: objects.Retention{Mode: objects.Governance, Until: l.now.Add(-time.Hour)}})
	u := &objects.Upload{}
	err := l.change(func(tx *objects.Tx, b *objects.Bucket) error {
		if _, err := tx.Delete(b, "b", "", ""); err != nil {
			return err
		}
		from, err := tx.Latest(b, "a")
		if err != nil {
			return err
		}
		return errors.Join(tx.CreateUpload(b, "c", u), tx.CopyPart(u, &objects.Part{Number: 1}, from, 1, 2))
	})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := l.db.Usage(t.Context(), func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	got[0].Bucket = nil
	want := []objects.Usage{{Objects: 1, Bytes: 3, Versions: 2, Earlier: 1005, Markers: 1, Locked: 2, Uploads: 1, Parts: 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
}

// A closed store says so, and closing waits for those who read.
func TestClose(t *testing.T) {
	l := newLab(t, objects.Bucket{})
	l.put("k", "text", objects.Version{})
	closed, in := make(chan error, 1), make(chan struct{})
	err := l.db.View(t.Context(), func(v *objects.View) error {
		go func() {
			close(in)
			closed <- l.db.Close()
		}()
		<-in
		c := v.Objects(&objects.Bucket{Name: "logs", Number: 1}) // left open
		c.Seek("")
		b, err := v.Bucket("logs")
		if err == nil {
			_, err = v.Latest(b, "k")
		}
		return err
	})
	if err := errors.Join(err, <-closed, l.db.Close()); err != nil {
		t.Error(err)
	}
	if err := l.db.View(t.Context(), func(*objects.View) error { return nil }); err == nil {
		t.Error("a closed store is read")
	}
	if err := l.change(func(*objects.Tx, *objects.Bucket) error { return nil }); err == nil {
		t.Error("a closed store is changed")
	}
}
