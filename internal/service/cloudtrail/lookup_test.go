package cloudtrail_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/postings"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/history"
)

func attribute(key, value string) cloudtrailapi.LookupAttribute {
	return cloudtrailapi.LookupAttribute{AttributeKey: &key, AttributeValue: &value}
}

func TestWhatLookupEventsAsks(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	mine, calls := []cloud.Account{servicetest.Account}, []event.Category{event.Management}
	region := history.Match{Attribute: history.Region, Value: string(servicetest.Region)}
	keys := []string{"EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"}
	var every []cloudtrailapi.LookupAttribute
	var matches []history.Match
	for _, key := range keys {
		every = append(every, attribute(key, "x"))
		matches = append(matches, history.Match{Attribute: history.Attribute(key), Value: "x"})
	}
	for name, tt := range map[string]struct {
		in     cloudtrailapi.LookupEventsInput
		strict bool
		want   history.Query
		code   string
	}{
		"nothing":           {want: history.Query{Accounts: mine, Categories: calls, Most: 50}},
		"nothing, strictly": {strict: true, want: history.Query{Accounts: mine, Categories: calls, Most: 50, Matches: []history.Match{region}, From: at.Add(-90 * 24 * time.Hour)}},
		"insights":          {in: cloudtrailapi.LookupEventsInput{EventCategory: new("insight")}, want: history.Query{Accounts: mine, Categories: []event.Category{event.Insight}, Most: 50}},
		"insights of somebody, strictly": {
			strict: true, in: cloudtrailapi.LookupEventsInput{EventCategory: new("insight"), LookupAttributes: []cloudtrailapi.LookupAttribute{attribute("Username", "ann")}},
			code: "InvalidLookupAttributesException",
		},
		"data":           {in: cloudtrailapi.LookupEventsInput{EventCategory: new("data")}, want: history.Query{Accounts: mine, Categories: []event.Category{event.Data}, Most: 50}},
		"data, strictly": {strict: true, in: cloudtrailapi.LookupEventsInput{EventCategory: new("data")}, code: "InvalidEventCategoryException"},
		"all categories": {in: cloudtrailapi.LookupEventsInput{EventCategory: new("all")}, want: history.Query{Accounts: mine, Categories: []event.Category{event.Management, event.Data, event.NetworkActivity, event.Insight}, Most: 50}},
		"no category":    {in: cloudtrailapi.LookupEventsInput{EventCategory: new("Management")}, code: "InvalidEventCategoryException"},
		"a few":          {in: cloudtrailapi.LookupEventsInput{MaxResults: new(int32(3))}, want: history.Query{Accounts: mine, Categories: calls, Most: 3}},
		"none":           {in: cloudtrailapi.LookupEventsInput{MaxResults: new(int32(0))}, code: "InvalidMaxResultsException"},
		"many":           {in: cloudtrailapi.LookupEventsInput{MaxResults: new(int32(1000))}, want: history.Query{Accounts: mine, Categories: calls, Most: 1000}},
		"too many":       {in: cloudtrailapi.LookupEventsInput{MaxResults: new(int32(1001))}, code: "InvalidMaxResultsException"},
		"many, strictly": {strict: true, in: cloudtrailapi.LookupEventsInput{MaxResults: new(int32(51))}, code: "InvalidMaxResultsException"},
		"all attributes": {in: cloudtrailapi.LookupEventsInput{LookupAttributes: every}, want: history.Query{Accounts: mine, Categories: calls, Most: 50, Matches: matches}},
		"what AWS has not": {
			in: cloudtrailapi.LookupEventsInput{LookupAttributes: []cloudtrailapi.LookupAttribute{
				attribute("Region", "us-east-1"), attribute("ErrorCode", "NoSuchBucket"), attribute("Principal", "ann"), attribute("Outcome", "Denied"),
				attribute("SourceIPAddress", "192.0.2.1"), attribute("EventIdPrefix", "0123abcd"), attribute("RecipientAccountId", string(servicetest.Account)),
			}},
			want: history.Query{Accounts: mine, Categories: calls, Most: 50, Matches: []history.Match{
				{Attribute: history.Region, Value: "us-east-1"},
				{Attribute: history.ErrorCode, Value: "NoSuchBucket"},
				{Attribute: history.Principal, Value: "ann"},
				{Attribute: history.Outcome, Value: "Denied"},
				{Attribute: history.SourceIP, Value: "192.0.2.1"},
				{Attribute: history.EventIDPrefix, Value: "0123abcd"},
			}},
		},
		"what AWS has not, strictly":   {strict: true, in: cloudtrailapi.LookupEventsInput{LookupAttributes: []cloudtrailapi.LookupAttribute{attribute("Principal", "ann")}}, code: "InvalidLookupAttributesException"},
		"an ID that is short":          {in: cloudtrailapi.LookupEventsInput{LookupAttributes: []cloudtrailapi.LookupAttribute{attribute("EventIdPrefix", "0123abc")}}, code: "InvalidLookupAttributesException"},
		"an order that is none":        {in: cloudtrailapi.LookupEventsInput{LookupAttributes: []cloudtrailapi.LookupAttribute{attribute("Order", "oldest")}}, code: "InvalidLookupAttributesException"},
		"the account of somebody else": {in: cloudtrailapi.LookupEventsInput{LookupAttributes: []cloudtrailapi.LookupAttribute{attribute("RecipientAccountId", "999999999999")}}, code: "AccessDeniedException"},
		"two, strictly":                {strict: true, in: cloudtrailapi.LookupEventsInput{LookupAttributes: every[:2]}, code: "InvalidLookupAttributesException"},
		"an unknown attribute":         {in: cloudtrailapi.LookupEventsInput{LookupAttributes: []cloudtrailapi.LookupAttribute{attribute("eventName", "x")}}, code: "InvalidLookupAttributesException"},
		"an empty value":               {in: cloudtrailapi.LookupEventsInput{LookupAttributes: []cloudtrailapi.LookupAttribute{attribute("EventName", "")}}, code: "InvalidLookupAttributesException"},
		"a long value":                 {in: cloudtrailapi.LookupEventsInput{LookupAttributes: []cloudtrailapi.LookupAttribute{attribute("EventName", strings.Repeat("_", 1001))}}, code: "InvalidLookupAttributesException"},
		"the longest value": {
			in:   cloudtrailapi.LookupEventsInput{LookupAttributes: []cloudtrailapi.LookupAttribute{attribute("EventName", strings.Repeat("_", 1000))}},
			want: history.Query{Accounts: mine, Categories: calls, Most: 50, Matches: []history.Match{{Attribute: history.EventName, Value: strings.Repeat("_", 1000)}}},
		},
		"a span":                  {in: cloudtrailapi.LookupEventsInput{StartTime: new(at.Add(-time.Hour)), EndTime: &at}, want: history.Query{Accounts: mine, Categories: calls, Most: 50, From: at.Add(-time.Hour), To: at}},
		"a span that is none":     {in: cloudtrailapi.LookupEventsInput{StartTime: &at, EndTime: new(at.Add(-time.Hour))}, code: "InvalidTimeRangeException"},
		"long ago, strictly":      {strict: true, in: cloudtrailapi.LookupEventsInput{EndTime: new(at.Add(-91 * 24 * time.Hour))}, code: "InvalidTimeRangeException"},
		"since long, strictly":    {strict: true, in: cloudtrailapi.LookupEventsInput{StartTime: new(at.Add(-300 * 24 * time.Hour))}, want: history.Query{Accounts: mine, Categories: calls, Most: 50, Matches: []history.Match{region}, From: at.Add(-90 * 24 * time.Hour)}},
		"since a day, strictly":   {strict: true, in: cloudtrailapi.LookupEventsInput{StartTime: new(at.Add(-24 * time.Hour))}, want: history.Query{Accounts: mine, Categories: calls, Most: 50, Matches: []history.Match{region}, From: at.Add(-24 * time.Hour)}},
		"a token that is made up": {in: cloudtrailapi.LookupEventsInput{NextToken: new("AAAA")}, code: "InvalidNextTokenException"},
		"a token that is no code": {in: cloudtrailapi.LookupEventsInput{NextToken: new("!")}, code: "InvalidNextTokenException"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, func(c *cloudtrail.Config) { c.Strict = tt.strict })
			call := cloud.CallOf(s.ctx)
			call.Time = at
			_, err := s.LookupEvents(cloud.WithCall(s.ctx, call), &tt.in)
			if tt.code != "" {
				servicetest.WantCode(t, err, tt.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			servicetest.Diff(t, tt.want, s.around.asked)
		})
	}
}

