package cloudtrail

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/history"
)

// History finds events.
type History interface {
	// Find returns the newest events that a query asks for.
	Find(ctx context.Context, q history.Query) (history.Page, error)
	// Follow returns those that were recorded from a place on, in that order.
	Follow(ctx context.Context, q history.Query) (history.Page, error)
}

// The limits of LookupEvents.
const (
	pageSize     = 50   // events of a page, unless another size is asked for; more are too many to AWS
	mostEvents   = 1000 // where AWS's limits do not hold
	longestValue = 2000 // of an attribute

	strictPast       = 90 * 24 * time.Hour // AWS looks back
	strictPace       = 2                   // calls a second of an account in a region
	strictAttributes = 1
)

// What AWS's LookupEvents has not, and ours has unless it is strict.
const (
	// order asks for another order than the newest first. Its one value is recorded:
	// the order in which calls were recorded. Then each answer has a token, which goes on
	// with what was recorded since; the first one has that alone.
	order history.Attribute = "Order"
	// recipient asks for the events of an account, instead of all that the caller may see.
	recipient history.Attribute = "RecipientAccountId"
)

const recorded = "recorded"

// attributes are by what events are looked up: AWS's, and those that are more.
var (
	attributes = []history.Attribute{
		history.EventID, history.EventName, history.ReadOnly, history.Username, history.ResourceType, history.ResourceName, history.EventSource, history.AccessKeyID,
	}
	moreAttributes = []history.Attribute{
		history.EventIDPrefix, history.Principal, history.Outcome, history.ErrorCode, history.Region, history.SourceIP, recipient, order,
	}
)

// categories are the values of EventCategory; to AWS there is insight alone.
var categories = map[string][]event.Category{
	insightEvents: {event.Insight}, "management": {event.Management}, "data": {event.Data},
	"all": {event.Management, event.Data, event.NetworkActivity, event.Insight},
}

const insightEvents = "insight"

