package parse

import "github.com/sillok/sillok/internal/sql/ast"

// jsonCall reads one of the standard's JSON functions.
func (p *parser) jsonCall() ast.Expr {
	defer p.within()()
	x := &ast.JSONCall{Pos: p.pos(), Name: p.tok().key}
	p.at++
	p.expect("(")
	switch x.Name {
	case "JSON_EXISTS":
		p.jsonPath(x)
		if kind := p.acceptAny("TRUE", "FALSE", "UNKNOWN", "ERROR"); kind != "" {
			p.expect("ON", "ERROR")
			x.OnError = &ast.JSONBehavior{Kind: kind}
		}
	case "JSON_VALUE":
		p.jsonPath(x)
		if p.accept("RETURNING") {
			x.Returning = p.typeName()
		}
		p.jsonBehaviors(x, p.valueBehavior)
	case "JSON_QUERY":
		p.jsonPath(x)
		p.jsonReturning(x)
		p.jsonWrapper(x)
		p.jsonQuotes(x)
		p.jsonBehaviors(x, p.queryBehavior)
	case "JSON_OBJECT":
		if !p.isAny(0, ")", "RETURNING") {
			p.note(")", "RETURNING")
			x.Members = list(p, p.jsonMember)
			p.jsonNulls(x)
			p.jsonUnique(x)
		}
		p.jsonReturning(x)
	case "JSON_ARRAY":
		if !p.isAny(0, ")", "RETURNING") {
			p.note(")", "RETURNING")
			x.Elements = list(p, p.jsonValue)
			p.jsonNulls(x)
		}
		p.jsonReturning(x)
	}
	p.expect(")")
	return x
}

// jsonPath reads input [FORMAT JSON], path [AS name] [PASSING …].
func (p *parser) jsonPath(x *ast.JSONCall) {
	input := p.jsonValue()
	x.Input, x.InputJSON = input.Expr, input.Format
	p.expect(",")
	pos := p.pos()
	x.Path = &ast.String{Pos: pos, Value: p.literal()}
	if p.accept("AS") {
		name := p.identifier()
		x.PathName = &name
	}
	if !p.accept("PASSING") {
		return
	}
	x.Passing = list(p, func() ast.JSONPassing {
		value := p.jsonValue()
		p.expect("AS")
		return ast.JSONPassing{Value: value, Name: p.identifier()}
	})
}

func (p *parser) jsonValue() ast.JSONValue {
	v := ast.JSONValue{Expr: p.expression()}
	if p.accept("FORMAT") {
		v.Format = p.jsonFormat()
	}
	return v
}

// jsonFormat reads what follows FORMAT.
func (p *parser) jsonFormat() string {
	p.expect("JSON")
	if !p.accept("ENCODING") {
		return "JSON"
	}
	return "JSON " + p.expectAny("UTF8", "UTF16", "UTF32")
}

func (p *parser) jsonReturning(x *ast.JSONCall) {
	if !p.accept("RETURNING") {
		return
	}
	x.Returning = p.typeName()
	if p.accept("FORMAT") {
		x.ReturningFormat = p.jsonFormat()
	}
}

func (p *parser) jsonWrapper(x *ast.JSONCall) {
	switch p.acceptAny("WITHOUT", "WITH") {
	case "WITHOUT":
		x.Wrapper = "WITHOUT"
	case "WITH":
		x.Wrapper = "UNCONDITIONAL"
		if kind := p.acceptAny("CONDITIONAL", "UNCONDITIONAL"); kind != "" {
			x.Wrapper = kind
		}
	default:
		return
	}
	p.accept("ARRAY")
	p.expect("WRAPPER")
}

func (p *parser) jsonQuotes(x *ast.JSONCall) {
	x.Quotes = p.acceptAny("KEEP", "OMIT")
	if x.Quotes == "" {
		return
	}
	p.expect("QUOTES")
	if p.accept("ON") {
		p.expect("SCALAR", "STRING")
		x.Quotes += " ON SCALAR STRING"
	}
}

// jsonBehaviors reads what to do ON EMPTY and ON ERROR.
func (p *parser) jsonBehaviors(x *ast.JSONCall, behavior func() *ast.JSONBehavior) {
	for range 2 {
		b := behavior()
		if b == nil {
			return
		}
		p.expect("ON")
		if x.OnEmpty == nil && p.accept("EMPTY") {
			x.OnEmpty = b
			continue
		}
		p.expect("ERROR")
		x.OnError = b
		return
	}
}

func (p *parser) valueBehavior() *ast.JSONBehavior {
	kind := p.acceptAny("ERROR", "NULL", "DEFAULT")
	switch kind {
	case "":
		return nil
	case "DEFAULT":
		return &ast.JSONBehavior{Kind: kind, Default: p.expression()}
	}
	return &ast.JSONBehavior{Kind: kind}
}

func (p *parser) queryBehavior() *ast.JSONBehavior {
	kind := p.acceptAny("ERROR", "NULL", "EMPTY")
	switch kind {
	case "":
		return nil
	case "EMPTY":
		kind += " " + p.expectAny("ARRAY", "OBJECT")
	}
	return &ast.JSONBehavior{Kind: kind}
}

// jsonMember reads [KEY] key VALUE value, or key : value. KEY is a name too.
func (p *parser) jsonMember() ast.JSONMember {
	if p.is("KEY") && !p.isAny(1, "VALUE", ":", ".", "(", "[") {
		p.at++
	}
	m := ast.JSONMember{Key: p.expression()}
	p.expectAny("VALUE", ":")
	m.Value = p.jsonValue()
	return m
}

// jsonNulls reads NULL ON NULL or ABSENT ON NULL.
func (p *parser) jsonNulls(x *ast.JSONCall) {
	kind := p.acceptAny("NULL", "ABSENT")
	if kind == "" {
		return
	}
	p.expect("ON", "NULL")
	keeps := kind == "NULL"
	x.NullOnNull = &keeps
}

// jsonUnique reads WITH UNIQUE [KEYS] or WITHOUT UNIQUE [KEYS].
func (p *parser) jsonUnique(x *ast.JSONCall) {
	kind := p.acceptAny("WITH", "WITHOUT")
	if kind == "" {
		return
	}
	p.expect("UNIQUE")
	p.accept("KEYS")
	x.UniqueKeys = kind == "WITH"
}
