package format

import (
	"slices"
	"strings"
)

// expression is a published regular expression of one of AWS's delivered logs,
// understood: which fields its groups are.
type expression struct {
	family   tokenFamily
	required int       // fields that a line must have for the expression to match
	optional int       // fields that it names beyond those
	block    bool      // the optional ones match all or none, and are NULL when they do not; else each matches as ''
	columns  []string  // by group
	quotes   []bool    // by field: the value has its quotes
	tight    bool      // the URL of a request has no blanks
	exact    []exactly // by field: what the expression lets the value be
	rest     bool      // anything may follow the fields
}

// exactly is what a piece of an expression lets a value be.
type exactly struct {
	set   *[256]bool // the bytes of the value; nil for what its shape alone decides
	some  bool       // it is not empty
	dash  bool       // or it is one hyphen
	space bool       // it is what passes over white space
}

// letterS makes the pieces that pass over white space pass over the letter s.
func (e *expression) letterS() {
	for i, x := range e.exact {
		if x.space {
			e.exact[i].set = setOf("^s\"")
		}
	}
}

// setOf reads what stands in the brackets of a class.
func setOf(class string) *[256]bool {
	if class == "" {
		return nil
	}
	var set [256]bool
	text, not := strings.CutPrefix(class, "^")
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && strings.HasPrefix(text[i:], `\s`):
			for _, c := range " \t\n\v\f\r" {
				set[c] = true
			}
			i++
		case i+2 < len(text) && text[i+1] == '-' && text[i] < text[i+2]:
			for c := int(text[i]); c <= int(text[i+2]); c++ {
				set[c] = true
			}
			i += 2
		default:
			set[text[i]] = true
		}
	}
	for i := range set {
		set[i] = set[i] != not
	}
	return &set
}

// atom is a piece of an expression.
type atom struct {
	text   string
	shape  tokenShape
	groups int
	keep   bool // the group takes the quotes in
	tight  bool
	class  string // the bytes of the value, when they are fewer than its shape allows: as in an expression, without brackets
	some   bool   // the value is not empty
	dash   bool   // or the value is one hyphen
}

// atoms are the pieces that AWS's expressions are made of. A longer piece comes
// before one that it begins with.
func atoms() []atom {
	return []atom{
		{text: `([^ ]*):([0-9]*)`, shape: addrColon, groups: 2},
		{text: `([^ ]*)[:-]([0-9]*)`, shape: addr, groups: 2},
		{text: `([^ ]*)[:\-]([0-9]*)`, shape: addr, groups: 2},
		{text: `"([^ ]*) (.*) (- |[^ ]*)"`, shape: request, groups: 3},
		{text: `"([^ ]*) ([^ ]*) (- |[^ ]*)"`, shape: request, groups: 3, tight: true},
		{text: `"([^"]*)"`, shape: quoted, groups: 1},
		{text: `"([^ ]*)"`, shape: quoted, groups: 1, class: "^ "},
		{text: `"([^\s]+?)"`, shape: quoted, groups: 1, class: `^ \s`, some: true},
		{text: `"([^\s]*)"`, shape: quoted, groups: 1, class: `^ \s`},
		{text: `"([^\s]+)"`, shape: quoted, groups: 1, class: `^ \s`, some: true},
		{text: `("[^"]*")`, shape: quoted, groups: 1, keep: true},
		{text: `("[^"]*"|-)`, shape: quotedDash, groups: 1, keep: true},
		{text: `\[(.*?)\]`, shape: bracketed, groups: 1},
		{text: `([^ ]*)`, groups: 1},
		{text: `([0-9]*)`, groups: 1, class: "0-9"},
		{text: `([-.0-9]*)`, groups: 1, class: "-.0-9"},
		{text: `([-0-9]*)`, groups: 1, class: "-0-9"},
		{text: `(|[-0-9]*)`, groups: 1, class: "-0-9"},
		{text: `(-|[-0-9]*)`, groups: 1, class: "-0-9"},
		{text: `(-|[0-9]*)`, groups: 1, class: "0-9", dash: true},
		{text: `([A-Z0-9-_]+)`, groups: 1, class: "A-Z0-9-_", some: true},
		{text: `([A-Z0-9-]+)`, groups: 1, class: "A-Z0-9-", some: true},
		{text: `([A-Za-z0-9.-]*)`, groups: 1, class: "A-Za-z0-9.-"},
	}
}

// recognise understands an expression, however its backslashes came through
// the DDL that it was written in.
func recognise(text string) (expression, bool) {
	bareS := strings.Contains(text, `[^s]`)
	text = strings.NewReplacer(`\"`, `"`, `\\`, `\`, `[^s]`, `[^\s]`).Replace(strings.TrimSpace(text))
	text = strings.TrimPrefix(text, "^")
	text, block, hasBlock := cutBlock(text)
	text = strings.TrimSuffix(text, "$")
	hasOptional := false
	rest := hasBlock
	if head, ok := strings.CutSuffix(text, ` ?([^ ]*)? ?( .*)?`); ok {
		text, hasOptional, rest = head, true, true
	} else if head, ok := strings.CutSuffix(text, ` ?([^ ]*)?( .*)?`); ok {
		text, hasOptional, rest = head, true, true
	} else if head, ok := strings.CutSuffix(text, ` ?([^ ]*)?`); ok {
		text, hasOptional = head, true
	}
	required, ok := pieces(text)
	if !ok {
		return expression{}, false
	}
	var optional []atom
	switch {
	case hasBlock:
		if optional, ok = pieces(block); !ok {
			return expression{}, false
		}
	case hasOptional:
		optional = []atom{{groups: 1}}
	}
	e, ok := fit(required, optional, hasBlock)
	e.rest = rest
	if bareS { // Hive took the backslash away, and the expression means the letter
		e.letterS()
	}
	return e, ok
}

// cutBlock takes off the optional groups that S3's expression ends with.
func cutBlock(text string) (head, block string, ok bool) {
	rest, ok := strings.CutSuffix(strings.TrimSuffix(text, "$"), `)?.*`)
	if !ok {
		return text, "", false
	}
	i := strings.LastIndex(rest, `(?: `)
	if i < 0 {
		return text, "", false
	}
	return rest[:i], rest[i+len(`(?: `):], true
}

// pieces takes an expression apart at its blanks.
func pieces(text string) ([]atom, bool) {
	var out []atom
	for {
		found := false
		for _, a := range atoms() {
			rest, ok := strings.CutPrefix(text, a.text)
			if !ok || rest != "" && rest[0] != ' ' {
				continue
			}
			out = append(out, a)
			if rest == "" {
				return out, true
			}
			text, found = rest[1:], true
			break
		}
		if !found {
			return nil, false
		}
	}
}

// fit finds the log whose fields the pieces are.
func fit(required, optional []atom, block bool) (expression, bool) {
	for _, f := range tokenFamilies() {
		all := slices.Concat(required, optional)
		if len(required) < f.required || len(all) > len(f.fields) {
			continue
		}
		e := expression{family: f, required: len(required), optional: len(optional), block: block}
		for i, a := range all {
			if a.shape != f.fields[i].shape {
				e.columns = nil
				break
			}
			e.tight = e.tight || a.tight
			e.columns = append(e.columns, f.fields[i].columns...)
			e.quotes = append(e.quotes, a.keep && a.shape == quoted)
			e.exact = append(e.exact, exactly{set: setOf(a.class), some: a.some, dash: a.dash, space: strings.HasSuffix(a.class, `\s`)})
		}
		if e.columns != nil {
			return e, true
		}
	}
	return expression{}, false
}
