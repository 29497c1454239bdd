// Package jsonrecord reads logs of JSON records by a schema: documents that hold
// an array of records, bare arrays, records one a line or one behind the other,
// and CSV downloads of them.
//
// A log is a Schema of some ten to forty lines. A record that does not parse is a
// row of NULLs, is counted, and costs no record beside it; members that the
// schema does not have are kept as one JSON object. What a text means as a number
// or a time is left to others.
package jsonrecord
