package importer

import "fmt"

// Problem is what is to be said of a file, or of a record in it.
type Problem struct {
	Kind   string `json:"kind"`   // a state of files, or one of the kinds below
	Object string `json:"object"` // such as s3://BUCKET/KEY, or the path of a file
	Record int    `json:"record,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// The kinds of problems that are no states of files.
const (
	BadRecordKind  = "bad_record" // it is none of CloudTrail's
	DuplicatesKind = "duplicates" // of events that were there already
	ClockJumpKind  = "clock_jump" // the file is named by a time after it was written
)

// Problems returns what is to be said of a file of that name.
func (o *Outcome) Problems(name string) []Problem {
	var all []Problem
	if o.State != Imported && o.State != Digest {
		all = append(all, Problem{Kind: string(o.State), Object: name, Detail: o.Reason})
	}
	for _, bad := range o.BadRecords {
		all = append(all, Problem{Kind: BadRecordKind, Object: name, Record: bad.Record, Detail: bad.Reason})
	}
	if more := o.Bad - int64(len(o.BadRecords)); more > 0 {
		all = append(all, Problem{Kind: BadRecordKind, Object: name, Detail: fmt.Sprintf("%d more records are none", more)})
	}
	if o.Duplicates > 0 && !o.Known {
		what := "1 event was there already"
		if o.Duplicates > 1 {
			what = fmt.Sprintf("%d events were there already", o.Duplicates)
		}
		all = append(all, Problem{Kind: DuplicatesKind, Object: name, Detail: what})
	}
	if o.Jump != "" {
		all = append(all, Problem{Kind: ClockJumpKind, Object: name, Detail: o.Jump})
	}
	return all
}
