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
	case t.kind == unknown && p.signHint(t) == "":
		return p.quoteHint(t)
	case t.key == "=" && before(1).key == "=":
		return "write one = to compare"
	case t.key == "-" && before(1).kind == word && before(1).end == t.start && p.ahead(1).start == t.end:
		return "a name with a hyphen must stand in double quotes"
	case before(1).key == "," && p.endsList(t):
		return p.commaHint(t)
	case t.key == "OFFSET" && p.has("LIMIT"):
		return "OFFSET stands before LIMIT"
	case t.isText() && before(1).isText():
		return "a comma is missing before " + p.text(t)
	case t.kind == word && trinoReserved[t.key] && p.expectsName() && p.namePlace():
		return p.text(t) + " is a reserved word: as a name write \"" + strings.ToLower(p.text(t)) + `"`
	}
	return p.signHint(t)
}

// signHint tells what Trino writes for a sign or a word of other databases.
func (p *parser) signHint(t *token) string {
	before := func(n int) *token { return &p.toks[max(p.at-n, 0)] }
	switch {
	case t.key == "ILIKE":
		return p.ilikeHint(before(1))
	case t.key == ":" && p.isAny(1, ":"):
		return "write CAST(… AS " + p.text(p.ahead(2)) + ")"
	case t.isNumber() && before(1).key == "TOP":
		return "write LIMIT " + p.text(t) + " at the end of the query"
	case t.key == "," && before(2).key == "LIMIT" && p.ahead(1).isNumber():
		return "write OFFSET " + p.text(before(1)) + " LIMIT " + p.text(p.ahead(1))
	case t.key == ">" && before(1).key == "->":
		return "write json_extract_scalar(…, '$." + strings.Trim(p.text(p.ahead(1)), "'") + "')"
	case p.text(t) == "&" && p.text(p.ahead(1)) == "&":
		return "write AND"
	case p.text(t) == "!":
		return "write NOT"
	case p.text(t) == "{":
		return "braces are not known: write TIMESTAMP '…', DATE '…' or the function itself"
	case p.text(t) == "#":
		return "a comment begins with --"
	}
	return ""
}

// ilikeHint writes ILIKE, which stands behind operand, with lower.
func (p *parser) ilikeHint(operand *token) string {
	not, x := "", "…"
	switch {
	case operand.key == "NOT":
		not = "NOT "
	case operand.kind == word && p.toks[max(p.at-2, 0)].key != ".":
		x = p.text(operand)
	}
	pattern := "…"
	if p.ahead(1).isText() {
		pattern = p.text(p.ahead(1))
	}
	return "ILIKE is not known: write lower(" + x + ") " + not + "LIKE lower(" + pattern + ")"
}

// endsList reports whether t cannot be an element of a list.
func (p *parser) endsList(t *token) bool {
	switch t.key {
	case "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT", ")", "]":
		return !p.isAny(1, ",", ".", "=") && (t.key != "GROUP" && t.key != "ORDER" || p.isAny(1, "BY"))
	}
	return t.kind == endOfText
}

func (p *parser) commaHint(t *token) string {
	if t.kind == endOfText {
		return "leave out the comma at the end"
	}
	return "leave out the comma before " + strings.ToUpper(p.text(t))
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
		case anIdent, anExpr, "*", "ALL", "DISTINCT", "NOT", "(", "JSON_TABLE", "LATERAL", "TABLE", "UNNEST":
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
