// Package aggregate is Trino's aggregate functions in Go, over all rows of a
// group at once. An engine calls them for what its own functions do not mean in
// the same way. Values are those of package scalar.
package aggregate
