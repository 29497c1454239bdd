// Package conformance holds the judges from outside: real clients, recorded
// answers of other engines, and other projects' tests, all run against the
// built binary.
//
// The tests of this package run in make test as far as they fit into its time.
// make conformance runs them all, prints one line each and writes
// docs/conformance.md.
package conformance
