// Package importer brings the log files of trails, AWS's or ours, into the archive of
// events.
//
// Every file has an outcome that says what became of it and of each of its records;
// none is passed over. Files are foreign bytes and are decoded in worker processes. A
// file is known by where it is from, its key and its ETag, and is not read again; an
// event is known by its ID, its recipient and the history that it is in, and is kept
// once, however often and in whatever order files bring it, and not at all where the
// journal of calls has it. After a crash at any moment the same import goes on and
// keeps nothing twice.
//
// What is known is an index beside the archive. It holds nothing that could not be made
// again: events from the archive, files by reading them once more.
package importer
