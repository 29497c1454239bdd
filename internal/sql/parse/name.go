package parse

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// nameable reports whether t can be read as an identifier.
func nameable(t *token) bool {
	switch t.kind {
	case word:
		return !trinoReserved[t.key]
	case quoted, backquoted, digitWord, storeWord:
		return true
	default:
		return false
	}
}

// identifier reads a name.
func (p *parser) identifier() ast.Identifier {
	t := p.tok()
	if !nameable(t) {
		p.note(anIdent)
		p.fail()
		return ast.Identifier{Pos: t.pos()}
	}
	id := ast.Identifier{Pos: t.pos(), Name: p.text(t)}
	p.at++
	switch t.kind {
	case quoted:
		id.Name = unquoted(id.Name)
		id.Quoted = true
		if id.Name == "" {
			p.failAt(t.pos(), "Zero-length delimited identifier not allowed")
		}
	case backquoted:
		p.failAt(t.pos(), noBackquote)
		p.err.Hint = `write "` + strings.Trim(id.Name, "`") + `"`
	case digitWord:
		p.failAt(t.pos(), "identifiers must not start with a digit; surround the identifier with double quotes")
		p.err.Hint = `write "` + id.Name + `"`
	default: // a word as it is
	}
	return id
}

// optionalIdentifier reads a name where one may stand.
func (p *parser) optionalIdentifier() *ast.Identifier {
	if !nameable(p.tok()) {
		p.note(anIdent)
		return nil
	}
	id := p.identifier()
	return &id
}

// name reads a dotted name.
func (p *parser) name() ast.Name {
	out := ast.Name{p.identifier()}
	for p.accept(".") {
		out = append(out, p.identifier())
	}
	return out
}

// names reads (a, b, …).
func (p *parser) names() []ast.Identifier {
	p.expect("(")
	out := list(p, p.identifier)
	p.expect(")")
	return out
}

// literal reads a string and returns its value.
func (p *parser) literal() string {
	value, ok := p.optionalLiteral()
	if !ok {
		p.fail()
	}
	return value
}

// optionalLiteral reads a string where one may stand.
func (p *parser) optionalLiteral() (string, bool) {
	t := p.tok()
	switch t.kind {
	case text:
		p.at++
		return unquote(p.text(t)), true
	case dollarText:
		p.at++
		return p.src[t.start+2 : t.end-2], true
	case unicodeText:
		p.at++
		return p.unicodeLiteral(t), true
	default:
		p.note(aString)
		return "", false
	}
}

func unquote(s string) string { return strings.ReplaceAll(s[1:len(s)-1], "''", "'") }

// unicodeLiteral decodes U&'…' [UESCAPE 'c'], t being the string.
func (p *parser) unicodeLiteral(t *token) string {
	escape := '\\'
	if p.accept("UESCAPE") {
		if p.tok().kind != text {
			p.note(aString)
			p.fail()
			return ""
		}
		chars := []rune(unquote(p.text(p.tok())))
		p.at++
		if len(chars) != 1 {
			p.refuse(t.pos(), "Unicode escape must be a single character")
			return ""
		}
		escape = chars[0]
		if c := string(escape); strings.ContainsAny(c, "+'\" ") || isHex(c) {
			p.refuse(t.pos(), "Invalid Unicode escape character")
			return ""
		}
	}
	value, fault := decodeUnicode([]rune(unquote(p.text(t)[2:])), escape)
	if fault != "" {
		p.refuse(t.pos(), fault)
	}
	return value
}

// decodeUnicode replaces \XXXX and \+XXXXXX; the doubled escape is itself.
func decodeUnicode(chars []rune, escape rune) (value, fault string) {
	var out strings.Builder
	for i := 0; i < len(chars); {
		if chars[i] != escape {
			out.WriteRune(chars[i])
			i++
			continue
		}
		i++
		if i < len(chars) && chars[i] == escape {
			out.WriteRune(escape)
			i++
			continue
		}
		digits := 4
		if i < len(chars) && chars[i] == '+' {
			digits = 6
			i++
		}
		if i+digits > len(chars) {
			return "", "Incomplete escape sequence: " + string(chars[i:])
		}
		hexText := string(chars[i : i+digits])
		if !isHex(hexText) {
			return "", "Invalid hexadecimal digit in " + hexText
		}
		n, err := strconv.ParseInt(hexText, 16, 32)
		switch {
		case err != nil || n > 0x10FFFF:
			return "", "Invalid escaped character: " + hexText
		case 0xD800 <= n && n <= 0xDFFF:
			return "", "Invalid escaped character: " + hexText + ". Escaped character is a surrogate. Use '\\+123456' instead."
		}
		out.WriteRune(rune(n))
		i += digits
	}
	return out.String(), ""
}

func isHex(s string) bool {
	return s != "" && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// binaryLiteral reads X'…', in which blanks do not count.
func (p *parser) binaryLiteral() ast.Expr {
	t := p.tok()
	p.at++
	raw := p.text(t)
	digits := strings.Join(strings.Fields(raw[2:len(raw)-1]), "")
	switch {
	case digits != "" && !isHex(digits):
		p.refuse(t.pos(), "Binary literal can only contain hexadecimal digits")
	case len(digits)%2 != 0:
		p.refuse(t.pos(), "Binary literal must contain an even number of digits")
	}
	value, err := hex.DecodeString(digits)
	if err != nil {
		value = nil // refused above
	}
	return &ast.Binary{Pos: t.pos(), Value: value}
}

// numberLiteral reads a number; its minus sign, if it has one, is the token at
// hand and belongs to it.
func (p *parser) numberLiteral() ast.Expr {
	pos, sign := p.pos(), ""
	if p.is("-") {
		sign = "-"
		p.at++
	}
	t := p.tok()
	p.at++
	value := sign + p.text(t)
	switch t.kind {
	case decimal:
		return &ast.Decimal{Pos: pos, Text: value}
	case double:
		return &ast.Double{Pos: pos, Text: value}
	default: // a whole number
	}
	if _, err := strconv.ParseInt(value, 0, 64); err != nil && !leadingZeros(value) {
		p.refuse(pos, "Invalid numeric literal: "+value)
	}
	return &ast.Integer{Pos: pos, Text: value}
}

// leadingZeros reports whether value is a decimal number that starts with a 0,
// which Go would read as octal, and that fits 64 bits.
func leadingZeros(value string) bool {
	_, err := strconv.ParseInt(strings.ReplaceAll(value, "_", ""), 10, 64)
	return err == nil
}
