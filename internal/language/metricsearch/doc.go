// Package metricsearch is the filters of CloudWatch's SEARCH: which metrics they are for.
//
// A filter begins with a schema, "{Namespace,Dimension,…}", which names the dimensions
// that a metric has, all of them, or has none. Terms follow it, with AND, OR, NOT and
// brackets. A term in double quotes is a whole name or value. Any other is words of one:
// a name is split where its case changes, at digits, and at what is neither.
package metricsearch

import "fmt"

// longest is how many characters a filter may have.
const longest = 1024

// Metric is what a filter looks at.
type Metric struct {
	Account, Namespace, Name string
	Dimensions               []Dimension
}

// Dimension is one of a metric.
type Dimension struct{ Name, Value string }

// Filter is a filter that was parsed.
type Filter struct {
	schema     []string // the names of all dimensions that a metric has; nil for any
	hasSchema  bool
	namespace  string // of the schema
	expression *node  // nil for all metrics
}

// Needs is what every metric has that a filter is for. Empty members say nothing.
type Needs struct {
	Namespace, Name string
	Dimensions      []Dimension // of which a value may be empty, for any
}

// Error says why a text is no filter.
type Error struct{ Message string }

// Error returns the message.
func (e *Error) Error() string { return e.Message }

func refuse(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }
