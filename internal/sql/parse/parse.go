package parse

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// Statement reads one statement, which may end in a semicolon. The error is an
// *Error.
func Statement(src string) (ast.Statement, error) {
	tokens := lex(src, trino)
	if languageOf(tokens) == hive {
		return hiveStatement(src)
	}
	p := newParser(src, withoutSemicolon(tokens))
	s := p.statement()
	if err := p.finish(); err != nil {
		return nil, err
	}
	if q, ok := s.(*ast.Query); ok {
		q.Parameters = p.params
	}
	return s, nil
}

// Query reads a query.
func Query(src string) (*ast.Query, error) {
	p := newParser(src, withoutSemicolon(lex(src, trino)))
	q := p.query()
	if err := p.finish(); err != nil {
		return nil, err
	}
	return q, nil
}

// Expression reads an expression.
func Expression(src string) (ast.Expr, error) {
	p := newParser(src, lex(src, trino))
	x := p.expression()
	if err := p.finish(); err != nil {
		return nil, err
	}
	return x, nil
}

// Expressions reads several expressions, each of a text of its own. Their places
// are in source, which is the texts with commas between. At an error source is
// the text that is no expression.
func Expressions(texts []string) (list []ast.Expr, source string, err error) {
	source = strings.Join(texts, ", ")
	start := 0
	for _, text := range texts {
		tokens := lex(text, trino)
		for i := range tokens {
			tokens[i].start, tokens[i].end = offset(int(tokens[i].start)+start), offset(int(tokens[i].end)+start)
		}
		p := newParser(source, tokens)
		x := p.expression()
		if err := p.finish(); err != nil {
			return nil, text, err
		}
		list = append(list, x)
		start += len(text) + len(", ")
	}
	return list, source, nil
}

// Type reads a type of Trino.
func Type(src string) (*ast.Type, error) {
	p := newParser(src, lex(src, trino))
	t := p.typeName()
	if err := p.finish(); err != nil {
		return nil, err
	}
	return t, nil
}

// HiveType reads a type of Hive and returns its text as the catalog keeps it,
// such as "struct<arn:string,tags:array<string>>".
func HiveType(src string) (string, error) {
	h := newHiveParser(src)
	t := h.typeText()
	h.end()
	if h.err != nil {
		return "", h.err
	}
	return t, nil
}

// withoutSemicolon leaves out the semicolons at the end.
func withoutSemicolon(tokens []token) []token {
	n := len(tokens) - 1
	for n > 0 && tokens[n-1].key == ";" {
		n--
	}
	tokens[n] = tokens[len(tokens)-1]
	return tokens[:n+1]
}

// languageOf tells by the first keywords which language a statement is in.
func languageOf(tokens []token) language {
	key := func(n int) string { return tokens[min(n, len(tokens)-1)].key }
	switch key(0) {
	case "CREATE":
		switch key(1) {
		case "EXTERNAL", "DATABASE", "SCHEMA":
			return hive
		case "TABLE":
			return createLanguage(tokens[2:])
		}
	case "ALTER", "DROP", "MSCK", "SHOW", "DESC", "VACUUM", "OPTIMIZE":
		return hive
	case "DESCRIBE":
		if key(1) != "INPUT" && key(1) != "OUTPUT" || len(tokens) < 4 {
			return hive
		}
	}
	return trino
}

// createLanguage tells CREATE TABLE … AS, which is Trino's, from the
// definition of a table; tokens start after TABLE.
func createLanguage(tokens []token) language {
	i := 0
	key := func() string { return tokens[min(i, len(tokens)-1)].key }
	if key() == "IF" {
		i += 3
	}
	for i++; key() == "."; {
		i += 2
	}
	if key() == "(" {
		// Trino's form lists names alone: a comma or the bracket after the first.
		closing := int(tokens[i].match)
		if i += 2; closing < 0 || key() != "," && key() != ")" {
			return hive
		}
		i = closing - 2 + 1 // match counts the two tokens before
	}
	for ; i < len(tokens); i++ {
		switch tokens[i].key {
		case "AS":
			return trino
		case "PARTITIONED", "ROW", "STORED", "LOCATION", "TBLPROPERTIES", "CLUSTERED":
			return hive
		case "WITH":
			return trino
		}
	}
	return hive
}
