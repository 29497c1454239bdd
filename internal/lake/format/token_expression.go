package format

import (
	"slices"
	"strings"
)

// expression is a published regular expression of one of AWS's delivered logs,
// understood: which fields its groups are.
type expression struct {
	family   tokenFamily
	required int      // fields that a line must have for the expression to match
	optional int      // fields that it names beyond those
	block    bool     // the optional ones match all or none, and are NULL when they do not; else each matches as ''
	columns  []string // by group
	quotes   []bool   // by field: the value has its quotes
	tight    bool     // the URL of a request has no blanks
}

// atom is a piece of an expression.
type atom struct {
	text   string
	shape  tokenShape
	groups int
	keep   bool // the group takes the quotes in
	tight  bool
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
		{text: `"([^ ]*)"`, shape: quoted, groups: 1},
		{text: `"([^\s]+?)"`, shape: quoted, groups: 1},
		{text: `"([^\s]*)"`, shape: quoted, groups: 1},
		{text: `"([^\s]+)"`, shape: quoted, groups: 1},
		{text: `("[^"]*")`, shape: quoted, groups: 1, keep: true},
		{text: `("[^"]*"|-)`, shape: quotedDash, groups: 1, keep: true},
		{text: `\[(.*?)\]`, shape: bracketed, groups: 1},
		{text: `([^ ]*)`, groups: 1},
		{text: `([0-9]*)`, groups: 1},
		{text: `([-.0-9]*)`, groups: 1},
		{text: `([-0-9]*)`, groups: 1},
		{text: `(|[-0-9]*)`, groups: 1},
		{text: `(-|[-0-9]*)`, groups: 1},
		{text: `(-|[0-9]*)`, groups: 1},
		{text: `([A-Z0-9-_]+)`, groups: 1},
		{text: `([A-Z0-9-]+)`, groups: 1},
		{text: `([A-Za-z0-9.-]*)`, groups: 1},
	}
}

// recognise understands an expression, however its backslashes came through
// the DDL that it was written in.
func recognise(text string) (expression, bool) {
	text = strings.NewReplacer(`\"`, `"`, `\\`, `\`, `[^s]`, `[^\s]`).Replace(strings.TrimSpace(text))
	text = strings.TrimPrefix(text, "^")
	text, block, hasBlock := cutBlock(text)
	text = strings.TrimSuffix(text, "$")
	hasOptional := false
	if head, ok := strings.CutSuffix(text, ` ?([^ ]*)? ?( .*)?`); ok {
		text, hasOptional = head, true
	} else if head, ok := strings.CutSuffix(text, ` ?([^ ]*)?( .*)?`); ok {
		text, hasOptional = head, true
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
	return fit(required, optional, hasBlock)
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
		}
		if e.columns != nil {
			return e, true
		}
	}
	return expression{}, false
}
