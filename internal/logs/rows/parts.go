package rows

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// alone is how many bytes a stream has that is in parts of its own, and how many
	// streams share one have together.
	alone = 1 << 20
	// partBytes is how many bytes a part has, as far as the events are spread over time.
	partBytes = 32 << 20
	// mostSlices is how many parts streams are cut into over time.
	mostSlices = 512
	// mostTogether is how many streams share a part.
	mostTogether = 1024
)

// widths are how much time a part has.
var widths = []int64{
	time.Minute.Milliseconds(), 10 * time.Minute.Milliseconds(), time.Hour.Milliseconds(), 6 * time.Hour.Milliseconds(),
	24 * time.Hour.Milliseconds(), 7 * 24 * time.Hour.Milliseconds(), 30 * 24 * time.Hour.Milliseconds(), 365 * 24 * time.Hour.Milliseconds(),
}

// part is events of streams that stand beside each other by name, from one time to
// another, both included.
type part struct {
	streams  []Stream
	from, to int64
	bytes    int64 // about, for each part the same of its streams
	ingested int64
	version  string // changes with the events
}

// name is the same for the same streams and times.
func (p *part) name() string {
	const layout = "20060102T150405.000"
	sum := sha256.New()
	for _, s := range p.streams {
		fmt.Fprintf(sum, "%d ", s.Number)
	}
	return time.UnixMilli(p.from).UTC().Format(layout) + "_" + time.UnixMilli(p.to).UTC().Format(layout) + "_" + hex.EncodeToString(sum.Sum(nil)[:8])
}

// partsOf returns the parts of a group. Each of its events is in one of them.
func partsOf(g *Group) (all []part) {
	streams := slices.Clone(g.Streams)
	slices.SortFunc(streams, func(a, b Stream) int { return strings.Compare(a.Name, b.Name) })
	var shared []Stream
	var bytes int64
	flush := func() {
		if len(shared) > 0 {
			all = append(all, slicesOf(g, shared)...)
		}
		shared, bytes = nil, 0
	}
	for i, s := range streams {
		if s.Events == 0 {
			continue
		}
		if s.Bytes >= alone {
			flush()
			all = append(all, slicesOf(g, streams[i:i+1:i+1])...)
			continue
		}
		if shared, bytes = append(shared, s), bytes+s.Bytes; bytes >= alone || len(shared) == mostTogether {
			flush()
		}
	}
	flush()
	return all
}

// slicesOf cuts streams into parts over time.
func slicesOf(g *Group, streams []Stream) (all []part) {
	whole := part{streams: streams, from: streams[0].First, to: streams[0].Last}
	sum := sha256.New()
	for _, s := range streams {
		whole.from, whole.to, whole.ingested = min(whole.from, s.First), max(whole.to, s.Last), max(whole.ingested, s.Ingested)
		whole.bytes += s.Bytes
		fmt.Fprintf(sum, "%d %d %d %d\n", s.Number, s.Events, s.Bytes, s.Ingested)
	}
	whole.from, whole.to = max(whole.from, g.From), min(whole.to, g.To)
	if whole.from > whole.to {
		return nil
	}
	whole.version = hex.EncodeToString(sum.Sum(nil)[:12])
	width := widthOf(whole.to-whole.from+1, whole.bytes)
	for start := floor(whole.from, width); start <= whole.to; start += width {
		p := whole
		p.from, p.to = max(whole.from, start), min(whole.to, start+width-1)
		all = append(all, p)
	}
	for i := range all {
		all[i].bytes = whole.bytes / int64(len(all))
	}
	return all
}

// widthOf returns how much time a part has of so many bytes over a time. Parts begin at
// round times, so that they stay the same while events are added.
func widthOf(span, bytes int64) int64 {
	n := min(max(bytes/partBytes, 1), mostSlices)
	for _, width := range widths {
		if width >= span/n {
			return width
		}
	}
	return max(span/n+1, widths[len(widths)-1])
}

// floor returns the last multiple of width that is not after t.
func floor(t, width int64) int64 {
	at := t - t%width
	if at > t {
		at -= width
	}
	return at
}
