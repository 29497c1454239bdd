package lake

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// ErrReplaced is the failure of Objects.Open, or of a read of what it returned, for
// an object that is not the one any more that was listed.
var ErrReplaced = errors.New("the object was replaced after it was listed")

// looks is how often an object is listed that is replaced again and again.
const looks = 3

// loadOne returns the columns of one object, or why it was passed over.
func (l *Lake) loadOne(ctx context.Context, s *Scan, o Object) (loaded, error) {
	r := loaded{object: o}
	// Foreign bytes fail the query that asks for them and nothing else.
	err := life.Catch(func() (err error) {
		r, err = l.settled(ctx, s, o)
		return err
	})
	if err == nil || ctx.Err() != nil || !l.cfg.PassOver {
		return r, err
	}
	skip, ok := passable(o, err)
	if !ok {
		return r, err
	}
	return loaded{object: o, skipped: skip}, nil
}

// naming puts the object's name into an error of Hive's, of which a client sees the
// message alone.
func naming(o Object, err error) error {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || !strings.HasPrefix(e.Code, "HIVE_") {
		return err
	}
	return cloud.Errorf(e.Kind, e.Code, "%s: %s", o.Name(), e.Message).Because(err)
}

// passable says why an object is passed over: by what is wrong with it, and not
// with the disk or the way to it.
func passable(o Object, err error) (_ *Skipped, ok bool) {
	if panicked, ok := errors.AsType[*life.PanicError](err); ok {
		return &Skipped{Object: o, Kind: Damaged, Reason: "damaged: " + panicked.Error()}, true
	}
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		return nil, false
	}
	switch e.Kind {
	case cloud.Denied:
		return &Skipped{Object: o, Kind: Denied, Reason: "denied: " + e.Message}, true
	case cloud.NotFound:
		return &Skipped{Object: o, Kind: Gone, Reason: "gone: " + e.Message}, true
	case cloud.Invalid, cloud.Conflict:
		return &Skipped{Object: o, Kind: Damaged, Reason: "damaged: " + e.Message}, true
	default:
		return nil, false
	}
}

// settled returns the columns of one object. When another content took its place,
// that is read.
func (l *Lake) settled(ctx context.Context, s *Scan, o Object) (loaded, error) {
	for range looks {
		entry, err := l.columns(ctx, s, o)
		if !errors.Is(err, ErrReplaced) {
			return loaded{object: o, entry: entry}, err
		}
		if o, err = l.again(ctx, o); err != nil {
			return loaded{}, err
		}
	}
	return loaded{}, errWrittenTo()
}

func errWrittenTo() error {
	return cloud.Errorf(cloud.Conflict, "HIVE_CURSOR_ERROR", "the object is replaced or written to again and again; ask when it is complete").Because(ErrReplaced)
}

// again lists an object anew.
func (l *Lake) again(ctx context.Context, o Object) (Object, error) {
	for now, err := range l.objects.List(ctx, o.Bucket, o.Key) {
		if err != nil {
			return o, err
		}
		if now.Key == o.Key {
			return now, nil
		}
		break // keys come in order, and its own is the first of those that begin with it
	}
	return o, cloud.Errorf(cloud.NotFound, "HIVE_CANNOT_OPEN_SPLIT", "the object was removed after it was listed")
}

// columns returns the Parquet file of an object's content: its shadow.
func (l *Lake) columns(ctx context.Context, s *Scan, o Object) (shadow.Entry, error) {
	version := o.ETag
	if version == "" {
		version = strconv.FormatInt(o.Modified.UnixNano(), 10)
	}
	name := shadow.NameOf(shadowsOf(o.Bucket, o.Key), version, append([]string{strconv.FormatInt(o.Size, 10)}, s.format.Key()...)...)
	return l.shadows.Get(ctx, name, l.decoder.maker(s, o))
}

// notes says of files what does not show in their rows.
func (l *Lake) notes(f *Files) (notes []string) {
	var spare int
	var why string
	for _, e := range f.entries {
		if e.Note != "" {
			spare++
			why = e.Note
		}
	}
	if spare > 0 {
		note := fmt.Sprintf("the columns of %s were decoded for this query alone, because nothing can be kept in %s: %s",
			counted(spare), l.cfg.Dir, why)
		if l.cfg.Remedy != "" {
			note += "; " + l.cfg.Remedy
		}
		notes = append(notes, note)
	}
	if f.Stats.Remade > 0 {
		notes = append(notes, fmt.Sprintf("the columns of %s had been damaged on the disk and were decoded again", counted(f.Stats.Remade)))
	}
	return notes
}

func counted(objects int) string {
	if objects == 1 {
		return "1 object"
	}
	return strconv.Itoa(objects) + " objects"
}

// Check reads all files again, after a query over them failed, and returns how many
// are not what was written, or are gone. Another Load makes these anew.
func (f *Files) Check(ctx context.Context) (bad int, err error) {
	for _, e := range f.entries {
		whole, err := f.proven.Check(ctx, e)
		if err != nil {
			return bad, err
		}
		if !whole {
			bad++
		}
	}
	return bad, nil
}

// Intact returns an error when a file changed while a query read it, whose rows may
// then be others than those of the objects.
func (f *Files) Intact(ctx context.Context) error {
	for _, e := range f.entries {
		if f.proven.Same(ctx, e) {
			continue
		}
		return cloud.Errorf(cloud.Conflict, "HIVE_CURSOR_ERROR", "the columns of an object changed on the disk while the query read them; ask again")
	}
	return nil
}
