// Package projection computes a table's partitions from its properties, as
// Athena's partition projection does.
//
// It knows the four types of projected column, their ranges and formats, and
// the location template. It enumerates values lazily and in order; which of
// them a query needs is decided by the caller.
package projection
