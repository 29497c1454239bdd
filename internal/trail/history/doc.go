// Package history finds events: who did what, to which resource, by which key, and
// how it ended, newest first, in the journal of calls and in the archive of events that
// are no calls made here.
//
// Beside each closed segment of such a log lies a small index of its events, by
// package postings. What has not been closed is indexed in memory, by reading on
// where the last question ended; so a question is answered from all that
// stood in the logs when it came. An index holds no event, but says where a log has its
// call: the event is made of that again, and looked at, before it is found.
//
// An index that is missing, torn or damaged is made again from its segment, and one
// whose segment retention has removed goes with it. Nothing depends on them but the
// time that an answer takes.
package history
