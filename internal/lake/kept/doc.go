// Package kept keeps tables of rows that follow from logs of the server's own, as the
// events of CloudTrail follow from the journal of calls: for queries, as lake.Rows.
//
// Each table is a folder of Parquet files with the form and the proof of shadows. A closed
// part of a log becomes one file of each table that has rows in it, and small neighbours
// are joined. What has not been closed yet is written into a file of its own when somebody
// asks, so that a query sees every row whose record was durable when it began.
//
// A file is named by the records that it covers. Files are renamed into place whole, and
// one that others cover is passed over, so that a row is in a table once, whenever the
// server is killed. What lies in the folder is all that there is to know: a place that is
// lost is found again by writing the same files once more.
package kept
