package scalar

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

func likeFamily() map[string]binder {
	return map[string]binder{plan.OpLike: likeBinder}
}

// likeBinder is value LIKE pattern [ESCAPE escape]. A char value matches with
// its padding.
func likeBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 && len(params) != 3 || !params[0].IsText() {
		return none()
	}
	for _, p := range params[1:] {
		if p.Kind != datatype.Varchar {
			return none()
		}
	}
	pad := 0
	if params[0].Kind == datatype.Char {
		pad = params[0].Length
	}
	// The escape is one character, so that it can be told from the pattern
	// behind it.
	patterns := newMemo(func(text string) (likePattern, error) {
		escape, size := utf8.DecodeRuneInString(text)
		return parseLike(text[size:], escape)
	})
	plain := newMemo(func(text string) (likePattern, error) { return parseLike(text, -1) })
	return working(func(w *work.Work, args []any) (any, error) {
		var (
			p   likePattern
			err error
		)
		if len(args) == 3 {
			escape := value.As[string](args[2])
			if utf8.RuneCountInString(escape) != 1 {
				return nil, sqlerr.Argument("Escape string must be a single character")
			}
			p, err = patterns.get(escape + value.As[string](args[1]))
		} else {
			p, err = plain.get(value.As[string](args[1]))
		}
		if err != nil {
			return nil, err
		}
		return p.match(w, value.Padded(value.As[string](args[0]), pad))
	})
}

// likePattern is a pattern in the pieces that stand between its % signs.
type likePattern struct {
	pieces []likePiece
	// fixed means that there is no % sign, and so one piece.
	fixed bool
}

// likePiece is text in which some characters may be any.
type likePiece struct {
	text string // of a piece without _
	any  []rune // of a piece with _: -1 stands for it
}

const anyRune = -1

// parseLike compiles a pattern; escape is -1 when there is none.
func parseLike(pattern string, escape rune) (likePattern, error) {
	p := likePattern{fixed: true}
	var piece []rune
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			if r != '%' && r != '_' && r != escape {
				return likePattern{}, errEscape()
			}
			piece = append(piece, r)
			escaped = false
		case r == escape:
			escaped = true
		case r == '%':
			p.fixed = false
			p.pieces = append(p.pieces, newLikePiece(piece))
			piece = nil
		case r == '_':
			piece = append(piece, anyRune)
		default:
			piece = append(piece, r)
		}
	}
	if escaped {
		return likePattern{}, errEscape()
	}
	p.pieces = append(p.pieces, newLikePiece(piece))
	return p, nil
}

func errEscape() error {
	return sqlerr.Argument("Escape character must be followed by '%%', '_' or the escape character itself")
}

func newLikePiece(runes []rune) likePiece {
	if slices.Contains(runes, anyRune) {
		return likePiece{any: runes}
	}
	return likePiece{text: string(runes)}
}

// match reports whether the whole of s matches: the first piece at its start,
// the last at its end, and each between as early as it can.
func (p likePattern) match(w *work.Work, s string) (bool, error) {
	first, last := p.pieces[0], p.pieces[len(p.pieces)-1]
	n, ok := first.prefix(s)
	if !ok {
		return false, nil
	}
	s = s[n:]
	if p.fixed {
		return s == "", nil
	}
	for _, piece := range p.pieces[1 : len(p.pieces)-1] {
		end, err := piece.find(w, s)
		if end < 0 || err != nil {
			return false, err
		}
		s = s[end:]
	}
	return last.suffix(s), nil
}

// prefix returns how many bytes of s the piece takes when s begins with it.
func (p likePiece) prefix(s string) (int, bool) {
	if p.any == nil {
		return len(p.text), strings.HasPrefix(s, p.text)
	}
	n := 0
	for _, want := range p.any {
		r, size := utf8.DecodeRuneInString(s[n:])
		if size == 0 || want != anyRune && want != r {
			return 0, false
		}
		n += size
	}
	return n, true
}

// find returns the end of the first place in s that matches the piece, or -1.
func (p likePiece) find(w *work.Work, s string) (int, error) {
	if p.any == nil {
		at := strings.Index(s, p.text)
		if at < 0 {
			return -1, nil
		}
		return at + len(p.text), nil
	}
	for at := 0; ; {
		if err := w.Steps(len(p.any)); err != nil {
			return -1, err
		}
		if n, ok := p.prefix(s[at:]); ok {
			return at + n, nil
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		if size == 0 {
			return -1, nil
		}
		at += size
	}
}

func (p likePiece) suffix(s string) bool {
	if p.any == nil {
		return strings.HasSuffix(s, p.text)
	}
	at := len(s)
	for range p.any {
		_, size := utf8.DecodeLastRuneInString(s[:at])
		if size == 0 {
			return false
		}
		at -= size
	}
	_, ok := p.prefix(s[at:])
	return ok
}
