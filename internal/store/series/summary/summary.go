// Package summary is what CloudWatch keeps of the samples of a time: how many there
// are, their sum, least and greatest, and a histogram; and each statistic that it makes
// of that. Percentiles and trimmed statistics are those of the histogram, which AWS's
// are too: equal to AWS's, not to those of the samples.
//
// It is pure. What is not exact in it is the order in which sums are added up.
package summary

import (
	"math"
	"slices"
)

// Summary is what is kept of samples. The zero value is that of none.
type Summary struct {
	Count, Sum float64
	Min, Max   float64 // of at least one sample

	spread spread
	bins   []bin // where spread is binned, in the order of their places
}

// spread is what is known of how samples are spread.
type spread uint8

const (
	even    spread = iota // they are all Min
	binned                // they are in bins
	unknown               // one of them is negative, or came in a set
)

// bin is how many samples are in a bin of the histogram: from base to the power of at,
// up to that of at+1.
type bin struct {
	at    int32
	count float64
}

// ofZero is the place of the bin of zero, below all others.
const ofZero = math.MinInt16

// logBase is the natural logarithm of the histogram's base, 1.1.
var logBase = math.Log(1.1)

// place is the bin of a value that is not negative.
func place(value float64) int32 {
	if value == 0 {
		return ofZero
	}
	return int32(math.Floor(math.Log(value) / logBase))
}

// edges are the values between which the samples of a bin lie.
func (s *Summary) edges(b bin) (low, high float64) {
	if b.at == ofZero {
		return 0, 0
	}
	low, high = math.Exp(float64(b.at)*logBase), math.Exp(float64(b.at+1)*logBase)
	return min(max(low, s.Min), s.Max), max(min(high, s.Max), s.Min)
}

// Of returns the summary of a value that came count times.
func Of(value, count float64) Summary {
	s := Summary{Count: count, Sum: value * count, Min: value, Max: value}
	if value < 0 {
		s.spread = unknown
	}
	return s
}

// OfSet returns the summary of samples of which no more is known than a set says. How
// they are spread is known where they are one, or all the same.
func OfSet(count, sum, least, most float64) Summary {
	s := Summary{Count: count, Sum: sum, Min: least, Max: most, spread: unknown}
	switch {
	case least < 0:
	case least == most && sum == least*count:
		s.spread = even
	case count == 1 && sum >= 0:
		s.spread, s.bins = binned, []bin{{place(sum), 1}}
	}
	return s
}

// Add adds a value that came count times.
func (s *Summary) Add(value, count float64) {
	one := Of(value, count)
	s.Merge(&one)
}

// Restate says what the samples are as a whole, where those that were added only stand for
// others near them.
func (s *Summary) Restate(sum, least, most float64) {
	if s.spread == even {
		s.bin()
	}
	if least < 0 {
		s.spread, s.bins = unknown, nil
	}
	s.Sum, s.Min, s.Max = sum, least, max(least, most)
}

// Merge adds the samples of o, which is not changed.
func (s *Summary) Merge(o *Summary) {
	switch {
	case o.Count == 0:
		return
	case s.Count == 0:
		*s = *o
		s.bins = slices.Clone(o.bins)
		return
	}
	s.join(o)
	s.Count += o.Count
	s.Sum = min(max(s.Sum+o.Sum, -math.MaxFloat64), math.MaxFloat64)
	s.Min, s.Max = min(s.Min, o.Min), max(s.Max, o.Max)
}

// join joins how samples are spread.
func (s *Summary) join(o *Summary) {
	switch {
	case s.spread == unknown || o.spread == unknown:
		s.spread, s.bins = unknown, nil
	case s.spread == even && o.spread == even && s.Min == o.Min:
	case o.spread == even:
		s.bin()
		s.put(bin{place(o.Min), o.Count})
	default:
		s.bin()
		s.bins = merged(s.bins, o.bins)
	}
}

// bin puts samples that are all the same into a bin.
func (s *Summary) bin() {
	if s.spread == even {
		s.spread, s.bins = binned, append(s.bins[:0], bin{place(s.Min), s.Count})
	}
}

// put adds to a bin.
func (s *Summary) put(b bin) {
	i, found := slices.BinarySearchFunc(s.bins, b.at, func(have bin, at int32) int { return int(have.at) - int(at) })
	if found {
		s.bins[i].count += b.count
		return
	}
	s.bins = slices.Insert(s.bins, i, b)
}

func merged(a, b []bin) []bin {
	all := make([]bin, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].at < b[0].at:
			all, a = append(all, a[0]), a[1:]
		case a[0].at > b[0].at:
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, bin{a[0].at, a[0].count + b[0].count}), a[1:], b[1:]
		}
	}
	return append(append(all, a...), b...)
}
