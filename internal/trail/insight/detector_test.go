package insight_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/insight"
)

// watched returns a detector that has watched a quiet scope for so long, and when that
// was over.
func watched(tb testing.TB, long time.Duration) (*insight.Detector, time.Time) {
	tb.Helper()
	now := first.Add(long)
	return insight.New(scope, "chance", first, now), now
}

func advance(tb testing.TB, d *insight.Detector, now time.Time) []insight.Found {
	tb.Helper()
	found, err := d.Advance(now)
	if err != nil {
		tb.Fatal(err)
	}
	return found
}

func add(d *insight.Detector, e event.Event, n int) {
	for range n {
		d.Add(&e)
	}
}

// states says what was found, in short.
func states(found []insight.Found) []string {
	all := []string{}
	for _, f := range found {
		all = append(all, fmt.Sprint(f.Event.Time.Format("02 15:04 "), f.State, " ", f.Key.Name, f.Key.Code))
	}
	return all
}

func wantStates(t *testing.T, found []insight.Found, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), states(found)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestWhatInsightsSay(t *testing.T) {
	d, now := watched(t, 10*24*time.Hour)
	session := called(now, "RunInstances", "")
	session.Identity = event.Identity{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/deployer/of-today"}
	session.UserAgent = "Boto3/1.40"
	user := called(now, "RunInstances", "")
	denied := called(now, "RunInstances", "UnauthorizedOperation")
	service := called(now, "RunInstances", "")
	service.Identity, service.UserAgent = event.Identity{Type: "AWSService", InvokedBy: "autoscaling.amazonaws.com"}, "autoscaling.amazonaws.com"

	add(d, user, 9) // in the week before
	for range 3 {
		now = now.Add(time.Hour)
		advance(t, d, now)
	}
	session.Time, denied.Time, service.Time = now.Add(time.Second), now.Add(2*time.Second), now.Add(3*time.Second)
	add(d, session, 80)
	add(d, denied, 60)
	add(d, service, 20)
	found := advance(t, d, now.Add(time.Minute))
	session.Time = now.Add(90 * time.Second)
	add(d, session, 40)
	found = append(found, advance(t, d, now.Add(time.Hour))...)

	var got strings.Builder
	for _, f := range found {
		text, err := json.MarshalIndent(f.Event.JSON, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%s\n", text)
		again, err := event.Parse(f.Event.JSON)
		if err != nil || !cmp.Equal(again, f.Event) || f.Event.Category != event.Insight || f.Event.Name != "RunInstances" || f.Event.Source != "ec2.amazonaws.com" {
			t.Errorf("%v: it is the event %+v", err, f.Event)
		}
	}
	golden(t, "insights.json", got.String())
	// The errors end a minute before the calls.
	if len(found) != 4 || found[0].Event.SharedID != found[3].Event.SharedID || found[1].Event.SharedID != found[2].Event.SharedID ||
		found[0].Event.SharedID == found[1].Event.SharedID || found[0].Event.ID == found[3].Event.ID {
		t.Error("the events of an insight do not share their ID, or those of two do")
	}
}

func TestNothingIsUnusualWhileItLearns(t *testing.T) {
	for _, tt := range []struct {
		name string
		long time.Duration
		want []string
	}{
		{name: "35 hours", long: 35 * time.Hour},
		{name: "37 hours", long: 37 * time.Hour, want: []string{"03 13:00 Start DeleteBucket"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, now := watched(t, tt.long)
			add(d, called(now, "DeleteBucket", ""), 1000)
			wantStates(t, advance(t, d, now.Add(time.Minute)), tt.want...)
		})
	}
}

func TestHowItEnds(t *testing.T) {
	d, now := watched(t, 4*24*time.Hour)
	var found []insight.Found
	for m := range 60 {
		at := now.Add(time.Duration(m) * time.Minute)
		found = append(found, advance(t, d, at)...)
		switch {
		case m < 10:
			add(d, called(at, "A", ""), 100)
		case m == 16: // it is not quiet for long enough
			add(d, called(at, "A", ""), 100)
		case m < 40:
			add(d, called(at, "A", ""), 1) // which are few
		}
	}
	wantStates(t, found, "06 00:00 Start A", "06 00:17 End A")
	// 1,100 calls in the 11 loud minutes, and one in each of the 6 between them.
	if text := string(found[1].Event.JSON); !strings.Contains(text, `"insight":{"average":65.0588235294},"insightDuration":17,`) {
		t.Error(text)
	}
}

func TestWhatLastsADayIsUsual(t *testing.T) {
	d, now := watched(t, 4*24*time.Hour)
	var found []insight.Found
	for m := range 3 * 1440 {
		at := now.Add(time.Duration(m) * time.Minute)
		found = append(found, advance(t, d, at)...)
		add(d, called(at, "A", ""), 50)
	}
	wantStates(t, found, "06 00:00 Start A", "07 00:00 End A")
}

func TestReadsHaveErrorsAndNoRate(t *testing.T) {
	for _, tt := range []struct {
		name string
		e    event.Event
		want []string
	}{
		{name: "a read", e: event.Event{Category: event.Management, ReadOnly: "true"}},
		{name: "a read of data", e: event.Event{Category: event.Data, ReadOnly: "true"}, want: []string{"06 00:00 Start Get"}},
		{name: "a read that is refused", e: event.Event{Category: event.Management, ReadOnly: "true", ErrorCode: "AccessDenied"}, want: []string{"06 00:00 Start GetAccessDenied"}},
		{name: "a change that is refused", e: event.Event{Category: event.Management, ReadOnly: "false", ErrorCode: "AccessDenied"}, want: []string{"06 00:00 Start Get", "06 00:00 Start GetAccessDenied"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, now := watched(t, 4*24*time.Hour)
			tt.e.Name, tt.e.Source, tt.e.Time = "Get", "glue.amazonaws.com", now
			add(d, tt.e, 100)
			wantStates(t, advance(t, d, now.Add(time.Minute)), tt.want...)
		})
	}
}

func TestTimesThatAreOdd(t *testing.T) {
	const old = 4 * 24 * time.Hour
	t.Run("calls that come late count in the minute that is open", func(t *testing.T) {
		d, now := watched(t, old)
		advance(t, d, now)
		add(d, called(now.Add(-3*time.Hour), "A", ""), 100)
		wantStates(t, advance(t, d, now.Add(time.Minute)), "06 00:00 Start A")
	})
	t.Run("a clock that is set back ends what goes on, and counts in its time", func(t *testing.T) {
		d, now := watched(t, old)
		add(d, called(now, "A", ""), 100)
		found := advance(t, d, now.Add(time.Minute))
		now = now.Add(-26 * time.Hour)
		back, err := d.SetBack(now)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, back...)
		for m := range 120 { // so few in a minute, and many in two hours
			at := now.Add(time.Duration(m) * time.Minute)
			found = append(found, advance(t, d, at)...)
			add(d, called(at, "B", ""), 2)
		}
		wantStates(t, found, "06 00:00 Start A", "06 00:01 End A")
		if back, err := d.SetBack(now.Add(118 * time.Minute)); err != nil || len(back) > 0 {
			t.Error("a minute is no clock that was set back", states(back), err)
		}
	})
	t.Run("a server that was off ends what went on, and learns no further meanwhile", func(t *testing.T) {
		d, now := watched(t, 35*time.Hour)
		add(d, called(now, "A", ""), 100)
		found := advance(t, d, now.Add(10*time.Hour))
		now = now.Add(10 * time.Hour)
		add(d, called(now, "A", ""), 1000)
		found = append(found, advance(t, d, now.Add(time.Minute))...)
		wantStates(t, found)
	})
	t.Run("a clock that jumps by years takes no time", func(t *testing.T) {
		d, now := watched(t, old)
		add(d, called(now, "A", ""), 100)
		wantStates(t, advance(t, d, now.AddDate(300, 0, 0)), "06 00:00 Start A", "06 00:01 End A")
		wantStates(t, advance(t, d, now.AddDate(300, 0, 9)))
	})
}

// A detector that is saved and restored at any time goes on as if it had not been.
func TestSavedAndRestored(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	for seed := range uint64(3) {
		a, b := newAccount(seed), newAccount(seed)
		d, other := insight.New(scope, "x", first, first), insight.New(scope, "x", first, first)
		days := map[int64][]byte{}
		var now []byte
		var want, got []insight.Found
		for at := int64(0); at < learned; {
			to := at + int64(random.IntN(900))
			storm := func(at int64) []burst {
				if at%1009 < 7 {
					return []burst{{fmt.Sprint("Storm", at/1009), "", 60}}
				}
				return nil
			}
			w, _ := play(t, d, a, at, to, storm)
			g, _ := play(t, other, b, at, to, storm)
			want, got = append(want, w...), append(got, g...)
			var past map[int64][]byte
			var err error
			if now, past, err = other.Save(); err != nil {
				t.Fatal(err)
			}
			var kept [][]byte
			maps.Copy(days, past)
			for number, text := range days {
				if number < other.Oldest() {
					delete(days, number)
					continue
				}
				kept = append(kept, text)
			}
			if other, err = insight.Restore(now, kept); err != nil {
				t.Fatal(err)
			}
			at = to
		}
		if diff := cmp.Diff(want, got); diff != "" || len(want) < 10 {
			t.Errorf("seed %d, %d insights (-want +got):\n%s", seed, len(want), diff)
		}
		t.Logf("%d bytes of today, %d days", len(now), len(days))
	}
}

// However many names there are, what is kept of them is bounded, what is called most
// is found, and what was forgotten is not unusual for that.
func TestManyNames(t *testing.T) {
	d, now := watched(t, 4*24*time.Hour)
	var found []insight.Found
	for m := range 1440 {
		at := now.Add(time.Duration(m) * time.Minute)
		found = append(found, advance(t, d, at)...)
		for n := range 5 {
			add(d, called(at, fmt.Sprint("Name", m*5+n), ""), 1)
		}
		if m == 700 || m == 701 {
			add(d, called(at, "Storm", ""), 200)
		}
	}
	wantStates(t, found, "06 11:40 Start Storm", "06 11:42 End Storm")
	text, _, err := d.Save()
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 300_000 {
		t.Errorf("%d bytes are kept", len(text))
	}
	long := called(now, strings.Repeat("ü", 10_000), "")
	long.Time = now.Add(24 * time.Hour)
	long.UserAgent = strings.Repeat("x", 10_000)
	add(d, long, 100)
	found = advance(t, d, long.Time.Add(time.Minute))
	if len(found) != 1 || len(found[0].Event.JSON) > 3000 || !strings.Contains(string(found[0].Event.JSON), strings.Repeat("ü", 64)+`"`) {
		t.Errorf("a long name is shown as %v", found)
	}
}

func TestTail(t *testing.T) {
	for _, tt := range []struct{ x, mean, dispersion float64 }{
		{1, 0.001, 8}, {10, 0.001, 8}, {40, 0.0001, 8}, {200, 0.5, 300}, {5, 10, 1.05}, {40, 10, 1.05}, {80, 30, 1.5}, {1000, 400, 12}, {3, 0.02, 2},
	} {
		// The sum of all that is smaller, by the recurrence of the probabilities.
		size, q := tt.mean/(tt.dispersion-1), 1-1/tt.dispersion
		p := math.Exp(size * math.Log1p(-q))
		sum, rest := 0.0, 0.0
		for k := 0.0; k < 100_000; k++ {
			if k < tt.x {
				sum += p
			} else {
				rest += p
			}
			p *= q * (k + size) / (k + 1)
		}
		if got := insight.Tail(tt.x, tt.mean, tt.dispersion); math.Abs(got/rest-1) > 1e-6 {
			t.Errorf("tail(%v) = %g, want %g", tt, got, rest)
		}
	}
	if got := insight.Tail(0, 1, 2); got != 1 {
		t.Errorf("the probability of none or more is %g", got)
	}
}

// Whatever is restored, it can be gone on with or is refused.
func FuzzRestore(f *testing.F) {
	d := insight.New(scope, "x", first, first.Add(80*time.Hour))
	add(d, called(first.Add(80*time.Hour), "A", "B"), 90)
	if _, err := d.Advance(first.Add(81 * time.Hour)); err != nil {
		f.Fatal(err)
	}
	now, past, err := d.Save()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(now, past[slices.Collect(maps.Keys(past))[0]])
	f.Fuzz(func(t *testing.T, now, past []byte) {
		d, err := insight.Restore(now, [][]byte{past})
		if err != nil {
			return
		}
		at := time.Unix((d.Oldest()+7)*86400, 0)
		add(d, called(at, "A", "B"), 90)
		if _, err := d.Advance(at.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhatComesAgain(t *testing.T) {
	const hour = time.Hour
	for _, tt := range []struct {
		name  string
		after []time.Duration // the first
		sizes []int           // in a minute, for three minutes
		told  []bool
	}{
		{name: "at another time of the day", after: []time.Duration{29 * hour}, sizes: []int{100, 100}, told: []bool{true, true}},
		{name: "larger, and so in any case", after: []time.Duration{29 * hour}, sizes: []int{100, 900}, told: []bool{true, true}},
		{name: "each night", after: []time.Duration{24 * hour, 48 * hour}, sizes: []int{100, 110, 90}, told: []bool{true, false, false}},
		{name: "each week, not always as much", after: []time.Duration{168 * hour, 336 * hour}, sizes: []int{100, 120, 130}, told: []bool{true, false, false}},
		{name: "a third time, whenever that is", after: []time.Duration{29 * hour, 41 * hour}, sizes: []int{100, 100, 100}, told: []bool{true, true, false}},
		{name: "after more than a week", after: []time.Duration{9 * 24 * hour}, sizes: []int{100, 100}, told: []bool{true, true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, begun := watched(t, 4*24*time.Hour)
			now := begun
			var got []bool
			for i, size := range tt.sizes {
				if i > 0 {
					for to := begun.Add(tt.after[i-1]); now.Before(to); now = now.Add(min(50*time.Minute, to.Sub(now))) {
						advance(t, d, now)
					}
				}
				told := false
				for range 3 {
					add(d, called(now, "A", ""), size)
					now = now.Add(time.Minute)
					for _, f := range advance(t, d, now) {
						told = told || f.State == insight.Start
					}
				}
				got = append(got, told)
			}
			if !slices.Equal(got, tt.told) {
				t.Errorf("told %v, want %v", got, tt.told)
			}
		})
	}
}
