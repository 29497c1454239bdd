package parse

import "github.com/sillok/sillok/internal/sql/ast"

// relation reads a relation with its joins. Trino reports a join at its first
// character.
func (p *parser) relation() ast.Relation {
	p.enter()
	defer p.exit()
	pos := p.pos()
	return p.joins(pos, p.sampled())
}

// joins reads the joins after left, which starts at pos.
func (p *parser) joins(pos ast.Pos, left ast.Relation) ast.Relation {
	for n := 0; ; n++ {
		p.linked(n)
		join := &ast.Join{Pos: pos, Left: left}
		switch {
		case p.accept("CROSS"):
			p.expect("JOIN")
			join.Kind, join.Right = ast.CrossJoin, p.sampled()
		case p.accept("NATURAL"):
			if !p.joinType(join) {
				p.fail()
			}
			join.Natural, join.Right = true, p.sampled()
		case p.joinType(join):
			join.Right = p.relation()
			p.joinCriteria(join)
		default:
			return left
		}
		left = join
	}
}

// joinType reads [INNER | LEFT [OUTER] | …] JOIN.
func (p *parser) joinType(join *ast.Join) bool {
	switch p.acceptAny("JOIN", "INNER", "LEFT", "RIGHT", "FULL") {
	case "":
		return false
	case "JOIN":
		return true
	case "INNER":
		p.expect("JOIN")
		return true
	case "LEFT":
		join.Kind = ast.LeftJoin
	case "RIGHT":
		join.Kind = ast.RightJoin
	case "FULL":
		join.Kind = ast.FullJoin
	}
	p.accept("OUTER")
	p.expect("JOIN")
	return true
}

func (p *parser) joinCriteria(join *ast.Join) {
	p.forget() // Trino lists the two words alone
	if p.expectAny("ON", "USING") == "USING" {
		join.Using = p.names()
		return
	}
	join.On = p.expression()
}

// sampled reads a relation without joins, with its alias and sampling.
func (p *parser) sampled() ast.Relation {
	pos := p.pos()
	return p.decorated(pos, p.relationPrimary())
}

// decorated reads the alias, the row pattern and the sampling after r.
func (p *parser) decorated(pos ast.Pos, r ast.Relation) ast.Relation {
	r = p.aliased(pos, r)
	if p.is("MATCH_RECOGNIZE") {
		r = p.aliased(pos, p.matchRecognize(pos, r))
	} else {
		p.note("MATCH_RECOGNIZE")
	}
	if !p.accept("TABLESAMPLE") {
		return r
	}
	s := &ast.Sampled{Pos: pos, Relation: r, Method: p.expectAny("BERNOULLI", "SYSTEM")}
	p.expect("(")
	s.Percentage = p.expression()
	p.expect(")")
	return s
}

func (p *parser) aliased(pos ast.Pos, r ast.Relation) ast.Relation {
	name := p.alias()
	if name == nil {
		return r
	}
	a := &ast.Aliased{Pos: pos, Relation: r, Alias: *name}
	if p.is("(") {
		a.Columns = p.names()
	} else {
		p.note("(")
	}
	return a
}

// relationPrimary reads what a relation starts from.
func (p *parser) relationPrimary() ast.Relation {
	pos := p.pos()
	switch {
	case p.accept("("):
		return p.parenthesisedRelation(pos)
	case p.accept("UNNEST"):
		u := &ast.Unnest{Pos: pos}
		p.expect("(")
		u.Exprs = list(p, p.expression)
		p.expect(")")
		if p.accept("WITH") {
			p.expect("ORDINALITY")
			u.Ordinality = true
		}
		return u
	case p.are("LATERAL", "("):
		p.at += 2
		l := &ast.Lateral{Pos: pos, Query: p.query()}
		p.expect(")")
		return l
	case p.accept("TABLE"):
		p.expect("(")
		f := &ast.TableFunction{Pos: pos, Call: p.tableFunction()}
		p.expect(")")
		return f
	case p.accept("JSON_TABLE"):
		return p.jsonTable(pos)
	}
	p.note("LATERAL")
	t := &ast.Table{Pos: pos, Name: p.name()}
	if p.accept("FOR") {
		t.VersionKind = p.expectAny("TIMESTAMP", "VERSION")
		p.expect("AS", "OF")
		t.Version = p.value()
	}
	return t
}

