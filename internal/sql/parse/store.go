package parse

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// StoreQuery reads a query of CloudTrail Lake, in which the IDs of event data stores are
// the names of tables and stand without quotes. It returns the query, and all IDs that
// stand in it, in lower case: no other can be read. Other statements are an *Error.
func StoreQuery(src string) (q *ast.Query, stores []string, err error) {
	l := &lexer{src: src, lang: trino, stores: true}
	tokens := withoutSemicolon(l.all())
	for i := range tokens {
		text := src[tokens[i].start:tokens[i].end]
		switch tokens[i].kind {
		case quoted:
			text = text[1 : len(text)-1]
		case storeWord:
		default:
			continue
		}
		if id := strings.ToLower(text); storeLength(id) == len(id) && id != "" && !slices.Contains(stores, id) {
			stores = append(stores, id)
		}
	}
	p := newParser(src, tokens)
	q = p.query()
	if err := p.finish(); err != nil {
		return nil, nil, err
	}
	q.Parameters = p.params
	return q, stores, nil
}

// storeForm is the form of an event data store's ID: how long its parts are.
var storeForm = []int{8, 4, 4, 4, 12}

// storeLength returns how long the ID is that s begins with; 0 where it begins with none.
func storeLength(s string) int {
	at := 0
	for part, digits := range storeForm {
		if part > 0 {
			if at >= len(s) || s[at] != '-' {
				return 0
			}
			at++
		}
		for range digits {
			if at >= len(s) || strings.IndexByte("0123456789abcdefABCDEF", s[at]) < 0 {
				return 0
			}
			at++
		}
	}
	if at < len(s) && (isWord(s[at]) || s[at] == '-') {
		return 0
	}
	return at
}
