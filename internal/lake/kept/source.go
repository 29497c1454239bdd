package kept

import (
	"context"
	"iter"
	"time"
)

// Source is a log from which rows follow.
type Source interface {
	// Closed returns the parts to which nothing is added any more, oldest first.
	Closed() ([]Span, error)
	// Next returns the number that the next record will have.
	Next() uint64
	// Reader returns a reader of what ended with a record from number from on.
	Reader(from uint64) Reader
}

// Span is records of a log, by their numbers.
type Span struct{ First, Last uint64 }

// Reader reads a log. It is for one goroutine at a time.
type Reader interface {
	// Read yields what follows from each record, in the order of records, up to the last that is durable, and
	// goes on with what comes after that when it is called again. The same record
	// gives the same rows. What is lost is told elsewhere and passed over.
	Read(ctx context.Context) iter.Seq2[Item, error]
	// Next returns the number of the first record that was not read.
	Next() uint64
}

// Item is what follows from one record.
type Item struct {
	Number uint64
	Rows   []Row
}

// Row is a record of a table, as its format has it in a log file.
type Row struct {
	Table string // lower-case letters, digits and hyphens
	Time  time.Time
	Loose bool // the text does not tell the time in the form of the others, so that no object is left out for it
	Text  []byte
}
