package parse

import "github.com/sillok/sillok/internal/sql/ast"

// delete reads DELETE FROM table [WHERE …].
func (p *parser) delete() ast.Statement {
	x := &ast.Other{Pos: p.pos(), Construct: "DELETE"}
	p.expect("DELETE", "FROM")
	p.name()
	if p.accept("WHERE") {
		p.expression()
	}
	return x
}

// update reads UPDATE table SET … [WHERE …].
func (p *parser) update() ast.Statement {
	x := &ast.Other{Pos: p.pos(), Construct: "UPDATE"}
	p.expect("UPDATE")
	p.name()
	p.expect("SET")
	p.assignments()
	if p.accept("WHERE") {
		p.expression()
	}
	return x
}

// assignments reads column = value, ….
func (p *parser) assignments() {
	list(p, func() ast.Expr {
		p.identifier()
		p.expect("=")
		return p.expression()
	})
}

// merge reads MERGE INTO … USING … ON … WHEN ….
func (p *parser) merge() ast.Statement {
	x := &ast.Other{Pos: p.pos(), Construct: "MERGE"}
	p.expect("MERGE", "INTO")
	p.name()
	p.alias()
	p.expect("USING")
	p.relation()
	p.expect("ON")
	p.expression()
	for first := true; first || p.is("WHEN"); first = false {
		p.expect("WHEN")
		negated := p.accept("NOT")
		p.expect("MATCHED")
		if p.accept("AND") {
			p.expression()
		}
		p.expect("THEN")
		p.mergeAction(negated)
	}
	p.note("WHEN")
	return x
}

func (p *parser) mergeAction(insert bool) {
	if insert {
		p.expect("INSERT")
		if p.is("(") {
			p.names()
		}
		p.expect("VALUES", "(")
		list(p, p.expression)
		p.expect(")")
		return
	}
	if p.expectAny("UPDATE", "DELETE") == "UPDATE" {
		p.expect("SET")
		p.assignments()
	}
}

// otherStarts are the first words of the statements that are recognised and
// refused by name, with how many more words belong to that name at most.
var otherStarts = map[string]int{
	"ALTER": 1, "ANALYZE": 0, "CALL": 0, "COMMENT": 0, "COMMIT": 0, "DENY": 0, "DESC": 0, "DESCRIBE": 1, "DROP": 1,
	"GRANT": 0, "REFRESH": 2, "RESET": 1, "REVOKE": 0, "ROLLBACK": 0, "SET": 1, "SHOW": 1, "START": 1, "TRUNCATE": 1,
	"USE": 0, "USING": 2, "VACUUM": 0, "OPTIMIZE": 0, "MSCK": 1,
}

// other reads a statement of which only the name is kept, or returns nil.
func (p *parser) other() ast.Statement {
	more, ok := otherStarts[p.tok().key]
	if !ok || p.ahead(1).kind == operator && !p.isAny(1, "(") {
		return nil
	}
	x := &ast.Other{Pos: p.pos(), Construct: p.tok().key}
	for n := 1; n <= more && p.ahead(n).kind == word; n++ {
		x.Construct += " " + p.ahead(n).key
	}
	p.toEnd()
	return x
}

// toEnd steps over the rest of the statement.
func (p *parser) toEnd() {
	for t := p.tok(); t.kind != endOfText && t.key != ";"; t = p.tok() {
		p.at++
	}
}
