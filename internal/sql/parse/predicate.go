package parse

import "github.com/sillok/sillok/internal/sql/ast"

// predicated reads a value and the one predicate that may follow it. Trino
// reports a predicate at its first keyword.
func (p *parser) predicated() ast.Expr {
	x := p.value()
	pos := p.pos()
	switch p.tok().key {
	case "=", "<>", "!=", "<", "<=", ">", ">=":
		p.item = false
		return p.comparison(x)
	case "IS":
		p.item = false
		return p.isPredicate(x)
	case "BETWEEN", "IN", "LIKE":
		p.item = false
		return p.membership(x, pos)
	case "NOT":
		p.item = false
		p.at++
		return &ast.Not{Pos: pos, X: p.membership(x, pos)}
	}
	p.note(aPredicate)
	return x
}

func (p *parser) comparison(left ast.Expr) ast.Expr {
	pos, op := p.pos(), p.tok().key
	if op == "!=" {
		op = "<>"
	}
	p.at++
	if p.isAny(0, "ALL", "ANY", "SOME") && p.isAny(1, "(") && p.queryStarts(2) {
		q := &ast.Quantified{Pos: pos, Op: op, All: p.is("ALL"), Left: left}
		p.at += 2
		q.Query = p.query()
		p.expect(")")
		return q
	}
	p.note("ALL", "ANY", "SOME")
	return &ast.Comparison{Pos: pos, Op: op, Left: left, Right: p.value()}
}

// isPredicate reads IS [NOT] NULL and IS [NOT] DISTINCT FROM.
func (p *parser) isPredicate(x ast.Expr) ast.Expr {
	pos := p.pos()
	p.at++
	negated := p.accept("NOT")
	var out ast.Expr
	if p.accept("NULL") {
		out = &ast.IsNull{Pos: pos, X: x}
	} else {
		p.expect("DISTINCT", "FROM")
		out = &ast.Comparison{Pos: pos, Op: "IS DISTINCT FROM", Left: x, Right: p.value()}
	}
	if negated {
		return &ast.Not{Pos: pos, X: out}
	}
	return out
}

// membership reads BETWEEN, IN or LIKE; pos is where the predicate starts.
func (p *parser) membership(x ast.Expr, pos ast.Pos) ast.Expr {
	switch p.expectAny("BETWEEN", "IN", "LIKE") {
	case "BETWEEN":
		out := &ast.Between{Pos: pos, X: x, Low: p.value()}
		p.expect("AND")
		out.High = p.value()
		return out
	case "IN":
		return p.inPredicate(x, pos)
	}
	out := &ast.Like{Pos: pos, X: x, Pattern: p.value()}
	if p.accept("ESCAPE") {
		out.Escape = p.value()
	}
	return out
}

// inPredicate reads what follows IN: a list, or a query.
func (p *parser) inPredicate(x ast.Expr, pos ast.Pos) ast.Expr {
	out := &ast.In{Pos: pos, X: x}
	defer p.within()()
	p.expect("(")
	if p.queryStarts(0) {
		out.Query = p.query()
		p.expect(")")
		return out
	}
	p.note(aQuery)
	first := p.expression()
	if q := p.continued(first); q != nil {
		out.Query = q
	} else {
		out.List = []ast.Expr{first}
		for p.accept(",") {
			out.List = append(out.List, p.expression())
		}
	}
	p.expect(")")
	return out
}

// queryStarts reports whether a query must start n tokens ahead. A bracket
// alone does not tell.
func (p *parser) queryStarts(n int) bool {
	return p.isAny(n, "SELECT", "WITH", "VALUES") || p.isAny(n, "TABLE") && !p.isAny(n+1, "(")
}

// continued goes on with a query whose first term has been read as the
// subquery x, if the text goes on like that. It returns nil otherwise.
func (p *parser) continued(x ast.Expr) *ast.Query {
	sub, ok := x.(*ast.ScalarSubquery)
	if !ok || !p.queryGoesOn() {
		return nil
	}
	return p.queryFrom(sub.Pos, sub.Query)
}

// queryGoesOn reports whether the token at hand continues a query after its
// first term.
func (p *parser) queryGoesOn() bool {
	return p.isAny(0, "UNION", "INTERSECT", "EXCEPT", "ORDER") || p.clauseAhead()
}

// within marks what follows as text of which Trino has not yet decided what it
// is. The function returned ends that.
func (p *parser) within() func() {
	undecided, item, aliasable := p.undecided, p.item, p.aliasable
	p.undecided, p.item, p.aliasable = undecided || item, false, false
	return func() { p.undecided, p.item, p.aliasable = undecided, item, aliasable }
}
