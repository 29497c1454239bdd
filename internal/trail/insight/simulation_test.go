package insight_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/insight"
)

// account is the traffic of an account in a region, made up from a seed.
type account struct {
	random *rand.Rand
	steady []float64         // calls a minute of names that are called all the time, at noon
	runs   map[int64][]burst // of infrastructure tools and other work in bursts, by minute
}

type burst struct {
	name, code string
	n          int
}

const (
	learned = 10 * 24 * 60 // minutes before the month
	month   = 28 * 24 * 60
)

// first is the minute at which the traffic begins: a Monday, at midnight.
var first = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func newAccount(seed uint64) *account {
	a := &account{random: rand.New(rand.NewPCG(seed, 39)), runs: map[int64][]burst{}}
	for range 15 {
		a.steady = append(a.steady, math.Exp(a.random.NormFloat64()*1.6-1.2))
	}
	minutes := int64(learned + month)
	for at := range minutes {
		day, hour, minute := at/1440, at/60%24, at%60
		workday := day%7 < 5
		if minute == 0 { // a job of every hour
			a.burst(at, "HourlyJob", "", a.around(40, 0.1))
		}
		if hour == 2 && minute == 30 { // a job of every night, not always as large
			a.spread(at, "NightlyJob", "", a.around(300, 0.25), 60)
		}
		if hour == 4 && minute == 0 && day%7 == 6 { // and one of every week
			a.spread(at, "WeeklyJob", "", a.around(500, 0.2), 100)
		}
		if workday && hour >= 8 && hour < 18 && a.random.Float64() < 3.0/600 { // Terraform
			for range 5 {
				a.spread(at, fmt.Sprintf("Terraform%d", a.random.IntN(30)), "", int(math.Exp(a.random.NormFloat64()*0.9+2.1)), 25)
			}
			if a.random.Float64() < 0.3 {
				a.spread(at, fmt.Sprintf("Terraform%d", a.random.IntN(30)), "Throttling", int(math.Exp(a.random.NormFloat64()*0.7+1.6)), 10)
			}
		}
		if a.random.Float64() < 200.0/10080 { // names that are called about once a week, by hand
			name := fmt.Sprintf("Rare%d", a.random.IntN(200))
			code := ""
			if a.random.Float64() < 0.2 {
				code = "AccessDenied"
			}
			a.burst(at, name, code, 1+a.random.IntN(4))
		}
	}
	return a
}

func (a *account) around(n int, sigma float64) int {
	return max(1, int(float64(n)*math.Exp(a.random.NormFloat64()*sigma)))
}

func (a *account) burst(at int64, name, code string, n int) {
	a.runs[at] = append(a.runs[at], burst{name, code, n})
}

// spread makes so many calls in a minute until all are made.
func (a *account) spread(at int64, name, code string, n, aMinute int) {
	for ; n > 0; at++ {
		m := min(n, aMinute+a.random.IntN(aMinute/2+1))
		a.burst(at, name, code, m)
		n -= m
	}
}

// minute returns what is called in a minute.
func (a *account) minute(at int64) []burst {
	day, hour := at/1440, float64(at%1440)/60
	rhythm := 0.15 + 0.85*math.Exp(-(hour-13)*(hour-13)/18)
	if day%7 >= 5 {
		rhythm *= 0.25
	}
	all := a.runs[at]
	for i, rate := range a.steady {
		if n := poisson(a.random, rate*rhythm); n > 0 {
			all = append(all, burst{fmt.Sprintf("Steady%d", i), "", n})
		}
		if n := poisson(a.random, rate*rhythm/50); n > 0 {
			all = append(all, burst{fmt.Sprintf("Steady%d", i), "AccessDenied", n})
		}
	}
	return all
}

func poisson(random *rand.Rand, mean float64) int {
	n := 0
	for left := random.ExpFloat64(); left < mean; left += random.ExpFloat64() {
		n++
	}
	return n
}

// play gives a detector the traffic from one minute to another and returns what it
// finds, each with the minute at which it was told.
func play(tb testing.TB, d *insight.Detector, a *account, from, to int64, more func(at int64) []burst) (all []insight.Found, told []int64) {
	tb.Helper()
	for at := from; at < to; at++ {
		now := first.Add(time.Duration(at) * time.Minute)
		found, err := d.Advance(now)
		if err != nil {
			tb.Fatal(err)
		}
		for range found {
			told = append(told, at)
		}
		all = append(all, found...)
		calls := a.minute(at)
		if more != nil {
			calls = append(slices.Clip(calls), more(at)...)
		}
		for _, b := range calls {
			e := called(now, b.name, b.code)
			for range b.n {
				d.Add(&e)
			}
		}
	}
	return all, told
}

func called(at time.Time, name, code string) event.Event {
	return event.Event{
		Time: at, Name: name, Source: "ec2.amazonaws.com", Category: event.Management, ReadOnly: "false", ErrorCode: code, UserAgent: "aws-cli",
		Identity: event.Identity{Type: "IAMUser", ARN: "arn:aws:iam::111122223333:user/someone"},
	}
}

