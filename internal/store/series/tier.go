package series

import (
	"encoding/binary"
	"time"
)

// tier is how finely times are told apart.
type tier int

const (
	seconds tier = iota
	minutes
	fives
	hours
	tiers
)

// What a tier is like. The numbers are AWS's, but for spans.
var of = [tiers]struct {
	step time.Duration // between two times that are told apart
	span time.Duration // of a range of keys of its own
	keep time.Duration // from then on its data are rolled up, or gone
	next tier          // to which they are rolled up; tiers where they are gone
}{
	seconds: {time.Second, time.Hour, 3 * time.Hour, tiers},
	minutes: {time.Minute, time.Hour, 15 * 24 * time.Hour, fives},
	fives:   {5 * time.Minute, 5 * 24 * time.Hour, 63 * 24 * time.Hour, hours},
	hours:   {time.Hour, 30 * 24 * time.Hour, 455 * 24 * time.Hour, tiers},
}

// place is where in its tier a time is.
type place struct {
	span   uint32
	offset uint16 // in steps
}

func (t tier) at(unix int64) place {
	span := int64(of[t].span / time.Second)
	unix = min(max(unix, 0), 1<<40)
	return place{uint32(unix / span), uint16(unix % span / int64(of[t].step/time.Second))} //nolint:gosec // the time is bounded, and a span has fewer steps
}

// places is how many steps a span has.
func (t tier) places() uint16 { return uint16(of[t].span / of[t].step) } //nolint:gosec // see of

// time is the time at a place, in seconds.
func (t tier) time(p place) int64 {
	return int64(p.span)*int64(of[t].span/time.Second) + int64(p.offset)*int64(of[t].step/time.Second)
}

// kind is a unit, and whether data came with resolution by the second: of these,
// seconds has what minutes has.
type kind uint8

func kindOf(unit int, second bool) kind {
	k := kind(2 * unit) //nolint:gosec // there are few units
	if second {
		k++
	}
	return k
}

func (k kind) unit() int    { return int(k / 2) }
func (k kind) second() bool { return k%2 == 1 }

// Where the parts of a summary's key are.
const (
	atSpan   = 1
	atSeries = atSpan + 4
	atKind   = atSeries + 8
	atOffset = atKind + 1
	sizeKey  = atOffset + 2
)

func appendSpan(key []byte, t tier, span uint32) []byte {
	return binary.BigEndian.AppendUint32(append(key, spaceTiers+byte(t)), span) //nolint:gosec // there are few tiers
}

func appendKey(key []byte, t tier, series uint64, k kind, p place) []byte {
	key = binary.BigEndian.AppendUint64(appendSpan(key, t, p.span), series)
	return binary.BigEndian.AppendUint16(append(key, byte(k)), p.offset)
}

func seriesIn(key []byte) uint64 { return binary.BigEndian.Uint64(key[atSeries:]) }

func placeIn(key []byte) place {
	return place{binary.BigEndian.Uint32(key[atSpan:]), binary.BigEndian.Uint16(key[atOffset:])}
}
