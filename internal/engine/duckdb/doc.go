// Package duckdb runs analyzed queries on one machine: it renders a plan as
// DuckDB SQL from a closed list of constructs and executes it over the Parquet
// shadows of the objects that the plan scans.
//
// What DuckDB means by an expression is used only where it is known to be what
// Trino means; every other expression becomes a function in Go, by the semantics
// of package scalar, and what has none is refused by name. Nothing passes
// through untranslated.
//
// A query runs in a worker process, the same binary started again: a crash or a
// kill for want of memory fails that query alone. DuckDB there reads the shadow
// folders and nothing else.
package duckdb
