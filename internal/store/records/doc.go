// Package records keeps an append-only log of records on disk: the journal of
// calls.
//
// A record is durable once the call that wrote it returns; writers that wait at
// the same time share one sync. Records are ordered by their numbers, which
// count from 1 without holes; clocks decide nothing. Each record also has the
// time of its append, which is never less than that of the record before it, so
// that the order of times is the order of numbers.
//
// The log is a folder of segments. A segment is a file whose space is taken
// from the disk before the first record is written to it, so that a full disk
// never meets a record half-way: it is met between segments, where Append and
// Begin are refused until there is space again. Begin takes the space of an
// intent's end along with the intent, so End is never refused for want of it.
//
// Every byte is covered by a checksum that is verified whenever it is read.
// What a crash left unfinished at the end is cut when the log is opened; damage
// anywhere else is never cut and never skipped in silence: readers get a
// DamageError in the place of the records that are lost. The one thing that
// cannot be told from a crash is damage to the very last record of a log that
// was not closed.
//
// After a write or sync that failed, a Log writes nothing more: what the disk
// holds is unknown until the log is opened again. A record whose append failed
// so may be there afterwards.
//
// What a record means is left to the callers, and so is it that at most one Log
// is open on a folder. View reads a folder that another process writes.
package records
