package parse

import (
	"strconv"
	"strings"
)

// hiveTypes maps the names of Hive's plain types to the ones that the catalog
// keeps.
var hiveTypes = map[string]string{
	"TINYINT": "tinyint", "SMALLINT": "smallint", "INT": "int", "INTEGER": "int", "BIGINT": "bigint",
	"BOOLEAN": "boolean", "FLOAT": "float", "DOUBLE": "double", "STRING": "string", "BINARY": "binary",
	"DATE": "date", "TIMESTAMP": "timestamp",
}

// typeText reads a type and returns its text as the catalog keeps it.
func (h *hiveParser) typeText() string {
	if h.depth++; h.depth > maxDepth {
		h.fail(h.tok(), tooLarge)
	}
	defer func() { h.depth-- }()
	t := h.tok()
	if t.kind != word {
		h.badType()
		return ""
	}
	if plain, ok := hiveTypes[t.key]; ok {
		h.at++
		if t.key == "DOUBLE" {
			h.accept("PRECISION")
		}
		return plain
	}
	switch t.key {
	case "DECIMAL", "NUMERIC", "DEC":
		h.at++
		return "decimal" + h.precision()
	case "VARCHAR", "CHAR":
		h.at++
		h.inside = "primitive type specification"
		h.expect("(")
		n := h.whole()
		h.expect(")")
		return strings.ToLower(t.key) + "(" + strconv.Itoa(n) + ")"
	case "ARRAY", "MAP", "STRUCT", "UNIONTYPE":
		h.at++
		return h.nestedType(t.key)
	}
	h.badType()
	return ""
}

// nestedType reads what follows the keyword of a type that holds others.
func (h *hiveParser) nestedType(keyword string) string {
	switch keyword {
	case "ARRAY":
		h.inside = "list type"
		h.expect("<")
		element := h.typeText()
		h.expect(">")
		return "array<" + element + ">"
	case "MAP":
		h.inside = "map type"
		h.expect("<")
		key := h.typeText()
		h.expect(",")
		value := h.typeText()
		h.expect(">")
		return "map<" + key + "," + value + ">"
	case "STRUCT":
		return "struct<" + h.fields() + ">"
	}
	return "uniontype<" + h.members() + ">"
}

// precision reads (precision [, scale]) of a decimal; Hive's default is
// (10,0).
func (h *hiveParser) precision() string {
	if !h.accept("(") {
		return "(10,0)"
	}
	precision, scale := h.whole(), 0
	if h.accept(",") {
		scale = h.whole()
	}
	h.expect(")")
	return "(" + strconv.Itoa(precision) + "," + strconv.Itoa(scale) + ")"
}

// fields reads <name:type [COMMENT 'text'], …>, whose comments are not kept.
func (h *hiveParser) fields() string {
	var out []string
	h.inside = "struct type"
	h.expect("<")
	for {
		h.inside = "column specification"
		name := fieldName(h.columnName().Lower())
		h.expect(":")
		h.inside = "column type"
		out = append(out, name+":"+h.typeText())
		if h.accept("COMMENT") {
			h.literal()
		}
		h.inside = "struct type"
		if !h.accept(",") {
			h.expect(">")
			return strings.Join(out, ",")
		}
	}
}

// fieldName puts a name in backticks if it is not a plain word.
func fieldName(name string) string {
	for i := range len(name) {
		if !isWord(name[i]) {
			return "`" + strings.ReplaceAll(name, "`", "``") + "`"
		}
	}
	return name
}

func (h *hiveParser) members() string {
	var out []string
	h.inside = "uniontype type"
	h.expect("<")
	for {
		out = append(out, h.typeText())
		if !h.accept(",") {
			h.expect(">")
			return strings.Join(out, ",")
		}
	}
}

func (h *hiveParser) badType() {
	if h.err != nil {
		return
	}
	t := h.tok()
	h.inside = "column type"
	h.cannotRecognize()
	switch t.key {
	case "TEXT", "JSON", "UUID", "NVARCHAR":
		h.err.Hint = "for text write string"
	case "REAL":
		h.err.Hint = "write float"
	case "LONG":
		h.err.Hint = "write bigint"
	case "DATETIME":
		h.err.Hint = "write timestamp"
	case "ROW":
		h.err.Hint = "write struct<name:type>"
	case "VARBINARY":
		h.err.Hint = "write binary"
	}
}
