package insights

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/sillok/sillok/internal/engine/tdigest"
)

const (
	// mostExact is how many values of a group a percentile is computed of exactly in any case.
	mostExact = 10000
	// exactShare is which part of a run's memory further values may take, of all groups.
	exactShare = 8
)

// percentile interpolates between the values around it; of more than mostExact, for which
// there is no room, it is estimated.
type percentile struct {
	p      float64
	values []float64
	digest *tdigest.Digest
	room   *atomic.Int64 // how many further values may be kept exactly, by all groups
}

func (p *percentile) add(args []value) {
	p.p, _ = args[1].asNumber()
	if f, ok := args[0].asNumber(); ok {
		p.put(f)
	}
}

func (p *percentile) put(f float64) {
	if p.digest != nil {
		p.digest.Add(f, 1)
		return
	}
	if len(p.values) >= mostExact && p.room.Add(-1) < 0 {
		p.room.Add(1)
		p.estimate()
		p.digest.Add(f, 1)
		return
	}
	p.values = append(p.values, f)
}

// estimate goes on without the values themselves.
func (p *percentile) estimate() {
	p.digest = &tdigest.Digest{}
	for _, v := range p.values {
		p.digest.Add(v, 1)
	}
	p.forget()
}

// forget gives back the room of the values.
func (p *percentile) forget() {
	p.room.Add(int64(max(len(p.values)-mostExact, 0)))
	p.values = nil
}

func (p *percentile) merge(other reducer) {
	o, ok := other.(*percentile)
	if !ok {
		return
	}
	p.p = o.p
	if o.digest != nil {
		if p.digest == nil {
			p.estimate()
		}
		p.digest.Merge(o.digest)
		return
	}
	values := o.values
	o.forget()
	for _, v := range values {
		p.put(v)
	}
}

func (p *percentile) result() value {
	switch {
	case p.p < 0 || p.p > 100:
		return value{}
	case p.digest != nil:
		p.digest.Settle()
		return finite(p.digest.Quantile(p.p / 100))
	case len(p.values) == 0:
		return value{}
	}
	place := p.p / 100 * float64(len(p.values)-1)
	below := int(place)
	low := nth(p.values, below)
	high := low
	if behind := p.values[below+1:]; len(behind) > 0 {
		high = nth(behind, 0)
	}
	return finite(low + (high-low)*(place-float64(below)))
}

func (p *percentile) size() int { return 8*cap(p.values) + 64 }

// nth returns the value that would be at a place if all were in order. It orders them so far
// that none in front of the place is greater, and none behind it less.
func nth(values []float64, place int) float64 {
	for low, high := 0, len(values)-1; low < high; {
		pivot := values[low+rand.IntN(high-low+1)] //nolint:gosec // so that nobody knows values that take long
		i, k := low, high
		for i <= k {
			for values[i] < pivot {
				i++
			}
			for values[k] > pivot {
				k--
			}
			if i <= k {
				values[i], values[k] = values[k], values[i]
				i, k = i+1, k-1
			}
		}
		switch {
		case place <= k:
			high = k
		case place >= i:
			low = i
		default:
			return values[place]
		}
	}
	return values[place]
}
