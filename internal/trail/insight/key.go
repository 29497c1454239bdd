package insight

import (
	"cmp"

	"github.com/sillok/sillok/internal/trail/event"
)

// Type is what is counted, in AWS's words.
type Type string

// The types of insights.
const (
	CallRate  Type = "ApiCallRateInsight"
	ErrorRate Type = "ApiErrorRateInsight"
)

// Key is one thing that is counted: the calls of an operation, or its errors of one
// code.
type Key struct {
	Type   Type   `json:"type"`
	Source string `json:"source"` // eventSource
	Name   string `json:"name"`   // eventName
	Code   string `json:"code,omitempty"`
}

func (k Key) compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Type, other.Type), cmp.Compare(k.Source, other.Source), cmp.Compare(k.Name, other.Name), cmp.Compare(k.Code, other.Code))
}

// Counts says whether an event is one that is counted.
func Counts(e *event.Event) bool {
	_, n := keysOf(e)
	return n > 0
}

// keysOf returns under which keys an event is counted: the rate of calls is of data
// events and of management events that change something, the rate of errors of all.
func keysOf(e *event.Event) (keys [2]Key, n int) {
	if e.Category == event.Data || e.ReadOnly == "false" {
		keys[n] = Key{Type: CallRate, Source: cut(e.Source), Name: cut(e.Name)}
		n++
	}
	if e.ErrorCode != "" {
		keys[n] = Key{Type: ErrorRate, Source: cut(e.Source), Name: cut(e.Name), Code: cut(e.ErrorCode)}
		n++
	}
	return keys, n
}
