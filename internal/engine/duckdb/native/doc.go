// Package native runs SQL text in DuckDB and moves values of Trino's types in
// and out of its vectors: results, and the arguments and results of functions
// written in Go.
//
// It speaks DuckDB's C interface, so that a value is read straight from the
// vector that holds it and a running query stops the moment it is told to. It
// knows nothing of plans beyond the types; what a type is in DuckDB is said
// here, in one place.
package native
