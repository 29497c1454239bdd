// Package scan finds out what a query reads, and has it read.
//
// From a plan it takes the columns that are used and, for each scan, the
// conditions that every row of the answer fulfils there. All scans are planned,
// then the limit of bytes is checked over all of them, and only then all are
// loaded, side by side. What comes out is files with what is in them: an engine
// that has a Loaded needs neither the lake nor a catalog any more.
//
// Conditions on partition columns are a client's expressions: those that are not
// plain are computed in a worker, where they can be ended.
package scan
