package native

import (
	"errors"
	"regexp"
	"strings"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// An error of the statement crosses DuckDB as text. The name stands between two
// markers that no other text holds.
const (
	markStart = "\x01sillok:"
	markEnd   = "\x02"
)

func marked(name, message string) string { return markStart + name + markEnd + message }

// Mark returns err as text that a failed query carries back to its caller as the
// same *sqlerr.Error; for use in DuckDB's error().
func Mark(err error) string {
	if e, ok := errors.AsType[*sqlerr.Error](err); ok {
		return marked(e.Name, e.Message)
	}
	return marked("GENERIC_INTERNAL_ERROR", err.Error())
}

// textError is what DuckDB said of a query that failed.
type textError string

func (e textError) Error() string { return "duckdb: " + string(e) }

// Failure returns what DuckDB's text for a failed query says in Trino's words. A
// text that is not known stays an error that is not a *sqlerr.Error.
func Failure(text string) error {
	if _, rest, ok := strings.Cut(text, markStart); ok {
		if name, message, ok := strings.Cut(rest, markEnd); ok {
			return sqlerr.New(name, "%s", message)
		}
	}
	for _, k := range known {
		if k.pattern.MatchString(text) {
			return sqlerr.New(k.name, "%s", k.pattern.ReplaceAllString(k.pattern.FindString(text), k.message))
		}
	}
	return textError(text)
}

var known = []struct {
	pattern       *regexp.Regexp
	name, message string
}{
	{regexp.MustCompile(`Max expression depth limit|Maximum tree depth|memory exhausted at or near|Maximum recursion`), "STACK_OVERFLOW", "statement is too large (stack overflow during analysis)"},
	{regexp.MustCompile(`Overflow in (addition|subtraction|multiplication) of INT64 \((\S+ \S+ \S+?)\)`), sqlerr.NumericOutOfRange, "bigint $1 overflow: $2"},
	{regexp.MustCompile(`Overflow in (addition|subtraction|multiplication) of INT32 \((\S+ \S+ \S+?)\)`), sqlerr.NumericOutOfRange, "integer $1 overflow: $2"},
	{regexp.MustCompile(`Overflow in (addition|subtraction|multiplication) of INT16 \((\S+ \S+ \S+?)\)`), sqlerr.NumericOutOfRange, "smallint $1 overflow: $2"},
	{regexp.MustCompile(`Overflow in (addition|subtraction|multiplication) of INT8 \((\S+ \S+ \S+?)\)`), sqlerr.NumericOutOfRange, "tinyint $1 overflow: $2"},
	{regexp.MustCompile(`Overflow in division of -128 / -1`), "GENERIC_INTERNAL_ERROR", "Value 128 exceeds MAX_BYTE"},
	{regexp.MustCompile(`Overflow in division of -32768 / -1`), "GENERIC_INTERNAL_ERROR", "Value 32768 exceeds MAX_SHORT for type smallint"},
	{regexp.MustCompile(`Overflow in division of -2147483648 / -1`), "GENERIC_INTERNAL_ERROR", "Value 2147483648 exceeds MAX_INT for type integer"},
	{regexp.MustCompile(`Overflow in division of (\S+ / \S+)`), sqlerr.NumericOutOfRange, "bigint division overflow: $1"},
	{regexp.MustCompile(`Overflow in negation of numeric value`), sqlerr.NumericOutOfRange, "negation overflow"},
	{regexp.MustCompile(`Type INT128 with value \S+ can't be cast because the value is out of range for the destination type INT64`), sqlerr.NumericOutOfRange, "bigint addition overflow"},
	{regexp.MustCompile(`Type INT\d+ with value (\S+) can't be cast because the value is out of range`), sqlerr.NumericOutOfRange, "Out of range: $1"},
	{regexp.MustCompile(`More than one row returned by a subquery`), "SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows"},
	{regexp.MustCompile(`Out of Memory Error`), engine.OutOfMemory, "Query exceeded per-node memory limit"},
}

// unable are the constructs that DuckDB says it cannot plan, by a part of its words.
var unable = []struct{ says, construct string }{
	{"non-inner join on subquery", "a subquery in the condition of an outer join"},
	{"Non-inner join on correlated columns", "an outer join on columns of the enclosing query"},
	{"must be INNER or LEFT for a LATERAL", "a subquery in the condition of an outer join"},
	{"Unsupported join type for flattening", "this kind of join in a correlated subquery"},
	{"non-inner LATERAL JOIN", "an outer join with what is computed for each row, on a condition that is no comparison of both sides"},
	{"lateral joins in correlated subqueries", "what is computed for each row within a correlated subquery"},
	{"Non-constant limit", "a LIMIT that varies in a correlated subquery"},
	{"Non-constant offset", "an OFFSET that varies in a correlated subquery"},
	{"UNNEST() for correlated", "UNNEST of columns of the enclosing query"},
	{"Sampling in correlated", "TABLESAMPLE in a correlated subquery"},
	{"Not implemented Error", "this combination of subqueries and joins"},
	{"Binder Error", "this combination of subqueries and joins"},
}

// Unable reports whether err says that DuckDB cannot plan the query at all, as for some
// correlated subqueries, and names the construct as far as DuckDB does.
func Unable(err error) (construct string, ok bool) {
	text, ok := errors.AsType[textError](err)
	if !ok {
		return "", false
	}
	for _, u := range unable {
		if strings.Contains(string(text), u.says) {
			return u.construct, true
		}
	}
	return "", false
}
