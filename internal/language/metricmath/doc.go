// Package metricmath is CloudWatch's metric math: expressions over series of numbers.
//
// Parse reads an expression and refuses what AWS refuses: functions that there are not,
// and arguments that they do not take. Evaluate computes the expressions of a request,
// which may be about its metrics and about each other.
//
// A value is a number, a series, or an array of series. A point that is missing counts as
// 0 where another operand has one; a point that comes to no finite number is dropped. A
// number that is none makes what is computed from it so.
//
// The package reads nothing itself: who calls it gives the metrics, and a function that
// searches for others.
package metricmath

import (
	"context"
	"fmt"
)

// Series is a series of numbers.
type Series struct {
	Label  string
	Period int64 // in seconds
	Times  []int64
	Values []float64 // one for each of the times, which rise, in seconds since 1970
	// Of is what the caller knows the series by. It stays with what is computed from each
	// series of an array.
	Of any
}

// Query is a metric, or an expression, of a request.
type Query struct {
	ID         string
	Label      string // of the expression's series, where they are a part of an array; its ID where empty
	Expression *Expression
	Period     int32 // of the expression, in seconds; 0 where none was asked for
	Hidden     bool  // others are about it, and it is not returned itself

	// Of a query without an Expression:
	Given  []Series
	Array  bool // it is an array, not one series
	Metric bool // it is a plain metric: METRICS has it, and PERIOD takes it
}

// Search is a call of SEARCH.
type Search struct {
	Filter, Stat string
	Period       int32 // in seconds
}

// Request is what is computed at once.
type Request struct {
	Queries []Query // no ID twice
	// Grid returns the times that are asked for by a period: the first, and the one
	// before which the last is.
	Grid func(period int64) (from, to int64)
	// Search returns the series that a SEARCH is for; nil where none may search. An error
	// that is an *Error is told as one of the expression.
	Search func(ctx context.Context, s Search) ([]Series, error)
	// Band computes bands of what is expected; nil where there are none.
	Band Bander
}

// Error says why an expression is refused.
type Error struct {
	ID          string // of its query
	Message     string
	Unsupported bool // AWS takes it, we do not
}

// Error returns what AWS says.
func (e *Error) Error() string { return fmt.Sprintf("Error in expression '%s': %s", e.ID, e.Message) }

func refuse(format string, args ...any) error { return &Error{Message: fmt.Sprintf(format, args...)} }