func TestOtherAccountsThatTheCallerMaySee(t *testing.T) {
	others := func(c *cloudtrail.Config) {
		c.Others = func(context.Context) ([]cloud.Account, error) { return []cloud.Account{"444455556666"}, nil }
	}
	s := newService(t, others)
	servicetest.Must(s.LookupEvents(s.ctx, &cloudtrailapi.LookupEventsInput{}))(t)
	servicetest.Diff(t, []cloud.Account{servicetest.Account, "444455556666"}, s.around.asked.Accounts)
	servicetest.Must(s.LookupEvents(s.ctx, &cloudtrailapi.LookupEventsInput{LookupAttributes: []cloudtrailapi.LookupAttribute{attribute("RecipientAccountId", "444455556666")}}))(t)
	servicetest.Diff(t, []cloud.Account{"444455556666"}, s.around.asked.Accounts)
	s = newService(t, others, strict)
	servicetest.Must(s.LookupEvents(s.ctx, &cloudtrailapi.LookupEventsInput{}))(t)
	servicetest.Diff(t, []cloud.Account{servicetest.Account}, s.around.asked.Accounts)
}

// Follow is asked in the place of Find, and says so by where it goes on.
func (a *around) Follow(_ context.Context, q history.Query) (history.Page, error) {
	a.asked = q
	return history.Page{Next: &history.Position{Logs: []history.Step{{Number: 77}}}}, nil
}

