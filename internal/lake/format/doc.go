// Package format reads log objects into columns: one file a log format or
// SerDe, and one row of a table for each in registry.go.
//
// A format says which columns its shadows have, writes them from an object's
// bytes, and says how to read a table's columns from them. A line that does not
// parse never ends the reading: it becomes what AWS makes of it, and is
// counted. Where objects lie, which of them a query needs, and what a text means
// as a number or a date, are left to others.
package format
