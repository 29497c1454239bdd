// Package events keeps log events: durable when Append returns, found by group,
// stream, time and text, and removed when nobody wants them any more.
//
// An event is appended to a log of records (store/records), in which writers of all
// groups share syncs, and is held in memory. What memory holds is sealed into a file
// once it is large, or has events that are to be removed: there the events lie by
// group and by time, in compressed blocks. Small indexes in the same file say which
// blocks can have what is asked for. The log is then cut. A crash loses nothing:
// what is in the log and in no file is read into memory again.
//
// Every byte of a file is covered by a checksum that is verified when it is read,
// and what says where blocks lie is there twice. A reader gets a [DamageError] in
// the place of what is lost.
//
// Groups and streams are numbers, which the caller gives and never gives again. What
// they are called, and which of their events are wanted, is the caller's: see
// [Wanted]. So that a stream is deleted is durable when the caller says so.
package events
