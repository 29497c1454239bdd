package remotewrite

import (
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/wire/samples"
)

// histogram is a native histogram.
type histogram struct {
	count, sum, zero, zeroWidth float64
	schema                      int64
	negative, positive          side
	custom                      []float64 // the bounds of buckets where the schema says that they are told
	gauge                       bool
	at, started                 int64
}

// side is the buckets on one side of zero: spans of them, and how many are in each.
type side struct {
	spans  []span
	counts []float64
}

type span struct {
	offset int64
	length uint64
}

const (
	customBuckets = -53 // the schema of buckets whose bounds are told
	gaugeHint     = 3
	mostBuckets   = 2_000
)

// histogram reads a native histogram, which both versions write alike.
func (p *Protocol) histogram(body []byte, s *series) error {
	var h histogram
	err := fields(body, func(number int, kind protowire.Type, value uint64, b []byte) (err error) {
		switch number {
		case 1:
			h.count = float64(value)
		case 2:
			h.count = math.Float64frombits(value)
		case 3:
			h.sum = math.Float64frombits(value)
		case 4:
			h.schema = protowire.DecodeZigZag(value)
		case 5:
			h.zeroWidth = math.Float64frombits(value)
		case 6:
			h.zero = float64(value)
		case 7:
			h.zero = math.Float64frombits(value)
		case 8, 9, 10:
			err = p.side(&h.negative, number-8, kind, b)
		case 11, 12, 13:
			err = p.side(&h.positive, number-11, kind, b)
		case 14:
			h.gauge = value == gaugeHint
		case 15:
			h.at = int64(value) //nolint:gosec // as protobuf writes it
		case 16:
			h.custom, err = p.floats(h.custom, b)
		case 17:
			h.started = int64(value) //nolint:gosec // the same
		}
		return err
	})
	s.histogram = append(s.histogram, h)
	return err
}

// side reads a part of a side: a span, counts as differences, or counts.
func (p *Protocol) side(to *side, part int, kind protowire.Type, b []byte) (err error) {
	if kind != protowire.BytesType {
		return errBroken // numbers come packed
	}
	switch part {
	case 0:
		var one span
		if err := p.take(); err != nil {
			return err
		}
		err = fields(b, func(number int, _ protowire.Type, value uint64, _ []byte) error {
			switch number {
			case 1:
				one.offset = protowire.DecodeZigZag(value)
			case 2:
				one.length = value
			}
			return nil
		})
		to.spans = append(to.spans, one)
	case 1:
		last := 0.0
		for len(b) > 0 {
			value, n := protowire.ConsumeVarint(b)
			if n < 0 {
				return errBroken
			}
			b = b[n:]
			last += float64(protowire.DecodeZigZag(value))
			to.counts = append(to.counts, last)
			if err := p.take(); err != nil {
				return err
			}
		}
	case 2:
		to.counts, err = p.floats(to.counts, b)
	}
	return err
}

func (p *Protocol) floats(to []float64, b []byte) ([]float64, error) {
	for len(b) > 0 {
		value, n := protowire.ConsumeFixed64(b)
		if n < 0 {
			return nil, errBroken
		}
		b = b[n:]
		to = append(to, math.Float64frombits(value))
		if err := p.take(); err != nil {
			return nil, err
		}
	}
	return to, nil
}

// point makes a point of a histogram: its count and sum, and for each bucket its middle. It
// is false for one that says that a series is no more.
func (h *histogram) point(to *samples.Point) bool {
	if math.IsNaN(h.sum) || math.IsNaN(h.count) {
		return false
	}
	to.Time = time.UnixMilli(h.at)
	set := metric.Set{Count: h.count, Sum: h.sum}
	h.each(&h.negative, func(low, high, n float64) {
		to.Values, to.Counts = append(to.Values, -(low+high)/2), append(to.Counts, n)
	})
	if h.zero > 0 {
		to.Values, to.Counts = append(to.Values, 0), append(to.Counts, h.zero)
	}
	h.each(&h.positive, func(low, high, n float64) {
		to.Values, to.Counts = append(to.Values, low+(high-low)/2), append(to.Counts, n)
	})
	for i, v := range to.Values {
		if i == 0 {
			set.Min, set.Max = v, v
		}
		set.Min, set.Max = min(set.Min, v), max(set.Max, v)
	}
	if len(to.Values) == 0 && h.count > 0 {
		set.Min, set.Max = h.sum/h.count, h.sum/h.count
	}
	to.Set = &set
	return true
}

// each calls yield with the buckets of a side that have some.
func (h *histogram) each(s *side, yield func(low, high, n float64)) {
	at, next := int64(0), 0
	for _, one := range s.spans {
		at += one.offset
		for range min(one.length, uint64(len(s.counts)-next)) {
			if n := s.counts[next]; n > 0 && next < mostBuckets {
				low, high := h.edges(at)
				yield(low, high, n)
			}
			next, at = next+1, at+1
		}
	}
}

// edges are the bounds of a bucket by its place.
func (h *histogram) edges(at int64) (low, high float64) {
	if h.schema == customBuckets {
		bound := func(i int64) float64 {
			if i < 0 || i >= int64(len(h.custom)) {
				return math.NaN()
			}
			return h.custom[i]
		}
		low, high = bound(at-1), bound(at)
		if math.IsNaN(low) {
			low = min(0, high) // the first one begins at 0, or is below it
		}
		if math.IsNaN(high) {
			high = low
		}
		return low, high
	}
	edge := func(i int64) float64 { return math.Exp2(float64(i) * math.Exp2(-float64(h.schema))) }
	return edge(at - 1), edge(at)
}
