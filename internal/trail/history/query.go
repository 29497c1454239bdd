package history

import (
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/postings"
	"github.com/sillok/sillok/internal/trail/event"
)

// Attribute is something that events are found by.
type Attribute string

// The attributes: those of LookupEvents, in AWS's words, and some more.
const (
	EventID      Attribute = "EventId"
	EventName    Attribute = "EventName"
	ReadOnly     Attribute = "ReadOnly"
	Username     Attribute = "Username"
	ResourceType Attribute = "ResourceType"
	ResourceName Attribute = "ResourceName"
	EventSource  Attribute = "EventSource"
	AccessKeyID  Attribute = "AccessKeyId"

	Region    Attribute = "Region"
	ErrorCode Attribute = "ErrorCode"
	Principal Attribute = "Principal" // the ARN of who called
)

// Match asks for events in which an attribute has a value.
type Match struct {
	Attribute Attribute
	Value     string
}

// Query asks for events. All that it says must hold.
type Query struct {
	Accounts []cloud.Account // in one of which the event is recorded; none finds nothing
	Category event.Category
	From, To time.Time // neither before nor after these, in whole seconds as events are; zero for no limit
	Matches  []Match
	After    *Position // only what is older than this one, in a listing that is newest first
	Most     int       // how many events to return at most
}

// Position is the place of an event among all, for a listing to go on behind it.
type Position = postings.Key

// Page is a part of a listing, newest first.
type Page struct {
	Events []event.Event
	// Next is where the listing goes on; nil where nothing is left.
	Next *Position
}

// values returns what an event has in each attribute, each pair once at least.
func values(e *event.Event, yield func(Attribute, string)) {
	one := func(a Attribute, value string) {
		if value != "" {
			yield(a, value)
		}
	}
	one(EventID, e.ID)
	one(EventName, e.Name)
	one(ReadOnly, e.ReadOnly)
	one(Username, e.Username)
	one(EventSource, e.Source)
	one(AccessKeyID, e.AccessKeyID)
	one(Region, string(e.Region))
	one(ErrorCode, e.ErrorCode)
	one(Principal, e.Identity.ARN)
	for i := range e.Resources {
		r := &e.Resources[i]
		one(ResourceType, r.Type)
		one(ResourceName, r.Name)
		if r.ARN != r.Name {
			one(ResourceName, r.ARN)
		}
	}
}

// holds says whether an event is what the query asks for, but for After.
func (q *Query) holds(e *recorded) bool {
	if !slices.Contains(q.Accounts, e.in) || e.Category != q.Category ||
		!q.From.IsZero() && e.Time.Before(q.From) || !q.To.IsZero() && e.Time.After(q.To) {
		return false
	}
	for _, m := range q.Matches {
		found := false
		values(&e.Event, func(a Attribute, value string) { found = found || a == m.Attribute && value == m.Value })
		if !found {
			return false
		}
	}
	return true
}

// terms returns the terms of an event: what an index finds it by. Each begins with
// category and account, which every query names.
func terms(e *recorded) []uint64 {
	all := []uint64{term(e.Category, e.in, "", "")}
	values(&e.Event, func(a Attribute, value string) { all = append(all, term(e.Category, e.in, a, value)) })
	slices.Sort(all)
	return slices.Compact(all)
}

// terms returns the terms that an event has which the query finds in an account.
func (q *Query) terms(account cloud.Account) []uint64 {
	if len(q.Matches) == 0 {
		return []uint64{term(q.Category, account, "", "")}
	}
	all := make([]uint64, len(q.Matches))
	for i, m := range q.Matches {
		all[i] = term(q.Category, account, m.Attribute, m.Value)
	}
	return all
}

func term(c event.Category, account cloud.Account, a Attribute, value string) uint64 {
	return postings.Term(strings.Join([]string{string(c), string(account), string(a), value}, "\x00"))
}
