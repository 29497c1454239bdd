package parse

import "github.com/sillok/sillok/internal/sql/ast"

// query reads a query, with its WITH clause.
func (p *parser) query() *ast.Query {
	p.enter()
	defer p.exit()
	before := p.rule(aQuery)
	defer p.leave(before)
	pos := p.pos()
	var with *ast.With
	if p.is("WITH") {
		with = p.with()
	}
	q := p.queryNoWith()
	q.Pos, q.With = pos, with
	return q
}

func (p *parser) with() *ast.With {
	w := &ast.With{Pos: p.pos()}
	p.expect("WITH")
	w.Recursive = p.accept("RECURSIVE")
	w.Queries = list(p, func() ast.WithQuery {
		q := ast.WithQuery{Pos: p.pos(), Name: p.identifier()}
		if !p.is("AS") && p.is("(") {
			q.Columns = p.names()
		}
		p.note("(")
		p.expect("AS", "(")
		q.Query = p.query()
		p.expect(")")
		return q
	})
	return w
}

// queryNoWith reads a query without a WITH clause.
func (p *parser) queryNoWith() *ast.Query {
	q := &ast.Query{Pos: p.pos()}
	q.Body = p.terms(p.intersections(p.term()))
	p.ordering(q)
	return q
}

// queryFrom reads the rest of a query that starts at pos and whose first term
// is the bracketed query first.
func (p *parser) queryFrom(pos ast.Pos, first *ast.Query) *ast.Query {
	q := &ast.Query{Pos: pos}
	q.Body = p.terms(p.intersections(first))
	p.ordering(q)
	return q
}

// terms reads UNION and EXCEPT after left.
func (p *parser) terms(left ast.Body) ast.Body {
	for n := 0; ; n++ {
		p.linked(n)
		op := p.setOperation("UNION", "EXCEPT")
		if op == nil {
			return left
		}
		op.Left, op.Right = left, p.intersections(p.term())
		left = op
	}
}

// intersections reads INTERSECT after left.
func (p *parser) intersections(left ast.Body) ast.Body {
	for n := 0; ; n++ {
		p.linked(n)
		op := p.setOperation("INTERSECT")
		if op == nil {
			return left
		}
		op.Left, op.Right = left, p.term()
		left = op
	}
}

// setOperation reads one of keys with what follows it, or returns nil. Trino
// reports the keyword.
func (p *parser) setOperation(keys ...string) *ast.SetOperation {
	op := &ast.SetOperation{Pos: p.pos()}
	switch p.acceptAny(keys...) {
	case "":
		return nil
	case "INTERSECT":
		op.Kind = ast.Intersect
	case "EXCEPT":
		op.Kind = ast.Except
	}
	op.All = p.acceptAny("ALL", "DISTINCT") == "ALL"
	if p.accept("CORRESPONDING") {
		op.Corresponding = true
		if p.accept("BY") {
			op.CorrespondingBy = p.names()
		}
	}
	return op
}

// term reads one operand of a set operation.
func (p *parser) term() ast.Body {
	pos := p.pos()
	switch p.acceptAny("SELECT", "TABLE", "VALUES", "(") {
	case "SELECT":
		return p.selectBody(pos)
	case "TABLE":
		return &ast.TableBody{Pos: pos, Name: p.name()}
	case "VALUES":
		return &ast.Values{Pos: pos, Rows: list(p, p.expression)}
	case "(":
		p.enter()
		q := p.queryNoWith()
		q.Pos = pos
		p.exit()
		p.expect(")")
		return q
	}
	p.fail()
	return &ast.Values{Pos: pos}
}

// ordering reads ORDER BY, OFFSET, LIMIT and FETCH FIRST.
func (p *parser) ordering(q *ast.Query) {
	if p.accept("ORDER") {
		p.expect("BY")
		q.OrderBy = list(p, p.sortItem)
	}
	if p.accept("OFFSET") {
		q.Offset = p.rowCount()
		p.acceptAny("ROW", "ROWS")
	}
	pos := p.pos()
	switch p.acceptAny("LIMIT", "FETCH") {
	case "LIMIT":
		q.Limit = &ast.Limit{Pos: pos}
		if !p.accept("ALL") {
			q.Limit.Count = p.rowCount()
		}
	case "FETCH":
		q.Limit = p.fetch(pos)
	}
}

// fetch reads what follows FETCH.
func (p *parser) fetch(pos ast.Pos) *ast.Limit {
	l := &ast.Limit{Pos: pos}
	p.expectAny("FIRST", "NEXT")
	if p.isAny(0, "ROW", "ROWS") {
		l.Count = &ast.Integer{Pos: pos, Text: "1"}
		p.note(anInteger, "?")
	} else {
		p.note("ROW", "ROWS")
		l.Count = p.rowCount()
	}
	p.expectAny("ROW", "ROWS")
	if p.expectAny("ONLY", "WITH") == "WITH" {
		p.expect("TIES")
		l.WithTies = true
	}
	return l
}

// rowCount reads a whole number or a parameter.
func (p *parser) rowCount() ast.Expr {
	t := p.tok()
	if t.kind == integer {
		return p.numberLiteral()
	}
	if !p.is("?") {
		p.note(anInteger, "?")
		p.fail()
		return &ast.Integer{Pos: t.pos()}
	}
	return p.operand()
}

func (p *parser) sortItem() ast.SortItem {
	s := ast.SortItem{Pos: p.pos(), Expr: p.expression()}
	s.Descending = p.acceptAny("ASC", "DESC") == "DESC"
	if p.accept("NULLS") {
		s.Nulls = ast.NullsLast
		if p.expectAny("FIRST", "LAST") == "FIRST" {
			s.Nulls = ast.NullsFirst
		}
	}
	return s
}

// clauseAhead reports whether a keyword that could also be a name starts the
// next clause. The token after it tells.
func (p *parser) clauseAhead() bool {
	next := p.ahead(1)
	switch p.tok().key {
	case "LIMIT":
		return next.kind == integer || next.key == "?" || next.key == "ALL"
	case "OFFSET":
		return next.kind == integer || next.key == "?"
	case "FETCH":
		return next.key == "FIRST" || next.key == "NEXT"
	case "WINDOW":
		return nameable(next) && p.isAny(2, "AS")
	case "TABLESAMPLE":
		return next.key == "BERNOULLI" || next.key == "SYSTEM"
	case "MATCH_RECOGNIZE":
		return next.key == "("
	}
	return false
}

// alias reads [AS] name where one may stand, and returns nil without one.
func (p *parser) alias() *ast.Identifier {
	if p.accept("AS") {
		name := p.identifier()
		return &name
	}
	if p.clauseAhead() {
		p.note(anIdent)
		return nil
	}
	return p.optionalIdentifier()
}