var scope = insight.Scope{Account: "111122223333", Region: "us-east-1"}

// In months in which nothing happens no rhythm, no job and no name that is rare is an
// insight. What is one: a job of every week when it runs for the first time, and now
// and then a tool that makes dozens of something of which the week before had none or a
// few.
func TestAQuietMonth(t *testing.T) {
	const accounts = 6
	found := make([]map[string]int, accounts)
	parallel(accounts, func(i int) {
		d := insight.New(scope, "x", first, first)
		all, _ := play(t, d, newAccount(uint64(i)), 0, learned+month, nil)
		found[i] = map[string]int{}
		for _, f := range all {
			if f.State == insight.Start {
				found[i][strings.TrimRight(f.Key.Name, "0123456789")+f.Key.Code]++
			}
		}
	})
	total := 0
	for i, kinds := range found {
		terraform := kinds["Terraform"]
		total += terraform
		delete(kinds, "Terraform")
		if want := map[string]int{"WeeklyJob": 1}; !maps.Equal(kinds, want) || terraform > 8 {
			t.Errorf("account %d has insights %v beside %d into Terraform, and should have %v beside 8 at most", i, kinds, terraform, want)
		}
	}
	days := accounts * (learned + month - 36*60) / 1440
	t.Logf("%d accounts, %d days that were judged: %d insights into Terraform, one in %d days", accounts, days, total, days/max(total, 1))
	if total*10 > days {
		t.Errorf("%d insights into Terraform in %d days, which is more than one in 10 days", total, days)
	}
}

func parallel(n int, do func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { do(i) })
	}
	group.Wait()
}

// What is found, and after how long.
func TestWhatIsFound(t *testing.T) {
	const accounts = 6
	for _, tt := range []struct {
		name  string
		rate  func(after int64) int // calls in a minute, so many minutes after it began
		call  string
		code  string
		share float64 // of the accounts in which it is found
		delay int64   // in the end of what minute after the first, at most
	}{
		{name: "a key that leaked starts 100 machines a minute", rate: constant(100, 5), call: "RunInstances", share: 1, delay: 1},
		{name: "a name that nobody calls, 60 in one minute", rate: constant(60, 1), call: "DeleteBucket", share: 1, delay: 1},
		{name: "a name that nobody calls, 15 a minute", rate: constant(15, 30), call: "DeleteBucket", share: 1, delay: 4},
		{name: "somebody tries what he may do: 40 refusals a minute", rate: constant(40, 10), call: "GetSecretValue", code: "AccessDenied", share: 1, delay: 2},
		{name: "a program that retries, 20 errors a minute for hours", rate: constant(20, 200), call: "Steady0", code: "ThrottlingException", share: 1, delay: 4},
		{name: "a loop, growing by 5 calls a minute each minute", rate: func(after int64) int { return int(5 * after) }, call: "CreateTags", share: 1, delay: 6},
		{name: "the job of every hour runs 20 times as large", rate: constant(800, 3), call: "HourlyJob", share: 1, delay: 1},
		{name: "10 times as much as at any time of a name that is called all the time", rate: constant(-10, 30), call: "Steady3", share: 0.9, delay: 3},
		// And what is not: the price of quiet months.
		{name: "5 calls a minute of a name that nobody calls", rate: constant(5, 60), call: "DeleteBucket", share: 0},
		{name: "the job of every hour runs twice as large", rate: constant(80, 1), call: "HourlyJob", share: 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			delays := make([]int64, accounts)
			parallel(accounts, func(i int) {
				a := newAccount(uint64(100 + i))
				begins := int64(learned) + int64(i)*217
				var most float64
				if n, ok := strings.CutPrefix(tt.call, "Steady"); ok {
					at, _ := strconv.Atoi(n)
					most = max(a.steady[at], 1)
				}
				more := func(at int64) []burst {
					n := tt.rate(at - begins)
					if n < 0 {
						n = int(float64(-n) * most)
					}
					if at < begins || n == 0 {
						return nil
					}
					return []burst{{tt.call, tt.code, n}}
				}
				found, told := play(t, insight.New(scope, "x", first, first), a, 0, begins+300, more)
				delays[i] = -1
				for j, f := range found {
					if f.State == insight.Start && f.Key.Name == tt.call && f.Key.Code == tt.code && told[j] >= begins {
						delays[i] = told[j] - begins
						break
					}
				}
			})
			n := 0
			slices.Sort(delays)
			for _, d := range delays {
				if d >= 0 {
					n++
				}
				if d > tt.delay {
					t.Errorf("it was told %d minutes after it began, and should be after %d", d, tt.delay)
				}
			}
			t.Logf("found in %d of %d, after minutes %v", n, accounts, delays)
			if share := float64(n) / accounts; share < tt.share || tt.share == 0 && share > 0 {
				t.Errorf("found in %d of %d accounts", n, accounts)
			}
		})
	}
}

func constant(n int, minutes int64) func(int64) int {
	return func(after int64) int {
		if after < 0 || after >= minutes {
			return 0
		}
		return n
	}
}
