package objects_test

import (
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// FuzzRecords decodes what is no record. It must be refused or make sense, and
// never panic.
func FuzzRecords(f *testing.F) {
	for _, seed := range objects.SomeRecords() {
		f.Add(seed)
	}
	f.Add([]byte{})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1})
	f.Fuzz(func(t *testing.T, record []byte) {
		if err := objects.DecodeAny(record); err != nil {
			t.Error(err)
		}
	})
}

// FuzzNames asks for versions, uploads and keys of any name in a bucket that has
// one of each. Nothing but what was named may come, least of all that of another
// bucket.
func FuzzNames(f *testing.F) {
	db := open(f, "store", objects.Config{FS: vfs.NewMem()})
	ids := map[string]string{}
	for _, bucket := range []string{"mine", "other"} {
		update(f, db, func(tx *objects.Tx) error {
			b := &objects.Bucket{Name: bucket, Account: account, ObjectLock: true}
			if err := tx.CreateBucket(b); err != nil {
				return err
			}
			marker, err := tx.Delete(b, "k", "", "")
			if err != nil {
				return err
			}
			u := &objects.Upload{}
			if err := tx.CreateUpload(b, "k", u); err != nil {
				return err
			}
			ids[bucket+" version"], ids[bucket+" upload"] = marker.ID, u.ID
			return tx.SetSetting(b, "policy", []byte(bucket))
		})
	}
	for _, id := range ids {
		f.Add("k", id)
	}
	f.Add("k", "null")
	f.Add("../k", "../../../../state.db")
	f.Add("k\x00\x01", "")
	f.Fuzz(func(t *testing.T, key, id string) {
		err := db.View(t.Context(), func(v *objects.View) error {
			b, err := v.Bucket("mine")
			if err != nil {
				return err
			}
			version, err := v.Version(b, key, id)
			if (err == nil) != (key == "k" && id == ids["mine version"]) {
				t.Errorf("version %q of %q: %v, %v", id, key, version, err)
			}
			if err != nil && cloud.KindOf(err) != cloud.NotFound && cloud.KindOf(err) != cloud.Invalid {
				t.Errorf("version %q of %q: %v", id, key, err)
			}
			if _, err := v.Upload(b, key, id); (err == nil) != (key == "k" && id == ids["mine upload"]) {
				t.Errorf("upload %q of %q: %v", id, key, err)
			}
			for name, document := range v.Settings(b, key) {
				if !strings.HasPrefix(name, key) || name != "policy" || string(document) != "mine" {
					t.Errorf("settings that begin with %q: %q", key, name)
				}
			}
			c := v.Versions(b)
			if found := c.Seek(key); found != (key <= "k") || found && c.Version().Bucket != "mine" {
				t.Errorf("seek %q: %v", key, found)
			}
			if _, err := c.SeekPast(key, id); err != nil && cloud.KindOf(err) != cloud.Invalid {
				t.Errorf("seek past %q %q: %v", key, id, err)
			}
			return c.Close()
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// FuzzKeys keeps any key, and has it where it belongs in the order.
func FuzzKeys(f *testing.F) {
	f.Add("a", "a/b")
	f.Add("a\x00", "a")
	f.Add("a\x00\xff", "a\x00\x01")
	f.Add("", "\x00")
	f.Add("\xff", "\xff\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		if err := objects.CheckKeys(a, b); err != nil {
			t.Error(err)
		}
	})
}
