package parse

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// createTable reads what follows CREATE, which stands at pos.
func (h *hiveParser) createTable(pos ast.Pos) ast.Statement {
	x := &ast.CreateTable{Pos: pos}
	h.inside = "create table statement"
	x.External = h.accept("EXTERNAL")
	h.expect("TABLE")
	x.IfNotExists = h.ifNotExists()
	h.inside = "table name"
	x.Name = h.tableName()
	h.inside = "create table statement"
	if h.accept("(") {
		x.Columns = h.columns()
	}
	if h.accept("COMMENT") {
		x.Comment = h.literal()
	}
	h.inside = "table partition specification"
	if h.accept("PARTITIONED") {
		h.expect("BY", "(")
		h.partitionedBy(x)
	}
	h.clusteredBy(x)
	h.rowFormat(x)
	h.storedAs(x)
	h.inside = "table location specification"
	if h.accept("LOCATION") {
		x.Location = h.literal()
	}
	h.inside = "table properties"
	if h.accept("TBLPROPERTIES") {
		x.Properties = h.properties()
	}
	h.inside = ""
	return x
}

func (h *hiveParser) ifNotExists() bool {
	if !h.accept("IF") {
		return false
	}
	h.expect("NOT", "EXISTS")
	return true
}

// columns reads name type [COMMENT 'text'], … and the closing bracket.
func (h *hiveParser) columns() []ast.Column {
	var out []ast.Column
	for {
		out = append(out, h.column())
		if !h.accept(",") {
			h.inside = "create table statement"
			h.expect(")")
			return out
		}
	}
}

func (h *hiveParser) column() ast.Column {
	h.inside = "column specification"
	c := ast.Column{Pos: h.pos(), Name: h.columnName().Lower()}
	h.inside = "column type"
	c.Type = h.typeText()
	h.inside = "column specification"
	if h.accept("COMMENT") {
		c.Comment = h.literal()
	}
	return c
}

// partitionedBy reads the partition columns of a Hive table, or the columns
// and transforms of an Iceberg table, and the closing bracket.
func (h *hiveParser) partitionedBy(x *ast.CreateTable) {
	for {
		next := h.ahead(1).key
		if next == "(" || (next == "," || next == ")") && h.tok().kind != endOfText {
			x.Transforms = append(x.Transforms, h.transform())
		} else {
			x.PartitionedBy = append(x.PartitionedBy, h.column())
		}
		if !h.accept(",") {
			h.inside = "table partition specification"
			h.expect(")")
			return
		}
	}
}

// transform reads an Iceberg partition: a column, or a function of one.
func (h *hiveParser) transform() string {
	h.inside = "table partition specification"
	if h.ahead(1).key != "(" {
		return h.identifier().Lower()
	}
	function := h.tok()
	if function.kind != word {
		h.cannotRecognize()
		return ""
	}
	h.at += 2
	var args []string
	for {
		if t := h.tok(); t.kind == integer {
			args = append(args, h.text(t))
			h.at++
		} else {
			args = append(args, h.identifier().Lower())
		}
		if !h.accept(",") {
			break
		}
	}
	h.expect(")")
	return strings.ToLower(function.key) + "(" + strings.Join(args, ", ") + ")"
}

func (h *hiveParser) clusteredBy(x *ast.CreateTable) {
	h.inside = "table buckets specification"
	if !h.accept("CLUSTERED") {
		return
	}
	h.expect("BY", "(")
	for {
		x.ClusteredBy = append(x.ClusteredBy, h.identifier().Lower())
		if !h.accept(",") {
			break
		}
	}
	h.expect(")", "INTO")
	x.Buckets = h.whole()
	h.expect("BUCKETS")
}

// rowFormat reads ROW FORMAT SERDE … and ROW FORMAT DELIMITED ….
func (h *hiveParser) rowFormat(x *ast.CreateTable) {
	h.inside = "table row format specification"
	pos := h.pos()
	if !h.accept("ROW") {
		return
	}
	h.expect("FORMAT")
	r := &ast.RowFormat{Pos: pos}
	x.RowFormat = r
	if h.accept("SERDE") {
		r.SerDe = h.literal()
		if h.accept("WITH") {
			h.expect("SERDEPROPERTIES")
			r.SerDeProperties = h.properties()
		}
		return
	}
	if !h.accept("DELIMITED") {
		h.cannotRecognize()
		return
	}
	if h.accept("FIELDS") {
		h.expect("TERMINATED", "BY")
		r.FieldsTerminatedBy = h.literal()
		if h.accept("ESCAPED") {
			h.expect("BY")
			r.EscapedBy = h.literal()
		}
	}
	if h.accept("COLLECTION") {
		h.expect("ITEMS", "TERMINATED", "BY")
		r.CollectionTerminated = h.literal()
	}
	if h.accept("MAP") {
		h.expect("KEYS", "TERMINATED", "BY")
		r.MapKeysTerminated = h.literal()
	}
	if h.accept("LINES") {
		h.expect("TERMINATED", "BY")
		r.LinesTerminatedBy = h.literal()
	}
	if h.accept("NULL") {
		h.expect("DEFINED", "AS")
		r.NullDefinedAs = h.literal()
	}
}

// storedAs reads STORED AS format, or STORED AS INPUTFORMAT … OUTPUTFORMAT ….
func (h *hiveParser) storedAs(x *ast.CreateTable) {
	h.inside = "table file format specification"
	if !h.accept("STORED") {
		return
	}
	h.expect("AS")
	if h.accept("INPUTFORMAT") {
		x.InputFormat = h.literal()
		h.expect("OUTPUTFORMAT")
		x.OutputFormat = h.literal()
		return
	}
	x.StoredAs = strings.ToUpper(h.identifier().Name)
}

// createDatabase reads what follows CREATE, which stands at pos.
func (h *hiveParser) createDatabase(pos ast.Pos) ast.Statement {
	x := &ast.CreateDatabase{Pos: pos}
	h.inside = "create database statement"
	h.at++
	x.IfNotExists = h.ifNotExists()
	x.Name = h.identifier()
	if h.accept("COMMENT") {
		x.Comment = h.literal()
	}
	if h.accept("LOCATION") {
		x.Location = h.literal()
	}
	if h.accept("WITH") {
		h.expect("DBPROPERTIES")
		x.Properties = h.properties()
	}
	return x
}
