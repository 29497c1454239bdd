package parse

import "github.com/sillok/sillok/internal/sql/ast"

// function reads FUNCTION name(…) RETURNS type … body. Functions in SQL are
// not carried, but must be read for what follows them.
func (p *parser) function() ast.Name {
	pos := p.pos()
	p.expect("FUNCTION")
	name := p.name()
	if len(name) > 1 {
		p.refuse(pos, "Inline function names cannot be qualified: "+name.String())
	}
	p.expect("(")
	if !p.accept(")") {
		list(p, func() *ast.Type {
			if p.namedField() {
				p.identifier()
			}
			return p.typeName()
		})
		p.expect(")")
	}
	p.expect("RETURNS")
	p.typeName()
	p.characteristics()
	if p.accept("WITH") {
		p.properties()
	}
	if p.accept("AS") {
		p.literal()
		return name
	}
	p.control()
	return name
}

// characteristics reads what is said about a function before its body.
func (p *parser) characteristics() {
	seen := map[string]int{}
	for {
		at := p.at
		switch p.acceptAny("LANGUAGE", "NOT", "DETERMINISTIC", "RETURNS", "CALLED", "SECURITY", "COMMENT") {
		case "LANGUAGE":
			p.identifier()
			seen["language"]++
		case "NOT":
			p.expect("DETERMINISTIC")
			seen["deterministic"]++
		case "DETERMINISTIC":
			seen["deterministic"]++
		case "RETURNS":
			p.expect("NULL", "ON", "NULL", "INPUT")
			seen["null call"]++
		case "CALLED":
			p.expect("ON", "NULL", "INPUT")
			seen["null call"]++
		case "SECURITY":
			p.expectAny("DEFINER", "INVOKER")
			seen["security"]++
		case "COMMENT":
			p.literal()
			seen["comment"]++
		default:
			return
		}
		for clause, n := range seen {
			if n == 2 {
				p.refuse(p.toks[at].pos(), "Multiple "+clause+" clauses specified")
				seen[clause]++
			}
		}
	}
}

// control reads one statement of a function's body.
func (p *parser) control() {
	p.enter()
	defer p.exit()
	if nameable(p.tok()) && p.isAny(1, ":") {
		p.at += 2
	}
	switch p.acceptAny("RETURN", "SET", "CASE", "IF", "ITERATE", "LEAVE", "BEGIN", "LOOP", "WHILE", "REPEAT") {
	case "RETURN":
		p.value()
	case "SET":
		p.identifier()
		p.expect("=")
		p.expression()
	case "CASE":
		p.caseControl()
	case "IF":
		p.ifControl()
	case "ITERATE", "LEAVE":
		p.identifier()
	case "BEGIN":
		p.compound()
	case "LOOP":
		p.controls()
		p.expect("END", "LOOP")
	case "WHILE":
		p.expression()
		p.expect("DO")
		p.controls()
		p.expect("END", "WHILE")
	case "REPEAT":
		p.controls()
		p.expect("UNTIL")
		p.expression()
		p.expect("END", "REPEAT")
	default:
		p.fail()
	}
}

// controls reads statements, each with its semicolon, up to a word that ends
// the list.
func (p *parser) controls() {
	for first := true; first || !p.isAny(0, "END", "ELSE", "ELSEIF", "WHEN", "UNTIL"); first = false {
		p.control()
		p.expect(";")
		if p.err != nil {
			return
		}
	}
}

func (p *parser) caseControl() {
	if !p.is("WHEN") {
		p.expression()
	}
	for first := true; first || p.is("WHEN"); first = false {
		p.expect("WHEN")
		p.expression()
		p.expect("THEN")
		p.controls()
	}
	if p.accept("ELSE") {
		p.controls()
	}
	p.expect("END", "CASE")
}

func (p *parser) ifControl() {
	p.expression()
	p.expect("THEN")
	p.controls()
	for p.accept("ELSEIF") {
		p.expression()
		p.expect("THEN")
		p.controls()
	}
	if p.accept("ELSE") {
		p.controls()
	}
	p.expect("END", "IF")
}

func (p *parser) compound() {
	for p.accept("DECLARE") {
		list(p, p.identifier)
		p.typeName()
		if p.accept("DEFAULT") {
			p.value()
		}
		p.expect(";")
	}
	if !p.is("END") {
		p.controls()
	}
	p.expect("END")
}
