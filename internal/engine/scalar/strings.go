package scalar

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// stringFamily holds the functions of characters. A character is a code point.
func stringFamily() map[string]binder {
	return map[string]binder{
		"chr":          onText(chr, datatype.Bigint),
		"codepoint":    onText(codepoint, datatype.Varchar),
		"length":       either(onText(textLength, datatype.Varchar), charLength, onText(binaryLength, datatype.Varbinary)),
		"lower":        caseBinder(unicode.ToLower),
		"upper":        caseBinder(unicode.ToUpper),
		"normalize":    onTextWorking(normalize, datatype.Varchar, datatype.Varchar),
		"replace":      either(onTextWorking(replaceText, datatype.Varchar, datatype.Varchar), onTextWorking(replaceText, datatype.Varchar, datatype.Varchar, datatype.Varchar)),
		"reverse":      either(onText(reverseText, datatype.Varchar), reverseChar, onText(reverseBinary, datatype.Varbinary)),
		"starts_with":  onText(startsWith, datatype.Varchar, datatype.Varchar),
		"strpos":       either(onText(strpos, datatype.Varchar, datatype.Varchar), onText(strpos, datatype.Varchar, datatype.Varchar, datatype.Bigint)),
		"substr":       either(substrText, substrBinary),
		"translate":    onText(translate, datatype.Varchar, datatype.Varchar, datatype.Varchar),
		"to_utf8":      toUTF8,
		"from_utf8":    fromUTF8,
		"concat":       concatBinder,
		"concat_ws":    concatWSBinder,
		"lpad":         padBinder(true),
		"rpad":         padBinder(false),
		"word_stem":    wordStemBinder,
		"ltrim":        trimBinder(true, false),
		"rtrim":        trimBinder(false, true),
		"trim":         trimBinder(true, true),
		"luhn_check":   onText(luhnCheck, datatype.Varchar),
		"soundex":      onText(soundex, datatype.Varchar),
		"split":        either(onTextWorking(split, datatype.Varchar, datatype.Varchar), onTextWorking(split, datatype.Varchar, datatype.Varchar, datatype.Bigint)),
		"split_part":   onText(splitPart, datatype.Varchar, datatype.Varchar, datatype.Bigint),
		"split_to_map": onTextWorking(splitToMap, datatype.Varchar, datatype.Varchar, datatype.Varchar),
		"split_to_multimap": onTextWorking(splitToMultimap, datatype.Varchar, datatype.Varchar,
			datatype.Varchar),
		"levenshtein_distance": onText(levenshtein, datatype.Varchar, datatype.Varchar),
		"hamming_distance":     onText(hamming, datatype.Varchar, datatype.Varchar),
	}
}

// onText binds call for arguments of the given kinds. A char stands for a
// varchar with its padding, and any integer for a bigint.
func onText(call plain, kinds ...datatype.Kind) binder {
	return textBinder(call.uncounted(), false, kinds)
}

// onTextWorking is onText for a function that counts its work.
func onTextWorking(call Func, kinds ...datatype.Kind) binder { return textBinder(call, true, kinds) }

func textBinder(call Func, counts bool, kinds []datatype.Kind) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != len(kinds) {
			return none()
		}
		wrapped := call
		for i, p := range params {
			switch {
			case p.Kind == kinds[i], p.IsInteger() && kinds[i] == datatype.Bigint:
			case p.Kind == datatype.Char && kinds[i] == datatype.Varchar && i > 0:
				wrapped = padArg(wrapped, i, p.Length)
			default:
				return none()
			}
		}
		return Function{Call: wrapped, counts: counts}, true
	}
}

// padArg returns call with argument i padded to length.
func padArg(call Func, i, length int) Func {
	return func(w *work.Work, args []any) (any, error) {
		filled := slices.Clone(args)
		filled[i] = value.Padded(value.As[string](args[i]), length)
		return call(w, filled)
	}
}

func chr(args []any) (any, error) {
	code := value.As[int64](args[0])
	if code < 0 || code > unicode.MaxRune || code >= 0xd800 && code <= 0xdfff {
		return nil, sqlerr.Argument("Not a valid Unicode code point: %d", code)
	}
	return string(rune(code)), nil
}

func codepoint(args []any) (any, error) {
	runes := []rune(value.As[string](args[0]))
	if len(runes) != 1 {
		return nil, sqlerr.Argument("Input string must be a single character string")
	}
	return int64(runes[0]), nil
}

func textLength(args []any) (any, error) {
	return int64(utf8.RuneCountInString(value.As[string](args[0]))), nil
}

func charLength(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Char) {
		return none()
	}
	length := int64(params[0].Length)
	return pure(func([]any) (any, error) { return length, nil })
}

func binaryLength(args []any) (any, error) { return int64(len(value.As[[]byte](args[0]))), nil }

