package importer

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/archive"
)

// The kinds of documents: an event and its number in the archive, a file and its
// outcome, and up to which number events are known.
const (
	eventKind   = "event"
	fileKind    = "file"
	coveredKind = "covered"
	accountKind = "account" // in whose history events are
	storeKind   = "store"   // an event data store that has events, by its name in their values
)

// hashed is a text as part of a name: as short as nobody can make two meet.
func hashed(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base32.HexEncoding.EncodeToString(sum[:15])
}

// keyOf returns by what an event is known: whose history or which store it is in, its
// recipient and its ID; of the oldest records, which have none, what they say. Its time
// stands first, so that what comes together lies together.
func keyOf(e *archive.Entry) state.Key {
	id := e.Event.ID
	if id == "" {
		id = "\x00" + string(e.Event.JSON)
	}
	const shift = 1 << 37 // no time of four digits of a year is negative then
	parts := []string{string(e.Event.Account), id}
	if e.Store != "" {
		parts = append(parts, e.Store)
	}
	name := fmt.Sprintf("%010x", e.Event.Time.Unix()+shift) + hashed(parts...)
	return state.Key{Scope: cloud.Scope{Account: e.Account}, Kind: eventKind, Name: name}
}

// entry is what is known of an event: its number in the archive, and the name of the event
// data store that alone has it, empty for history. A store has its rows for longer than
// the archive has the event.
type entry struct {
	number uint64
	store  string
}

func parseEntry(value []byte) (e entry, err error) {
	number, store, _ := strings.Cut(string(value), " ")
	e.store = store
	e.number, err = strconv.ParseUint(number, 10, 64)
	return e, err
}

func (e entry) value() []byte {
	value := strconv.AppendUint(nil, e.number, 10)
	if e.store != "" {
		value = append(append(value, ' '), e.store...)
	}
	return value
}

// has says whether an event is known that the archive still has, whose first is given, or
// that a store has.
func has(r state.Reader, key state.Key, first uint64) (bool, error) {
	value, err := r.Get(key)
	if cloud.KindOf(err) == cloud.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	e, err := parseEntry(value)
	return e.store != "" || e.number >= first, err
}

// know makes entries known by their numbers, which ascend.
func know(tx state.Tx, entries []archive.Entry, keys []state.Key, numbers []uint64) error {
	told := map[state.Key]bool{}
	tell := func(key state.Key, value string) error {
		if told[key] {
			return nil
		}
		told[key] = true
		return tx.Put(key, []byte(value))
	}
	for n, key := range keys {
		e := entry{number: numbers[n]}
		if store := entries[n].Store; store != "" {
			e.store = hashed(store)
			if err := tell(state.Key{Kind: storeKind, Name: e.store}, store); err != nil {
				return err
			}
		}
		if err := tx.Put(key, e.value()); err != nil {
			return err
		}
		if err := tell(state.Key{Kind: accountKind, Name: string(key.Scope.Account)}, ""); err != nil {
			return err
		}
	}
	return tx.Put(coveredKey(), entry{number: numbers[len(numbers)-1]}.value())
}

func coveredKey() state.Key { return state.Key{Kind: coveredKind, Name: coveredKind} }

// together is how many events one transaction makes known.
const together = 10_000

// replay makes known what the archive has and a crash, or a full disk, kept from being
// known.
func (i *Importer) replay(ctx context.Context) error {
	var covered uint64
	err := i.known.View(ctx, func(r state.Reader) error {
		value, err := r.Get(coveredKey())
		if cloud.KindOf(err) == cloud.NotFound {
			return nil
		}
		if err == nil {
			covered, err = strconv.ParseUint(string(value), 10, 64)
		}
		return err
	})
	if err != nil {
		return err
	}
	var entries []archive.Entry
	var keys []state.Key
	var numbers []uint64
	some := func() error {
		err := i.known.Update(ctx, func(tx state.Tx) error { return know(tx, entries, keys, numbers) })
		entries, keys, numbers = entries[:0], keys[:0], numbers[:0]
		return err
	}
	for entry, err := range i.cfg.Archive.Cursor(covered + 1).Read(ctx) {
		if err != nil {
			if !told(err) && entry.Number == 0 {
				return err
			}
			continue // history tells of what is lost
		}
		if entry.Origin != archive.Import {
			continue
		}
		entries, keys, numbers = append(entries, archive.Entry{Store: entry.Store}), append(keys, keyOf(&entry)), append(numbers, entry.Number)
		if len(keys) == together {
			if err := some(); err != nil {
				return err
			}
		}
	}
	if len(keys) == 0 {
		return ctx.Err()
	}
	return some()
}

// told says whether an error stands for what an archive has lost.
func told(err error) bool {
	_, damaged := errors.AsType[*records.DamageError](err)
	_, removed := errors.AsType[*records.RemovedError](err)
	return damaged || removed
}

