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

	EventIDPrefix Attribute = "EventIdPrefix" // how an ID begins, in PrefixLength characters or more
	Region        Attribute = "Region"
	ErrorCode     Attribute = "ErrorCode"
	Outcome       Attribute = "Outcome" // one of the outcomes below
	SourceIP      Attribute = "SourceIPAddress"
	// Principal is who called, in any way in which a person may say that: the ARN, the
	// unique ID or the name of a user, a role or a session of one; an account; the
	// service through which it came.
	Principal Attribute = "Principal"
)

// The values of Outcome. What was denied has failed, too.
const (
	Succeeded = "Succeeded"
	Failed    = "Failed"
	Denied    = "Denied"
)

// PrefixLength is how many characters of an ID find an event.
const PrefixLength = 8

// Match asks for events in which an attribute has a value.
type Match struct {
	Attribute Attribute
	Value     string
}

// Query asks for events. All that it says must hold.
type Query struct {
	Accounts   []cloud.Account // in one of which the event is recorded; none finds nothing
	Categories []event.Category
	From, To   time.Time // neither before nor after these, in whole seconds as events are; zero for no limit
	Matches    []Match
	After      *Position // where the page before ended
	Most       int       // how many events to return at most
}

// Position is where a listing goes on.
type Position struct {
	// Key is the place of an event among all: what is newest first goes on behind it.
	Key postings.Key
	// Logs are where each log goes on, for what is in the order of recording.
	Logs []Step
}

// Step is a place in a log: a record, and which of its events.
type Step struct {
	Number uint64
	Part   uint32
}

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
	one(SourceIP, e.SourceIP)
	switch {
	case e.Category == event.Insight: // which is no call
	case e.ErrorCode == "":
		one(Outcome, Succeeded)
	default:
		one(Outcome, Failed)
		if e.Denied() {
			one(Outcome, Denied)
		}
	}
	i := &e.Identity
	for _, name := range []string{i.ARN, i.Principal, string(i.Account), i.Issuer, i.Issuer[strings.LastIndexByte(i.Issuer, '/')+1:], i.InvokedBy, e.Username} {
		one(Principal, name)
	}
	for i := range e.Resources {
		r := &e.Resources[i]
		one(ResourceType, r.Type)
		one(ResourceName, r.Name)
		if r.ARN != r.Name {
			one(ResourceName, r.ARN)
		}
	}
}

// holds says whether a value is what the match asks for.
func (m Match) holds(a Attribute, value string) bool {
	if m.Attribute == EventIDPrefix {
		return a == EventID && len(m.Value) >= PrefixLength && strings.HasPrefix(value, m.Value)
	}
	return a == m.Attribute && value == m.Value
}

// holds says whether an event is what the query asks for, but for After.
func (q *Query) holds(e *recorded) bool {
	if !slices.Contains(q.Accounts, e.in) || !slices.Contains(q.Categories, e.Category) ||
		!q.From.IsZero() && e.Time.Before(q.From) || !q.To.IsZero() && e.Time.After(q.To) {
		return false
	}
	for _, m := range q.Matches {
		found := false
		values(&e.Event, func(a Attribute, value string) { found = found || m.holds(a, value) })
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

// sets returns what the query finds events by: a set for each account and category.
func (q *Query) sets() []postings.Set {
	var sets []postings.Set
	for _, account := range q.Accounts {
		for _, c := range q.Categories {
			set := postings.Set{Of: term(c, account, "", "")}
			for _, m := range q.Matches {
				set.All = append(set.All, term(c, account, m.Attribute, m.Value))
			}
			sets = append(sets, set)
		}
	}
	return sets
}

// term returns the term of a value. That of an ID is of how it begins: few others
// begin so, and a person need not type all of it.
func term(c event.Category, account cloud.Account, a Attribute, value string) uint64 {
	if a == EventID || a == EventIDPrefix {
		a, value = EventID, value[:min(len(value), PrefixLength)]
	}
	return postings.Term(strings.Join([]string{string(c), string(account), string(a), value}, "\x00"))
}
