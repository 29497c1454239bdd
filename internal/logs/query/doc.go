// Package query keeps the rows that queries of log groups gave: [Results] are files of rows
// with checksums, of which pages are read.
package query
