// Package journal is the journal of calls: who did what to which resource, when,
// and how it ended. It is what an audit reads after the fact, and the ground of
// CloudTrail.
//
// Every call that was routed is in it, refused and unauthenticated ones too. A
// call that changes nothing is one record, on disk before its answer leaves. One
// that changes something is two: its intent, on disk before the change, and its
// end, on disk before the answer. An intent whose server died before the end is
// told as such when the journal is opened again: its outcome is unknown.
//
// Order is the order of writing, by number. The room for an end is reserved with
// its intent, so that a full disk refuses new changes and loses no ending.
// Calls of nobody that had no effect are kept apart, in a log of bounded size, and
// read with the others: what needs no key must not fill the disk.
//
// Parameters are kept as far as they are not sensitive; what nobody has verified
// is kept cut short and without parameters.
package journal
