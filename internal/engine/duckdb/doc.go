// Package duckdb runs analyzed queries on one machine: it renders a plan as
// DuckDB SQL from a closed list of constructs and executes it over the Parquet
// shadows of the objects that the plan scans.
//
// What DuckDB means by an expression is used only where it is known to be what
// Trino means; every other expression becomes a function in Go, by the semantics
// of package scalar, and what has none is refused by name. Nothing passes
// through untranslated.
//
// The server plans and loads (package scan) and sends plan and files to a worker
// process, which renders and runs them: a crash, a kill for want of memory or a
// constant without end fails that query alone. Rendering does no I/O. DuckDB
// reads the shadow folders and nothing else.
package duckdb
