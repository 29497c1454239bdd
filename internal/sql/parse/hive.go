package parse

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// hiveParser reads data definition as Athena's Hive does. It shares the way of
// parser: the first error moves to the end of the text.
type hiveParser struct {
	src   string
	toks  []token
	at    int
	err   *Error
	depth int
	// inside names the clause being read, as Hive's messages do.
	inside string
}

func newHiveParser(src string) *hiveParser {
	return &hiveParser{src: src, toks: withoutSemicolon(lex(src, hive))}
}

// hiveStatement reads a statement of data definition.
func hiveStatement(src string) (ast.Statement, error) {
	h := newHiveParser(src)
	s := h.statement()
	h.end()
	if h.err != nil {
		return nil, h.err
	}
	return s, nil
}

func (h *hiveParser) statement() ast.Statement {
	pos := h.pos()
	switch h.tok().key {
	case "CREATE":
		h.at++
		if h.is("DATABASE") || h.is("SCHEMA") {
			return h.createDatabase(pos)
		}
		return h.createTable(pos)
	case "ALTER":
		return h.alter(pos)
	case "DROP":
		return h.drop(pos)
	case "MSCK":
		h.at++
		h.inside = "msck repair table statement"
		h.expect("REPAIR", "TABLE")
		return &ast.Repair{Pos: pos, Name: h.tableName()}
	case "SHOW":
		return h.show(pos)
	case "DESCRIBE", "DESC":
		return h.describe(pos)
	case "VACUUM":
		h.at++
		h.inside = "vacuum statement"
		h.tableName()
		return &ast.Other{Pos: pos, Construct: "VACUUM"}
	case "OPTIMIZE":
		return h.optimize(pos)
	}
	h.cannotRecognize()
	return &ast.Other{Pos: pos}
}

func (h *hiveParser) tok() *token { return &h.toks[h.at] }

func (h *hiveParser) pos() ast.Pos { return h.toks[h.at].pos() }

func (h *hiveParser) ahead(n int) *token { return &h.toks[min(h.at+n, len(h.toks)-1)] }

func (h *hiveParser) text(t *token) string {
	if t.kind == endOfText {
		return theEnd
	}
	return h.src[t.start:t.end]
}

func (h *hiveParser) is(key string) bool { return h.toks[h.at].key == key }

func (h *hiveParser) are(keys ...string) bool {
	for i, key := range keys {
		if h.ahead(i).key != key {
			return false
		}
	}
	return true
}

// accept steps over keys if they are all at hand.
func (h *hiveParser) accept(keys ...string) bool {
	if !h.are(keys...) {
		return false
	}
	h.at += len(keys)
	return true
}

func (h *hiveParser) acceptAny(keys ...string) string {
	if key := h.tok().key; key != "" && slices.Contains(keys, key) {
		h.at++
		return key
	}
	return ""
}

// expect steps over keys one by one, or fails.
func (h *hiveParser) expect(keys ...string) {
	for _, key := range keys {
		if !h.accept(key) {
			h.mismatch(key)
			return
		}
	}
}

// end expects the end of the text.
func (h *hiveParser) end() {
	if h.err != nil || h.tok().kind == endOfText {
		return
	}
	t := h.tok()
	if t.key == ";" {
		h.fail(t, oneAtATime+h.src)
		h.err.Hive = false
		h.err.Hint = "send one statement at a time"
		return
	}
	hint := h.hint(t)
	h.fail(t, "missing EOF at '"+h.text(t)+"' near '"+h.before()+"'")
	h.err.Hint = hint
}

// before returns the text of the token before the one at hand.
func (h *hiveParser) before() string {
	if h.at == 0 {
		return ""
	}
	return h.text(&h.toks[h.at-1])
}

func (h *hiveParser) beforeKey() string { return h.toks[max(h.at-1, 0)].key }

// mismatch fails because the token at hand is not what.
func (h *hiveParser) mismatch(what string) {
	if h.err != nil {
		return
	}
	t := h.tok()
	kind := "mismatched"
	if t.kind != endOfText && h.ahead(1).key == what {
		kind = "extraneous"
	}
	hint := h.hint(t)
	switch {
	case what == "StringLiteral" && t.kind == word:
		hint = "put the text in quotes: '" + h.text(t) + "'"
	case what == "(" && (h.beforeKey() == "VARCHAR" || h.beforeKey() == "CHAR"):
		hint = "write " + strings.ToLower(h.before()) + " with its length, or string"
	}
	h.fail(t, kind+" input '"+h.text(t)+"' expecting "+what+" near '"+h.before()+"'"+h.in())
	h.err.Hint = hint
}

