package main

import (
	"hash/maphash"
)

// knownEvents tells which events were shown. Live tails have no IDs of events, so an event
// is known by its place, times and text; how often such a one was told or read is counted,
// as there may be several that are alike.
type knownEvents struct {
	seed  maphash.Seed
	shown map[uint64]int // how often such an event was shown
	live  map[uint64]int // how often the live tails that are open told one
	again map[uint64]int // how often one was read since reading began
	order []uint64       // in which events were shown first
}

// mostKnown is how many events are remembered; what is read again is of the last minutes.
const mostKnown = 1 << 20

func newKnownEvents() *knownEvents {
	return &knownEvents{seed: maphash.MakeSeed(), shown: map[uint64]int{}, live: map[uint64]int{}, again: map[uint64]int{}}
}

// begin says that other live tails follow.
func (k *knownEvents) begin() { clear(k.live) }

// reread says that reading begins.
func (k *knownEvents) reread() { clear(k.again) }

// told says whether an event that a live tail tells is to be shown.
func (k *knownEvents) told(e *logEvent) bool { return k.isNew(e, k.live) }

// read says whether an event that was read is to be shown.
func (k *knownEvents) read(e *logEvent) bool { return k.isNew(e, k.again) }

func (k *knownEvents) isNew(e *logEvent, counted map[uint64]int) bool {
	var h maphash.Hash
	h.SetSeed(k.seed)
	for _, text := range []string{e.Group, e.Stream, e.Message} {
		_, _ = h.WriteString(text) // never fails
		_ = h.WriteByte(0)
	}
	maphash.WriteComparable(&h, [2]int64{e.Time, e.Ingested})
	at := h.Sum64()
	counted[at]++
	if counted[at] <= k.shown[at] {
		return false
	}
	if k.shown[at] == 0 {
		k.order = append(k.order, at)
	}
	k.shown[at]++
	for len(k.order) > mostKnown {
		delete(k.shown, k.order[0])
		delete(k.live, k.order[0])
		delete(k.again, k.order[0])
		k.order = k.order[1:]
	}
	return true
}
