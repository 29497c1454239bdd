// Package value is the values of Trino's types as Go values: what they are, their
// calendar and zones, how they are read from text and how they are shown as text.
//
// A value is a Go value by type, the same as in plan.Const:
//
//	NULL                      nil
//	boolean                   bool
//	tinyint … bigint          int64
//	real, double              float32, float64
//	decimal                   *big.Int, unscaled; never modified once made
//	varchar, char, json       string; char without its padding; json as canonical text
//	varbinary                 []byte
//	date                      int64, days since 1970-01-01
//	time, time with zone      Time, TimeTZ
//	timestamp, with zone      Timestamp, TimestampTZ
//	interval day to second    int64, milliseconds
//	interval year to month    int64, months
//	uuid, ipaddress           [16]byte
//	ipprefix                  Prefix
//	array, row                []any
//	map                       *Map
//	HyperLogLog               []byte, as Trino stores it
//
// It knows no expressions: what can be computed of values is package scalar's.
package value
