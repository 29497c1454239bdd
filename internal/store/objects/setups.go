package objects

import (
	"bytes"
	"sync"
	"sync/atomic"
)

// setups remembers buckets and their settings, which nearly every call asks for
// and few change. What is remembered is forgotten with the next change to any of
// them.
type setups struct {
	changed atomic.Uint64 // order of the last commit that changed one
	kept    atomic.Pointer[setupsKept]
}

// setupsKept are records since a commit, by their keys in the index; nil for
// those that are not there.
type setupsKept struct {
	since   uint64
	records sync.Map
}

// at returns what is remembered since a commit.
func (s *setups) at(since uint64) *setupsKept {
	if kept := s.kept.Load(); kept != nil && kept.since == since {
		return kept
	}
	fresh := &setupsKept{since: since}
	s.kept.Store(fresh) // in place of another's that came just now, it costs a few reads
	return fresh
}

// setup is get for the record of a bucket or setting, which must not be changed.
func (v *View) setup(key []byte) ([]byte, error) {
	since := v.db.setups.changed.Load()
	if v.changedSetup || v.state != nil && v.state.order < since {
		return v.get(key)
	}
	kept := v.db.setups.at(since)
	remembered, _ := kept.records.Load(string(key))
	if record, ok := remembered.([]byte); ok && v.index != nil {
		return record, nil
	}
	record, err := v.get(key)
	if err == nil && (record != nil || rememberAbsent(key)) {
		kept.records.Store(string(key), record)
	}
	return record, err
}

// rememberAbsent says whether it may be remembered that nothing is at key: of names
// that a client may think up there is no end.
func rememberAbsent(key []byte) bool {
	return key[0] == spaceSetting && !bytes.ContainsRune(key[1+number64:], '/')
}

// changes notes that a key is written, so that t and what is remembered afterwards
// do not tell what was there before.
func (t *Tx) changes(key []byte) {
	t.changedSetup = t.changedSetup || key[0] == spaceBucket || key[0] == spaceSetting
}
