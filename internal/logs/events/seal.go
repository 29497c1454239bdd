package events

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/records"
)

// upkeepEvery is how often Run looks for what is not wanted any more.
const upkeepEvery = 10 * time.Minute

// Run seals what memory holds once it is large, and removes what is not wanted any
// more, until ctx is done.
func (s *Store) Run(ctx context.Context) error {
	work, ctx := life.New(ctx, s.cfg.Log)
	work.Go(ctx, "seal log events", func(ctx context.Context) error {
		retry := time.NewTimer(0)
		defer retry.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-s.full:
			case <-retry.C:
			}
			if s.large() {
				if err := s.Seal(ctx); err != nil && ctx.Err() == nil {
					s.cfg.Log.ErrorContext(ctx, "log events could not be sealed, it is tried again", "error", err)
				}
			}
			retry.Reset(time.Second)
		}
	})
	work.Every(ctx, "remove log events", upkeepEvery, s.Upkeep)
	return work.Wait()
}

// large says whether memory is to be sealed.
func (s *Store) large() bool {
	memories := s.view.Load().memories
	return len(memories) > 1 || memories[0].size() >= s.cfg.MemoryBytes
}

// Seal puts what memory holds into a file, without what is not wanted any more, and
// cuts the log. Events may be appended and read meanwhile.
func (s *Store) Seal(ctx context.Context) error {
	s.upkeep.Lock()
	defer s.upkeep.Unlock()
	err := s.seal(ctx)
	s.mu.Lock()
	s.failed = err
	s.mu.Unlock()
	return err
}

func (s *Store) seal(ctx context.Context) error {
	frozen, last := s.freeze()
	before := s.view.Load()
	if len(frozen) == 0 || last <= before.through() {
		return nil
	}
	w, err := s.newWriter(before.through()+1, last, 0)
	if err != nil {
		return err
	}
	if err := s.fill(ctx, w, frozen); err != nil {
		return w.abort(err)
	}
	f, err := w.end()
	if err != nil {
		return err
	}
	now := s.view.Load()
	s.view.Store(newView(now.memories[len(frozen):], append(slices.Clip(now.files), f)))
	s.mu.Lock()
	close(s.room)
	s.room = make(chan struct{})
	s.mu.Unlock()
	return s.log.Retain(ctx, records.Retention{MaxBytes: 1, Needed: s.needed(last), NeededAge: wholeLog})
}

// freeze has all further events go to another memory, and returns what there was,
// with the number of the last batch that it has. What could not be sealed before is
// among it. A number that the log gave to a batch and could not write is not counted:
// the log gives it again once it is opened again.
func (s *Store) freeze() (frozen []*memory, last uint64) {
	s.gate.Lock()
	defer s.gate.Unlock()
	v := s.view.Load()
	frozen = v.memories
	if frozen[len(frozen)-1].size() == 0 {
		frozen = frozen[:len(frozen)-1]
	} else {
		s.view.Store(&view{memories: append(slices.Clip(frozen), newMemory()), files: v.files, groups: v.groups})
	}
	for _, m := range frozen {
		last = max(last, m.last)
	}
	return frozen, last
}

// fill writes what is wanted of memories.
func (s *Store) fill(ctx context.Context, w *writer, memories []*memory) error {
	groups := map[uint64]bool{}
	for _, m := range memories {
		for group := range m.groups {
			groups[group] = true
		}
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		var events []Event
		for _, m := range memories {
			for _, run := range m.sorted(group) {
				events = append(events, run...)
			}
		}
		events, err := s.wantedOf(ctx, group, events)
		if err != nil {
			return err
		}
		sortEvents(events)
		if len(events) == 0 {
			continue
		}
		if err := w.group(ctx, group, events); err != nil {
			return err
		}
	}
	return nil
}

// wantedOf returns those of a group's events that are wanted.
func (s *Store) wantedOf(ctx context.Context, group uint64, events []Event) ([]Event, error) {
	from, there, err := s.cfg.Wanted.Group(ctx, group)
	if err != nil || !there {
		return nil, err
	}
	streams := map[uint64]bool{}
	for i := range events {
		streams[events[i].Stream] = true
	}
	gone, err := s.cfg.Wanted.Gone(ctx, group, slices.Sorted(maps.Keys(streams)))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(events, func(e Event) bool { return e.Time < from || slices.Contains(gone, e.Stream) }), nil
}

// Forget says that a group or streams of it are gone: Upkeep looks which.
func (s *Store) Forget(group uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed[group] = true
}

// Upkeep removes what is not wanted any more: it seals memory when that has such
// events, and makes a file again without them when they are half of it, or removes
// the file when they are all of it.
func (s *Store) Upkeep(ctx context.Context) error {
	expired, err := s.expired(ctx)
	if err != nil {
		return err
	}
	if expired {
		if err := s.Seal(ctx); err != nil {
			return err
		}
	}
	s.upkeep.Lock()
	defer s.upkeep.Unlock()
	s.mu.Lock()
	changed, all := s.changed, s.all
	s.changed, s.all = map[uint64]bool{}, false
	s.mu.Unlock()
	err = s.sweep(ctx, func(group uint64) bool { return all || changed[group] })
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all = true
	}
	return err
}

// expired says whether memory has events that are not wanted.
func (s *Store) expired(ctx context.Context) (bool, error) {
	for _, m := range s.view.Load().memories {
		m.mu.RLock()
		oldest := make(map[uint64]int64, len(m.groups))
		for group, t := range m.groups {
			var all Stats
			for _, stats := range t.streams {
				all.merge(*stats)
			}
			oldest[group] = all.First
		}
		m.mu.RUnlock()
		for group, first := range oldest {
			from, there, err := s.cfg.Wanted.Group(ctx, group)
			if err != nil {
				return false, err
			}
			if !there || first < from {
				return true, nil
			}
		}
	}
	return false, nil
}

// look finds out which files of a group are not there any more.
func (s *Store) look(group uint64) {
	for _, at := range s.view.Load().groups[group] {
		if _, err := os.Stat(at.file.path); errors.Is(err, fs.ErrNotExist) && !at.file.missing.Swap(true) {
			s.cfg.Log.Error("log events are lost: their file is not there", "file", at.file.path)
		}
	}
}

// replace puts a file in the place of those that it was made of, which follow one
// another.
func (s *Store) replace(old []*file, made *file) error {
	v := s.view.Load()
	at := slices.Index(v.files, old[0])
	files := slices.Replace(slices.Clone(v.files), at, at+len(old), made)
	s.view.Store(newView(v.memories, files))
	for _, f := range old {
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("logs: %w", err)
		}
	}
	return disk.SyncFolder(s.sealed)
}
