package parse

import "github.com/sillok/sillok/internal/sql/ast"

// named reads what starts with a name: a column, a call, a lambda, a typed
// literal, or a form whose keyword is not reserved.
func (p *parser) named() ast.Expr {
	t := p.tok()
	pos, next := t.pos(), p.ahead(1)
	switch {
	case t.key == "INTERVAL" && p.intervalAhead():
		return p.interval()
	case t.key == "DOUBLE" && next.key == "PRECISION" && p.ahead(2).isText():
		p.at += 2
		return &ast.Typed{Pos: pos, Type: "double precision", Value: p.literal()}
	case t.key == "DOUBLE" && next.key == "PRECISION" && !p.aliasable:
		p.at += 2
		p.note(aString)
		p.fail()
		return &ast.Null{Pos: pos}
	case next.isText():
		name := p.identifier()
		return &ast.Typed{Pos: pos, Type: name.Name, Value: p.literal()}
	case next.key == "->":
		return p.lambda()
	case t.key == "ARRAY" && next.key == "[":
		return p.array()
	case next.key == "(":
		if x := p.specialCall(); x != nil {
			return x
		}
	case next.key == "OVER" && (p.isAny(2, "(") || nameable(p.ahead(2))):
		p.identifier()
		p.window()
		return &ast.Unsupported{Pos: pos, Construct: "row pattern measure"}
	case (t.key == "RUNNING" || t.key == "FINAL") && nameable(next) && p.isAny(2, "("):
		p.at++
		call := p.call()
		if named, ok := call.(*ast.Call); ok {
			named.Pos, named.Mode = pos, t.key
		}
		return call
	}
	if p.callAhead() {
		return p.call()
	}
	id := p.identifier()
	p.noteForms()
	return &ast.Ident{Pos: pos, Name: id}
}

// noteForms notes the tokens that would have made more of the lone name just
// read than a column. Trino lists them only where it had not yet settled on
// the column.
func (p *parser) noteForms() {
	if p.undecided {
		p.note("(", "->", "OVER", aString)
	}
}

// intervalAhead reports whether INTERVAL at hand starts an interval literal,
// and is not a name.
func (p *parser) intervalAhead() bool {
	n := 1
	if p.isAny(1, "+", "-") {
		n = 2
	}
	if !p.ahead(n).isText() {
		return false
	}
	// Without a field it is a literal of a type called interval.
	return n == 2 || p.isAny(2, intervalFields...)
}

// callAhead reports whether the dotted name at hand is followed by the
// arguments of a call. Outside of what is undecided Trino reads a name before
// a bracketed query as a column, so that the error is at the bracket.
func (p *parser) callAhead() bool {
	n := 1
	for p.isAny(n, ".") && nameable(p.ahead(n+1)) {
		n += 2
	}
	if !p.isAny(n, "(") {
		return false
	}
	return p.undecided || p.item || !p.isAny(n+1, "SELECT", "VALUES", "TABLE")
}

// array reads ARRAY[…], or the same without the word.
func (p *parser) array() ast.Expr {
	defer p.within()()
	x := &ast.Array{Pos: p.pos()}
	if p.is("ARRAY") {
		p.at++
	}
	p.at++
	if p.accept("]") {
		return x
	}
	x.Items = list(p, p.expression)
	p.expect("]")
	return x
}

// specialCall reads the forms that look like calls of a name that is not
// reserved. It returns nil if the text is an ordinary call.
func (p *parser) specialCall() ast.Expr {
	switch p.tok().key {
	case "TRY_CAST":
		return p.cast()
	case "ROW":
		if p.isAny(2, ")", "*", "ORDER", "DISTINCT") {
			return nil
		}
		return p.row()
	case "POSITION":
		if p.holds(1, "IN") {
			return p.position()
		}
	case "SUBSTRING":
		if p.holds(1, "FROM") {
			return p.substring()
		}
	}
	return nil
}

func (p *parser) row() ast.Expr {
	defer p.within()()
	p.undecided = true
	x := &ast.Row{Pos: p.pos()}
	p.at += 2
	x.Items = list(p, func() ast.RowItem { return ast.RowItem{Expr: p.expression()} })
	p.note("ORDER")
	p.expect(")")
	p.note("FILTER", "OVER", "IGNORE", "RESPECT")
	return x
}

// position reads POSITION(part IN x), which is strpos(x, part).
func (p *parser) position() ast.Expr {
	defer p.within()()
	pos := p.pos()
	p.at += 2
	part := p.value()
	p.expect("IN")
	x := p.value()
	p.expect(")")
	return plainCall(pos, "strpos", x, part)
}

// substring reads SUBSTRING(x FROM start [FOR length]), which is substr.
func (p *parser) substring() ast.Expr {
	defer p.within()()
	pos := p.pos()
	p.at += 2
	args := []ast.Expr{p.value()}
	p.expect("FROM")
	args = append(args, p.value())
	if p.accept("FOR") {
		args = append(args, p.value())
	}
	p.expect(")")
	return plainCall(pos, "substr", args...)
}

func plainCall(pos ast.Pos, name string, args ...ast.Expr) *ast.Call {
	x := &ast.Call{Pos: pos, Name: ast.Name{{Pos: pos, Name: name}}}
	for _, arg := range args {
		x.Args = append(x.Args, ast.Argument{Expr: arg})
	}
	return x
}

// call reads a function call with its clauses.
func (p *parser) call() ast.Expr {
	x := &ast.Call{Pos: p.pos()}
	x.Name = p.name()
	p.arguments(x)
	p.filter(x)
	switch {
	case p.are("IGNORE", "NULLS"):
		p.at += 2
		x.NullTreatment = ast.IgnoreNulls
	case p.are("RESPECT", "NULLS"):
		p.at += 2
		x.NullTreatment = ast.RespectNulls
	default:
		p.note("IGNORE", "RESPECT")
	}
	p.over(x)
	if x.Window == nil && x.NullTreatment != ast.NullTreatmentDefault {
		p.expect("OVER")
	}
	p.checkForm(x)
	return x
}

