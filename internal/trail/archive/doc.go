// Package archive keeps events that are no calls made here: imported from the log
// files of a trail, found by Insights, or put through a channel.
//
// An event is durable once Append returns, and callers that append at the same time
// share one sync. It stands as it came, with whose it is and where it is from. Order
// is the order of writing, by number: when an event happened plays no part in it, and
// log files come late. What an archive loses to damage or to retention is told in its
// place, as package records does, and never skipped.
//
// An archive does not look whether it has an event already: who imports does.
package archive
