package importer

import (
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// State is what became of a file.
type State string

// The states of a file.
const (
	Imported  State = "imported"  // its records were looked at to the last
	Foreign   State = "foreign"   // it is no log file of CloudTrail's
	Digest    State = "digest"    // it is a digest file, which has no events
	Truncated State = "truncated" // its end is missing
	Damaged   State = "damaged"   // it is not what was written, or too large
	Unread    State = "unread"    // it could not be read; the next import tries again
)

// Object is a file that may be a log file.
type Object struct {
	Source string // where it lies, such as "s3://my-logs"; the same name at each import
	Key    string // of it in there
	ETag   string // with the size tells whether it is still the same file
	Size   int64

	Modified time.Time // when it was written; zero where nobody knows
}

// Into says in whose history events come.
type Into struct {
	Importer cloud.Account
	// History returns the account in whose history the events of a recipient come; nil
	// is the importer's for all.
	History func(recipient cloud.Account) cloud.Account
	// Store is the ARN of the event data store that alone gets the events; empty for
	// event history.
	Store string
	// From and To leave out what is before or after; zero leaves out nothing.
	From, To time.Time
	// Sent says that somebody sends the files, and claims where they are from, their key,
	// ETag and size: they are told apart from those that are read where they lie.
	Sent bool
}

// about returns what tells the files of one import from those of another, beside who
// imports.
func (i Into) about() string {
	switch {
	case i.Sent:
		return fmt.Sprintf("sent %s %d %d", i.Store, i.From.Unix(), i.To.Unix())
	case i.Store == "":
		return ""
	}
	return fmt.Sprintf("%s %d %d", i.Store, i.From.Unix(), i.To.Unix())
}

// outside says whether an event of a time is left out.
func (i Into) outside(at time.Time) bool {
	return !i.From.IsZero() && at.Before(i.From) || !i.To.IsZero() && at.After(i.To)
}

func (i Into) of(recipient cloud.Account) cloud.Account {
	if i.History == nil {
		return i.Importer
	}
	return i.History(recipient)
}

// Outcome is what became of a file and of its records: all of them are imported,
// duplicates, bad or outside of the time that is asked for.
type Outcome struct {
	State      State       `json:"state"`
	Reason     string      `json:"reason,omitempty"` // why it is not Imported
	Known      bool        `json:"known,omitempty"`  // it was the same at an earlier import, and was not read again
	Records    int64       `json:"records"`
	Imported   int64       `json:"imported"`
	Duplicates int64       `json:"duplicates"` // events that were there already
	Bad        int64       `json:"bad"`        // records that are none of CloudTrail's
	Outside    int64       `json:"outside,omitempty"`
	BadRecords []BadRecord `json:"bad_records,omitempty"`
	Jump       string      `json:"clock_jump,omitempty"` // why its time is none
	At         time.Time   `json:"at,omitzero"`
}

// BadRecord is a record that is none of CloudTrail's.
type BadRecord struct {
	Record int    `json:"record"` // which of the file's, from 1
	Reason string `json:"reason"`
}

// mostBad is how many bad records of a file are told one by one.
const mostBad = 20

func (o *Outcome) bad(record int, reason string) {
	if o.Bad++; len(o.BadRecords) < mostBad {
		o.BadRecords = append(o.BadRecords, BadRecord{record, reason})
	}
}

// Whole says whether nothing of a file is left to wish for.
func (o *Outcome) Whole() bool {
	return (o.State == Imported || o.State == Foreign || o.State == Digest) && o.Bad == 0
}