// cannotRecognize fails because nothing that could stand here starts with the
// token at hand.
func (h *hiveParser) cannotRecognize() {
	if h.err != nil {
		return
	}
	t, near := h.tok(), ""
	for n := range 3 {
		near += " '" + h.text(h.ahead(n)) + "'"
	}
	hint := h.nameHint(t)
	h.fail(t, "cannot recognize input near"+near+h.in())
	h.err.Hint = hint
}

func (h *hiveParser) in() string {
	if h.inside == "" {
		return ""
	}
	return " in " + h.inside
}

func (h *hiveParser) fail(t *token, message string) {
	h.failAt(t.pos(), message)
}

func (h *hiveParser) failAt(pos ast.Pos, message string) {
	if h.err != nil {
		return
	}
	h.err = errorAt(h.src, pos, message)
	h.err.Hive = true
	h.at = len(h.toks) - 1
}

// identifier reads a name. Hive's reserved words must stand in backticks.
func (h *hiveParser) identifier() ast.Identifier {
	t := h.tok()
	id := ast.Identifier{Pos: t.pos()}
	switch {
	case t.kind == quoted:
		id.Name, id.Quoted = backticked(h.text(t)), true
		h.at++
		if id.Name == "" {
			h.fail(t, "cannot recognize input near '``'"+h.in())
		}
		return id
	case t.kind == word && !hiveReserved[t.key]:
		id.Name = h.text(t)
		h.at++
		return id
	}
	h.cannotRecognize()
	return id
}

// columnName reads the name of a column or field. The guide says that DATE and
// TIMESTAMP are to be escaped, and in its own tables writes both as they are;
// they are names here unless their type is the same word.
func (h *hiveParser) columnName() ast.Identifier {
	t := h.tok()
	if (t.key == "DATE" || t.key == "TIMESTAMP") && h.ahead(1).key != t.key {
		h.at++
		return ast.Identifier{Pos: t.pos(), Name: h.text(t)}
	}
	return h.identifier()
}

func backticked(s string) string { return strings.ReplaceAll(s[1:len(s)-1], "``", "`") }

// tableName reads [[catalog.]database.]table. The guide also writes the whole
// dotted name in one pair of backticks.
func (h *hiveParser) tableName() ast.Name {
	name := ast.Name{h.identifier()}
	for len(name) < 3 && h.accept(".") {
		name = append(name, h.identifier())
	}
	if len(name) > 1 || !name[0].Quoted {
		return name
	}
	database, table, dotted := strings.Cut(name[0].Name, ".")
	if !dotted || database == "" || table == "" || strings.Contains(table, ".") {
		return name
	}
	first, second := name[0], name[0]
	first.Name, second.Name = database, table
	second.Pos += ast.Pos(len("`" + database + ".")) //nolint:gosec // shorter than the statement
	return ast.Name{first, second}
}

// looseName reads a table's name where the guide also writes it in double
// quotes, which are strings elsewhere in Hive.
func (h *hiveParser) looseName() ast.Name {
	if !h.doubleQuoted(h.tok()) {
		return h.tableName()
	}
	var name ast.Name
	for {
		t := h.tok()
		if !h.doubleQuoted(t) {
			return append(name, h.identifier())
		}
		raw := h.text(t)
		name = append(name, ast.Identifier{Pos: t.pos(), Name: raw[1 : len(raw)-1], Quoted: true})
		h.at++
		if len(name) == 3 || !h.accept(".") {
			return name
		}
	}
}

func (h *hiveParser) doubleQuoted(t *token) bool {
	return t.kind == text && t.end-t.start > 2 && h.src[t.start] == '"'
}

// literal reads a string and returns its value.
func (h *hiveParser) literal() string {
	t := h.tok()
	if t.kind != text {
		h.mismatch("StringLiteral")
		return ""
	}
	h.at++
	return unescape(h.text(t))
}

// optionalLiteral reads a string where one may stand.
func (h *hiveParser) optionalLiteral() string {
	if h.tok().kind != text {
		return ""
	}
	return h.literal()
}

