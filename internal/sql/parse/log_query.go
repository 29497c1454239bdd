package parse

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// LogQuery reads a query of CloudWatch Logs in SQL, in which names may stand in backticks. It
// returns the query, and what stands in quotes in it in the ways in which it is written, by the
// same in lower case: names have no case, and log groups have. Other statements are an *Error.
func LogQuery(src string) (q *ast.Query, written map[string][]string, err error) {
	l := &lexer{src: src, lang: trino, backticks: true}
	tokens := withoutSemicolon(l.all())
	written = map[string][]string{}
	for i := range tokens {
		if tokens[i].kind == quoted {
			name := unquoted(src[tokens[i].start:tokens[i].end])
			lower := strings.ToLower(name)
			if !slices.Contains(written[lower], name) {
				written[lower] = append(written[lower], name)
			}
		}
	}
	p := newParser(src, tokens)
	q = p.query()
	if err := p.finish(); err != nil {
		return nil, nil, err
	}
	q.Parameters = p.params
	return q, written, nil
}

// unquoted returns a name without the quotes that it stands in.
func unquoted(name string) string {
	quote := name[:1]
	return strings.ReplaceAll(name[1:len(name)-1], quote+quote, quote)
}
