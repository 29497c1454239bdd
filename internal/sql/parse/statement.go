package parse

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// statementStarts are the words that Trino expects where a statement starts.
var statementStarts = []string{
	"ALTER", "ANALYZE", "CALL", "COMMENT", "COMMIT", "CREATE", "DEALLOCATE", "DELETE", "DENY", "DESC", "DESCRIBE",
	"DROP", "EXECUTE", "EXPLAIN", "GRANT", "INSERT", "MERGE", "PREPARE", "REFRESH", "RESET", "REVOKE", "ROLLBACK",
	"SET", "SHOW", "START", "TRUNCATE", "UNLOAD", "UPDATE", "USE", "WITH",
}

// statement reads a statement of Trino's language.
func (p *parser) statement() ast.Statement {
	p.enter()
	defer p.exit()
	pos := p.pos()
	switch p.tok().key {
	case "SELECT", "VALUES", "TABLE", "(":
		return p.query()
	case "WITH":
		return p.rootQuery()
	case "CREATE":
		return p.create()
	case "INSERT":
		return p.insert()
	case "UNLOAD":
		return p.unload()
	case "PREPARE":
		return p.prepare()
	case "EXECUTE":
		return p.execute()
	case "DEALLOCATE":
		p.at++
		p.expect("PREPARE")
		return &ast.Deallocate{Pos: pos, Name: p.identifier()}
	case "EXPLAIN":
		return p.explain()
	case "DELETE":
		return p.delete()
	case "UPDATE":
		return p.update()
	case "MERGE":
		return p.merge()
	}
	if x := p.other(); x != nil {
		return x
	}
	p.note(statementStarts...)
	p.note(aQuery)
	p.fail()
	return &ast.Other{Pos: pos}
}

// rest returns the source from start to the token at hand, without the blanks
// around it.
func (p *parser) rest(start ast.Pos) string {
	end := p.tok().start
	return strings.TrimSpace(p.src[min(int(start), int(end)):end])
}

// rootQuery reads a query whose WITH clause may define functions.
func (p *parser) rootQuery() ast.Statement {
	pos, construct := p.pos(), ""
	if p.isAny(1, "SESSION") && nameable(p.ahead(2)) {
		construct = "WITH SESSION"
		p.at++
		p.expect("SESSION")
		list(p, func() ast.Expr {
			p.accept("SESSION")
			p.name()
			p.expect("=")
			return p.expression()
		})
	}
	if p.are("WITH", "FUNCTION") && nameable(p.ahead(2)) {
		construct = "WITH FUNCTION"
		p.at++
		list(p, p.function)
	}
	switch {
	case construct != "":
		p.query()
		return &ast.Other{Pos: pos, Construct: construct}
	case !nameable(p.ahead(1)) && !p.isAny(1, "RECURSIVE"):
		p.at++
		p.note("FUNCTION", "SESSION", "RECURSIVE", anIdent)
		p.fail()
	}
	return p.query()
}

// create reads CREATE TABLE … AS and CREATE VIEW; the rest of CREATE is
// Hive's, or is not carried.
func (p *parser) create() ast.Statement {
	pos := p.pos()
	p.expect("CREATE")
	replace := p.acceptPair("OR", "REPLACE")
	switch {
	case p.accept("TABLE"):
		return p.createTableAs(pos, replace)
	case p.accept("VIEW"):
		return p.createView(&ast.CreateView{Pos: pos, OrReplace: replace})
	case p.accept("PROTECTED"):
		p.expect("MULTI", "DIALECT", "VIEW")
		return p.createView(&ast.CreateView{Pos: pos, OrReplace: replace, Dialect: "PROTECTED MULTI DIALECT"})
	case p.is("FUNCTION"):
		p.function()
		return &ast.Other{Pos: pos, Construct: "CREATE FUNCTION"}
	case p.isAny(0, "MATERIALIZED", "CATALOG", "ROLE"):
		x := &ast.Other{Pos: pos, Construct: "CREATE " + p.tok().key}
		p.toEnd()
		return x
	}
	p.note("FUNCTION", "MATERIALIZED", "SCHEMA")
	p.fail()
	return &ast.Other{Pos: pos}
}

