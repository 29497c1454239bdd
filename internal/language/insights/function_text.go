package insights

import (
	"crypto/md5" //nolint:gosec // it is a function of the language
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/language/matcher"
)

// mostText bounds what a function makes of texts, in bytes.
const mostText = 4 << 20

func textFunctions() map[string]*scalar {
	one := func(f func(string) string) *scalar {
		return ofTexts(1, 1, func(s []string) value { return textual(f(s[0])) })
	}
	test := func(f func(string, string) bool) *scalar {
		return ofTexts(2, 2, func(s []string) value { return truth(f(s[0], s[1])) })
	}
	return map[string]*scalar{
		"concat":  ofTexts(1, 100, func(s []string) value { return textual(strings.Join(s, "")) }),
		"ltrim":   ofTexts(1, 2, func(s []string) value { return textual(strings.TrimLeft(s[0], trimmed(s))) }),
		"rtrim":   ofTexts(1, 2, func(s []string) value { return textual(strings.TrimRight(s[0], trimmed(s))) }),
		"trim":    ofTexts(1, 2, func(s []string) value { return textual(strings.Trim(s[0], trimmed(s))) }),
		"strlen":  ofTexts(1, 1, func(s []string) value { return numeric(float64(utf8.RuneCountInString(s[0]))) }),
		"toupper": one(strings.ToUpper),
		"tolower": one(strings.ToLower),
		"substr":  {least: 2, most: 3, apply: substr},
		"replace": ofTexts(3, 3, replaceText),
		"isempty": {least: 1, most: 1, nulls: true, apply: func(_ *run, a []value) value { return truth(a[0].String() == "") }},
		"isblank": {least: 1, most: 1, nulls: true, apply: func(_ *run, a []value) value { return truth(strings.TrimSpace(a[0].String()) == "") }},
		"strcontains": {least: 2, most: 3, apply: func(_ *run, a []value) value { // the third argument does nothing in AWS
			s, ok := a[0].asText()
			part, isText := a[1].asText()
			if !ok || !isText {
				return value{}
			}
			return truth(strings.Contains(s, part))
		}},
		"startswith":   test(strings.HasPrefix),
		"endswith":     test(strings.HasSuffix),
		"regexreplace": {least: 3, most: 3, apply: regexReplace}, "regex_replace": {least: 3, most: 3, apply: regexReplace},
		"urlencode": one(func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }),
		"urldecode": ofTexts(1, 1, func(s []string) value {
			text, err := url.QueryUnescape(s[0])
			return orNull(text, err == nil)
		}),
		"base64encode": one(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }),
		"base64decode": ofTexts(1, 1, func(s []string) value {
			b, err := base64.StdEncoding.DecodeString(s[0])
			return orNull(strings.ToValidUTF8(string(b), "\uFFFD"), err == nil)
		}),
		"split": ofTexts(2, 2, func(s []string) value {
			var all []value
			for part := range strings.SplitSeq(s[0], s[1]) {
				all = append(all, textual(part))
			}
			return listOf(all)
		}),
		"hextoascii": ofTexts(1, 1, func(s []string) value {
			b, err := hex.DecodeString(withoutPrefix(s[0]))
			return orNull(strings.ToValidUTF8(string(b), "\uFFFD"), err == nil)
		}),
		"hextodec": ofTexts(1, 1, func(s []string) value {
			n, err := strconv.ParseInt(withoutPrefix(s[0]), 16, 64)
			return orNull(strconv.FormatInt(n, 10), err == nil)
		}),
		"dectohex": {least: 1, most: 1, apply: func(_ *run, a []value) value {
			n, err := strconv.ParseInt(a[0].String(), 10, 64)
			text := strconv.FormatInt(n, 16)
			if digits, negative := strings.CutPrefix(text, "-"); negative {
				return orNull("-0x"+digits, err == nil)
			}
			return orNull("0x"+text, err == nil)
		}},
		"md5": one(func(s string) string {
			sum := md5.Sum([]byte(s)) //nolint:gosec // it is a function of the language
			return hex.EncodeToString(sum[:])
		}),
		"sha256": one(func(s string) string {
			sum := sha256.Sum256([]byte(s))
			return hex.EncodeToString(sum[:])
		}),
		"messagesize": ofTexts(1, 1, func(s []string) value { return numeric(float64(len(s[0]))) }),
	}
}

