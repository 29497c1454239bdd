package alarm

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/kit/javadouble"
)

// mostReasonData is how long StateReasonData may be.
const mostReasonData = 4000

// reasonData is StateReasonData, its members in AWS's order.
type reasonData struct {
	Version    string               `json:"version"`
	QueryDate  string               `json:"queryDate"`
	StartDate  string               `json:"startDate,omitempty"`
	Unit       string               `json:"unit,omitempty"`
	Statistic  string               `json:"statistic,omitempty"`
	Period     int64                `json:"period"`
	Recent     []*javadouble.Number `json:"recentDatapoints"`
	Lower      []*javadouble.Number `json:"recentLowerThresholds,omitempty"`
	Upper      []*javadouble.Number `json:"recentUpperThresholds,omitempty"`
	Threshold  *javadouble.Number   `json:"threshold,omitempty"`
	Evaluated  []evaluated          `json:"evaluatedDatapoints"`
	withLower  bool
	withUpper  bool
	plainStats bool
}

type evaluated struct {
	Timestamp string             `json:"timestamp"`
	Samples   *javadouble.Number `json:"sampleCount,omitempty"`
	Value     *javadouble.Number `json:"value,omitempty"`
	Threshold *javadouble.Number `json:"threshold,omitempty"`
}

// ReasonData returns the points of the verdict as StateReasonData has them: JSON in one
// line. It is empty where the state was kept. Where many points would make it longer than
// AWS's limit, the oldest are left out.
func (v *Verdict) ReasonData() string {
	if v.Kept() {
		return ""
	}
	d := v.data()
	for {
		text := JSON(d)
		switch {
		case len(text) <= mostReasonData:
			return text
		case len(d.Evaluated) > 1:
			d.Evaluated = d.Evaluated[:len(d.Evaluated)*9/10]
		case len(d.Recent) > 1:
			// The points are the newest at the end.
			cut := max(1, len(d.Recent)/10)
			d.Recent = d.Recent[cut:]
			d.Lower, d.Upper = d.Lower[min(cut, len(d.Lower)):], d.Upper[min(cut, len(d.Upper)):]
		default:
			return text
		}
	}
}

func (v *Verdict) data() *reasonData {
	def := &v.e.d
	d := &reasonData{
		Version: "1.0", QueryDate: Stamp(v.At), Unit: def.Unit, Statistic: def.Statistic, Period: int64(def.Period / time.Second),
		Recent:    []*javadouble.Number{},
		withLower: def.Operator.lower(), withUpper: def.Operator.upper(), plainStats: def.Statistic != "",
	}
	if !d.withLower && !d.withUpper {
		d.Threshold = number(def.Threshold)
	}
	if n := len(v.Used); n > 0 {
		d.StartDate = Stamp(v.Used[n-1].Time)
		d.recent(v)
	}
	d.evaluated(v)
	return d
}

// recent lists the points that were used, the oldest first, with null for a period in between that has none.
func (d *reasonData) recent(v *Verdict) {
	next := v.Used[len(v.Used)-1].Time
	for i := len(v.Used) - 1; i >= 0; i-- {
		p := &v.Used[i]
		for ; next.Before(p.Time.Add(-v.e.d.Period / 2)); next = next.Add(v.e.d.Period) {
			d.add(nil)
		}
		d.add(p)
		next = p.Time.Add(v.e.d.Period)
	}
}

func (d *reasonData) add(p *Point) {
	of := func(read func(*Point) float64) *javadouble.Number {
		if p == nil {
			return nil
		}
		return number(read(p))
	}
	d.Recent = append(d.Recent, of(func(p *Point) float64 { return p.Value }))
	if d.withLower {
		d.Lower = append(d.Lower, of(func(p *Point) float64 { return p.Lower }))
	}
	if d.withUpper {
		d.Upper = append(d.Upper, of(func(p *Point) float64 { return p.Upper }))
	}
}

// evaluated lists as many points as it takes to be in the state, the newest first: those
// that back it, and the newest that are missing where these do not suffice.
func (d *reasonData) evaluated(v *Verdict) {
	type entry struct {
		at time.Time
		p  *Point
	}
	needed := v.needed()
	var entries []entry
	for i := range v.backing[:min(needed, len(v.backing))] {
		entries = append(entries, entry{v.backing[i].Time, &v.backing[i]})
	}
	for _, at := range v.gaps[:min(needed-len(entries), v.Filled, len(v.gaps))] {
		entries = append(entries, entry{at: at})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return b.at.Compare(a.at) })
	d.Evaluated = make([]evaluated, len(entries))
	for i, one := range entries {
		d.Evaluated[i].Timestamp = Stamp(one.at)
		if one.p == nil {
			continue
		}
		d.Evaluated[i].Value = number(one.p.Value)
		if d.plainStats {
			d.Evaluated[i].Samples = number(one.p.Samples)
		}
		// What a point has of a band with two ends was not seen.
		switch {
		case d.withLower && !d.withUpper:
			d.Evaluated[i].Threshold = number(one.p.Lower)
		case d.withUpper && !d.withLower:
			d.Evaluated[i].Threshold = number(one.p.Upper)
		}
	}
}

func number(v float64) *javadouble.Number {
	n := javadouble.Number(v)
	return &n
}

// JSON returns v as JSON in one line, with <, > and & as they are: so AWS writes what it tells of
// alarms. It is empty for what JSON has no form for.
func JSON(v any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return ""
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}
