package alarm

import (
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// State is the state of an alarm.
type State string

// The states that an alarm can be in.
const (
	OK               State = "OK"
	Alarm            State = "ALARM"
	InsufficientData State = "INSUFFICIENT_DATA"
)

// Operator says when a point breaches: a ComparisonOperator.
type Operator string

// The operators. The last three compare with a band, and so need points that have one.
const (
	GreaterOrEqual   Operator = "GreaterThanOrEqualToThreshold"
	Greater          Operator = "GreaterThanThreshold"
	Less             Operator = "LessThanThreshold"
	LessOrEqual      Operator = "LessThanOrEqualToThreshold"
	OutsideBand      Operator = "LessThanLowerOrGreaterThanUpperThreshold"
	LessThanLower    Operator = "LessThanLowerThreshold"
	GreaterThanUpper Operator = "GreaterThanUpperThreshold"
)

// The values of TreatMissingData, and of EvaluateLowSampleCountPercentile, which has Ignore too.
const (
	Breaching    = "breaching"
	NotBreaching = "notBreaching"
	Ignore       = "ignore"
	Missing      = "missing"
	Evaluate     = "evaluate"
)

// Definition is what the evaluation of an alarm follows from.
type Definition struct {
	Operator  Operator
	Threshold float64 // for the operators without a band
	// Statistic is that of an alarm on one metric: Average, p99. It is empty where
	// the alarm is on an expression, whose points have no counts of samples.
	Statistic string
	Unit      string        // the alarm's own unit, which is shown in why; may be empty
	Period    time.Duration // 10, 20, 30 or a multiple of 60 seconds

	EvaluationPeriods int    // N
	DatapointsToAlarm int    // M; 0 is as AWS has it where it is not set: all N, and other words
	TreatMissingData  string // empty is missing
	// EvaluateLowSampleCountPercentile says whether a percentile of few samples may
	// change the state: evaluate, which is what empty means too, or ignore.
	EvaluateLowSampleCountPercentile string
}

// Evaluator evaluates one alarm. It is safe for concurrent use.
type Evaluator struct {
	d       Definition
	m       int     // M, or N where it is not set
	samples float64 // how many samples its percentile needs; 0: any number will do
	slots   int
}

// New returns the evaluator of an alarm. The error is a *cloud.Error in AWS's words.
func New(d Definition) (*Evaluator, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	e := &Evaluator{d: d, m: d.DatapointsToAlarm, slots: Slots(d.Period, d.EvaluationPeriods)}
	if e.m == 0 {
		e.m = d.EvaluationPeriods
	}
	if d.EvaluateLowSampleCountPercentile == Ignore {
		e.samples = samplesNeeded(d.Statistic)
	}
	return e, nil
}

// Definition returns what the evaluator was made of.
func (e *Evaluator) Definition() Definition { return e.d }

const (
	day  = 24 * time.Hour
	week = 7 * day
)

func (d *Definition) check() error {
	n, m := d.EvaluationPeriods, d.DatapointsToAlarm
	most, text := day, "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) for alarms using period < 3600"
	if d.Period >= time.Hour {
		// The other text was seen; this one is by its pattern.
		most, text = week, "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800) for alarms using period >= 3600"
	}
	switch {
	case d.Operator.words() == "":
		return refused("Supported values for ComparisonOperator are GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanThreshold, " +
			"LessThanOrEqualToThreshold, LessThanLowerOrGreaterThanUpperThreshold, LessThanLowerThreshold, and GreaterThanUpperThreshold.")
	case math.IsNaN(d.Threshold) || math.IsInf(d.Threshold, 0):
		return refused("The value of Threshold must be a finite number.")
	case !goodPeriod(d.Period):
		return refused("Period must be 10, 20, 30 or a multiple of 60")
	case n < 1:
		return refused("EvaluationPeriods must be greater than or equal to 1")
	case time.Duration(n) > most/d.Period:
		return refused(text)
	case m < 0:
		return refused("DatapointsToAlarm must be greater than or equal to 1")
	case m > n:
		return refused("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
	}
	switch d.TreatMissingData {
	case "", Breaching, NotBreaching, Ignore, Missing:
	default:
		return refused("Supported values for TreatMissingData are breaching, notBreaching, ignore, and missing.")
	}
	switch d.EvaluateLowSampleCountPercentile {
	case "", Evaluate, Ignore:
		return nil
	default:
		return refused("Option " + d.EvaluateLowSampleCountPercentile + " is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore.")
	}
}

func refused(text string) error {
	return cloud.Errorf(cloud.Invalid, "ValidationError", "%s", text)
}

func goodPeriod(p time.Duration) bool {
	switch p {
	case 10 * time.Second, 20 * time.Second, 30 * time.Second:
		return true
	default:
		return p > 0 && p%time.Minute == 0
	}
}

// samplesNeeded returns how many samples a percentile needs to mean something: ten beyond
// it on its shorter side. It is 0 for what is no percentile, and for the ends, which one
// sample has.
func samplesNeeded(statistic string) float64 {
	digits, is := strings.CutPrefix(statistic, "p")
	if !is || strings.Trim(digits, "0123456789.") != "" {
		return 0
	}
	x, ok := new(big.Rat).SetString(digits)
	hundred := big.NewRat(100, 1)
	if !ok || x.Cmp(hundred) > 0 {
		return 0
	}
	if x.Cmp(big.NewRat(50, 1)) >= 0 {
		x.Sub(hundred, x)
	}
	if x.Sign() == 0 {
		return 0
	}
	needed, _ := new(big.Rat).Quo(big.NewRat(1000, 1), x).Float64()
	return needed
}
