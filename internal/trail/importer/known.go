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

	"github.com/sillok/sillok/internal/cloud"
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

// has says whether an event is known that the archive still has, whose first is given.
func has(r state.Reader, key state.Key, first uint64) (bool, error) {
	value, err := r.Get(key)
	if cloud.KindOf(err) == cloud.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	number, err := strconv.ParseUint(string(value), 10, 64)
	return number >= first, err
}

func put(tx state.Tx, key state.Key, number uint64) error {
	return tx.Put(key, strconv.AppendUint(nil, number, 10))
}

func coveredKey() state.Key { return state.Key{Kind: coveredKind, Name: coveredKind} }

// cover notes that all imports up to a number are known.
func cover(tx state.Tx, number uint64) error { return put(tx, coveredKey(), number) }

// together is how many events one transaction makes known.
const together = 10_000

// replay makes known what the archive has and a crash kept from being known.
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
	var some []archive.Entry
	know := func() error {
		defer func() { some = some[:0] }()
		return i.known.Update(ctx, func(tx state.Tx) error {
			for n := range some {
				if err := put(tx, keyOf(&some[n]), some[n].Number); err != nil {
					return err
				}
			}
			return cover(tx, some[len(some)-1].Number)
		})
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
		if some = append(some, entry); len(some) == together {
			if err := know(); err != nil {
				return err
			}
		}
	}
	if len(some) == 0 {
		return ctx.Err()
	}
	return know()
}

// told says whether an error stands for what an archive has lost.
func told(err error) bool {
	_, damaged := errors.AsType[*records.DamageError](err)
	_, removed := errors.AsType[*records.RemovedError](err)
	return damaged || removed
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
