package postings

import (
	"context"
	"encoding/binary"
	"iter"
	"maps"
	"slices"
)

// Memory is an index in memory, to which documents are added. It is for one
// goroutine at a time.
type Memory struct {
	docs   []Doc
	terms  map[uint64][]uint32 // where in docs those are that have it
	newest Key
}

// NewMemory returns an index of nothing.
func NewMemory() *Memory { return &Memory{terms: map[uint64][]uint32{}} }

// Add adds a document that has terms, each once. No other may have its key.
func (m *Memory) Add(d Doc, terms []uint64) {
	at := uint32(len(m.docs)) //nolint:gosec // a span has fewer
	m.docs = append(m.docs, d)
	if at == 0 || d.Compare(m.newest) > 0 {
		m.newest = d.Key
	}
	for _, t := range terms {
		m.terms[t] = append(m.terms[t], at)
	}
}

// Len returns how many documents there are.
func (m *Memory) Len() int { return len(m.docs) }

// Newest returns the key of the newest document, the zero key without any.
func (m *Memory) Newest() Key { return m.newest }

// Find yields the documents of any of some sets, newest first. What is added later does
// not change what it yields.
func (m *Memory) Find(ctx context.Context, sets []Set, within Range) iter.Seq2[Doc, error] {
	var found []Doc
	places, _ := union(sets, func(s Set) ([]uint32, error) { // which cannot fail
		return intersection(s.terms(), func(t uint64) []uint32 { return m.terms[t] }), nil
	})
	for _, at := range places {
		if within.holds(m.docs[at].Key) {
			found = append(found, m.docs[at])
		}
	}
	slices.SortFunc(found, func(a, b Doc) int { return b.Compare(a.Key) })
	return func(yield func(Doc, error) bool) {
		for _, d := range found {
			if err := ctx.Err(); err != nil {
				yield(Doc{}, err)
				return
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

// terms are those that have to be looked for.
func (s Set) terms() []uint64 {
	if len(s.All) == 0 {
		return []uint64{s.Of}
	}
	return s.All
}

// union returns, ascending and each once, what find finds of any of some sets.
func union(sets []Set, find func(Set) ([]uint32, error)) ([]uint32, error) {
	var all []uint32
	several := false
	for _, s := range sets {
		found, err := find(s)
		if err != nil {
			return nil, err
		}
		several = several || len(all) > 0 && len(found) > 0
		all = append(all, found...)
	}
	if several {
		slices.Sort(all)
		all = slices.Compact(all)
	}
	return all, nil
}

// intersection returns what is in the lists of all terms. Each list ascends.
func intersection(terms []uint64, list func(term uint64) []uint32) []uint32 {
	if len(terms) == 0 {
		return nil
	}
	lists := make([][]uint32, len(terms))
	for i, t := range terms {
		if lists[i] = list(t); len(lists[i]) == 0 {
			return nil
		}
	}
	slices.SortFunc(lists, func(a, b []uint32) int { return len(a) - len(b) })
	common := lists[0]
	for _, other := range lists[1:] {
		common = both(common, other)
	}
	return common
}

// both returns what is in two lists, the first of which is not longer.
func both(short, long []uint32) []uint32 {
	var common []uint32
	for _, at := range short {
		i, found := slices.BinarySearch(long, at)
		if found {
			common = append(common, at)
		}
		long = long[i:]
	}
	return common
}

// Encode returns the index as a file has it, of a span.
func (m *Memory) Encode(of Span) []byte {
	order := make([]uint32, len(m.docs)) // newest first
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return m.docs[b].Compare(m.docs[a].Key) })
	place := make([]uint32, len(order))
	h := header{span: of, docs: uint32(len(order)), terms: uint32(len(m.terms)), newest: m.newest} //nolint:gosec // a span has fewer
	rows := make([]byte, 0, len(order)*rowSize)
	for i, at := range order {
		place[at] = uint32(i)
		d := &m.docs[at]
		rows = appendKey(rows, d.Key)
		rows = append(rows, d.Data[:]...)
		h.oldest = d.Time
	}
	table := make([]byte, 0, len(m.terms)*termSize)
	var lists []byte
	for _, t := range slices.Sorted(maps.Keys(m.terms)) {
		list := make([]uint32, len(m.terms[t]))
		for i, at := range m.terms[t] {
			list[i] = place[at]
		}
		slices.Sort(list)
		table = binary.LittleEndian.AppendUint64(table, t)
		if len(list) == 1 { // stands in the place of where the list is
			table = binary.LittleEndian.AppendUint32(table, list[0])
		} else {
			table = binary.LittleEndian.AppendUint32(table, uint32(len(lists))) //nolint:gosec // far below 4 GiB
			lists = appendList(lists, list)
		}
		table = binary.LittleEndian.AppendUint32(table, uint32(len(list))) //nolint:gosec // a span has fewer
	}
	h.lists = uint32(len(lists)) //nolint:gosec // far below 4 GiB
	return paged(slices.Concat(h.encode(), rows, table, lists), of)
}

// appendList appends how far each of a list is from the one before.
func appendList(b []byte, list []uint32) []byte {
	last := uint32(0)
	for _, at := range list {
		b = binary.AppendUvarint(b, uint64(at-last))
		last = at
	}
	return b
}
