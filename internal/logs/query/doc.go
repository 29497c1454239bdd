// Package query keeps the queries of log groups that wait and run, and the rows that
// they gave.
//
// A [Queue] knows which query waits, that one runs, and who may write its end: whoever
// claims it first. So a query that is stopped has ended when its caller is told, also
// where its work takes a moment longer to notice. [Results] are files of rows with
// checksums, of which pages are read. What a query is, and what it reads, is left to
// others.
package query
