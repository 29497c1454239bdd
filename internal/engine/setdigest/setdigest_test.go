package setdigest_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine/setdigest"
)

func digest(hashes ...uint64) *setdigest.Digest {
	d := setdigest.New()
	for _, h := range hashes {
		d.Add(h)
	}
	return d
}

// spread returns n hashes that are far from each other, from the first on.
func spread(first, n uint64) []uint64 {
	hashes := make([]uint64, n)
	for i := range hashes {
		x := (first + uint64(i)) * 0x9e3779b97f4a7c15
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		hashes[i] = x ^ x>>31
	}
	return hashes
}

func TestSets(t *testing.T) {
	a, b := digest(1, 2, 2, 3), digest(2, 3, 4)
	hashes, counts := a.Counts()
	both, err := setdigest.Intersection(a, b)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{a.Cardinality(), hashes, counts, both, setdigest.Jaccard(a, b)}
	if diff := cmp.Diff([]any{int64(3), []int64{1, 2, 3}, []int64{1, 2, 1}, int64(2), 2.0 / 3}, got); diff != "" {
		t.Error(diff)
	}
	if err := a.Merge(b); err != nil {
		t.Fatal(err)
	}
	if a.Cardinality() != 4 {
		t.Errorf("%d in both, want 4", a.Cardinality())
	}
}

func TestSetsThatAreEstimated(t *testing.T) {
	a, b := digest(spread(0, 20_000)...), digest(spread(10_000, 20_000)...)
	both, err := setdigest.Intersection(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if n := a.Cardinality(); n < 18_000 || n > 22_000 || both < 8_000 || both > 12_000 {
		t.Errorf("%d values, of which %d in both", n, both)
	}
	hashes, _ := a.Counts()
	if len(hashes) != 8192 {
		t.Errorf("%d hashes are kept", len(hashes))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(digest(1, 2, 3).Bytes())
	f.Add(setdigest.New().Bytes())
	f.Add([]byte{1, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := setdigest.Parse(b)
		if err != nil {
			return
		}
		again, err := setdigest.Parse(d.Bytes())
		if err != nil || !bytes.Equal(d.Bytes(), again.Bytes()) {
			t.Errorf("what was read does not read again: %v", err)
		}
		_ = setdigest.Jaccard(d, again)
	})
}
