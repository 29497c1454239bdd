package insight

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/event"
)

// Scope is whose events are counted together.
type Scope struct {
	Account cloud.Account
	Region  cloud.Region
	Trail   string // the ARN of the trail whose data events they are; empty for management events
}

// Found is something unusual that begins or has ended.
type Found struct {
	Scope Scope
	Key   Key
	State State
	Event event.Event // as it stands in a log file
}

// Detector counts the events of a scope and finds what is unusual. It is for one
// goroutine at a time. Events must be given about in the order of their times: see Add.
type Detector struct {
	scope  Scope
	id     string
	closed int64 // the first minute that is not closed
	days   []*day
	live   map[Key]*live
	saved  int64  // days before this one are saved
	begun  uint64 // how many insights there were
	room   int    // how many keys a day may have
}

const (
	// ring is for how many minutes counts are kept apart: those of the wide window, the
	// one that is open and the one behind it.
	ring = 8
	// quiet is how many calm minutes end an insight.
	quiet = 10
	// longestInsight is for how many minutes an insight may last. What has lasted so long
	// is what is usual from then on.
	longestInsight = minutesOfDay
	// longestGap is how many minutes may pass between two calls of Advance for the time
	// between them to have been watched.
	longestGap = 60
)

// live is a key that was counted in the last minutes, or has an insight that goes on.
type live struct {
	Minutes [ring]minute `json:"minutes"` // by number, modulo ring
	Open    *open        `json:"open,omitempty"`
}

// minute is what was counted in a minute.
type minute struct {
	At    int64  `json:"at,omitempty"`
	Count uint64 `json:"n,omitempty"`
	Who   tally  `json:"who"`
}

// open is an insight that goes on.
type open struct {
	Number uint64 `json:"number"` // of the detector's
	Start  int64  `json:"start"`  // its first minute
	Last   int64  `json:"last"`   // its last unusual minute
	Total  uint64 `json:"total"`  // from Start to Last
	Who    tally  `json:"who"`

	Since    uint64 `json:"since"` // what came after Last
	SinceWho tally  `json:"since_who"`

	Calm  [windows]uint64 `json:"calm"` // counts below these are usual
	Usual usual           `json:"usual"`
}

// usual is the baseline of an insight as it is shown.
type usual struct {
	Total   uint64 `json:"total"`
	Minutes int64  `json:"minutes"`
	Who     tally  `json:"who"`
}

// New returns a Detector of a scope that has been watched since a time, without any
// event. id is chance, by which the IDs of its insights differ from all others.
func New(scope Scope, id string, since, now time.Time) *Detector {
	d := &Detector{scope: scope, id: id, closed: minuteOf(now), live: map[Key]*live{}, room: mostKeys}
	first := max(minuteOf(since), (floor(d.closed, minutesOfDay)-daysBefore)*minutesOfDay)
	for m := first; m < d.closed; m++ {
		d.today(m).Watched[m/minutesOfHour%hoursOfDay]++
	}
	d.saved = floor(first, minutesOfDay)
	return d
}

// Scope returns whose events are counted.
func (d *Detector) Scope() Scope { return d.scope }

// SetRoom bounds how many keys are counted in a day, by mostKeys at most.
func (d *Detector) SetRoom(keys int) { d.room = min(max(keys, 1), mostKeys) }

// Add counts an event. One of a minute that is closed is counted in the next one that
// is not, and one that lies further ahead than a minute with those of that minute: so
// who reads events has Advance close the minutes before them.
func (d *Detector) Add(e *event.Event) {
	at := min(max(minuteOf(e.Time), d.closed), d.closed+1)
	keys, n := keysOf(e)
	if n == 0 {
		return
	}
	values := valuesOf(e)
	for _, k := range keys[:n] {
		l := d.live[k]
		if l == nil {
			l = &live{}
			d.live[k] = l
		}
		m := l.at(at)
		m.Count++
		m.Who.add(&values)
	}
}

// at returns the counts of a minute, which nothing of an earlier one is left of.
func (l *live) at(number int64) *minute {
	m := &l.Minutes[(number%ring+ring)%ring]
	if m.At != number {
		*m = minute{At: number}
	}
	return m
}

// count returns how much was counted in a window that ends with a minute.
func (l *live) count(last, width int64) (sum uint64) {
	for n := last - width + 1; n <= last; n++ {
		if m := &l.Minutes[(n%ring+ring)%ring]; m.At == n {
			sum += m.Count
		}
	}
	return sum
}

// Advance closes the minutes that are over at a time, and returns what began or ended
// in them. Of an earlier time than before nothing follows. Time for which nobody called
// Advance was not watched.
func (d *Detector) Advance(now time.Time) ([]Found, error) {
	to := minuteOf(now)
	var all []Found
	var errs []error
	through := to
	if to-d.closed > longestGap {
		through = d.closed + quiet + wide // everything has come to its end by then
	}
	for d.closed < through {
		some, err := d.close(d.closed)
		all, errs = append(all, some...), append(errs, err)
		d.closed++
	}
	d.closed = max(d.closed, to)
	return all, errors.Join(errs...)
}

// SetBack is told what the clock says, by who knows it. One that was set back by more
// than a few minutes ends what goes on, and counting goes on in its time: otherwise all
// calls would be counted in one minute until it has caught up.
func (d *Detector) SetBack(now time.Time) ([]Found, error) {
	to := minuteOf(now)
	if to >= d.closed-wide {
		return nil, nil
	}
	var all []Found
	var errs []error
	for _, k := range d.keys() {
		if o := d.live[k].Open; o != nil {
			found, err := d.found(k, o, End)
			all, errs = append(all, found), append(errs, err)
		}
	}
	d.live, d.closed = map[Key]*live{}, to
	of := floor(to, minutesOfDay)
	d.days = slices.DeleteFunc(d.days, func(later *day) bool { return later.Number > of })
	d.saved = min(d.saved, of)
	return all, errors.Join(errs...)
}

