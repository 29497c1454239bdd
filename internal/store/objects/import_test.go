package objects_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/store/objects"
)

// The IDs of another store's versions, the oldest first.
var foreign = []string{"01M8MNWJF5F538963FVA8FCQXD", "01M8MNWJNJ0AHNSYXA2KMHVXZ2", "01M8MNWJW3ZN8XKYSH0P27709V"}

func TestVersionsOfAnotherStoreKeepTheirIDsAndTimes(t *testing.T) {
	db := open(t, t.TempDir(), objects.Config{})
	began := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	b := &objects.Bucket{Name: "old", Account: account, Region: "us-east-1", Created: began, Versioning: objects.Enabled}
	update(t, db, func(tx *objects.Tx) error { return tx.ImportBucket(b) })
	for i, id := range foreign {
		content, err := db.Stage(t.Context(), strings.NewReader(id))
		if err != nil {
			t.Fatal(err)
		}
		v := objects.Version{ID: id, Time: began.Add(time.Duration(i) * time.Hour)}
		update(t, db, func(tx *objects.Tx) error {
			v := v
			return tx.Import(b, "k", &v, []*objects.Staged{content})
		})
		content.Discard()
	}
	var got []string
	list := func(v *objects.View, past string) {
		c := v.Versions(b)
		found, err := c.SeekPast("k", past)
		for ; found && err == nil; found = c.Next() {
			x := c.Version()
			got = append(got, x.ID+" "+x.Time.Format(time.RFC3339)+" "+x.Became.Format(time.RFC3339))
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	err := db.View(t.Context(), func(v *objects.View) error {
		if _, err := v.Version(b, "k", foreign[1]); err != nil {
			t.Error(err)
		}
		_, err := v.Version(b, "k", "01M8MNWJF5F538963FVA8FCQXZ")
		wantCode(t, "an ID that nothing has", err, "NoSuchVersion")
		list(v, foreign[2])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Past one that is gone the listing goes on at the same place.
	update(t, db, func(tx *objects.Tx) error {
		_, err := tx.DeleteVersion(b, "k", foreign[1], false, "")
		return err
	})
	if err := db.View(t.Context(), func(v *objects.View) error {
		list(v, foreign[1])
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		foreign[1] + " 2020-01-02T04:04:05Z 2020-01-02T05:04:05Z",
		foreign[0] + " 2020-01-02T03:04:05Z 2020-01-02T04:04:05Z",
		foreign[0] + " 2020-01-02T03:04:05Z 2020-01-02T04:04:05Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