// over reads the window of a call. OVER is a name too.
func (p *parser) over(x *ast.Call) {
	if p.is("OVER") && (p.isAny(1, "(") || nameable(p.ahead(1))) {
		x.Window = p.window()
		return
	}
	p.note("OVER")
}

// arguments reads what stands in the parentheses of a call.
func (p *parser) arguments(x *ast.Call) {
	end := p.within()
	defer end()
	p.expect("(")
	if p.acceptStar(x) {
		p.expect(")")
		return
	}
	// A lone name as the first argument could still be the label of a star.
	undecided := p.undecided
	p.undecided = undecided || nameable(p.tok())
	if !p.is(")") && !p.are("ORDER", "BY") {
		p.note(")", "*", "ORDER")
		x.Distinct = p.quantifier() == "DISTINCT"
		x.Args = []ast.Argument{{Expr: p.expression()}}
		p.undecided = undecided
		for p.accept(",") {
			x.Args = append(x.Args, ast.Argument{Expr: p.expression()})
		}
	}
	if p.accept("ORDER") {
		p.expect("BY")
		x.OrderBy = list(p, p.sortItem)
	}
	p.expect(")")
}

// acceptStar reads * or label.* as the whole arguments of a call.
func (p *parser) acceptStar(x *ast.Call) bool {
	switch {
	case p.are("*", ")"):
		p.at++
		x.Star = true
		return true
	case nameable(p.tok()) && p.isAny(1, ".") && p.isAny(2, "*") && p.isAny(3, ")"):
		label := p.identifier()
		x.Star, x.StarOf = true, &ast.Ident{Pos: label.Pos, Name: label}
		p.at += 2
		return true
	}
	return false
}

// quantifier reads DISTINCT or ALL where one may stand. ALL is a name too.
func (p *parser) quantifier() string {
	if p.is("ALL") && (p.ahead(1).kind == endOfText ||
		p.isAny(1, ",", ".", ")", "FROM", "AS", "*", "/", "%", "||", "=", "<", ">", "<=", ">=", "<>", "!=", "[", "->",
			"IS", "IN", "LIKE", "BETWEEN", "AND", "OR", "WHERE", "UNION", "GROUP", "ORDER")) {
		return ""
	}
	return p.acceptAny("DISTINCT", "ALL")
}

func (p *parser) filter(x *ast.Call) {
	if !p.are("FILTER", "(") {
		p.note("FILTER")
		return
	}
	defer p.within()()
	p.at += 2
	p.expect("WHERE")
	x.Filter = p.expression()
	p.expect(")")
}

// listagg reads LISTAGG(…) WITHIN GROUP (ORDER BY …).
func (p *parser) listagg() ast.Expr {
	x := &ast.Call{Pos: p.pos(), WithinGroup: true}
	x.Name = ast.Name{{Pos: x.Pos, Name: p.text(p.tok())}}
	end := p.within()
	p.at++
	p.expect("(")
	x.Distinct = p.quantifier() == "DISTINCT"
	x.Args = []ast.Argument{{Expr: p.expression()}}
	if p.accept(",") {
		pos := p.pos()
		x.Args = append(x.Args, ast.Argument{Expr: &ast.String{Pos: pos, Value: p.literal()}})
	}
	if p.accept("ON") {
		x.Overflow = p.overflow()
	}
	p.expect(")", "WITHIN", "GROUP", "(", "ORDER", "BY")
	x.OrderBy = list(p, p.sortItem)
	p.expect(")")
	end()
	p.filter(x)
	p.over(x)
	return x
}

func (p *parser) overflow() *ast.ListaggOverflow {
	o := &ast.ListaggOverflow{Filler: "..."}
	p.expect("OVERFLOW")
	if p.expectAny("ERROR", "TRUNCATE") != "TRUNCATE" {
		return o
	}
	o.Truncate = true
	if filler, ok := p.optionalLiteral(); ok {
		o.Filler = filler
	}
	o.WithCount = p.expectAny("WITH", "WITHOUT") == "WITH"
	p.expect("COUNT")
	return o
}

// checkForm refuses what Trino refuses while it builds the calls that are
// forms of their own.
func (p *parser) checkForm(x *ast.Call) {
	if len(x.Name) != 1 {
		return
	}
	form, fault := x.Name[0].Lower(), ""
	switch n := len(x.Args); form {
	case "if":
		if n != 2 && n != 3 {
			fault = "Invalid number of arguments for 'if' function"
		}
	case "nullif":
		if n != 2 {
			fault = "Invalid number of arguments for 'nullif' function"
		}
	case "coalesce":
		if n < 2 {
			fault = "The 'coalesce' function must have at least two arguments"
		}
	case "try":
		if n != 1 {
			fault = "The 'try' function must have exactly one argument"
		}
	case "format":
		if n < 2 {
			fault = "The 'format' function must have at least two arguments"
		}
	default:
		return
	}
	switch {
	case fault != "":
	case x.Window != nil:
		fault = "OVER clause not valid for '" + form + "' function"
	case x.Distinct:
		fault = "DISTINCT not valid for '" + form + "' function"
	case x.NullTreatment != ast.NullTreatmentDefault:
		fault = "Null treatment clause not valid for '" + form + "' function"
	case x.Filter != nil:
		fault = "FILTER not valid for '" + form + "' function"
	}
	if fault != "" {
		p.refuse(x.Pos, fault)
	}
}