// keys returns the keys that are live, in their order.
func (d *Detector) keys() []Key {
	keys := make([]Key, 0, len(d.live))
	for k := range d.live {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, Key.compare)
	return keys
}

// close judges a minute and adds it to the day.
func (d *Detector) close(number int64) (all []Found, err error) {
	today := d.today(number)
	var errs []error
	for _, k := range d.keys() {
		l := d.live[k]
		state, something := d.judge(k, l, number)
		if something {
			found, err := d.found(k, l.Open, state)
			if err != nil {
				errs = append(errs, fmt.Errorf("an insight into %s of %s: %w", k.Name, k.Source, err))
			} else {
				all = append(all, found)
			}
			times := 1
			if state == End {
				times = 0
				if l.Open.Last+1-l.Open.Start >= longestInsight {
					times = usualAfter
				}
				l.Open = nil
			}
			d.told(today, k, times)
		}
		d.keep(today, k, l, number)
		if l.Open == nil && l.count(number+1, wide+1) == 0 {
			delete(d.live, k)
		}
	}
	if watched := &today.Watched[number/minutesOfHour%hoursOfDay]; *watched < minutesOfHour {
		*watched++ // a clock that was set back goes through an hour twice
	}
	return all, errors.Join(errs...)
}

// told counts insights into a key.
func (d *Detector) told(today *day, k Key, times int) {
	if times > 0 {
		today.key(k, d.room, d.goesOn).Told += times
	}
}

// goesOn says whether a key has an insight that goes on.
func (d *Detector) goesOn(k Key) bool { return d.live[k] != nil && d.live[k].Open != nil }

// judge says whether an insight begins with a minute, or ended before it.
func (d *Detector) judge(k Key, l *live, number int64) (state State, something bool) {
	if l.Open != nil {
		return End, l.goOn(number)
	}
	narrow, broad := l.count(number, 1), l.count(number, wide)
	if narrow == 0 || broad < least {
		return "", false
	}
	b := d.baselineOf(k, number)
	if b.minutes < learning {
		return "", false
	}
	chance := chance(len(d.today(number).Keys))
	switch {
	case b.unusual(0, narrow, chance):
		l.Open = d.begin(k, l, &b, number, number)
	case b.unusual(1, broad, chance):
		first := number - wide + 1
		for float64(l.count(first, 1)) <= b.mean { // the last minute has something
			first++
		}
		l.Open = d.begin(k, l, &b, first, number)
	default:
		return "", false
	}
	return Start, true
}

// begin returns an insight from one minute to another.
func (d *Detector) begin(k Key, l *live, b *baseline, first, last int64) *open {
	d.begun++
	o := &open{Number: d.begun, Start: first, Last: last, Calm: [windows]uint64{max(b.limit(0, calm), least), max(b.limit(1, calm), least)}}
	var kept tally // of the insight's minutes, those that the day has already
	var keptTotal uint64
	for n := first; n <= last; n++ {
		if m := l.at(n); n < last {
			kept.merge(&m.Who)
			keptTotal += m.Count
		}
		o.Total += l.at(n).Count
		o.Who.merge(&l.at(n).Who)
	}
	var who tally
	for _, day := range d.days {
		o.Usual.Minutes += day.watched()
		if counts := day.Keys[k]; counts != nil {
			o.Usual.Total += counts.total()
			who.merge(&counts.Who)
		}
	}
	o.Usual.Minutes -= last - first
	o.Usual.Total -= min(keptTotal, o.Usual.Total)
	o.Usual.Who = who.less(&kept)
	return o
}

// goOn adds a minute to the insight that goes on, and says whether it ended before.
func (l *live) goOn(number int64) (ended bool) {
	o := l.Open
	m := l.at(number)
	o.Since += m.Count
	o.SinceWho.merge(&m.Who)
	// Of five minutes that are not calm the one that adds little is.
	if m.Count >= o.Calm[0] || m.Count*wide >= o.Calm[1] && l.count(number, wide) >= o.Calm[1] {
		o.Last = number
		o.Total += o.Since
		o.Who.merge(&o.SinceWho)
		o.Since, o.SinceWho = 0, tally{}
	}
	return number-o.Last >= quiet || number+1-o.Start >= longestInsight
}

// keep adds a minute of a key to its day.
func (d *Detector) keep(today *day, k Key, l *live, number int64) {
	count, broad := l.count(number, 1), l.count(number, wide)
	counts := today.Keys[k]
	if count > 0 {
		counts = today.key(k, d.room, d.goesOn)
		h := counts.hour(number/minutesOfHour%hoursOfDay, l.Open != nil)
		h.Sum += count
		h.Squares += count * count
		h.Most, h.Most5 = max(h.Most, count), max(h.Most5, broad)
		counts.Who.merge(&l.at(number).Who)
	}
	if number%wide == wide-1 && broad > 0 && counts != nil {
		counts.hour(number/minutesOfHour%hoursOfDay, l.Open != nil).Squares5 += broad * broad // the five minutes are of one hour
	}
}

// today returns the day of a minute, and forgets those that are no part of its
// baseline.
func (d *Detector) today(number int64) *day {
	of := floor(number, minutesOfDay)
	if n := len(d.days); n > 0 && d.days[n-1].Number == of {
		return d.days[n-1]
	}
	d.days = slices.DeleteFunc(d.days, func(past *day) bool { return past.Number < of-daysBefore })
	for _, past := range d.days {
		past.end()
	}
	d.days = append(d.days, newDay(of))
	return d.days[len(d.days)-1]
}
