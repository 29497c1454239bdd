package parse

import "github.com/sillok/sillok/internal/sql/ast"

// selectBody reads what follows SELECT, which stands at pos.
func (p *parser) selectBody(pos ast.Pos) ast.Body {
	s := &ast.Select{Pos: pos}
	s.Distinct = p.quantifier() == "DISTINCT"
	s.Items = list(p, p.selectItem)
	if p.accept("FROM") {
		s.From = p.relation()
		for n := 0; p.accept(","); n++ {
			p.linked(n)
			s.From = &ast.Join{Pos: pos, Kind: ast.CrossJoin, Implicit: true, Left: s.From, Right: p.relation()}
		}
	}
	if p.accept("WHERE") {
		s.Where = p.expression()
	}
	if p.accept("GROUP") {
		p.expect("BY")
		s.GroupBy = p.groupBy()
	}
	if p.accept("HAVING") {
		s.Having = p.expression()
	}
	if p.accept("WINDOW") {
		s.Windows = list(p, func() ast.NamedWindow {
			w := ast.NamedWindow{Name: p.identifier()}
			p.expect("AS", "(")
			w.Window = p.windowSpec()
			p.expect(")")
			return w
		})
	}
	return s
}

// selectItem reads an expression with its alias, or a star.
func (p *parser) selectItem() ast.SelectItem {
	item := ast.SelectItem{Pos: p.pos()}
	if p.accept("*") {
		item.Star = true
		return item
	}
	before, aliasable := p.item, p.aliasable
	p.item, p.aliasable = true, true
	item.Expr = p.expression()
	star := p.item && p.are(".", "*")
	p.item, p.aliasable = before, aliasable
	if !star {
		item.Alias = p.alias()
		return item
	}
	p.at += 2
	item.Star = true
	if p.accept("AS") {
		item.StarAliases = p.names()
	}
	return item
}

func (p *parser) groupBy() *ast.GroupBy {
	g := &ast.GroupBy{Pos: p.pos()}
	if p.is("AUTO") && !p.isAny(1, ",", ".", "(", "[", "+", "-", "*", "/", "||") {
		p.at++
		g.Auto = true
		return g
	}
	g.Distinct = p.quantifier() == "DISTINCT"
	g.Elements = list(p, p.groupingElement)
	return g
}

func (p *parser) groupingElement() ast.GroupingElement {
	e := ast.GroupingElement{Pos: p.pos()}
	switch {
	case p.accept("ROLLUP"):
		e.Kind = ast.GroupRollup
	case p.accept("CUBE"):
		e.Kind = ast.GroupCube
	case p.are("GROUPING", "SETS"):
		p.at += 2
		e.Kind = ast.GroupSets
	default:
		p.note("GROUPING")
		e.Sets = [][]ast.Expr{p.groupingSet()}
		return e
	}
	p.expect("(")
	if e.Kind != ast.GroupSets && p.accept(")") {
		return e
	}
	e.Sets = list(p, p.groupingSet)
	p.expect(")")
	return e
}

// groupingSet reads (a, b, …) or one expression. A bracket that an expression
// starts with is not a set's.
func (p *parser) groupingSet() []ast.Expr {
	if !p.is("(") || p.operatorAt(p.closing(0)+1) {
		p.note("(")
		return []ast.Expr{p.expression()}
	}
	defer p.within()()
	p.at++
	if p.accept(")") {
		return nil
	}
	if p.queryStarts(0) {
		p.at--
		return []ast.Expr{p.expression()}
	}
	out := list(p, p.expression)
	p.expect(")")
	return out
}

// operatorAt reports whether the token at index goes on with an expression.
func (p *parser) operatorAt(index int) bool {
	t := &p.toks[min(index, len(p.toks)-1)]
	switch t.key {
	case "+", "-", "*", "/", "%", "||", ".", "[", "->", "=", "<>", "!=", "<", "<=", ">", ">=",
		"AND", "OR", "IS", "IN", "LIKE", "BETWEEN", "NOT", "AT":
		return true
	}
	return false
}
