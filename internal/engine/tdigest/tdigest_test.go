package tdigest_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/sillok/sillok/internal/engine/tdigest"
)

func digest(values ...float64) *tdigest.Digest {
	d := &tdigest.Digest{}
	for _, x := range values {
		d.Add(x, 1)
	}
	return d
}

func TestQuantiles(t *testing.T) {
	for _, tt := range []struct {
		name   string
		digest *tdigest.Digest
		q      float64
		want   float64
	}{
		{"the middle of three", digest(3, 1, 2), 0.5, 2},
		{"the least", digest(3, 1, 2), 0, 1},
		{"the greatest", digest(3, 1, 2), 1, 3},
		{"one that came often", digest(0.1, 0.1, 0.1, 0.1, 10), 0.9, 10},
	} {
		read, err := tdigest.Parse(tt.digest.Bytes())
		if err != nil {
			t.Fatal(tt.name, err)
		}
		tt.digest.Settle()
		if got, again := tt.digest.Quantile(tt.q), read.Quantile(tt.q); got != tt.want || again != tt.want {
			t.Errorf("%s: %v, and %v once read again, want %v", tt.name, got, again, tt.want)
		}
	}
}

func TestMerge(t *testing.T) {
	all, low, high := &tdigest.Digest{}, &tdigest.Digest{}, &tdigest.Digest{}
	for i := range 5000 {
		x := float64(i)
		all.Add(x, 1)
		if i < 2500 {
			low.Add(x, 1)
		} else {
			high.Add(x, 1)
		}
	}
	merged := &tdigest.Digest{}
	merged.Merge(high)
	merged.Merge(low)
	merged.Merge(&tdigest.Digest{})
	all.Settle()
	merged.Settle()
	if merged.Total() != all.Total() || merged.Quantile(0) != 0 || merged.Quantile(1) != 4999 {
		t.Errorf("%v values from %v to %v", merged.Total(), merged.Quantile(0), merged.Quantile(1))
	}
	for _, q := range []float64{0.1, 0.5, 0.9} {
		if a, b := all.Quantile(q), merged.Quantile(q); math.Abs(a-b) > 50 {
			t.Errorf("%v of all is %v, of the parts %v", q, a, b)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(digest(1, 2, 3).Bytes())
	f.Add((&tdigest.Digest{}).Bytes())
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := tdigest.Parse(b)
		if err != nil {
			return
		}
		again, err := tdigest.Parse(d.Bytes())
		if err != nil {
			t.Fatalf("what was read does not read again: %v", err)
		}
		if d.Total() > 0 && !bytes.Equal(d.Bytes(), again.Bytes()) {
			t.Error("what was read is written in two ways")
		}
	})
}
