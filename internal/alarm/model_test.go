package alarm_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/alarm"
)

// awsTables are the tables of AWS's guide as they are printed, for 3 periods: range, the oldest
// first; how many datapoints alarm; and the state under missing, ignore, breaching, notBreaching.
var awsTables = []struct {
	points string
	m      int
	states [4]string
}{
	{"0-X-X", 3, [4]string{"OK", "OK", "OK", "OK"}},
	{"0----", 3, [4]string{"OK", "OK", "OK", "OK"}},
	{"-----", 3, [4]string{"INSUFFICIENT_DATA", "keep", "ALARM", "OK"}},
	{"0XX-X", 3, [4]string{"ALARM", "ALARM", "ALARM", "ALARM"}},
	{"--X--", 3, [4]string{"ALARM", "keep", "ALARM", "OK"}},
	{"0-X-X", 2, [4]string{"ALARM", "ALARM", "ALARM", "ALARM"}},
	{"00X0X", 2, [4]string{"ALARM", "ALARM", "ALARM", "ALARM"}},
	{"0-X--", 2, [4]string{"OK", "OK", "ALARM", "OK"}},
	{"----0", 2, [4]string{"OK", "OK", "ALARM", "OK"}},
	{"---X-", 2, [4]string{"ALARM", "keep", "ALARM", "OK"}},
}

var treatments = [4]string{alarm.Missing, alarm.Ignore, alarm.Breaching, alarm.NotBreaching}

// model is the guide's way with a range, followed sentence by sentence over its signs: slow,
// and without a word in common with the evaluator.
func model(signs string, n, m int, treatment string) string {
	there := strings.ReplaceAll(signs, "-", "")
	// More there points than evaluation periods: the most recent ones are used.
	if len(there) > n {
		there = there[len(there)-n:]
	}
	// Fewer: as many missing ones as needed are filled by what is specified.
	missing := strings.Repeat("-", n-len(there))
	switch treatment {
	case "breaching":
		missing = strings.ReplaceAll(missing, "-", "X")
	case "notBreaching":
		missing = strings.ReplaceAll(missing, "-", "0")
	}
	if strings.Count(there+missing, "X") >= m {
		return "ALARM"
	}
	if !strings.Contains(missing, "-") || strings.Contains(there, "0") {
		return "OK"
	}
	// What is left has nothing but breaching points and missing ones.
	if treatment == "ignore" {
		return "keep"
	}
	if there == "" {
		return "INSUFFICIENT_DATA"
	}
	// The oldest breaching point must be as old as the datapoints to alarm.
	if len(signs)-strings.Index(signs, "X") >= m {
		return "ALARM"
	}
	return "keep"
}

func TestTheModelIsAWSsTables(t *testing.T) {
	for _, row := range awsTables {
		for i, treatment := range treatments {
			if got := model(row.points, 3, row.m, treatment); got != row.states[i] {
				t.Errorf("%s, %d of 3, %s: %s, want %s", row.points, row.m, treatment, got, row.states[i])
			}
		}
	}
}

// Each history of five periods, under each treatment.
func TestEveryRangeOfThreePeriods(t *testing.T) {
	for m := 1; m <= 3; m++ {
		for _, treatment := range treatments {
			e := evaluator(t, alarm.Definition{
				Operator: alarm.Greater, Threshold: 50, Period: 5 * time.Minute, EvaluationPeriods: 3, DatapointsToAlarm: m, TreatMissingData: treatment,
			})
			for i := range 243 {
				signs := ""
				for range 5 {
					signs += string("0X-"[i%3])
					i /= 3
				}
				for _, was := range []alarm.State{alarm.OK, alarm.Alarm, alarm.InsufficientData} {
					compare(t, e, now, signs, was)
				}
			}
		}
	}
}

// Alarms walk over histories that are made up, each from the state in which it was left.
func TestEvaluatorAgreesWithTheModel(t *testing.T) {
	evaluations := 1_000_000
	if testing.Short() {
		evaluations = 20_000
	}
	states := map[alarm.State]int{}
	for seed := uint64(0); evaluations > 0; seed++ {
		r := rand.New(rand.NewPCG(seed, 12))
		d := madeUp(r)
		e := evaluator(t, d)
		slots := e.Window(now).Slots
		history := madeUpHistory(r, slots+60)
		was := alarm.InsufficientData
		for i := slots; i < len(history) && evaluations > 0; i++ {
			at := now.Add(time.Duration(i) * d.Period)
			was = compare(t, e, at, history[i-slots:i], was)
			states[was]++
			evaluations--
			if t.Failed() {
				t.Fatalf("seed %d: %+v", seed, d)
			}
		}
	}
	for _, state := range []alarm.State{alarm.OK, alarm.Alarm, alarm.InsufficientData} {
		if states[state] < 500 {
			t.Errorf("%s came %d times: what is made up has become one-sided", state, states[state])
		}
	}
}

func madeUp(r *rand.Rand) alarm.Definition {
	n := 1 + r.IntN(12)
	d := alarm.Definition{
		Operator: []alarm.Operator{alarm.Greater, alarm.GreaterOrEqual}[r.IntN(2)], Threshold: 50,
		Period:            time.Duration([]int{10, 20, 30, 60, 120, 300, 3600}[r.IntN(7)]) * time.Second,
		EvaluationPeriods: n, DatapointsToAlarm: r.IntN(n + 1), TreatMissingData: treatments[r.IntN(4)],
	}
	if r.IntN(2) == 0 {
		d.Statistic = "Sum"
	}
	return d
}

// madeUpHistory has stretches in which each sign is more or less frequent.
func madeUpHistory(r *rand.Rand, length int) string {
	var b strings.Builder
	for b.Len() < length {
		missing, breaching := r.Float64()*1.2, r.Float64()*1.2
		for range 1 + r.IntN(30) {
			switch {
			case r.Float64() < missing:
				b.WriteByte('-')
			case r.Float64() < breaching:
				b.WriteByte('X')
			default:
				b.WriteByte('0')
			}
		}
	}
	return b.String()
}

// compare evaluates a range and returns the state that the model says.
func compare(t *testing.T, e *alarm.Evaluator, at time.Time, signs string, was alarm.State) alarm.State {
	t.Helper()
	d := e.Definition()
	m := d.DatapointsToAlarm
	if m == 0 {
		m = d.EvaluationPeriods
	}
	want := alarm.State(model(signs, d.EvaluationPeriods, m, d.TreatMissingData))
	kept := want == "keep"
	if kept {
		want = was
	}
	v := e.Evaluate(at, points(e.Window(at), d.Period, signs), was)
	if v.State != want || v.Kept() != kept {
		t.Errorf("%s, %d of %d, %s, from %s: %s by %s, want %s", signs, m, d.EvaluationPeriods, d.TreatMissingData, was, v.State, v.Rule, want)
	}
	if v.State != was || kept {
		tellable(t, &v, kept)
	}
	return want
}

// tellable says that the texts of a verdict keep what AWS promises of them.
func tellable(t *testing.T, v *alarm.Verdict, kept bool) {
	t.Helper()
	reason, data := v.Reason(), v.ReasonData()
	if kept {
		if reason+data != "" {
			t.Errorf("a state that is kept has a reason: %s %s", reason, data)
		}
		return
	}
	if len(reason) == 0 || len(reason) > 1023 || len(data) > 4000 || !json.Valid([]byte(data)) {
		t.Errorf("%s\n%s", reason, data)
	}
	if fmt.Sprint(v.Rule) == "an unknown rule" {
		t.Errorf("rule %d has no words", v.Rule)
	}
}
