package parse

import (
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// primary reads an operand with the subscripts and fields that follow it.
func (p *parser) primary() ast.Expr {
	pos := p.pos()
	x := p.operand()
	for n := 0; p.err == nil; n++ {
		p.linked(n)
		switch {
		case p.is("["):
			end := p.within()
			p.at++
			x = &ast.Subscript{Pos: pos, Base: x, Index: p.value()}
			p.expect("]")
			end()
		case p.is(".") && (!p.item || !p.isAny(1, "*")):
			p.note("[")
			p.at++
			if p.item {
				p.note("*")
			}
			x = &ast.Dereference{Pos: pos, Base: x, Field: p.identifier()}
		default:
			p.note("[", ".")
			return x
		}
	}
	return x
}

// operand reads the first part of a primary expression.
func (p *parser) operand() ast.Expr {
	t := p.tok()
	switch {
	case t.isNumber(), t.key == "-" && p.ahead(1).isNumber():
		return p.numberLiteral()
	case t.isText():
		return &ast.String{Pos: t.pos(), Value: p.literal()}
	case t.kind == binary:
		return p.binaryLiteral()
	case t.key == "?":
		p.at++
		p.params++
		return &ast.Parameter{Pos: t.pos(), Index: p.params - 1}
	case t.key == "(":
		return p.parenthesised()
	case t.key == "[":
		return p.array()
	case nameable(t):
		return p.named()
	case t.kind == word:
		if x := p.reserved(); x != nil {
			return x
		}
	}
	p.note(anExpr)
	p.fail()
	return &ast.Null{Pos: t.pos()}
}

// reserved reads what starts with a reserved word, or returns nil.
func (p *parser) reserved() ast.Expr {
	t := p.tok()
	pos := t.pos()
	switch t.key {
	case "NULL":
		p.at++
		return &ast.Null{Pos: pos}
	case "TRUE", "FALSE":
		p.at++
		return &ast.Boolean{Pos: pos, Value: t.key == "TRUE"}
	case "CASE":
		return p.caseExpr()
	case "CAST":
		return p.cast()
	case "EXISTS":
		p.at++
		p.expect("(")
		x := &ast.Exists{Pos: pos, Query: p.query()}
		p.expect(")")
		return x
	case "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP":
		return p.currentTime()
	case "CURRENT_USER", "CURRENT_CATALOG", "CURRENT_SCHEMA", "CURRENT_PATH":
		p.at++
		return &ast.Special{Pos: pos, Name: t.key}
	case "EXTRACT":
		return p.extract()
	case "TRIM":
		return p.trim()
	case "NORMALIZE":
		return p.normalize()
	case "GROUPING":
		return p.grouping()
	case "LISTAGG":
		return p.listagg()
	case "JSON_EXISTS", "JSON_VALUE", "JSON_QUERY", "JSON_OBJECT", "JSON_ARRAY":
		return p.jsonCall()
	}
	return nil
}

// parenthesised reads what stands in parentheses: an expression, a row, a
// query, or the parameters of a lambda.
func (p *parser) parenthesised() ast.Expr {
	pos := p.pos()
	if p.toks[min(p.closing(0)+1, len(p.toks)-1)].key == "->" && p.parametersAhead() {
		return p.lambda()
	}
	defer p.within()()
	p.undecided = true
	p.at++
	if p.queryStarts(0) {
		x := &ast.ScalarSubquery{Pos: pos, Query: p.query()}
		p.expect(")")
		return x
	}
	p.note(aQuery)
	first := p.expression()
	if q := p.continued(first); q != nil {
		p.expect(")")
		return &ast.ScalarSubquery{Pos: pos, Query: q}
	}
	if !p.is(",") {
		p.note(",")
		p.expect(")")
		return first
	}
	row := &ast.Row{Pos: pos, Items: []ast.RowItem{{Expr: first}}}
	for p.accept(",") {
		row.Items = append(row.Items, ast.RowItem{Expr: p.expression()})
	}
	p.expect(")")
	return row
}

// parametersAhead reports whether the brackets at hand hold names alone.
func (p *parser) parametersAhead() bool {
	end := p.closing(0)
	for i := p.at + 1; i < end; i++ {
		if (i-p.at)%2 == 1 && !nameable(&p.toks[i]) || (i-p.at)%2 == 0 && p.toks[i].key != "," {
			return false
		}
	}
	return end == p.at+1 || (end-p.at)%2 == 0
}

// lambda reads x -> body or (x, y) -> body.
func (p *parser) lambda() ast.Expr {
	x := &ast.Lambda{Pos: p.pos()}
	switch {
	case p.are("(", ")"):
		p.at += 2
	case p.is("("):
		x.Params = p.names()
	default:
		x.Params = []ast.Identifier{p.identifier()}
	}
	p.expect("->")
	p.item = false
	x.Body = p.expression()
	return x
}

// caseExpr reads CASE … END.
func (p *parser) caseExpr() ast.Expr {
	defer p.within()()
	x := &ast.Case{Pos: p.pos()}
	p.at++
	if !p.is("WHEN") {
		p.note("WHEN")
		x.Operand = p.expression()
	}
	for first := true; first || p.is("WHEN"); first = false {
		when := ast.When{Pos: p.pos()}
		p.expect("WHEN")
		when.Condition = p.expression()
		p.expect("THEN")
		when.Result = p.expression()
		x.Whens = append(x.Whens, when)
		p.note("WHEN")
	}
	if p.accept("ELSE") {
		x.Else = p.expression()
	}
	p.expect("END")
	return x
}

// cast reads CAST or TRY_CAST.
func (p *parser) cast() ast.Expr {
	defer p.within()()
	x := &ast.Cast{Pos: p.pos(), Try: p.is("TRY_CAST")}
	p.at++
	p.expect("(")
	x.X = p.expression()
	p.expect("AS")
	x.Type = p.typeName()
	p.expect(")")
	return x
}

func (p *parser) currentTime() ast.Expr {
	x := &ast.CurrentTime{Pos: p.pos(), Name: p.tok().key}
	p.at++
	if x.Name == "CURRENT_DATE" || !p.accept("(") {
		return x
	}
	t := p.tok()
	if t.kind != integer {
		p.note(anInteger)
		p.fail()
		return x
	}
	p.at++
	n, err := strconv.Atoi(p.text(t))
	if err != nil {
		p.refuse(t.pos(), "Invalid numeric literal: "+p.text(t))
	}
	x.Precision = &n
	p.expect(")")
	return x
}

const extractFields = " YEAR QUARTER MONTH WEEK DAY DAY_OF_MONTH DAY_OF_WEEK DOW DAY_OF_YEAR DOY YEAR_OF_WEEK YOW" +
	" HOUR MINUTE SECOND TIMEZONE_MINUTE TIMEZONE_HOUR "

func (p *parser) extract() ast.Expr {
	defer p.within()()
	x := &ast.Extract{Pos: p.pos()}
	p.at++
	p.expect("(")
	field := p.identifier()
	x.Field = strings.ToUpper(field.Name)
	if !strings.Contains(extractFields, " "+x.Field+" ") {
		p.refuse(x.Pos, "Invalid EXTRACT field: "+field.Name)
	}
	p.expect("FROM")
	x.X = p.value()
	p.expect(")")
	return x
}

// trim reads TRIM([[LEADING|TRAILING|BOTH] [chars] FROM] x) and TRIM(x, chars).
func (p *parser) trim() ast.Expr {
	defer p.within()()
	p.undecided = true
	x := &ast.Trim{Pos: p.pos(), Spec: "BOTH"}
	p.at++
	from := p.holds(0, "FROM")
	p.expect("(")
	if !from {
		p.note("LEADING", "TRAILING", "BOTH", "FROM")
		x.X = p.value()
		p.note("FROM")
		if p.accept(",") {
			x.Chars = p.value()
		}
		p.expect(")")
		return x
	}
	spec := p.acceptAny("LEADING", "TRAILING", "BOTH")
	if spec != "" {
		x.Spec = spec
	}
	if !p.is("FROM") {
		x.Chars = p.value()
	} else if spec == "" {
		p.refuse(x.Pos, "The 'trim' function must have specification, char or both arguments when it takes FROM")
	}
	p.expect("FROM")
	x.X = p.value()
	p.expect(")")
	return x
}

// normalize reads NORMALIZE(x [, form]), which is a call with two arguments.
func (p *parser) normalize() ast.Expr {
	defer p.within()()
	pos := p.pos()
	x := &ast.Call{Pos: pos, Name: ast.Name{{Pos: pos, Name: "normalize", Quoted: true}}}
	p.at++
	p.expect("(")
	form := "NFC"
	x.Args = []ast.Argument{{Expr: p.value()}}
	if p.accept(",") {
		form = p.expectAny("NFD", "NFC", "NFKD", "NFKC")
	}
	p.expect(")")
	x.Args = append(x.Args, ast.Argument{Expr: &ast.String{Pos: pos, Value: form}})
	return x
}

func (p *parser) grouping() ast.Expr {
	x := &ast.Grouping{Pos: p.pos()}
	p.at++
	p.expect("(")
	if p.accept(")") {
		return x
	}
	x.Columns = list(p, func() ast.Expr { return nameExpr(p.name()) })
	p.expect(")")
	return x
}

// nameExpr is the expression that a dotted name stands for.
func nameExpr(name ast.Name) ast.Expr {
	pos := name.Position()
	var x ast.Expr = &ast.Ident{Pos: pos, Name: name[0]}
	for _, field := range name[1:] {
		x = &ast.Dereference{Pos: pos, Base: x, Field: field}
	}
	return x
}