func (p *parser) createTableAs(pos ast.Pos, replace bool) ast.Statement {
	x := &ast.CreateTableAs{Pos: pos}
	if p.accept("IF") {
		p.expect("NOT", "EXISTS")
		x.IfNotExists = true
	}
	x.Name = p.name()
	if p.is("(") {
		x.Columns = p.names()
	} else {
		p.note("(")
	}
	if p.accept("COMMENT") {
		x.Comment = p.literal()
	}
	if p.accept("WITH") {
		x.Properties = p.properties()
	}
	p.expect("AS")
	if p.are("(", "WITH") {
		p.at++
		x.Query = p.query()
		p.expect(")")
	} else {
		x.Query = p.query()
	}
	if p.accept("WITH") {
		x.NoData = p.accept("NO")
		p.expect("DATA")
	}
	if replace {
		return &ast.Other{Pos: pos, Construct: "CREATE OR REPLACE TABLE"}
	}
	return x
}

// properties reads (name = value, …).
func (p *parser) properties() []ast.ExprProperty {
	p.expect("(")
	out := list(p, func() ast.ExprProperty {
		property := ast.ExprProperty{Name: p.identifier()}
		p.expect("=")
		if p.is("DEFAULT") && p.isAny(1, ",", ")") {
			p.at++
			return property
		}
		p.note("DEFAULT")
		property.Value = p.expression()
		return property
	})
	p.expect(")")
	return out
}

func (p *parser) createView(x *ast.CreateView) ast.Statement {
	x.Name = p.name()
	if p.accept("COMMENT") {
		x.Comment = p.literal()
	}
	if p.accept("SECURITY") {
		x.Security = p.expectAny("DEFINER", "INVOKER")
	}
	p.expect("AS")
	start := p.pos()
	x.Query = p.query()
	x.SQL = p.rest(start)
	return x
}

func (p *parser) insert() ast.Statement {
	x := &ast.Insert{Pos: p.pos()}
	p.expect("INSERT", "INTO")
	x.Name = p.name()
	if p.is("(") && !p.isAny(1, "SELECT", "VALUES", "TABLE", "(", "WITH") {
		x.Columns = p.names()
	}
	x.Query = p.query()
	return x
}

func (p *parser) unload() ast.Statement {
	x := &ast.Unload{Pos: p.pos()}
	p.expect("UNLOAD", "(")
	x.Query = p.query()
	p.expect(")", "TO")
	x.Location = p.literal()
	if p.accept("WITH") {
		x.Properties = p.properties()
	}
	return x
}

func (p *parser) execute() ast.Statement {
	x := &ast.Execute{Pos: p.pos()}
	p.expect("EXECUTE")
	if p.is("IMMEDIATE") && p.ahead(1).isText() {
		p.at++
		x.Immediate = p.literal()
	} else {
		p.note("IMMEDIATE")
		x.Name = p.identifier()
	}
	if p.accept("USING") {
		x.Using = list(p, p.expression)
	}
	return x
}

// prepare reads PREPARE name FROM statement, and keeps the statement's text.
func (p *parser) prepare() ast.Statement {
	x := &ast.Prepare{Pos: p.pos()}
	p.expect("PREPARE")
	x.Name = p.identifier()
	p.expect("FROM")
	start := p.pos()
	x.Statement = p.statement()
	x.SQL = p.rest(start)
	return x
}

// explain reads EXPLAIN [ANALYZE [VERBOSE]] [(options)] statement.
func (p *parser) explain() ast.Statement {
	x := &ast.Explain{Pos: p.pos()}
	p.expect("EXPLAIN")
	if p.accept("ANALYZE") {
		x.Analyze = true
		if p.accept("VERBOSE") {
			x.Options = append(x.Options, ast.Property{Key: "VERBOSE", Value: "TRUE"})
		}
	}
	if p.is("(") && p.isAny(1, "TYPE", "FORMAT") {
		p.at++
		x.Options = append(x.Options, list(p, func() ast.Property {
			o := ast.Property{Key: p.expectAny("TYPE", "FORMAT")}
			if o.Key == "TYPE" {
				o.Value = p.expectAny("LOGICAL", "DISTRIBUTED", "VALIDATE", "IO")
			} else {
				o.Value = p.expectAny("TEXT", "GRAPHVIZ", "JSON")
			}
			return o
		})...)
		p.expect(")")
	}
	x.Statement = p.statement()
	return x
}
