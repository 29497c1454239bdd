package alarm

import (
	"fmt"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/kit/javadouble"
)

const (
	dateForm = "02/01/06 15:04:05"
	// listed is how many points a text names. Where so many back an alarm's state and
	// there is a threshold, they stand in a sentence of their own.
	listed = 5
)

// InitialReason is why an alarm is in INSUFFICIENT_DATA that was not evaluated yet.
const InitialReason = "Unchecked: Initial alarm creation"

// words is what a point is that breaches, as texts say it.
func (o Operator) words() string {
	switch o {
	case GreaterOrEqual:
		return "greater than or equal to"
	case Greater:
		return "greater than"
	case Less:
		return "less than"
	case LessOrEqual:
		return "less than or equal to"
	case OutsideBand, LessThanLower, GreaterThanUpper:
		return "outside of the band"
	}
	return ""
}

// Reason returns why the alarm is in the state of the verdict, in AWS's words. It is
// empty where the state was kept: then the reason is that of before.
func (v *Verdict) Reason() string {
	switch {
	case v.Kept():
		return ""
	case v.Rule == NoData:
		return fmt.Sprintf("Insufficient Data: %s unknown.", were(v.Filled, "datapoint"))
	case len(v.backing) == 0:
		return v.filledReason()
	case v.e.d.Operator.lower() || v.e.d.Operator.upper():
		return "Thresholds Crossed: " + v.count() + list(v.backing) + " " + v.was() + v.band() + v.filled() + v.minimum() + "."
	}
	text := "Threshold Crossed: " + v.count()
	crossed := fmt.Sprintf("%s%s the threshold (%s)%s", v.was(), v.e.d.Operator.words(), javadouble.Text(v.e.d.Threshold), v.filled())
	if len(v.backing) < listed {
		return text + list(v.backing) + " " + crossed + v.minimum() + "."
	}
	which := " which crossed the threshold"
	if v.State == OK {
		which = "" // this form of the sentence is known from AWS's guide alone
	}
	return fmt.Sprintf("%s%s. The most recent datapoints%s: %s%s.", text, crossed, which, list(v.backing), v.minimum())
}

// filledReason is the text where it is what is missing alone that decides.
func (v *Verdict) filledReason() string {
	received := "no datapoints were"
	if n := len(v.Used); n > 0 {
		received = were(n, "datapoint")
	}
	return fmt.Sprintf("Threshold Crossed: %s received for %s%s.", received, counted(v.e.d.EvaluationPeriods, "period"), v.filled())
}

// count is how many points back the state.
func (v *Verdict) count() string {
	if v.e.d.DatapointsToAlarm == 0 {
		return counted(len(v.backing), "datapoint") + " "
	}
	return fmt.Sprintf("%d out of the last %d datapoints ", len(v.backing), v.e.d.EvaluationPeriods)
}

func (v *Verdict) was() string {
	text := "were "
	if len(v.backing) == 1 {
		text = "was "
	}
	if v.State == OK {
		text += "not "
	}
	return text
}

func (v *Verdict) band() string {
	var parts []string
	if v.e.d.Operator.lower() {
		parts = append(parts, "less than the lower thresholds "+thresholds(v.backing, func(p *Point) float64 { return p.Lower }))
	}
	if v.e.d.Operator.upper() {
		parts = append(parts, "greater than the upper thresholds "+thresholds(v.backing, func(p *Point) float64 { return p.Upper }))
	}
	if v.State == OK {
		return strings.Join(parts, " or not ")
	}
	return strings.Join(parts, " or ")
}

// filled says as what missing points counted.
func (v *Verdict) filled() string {
	treated := map[string]string{Breaching: "Breaching", NotBreaching: "NonBreaching"}[v.e.d.TreatMissingData]
	if v.Filled == 0 || treated == "" {
		return ""
	}
	return fmt.Sprintf(" and %s treated as [%s]", were(v.Filled, "missing datapoint"), treated)
}

// minimum says how many points it takes, for who set DatapointsToAlarm.
func (v *Verdict) minimum() string {
	if v.e.d.DatapointsToAlarm == 0 {
		return ""
	}
	change := "OK -> ALARM"
	if v.State == OK {
		change = "ALARM -> OK"
	}
	return fmt.Sprintf(" (minimum %s for %s transition)", counted(v.needed(), "datapoint"), change)
}

// needed is how many points it takes to be in the state.
func (v *Verdict) needed() int {
	if v.State == OK {
		return v.e.d.EvaluationPeriods - v.e.m + 1
	}
	return v.e.m
}

// list names the newest points.
func list(points []Point) string {
	var parts []string
	for i := range points[:min(listed, len(points))] {
		parts = append(parts, fmt.Sprintf("%s (%s)", javadouble.Text(points[i].Value), points[i].Time.UTC().Format(dateForm)))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func thresholds(points []Point, of func(*Point) float64) string {
	var parts []string
	for i := range points[:min(listed, len(points))] {
		parts = append(parts, javadouble.Text(of(&points[i])))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func were(n int, what string) string {
	if n == 1 {
		return counted(n, what) + " was"
	}
	return counted(n, what) + " were"
}

// LongDate is a time as AWS's texts spell it out: Monday 14 September, 2026 11:18:48 UTC.
func LongDate(at time.Time) string { return at.UTC().Format("Monday 02 January, 2006 15:04:05 UTC") }

// Stamp is a time as AWS's JSON about alarms has it.
func Stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000-0700") }
