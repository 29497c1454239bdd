package events

import (
	"slices"

	"github.com/sillok/sillok/internal/kit/find"
)

// Need is texts of which a wanted message has at least one.
type Need struct {
	Among [][]byte
	// Coded says that a text may also be written by the codes of its characters, as JSON
	// has it: a message with a backslash and a u in it may have it nevertheless.
	Coded bool
}

// wanted is what is asked of the blocks of files.
type wanted struct {
	needs  []Need
	texts  [][]find.Text // by need
	probes [][]probe     // by need: of each of its texts
	codes  probe
	coded  find.Text
}

// wantedOf returns what a query asks of blocks.
func wantedOf(q *Query) wanted {
	w := wanted{codes: probe{mix(codesHash)}, coded: find.Of([]byte(codes))}
	for _, term := range q.Terms {
		w.needs = append(w.needs, Need{Among: [][]byte{term}})
	}
	w.needs = append(w.needs, q.Needs...)
	for _, n := range w.needs {
		var all []probe
		var texts []find.Text
		for _, text := range n.Among {
			all = append(all, probeOf([][]byte{text}))
			texts = append(texts, find.Of(text))
		}
		w.probes, w.texts = append(w.probes, all), append(w.texts, texts)
	}
	return w
}

// may is false when the filter of a block of a file of a version says that the block lacks
// something.
func (w *wanted) may(filter []byte, of uint32) bool {
	for i, all := range w.probes {
		if w.needs[i].Coded && (of < 2 || w.codes.may(filter)) {
			continue
		}
		if !slices.ContainsFunc(all, func(p probe) bool { return p.may(filter) }) {
			return false
		}
	}
	return true
}

// within is false when messages lack something.
func (w *wanted) within(texts []byte) bool {
	for i, n := range w.needs {
		if !slices.ContainsFunc(w.texts[i], func(text find.Text) bool { return text.In(texts) }) && (!n.Coded || !w.coded.In(texts)) {
			return false
		}
	}
	return true
}

// of returns the events of a piece of memory, none where no message has what is needed.
func (w *wanted) of(q *Query, piece []Event) []Event {
	if len(w.needs) == 0 || slices.ContainsFunc(piece, func(e Event) bool { return w.within(e.Message) }) {
		return piece
	}
	if q.Skipped != nil {
		n := int64(0)
		for i := range piece {
			n += piece[i].size()
		}
		q.Skipped(int64(len(piece)), n)
	}
	return nil
}