// Whoever asks in the order of recording goes on by tokens, which no listing takes.
func TestFollowing(t *testing.T) {
	s := newService(t)
	in := cloudtrailapi.LookupEventsInput{LookupAttributes: []cloudtrailapi.LookupAttribute{attribute("Order", "recorded"), attribute("Principal", "ann")}}
	first := servicetest.Must(s.LookupEvents(s.ctx, &in))(t)
	in.NextToken = first.NextToken
	servicetest.Must(s.LookupEvents(s.ctx, &in))(t)
	servicetest.Diff(t, history.Query{
		Accounts: []cloud.Account{servicetest.Account}, Categories: []event.Category{event.Management}, Most: 50,
		Matches: []history.Match{{Attribute: history.Principal, Value: "ann"}}, After: &history.Position{Logs: []history.Step{{Number: 77}}},
	}, s.around.asked)
	in.LookupAttributes = in.LookupAttributes[1:]
	_, err := s.LookupEvents(s.ctx, &in)
	servicetest.WantCode(t, err, "InvalidNextTokenException")
}

func TestAnEventAsLookupEventsShowsIt(t *testing.T) {
	s := newService(t)
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s.around.page = history.Page{Events: []event.Event{{
		ID: "e", Name: "CreateRole", ReadOnly: "false", Time: at, Source: "iam.amazonaws.com", Username: "ann", AccessKeyID: "AKIA", JSON: json.RawMessage(`{"a":1}`),
		Resources: []event.Resource{{Type: "AWS::IAM::Role", Name: "r"}, {Name: "arn:x", ARN: "arn:x", Listed: true}},
	}, {ID: "f", Name: "Bare", Time: at, Source: "x.amazonaws.com", JSON: json.RawMessage(`{}`)}}}
	got := servicetest.Must(s.LookupEvents(s.ctx, &cloudtrailapi.LookupEventsInput{}))(t)
	servicetest.Diff(t, &cloudtrailapi.LookupEventsOutput{Events: []cloudtrailapi.Event{{
		EventId: new("e"), EventName: new("CreateRole"), ReadOnly: new("false"), AccessKeyId: new("AKIA"), EventTime: &at, EventSource: new("iam.amazonaws.com"),
		Username: new("ann"), Resources: []cloudtrailapi.Resource{{ResourceType: new("AWS::IAM::Role"), ResourceName: new("r")}, {ResourceName: new("arn:x")}},
		CloudTrailEvent: new(`{"a":1}`),
	}, {
		EventId: new("f"), EventName: new("Bare"), EventTime: &at, EventSource: new("x.amazonaws.com"), Resources: []cloudtrailapi.Resource{}, CloudTrailEvent: new(`{}`),
	}}}, got)
}