// whole reads a whole number.
func (h *hiveParser) whole() int {
	t := h.tok()
	n, err := strconv.Atoi(h.text(t))
	if t.kind != integer || err != nil {
		h.mismatch("Number")
		return 0
	}
	h.at++
	return n
}

// properties reads ('key' = 'value', …).
func (h *hiveParser) properties() []ast.Property {
	var out []ast.Property
	h.expect("(")
	for {
		property := ast.Property{Key: h.literal()}
		h.expect("=")
		if t := h.tok(); t.isNumber() { // the guide writes compression_level so
			property.Value = h.text(t)
			h.at++
		} else {
			property.Value = h.literal()
		}
		out = append(out, property)
		if !h.accept(",") {
			h.expect(")")
			return out
		}
	}
}

// hint says what to write instead of the token t, or nothing.
func (h *hiveParser) hint(t *token) string {
	written := h.text(t)
	switch {
	case t.kind == unknown && strings.ContainsAny(written, "'\"`"):
		return "the quote " + written + " is never closed"
	case t.kind == unknown && strings.ContainsAny(written, "‘’‚“”„"):
		return "use straight quotes"
	case t.kind == unknown && strings.ContainsAny(written, "\u00a0\u200b\ufeff"):
		return "an invisible character stands here: write a plain blank"
	case t.key == "-" || h.before() == "-":
		return "a name with a hyphen must stand in backticks"
	case t.key == "WITH" && h.ahead(1).key == "(":
		return "the properties of a table stand in TBLPROPERTIES ('key' = 'value')"
	}
	switch t.key {
	case "COMMENT", "PARTITIONED", "CLUSTERED", "ROW", "STORED", "LOCATION", "TBLPROPERTIES":
		return "the clauses stand in this order: COMMENT, PARTITIONED BY, CLUSTERED BY, ROW FORMAT, STORED AS, LOCATION, TBLPROPERTIES"
	}
	return ""
}

// nameHint is hint where a name or a type should stand.
func (h *hiveParser) nameHint(t *token) string {
	written := h.text(t)
	switch {
	case t.kind == unknown && strings.HasPrefix(written, "_"):
		return "a name that starts with an underscore must stand in backticks: `" + written + "`"
	case t.kind == text:
		return "names stand in backticks, not in quotes: `" + strings.Trim(written, `'"`) + "`"
	case t.key == ")" && h.before() == ",":
		return "leave out the comma before the closing bracket"
	case t.kind == word && hiveReserved[t.key]:
		return written + " is a reserved word: as a name write `" + strings.ToLower(written) + "`" + h.moreReserved()
	}
	return h.hint(t)
}

// moreReserved names the columns further on that need backticks too.
func (h *hiveParser) moreReserved() string {
	var more []string
	for i := h.at + 1; i+1 < len(h.toks); i++ {
		t, before, next := &h.toks[i], h.toks[i-1].key, &h.toks[i+1]
		if !hiveReserved[t.key] || before != "(" && before != "," || next.kind != word {
			continue
		}
		if _, typed := hiveTypes[next.key]; typed && (t.key != "DATE" && t.key != "TIMESTAMP" || next.key == t.key) {
			more = append(more, "`"+strings.ToLower(t.key)+"`")
		}
	}
	if len(more) == 0 {
		return ""
	}
	return ", and likewise " + strings.Join(more, ", ")
}

// unescape takes the quotes off a string of Hive's and resolves its escapes.
func unescape(s string) string {
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		if r, length := numericEscape(s[i:]); length > 0 {
			out.WriteRune(r)
			i += length - 1
			continue
		}
		switch c := s[i]; c {
		case '0':
			out.WriteByte(0)
		case 'b':
			out.WriteByte('\b')
		case 'n':
			out.WriteByte('\n')
		case 'r':
			out.WriteByte('\r')
		case 't':
			out.WriteByte('\t')
		case 'Z':
			out.WriteByte(0x1A)
		case '%', '_':
			out.WriteByte('\\')
			out.WriteByte(c)
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// numericEscape reads uXXXX or three octal digits, without the backslash.
func numericEscape(s string) (r rune, length int) {
	if len(s) >= 5 && s[0] == 'u' {
		if n, err := strconv.ParseUint(s[1:5], 16, 16); err == nil {
			return rune(uint16(n)), 5
		}
	}
	if len(s) >= 3 && s[0] <= '1' {
		if n, err := strconv.ParseUint(s[:3], 8, 8); err == nil {
			return rune(n), 3
		}
	}
	return 0, 0
}
