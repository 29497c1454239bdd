package insight

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// snapshot is all that a Detector knows but for the days before today, as JSON has it.
type snapshot struct {
	Scope  Scope     `json:"scope"`
	ID     string    `json:"id"`
	Closed int64     `json:"closed"`
	Begun  uint64    `json:"begun"`
	Live   []liveKey `json:"live"`
	Today  *keyedDay `json:"today,omitempty"`
}

type liveKey struct {
	Key    Key   `json:"key"`
	Counts *live `json:"counts"`
}

// keyedDay is a day with its keys, in their order.
type keyedDay struct {
	Day  *day          `json:"counted"`
	Keys []keyedCounts `json:"keys"`
}

type keyedCounts struct {
	Key    Key    `json:"key"`
	Counts *daily `json:"counts"`
}

func (d *day) keyed() *keyedDay {
	k := &keyedDay{Day: d}
	for key, counts := range d.Keys {
		k.Keys = append(k.Keys, keyedCounts{key, counts})
	}
	slices.SortFunc(k.Keys, func(a, b keyedCounts) int { return a.Key.compare(b.Key) })
	return k
}

func (k *keyedDay) plain() (*day, error) {
	if k.Day == nil {
		return nil, errors.New("a day without its counts")
	}
	k.Day.Keys = make(map[Key]*daily, len(k.Keys))
	for _, c := range k.Keys {
		if c.Counts == nil {
			return nil, fmt.Errorf("nothing is said of %s", c.Key.Name)
		}
		k.Day.Keys[c.Key] = c.Counts
	}
	return k.Day, nil
}

// Save returns what Restore needs: what changes by the minute, and by their numbers the
// days before today that no Save has returned. After one that could not be kept, the
// Detector is of no further use: what was kept before is restored.
func (d *Detector) Save() (now []byte, past map[int64][]byte, err error) {
	s := snapshot{Scope: d.scope, ID: d.id, Closed: d.closed, Begun: d.begun, Live: []liveKey{}}
	for _, k := range d.keys() {
		s.Live = append(s.Live, liveKey{k, d.live[k]})
	}
	past = map[int64][]byte{}
	for i, day := range d.days {
		if i == len(d.days)-1 {
			s.Today = day.keyed()
			continue
		}
		if day.Number >= d.saved {
			if past[day.Number], err = json.Marshal(day.keyed()); err != nil {
				return nil, nil, err
			}
		}
	}
	if s.Today != nil {
		d.saved = s.Today.Day.Number
	}
	now, err = json.Marshal(s)
	return now, past, err
}

// Oldest returns the number of the oldest day that a Detector still needs.
func (d *Detector) Oldest() int64 { return floor(d.closed, minutesOfDay) - daysBefore }

// Restore returns the Detector that was saved last, with the days that were saved by
// then.
func Restore(now []byte, past [][]byte) (*Detector, error) {
	var s snapshot
	if err := json.Unmarshal(now, &s); err != nil {
		return nil, errSaved(err)
	}
	d := &Detector{scope: s.Scope, id: s.ID, closed: s.Closed, begun: s.Begun, live: map[Key]*live{}, room: mostKeys}
	for _, l := range s.Live {
		if l.Counts == nil {
			return nil, errSaved(fmt.Errorf("nothing is said of %s", l.Key.Name))
		}
		d.live[l.Key] = l.Counts
	}
	for _, text := range past {
		var k keyedDay
		if err := json.Unmarshal(text, &k); err != nil {
			return nil, errSaved(err)
		}
		if err := d.restore(&k); err != nil {
			return nil, err
		}
	}
	if s.Today != nil {
		if err := d.restore(s.Today); err != nil {
			return nil, err
		}
		d.saved = s.Today.Day.Number
	}
	slices.SortFunc(d.days, func(a, b *day) int { return cmp.Compare(a.Number, b.Number) })
	return d, nil
}

// restore adds a day, in the place of what was saved of it before.
func (d *Detector) restore(k *keyedDay) error {
	one, err := k.plain()
	if err != nil {
		return errSaved(err)
	}
	d.days = append(slices.DeleteFunc(d.days, func(other *day) bool { return other.Number == one.Number }), one)
	return nil
}

func errSaved(err error) error { return fmt.Errorf("restore what was counted for insights: %w", err) }
