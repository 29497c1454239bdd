// Package place knows the keys under which CloudTrail puts log files and digest
// files into a bucket: it builds them and reads them, both ways the same.
//
// It decides nothing about what is in the files. What partitions a folder of logs
// has for a query is internal/lake's.
package place
