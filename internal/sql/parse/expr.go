package parse

import "github.com/sillok/sillok/internal/sql/ast"

// expression reads an expression.
func (p *parser) expression() ast.Expr {
	p.enter()
	before := p.rule(anExpr)
	x := p.or()
	p.leave(before)
	p.exit()
	return x
}

func (p *parser) or() ast.Expr {
	pos := p.pos()
	first := p.and()
	if !p.is("OR") {
		p.note("OR")
		return first
	}
	x := &ast.Logical{Pos: pos, Terms: []ast.Expr{first}}
	for p.accept("OR") {
		x.Terms = append(x.Terms, p.and())
	}
	return x
}

func (p *parser) and() ast.Expr {
	pos := p.pos()
	first := p.not()
	if !p.is("AND") {
		p.note("AND")
		return first
	}
	x := &ast.Logical{Pos: pos, And: true, Terms: []ast.Expr{first}}
	for p.accept("AND") {
		x.Terms = append(x.Terms, p.not())
	}
	return x
}

func (p *parser) not() ast.Expr {
	pos := p.pos()
	if !p.accept("NOT") {
		return p.predicated()
	}
	p.item = false
	p.enter()
	before := p.rule(anExpr)
	x := &ast.Not{Pos: pos, X: p.not()}
	p.leave(before)
	p.exit()
	return x
}

// Strength of the binary operators of values; a higher one binds closer.
const (
	bindConcat = 1 + iota
	bindSum
	bindProduct
	bindSign
)

var valueOperators = []struct {
	key  string
	bind int
}{
	{ast.OpConcat, bindConcat},
	{ast.OpAdd, bindSum},
	{ast.OpSub, bindSum},
	{ast.OpMul, bindProduct},
	{ast.OpDiv, bindProduct},
	{ast.OpMod, bindProduct},
}

// value reads an expression without predicates and logic.
func (p *parser) value() ast.Expr { return p.valueOf(0) }

// valueOf reads a value whose operators bind closer than bind.
func (p *parser) valueOf(bind int) ast.Expr {
	p.enter()
	before := p.rule(anExpr)
	left := p.signed()
	p.leave(before)
	for n := 0; ; n++ {
		p.linked(n)
		if p.is("AT") && (p.isAny(1, "TIME") || !p.aliasable) {
			left = p.atTimeZone(left)
			continue
		}
		p.note("AT")
		op, strength := p.valueOperator(bind)
		if op == "" {
			break
		}
		pos := p.pos()
		p.item = false
		p.at++
		left = &ast.Arithmetic{Pos: pos, Op: op, Left: left, Right: p.valueOf(strength)}
	}
	p.exit()
	return left
}

// valueOperator returns the operator at hand if it binds closer than bind.
func (p *parser) valueOperator(bind int) (op string, strength int) {
	key := p.tok().key
	for _, o := range valueOperators {
		if o.key == key && o.bind > bind {
			return o.key, o.bind
		}
		p.note(o.key)
	}
	return "", 0
}

// signed reads a primary expression, perhaps with signs before it. A minus
// before a number belongs to the number.
func (p *parser) signed() ast.Expr {
	if !p.isAny(0, "+", "-") || p.is("-") && p.ahead(1).isNumber() {
		return p.primary()
	}
	pos, op := p.pos(), p.tok().key
	p.item = false
	p.at++
	return &ast.Unary{Pos: pos, Op: op, X: p.valueOf(bindSign)}
}

// atTimeZone reads AT TIME ZONE after x. Trino reports the AT.
func (p *parser) atTimeZone(x ast.Expr) ast.Expr {
	out := &ast.AtTimeZone{Pos: p.pos(), X: x}
	p.item = false
	p.at++
	p.expect("TIME", "ZONE")
	if p.is("INTERVAL") {
		out.Zone = p.interval()
		return out
	}
	p.note("INTERVAL")
	pos := p.pos()
	out.Zone = &ast.String{Pos: pos, Value: p.literal()}
	return out
}

// interval reads INTERVAL [+|-] 'text' from [TO to].
func (p *parser) interval() ast.Expr {
	x := &ast.Interval{Pos: p.pos()}
	p.expect("INTERVAL")
	x.Negative = p.acceptAny("+", "-") == "-"
	x.Value = p.literal()
	x.From = p.expectAny(intervalFields...)
	if p.accept("TO") {
		x.To = p.expectAny(intervalFields...)
	}
	return x
}
