package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/smithy-go"

	"github.com/sillok/sillok/internal/trail/event"
)

// eventsQuestion are the flags that say which events are meant.
type eventsQuestion struct {
	who, key, what, resource, kind, from, region, account, outcome, failure, category, since, until string
	changes, denied, utc                                                                            bool
}

var (
	accessKey = regexp.MustCompile(`^A[KS]IA[A-Z0-9]{4,}$`)
	eventName = regexp.MustCompile(`^[A-Z][A-Za-z0-9_]*$`)
	source    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
)

// outcomes are the values of --outcome, and how LookupEvents has them.
var outcomes = map[string]string{"any": "", "succeeded": "Succeeded", "failed": "Failed", "denied": "Denied"}

// lookups is the name of the calls by which events are looked up.
const lookups = "LookupEvents"

func (q *eventsQuestion) zone() *time.Location {
	if q.utc {
		return time.UTC
	}
	return time.Local
}

// input returns what LookupEvents is asked.
func (q *eventsQuestion) input(now time.Time) (*cloudtrail.LookupEventsInput, error) {
	service, name, whatErr := q.named()
	since, until, spanErr := q.span(now)
	in := &cloudtrail.LookupEventsInput{EventCategory: types.EventCategory(q.category), StartTime: since, EndTime: until}
	who, readOnly, outcome := "Principal", "", outcomes[q.outcome]
	if accessKey.MatchString(q.who) {
		who = "AccessKeyId"
	}
	if service != "" {
		service = short(service) + ".amazonaws.com"
	}
	if q.changes {
		readOnly = "false"
	}
	var deniedErr error
	if q.denied {
		outcome = outcomes["denied"]
		if q.outcome == "succeeded" {
			deniedErr = errors.New("denied: what was denied has not succeeded")
		}
	}
	for _, asked := range []struct{ attribute, value string }{
		{who, q.who},
		{"AccessKeyId", q.key},
		{"EventSource", service},
		{"EventName", name},
		{"ResourceName", q.resource},
		{"ResourceType", q.kind},
		{"SourceIPAddress", q.from},
		{"Region", q.region},
		{"RecipientAccountId", q.account},
		{"ReadOnly", readOnly},
		{"Outcome", outcome},
		{"ErrorCode", q.failure},
	} {
		if asked.value != "" {
			in.LookupAttributes = append(in.LookupAttributes, types.LookupAttribute{AttributeKey: types.LookupAttributeKey(asked.attribute), AttributeValue: &asked.value})
		}
	}
	return in, errors.Join(whatErr, spanErr, deniedErr)
}

// span returns from when to when events are asked for; nil for no limit.
func (q *eventsQuestion) span(now time.Time) (since, until *time.Time, err error) {
	var sinceErr, untilErr error
	if q.since != "" {
		at, _, err := moment("since", q.since, now, q.zone())
		since, sinceErr = new(inTime(at)), err
	}
	if q.until != "" {
		at, isDay, err := moment("until", q.until, now, q.zone())
		if isDay {
			at = at.AddDate(0, 0, 1).Add(-time.Second)
		}
		until, untilErr = new(inTime(at)), err
	}
	if err = errors.Join(sinceErr, untilErr); err == nil && since != nil && until != nil && until.Before(*since) {
		err = fmt.Errorf("since: %s is later than the end, %s", q.since, q.until)
	}
	return since, until, err
}

// inTime returns a time, or the nearest that the SDK can write: it counts nanoseconds.
func inTime(at time.Time) time.Time {
	first, last := time.Unix(0, 0), time.Date(2261, 1, 1, 0, 0, 0, 0, time.UTC)
	switch {
	case at.Before(first):
		return first
	case at.After(last):
		return last
	}
	return at
}

// named returns the service and the name of what was called, either of which may be
// empty: CreateRole, iam, iam:CreateRole.
func (q *eventsQuestion) named() (service, name string, err error) {
	if q.what == "" {
		return "", "", nil
	}
	service, name, both := strings.Cut(q.what, ":")
	switch {
	case both && name == "*":
		name = ""
	case !both && strings.IndexFunc(q.what, unicode.IsUpper) == 0:
		service, name = "", q.what
	}
	if service != "" && !source.MatchString(service) || name != "" && !eventName.MatchString(name) || service+name == "" {
		return "", "", fmt.Errorf("what: %q is neither the whole name of an event, such as CreateRole, nor a service, such as iam, nor both, such as iam:CreateRole", q.what)
	}
	return service, name, nil
}

// wantsLookups says whether the calls by which events are looked up are asked for.
func (q *eventsQuestion) wantsLookups() bool {
	service, name, _ := q.named() // was looked at before
	return name == lookups || name == "" && strings.HasPrefix(service, "cloudtrail")
}

// lookedUp is an event, with what LookupEvents says of it.
type lookedUp struct {
	event.Event

	names []string // of what it touched
}

func read(e *types.Event) (lookedUp, error) {
	record, err := event.Parse([]byte(aws.ToString(e.CloudTrailEvent)))
	if err != nil {
		return lookedUp{}, fmt.Errorf("event %s: %w", aws.ToString(e.EventId), err)
	}
	l := lookedUp{Event: record}
	for i := range e.Resources {
		l.names = append(l.names, aws.ToString(e.Resources[i].ResourceName))
	}
	return l, nil
}

// The pages of a listing. A person waits for the first.
const (
	firstPage = 50
	laterPage = 1000
)

// listed yields the events that a question finds, newest first.
func listed(ctx context.Context, client *cloudtrail.Client, in *cloudtrail.LookupEventsInput) iter.Seq2[lookedUp, error] {
	return func(yield func(lookedUp, error) bool) {
		asked := *in
		for size := int32(firstPage); ; size = laterPage {
			asked.MaxResults = &size
			page, err := lookUp(ctx, client, &asked)
			if err != nil {
				yield(lookedUp{}, err)
				return
			}
			for i := range page.Events {
				if e, err := read(&page.Events[i]); !yield(e, err) || err != nil {
					return
				}
			}
			if asked.NextToken = page.NextToken; page.NextToken == nil {
				return
			}
		}
	}
}

// lookUp asks for one page.
func lookUp(ctx context.Context, client *cloudtrail.Client, in *cloudtrail.LookupEventsInput) (*cloudtrail.LookupEventsOutput, error) {
	out, err := client.LookupEvents(ctx, in)
	if refused, ok := errors.AsType[smithy.APIError](err); ok {
		text := refused.ErrorCode() + ": " + refused.ErrorMessage()
		switch refused.ErrorCode() {
		case "InvalidLookupAttributesException", "InvalidEventCategoryException":
			text += " (a server with --strict has AWS's LookupEvents, which cannot find that)"
		}
		return nil, &refusedError{err, text}
	}
	return out, err
}
