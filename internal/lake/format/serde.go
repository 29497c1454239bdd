package format

import (
	"slices"
	"strings"
)

const textInput = "org.apache.hadoop.mapred.TextInputFormat"

// serde is which format reads a table, by its SerDe or its input format.
type serde struct {
	serde, input string // lower case; empty fits all
	open         func(Table) (Format, error)
}

// serdes is every SerDe that is read. The first row that fits decides.
func serdes() []serde {
	return []serde{
		{input: "com.amazon.emr.cloudtrail.cloudtrailinputformat", open: openTrail},
		{serde: "com.amazon.emr.hive.serde.cloudtrailserde", open: openTrail},
		{serde: "org.apache.hadoop.hive.ql.io.parquet.serde.parquethiveserde", open: func(Table) (Format, error) { return Parquet{}, nil }},
		{serde: strings.ToLower(lazySimple), open: onText(newDelimited)},
		{serde: "org.apache.hadoop.hive.serde2.regexserde", open: onText(newRegex)},
		{serde: "org.apache.hadoop.hive.contrib.serde2.regexserde", open: onText(newRegex)},
		{serde: "org.openx.data.jsonserde.jsonserde", open: onText(newOpenX)},
		{serde: "org.apache.hive.hcatalog.data.jsonserde", open: onText(newHiveJSON)},
		{serde: "org.apache.hadoop.hive.serde2.jsonserde", open: onText(newHiveJSON)},
		{serde: "org.apache.hadoop.hive.serde2.opencsvserde", open: onText(newOpenCSV)},
	}
}

// onText refuses a table whose objects are not plain lines.
func onText(open func(Table) (Format, error)) func(Table) (Format, error) {
	return func(t Table) (Format, error) {
		if t.InputFormat != "" && !strings.EqualFold(t.InputFormat, textInput) {
			return nil, unsupported(t, "the input format %s", t.InputFormat)
		}
		return open(t)
	}
}

// For returns the format that reads a table's objects, or an Unsupported error
// that names the SerDe, the input format or the property that is not read.
func For(t Table) (Format, error) {
	name := t.SerDe
	if name == "" {
		name = lazySimple
	}
	for _, row := range serdes() {
		if (row.serde == "" || strings.EqualFold(row.serde, name)) && (row.input == "" || strings.EqualFold(row.input, t.InputFormat)) {
			return row.open(t)
		}
	}
	return nil, unsupported(t, "the SerDe %s", name)
}

// lenientProperty is the table property under which lines that AWS's expression
// does not match are read by their fields.
const lenientProperty = "sillok.lenient"

// property returns whether a property says true.
func property(properties map[string]string, names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(strings.TrimSpace(properties[n]), "true") })
}
