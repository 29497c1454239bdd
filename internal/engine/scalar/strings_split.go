package scalar

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

func split(w *work.Work, args []any) (any, error) {
	text, delimiter, limit := value.As[string](args[0]), value.As[string](args[1]), int64(math.MaxInt32)
	if len(args) > 2 {
		limit = value.As[int64](args[2])
	}
	switch {
	case limit <= 0:
		return nil, sqlerr.Argument("Limit must be positive")
	case limit > math.MaxInt32:
		return nil, sqlerr.Argument("Limit is too large")
	case delimiter == "":
		return nil, sqlerr.Argument("The delimiter may not be the empty string")
	}
	if err := w.Repeat(min(strings.Count(text, delimiter)+1, int(limit)), 2*work.Element); err != nil {
		return nil, err
	}
	parts := strings.SplitN(text, delimiter, int(limit))
	out := make([]any, len(parts))
	for i, part := range parts {
		out[i] = part
	}
	return out, nil
}

// splitPart returns a part, counted from 1, or NULL beyond the last. An empty
// delimiter makes each character a part.
func splitPart(args []any) (any, error) {
	text, delimiter, index := value.As[string](args[0]), value.As[string](args[1]), value.As[int64](args[2])
	if index <= 0 {
		return nil, sqlerr.Argument("Index must be greater than zero")
	}
	if delimiter == "" {
		at := runeOffset(text, index-1)
		if at < 0 {
			return nil, nil
		}
		_, size := utf8.DecodeRuneInString(text[at:])
		return text[at : at+size], nil
	}
	for ; index > 1; index-- {
		_, rest, found := strings.Cut(text, delimiter)
		if !found {
			return nil, nil
		}
		text = rest
	}
	part, _, _ := strings.Cut(text, delimiter)
	return part, nil
}

// splitEntries yields the keys and values of a text such as "a=1,b=2".
func splitEntries(w *work.Work, args []any, bad string, yield func(key, val string) error) error {
	text, entry, pair := value.As[string](args[0]), value.As[string](args[1]), value.As[string](args[2])
	switch {
	case entry == "":
		return sqlerr.Argument("entryDelimiter is empty")
	case pair == "":
		return sqlerr.Argument("keyValueDelimiter is empty")
	case entry == pair:
		return sqlerr.Argument("entryDelimiter and keyValueDelimiter must not be the same")
	}
	for text != "" {
		var part string
		part, text, _ = strings.Cut(text, entry)
		key, val, found := strings.Cut(part, pair)
		if !found || strings.Contains(val, pair) {
			return sqlerr.Argument("Key-value delimiter must appear exactly once in each entry. Bad input: "+bad, part)
		}
		if err := w.Make(6 * work.Element); err != nil {
			return err
		}
		if err := yield(key, val); err != nil {
			return err
		}
	}
	return nil
}

func splitToMap(w *work.Work, args []any) (any, error) {
	out := &value.Map{}
	seen := make(map[string]bool)
	err := splitEntries(w, args, "'%s'", func(key, val string) error {
		if seen[key] {
			return sqlerr.Argument("Duplicate keys (%s) are not allowed", key)
		}
		seen[key] = true
		out.Keys, out.Values = append(out.Keys, key), append(out.Values, val)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func splitToMultimap(w *work.Work, args []any) (any, error) {
	out := &value.Map{}
	places := make(map[string]int)
	err := splitEntries(w, args, "%s", func(key, val string) error {
		at, ok := places[key]
		if !ok {
			at = len(out.Keys)
			places[key] = at
			out.Keys, out.Values = append(out.Keys, key), append(out.Values, []any(nil))
		}
		out.Values[at] = append(value.As[[]any](out.Values[at]), val)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
