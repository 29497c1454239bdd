package records

import (
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/disk"
)

// DamageError tells that a part of the log does not have the checksums that it
// was written with, or is not there. Reading goes on after it when the loop
// does.
type DamageError struct {
	Segment     string // the file's name in the log's folder
	Offset      int64  // where in the file it begins
	First, Last uint64 // the records that are lost; none when Last is less than First
	Reason      string
}

// Error says where the damage is and what is lost.
func (e *DamageError) Error() string {
	lost := "no record is lost"
	switch {
	case e.First == e.Last:
		lost = fmt.Sprintf("record %d is lost", e.First)
	case e.First < e.Last:
		lost = fmt.Sprintf("records %d to %d are lost", e.First, e.Last)
	}
	return fmt.Sprintf("segment %s is damaged at byte %d, at record %d: %s: %s", e.Segment, e.Offset, e.First, e.Reason, lost)
}

// RemovedError tells that records which were asked for have been removed by
// Retain. Reading goes on after it when the loop does.
type RemovedError struct {
	First, Last uint64    // the records that were removed, of those asked for
	Until       time.Time // the time of the last of them
}

// Error says which records were removed.
func (e *RemovedError) Error() string {
	return fmt.Sprintf("records %d to %d, up to %s, were removed by retention",
		e.First, e.Last, e.Until.Format(time.RFC3339Nano))
}

func errClosed() error {
	return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "the log of records is closed")
}

func errStopped(cause error) error {
	return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable",
		"records are no longer written since the disk failed: restart the server when the disk is sound").Because(cause)
}

// errNoSegment is why Append and Begin are refused when no segment can be
// allocated.
func errNoSegment(cause error) error {
	message := "no space can be allocated for further records"
	if disk.IsFull(cause) {
		message = "the disk is full: there is no space for further records"
	}
	return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "%s", message).Because(cause)
}

func errTooLarge(what string, size, most int) error {
	return cloud.Errorf(cloud.Invalid, "RecordTooLarge", "%s of %d bytes is larger than %d bytes", what, size, most)
}

func errTooManyIntents(open int) error {
	return cloud.Errorf(cloud.Throttled, "ThrottlingException", "%d intents are open: there is no room for the end of one more", open)
}

func errNotOpen(seq uint64) error {
	return cloud.Errorf(cloud.Conflict, "IntentEnded", "intent %d is not open: it has ended already", seq)
}

func errNotUnfinished(seq uint64) error {
	return cloud.Errorf(cloud.NotFound, "NoSuchIntent", "record %d is not an intent that an earlier run left unfinished", seq)
}
