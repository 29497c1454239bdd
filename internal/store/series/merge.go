package series

import (
	"io"

	"github.com/cockroachdb/pebble/v2"

	"github.com/sillok/sillok/internal/store/series/summary"
)

// merger adds what is put to what is there. Its name is in every table.
var merger = &pebble.Merger{
	Name: "sillok.series.1",
	Merge: func(key, value []byte) (pebble.ValueMerger, error) {
		if len(key) > 0 && key[0] == spaceSeries {
			m := &activity{}
			return m, m.add(value)
		}
		m := &samples{}
		return m, m.add(value)
	},
}

// samples merges summaries. That of one alone stays as it is written.
type samples struct {
	alone []byte
	all   summary.Summary
	room  [9]byte // for a single one
}

func (m *samples) add(value []byte) error {
	if m.alone == nil && m.all.Count == 0 {
		m.alone = append(m.room[:0], value...)
		return nil
	}
	if m.alone != nil {
		first, err := summary.Decode(m.alone)
		if err != nil {
			return err
		}
		m.all, m.alone = first, nil
	}
	one, err := summary.Decode(value)
	if err != nil {
		return err
	}
	m.all.Merge(&one)
	return nil
}

// MergeNewer implements pebble.ValueMerger.
func (m *samples) MergeNewer(value []byte) error { return m.add(value) }

// MergeOlder implements pebble.ValueMerger.
func (m *samples) MergeOlder(value []byte) error { return m.add(value) }

// Finish implements pebble.ValueMerger.
func (m *samples) Finish(bool) ([]byte, io.Closer, error) {
	if m.alone != nil {
		return m.alone, nil, nil
	}
	return m.all.Append(nil), nil, nil
}

// activity merges what is kept of a series: the latest of when it had data.
type activity struct{ listed }

func (m *activity) add(value []byte) error {
	one, ok := decodeListed(value)
	if !ok {
		return errRecord
	}
	m.number, m.active = one.number, max(m.active, one.active)
	return nil
}

// MergeNewer implements pebble.ValueMerger.
func (m *activity) MergeNewer(value []byte) error { return m.add(value) }

// MergeOlder implements pebble.ValueMerger.
func (m *activity) MergeOlder(value []byte) error { return m.add(value) }

// Finish implements pebble.ValueMerger.
func (m *activity) Finish(bool) ([]byte, io.Closer, error) { return m.encode(), nil, nil }
