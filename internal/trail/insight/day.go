package insight

const (
	minutesOfHour = 60
	hoursOfDay    = 24
	minutesOfDay  = hoursOfDay * minutesOfHour
	// daysBefore is how many whole days before today a baseline is of.
	daysBefore = 7
	// mostKeys is how many keys are counted in a day at most. The one with the least calls
	// makes room for another.
	mostKeys = 500
	// wide is the longer of the two windows, in minutes. An hour is whole ones.
	wide = 5
)

// day is what was counted in a day of UTC.
type day struct {
	Number  int64             `json:"day"`     // days since 1970
	Watched [hoursOfDay]uint8 `json:"watched"` // minutes of each hour that were counted
	Lost    uint64            `json:"lost,omitempty"`
	// Keys are not under their own names in JSON, where names are texts.
	Keys map[Key]*daily `json:"-"`
}

// daily is what a day has of a key.
type daily struct {
	Hours   []hourly `json:"hours"`             // of what was usual
	Unusual []hourly `json:"unusual,omitempty"` // of the minutes of insights
	Told    int      `json:"told,omitempty"`    // insights that began
	Who     tally    `json:"who"`               // of all
}

// hourly is what an hour has of a key: enough to know the mean and the variance of its
// minutes, and of its five minutes.
type hourly struct {
	Hour     int64  `json:"h"` // of the day
	Sum      uint64 `json:"n"`
	Squares  uint64 `json:"q"`  // of the counts of minutes
	Squares5 uint64 `json:"q5"` // of the counts of five minutes that do not overlap
	Most     uint64 `json:"m"`  // of a minute
	Most5    uint64 `json:"m5"` // of any five minutes
}

func newDay(number int64) *day { return &day{Number: number, Keys: map[Key]*daily{}} }

// total is how many calls of the key the day has.
func (k *daily) total() (sum uint64) {
	for _, hours := range [][]hourly{k.Hours, k.Unusual} {
		for i := range hours {
			sum += hours[i].Sum
		}
	}
	return sum
}

// hour returns the numbers of an hour, of the minutes of insights or of the others. It
// is the last one that there is, or a later one.
func (k *daily) hour(of int64, unusual bool) *hourly {
	hours := &k.Hours
	if unusual {
		hours = &k.Unusual
	}
	if n := len(*hours); n == 0 || (*hours)[n-1].Hour != of {
		*hours = append(*hours, hourly{Hour: of})
	}
	return &(*hours)[len(*hours)-1]
}

// key returns what the day has of a key. Where there are most already, the key with the
// least calls is forgotten, unless keep says otherwise, and what that may have been is
// remembered in Lost.
func (d *day) key(k Key, most int, keep func(Key) bool) *daily {
	if found := d.Keys[k]; found != nil {
		return found
	}
	if len(d.Keys) >= most {
		var least Key
		fewest := uint64(0)
		for other, counts := range d.Keys {
			if keep(other) {
				continue
			}
			if n := counts.total(); least == (Key{}) || n < fewest || n == fewest && other.compare(least) < 0 {
				least, fewest = other, n
			}
		}
		if least != (Key{}) {
			delete(d.Keys, least)
			d.Lost = max(d.Lost, fewest)
		}
	}
	made := &daily{}
	d.Keys[k] = made
	return made
}

// end leaves of a day that is over what a baseline shows.
func (d *day) end() {
	for _, counts := range d.Keys {
		counts.Who = counts.Who.first(mostShown)
	}
}

// watched is how many minutes of the day were counted.
func (d *day) watched() (minutes int64) {
	for _, n := range d.Watched {
		minutes += int64(n)
	}
	return minutes
}

// watchedIn is the same of the hours since 1970 from one to another, with it.
func (d *day) watchedIn(from, to int64) (minutes int64) {
	for hour := from; hour <= to; hour++ {
		if floor(hour, hoursOfDay) == d.Number {
			minutes += int64(d.Watched[hour-d.Number*hoursOfDay])
		}
	}
	return minutes
}
