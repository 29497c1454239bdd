package summary

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Statistic is a statistic of CloudWatch, such as "Average", "p99.9" or "TM(10%:90%)".
type Statistic struct {
	name    string
	of      func(s *Summary, from, to float64) (float64, bool)
	spread  bool    // it needs the histogram
	percent bool    // its bounds are shares of the samples, not values
	low     float64 // bounds; infinite where they are open
	high    float64
}

// Standard are the statistics that are no extended ones, in CloudWatch's order.
func Standard() []string { return []string{"SampleCount", "Average", "Sum", "Minimum", "Maximum"} }

var plain = map[string]func(s *Summary) float64{
	"SampleCount": func(s *Summary) float64 { return s.Count },
	"Average":     func(s *Summary) float64 { return s.Sum / s.Count },
	"Sum":         func(s *Summary) float64 { return s.Sum },
	"Minimum":     func(s *Summary) float64 { return s.Min },
	"Maximum":     func(s *Summary) float64 { return s.Max },
}

const (
	number = `[0-9]+(?:\.[0-9]{1,10})?`
	share  = `(?:100(?:\.0{1,10})?|[0-9]{1,2}(?:\.[0-9]{1,10})?)`
)

var (
	percentiles = regexp.MustCompile(`^(p|tm|tc|ts|wm)(` + share + `)$`)
	trimmed     = regexp.MustCompile(`^(TM|TC|TS|WM|PR)\((?:(` + number + `)(%?))?:(?:(` + number + `)(%?))?\)$`)
)

// bounded are the statistics of the samples between two bounds, by AWS's names.
var bounded = map[string]func(s *Summary, from, to float64) (float64, bool){
	"TC": func(_ *Summary, from, to float64) (float64, bool) { return to - from, true },
	"TS": func(s *Summary, from, to float64) (float64, bool) { return s.sum(from, to), true },
	"TM": func(s *Summary, from, to float64) (float64, bool) { return s.sum(from, to) / (to - from), to > from },
	"WM": func(s *Summary, from, to float64) (float64, bool) { return s.winsorized(from, to), true },
	"PR": func(s *Summary, from, to float64) (float64, bool) { return 100 * (to - from) / s.Count, true },
}

// ParseStatistic reads the name of a statistic, and says whether it is one.
func ParseStatistic(name string) (Statistic, bool) {
	st := Statistic{name: name, spread: true, percent: true, low: math.Inf(-1), high: math.Inf(1)}
	if of, ok := plain[name]; ok {
		st.spread = false
		st.of = func(s *Summary, _, _ float64) (float64, bool) { return of(s), true }
		return st, true
	}
	if name == "IQM" {
		st.low, st.high, st.of = 25, 75, bounded["TM"]
		return st, true
	}
	if m := percentiles.FindStringSubmatch(name); m != nil {
		st.high, _ = strconv.ParseFloat(m[2], 64)
		if m[1] != "p" {
			st.of = bounded[strings.ToUpper(m[1])]
			return st, true
		}
		st.of = func(s *Summary, _, to float64) (float64, bool) { return s.percentile(to), true }
		return st, true
	}
	m := trimmed.FindStringSubmatch(name)
	if m == nil {
		return Statistic{}, false
	}
	st.of = bounded[m[1]]
	st.percent = m[3] == "%" || m[5] == "%"
	for i, bound := range []*float64{&st.low, &st.high} {
		text, sign := m[2+2*i], m[3+2*i]
		if text == "" {
			continue
		}
		*bound, _ = strconv.ParseFloat(text, 64)
		if (sign == "%") != st.percent || st.percent && *bound > 100 {
			return Statistic{}, false
		}
	}
	nothing := m[2] == "" && m[4] == ""
	return st, !nothing && st.low < st.high && (m[1] != "PR" || !st.percent)
}

// String returns the statistic's name.
func (st Statistic) String() string { return st.name }

// Spread says whether the statistic needs the histogram.
func (st Statistic) Spread() bool { return st.spread }

// Of returns the statistic of samples, and false where CloudWatch has none of them.
func (st Statistic) Of(s *Summary) (float64, bool) {
	if s.Count <= 0 || st.spread && (s.spread == unknown || s.Count < 1) {
		return 0, false
	}
	if !st.spread {
		return st.of(s, 0, 0)
	}
	from, to := 0.0, s.Count
	if !math.IsInf(st.low, 0) {
		from = st.position(s, st.low)
	}
	if !math.IsInf(st.high, 0) {
		to = st.position(s, st.high)
	}
	return st.of(s, from, to)
}

// position is how many samples lie up to a bound.
func (st Statistic) position(s *Summary, bound float64) float64 {
	if st.percent {
		return bound / 100 * s.Count
	}
	before := 0.0
	for b := range s.each {
		low, high := s.edges(b)
		switch {
		case bound < low:
			return before
		case bound < high:
			return before + b.count*(bound-low)/(high-low)
		}
		before += b.count
	}
	return before
}

// each yields the bins, that of samples which are all the same too.
func (s *Summary) each(yield func(bin) bool) {
	if s.spread == even {
		yield(bin{place(s.Min), s.Count})
		return
	}
	for _, b := range s.bins {
		if !yield(b) {
			return
		}
	}
}

// percentile is the value up to which so many samples lie. Within a bin they lie evenly
// on a logarithmic scale.
func (s *Summary) percentile(target float64) float64 {
	switch {
	case target <= 0 || s.Min == s.Max:
		return s.Min
	case target >= s.Count:
		return s.Max
	}
	before := 0.0
	for b := range s.each {
		if before+b.count < target {
			before += b.count
			continue
		}
		low, high := s.edges(b)
		if low == 0 || low == high {
			return low
		}
		return math.Exp(math.Log(low) + math.Log(high/low)*(target-before)/b.count)
	}
	return s.Max
}

// piece is the part of a bin that lies between two bounds.
type piece struct {
	count       float64
	low, high   float64 // of the part
	first, last float64 // of the bin
}

func (s *Summary) pieces(from, to float64) (all []piece) {
	before := 0.0
	for b := range s.each {
		begin, end := max(from, before), min(to, before+b.count)
		if end > begin {
			low, high := s.edges(b)
			wide := (high - low) / b.count
			all = append(all, piece{end - begin, low + wide*(begin-before), low + wide*(end-before), low, high})
		}
		before += b.count
	}
	return all
}

// sum is the sum of the samples between two bounds. Those of a whole bin count as the
// middle of its logarithms, those of the first and last part as the middle of it.
func (s *Summary) sum(from, to float64) float64 {
	total := 0.0
	all := s.pieces(from, to)
	for i, p := range all {
		middle := math.Sqrt(p.first) * math.Sqrt(p.last)
		if i == 0 || i == len(all)-1 {
			middle = (p.low + p.high) / 2
		}
		total += p.count * middle
	}
	return total
}

// winsorized is the mean of the samples where those beyond the bounds count as the
// outer edges of the bins in which the bounds lie.
func (s *Summary) winsorized(from, to float64) float64 {
	total := s.sum(from, to)
	if all := s.pieces(from, to); len(all) > 0 {
		total += from*all[0].first + (s.Count-to)*all[len(all)-1].last
	}
	return total / s.Count
}