// LookupEvents finds events of management, or insights, in event history: newest
// first, a page at a time. Unless it is strict, it finds those of all categories, and
// in the order in which they were recorded.
func (s *Service) LookupEvents(ctx context.Context, in *cloudtrailapi.LookupEventsInput) (*cloudtrailapi.LookupEventsOutput, error) {
	call := cloud.CallOf(ctx)
	q, err := s.query(ctx, in)
	if err != nil {
		return nil, err
	}
	if s.cfg.Strict && !s.pace.admit(call.Scope(), time.Now()) {
		return nil, cloud.Errorf(cloud.Throttled, "ThrottlingException", "Rate exceeded")
	}
	question, err := questionOf(call, in)
	if err != nil {
		return nil, err
	}
	if q.After, err = s.opened(in.NextToken, question); err != nil {
		return nil, err
	}
	find := s.cfg.History.Find
	if follows(in) {
		find = s.cfg.History.Follow
	}
	page, err := find(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &cloudtrailapi.LookupEventsOutput{Events: make([]cloudtrailapi.Event, len(page.Events))}
	for i := range page.Events {
		out.Events[i] = found(&page.Events[i])
	}
	if page.Next != nil {
		if out.NextToken, err = s.sealed(*page.Next, question); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// query returns what the input asks event history for, but for where to go on.
func (s *Service) query(ctx context.Context, in *cloudtrailapi.LookupEventsInput) (q history.Query, err error) {
	call := cloud.CallOf(ctx)
	q = history.Query{Accounts: []cloud.Account{call.Account}, Categories: []event.Category{event.Management}, Most: pageSize}
	if c := resource.Value(in.EventCategory); in.EventCategory != nil {
		q.Categories = categories[c]
		switch {
		case s.cfg.Strict && c != insightEvents:
			return q, cloud.Errorf(cloud.Invalid, "InvalidEventCategoryException", "Value %s for EventCategory is invalid. The one value is %s.", c, insightEvents)
		case q.Categories == nil:
			return q, cloud.Errorf(cloud.Invalid, "InvalidEventCategoryException", "Value %s for EventCategory is invalid. The values are %s.", c,
				strings.Join(slices.Sorted(maps.Keys(categories)), ", "))
		}
	}
	most := int32(mostEvents)
	if s.cfg.Strict {
		most = pageSize
	}
	if n := in.MaxResults; n != nil {
		if *n < 1 || *n > most {
			return q, cloud.Errorf(cloud.Invalid, "InvalidMaxResultsException", "MaxResults is 1 to %d, and %d was given.", most, *n)
		}
		q.Most = int(*n)
	}
	if q.Matches, err = s.matches(in.LookupAttributes); err != nil {
		return q, err
	}
	q.From, q.To = resource.Value(in.StartTime), resource.Value(in.EndTime)
	if in.StartTime != nil && in.EndTime != nil && q.From.After(q.To) {
		return q, cloud.Errorf(cloud.Invalid, "InvalidTimeRangeException", "StartTime is after EndTime.")
	}
	if s.cfg.Strict {
		err = withinWalls(&q, in, &call)
	} else {
		err = s.widen(ctx, &q, in)
	}
	return q, err
}

// withinWalls keeps a query to what AWS answers: one region, 90 days, and of insights what
// they are of.
func withinWalls(q *history.Query, in *cloudtrailapi.LookupEventsInput, call *cloud.Call) error {
	for _, m := range q.Matches {
		if slices.Contains(q.Categories, event.Insight) && m.Attribute != history.EventID && m.Attribute != history.EventName && m.Attribute != history.EventSource {
			return errAttributes("Value %s for AttributeKey is invalid. The values are EventId, EventName and EventSource for insight events.", m.Attribute)
		}
	}
	q.Matches = append(q.Matches, history.Match{Attribute: history.Region, Value: string(call.Region)})
	oldest := call.Time.Add(-strictPast)
	if call.Time.IsZero() {
		oldest = time.Now().Add(-strictPast)
	}
	if in.EndTime != nil && q.To.Before(oldest) {
		return cloud.Errorf(cloud.Invalid, "InvalidTimeRangeException", "EndTime is more than 90 days ago, and event history goes back that far.")
	}
	if q.From.Before(oldest) {
		q.From = oldest
	}
	return nil
}

// widen has a query ask in all accounts that the caller may see, or in that of them which
// it names.
func (s *Service) widen(ctx context.Context, q *history.Query, in *cloudtrailapi.LookupEventsInput) error {
	if s.cfg.Others != nil {
		others, err := s.cfg.Others(ctx)
		if err != nil {
			return err
		}
		q.Accounts = append(q.Accounts, others...)
	}
	for _, a := range in.LookupAttributes {
		account := cloud.Account(resource.Value(a.AttributeValue))
		switch {
		case history.Attribute(*a.AttributeKey) != recipient:
		case !slices.Contains(q.Accounts, account):
			return cloud.Errorf(cloud.Denied, "AccessDeniedException", "%s is not one of the accounts whose events you may look up.", account)
		default:
			q.Accounts = []cloud.Account{account}
		}
	}
	return nil
}

// follows says whether events are asked for in the order in which they were recorded.
func follows(in *cloudtrailapi.LookupEventsInput) bool {
	return slices.ContainsFunc(in.LookupAttributes, func(a cloudtrailapi.LookupAttribute) bool {
		return history.Attribute(resource.Value(a.AttributeKey)) == order
	})
}

// matches returns the attributes that are asked for.
func (s *Service) matches(given []cloudtrailapi.LookupAttribute) ([]history.Match, error) {
	if s.cfg.Strict && len(given) > strictAttributes {
		return nil, errAttributes("You can specify %d attribute, and %d were given.", strictAttributes, len(given))
	}
	if len(given) > mostEvents {
		return nil, errAttributes("You can specify %d attributes, and %d were given.", mostEvents, len(given))
	}
	known := attributes
	if !s.cfg.Strict {
		known = slices.Concat(attributes, moreAttributes)
	}
	var all []history.Match
	for _, a := range given {
		key, value := history.Attribute(resource.Value(a.AttributeKey)), resource.Value(a.AttributeValue)
		switch {
		case !slices.Contains(known, key):
			return nil, errAttributes("Value %s for AttributeKey is invalid. The values are %s.", key, strings.Trim(fmt.Sprint(known), "[]"))
		case key == order && value != recorded:
			return nil, errAttributes("The one value of attribute %s is %s.", key, recorded)
		case key == history.EventIDPrefix && len(value) < history.PrefixLength:
			return nil, errAttributes("The value of attribute %s has %d characters or more.", key, history.PrefixLength)
		case key != order && key != recipient:
			all = append(all, history.Match{Attribute: key, Value: value})
		}
		if n := length(resource.Value(a.AttributeValue)); n == 0 || n > longestValue {
			return nil, errAttributes("The value of attribute %s has 1 to %d characters, of which '_', ' ', ',' and a line break count twice.", *a.AttributeKey, longestValue)
		}
	}
	return all, nil
}

func errAttributes(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "InvalidLookupAttributesException", format, args...)
}

// length is how long an attribute's value is to CloudTrail.
func length(value string) int {
	n := utf8.RuneCountInString(value)
	for _, c := range value {
		if c == '_' || c == ' ' || c == ',' || c == '\n' {
			n++
		}
	}
	return n
}

// found returns an event as LookupEvents shows it.
func found(e *event.Event) cloudtrailapi.Event {
	shown := cloudtrailapi.Event{
		EventId: &e.ID, EventName: &e.Name, EventSource: &e.Source, EventTime: &e.Time, CloudTrailEvent: new(string(e.JSON)),
		Resources: []cloudtrailapi.Resource{}, ReadOnly: optional(e.ReadOnly), AccessKeyId: optional(e.AccessKeyID), Username: optional(e.Username),
	}
	for i := range e.Resources {
		shown.Resources = append(shown.Resources, cloudtrailapi.Resource{ResourceType: optional(e.Resources[i].Type), ResourceName: &e.Resources[i].Name})
	}
	return shown
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// questionOf is what a token is bound to: who asks what, whatever page.
func questionOf(call cloud.Call, in *cloudtrailapi.LookupEventsInput) ([]byte, error) {
	asked := *in
	asked.NextToken, asked.MaxResults = nil, nil
	text, err := json.Marshal(struct {
		Scope cloud.Scope
		Asked any
	}{call.Scope(), asked})
	sum := sha256.Sum256(text)
	return append([]byte("cloudtrail event history "), sum[:]...), err
}

// sealed returns the token of the page that goes on behind a position.
func (s *Service) sealed(next history.Position, question []byte) (*string, error) {
	text, err := json.Marshal(next)
	if err != nil {
		return nil, err
	}
	token, err := s.sealer.Seal(text, question)
	return new(base64.StdEncoding.EncodeToString(token)), err
}

// opened returns the position that a token goes on behind, nil without a token.
func (s *Service) opened(token *string, question []byte) (*history.Position, error) {
	if token == nil {
		return nil, nil //nolint:nilnil // the first page has none
	}
	refused := cloud.Errorf(cloud.Invalid, "InvalidNextTokenException", "The NextToken is not one that these parameters were answered with.")
	data, err := base64.StdEncoding.DecodeString(*token)
	if err != nil {
		return nil, refused
	}
	text, err := s.sealer.Open(data, question)
	if err != nil {
		return nil, refused
	}
	var at history.Position
	return &at, json.Unmarshal(text, &at)
}

// pace counts the calls of each account and region in the second that is running.
type pace struct {
	mu     sync.Mutex
	second time.Time
	counts map[cloud.Scope]int
}

func (p *pace) admit(scope cloud.Scope, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.second) >= time.Second || now.Before(p.second) {
		p.second, p.counts = now, map[cloud.Scope]int{}
	}
	p.counts[scope]++
	return p.counts[scope] <= strictPace
}
