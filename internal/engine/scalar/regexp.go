package scalar

import (
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/engine/scalar/regex"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

func regexpFamily() map[string]binder {
	return map[string]binder{
		"regexp_like":        regexpBinder(regexpLike),
		"regexp_extract":     regexpBinder(regexpExtract, datatype.Bigint),
		"regexp_extract_all": regexpBinder(regexpExtractAll, datatype.Bigint),
		"regexp_replace":     either(regexpBinder(regexpReplace, datatype.Varchar), regexpLambda),
		"regexp_split":       regexpBinder(regexpSplit),
		"regexp_count":       regexpBinder(regexpCount),
		"regexp_position":    regexpBinder(regexpPosition, datatype.Integer, datatype.Integer),
	}
}

// regexpCall is a function of a text, a compiled pattern and what follows them.
type regexpCall func(w *work.Work, text string, p *regex.Program, rest []any) (any, error)

// regexpBinder binds call for a text and a pattern, followed by any number of
// the optional arguments.
func regexpBinder(call regexpCall, optional ...datatype.Kind) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) < 2 || len(params) > 2+len(optional) || !params[0].IsText() || !isPattern(params[1]) {
			return none()
		}
		for i, p := range params[2:] {
			if p.Kind != optional[i] && (!p.IsInteger() || optional[i] != datatype.Bigint) {
				return none()
			}
		}
		return working(onPattern(params, call))
	}
}

func isPattern(t datatype.Type) bool {
	return t.IsText() || t.Kind == datatype.Opaque && t.Name == datatype.RegExp
}

// onPattern returns the function of arguments that calls call with the pattern
// compiled, and with the padding of a char.
func onPattern(params []datatype.Type, call regexpCall) Func {
	programs := newMemo(regex.Compile)
	return func(w *work.Work, args []any) (any, error) {
		p, err := programs.get(paddedText(params[1], args[1]))
		if err != nil {
			return nil, err
		}
		return call(w, paddedText(params[0], args[0]), p, args[2:])
	}
}

// paddedText returns the text of v, with its padding when it is a char.
func paddedText(t datatype.Type, v any) string {
	if t.Kind == datatype.Char {
		return value.Padded(value.As[string](v), t.Length)
	}
	return value.As[string](v)
}

func regexpLike(w *work.Work, text string, p *regex.Program, _ []any) (any, error) {
	return p.Matches(w, text)
}

// groupOf returns the group that an optional argument names.
func groupOf(p *regex.Program, rest []any) (int, error) {
	if len(rest) == 0 {
		return 0, nil
	}
	group := value.As[int64](rest[0])
	switch {
	case group < 0:
		return 0, sqlerr.Argument("Group cannot be negative")
	case group > int64(p.Groups):
		return 0, sqlerr.Argument("Pattern has %d groups. Cannot access group %d", p.Groups, group)
	}
	return int(group), nil
}

// groupText returns the text of a group, or NULL when it took no part.
func groupText(text string, loc []int, group int) any {
	if loc[2*group] < 0 {
		return nil
	}
	return text[loc[2*group]:loc[2*group+1]]
}

func regexpExtract(w *work.Work, text string, p *regex.Program, rest []any) (any, error) {
	group, err := groupOf(p, rest)
	if err != nil {
		return nil, err
	}
	loc, err := p.Search(w, text).From(0)
	if err != nil || loc == nil {
		return nil, err
	}
	return groupText(text, loc, group), nil
}

// eachMatch calls yield with every match. Behind an empty match the search goes
// on one character further.
func eachMatch(w *work.Work, p *regex.Program, text string, yield func(loc []int) error) error {
	f := p.Search(w, text)
	for next := 0; next <= len(text); {
		loc, err := f.From(next)
		if err != nil {
			return err
		}
		if loc == nil {
			return nil
		}
		next = behind(text, loc)
		if err := yield(loc); err != nil {
			return err
		}
	}
	return nil
}

// behind returns where the search goes on after a match.
func behind(text string, loc []int) int {
	if loc[1] > loc[0] {
		return loc[1]
	}
	_, size := utf8.DecodeRuneInString(text[loc[1]:])
	return loc[1] + max(size, 1)
}

