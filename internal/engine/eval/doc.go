// Package eval evaluates typed expressions in Go, by the semantics of package
// scalar.
//
// Branches are lazy and AND and OR stop at the first term that decides, from
// left to right, as in Trino: an expression fails only where Trino's would. It
// is how an engine computes what its own expressions do not express exactly, how
// constants are folded and how partitions are chosen. Subqueries and aggregates
// are not scalar and are left to the engine.
package eval
