package parse

import "strings"

// hint says what to write instead of the text around t, or nothing.
func (p *parser) hint(t *token) string {
	before := func(n int) *token { return &p.toks[max(p.at-n, 0)] }
	switch {
	case t.isNumber() && before(1).key == "INTERVAL":
		return "an interval takes its number as a quoted string: write INTERVAL '" + p.text(t) + "' " + unitOf(p.ahead(1).key)
	case t.kind == word && before(1).isText() && before(2).key == "INTERVAL" && unitOf(t.key) != t.key:
		return "write the unit in the singular: INTERVAL " + p.text(before(1)) + " " + unitOf(t.key)
	case t.key == ";":
		return "send one statement at a time"
	case t.kind == unknown:
		return p.quoteHint(t)
	case t.key == "=" && before(1).key == "=":
		return "write one = to compare"
	case t.key == "-" && before(1).kind == word && before(1).end == t.start && p.ahead(1).start == t.end:
		return "a name with a hyphen must stand in double quotes"
	case t.key == "FROM" && before(1).key == ",":
		return "leave out the comma before FROM"
	case t.key == "OFFSET" && p.has("LIMIT"):
		return "OFFSET stands before LIMIT"
	case t.isText() && before(1).isText():
		return "a comma is missing before " + p.text(t)
	case t.kind == word && trinoReserved[t.key] && p.expectsName() && p.namePlace():
		return p.text(t) + " is a reserved word: as a name write \"" + strings.ToLower(p.text(t)) + `"`
	}
	return ""
}

// has reports whether key stands before the token at hand.
func (p *parser) has(key string) bool {
	for i := range p.at {
		if p.toks[i].key == key {
			return true
		}
	}
	return false
}

// expectsName reports whether a name could stand at the token at hand, and
// nothing but a name or an expression.
func (p *parser) expectsName() bool {
	if p.noted != p.at {
		return false
	}
	for _, note := range p.notes {
		switch note {
		case anIdent, anExpr, "*", "ALL", "DISTINCT", "NOT":
		default:
			return false
		}
	}
	return len(p.notes) > 0
}

// namePlace reports whether what follows the token at hand could follow a name.
func (p *parser) namePlace() bool {
	next := p.ahead(1)
	return next.kind == endOfText || p.isAny(1, ",", ".", ")", "=", "<", ">", "<=", ">=", "<>", "!=", "+", "*", "/", "||",
		"AS", "FROM", "WHERE", "IN", "LIKE", "IS", "BETWEEN", "AND", "OR", "GROUP", "ORDER", "ASC", "DESC", "LIMIT")
}

// unitOf returns the interval unit that word means.
func unitOf(word string) string {
	singular := strings.TrimSuffix(word, "S")
	switch singular {
	case "YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND":
		return singular
	}
	return "DAY"
}

// quoteHint says what is wrong with a character that starts no token.
func (p *parser) quoteHint(t *token) string {
	switch c := p.text(t); c {
	case "'", `"`, "`":
		return "the quote " + c + " is never closed"
	case "‘", "’", "‚", "“", "”", "„":
		return "use straight quotes: ' around text, \" around names"
	case "–", "—", "−":
		return "use a plain hyphen as the minus sign"
	case "\u00a0", "\u200b", "\ufeff":
		return "an invisible character stands here: write a plain blank"
	}
	return ""
}