func orNull(text string, ok bool) value {
	if !ok {
		return value{}
	}
	return textual(text)
}

// trimmed returns the characters that a function trims: white space unless a second
// argument names them.
func trimmed(args []string) string {
	if len(args) == 2 {
		return args[1]
	}
	return " \t\n\r\f\v"
}

func withoutPrefix(s string) string {
	if len(s) > 1 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		return s[2:]
	}
	return s
}

// substr counts characters from 0.
func substr(_ *run, args []value) value {
	s, ok := args[0].asText()
	from, isNumber := args[1].asNumber()
	if !ok || !isNumber || from < 0 {
		return value{}
	}
	rest := skip(s, from)
	if len(args) == 2 {
		return textual(rest)
	}
	n, isNumber := args[2].asNumber()
	if !isNumber || n < 0 {
		return value{}
	}
	return textual(rest[:len(rest)-len(skip(rest, n))])
}

// skip returns s without its first n characters.
func skip(s string, n float64) string {
	for ; n >= 1 && s != ""; n-- {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return s
}

// replaceText is null where the result would be too long.
func replaceText(s []string) value {
	if s[1] == "" {
		return textual(s[0])
	}
	if len(s[0])+strings.Count(s[0], s[1])*len(s[2]) > mostText {
		return value{}
	}
	return textual(strings.ReplaceAll(s[0], s[1], s[2]))
}

// regexReplace compiles an expression once as long as it stays the same.
func regexReplace(x *run, args []value) value {
	s, ok := args[0].asText()
	expr, isText := args[1].asText()
	by, isToo := args[2].asText()
	if !ok || !isText || !isToo {
		return value{}
	}
	re, known := x.regexes[expr]
	if !known {
		if len(x.regexes) > 100 {
			clear(x.regexes)
		}
		_, err := matcher.Compile(expr)
		if errors.Is(err, matcher.ErrTooLarge) {
			x.broken = at(x.query.text, span{0, len(x.query.text)}, "Invalid regular expression", err.Error()+": its counts add up to more than 1000")
			return value{}
		}
		if err == nil {
			re, _ = matcher.CompileGroups(expr)
		}
		x.regexes[expr] = re // one that is none is kept as nil
	}
	if re == nil {
		return value{}
	}
	out, err := replaced(x, re, s, by)
	switch {
	case errors.Is(err, errTooLong):
		return value{}
	case err != nil:
		x.broken = err
		return value{}
	}
	return textual(out)
}

var errTooLong = errors.New("the text is too long")

// replaced returns a text with other text in the place of each match, in which $1 stands for
// a group: errTooLong for more than mostText.
func replaced(x *run, re *matcher.Groups, s, by string) (string, error) {
	parts := references(by)
	var out []byte
	last := 0
	err := re.Each(s, x.ended, func(match []int) error {
		out = append(out, s[last:match[0]]...)
		for _, part := range parts {
			if out = re.ExpandString(out, part, s, match); len(out) > mostText {
				return errTooLong
			}
		}
		last = match[1]
		return nil
	})
	if err == nil && len(out)+len(s)-last > mostText && last > 0 {
		err = errTooLong
	}
	return string(append(out, s[last:]...)), err
}

// references cuts what stands in the place of a match in front of each $.
func references(by string) (parts []string) {
	for by != "" {
		end := 1
		if strings.HasPrefix(by, "$$") { // one that stands for itself
			end = 2
		}
		if next := strings.IndexByte(by[end:], '$'); next >= 0 {
			end += next
		} else {
			end = len(by)
		}
		parts, by = append(parts, by[:end]), by[end:]
	}
	return parts
}