func regexpExtractAll(w *work.Work, text string, p *regex.Program, rest []any) (any, error) {
	group, err := groupOf(p, rest)
	if err != nil {
		return nil, err
	}
	out := []any{}
	err = eachMatch(w, p, text, func(loc []int) error {
		if err := w.Make(2 * work.Element); err != nil {
			return err
		}
		out = append(out, groupText(text, loc, group))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func regexpSplit(w *work.Work, text string, p *regex.Program, _ []any) (any, error) {
	out, last := []any{}, 0
	err := eachMatch(w, p, text, func(loc []int) error {
		if err := w.Make(2 * work.Element); err != nil {
			return err
		}
		out = append(out, text[last:loc[0]])
		last = loc[1]
		return nil
	})
	if err != nil {
		return nil, err
	}
	return append(out, text[last:]), nil
}

func regexpCount(w *work.Work, text string, p *regex.Program, _ []any) (any, error) {
	count := int64(0)
	err := eachMatch(w, p, text, func([]int) error {
		count++
		return nil
	})
	if err != nil {
		return nil, err
	}
	return count, nil
}

// regexpPosition returns the place, from 1, of the n-th match that begins at a
// place or later, or -1.
func regexpPosition(w *work.Work, text string, p *regex.Program, rest []any) (any, error) {
	start, occurrence := int64(1), int64(1)
	if len(rest) > 0 {
		start = value.As[int64](rest[0])
	}
	if len(rest) > 1 {
		occurrence = value.As[int64](rest[1])
	}
	switch {
	case start < 1:
		return nil, sqlerr.Argument("start position cannot be smaller than 1")
	case occurrence < 1:
		return nil, sqlerr.Argument("occurrence cannot be smaller than 1")
	case start > int64(utf8.RuneCountInString(text)):
		return int64(-1), nil
	}
	f := p.Search(w, text)
	if start > 1 {
		f = f.Anywhere()
	}
	for next := runeOffset(text, start-1); next <= len(text); {
		loc, err := f.From(next)
		if err != nil {
			return nil, err
		}
		if loc == nil {
			break
		}
		if occurrence--; occurrence == 0 {
			return int64(utf8.RuneCountInString(text[:loc[0]])) + 1, nil
		}
		next = behind(text, loc)
	}
	return int64(-1), nil
}

func regexpReplace(w *work.Work, text string, p *regex.Program, rest []any) (any, error) {
	var with replacement
	if len(rest) > 0 {
		with = replacement{text: value.As[string](rest[0]), program: p, work: w}
	}
	return replaceMatches(w, text, p, func(b *strings.Builder, loc []int) error {
		return with.append(b, text, loc)
	})
}

// replaceMatches copies text with what put writes in place of each match.
func replaceMatches(w *work.Work, text string, p *regex.Program, put func(b *strings.Builder, loc []int) error) (any, error) {
	if err := w.Make(len(text)); err != nil {
		return nil, err
	}
	var b strings.Builder
	last := 0
	err := eachMatch(w, p, text, func(loc []int) error {
		b.WriteString(text[last:loc[0]])
		last = loc[1]
		before := b.Len()
		if err := put(&b, loc); err != nil {
			return err
		}
		return w.Make(b.Len() - before)
	})
	if err != nil {
		return nil, err
	}
	b.WriteString(text[last:])
	return b.String(), nil
}

// regexpLambda is regexp_replace with a function of the groups. The result is
// NULL when one replacement is.
func regexpLambda(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 3 || params[0].Kind != datatype.Varchar || !isPattern(params[1]) || params[2].Kind != datatype.Function {
		return none()
	}
	return working(onPattern(params, func(w *work.Work, text string, p *regex.Program, rest []any) (any, error) {
		f, isNull := value.As[Lambda](rest[0]), false
		out, err := replaceMatches(w, text, p, func(b *strings.Builder, loc []int) error {
			groups := make([]any, p.Groups)
			for i := range groups {
				groups[i] = groupText(text, loc, i+1)
			}
			with, err := f(groups)
			if err != nil {
				return err
			}
			if isNull = isNull || with == nil; !isNull {
				b.WriteString(value.As[string](with))
			}
			return nil
		})
		if err != nil || isNull {
			return nil, err
		}
		return out, nil
	}))
}

// replacement is the text that replaces a match, in which $1 and ${name} stand
// for groups and a backslash takes the next byte as it is.
type replacement struct {
	text    string
	program *regex.Program
	work    *work.Work
}

func (r replacement) append(b *strings.Builder, text string, loc []int) error {
	for i := 0; i < len(r.text); {
		c := r.text[i]
		i++
		if c != '$' && c != '\\' {
			b.WriteByte(c)
			continue
		}
		if i == len(r.text) {
			return r.illegal(r.text)
		}
		if c == '\\' {
			b.WriteByte(r.text[i])
			i++
			continue
		}
		group, size, err := r.group(r.text[i:])
		if err != nil {
			return err
		}
		i += size
		if loc[2*group] >= 0 {
			if err := r.work.Make(loc[2*group+1] - loc[2*group]); err != nil {
				return err
			}
			b.WriteString(text[loc[2*group]:loc[2*group+1]])
		}
	}
	return nil
}

func (r replacement) illegal(what string) error {
	return sqlerr.Argument("Illegal replacement sequence: %s", what)
}

// group reads what follows a dollar sign: a name in braces, or the longest
// number that is a group.
func (r replacement) group(s string) (group, size int, err error) {
	if s[0] == '{' {
		name, _, closed := strings.Cut(s[1:], "}")
		group, ok := r.program.Names[name]
		if !ok {
			return 0, 0, r.illegal("unknown group { " + name + " }")
		}
		size = len(name) + len("{}")
		if !closed {
			size = len(s)
		}
		return group, size, nil
	}
	group = int(s[0]) - '0'
	switch {
	case group < 0 || group > 9:
		return 0, 0, r.illegal(r.text)
	case group > r.program.Groups:
		return 0, 0, r.illegal("unknown group " + s[:1])
	}
	size = 1
	for size < len(s) && s[size] >= '0' && s[size] <= '9' {
		longer := group*10 + int(s[size]-'0')
		if longer > r.program.Groups {
			break
		}
		group = longer
		size++
	}
	return group, size, nil
}
