// Package engine runs analyzed queries.
//
// An Engine takes a plan and yields rows as text, spelled by Trino type. The
// engines are in the packages below: duckdb renders a plan and executes it on
// one machine.
package engine

import (
	"context"
	"time"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/plan"
)

// Engine runs queries. It is safe for concurrent use.
type Engine interface {
	// Run starts a query. An error before the first row comes from Run or from
	// the first Next. A failure of the statement is a *sqlerr.Error. The caller
	// must close the rows; cancelling ctx stops the query.
	Run(ctx context.Context, r Request) (Rows, error)
}

// Spelling says how a cell's value is written.
type Spelling int

// The spellings.
const (
	// Athena is the text of GetQueryResults and of the CSV: 2017-01-01 00:00:00.000, [1, 2], {a=1, b=2}.
	Athena Spelling = iota
	// Protocol is Trino's client protocol: each cell is a JSON value.
	Protocol
)

// Request is one query to run.
type Request struct {
	SQL      string // as the user wrote it, for an engine that passes it on
	Query    *plan.Query
	Now      time.Time // what now() yields, the same throughout the query
	Spelling Spelling
	// ScanLimit stops the query with ErrScanLimit when the objects that it has to
	// consider are more bytes than this; 0 means no limit.
	ScanLimit int64
	// Planned is told, once it is known what the query reads and before any of it is
	// read, a digest of that: of all partitions and objects, with their ETags and sizes. An
	// error ends the query and comes from Run. It may be nil.
	Planned func(read string) error
	// Progress is told how far decoding is; it may be nil and is called from
	// several goroutines.
	Progress func(Progress)
}

// Progress is how far the decoding of objects into columns has come.
type Progress struct {
	Objects, ObjectsTotal int
	Bytes, BytesTotal     int64 // of the objects as they are stored
	Rows                  int64
}

// Rows iterates over a result. It is used by one goroutine.
type Rows interface {
	// Next reads the next row; false at the end or on an error, which Err tells.
	Next() bool
	// Row returns the current row: one cell for each output column, nil for
	// NULL. It is valid until the next call of Next.
	Row() []*string
	Err() error
	// Stats is complete once Next has returned false.
	Stats() Stats
	// Close stops the query when it still runs. It may be called twice.
	Close() error
}

// Stats is what a query cost.
type Stats struct {
	BytesScanned int64 // sizes of the objects that the query had to consider, as AWS bills
	BytesRead    int64 // really read in this run
	Objects      int
	Rows         int64         // of all objects
	Planning     time.Duration // from the plan to the first statement for the engine, decoding included
	Execution    time.Duration
	Damage       []Damage       // objects with lines or records that did not parse
	Skipped      []lake.Skipped // objects that could not be read and were passed over
	Notes        []string       // what else the user must know, in sentences
}

// Damage is what is to be said of an object that was read: lines of it did not
// parse, it could not be read to its end, or its decoder saw something else.
type Damage struct {
	Object string // s3://bucket/key, or the path of a file
	Lines  int64
	First  string // where and why, such as "line 17: 14 fields expected, 9 found"
	Cut    bool   // it could not be read to its end
	Note   string // what else there was to see, such as bytes behind the compressed data
}

// ErrScanLimit is the failure of a query that would scan more than its limit.
var ErrScanLimit = scanLimitError{}

type scanLimitError struct{}

func (scanLimitError) Error() string { return "Bytes scanned limit was exceeded" }
