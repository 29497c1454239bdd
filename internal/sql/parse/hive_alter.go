package parse

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// alter reads ALTER TABLE, ALTER DATABASE and ALTER VIEW.
func (h *hiveParser) alter(pos ast.Pos) ast.Statement {
	h.at++
	switch {
	case h.accept("TABLE"):
		return h.alterTable(pos)
	case h.accept("DATABASE"), h.accept("SCHEMA"):
		h.inside = "alter database statement"
		x := &ast.Alter{Pos: pos, Kind: ast.SetDBProperties, Name: ast.Name{h.identifier()}}
		h.expect("SET", "DBPROPERTIES")
		x.Properties = h.properties()
		return x
	case h.accept("VIEW"):
		h.inside = "alter view statement"
		x := &ast.Alter{Pos: pos, Kind: ast.AlterViewDialect, Name: h.looseName()}
		h.accept("FORCE")
		if h.acceptAny("ADD", "UPDATE", "DROP") == "" {
			h.cannotRecognize()
		}
		h.expect("DIALECT")
		h.toEnd()
		return x
	}
	return h.refused(pos, 2)
}

// refused names a statement that is recognised and not carried by its first
// words, and steps over it.
func (h *hiveParser) refused(pos ast.Pos, words int) ast.Statement {
	h.at = 0
	var construct []string
	for n := range words {
		if t := h.ahead(n); t.kind == word {
			construct = append(construct, t.key)
		}
	}
	if len(construct) < words {
		h.at = len(construct)
		h.inside = ""
		h.cannotRecognize()
	}
	h.toEnd()
	return &ast.Other{Pos: pos, Construct: strings.Join(construct, " ")}
}

// toEnd steps over the rest of the statement.
func (h *hiveParser) toEnd() {
	for h.tok().kind != endOfText && !h.is(";") {
		h.at++
	}
}

func (h *hiveParser) alterTable(pos ast.Pos) ast.Statement {
	h.inside = "alter table statement"
	x := &ast.Alter{Pos: pos, Name: h.tableName()}
	if h.is("PARTITION") {
		x.Partitions = []ast.PartitionSpec{h.partition()}
	}
	switch {
	case h.are("ADD", "COLUMNS"), h.are("REPLACE", "COLUMNS"):
		x.Kind = ast.AlterKind(h.tok().key + " COLUMNS")
		h.at += 2
		h.expect("(")
		x.Columns = h.columns()
	case x.Partitions == nil && h.are("ADD", "PARTITION"), x.Partitions == nil && h.are("ADD", "IF"):
		h.at++
		x.Kind = ast.AddPartition
		x.IfNotExist = h.ifNotExists()
		h.addPartitions(x)
	case x.Partitions == nil && h.are("DROP", "PARTITION"), x.Partitions == nil && h.are("DROP", "IF"):
		h.at++
		x.Kind = ast.DropPartition
		if h.accept("IF") {
			h.expect("EXISTS")
			x.IfExists = true
		}
		h.dropPartitions(x)
	case x.Partitions != nil && h.accept("RENAME", "TO"):
		x.Kind = ast.RenamePartition
		target := h.partition()
		x.Target = &target
	case h.accept("SET", "LOCATION"):
		x.Kind = ast.SetLocation
		x.Location = h.literal()
	case h.accept("SET", "TBLPROPERTIES"):
		x.Kind = ast.SetProperties
		x.Properties = h.properties()
	case h.accept("CHANGE"):
		h.change(x)
	default:
		return h.otherAlter(x)
	}
	return x
}

// otherAlter names the changes of a table that Athena does not make, or makes
// on Iceberg tables alone.
func (h *hiveParser) otherAlter(x *ast.Alter) ast.Statement {
	first, second := h.tok(), h.ahead(1)
	if first.kind == word && second.kind == word {
		switch first.key {
		case "ADD", "DROP", "RENAME", "SET", "UNSET", "CLUSTERED", "NOT", "EXCHANGE", "ARCHIVE", "UNARCHIVE",
			"TOUCH", "COMPACT", "CONCATENATE", "RECOVER", "EXECUTE", "ALTER":
			h.toEnd()
			return &ast.Other{Pos: x.Pos, Construct: "ALTER TABLE " + first.key + " " + second.key}
		}
	}
	h.cannotRecognize()
	return x
}

// addPartitions reads PARTITION (…) [LOCATION '…'] ….
func (h *hiveParser) addPartitions(x *ast.Alter) {
	h.inside = "add partition statement"
	for first := true; first || h.is("PARTITION"); first = false {
		spec := h.partition()
		if h.accept("LOCATION") {
			spec.Location = h.literal()
		}
		x.Partitions = append(x.Partitions, spec)
		h.accept(",")
	}
}

// dropPartitions reads PARTITION (…), PARTITION (…).
func (h *hiveParser) dropPartitions(x *ast.Alter) {
	h.inside = "drop partition statement"
	for {
		x.Partitions = append(x.Partitions, h.partition())
		if !h.accept(",") {
			h.accept("PURGE")
			return
		}
	}
}

// partition reads PARTITION (key = value, …). Published scripts write the key
// date as it is, and Athena takes it.
func (h *hiveParser) partition() ast.PartitionSpec {
	spec := ast.PartitionSpec{Pos: h.pos()}
	h.expect("PARTITION", "(")
	for {
		spec.Keys = append(spec.Keys, h.columnName())
		spec.Ops = append(spec.Ops, h.comparison())
		spec.Values = append(spec.Values, h.constant())
		if !h.accept(",") {
			h.expect(")")
			return spec
		}
	}
}

// comparison reads the operator of a partition's key.
func (h *hiveParser) comparison() string {
	op := h.acceptAny("=", "<", ">", "!")
	if op == "" {
		h.mismatch("=")
		return op
	}
	if second := h.tok(); second.start == h.toks[max(h.at-1, 0)].end && op != "=" &&
		(second.key == "=" || op == "<" && second.key == ">") {
		op += second.key
		h.at++
	}
	if op == "!" {
		h.mismatch("=")
	}
	if op == "!=" {
		op = "<>"
	}
	return op
}

// constant reads a value and returns it as text.
func (h *hiveParser) constant() string {
	sign := ""
	if h.is("-") && h.ahead(1).isNumber() {
		sign = "-"
		h.at++
	}
	t := h.tok()
	switch {
	case t.kind == text:
		return h.literal()
	case t.isNumber():
		h.at++
		return sign + h.text(t)
	case (t.key == "DATE" || t.key == "TIMESTAMP") && h.ahead(1).kind == text:
		h.at++
		return h.literal()
	case t.key == "TRUE" || t.key == "FALSE":
		h.at++
		return strings.ToLower(t.key)
	}
	h.inside = "constant"
	h.cannotRecognize()
	return ""
}

// change reads CHANGE [COLUMN] old new type [COMMENT '…'] [FIRST | AFTER column].
func (h *hiveParser) change(x *ast.Alter) {
	x.Kind = ast.ChangeColumn
	h.accept("COLUMN")
	h.inside = "column specification"
	x.Old = h.identifier().Lower()
	x.Columns = []ast.Column{h.column()}
	switch h.acceptAny("FIRST", "AFTER") {
	case "FIRST":
		x.Place = "FIRST"
	case "AFTER":
		x.Place = "AFTER " + h.identifier().Lower()
	}
	h.acceptAny("CASCADE", "RESTRICT")
}
