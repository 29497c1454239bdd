package parse

// Parameters returns how many question marks of a statement stand for values.
func Parameters(src string) int {
	p := newParser(src, withoutSemicolon(lex(src, trino)))
	p.statement()
	return p.params
}
