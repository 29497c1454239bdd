// Package analyze gives Athena SQL its meaning: it resolves every name, types
// every expression by Trino's rules and writes the query out as a plan.
//
// A statement that Trino would refuse is refused with Trino's error name at
// Trino's place. A construct that Athena has and this package does not carry
// is refused by name: a query is analyzed exactly or not at all.
//
// The catalog and the engine are others' business: a Catalog resolves tables
// and views, and a plan says what to compute, not how.
package analyze
