package alarm

import (
	"math"
	"time"
)

// Rule is the rule by which a verdict came about. They are tried in this order.
type Rule int

// The rules.
const (
	FewSamples     Rule = iota // a percentile of too few samples: nothing changes
	EnoughBreach               // M points breach
	AllReal                    // N points are there, and fewer than M breach
	FilledBreach               // what is missing counts as breaching, and M do
	FilledNoBreach             // what is missing counts as breaching, and fewer than M do
	FilledGood                 // what is missing counts as good
	SomeGood                   // some are missing, and one that is there does not breach
	Ignored                    // some are missing, none is good: nothing changes
	NoData                     // none is there
	OldBreach                  // all that are there breach, and the oldest is M periods back
	Premature                  // all that are there breach, but not for M periods: nothing changes
)

// String says what the rule found.
func (r Rule) String() string {
	names := [...]string{
		"too few samples for a percentile", "enough points breach", "all points are there, too few breach",
		"missing points count as breaching, enough breach", "missing points count as breaching, too few breach",
		"missing points count as good", "a point that is there is good", "missing points are ignored", "no point is there",
		"all points that are there breach, the oldest long enough ago", "all points that are there breach, but not for long enough",
	}
	if r < 0 || int(r) >= len(names) {
		return "an unknown rule"
	}
	return names[r]
}

// keeps says that the state stays what it was.
func (r Rule) keeps() bool { return r == FewSamples || r == Ignored || r == Premature }

// Verdict is what an evaluation found.
type Verdict struct {
	State  State // the state to be in, which may be that of before
	Rule   Rule
	At     time.Time // when it was evaluated
	Window Window
	Used   []Point // the newest N points that are there, newest first
	Filled int     // how many of N are not there

	e       *Evaluator
	backing []Point // those of Used that say what State says, newest first
	gaps    []time.Time
}

// Kept says that the state was left as it was because the points do not decide.
func (v *Verdict) Kept() bool { return v.Rule.keeps() }

// Evaluate returns the verdict at a time, for an alarm that is in a state so far. The points
// may be in any order; those outside of Window(now) do not count, and neither does one that
// is no number or that lacks the band which it is compared with. Of two points in one period
// the later in the slice counts.
func (e *Evaluator) Evaluate(now time.Time, points []Point, was State) Verdict {
	v := Verdict{State: was, At: now, Window: e.Window(now), e: e}
	slots := e.lay(v.Window, points)
	n := e.d.EvaluationPeriods
	v.Used = make([]Point, 0, min(n, len(points)))
	breaching, oldest, samples := 0, 0, 0.0
	for i, p := range slots {
		if p == nil {
			if len(v.gaps) < n {
				v.gaps = append(v.gaps, v.Window.To.Add(-time.Duration(i+1)*e.d.Period))
			}
			continue
		}
		v.Used = append(v.Used, *p)
		samples += p.Samples
		oldest = i + 1
		if e.breaches(p) {
			breaching++
		}
		if len(v.Used) == n {
			break
		}
	}
	v.Filled = n - len(v.Used)
	v.Rule = e.rule(breaching, len(v.Used), oldest, samples)
	switch v.Rule {
	case EnoughBreach, FilledBreach, OldBreach:
		v.State = Alarm
	case AllReal, FilledNoBreach, FilledGood, SomeGood:
		v.State = OK
	case NoData:
		v.State = InsufficientData
	case FewSamples, Ignored, Premature:
		return v
	}
	for i := range v.Used {
		if e.breaches(&v.Used[i]) == (v.State == Alarm) {
			v.backing = append(v.backing, v.Used[i])
		}
	}
	return v
}

// rule returns which rule holds where so many of the points that are there breach, and the
// oldest of them is so many periods back.
func (e *Evaluator) rule(breaching, there, oldest int, samples float64) Rule {
	n := e.d.EvaluationPeriods
	filled := n - there
	switch {
	case there > 0 && samples < e.samples:
		return FewSamples
	case breaching >= e.m:
		return EnoughBreach
	case filled == 0:
		return AllReal
	case e.d.TreatMissingData == Breaching && breaching+filled >= e.m:
		return FilledBreach
	case e.d.TreatMissingData == Breaching:
		return FilledNoBreach
	case e.d.TreatMissingData == NotBreaching:
		return FilledGood
	case there > breaching:
		return SomeGood
	case e.d.TreatMissingData == Ignore:
		return Ignored
	case there == 0:
		return NoData
	case oldest >= e.m:
		return OldBreach
	}
	return Premature
}

// lay puts points into their periods, the newest first; a period without a point has nil.
func (e *Evaluator) lay(w Window, points []Point) []*Point {
	slots := make([]*Point, w.Slots)
	for i := range points {
		p := &points[i]
		if at, ok := w.slot(p.Time, e.d.Period); ok && e.counts(p) {
			slots[at] = p
		}
	}
	return slots
}

// counts says whether a point can be compared.
func (e *Evaluator) counts(p *Point) bool {
	known := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	return known(p.Value) && (!e.d.Operator.lower() || known(p.Lower)) && (!e.d.Operator.upper() || known(p.Upper))
}

func (e *Evaluator) breaches(p *Point) bool {
	switch e.d.Operator {
	case GreaterOrEqual:
		return p.Value >= e.d.Threshold
	case Greater:
		return p.Value > e.d.Threshold
	case Less:
		return p.Value < e.d.Threshold
	case LessOrEqual:
		return p.Value <= e.d.Threshold
	case OutsideBand:
		return p.Value < p.Lower || p.Value > p.Upper
	case LessThanLower:
		return p.Value < p.Lower
	case GreaterThanUpper:
		return p.Value > p.Upper
	}
	return false
}

// lower and upper say which ends of a band an operator compares with.
func (o Operator) lower() bool { return o == OutsideBand || o == LessThanLower }
func (o Operator) upper() bool { return o == OutsideBand || o == GreaterThanUpper }
