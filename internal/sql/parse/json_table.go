package parse

import "github.com/sillok/sillok/internal/sql/ast"

// jsonTable reads (…) of JSON_TABLE, which starts at pos.
func (p *parser) jsonTable(pos ast.Pos) ast.Relation {
	defer p.within()()
	t := &ast.JSONTable{Pos: pos, Root: &ast.JSONCall{Pos: pos, Name: "JSON_TABLE"}}
	p.expect("(")
	p.jsonPath(t.Root)
	p.expect("COLUMNS")
	t.Columns = p.jsonTableColumns()
	if p.accept("PLAN") {
		if p.accept("DEFAULT") {
			t.Default = p.jsonPlanDefault()
		} else {
			p.expect("(")
			t.Plan = p.jsonPlan()
			p.expect(")")
		}
	}
	if t.OnError = p.acceptAny("ERROR", "EMPTY"); t.OnError != "" {
		p.expect("ON", "ERROR")
	}
	p.expect(")")
	return t
}

func (p *parser) jsonTableColumns() []ast.JSONTableColumn {
	p.enter()
	defer p.exit()
	p.expect("(")
	columns := list(p, p.jsonTableColumn)
	p.expect(")")
	return columns
}

func (p *parser) jsonTableColumn() ast.JSONTableColumn {
	c := ast.JSONTableColumn{Pos: p.pos()}
	if p.is("NESTED") && (p.isAny(1, "PATH") || p.ahead(1).isText()) {
		p.at++
		p.accept("PATH")
		pos := p.pos()
		c.Nested = &ast.String{Pos: pos, Value: p.literal()}
		if p.accept("AS") {
			name := p.identifier()
			c.PathName = &name
		}
		p.expect("COLUMNS")
		c.Columns = p.jsonTableColumns()
		return c
	}
	c.Name = p.identifier()
	if p.accept("FOR") {
		p.expect("ORDINALITY")
		c.Ordinality = true
		return c
	}
	c.Value = &ast.JSONCall{Pos: c.Pos, Name: "JSON_VALUE", Returning: p.typeName()}
	if p.accept("FORMAT") {
		c.Value.Name, c.Value.ReturningFormat = "JSON_QUERY", p.jsonFormat()
	}
	if p.accept("PATH") {
		pos := p.pos()
		c.Value.Path = &ast.String{Pos: pos, Value: p.literal()}
	}
	if c.Value.Name == "JSON_VALUE" {
		p.jsonBehaviors(c.Value, p.valueBehavior)
		return c
	}
	p.jsonWrapper(c.Value)
	p.jsonQuotes(c.Value)
	p.jsonBehaviors(c.Value, p.queryBehavior)
	return c
}

// jsonPlan reads a path's name, or two plans and more with a word between them.
func (p *parser) jsonPlan() *ast.JSONPlan {
	p.enter()
	defer p.exit()
	pos := p.pos()
	left := p.jsonPlanPart()
	op := p.acceptAny("OUTER", "INNER", "UNION", "CROSS")
	if op == "" {
		return left
	}
	for {
		left = &ast.JSONPlan{Pos: pos, Op: op, Left: left, Right: p.jsonPlanPart()}
		if op == "OUTER" || op == "INNER" || !p.accept(op) {
			return left
		}
	}
}

func (p *parser) jsonPlanPart() *ast.JSONPlan {
	pos := p.pos()
	if p.accept("(") {
		plan := p.jsonPlan()
		p.expect(")")
		return plan
	}
	return &ast.JSONPlan{Pos: pos, Path: p.identifier()}
}

func (p *parser) jsonPlanDefault() *ast.JSONPlanKind {
	kind := &ast.JSONPlanKind{}
	p.expect("(")
	list(p, func() string {
		word := p.expectAny("OUTER", "INNER", "UNION", "CROSS")
		kind.Inner, kind.Cross = kind.Inner || word == "INNER", kind.Cross || word == "CROSS"
		return word
	})
	p.expect(")")
	return kind
}
