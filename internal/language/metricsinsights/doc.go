// Package metricsinsights is the queries of CloudWatch's Metrics Insights: SELECT of one
// function of one metric, over all series of it in a namespace, or those of a schema.
//
// Parse reads a query. Matches says which series it is about; a Run adds them up, and has
// the groups in the order in which CloudWatch returns them.
package metricsinsights

import "fmt"

// Function is what a query makes of samples.
type Function string

// The functions that there are.
const (
	Avg   Function = "AVG"
	Count Function = "COUNT"
	Max   Function = "MAX"
	Min   Function = "MIN"
	Sum   Function = "SUM"
)

var allFunctions = []Function{Avg, Count, Max, Min, Sum}

// AccountKey is the key of the account that a series is of.
const AccountKey = "AWS.AccountId"

// MostGroups is how many groups a query returns.
const MostGroups = 500

// Query is a query that was parsed.
type Query struct {
	Function          Function
	Metric, Namespace string
	Schema            []string // the names of all dimensions of a series, sorted
	HasSchema         bool     // without one, series of any dimensions
	Where             []Condition
	GroupBy           []string
	OrderBy           Function // empty for the order of names
	Descending        bool
	Limit             int // 0 for none
}

// Condition is that a dimension, or the account, has a value or has another.
type Condition struct {
	Key     string
	Not     bool
	Value   string
	Current bool // the value is the caller's account
}

// Series is what a query looks at.
type Series struct {
	Account, Namespace, Metric string
	Dimensions                 []Dimension
}

// Dimension is one of a series.
type Dimension struct{ Name, Value string }

// Error says why a query is refused.
type Error struct {
	Message     string
	Unsupported bool // AWS takes it, we do not
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

func refuse(format string, args ...any) error { return &Error{Message: fmt.Sprintf(format, args...)} }
