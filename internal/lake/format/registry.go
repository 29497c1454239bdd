package format

import (
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

const textInput = "org.apache.hadoop.mapred.TextInputFormat"

// serdes is which format reads a table, by its SerDe or its input format. The
// first row that fits decides.
func serdes() []struct {
	serde, input string // lower case; empty fits all
	open         func(Table) (Format, error)
} {
	return []struct {
		serde, input string
		open         func(Table) (Format, error)
	}{
		{input: "com.amazon.emr.cloudtrail.cloudtrailinputformat", open: func(Table) (Format, error) { return newCloudTrail(), nil }},
		{serde: "com.amazon.emr.hive.serde.cloudtrailserde", open: func(Table) (Format, error) { return newCloudTrail(), nil }},
		{serde: "org.apache.hadoop.hive.ql.io.parquet.serde.parquethiveserde", open: func(Table) (Format, error) { return Parquet{}, nil }},
		{serde: strings.ToLower(lazySimple), open: onText(newDelimited)},
		{serde: "org.apache.hadoop.hive.serde2.regexserde", open: onText(newRegex)},
		{serde: "org.apache.hadoop.hive.contrib.serde2.regexserde", open: onText(newRegex)},
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
// that names the SerDe or the property that is not read yet.
func For(t Table) (Format, error) {
	serde := t.SerDe
	if serde == "" {
		serde = lazySimple
	}
	for _, row := range serdes() {
		if (row.serde == "" || strings.EqualFold(row.serde, serde)) && (row.input == "" || strings.EqualFold(row.input, t.InputFormat)) {
			return row.open(t)
		}
	}
	return nil, unsupported(t, "the SerDe %s", serde)
}

// Known is a format that discovery can offer as a table.
type Known interface {
	Format
	// Columns returns the table's columns.
	Columns() []Column
}

// Named returns the format of a discovered table, such as "cloudtrail".
func Named(name string) (Known, error) {
	switch name {
	case "cloudtrail":
		return newCloudTrail(), nil
	case "vpc_flow":
		return flow{types: flowTypes()}, nil
	}
	for _, f := range tokenFamilies() {
		if f.name == name {
			return newDelivered(expression{family: f, required: f.required}, "", 0, nil), nil
		}
	}
	return nil, cloud.Errorf(cloud.Unsupported, "NOT_SUPPORTED", "no log format is called %q", name)
}