// sweepEvery is how often what retention has taken from the archive is forgotten.
const sweepEvery = time.Hour

// Run forgets the events that retention has taken from the archive, until ctx is done.
// They count as not known before that already. Those of an event data store, which has
// its rows for longer, are known until the store is gone.
func (i *Importer) Run(ctx context.Context) error {
	work, ctx := life.New(ctx, i.cfg.Log)
	work.Every(ctx, "what is known of imports", sweepEvery, i.sweep)
	return work.Wait()
}

// sweep forgets them, and those of event data stores that are gone, some at a time.
func (i *Importer) sweep(ctx context.Context) error {
	first := i.cfg.Archive.First()
	var scopes []cloud.Scope
	stores := map[string]string{}
	err := i.known.View(ctx, func(r state.Reader) error {
		for document, err := range r.List(cloud.Scope{}, accountKind, state.Range{}) {
			if err != nil {
				return err
			}
			scopes = append(scopes, cloud.Scope{Account: cloud.Account(document.Key.Name)})
		}
		for document, err := range r.List(cloud.Scope{}, storeKind, state.Range{}) {
			if err != nil {
				return err
			}
			stores[document.Key.Name] = string(document.Value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	gone := map[string]bool{}
	for name, store := range stores {
		is, err := i.cfg.Gone(ctx, store)
		if err != nil {
			return err
		}
		if is {
			gone[name] = true
		}
	}
	if first == i.swept.Load() && len(gone) == 0 {
		return nil
	}
	stale := func(e entry) bool {
		if e.store != "" {
			return gone[e.store]
		}
		return e.number < first
	}
	for _, scope := range scopes {
		for after, more := "", true; more; {
			if after, more, err = i.sweepSome(ctx, scope, stale, after); err != nil {
				return err
			}
		}
	}
	i.swept.Store(first)
	return i.known.Update(ctx, func(tx state.Tx) error {
		for name := range gone {
			if err := tx.Delete(state.Key{Kind: storeKind, Name: name}); err != nil {
				return err
			}
		}
		return nil
	})
}

// sweepSome forgets the stale ones of some events behind a name, and returns the last
// that it looked at and whether there may be more.
func (i *Importer) sweepSome(ctx context.Context, scope cloud.Scope, is func(entry) bool, after string) (last string, more bool, err error) {
	return last, more, i.known.Update(ctx, func(tx state.Tx) error {
		var stale []state.Key
		looked := 0
		for document, err := range tx.List(scope, eventKind, state.Range{After: after, Limit: together}) {
			if err != nil {
				return err
			}
			looked, last = looked+1, document.Key.Name
			e, err := parseEntry(document.Value)
			if err != nil {
				return err
			}
			if is(e) {
				stale = append(stale, document.Key)
			}
		}
		for _, key := range stale {
			if err := tx.Delete(key); err != nil {
				return err
			}
		}
		more = looked == together
		return nil
	})
}

// mark is what is known of a file.
type mark struct {
	ETag    string  `json:"etag"`
	Size    int64   `json:"size"`
	Outcome Outcome `json:"outcome"`
}

func markKey(into Into, o Object) state.Key {
	parts := []string{o.Source, o.Key}
	if about := into.about(); about != "" {
		parts = append(parts, about)
	}
	return state.Key{Scope: cloud.Scope{Account: into.Importer}, Kind: fileKind, Name: hashed(parts...)}
}

// mark returns the outcome of a file that is the same as at an earlier import.
func (i *Importer) mark(ctx context.Context, into Into, o Object) (out Outcome, found bool, err error) {
	all, err := i.Known(ctx, into, []Object{o})
	if err != nil || all[0] == nil {
		return out, false, err
	}
	return *all[0], true, nil
}

// Known returns the outcomes of those of files that are the same as at an earlier
// import; nil for others.
func (i *Importer) Known(ctx context.Context, into Into, objects []Object) ([]*Outcome, error) {
	all := make([]*Outcome, len(objects))
	err := i.known.View(ctx, func(r state.Reader) error {
		for n, o := range objects {
			value, err := r.Get(markKey(into, o))
			if cloud.KindOf(err) == cloud.NotFound {
				continue
			}
			var m mark
			if err == nil {
				err = json.Unmarshal(value, &m)
			}
			if err != nil {
				return err
			}
			if m.ETag == o.ETag && m.Size == o.Size {
				m.Outcome.Known = true
				all[n] = &m.Outcome
			}
		}
		return nil
	})
	return all, err
}

func (i *Importer) setMark(ctx context.Context, into Into, o Object, out Outcome) error {
	value, err := json.Marshal(mark{ETag: o.ETag, Size: o.Size, Outcome: out})
	if err != nil {
		return err
	}
	return i.known.Update(ctx, func(tx state.Tx) error { return tx.Put(markKey(into, o), value) })
}
