package events

import (
	"bytes"
	"math/bits"
)

// A filter says of a block which pieces of text its messages certainly do not have,
// so that a search for something rare reads few blocks.
//
// Of each message it holds grams of five bytes: of every six grams in a row the one
// with the smallest hash. A text of at least ten bytes has six grams in a row, of
// which the smallest is then in the filter of every block with that text, wherever
// it stands. So it serves any part of an identifier, and holds about a fourth of
// all grams.
const (
	gramBytes  = 5
	gramWindow = 6
	// leastTerm is how long a text is that a filter can tell something of.
	leastTerm = gramBytes + gramWindow - 1

	leastFilter = 64      // bytes
	mostFilter  = 1 << 17 // bytes
)

// eachGram calls add with the hash of each gram of text that a filter holds.
func eachGram(text []byte, add func(hash uint64)) {
	if len(text) < leastTerm {
		return
	}
	var ring [8]uint64 // of the last hashes
	var gram, least uint64
	at := 0 // of the least
	for i, c := range text {
		gram = gram>>8 | uint64(c)<<(8*(gramBytes-1))
		n := i - (gramBytes - 1) // the number of the gram
		if n < 0 {
			continue
		}
		h := gram * 0x9E3779B97F4A7C15
		h ^= h >> 29
		ring[n&7] = h
		switch {
		case n < gramWindow-1:
			if n == 0 || h <= least {
				least, at = h, n
			}
			continue
		case h <= least:
			least, at = h, n
		case n-at >= gramWindow:
			least, at = ring[(n-gramWindow+1)&7], n-gramWindow+1
			for k := at + 1; k <= n; k++ {
				if ring[k&7] <= least {
					least, at = ring[k&7], k
				}
			}
		case n >= gramWindow:
			continue // it was told
		}
		add(least)
	}
}

// codesHash is how a filter holds that a block has a character that is written by its
// code, as JSON may: then any text may be written so.
const codesHash = 0xA0761D6478BD642F

// codes is how such a code begins.
const codes = `\u`

// streamHash is how a filter holds that a block has events of a stream.
func streamHash(stream uint64) uint64 { return (stream + 1) * 0xD6E8FEB86659FD93 }

// mix spreads a hash over the bits of a filter: the least of several hashes is small.
func mix(hash uint64) uint64 {
	hash *= 0xBF58476D1CE4E5B9
	return hash ^ hash>>31
}

// filterMaker makes filters. It is used again and again.
type filterMaker struct{ words []uint64 }

// make returns the filter of a block of events.
func (f *filterMaker) make(events []Event, size int, streams []uint64) []byte {
	n := leastFilter
	for n < mostFilter && n*8 < size {
		n *= 2
	}
	if cap(f.words) < n/8 {
		f.words = make([]uint64, n/8)
	}
	words := f.words[:n/8]
	clear(words)
	mask := uint64(n*8 - 1)
	add := func(hash uint64) {
		h := mix(hash)
		for range 3 {
			words[h&mask/64] |= 1 << (h & 63)
			h >>= 20
		}
	}
	coded := false
	for i := range events {
		eachGram(events[i].Message, add)
		if !coded && bytes.Contains(events[i].Message, []byte(codes)) {
			coded = true
			add(codesHash)
		}
	}
	for _, stream := range streams {
		add(streamHash(stream))
	}
	return pack(fold(words))
}

// fold makes a filter half as large as long as not more than half of its bits are
// set then.
func fold(words []uint64) []uint64 {
	for len(words)*8 > leastFilter {
		half, set := len(words)/2, 0
		for i := range half {
			set += bits.OnesCount64(words[i] | words[half+i])
		}
		if set > half*32 {
			break
		}
		for i := range half {
			words[i] |= words[half+i]
		}
		words = words[:half]
	}
	return words
}

func pack(words []uint64) []byte {
	b := make([]byte, 0, len(words)*8)
	for _, w := range words {
		for range 8 {
			b, w = append(b, byte(w)), w>>8
		}
	}
	return b
}

// probe is what is asked of filters: that they hold all of these hashes.
type probe []uint64

// probeOf returns the probe of texts that all have to be there.
func probeOf(terms [][]byte) (p probe) {
	for _, term := range terms {
		eachGram(term, func(h uint64) { p = append(p, mix(h)) })
	}
	return p
}

// may is false when a filter says that a block lacks one of the texts.
func (p probe) may(filter []byte) bool {
	mask := uint64(len(filter)*8 - 1) //nolint:gosec // a filter is small
	for _, h := range p {
		for range 3 {
			if at := h & mask; filter[at/8]&(1<<(at&7)) == 0 {
				return false
			}
			h >>= 20
		}
	}
	return true
}

// mayAny is false when a filter says that a block has events of none of the streams.
func mayAny(filter []byte, streams []uint64) bool {
	for _, stream := range streams {
		if (probe{mix(streamHash(stream))}).may(filter) {
			return true
		}
	}
	return false
}

// soundFilter says whether something is as long as a filter can be.
func soundFilter(filter []byte) bool {
	n := len(filter)
	return n >= leastFilter && n <= mostFilter && n&(n-1) == 0
}