// A token goes on with its own question alone.
func TestATokenIsBoundToItsQuestion(t *testing.T) {
	s := newService(t)
	next := history.Position{Key: postings.Key{Time: 7, Number: 8, Part: 9}}
	s.around.page = history.Page{Next: &next}
	asked := func() *cloudtrailapi.LookupEventsInput {
		return &cloudtrailapi.LookupEventsInput{LookupAttributes: []cloudtrailapi.LookupAttribute{attribute("Username", "ann")}, StartTime: new(time.Unix(5, 0))}
	}
	token := servicetest.Must(s.LookupEvents(s.ctx, asked()))(t).NextToken
	again := asked()
	again.NextToken, again.MaxResults = token, new(int32(7))
	servicetest.Must(s.LookupEvents(s.ctx, again))(t)
	servicetest.Diff(t, &next, s.around.asked.After)
	for name, change := range map[string]func(*cloudtrailapi.LookupEventsInput){
		"another value": func(in *cloudtrailapi.LookupEventsInput) { in.LookupAttributes[0].AttributeValue = new("bob") },
		"another time":  func(in *cloudtrailapi.LookupEventsInput) { in.StartTime = new(time.Unix(6, 0)) },
		"insights":      func(in *cloudtrailapi.LookupEventsInput) { in.EventCategory = new("insight") },
		"another token": func(in *cloudtrailapi.LookupEventsInput) { in.NextToken = new("QQ" + (*token)[2:]) },
	} {
		in := asked()
		in.NextToken = token
		change(in)
		_, err := s.LookupEvents(s.ctx, in)
		if servicetest.WantCode(t, err, "InvalidNextTokenException"); t.Failed() {
			t.Fatal(name)
		}
	}
	_, err := s.LookupEvents(servicetest.As(t, "444455556666", servicetest.Region), again)
	servicetest.WantCode(t, err, "InvalidNextTokenException")
}

func TestStrictlyTwiceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var codes []string
		look := func(s service, ctx context.Context) {
			_, err := s.LookupEvents(ctx, &cloudtrailapi.LookupEventsInput{})
			code := ""
			if err != nil {
				servicetest.WantCode(t, err, "ThrottlingException", "Rate exceeded")
				code = "throttled"
			}
			codes = append(codes, code)
		}
		s := newService(t, strict)
		for range 3 {
			look(s, s.ctx)
		}
		look(s, in(t, "us-east-1")) // each region by itself
		<-time.After(time.Second)
		look(s, s.ctx)
		free := newService(t)
		for range 3 {
			look(free, free.ctx)
		}
		if want := []string{"", "", "throttled", "", "", "", "", ""}; !slices.Equal(codes, want) {
			t.Errorf("%q", codes)
		}
	})
}
