// Package plan holds an analyzed query: every name resolved, every expression
// typed by Trino's rules, every coercion written out. It knows no engine.
//
// A Node yields rows with columns that are numbered once for the whole query.
// An expression refers to a column by that number alone, so nothing below
// the analyzer looks at a name, and a correlated subquery refers to a column
// of an enclosing node in the same way.
package plan
