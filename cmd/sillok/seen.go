package main

import "sync"

// seen counts what was looked at, and tells whoever watches.
type seen struct {
	mu          sync.Mutex
	found, read int64
	tell        func(found, read int64) // nil when nobody watches
}

// watch has tell called with the number of files that were found in all places, and
// of those that were looked into, whenever these grow; nil ends that.
func (s placeSet) watch(tell func(found, read int64)) {
	if len(s) > 0 {
		w := s[0].seen
		w.mu.Lock()
		defer w.mu.Unlock()
		w.tell = tell
	}
}

func (s placeSet) found() { s[0].seen.add(1, 0) }

func (s placeSet) read() { s[0].seen.add(0, 1) }

func (w *seen) add(found, read int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.found += found
	w.read += read
	if w.tell != nil {
		w.tell(w.found, w.read)
	}
}
