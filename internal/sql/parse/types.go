package parse

import (
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

var intervalFields = []string{"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"}

// typeName reads a type.
func (p *parser) typeName() *ast.Type {
	p.enter()
	defer p.exit()
	before := p.rule(aType)
	pos := p.pos()
	t := p.baseType()
	p.leave(before)
	for n := 0; p.accept("ARRAY"); n++ {
		p.linked(n + p.depth)
		if p.accept("[") {
			if p.tok().kind != integer {
				p.note(anInteger)
				p.fail()
			}
			p.refuse(pos, "Explicit array size not supported")
			p.at = min(p.at+1, len(p.toks)-1)
			p.expect("]")
		}
		t = &ast.Type{Pos: pos, Name: "array", Params: []ast.TypeParam{{Type: t}}}
	}
	return t
}

// baseType reads a type without the ARRAY that may follow it.
func (p *parser) baseType() *ast.Type {
	t := &ast.Type{Pos: p.pos()}
	switch {
	case p.are("ROW", "("):
		p.at += 2
		t.Name, t.Params = "row", list(p, p.rowField)
		p.expect(")")
	case p.is("INTERVAL") && p.isAny(1, intervalFields...):
		p.at++
		from := p.expectAny(intervalFields...)
		to := from
		if p.accept("TO") {
			to = p.expectAny(intervalFields...)
		}
		t.Name = strings.ToLower("interval " + from + " to " + to)
	case p.is("TIMESTAMP"), p.is("TIME"):
		p.timeType(t)
	case p.are("DOUBLE", "PRECISION"):
		p.at += 2
		t.Name = "double"
	case p.are("ARRAY", "<"), p.are("MAP", "<"):
		t.Name = strings.ToLower(p.tok().key)
		p.at += 2
		t.Params = []ast.TypeParam{{Type: p.typeName()}}
		if t.Name == "map" {
			p.expect(",")
			t.Params = append(t.Params, ast.TypeParam{Type: p.typeName()})
		}
		p.expect(">")
	default:
		t.Name = p.identifier().Lower()
		if p.accept("(") {
			t.Params = list(p, p.typeParam)
			p.expect(")")
			markVariables(t)
		}
	}
	return t
}

// timeType reads TIME or TIMESTAMP with its precision and zone.
func (p *parser) timeType(t *ast.Type) {
	t.Name = strings.ToLower(p.tok().key)
	p.at++
	if p.accept("(") {
		t.Params = []ast.TypeParam{p.typeParam()}
		p.expect(")")
		markVariables(t)
	}
	switch {
	case p.accept("WITHOUT"):
		p.expect("TIME", "ZONE")
	case p.acceptPair("WITH", "TIME"):
		p.expect("ZONE")
		t.Name += " with time zone"
	}
}

// markVariables fills in Variable where a number could stand.
func markVariables(t *ast.Type) {
	switch t.Name {
	case "decimal", "varchar", "char", "time", "timestamp":
	default:
		return
	}
	for i := range t.Params {
		if inner := t.Params[i].Type; inner != nil && len(inner.Params) == 0 {
			t.Params[i].Variable = inner.Name
		}
	}
}

func (p *parser) typeParam() ast.TypeParam {
	t := p.tok()
	if t.kind != integer {
		p.note(anInteger)
		return ast.TypeParam{Type: p.typeName()}
	}
	p.at++
	n, err := strconv.ParseInt(strings.ReplaceAll(p.text(t), "_", ""), 10, 64)
	if err != nil {
		p.refuse(t.pos(), "Invalid numeric literal: "+p.text(t))
	}
	return ast.TypeParam{Number: &n}
}

// rowField reads a field of a row type: a type, or a name and a type.
func (p *parser) rowField() ast.TypeParam {
	if !p.namedField() {
		return ast.TypeParam{Type: p.typeName()}
	}
	name := p.identifier()
	return ast.TypeParam{Name: &name, Type: p.typeName()}
}

// namedField reports whether the row field at hand starts with its name. A
// reading as a type alone goes first.
func (p *parser) namedField() bool {
	next := p.ahead(1)
	if !nameable(p.tok()) || next.kind == operator || next.kind == endOfText {
		return false
	}
	ends := func(n int) bool { return p.isAny(n, ",", ")", "[", "ARRAY") }
	switch {
	case p.are("DOUBLE", "PRECISION") && ends(2):
		return false
	case p.isAny(0, "TIME", "TIMESTAMP") && p.isAny(1, "WITH", "WITHOUT") && p.isAny(2, "TIME"):
		return false
	case p.is("INTERVAL") && p.isAny(1, intervalFields...) && (ends(2) || p.isAny(2, "TO")):
		return false
	case next.key == "ARRAY" && ends(2):
		return false
	}
	return true
}