// caseBinder maps code points one by one, without regard to language.
func caseBinder(fold func(rune) rune) binder {
	call := func(args []any) (any, error) { return strings.Map(fold, value.As[string](args[0])), nil }
	return either(on(call, datatype.Varchar), on(call, datatype.Char))
}

func normalize(w *work.Work, args []any) (any, error) {
	forms := map[string]norm.Form{"NFC": norm.NFC, "NFD": norm.NFD, "NFKC": norm.NFKC, "NFKD": norm.NFKD}
	form, ok := forms[value.As[string](args[1])]
	if !ok {
		return nil, sqlerr.Argument("Normalization form must be one of [NFD, NFC, NFKD, NFKC]")
	}
	var (
		out  strings.Builder
		iter norm.Iter
	)
	for iter.InitString(form, value.As[string](args[0])); !iter.Done(); {
		segment := iter.Next()
		if err := w.Make(len(segment)); err != nil {
			return nil, err
		}
		out.Write(segment)
	}
	return out.String(), nil
}

// replaceText puts the replacement before each character and at the end when
// the search is empty.
func replaceText(w *work.Work, args []any) (any, error) {
	text, search, with := value.As[string](args[0]), value.As[string](args[1]), ""
	if len(args) > 2 {
		with = value.As[string](args[2])
	}
	if err := w.Repeat(strings.Count(text, search), len(with)); err != nil {
		return nil, err
	}
	if err := w.Make(len(text)); err != nil {
		return nil, err
	}
	return strings.ReplaceAll(text, search, with), nil
}

func reverseText(args []any) (any, error) { return reverseString(value.As[string](args[0])), nil }

func reverseString(s string) string {
	out := make([]byte, len(s))
	for at, i := len(s), 0; i < len(s); {
		_, size := utf8.DecodeRuneInString(s[i:])
		at -= size
		copy(out[at:], s[i:i+size])
		i += size
	}
	return string(out)
}

// reverseChar reverses a char that fills its length. What Trino makes of the
// padding has changed between its versions.
func reverseChar(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Char) {
		return none()
	}
	length := params[0].Length
	return pure(func(args []any) (any, error) {
		s := reverseString(value.As[string](args[0]))
		// What filled the end comes first. Trino does not take away what is at the end then,
		// and sees it once it writes the char down.
		return strings.Repeat(" ", max(0, length-utf8.RuneCountInString(s))) + s, nil
	})
}

func reverseBinary(args []any) (any, error) {
	in := value.As[[]byte](args[0])
	out := make([]byte, len(in))
	for i, b := range in {
		out[len(in)-1-i] = b
	}
	return out, nil
}

func startsWith(args []any) (any, error) {
	return strings.HasPrefix(value.As[string](args[0]), value.As[string](args[1])), nil
}

// strpos returns the place, from 1, of the n-th occurrence, or 0. Occurrences
// may overlap, and n counts from the end when it is negative.
func strpos(args []any) (any, error) {
	text, part, instance := value.As[string](args[0]), value.As[string](args[1]), int64(1)
	if len(args) > 2 {
		instance = value.As[int64](args[2])
	}
	if instance == 0 || instance == math.MinInt64 {
		return nil, sqlerr.Argument("'instance' must be a positive or negative number.")
	}
	if part == "" {
		return int64(1), nil
	}
	at := nthIndex(text, part, instance)
	if at < 0 {
		return int64(0), nil
	}
	return int64(utf8.RuneCountInString(text[:at])) + 1, nil
}

func nthIndex(text, part string, instance int64) int {
	at := -1
	for ; instance > 0; instance-- {
		next := strings.Index(text[at+1:], part)
		if next < 0 {
			return -1
		}
		at += 1 + next
	}
	end := len(text)
	for ; instance < 0; instance++ {
		if at = strings.LastIndex(text[:end], part); at < 0 {
			return -1
		}
		end = at + len(part) - 1
	}
	return at
}

func translate(args []any) (any, error) {
	from, to := []rune(value.As[string](args[1])), []rune(value.As[string](args[2]))
	table := make(map[rune]rune, len(from))
	for i, r := range from {
		if _, seen := table[r]; seen {
			continue
		}
		table[r] = -1
		if i < len(to) {
			table[r] = to[i]
		}
	}
	return strings.Map(func(r rune) rune {
		if t, ok := table[r]; ok {
			return t
		}
		return r
	}, value.As[string](args[0])), nil
}

func luhnCheck(args []any) (any, error) {
	digits := value.As[string](args[0])
	if digits == "" {
		return false, nil
	}
	sum, double := 0, false
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if digits[i] < '0' || digits[i] > '9' {
			return nil, sqlerr.Argument("Input contains non-digit character")
		}
		if double {
			d *= 2
			d -= d / 10 * 9
		}
		sum += d
		double = !double
	}
	return sum%10 == 0, nil
}
