package parse

import "github.com/sillok/sillok/internal/sql/ast"

// matchRecognize reads MATCH_RECOGNIZE (…) after a relation. Nothing of it is
// kept: the construct is refused by name.
func (p *parser) matchRecognize(pos ast.Pos, r ast.Relation) ast.Relation {
	defer p.within()()
	p.at++
	p.expect("(")
	if p.accept("PARTITION") {
		p.expect("BY")
		list(p, p.expression)
	}
	if p.accept("ORDER") {
		p.expect("BY")
		list(p, p.sortItem)
	}
	if p.accept("MEASURES") {
		list(p, p.measure)
	}
	p.rowsPerMatch()
	if p.accept("AFTER") {
		p.expect("MATCH")
		p.skipTo()
	}
	p.acceptAny("INITIAL", "SEEK")
	p.expect("PATTERN")
	p.pattern()
	p.definitions(true)
	p.expect(")")
	return &ast.PatternRecognition{Pos: pos, Relation: r}
}

// measure reads expression AS name.
func (p *parser) measure() ast.Identifier {
	p.expression()
	p.expect("AS")
	return p.identifier()
}

func (p *parser) rowsPerMatch() {
	switch p.acceptAny("ONE", "ALL") {
	case "ONE":
		p.expect("ROW", "PER", "MATCH")
	case "ALL":
		p.expect("ROWS", "PER", "MATCH")
		switch p.acceptAny("SHOW", "OMIT", "WITH") {
		case "SHOW", "OMIT":
			p.expect("EMPTY", "MATCHES")
		case "WITH":
			p.expect("UNMATCHED", "ROWS")
		}
	}
}

// skipTo reads SKIP … after AFTER MATCH.
func (p *parser) skipTo() {
	p.expect("SKIP")
	if p.accept("PAST") {
		p.expect("LAST", "ROW")
		return
	}
	p.expect("TO")
	switch {
	case p.are("NEXT", "ROW"):
		p.at += 2
	case p.isAny(0, "FIRST", "LAST") && nameable(p.ahead(1)) && !p.isAny(1, "INITIAL", "SEEK", "PATTERN", "SUBSET", "DEFINE"):
		p.at++
		p.identifier()
	default:
		p.note("FIRST", "LAST", "NEXT")
		p.identifier()
	}
}

// pattern reads the parentheses of PATTERN without taking them apart.
func (p *parser) pattern() {
	if p.is("(") {
		p.skipBrackets()
		return
	}
	p.expect("(")
}

// definitions reads SUBSET … DEFINE …, the second of which may be required.
func (p *parser) definitions(required bool) {
	if p.accept("SUBSET") {
		list(p, func() ast.Identifier {
			name := p.identifier()
			p.expect("=")
			p.names()
			return name
		})
	}
	if !p.accept("DEFINE") {
		if required {
			p.fail()
		}
		return
	}
	list(p, func() ast.Identifier {
		name := p.identifier()
		p.expect("AS")
		p.expression()
		return name
	})
}
