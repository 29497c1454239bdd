// Package event is the record of a call as CloudTrail keeps and delivers it: what
// it is made of, how one of ours follows from an entry of the journal, and how one
// of AWS's own files is read.
//
// It is pure: the same entry is always the same record, with the same eventID.
package event
