// Package rows has the events of log groups as rows for queries, as lake.Rows.
//
// What is kept is log events alone. A query of a table is given files of Parquet that are
// written for it, of the streams and times that its conditions leave, and that are
// removed when it ends: so whatever hides an event from a reader hides it from a query too,
// to the millisecond, and nothing has to be kept in step.
package rows
