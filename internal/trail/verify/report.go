package verify

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Day is what was found of one day, account and region. Files are counted on the day
// that their names say.
type Day struct {
	Day     string        `json:"day"` // 2026-03-01
	Account cloud.Account `json:"account"`
	Region  cloud.Region  `json:"region"`

	DigestsValid    int64 `json:"digests_valid"`
	DigestsInvalid  int64 `json:"digests_invalid"` // replaced ones and those beside the chain too
	DigestsMissing  int64 `json:"digests_missing"`
	DigestsUnproven int64 `json:"digests_unproven"` // nothing could be said of their signatures
	Gaps            int64 `json:"gaps"`             // in a chain

	LogsPresent int64 `json:"logs_present"`
	LogsValid   int64 `json:"logs_valid"`
	LogsMissing int64 `json:"logs_missing"`
	LogsAltered int64 `json:"logs_altered"`
	LogsUnknown int64 `json:"logs_unknown"` // no digest knows them
	LogsPending int64 `json:"logs_pending"` // no digest knows them yet
	LogsUnread  int64 `json:"logs_unread"`  // they could not be read
	Damaged     int64 `json:"damaged"`      // of those that no digest knows: what is no log file
	Duplicates  int64 `json:"duplicates"`   // files with the content of another
	Foreign     int64 `json:"foreign"`      // files in CloudTrail's folders that are not named as CloudTrail's
	Jumps       int64 `json:"clock_jumps"`
	Records     int64 `json:"records"`
}

// Kind says what is to be said of a file or a chain.
type Kind string

// What there can be to say.
const (
	DigestInvalid   Kind = "digest_invalid"
	DigestMissing   Kind = "digest_missing"
	DigestReplaced  Kind = "digest_replaced"
	DigestBeside    Kind = "digest_beside"
	DigestElsewhere Kind = "digest_elsewhere"
	DigestUnproven  Kind = "digest_unproven"
	DigestUnread    Kind = "digest_unread"
	Gap             Kind = "gap"
	ClockJump       Kind = "clock_jump"
	LogMissing      Kind = "log_missing"
	LogAltered      Kind = "log_altered"
	LogUnread       Kind = "log_unread"
	LogElsewhere    Kind = "log_elsewhere"
	LogUnknown      Kind = "log_unknown"  // it lies in a time that digests cover
	LogUnproven     Kind = "log_unproven" // it lies in a time that no digest covers
	LogPending      Kind = "log_pending"  // the digest of its hour is not there yet
	LogDamaged      Kind = "log_damaged"
	Duplicate       Kind = "duplicate"
	Foreign         Kind = "foreign"
)

// Weight says what a problem means for the whole.
type Weight string

// What a problem can mean.
const (
	Wrong    Weight = "wrong"    // something is not as CloudTrail delivered it
	Unproven Weight = "unproven" // nothing is known to be wrong, and nothing proves that it is right
	Remark   Weight = "remark"   // all is right, and there is this to know
)

// weights is what each kind means.
var weights = map[Kind]Weight{
	DigestInvalid: Wrong, DigestMissing: Wrong, DigestReplaced: Wrong, DigestBeside: Wrong,
	DigestElsewhere: Unproven, DigestUnproven: Unproven, DigestUnread: Unproven,
	Gap: Remark, ClockJump: Remark,
	LogMissing: Wrong, LogAltered: Wrong, LogUnknown: Wrong, LogDamaged: Wrong, Foreign: Wrong,
	LogUnread: Unproven, LogElsewhere: Unproven, LogUnproven: Unproven,
	LogPending: Remark, Duplicate: Remark,
}

// Problem is what is to be said of one file or chain.
type Problem struct {
	Kind    Kind          `json:"kind"`
	Weight  Weight        `json:"weight"`
	Day     string        `json:"day,omitempty"`
	Account cloud.Account `json:"account,omitempty"`
	Region  cloud.Region  `json:"region,omitempty"`
	Object  string        `json:"object"` // s3://BUCKET/KEY, or the path of a file
	Detail  string        `json:"detail,omitempty"`
	Since   time.Time     `json:"since,omitzero"` // of a time that nothing is there for
	Until   time.Time     `json:"until,omitzero"`
}

// Proven is the time that the valid digests of a chain are of.
type Proven struct {
	Account  cloud.Account `json:"account"`
	Region   cloud.Region  `json:"region"`
	Trail    string        `json:"trail"`
	Home     cloud.Region  `json:"home_region"`
	Backfill bool          `json:"backfill"`
	Digests  int64         `json:"digests"`
	Since    time.Time     `json:"since"`
	Until    time.Time     `json:"until"`
}

// Report is what was found. Days and chains are sorted.
type Report struct {
	Days     []Day            `json:"days"`
	Chains   []Proven         `json:"chains"`
	Problems map[Kind]int64   `json:"problem_kinds"` // how many of each kind
	Weights  map[Weight]int64 `json:"weights"`
	Others   int64            `json:"others"` // objects that are not in CloudTrail's folders
	Bytes    int64            `json:"bytes"`  // of the files that were read
}

// Total returns the sums of all days.
func (r *Report) Total() Day {
	var sum Day
	for i := range r.Days {
		sum.add(&r.Days[i])
	}
	return sum
}

func (d *Day) add(o *Day) {
	mine, others := d.counts(), o.counts()
	for i, n := range others {
		*mine[i] += *n
	}
}

func (d *Day) counts() []*int64 {
	return []*int64{
		&d.DigestsValid, &d.DigestsInvalid, &d.DigestsMissing, &d.DigestsUnproven, &d.Gaps, &d.LogsPresent, &d.LogsValid, &d.LogsMissing, &d.LogsAltered,
		&d.LogsUnknown, &d.LogsPending, &d.LogsUnread, &d.Damaged, &d.Duplicates, &d.Foreign, &d.Jumps, &d.Records,
	}
}

// ledger collects what a run finds. It may be used by several goroutines.
type ledger struct {
	mu     sync.Mutex
	days   map[dayKey]*Day
	report Report
}

type dayKey struct {
	day     string
	account cloud.Account
	region  cloud.Region
}

func newLedger() *ledger {
	return &ledger{days: map[dayKey]*Day{}, report: Report{Problems: map[Kind]int64{}, Weights: map[Weight]int64{}}}
}

// add adds to what is known of a day.
func (l *ledger) add(counts Day) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := dayKey{counts.Day, counts.Account, counts.Region}
	d := l.days[key]
	if d == nil {
		d = &Day{Day: key.day, Account: key.account, Region: key.region}
		l.days[key] = d
	}
	d.add(&counts)
}

func (l *ledger) problem(p *Problem) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Problems[p.Kind]++
	l.report.Weights[p.Weight]++
}

func (l *ledger) proven(p Proven) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Chains = append(l.report.Chains, p)
}

// close returns the report.
func (l *ledger) close() *Report {
	for _, d := range l.days {
		l.report.Days = append(l.report.Days, *d)
	}
	slices.SortFunc(l.report.Days, func(a, b Day) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	slices.SortFunc(l.report.Chains, func(a, b Proven) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Trail, b.Trail), cmp.Compare(a.Home, b.Home), a.Since.Compare(b.Since))
	})
	return &l.report
}
