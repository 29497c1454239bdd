package series

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
)

// The spaces of keys, by their first byte.
const (
	spaceNotes  = 'c' // which minutes of which series got data: see changes.go
	spaceMeta   = 'm' // what the store knows of itself
	spaceSeries = 's' // a series by its name: its number, and when it last had data
	spaceTerms  = 't' // the names of series by a part of them: a dimension, or the name alone
	spaceTiers  = 'A' // and following: summaries, by tier, span, series, unit and time
)

func keyVersion() []byte { return []byte{spaceMeta, 'v'} }
func keyNext() []byte    { return []byte{spaceMeta, 'n'} }

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func numberOf(data []byte) (uint64, bool) {
	if len(data) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(data), true
}

// A text in a key ends with 0 1, and a 0 in it is 0 255, so that keys have the order of
// their texts and none is the beginning of another.
func appendText(key []byte, text string) []byte {
	for {
		i := bytes.IndexByte([]byte(text), 0)
		if i < 0 {
			return append(append(key, text...), 0, 1)
		}
		key = append(append(key, text[:i]...), 0, 255)
		text = text[i+1:]
	}
}

// cutText takes the first text from a key.
func cutText(key []byte) (text string, rest []byte, ok bool) {
	var out []byte
	for {
		i := bytes.IndexByte(key, 0)
		if i < 0 || i+1 >= len(key) {
			return "", nil, false
		}
		out = append(out, key[:i]...)
		end := key[i+1]
		key = key[i+2:]
		switch end {
		case 1:
			return string(out), key, true
		case 255:
			out = append(out, 0)
		default:
			return "", nil, false
		}
	}
}

func appendScope(key []byte, space byte, scope cloud.Scope) []byte {
	return appendText(appendText(append(key, space), string(scope.Account)), string(scope.Region))
}

// appendID appends the name of a series as it stands at the end of its keys.
func appendID(key []byte, namespace, name string, dimensions []metric.Dimension) []byte {
	key = appendText(appendText(key, namespace), name)
	for _, d := range dimensions {
		key = appendText(appendText(key, d.Name), d.Value)
	}
	return key
}

// idOf reads what appendID appended.
func idOf(key []byte) (id metric.ID, ok bool) {
	if id.Namespace, key, ok = cutText(key); !ok {
		return id, false
	}
	if id.Name, key, ok = cutText(key); !ok {
		return id, false
	}
	for len(key) > 0 {
		var d metric.Dimension
		if d.Name, key, ok = cutText(key); !ok {
			return id, false
		}
		if d.Value, key, ok = cutText(key); !ok {
			return id, false
		}
		id.Dimensions = append(id.Dimensions, d)
	}
	return id, true
}

// seriesKey is where a series is by its name.
func seriesKey(key []byte, scope cloud.Scope, namespace, name string, dimensions []metric.Dimension) []byte {
	return appendID(appendScope(key, spaceSeries, scope), namespace, name, dimensions)
}

// ofName stands for the name of a dimension where a term is a metric's name: no
// dimension's name is empty.
const ofName = ""

// termKeys calls yield with the keys of a series' terms. They are valid until it returns.
func termKeys(scope cloud.Scope, id metric.ID, yield func(key []byte) error) error {
	key := appendScope(nil, spaceTerms, scope)
	scoped := len(key)
	term := func(name, value string) error {
		key = appendText(appendText(key[:scoped], name), value)
		key = appendID(key, id.Namespace, id.Name, id.Dimensions)
		return yield(key)
	}
	if err := term(ofName, id.Name); err != nil {
		return err
	}
	for _, d := range id.Dimensions {
		if err := term(d.Name, d.Value); err != nil {
			return err
		}
	}
	return nil
}

// listed is what is kept of a series by its name.
type listed struct {
	number uint64
	active uint32 // the span of time in which it last had data, in activeSpan
}

// activeSpan is how exactly is known when a series last had data. AWS is as exact.
const activeSpan = 30 * time.Minute

func activeAt(t time.Time) uint32 {
	return uint32(min(max(t.Unix()/int64(activeSpan/time.Second), 0), 1<<32-1))
}

func (l listed) encode() []byte {
	return binary.BigEndian.AppendUint32(number(l.number), l.active)
}

func decodeListed(data []byte) (l listed, ok bool) {
	if len(data) != 12 {
		return l, false
	}
	return listed{binary.BigEndian.Uint64(data), binary.BigEndian.Uint32(data[8:])}, true
}

// nextOf returns the first key after all that begin with prefix.
func nextOf(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
