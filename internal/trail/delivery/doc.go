// Package delivery does what a trail that records does: it follows the journal of
// calls, and puts log files and digest files into the trail's bucket.
//
// Every event that a trail selects is in one log file, once, whatever happens to
// the process, its disk and the bucket. A file is planned before it is put: which
// records of the journal it is made of and its key are in the state, in the
// transaction that moves the trail's place in the journal on. The same records give
// the same bytes under the same key, so that a file that is put again after a crash
// replaces itself.
//
// A trail whose bucket does not take its files keeps its place and tries again, later
// and later; the others go on. Trails that are at the same place in the journal share
// the reading of it. What waits, and what the journal no longer had, is told by
// Status and Problems.
//
// Digests are planned in the same way. Which trails there are, and the keys of
// digests, is left to service/cloudtrail; whether a bucket takes a file, to S3.
package delivery
