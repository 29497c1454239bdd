package parse

import "github.com/sillok/sillok/internal/sql/ast"

// drop reads DROP DATABASE, DROP TABLE and DROP VIEW.
func (h *hiveParser) drop(pos ast.Pos) ast.Statement {
	h.at++
	x := &ast.Drop{Pos: pos, Kind: h.acceptAny("DATABASE", "SCHEMA", "TABLE", "VIEW")}
	switch x.Kind {
	case "":
		return h.refused(pos, 2)
	case "SCHEMA":
		x.Kind = "DATABASE"
	}
	if h.accept("IF") {
		h.expect("EXISTS")
		x.IfExists = true
	}
	switch x.Kind {
	case "DATABASE":
		h.inside = "drop database statement"
		x.Name = ast.Name{h.identifier()}
		x.Cascade = h.acceptAny("RESTRICT", "CASCADE") == "CASCADE"
	case "TABLE":
		h.inside = "drop table statement"
		x.Name = h.tableName()
		h.accept("PURGE")
	case "VIEW":
		h.inside = "drop view statement"
		x.Name = h.looseName()
	}
	h.inside = ""
	return x
}

// show reads the SHOW statements.
func (h *hiveParser) show(pos ast.Pos) ast.Statement {
	h.at++
	h.inside = "show statement"
	x := &ast.Show{Pos: pos, Kind: h.acceptAny("DATABASES", "SCHEMAS", "TABLES", "VIEWS", "COLUMNS", "PARTITIONS",
		"TBLPROPERTIES", "CREATE")}
	switch x.Kind {
	case "":
		return h.refused(pos, 2)
	case "SCHEMAS":
		x.Kind = "DATABASES"
	case "CREATE":
		if x.Kind = "CREATE " + h.acceptAny("TABLE", "VIEW"); x.Kind == "CREATE " {
			return h.refused(pos, 3)
		}
	}
	switch x.Kind {
	case "DATABASES", "TABLES", "VIEWS":
		h.showAll(x)
	case "COLUMNS":
		if h.acceptAny("FROM", "IN") == "" {
			h.mismatch("FROM")
		}
		x.Name = h.looseName()
		if h.acceptAny("FROM", "IN") != "" {
			x.Name = append(h.looseName(), x.Name...)
		}
	default:
		x.Name = h.looseName()
		if x.Kind == "TBLPROPERTIES" && h.accept("(") {
			x.Key = h.literal()
			h.expect(")")
		}
	}
	h.inside = ""
	return x
}

// showAll reads [IN|FROM name] [LIKE] ['pattern'].
func (h *hiveParser) showAll(x *ast.Show) {
	if h.acceptAny("IN", "FROM") != "" {
		x.Name = h.looseName()
	}
	if h.accept("LIKE") {
		x.Like = h.literal()
		return
	}
	x.Like = h.optionalLiteral()
}

// describe reads DESCRIBE [EXTENDED|FORMATTED] table [PARTITION (…)] [column].
func (h *hiveParser) describe(pos ast.Pos) ast.Statement {
	h.at++
	h.inside = "describe statement"
	if next := h.ahead(1); h.tok().kind == word && next.kind != endOfText && next.key != "." {
		switch h.tok().key {
		case "DATABASE", "SCHEMA", "FUNCTION", "USER", "INPUT", "OUTPUT":
			return h.refused(pos, 2)
		}
	}
	x := &ast.Describe{Pos: pos, Detail: h.acceptAny("EXTENDED", "FORMATTED")}
	if h.is("VIEW") && h.ahead(1).kind != endOfText && h.ahead(1).key != "." {
		h.at++
		x.View = true
	}
	x.Name = h.looseName()
	if h.is("PARTITION") {
		spec := h.partition()
		x.Partition = &spec
	}
	if t := h.tok(); t.kind == word || t.kind == quoted {
		x.Column = h.identifier().Lower()
		for h.accept(".") { // a field of the column, or '$elem$', '$key$', '$value$'
			if part := h.optionalLiteral(); part != "" {
				x.Column += "." + part
				continue
			}
			x.Column += "." + h.identifier().Lower()
		}
	}
	h.inside = ""
	return x
}

// optimize reads OPTIMIZE table REWRITE DATA USING BIN_PACK [WHERE …], of
// which only the name is kept.
func (h *hiveParser) optimize(pos ast.Pos) ast.Statement {
	h.at++
	h.inside = "optimize statement"
	h.tableName()
	h.expect("REWRITE", "DATA", "USING", "BIN_PACK")
	if h.accept("WHERE") {
		h.toEnd()
	}
	return &ast.Other{Pos: pos, Construct: "OPTIMIZE"}
}