// parenthesisedRelation reads (query) or (relation), after the bracket at pos.
func (p *parser) parenthesisedRelation(pos ast.Pos) ast.Relation {
	defer p.within()()
	p.undecided = true
	if p.queryStarts(0) {
		return p.subquery(pos, p.query())
	}
	p.note(aQuery)
	inner := p.pos()
	if !p.accept("(") {
		r := p.relation()
		p.expect(")")
		return r
	}
	// Two brackets: only what follows the inner one tells a query from a relation.
	p.enter()
	defer p.exit()
	r := p.parenthesisedRelation(inner)
	sub, ok := r.(*ast.Subquery)
	if ok && sub.Pos == inner && (p.is(")") || p.queryGoesOn() && !p.isAny(0, "TABLESAMPLE", "MATCH_RECOGNIZE")) {
		return p.subquery(pos, p.queryFrom(inner, sub.Query))
	}
	r = p.joins(inner, p.decorated(inner, r))
	p.expect(")")
	return r
}

func (p *parser) subquery(pos ast.Pos, q *ast.Query) ast.Relation {
	p.expect(")")
	return &ast.Subquery{Pos: pos, Query: q}
}

// tableFunction reads name(arguments) in TABLE(…).
func (p *parser) tableFunction() *ast.Call {
	c := &ast.Call{Pos: p.pos(), Name: p.name()}
	p.expect("(")
	if p.accept(")") {
		return c
	}
	if !p.are("COPARTITION", "(") {
		c.Args = list(p, p.tableArgument)
	}
	if p.accept("COPARTITION") {
		list(p, func() ast.Name {
			p.expect("(")
			names := list(p, p.name)
			p.expect(")")
			return names[0]
		})
	}
	p.expect(")")
	return c
}

// tableArgument reads one argument of a table function.
func (p *parser) tableArgument() ast.Argument {
	var arg ast.Argument
	if nameable(p.tok()) && p.isAny(1, "=>") {
		name := p.identifier()
		arg.Name = &name
		p.at++
	}
	switch pos := p.pos(); {
	case p.are("TABLE", "("):
		arg.Expr = p.tableInput()
	case p.are("DESCRIPTOR", "(") && p.descriptorAhead():
		arg.Expr = p.descriptor()
	case p.are("CAST", "(", "NULL", "AS", "DESCRIPTOR", ")"):
		p.at += 6
		arg.Expr = &ast.Descriptor{Pos: pos, Null: true}
	default:
		arg.Expr = p.expression()
	}
	return arg
}

// descriptorAhead reports whether the brackets of DESCRIPTOR hold names; what holds
// anything else is a call like others.
func (p *parser) descriptorAhead() bool { return p.isAny(2, ")") || nameable(p.ahead(2)) }

// descriptor reads DESCRIPTOR(name [type], …).
func (p *parser) descriptor() *ast.Descriptor {
	d := &ast.Descriptor{Pos: p.pos()}
	p.at += 2
	if p.accept(")") {
		return d
	}
	d.Names = list(p, func() ast.Identifier {
		name := p.identifier()
		if !p.isAny(0, ",", ")") {
			p.typeName()
			d.Typed = true
		}
		return name
	})
	p.expect(")")
	return d
}

// tableInput reads TABLE(…) with its clauses as an argument.
func (p *parser) tableInput() *ast.TableInput {
	t := &ast.TableInput{Pos: p.pos()}
	p.at += 2
	if pos := p.pos(); nameable(p.tok()) {
		t.Relation = &ast.Table{Pos: pos, Name: p.name()}
	} else {
		t.Relation = &ast.Subquery{Pos: pos, Query: p.query()}
	}
	p.expect(")")
	if p.is("AS") || nameable(p.tok()) && !p.isAny(0, "PARTITION", "PRUNE", "KEEP", "COPARTITION") {
		named := &ast.Aliased{Pos: t.Pos, Relation: t.Relation}
		if alias := p.alias(); alias != nil {
			named.Alias = *alias
		}
		if p.is("(") {
			named.Columns = p.names()
		}
		t.Relation = named
	}
	if p.accept("PARTITION") {
		t.Clauses = true
		p.expect("BY")
		p.bracketedOrOne(func() { p.expression() })
	}
	if p.acceptAny("PRUNE", "KEEP") != "" {
		t.Clauses = true
		p.expect("WHEN", "EMPTY")
	}
	if p.accept("ORDER") {
		t.Clauses = true
		p.expect("BY")
		p.bracketedOrOne(func() { p.sortItem() })
	}
	return t
}

// bracketedOrOne reads a bracketed list of elements, or one without brackets.
func (p *parser) bracketedOrOne(element func()) {
	if !p.is("(") || p.operatorAt(p.closing(0)+1) {
		element()
		return
	}
	p.at++
	if p.accept(")") {
		return
	}
	element()
	for p.accept(",") {
		element()
	}
	p.expect(")")
}
