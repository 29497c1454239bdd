package format

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/javaregex"
	"github.com/sillok/sillok/internal/lake/shadow"
)

const (
	regexVersion = "2"
	inputRegex   = "input.regex"
)

// regex reads lines with any regular expression: Hive's RegexSerDe. A column is
// a group, by position; a line that does not match is a row of NULLs.
type regex struct {
	expression string
	foldCase   bool
	header     int
	schema     *shadow.Schema
	java       *javaregex.Regexp
}

func newRegex(t Table) (Format, error) {
	expression, ok := t.SerDeProperties[inputRegex]
	if !ok || expression == "" {
		return nil, cloud.Errorf(cloud.Invalid, "INVALID_TABLE_PROPERTY", "table %s: This table does not have serde property %q!", t.Name, inputRegex)
	}
	header, err := headerLines(t)
	if err != nil {
		return nil, err
	}
	foldCase := strings.EqualFold(t.SerDeProperties["input.regex.case.insensitive"], "true")
	java, err := compileJava(expression, foldCase)
	if err != nil {
		return nil, cloud.Errorf(cloud.Unsupported, "NOT_SUPPORTED", "table %s: %s: %v", t.Name, inputRegex, err).Because(err)
	}
	if e, ok := recognise(expression); ok && !foldCase {
		return newDelivered(e, expression, header, java, property(t.Properties, lenientProperty)), nil
	}
	return regex{expression: expression, foldCase: foldCase, header: header, java: java, schema: positionalSchema(java.Groups())}, nil
}

// matchTimeout bounds one line: an expression can take exponential time.
const matchTimeout = 10 * time.Second

// compileJava reads an expression as RegexSerDe does.
func compileJava(expression string, foldCase bool) (*javaregex.Regexp, error) {
	return javaregex.Compile(expression, javaregex.Options{DotAll: true, FoldCase: foldCase, Timeout: matchTimeout})
}

// Name returns "regex".
func (regex) Name() string { return "regex" }

// Key returns the expression and the header.
func (r regex) Key() []string {
	return []string{"regex", regexVersion, r.expression, strconv.FormatBool(r.foldCase), strconv.Itoa(r.header)}
}

// Bind says how to read the columns: the first is the first group.
func (r regex) Bind(columns []Column, _ shadow.Info) ([]Binding, error) {
	return bindPositional(columns, r.java.Groups())
}

// Decode writes one row for each line.
func (r regex) Decode(ctx context.Context, src *Source, start func(*shadow.Schema) *shadow.Writer) error {
	w := start(r.schema)
	row := positionalCells(w, r.java.Groups())
	return eachLine(ctx, src.Text, w, r.header, func(line int64, text []byte) error {
		groups, ok, err := r.java.Find(text)
		if err != nil {
			return w.BadRow(line, text, fmt.Sprintf("the expression took too long: %v", err))
		}
		if !ok {
			return w.BadRow(line, text, "the expression does not match")
		}
		row.putAll(groups)
		return w.EndRow()
	})
}
