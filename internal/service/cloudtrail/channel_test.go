package cloudtrail_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/cloudtraildataapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/trail/archive"
)

// channeled is a service with an archive.
func channeled(tb testing.TB) (service, *archive.Archive) {
	tb.Helper()
	kept, err := archive.Open(tb.Context(), archive.Config{Dir: tb.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := kept.Close(); err != nil {
			tb.Error(err)
		}
	})
	return newService(tb, func(c *cloudtrail.Config) { c.Archive = kept }), kept
}

// storeOf makes an event data store of a category and returns its ARN.
func (s service) storeOf(tb testing.TB, name, category string) string {
	tb.Helper()
	made, err := s.CreateEventDataStore(s.ctx, &cloudtrailapi.CreateEventDataStoreInput{
		Name: &name, TerminationProtectionEnabled: new(false), AdvancedEventSelectors: []cloudtrailapi.AdvancedEventSelector{{
			FieldSelectors: []cloudtrailapi.AdvancedFieldSelector{{Field: new("eventCategory"), Equals: []string{category}}},
		}},
	})
	return *servicetest.Must(made, err)(tb).EventDataStoreArn
}

func into(stores ...string) (all []cloudtrailapi.Destination) {
	for _, store := range stores {
		all = append(all, cloudtrailapi.Destination{Type: new("EVENT_DATA_STORE"), Location: &store})
	}
	return all
}

func (s service) channel(tb testing.TB, name string, stores ...string) string {
	tb.Helper()
	made, err := s.CreateChannel(s.ctx, &cloudtrailapi.CreateChannelInput{Name: &name, Source: new("Custom"), Destinations: into(stores...)})
	return *servicetest.Must(made, err)(tb).ChannelArn
}

func TestChannels(t *testing.T) {
	s, _ := channeled(t)
	one, other, calls := s.storeOf(t, "one", "ActivityAuditLog"), s.storeOf(t, "other", "ActivityAuditLog"), s.storeOf(t, "calls", "Management")
	made := servicetest.Must(s.CreateChannel(s.ctx, &cloudtrailapi.CreateChannelInput{
		Name: new("app"), Source: new("Custom"), Destinations: into(one), Tags: []cloudtrailapi.Tag{{Key: new("team"), Value: new("a")}},
	}))(t)
	arn := *made.ChannelArn
	servicetest.Diff(t, cloudtrailapi.CreateChannelOutput{
		ChannelArn: &arn, Name: new("app"), Source: new("Custom"), Destinations: into(one), Tags: []cloudtrailapi.Tag{{Key: new("team"), Value: new("a")}},
	}, *made)
	got := cloudtrailapi.GetChannelOutput{ChannelArn: &arn, Name: new("app"), Source: new("Custom"), Destinations: into(one)}
	for _, name := range []string{arn, arn[strings.LastIndexByte(arn, '/')+1:]} {
		servicetest.Diff(t, got, *servicetest.Must(s.GetChannel(s.ctx, &cloudtrailapi.GetChannelInput{Channel: &name}))(t))
	}
	tags := servicetest.Must(s.ListTags(s.ctx, &cloudtrailapi.ListTagsInput{ResourceIdList: []string{arn}}))(t)
	servicetest.Diff(t, "team", *tags.ResourceTagList[0].TagsList[0].Key)
	nowhere := "arn:aws:cloudtrail:ap-northeast-2:111122223333:eventdatastore/00000000-0000-4000-8000-000000000000"
	for _, tt := range []struct {
		name string
		in   cloudtrailapi.CreateChannelInput
		code string
	}{
		{"a name that is taken", cloudtrailapi.CreateChannelInput{Name: new("app"), Source: new("Custom"), Destinations: into(one)}, "ChannelAlreadyExistsException"},
		{"a partner's source", cloudtrailapi.CreateChannelInput{Name: new("new"), Source: new("Partner"), Destinations: into(one)}, "InvalidSourceException"},
		{"a store of calls", cloudtrailapi.CreateChannelInput{Name: new("new"), Source: new("Custom"), Destinations: into(calls)}, "InvalidEventDataStoreCategoryException"},
		{"a store that is not there", cloudtrailapi.CreateChannelInput{Name: new("new"), Source: new("Custom"), Destinations: into(nowhere)}, "EventDataStoreNotFoundException"},
		{"no store", cloudtrailapi.CreateChannelInput{Name: new("new"), Source: new("Custom"), Destinations: into("arn:aws:s3:::logs")}, "EventDataStoreARNInvalidException"},
		{"a store twice", cloudtrailapi.CreateChannelInput{Name: new("new"), Source: new("Custom"), Destinations: into(one, one)}, "InvalidParameterException"},
		{"a service of AWS's", cloudtrailapi.CreateChannelInput{Name: new("new"), Source: new("Custom"), Destinations: []cloudtrailapi.Destination{{Type: new("AWS_SERVICE"), Location: new("x.amazonaws.com")}}}, "InvalidParameterException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.CreateChannel(s.ctx, &tt.in)
			servicetest.WantCode(t, err, tt.code)
		})
	}
	got.Name, got.Destinations = new("renamed"), into(other, one)
	changed := servicetest.Must(s.UpdateChannel(s.ctx, &cloudtrailapi.UpdateChannelInput{Channel: &arn, Name: got.Name, Destinations: got.Destinations}))(t)
	servicetest.Diff(t, cloudtrailapi.UpdateChannelOutput{ChannelArn: &arn, Name: got.Name, Source: got.Source, Destinations: got.Destinations}, *changed)
	servicetest.Diff(t, got, *servicetest.Must(s.GetChannel(s.ctx, &cloudtrailapi.GetChannelInput{Channel: &arn}))(t))
	second := s.channel(t, "app", one)
	_, err := s.UpdateChannel(s.ctx, &cloudtrailapi.UpdateChannelInput{Channel: &second, Name: got.Name})
	servicetest.WantCode(t, err, "ChannelAlreadyExistsException")
	// A page at a time.
	var listed []string
	for token := (*string)(nil); ; {
		page := servicetest.Must(s.ListChannels(s.ctx, &cloudtrailapi.ListChannelsInput{MaxResults: new(int32(1)), NextToken: token}))(t)
		for _, c := range page.Channels {
			listed = append(listed, *c.Name)
		}
		if token = page.NextToken; token == nil {
			break
		}
	}
	if len(listed) != 2 || listed[0] == listed[1] {
		t.Errorf("listed are %v", listed)
	}
	// A store that a channel goes into is not deleted.
	_, err = s.DeleteEventDataStore(s.ctx, &cloudtrailapi.DeleteEventDataStoreInput{EventDataStore: &other})
	servicetest.WantCode(t, err, "ChannelExistsForEDSException")
	servicetest.Must(s.DeleteChannel(s.ctx, &cloudtrailapi.DeleteChannelInput{Channel: &arn}))(t)
	servicetest.Must(s.DeleteEventDataStore(s.ctx, &cloudtrailapi.DeleteEventDataStoreInput{EventDataStore: &other}))(t)
	for given, code := range map[string]string{
		arn: "ChannelNotFoundException", "app": "ChannelARNInvalidException", one: "ChannelARNInvalidException",
		strings.Replace(second, "ap-northeast-2", "us-east-1", 1): "ChannelNotFoundException", strings.Replace(second, "111122223333", "444455556666", 1): "ChannelNotFoundException",
	} {
		_, err := s.GetChannel(s.ctx, &cloudtrailapi.GetChannelInput{Channel: &given})
		servicetest.WantCode(t, err, code)
		_, err = s.UpdateChannel(s.ctx, &cloudtrailapi.UpdateChannelInput{Channel: &given})
		servicetest.WantCode(t, err, code)
		_, err = s.DeleteChannel(s.ctx, &cloudtrailapi.DeleteChannelInput{Channel: &given})
		servicetest.WantCode(t, err, code)
	}
	for n := range 24 {
		s.channel(t, fmt.Sprint("more", n), one)
	}
	_, err = s.CreateChannel(s.ctx, &cloudtrailapi.CreateChannelInput{Name: new("toomany"), Source: new("Custom"), Destinations: into(one)})
	servicetest.WantCode(t, err, "ChannelMaxLimitExceededException")
}

func TestPoliciesOfChannels(t *testing.T) {
	s, _ := channeled(t)
	store := s.storeOf(t, "one", "ActivityAuditLog")
	arn := s.channel(t, "app", store)
	statement := func(action, resource, principal string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Principal":%s,"Action":%q,"Resource":%q}`, principal, action, resource)
	}
	document := func(statements ...string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	const put = "cloudtrail-data:PutAuditEvents"
	good := statement(put, arn, `{"AWS":["444455556666","777788889999"]}`)
	many := make([]string, 21)
	for i := range many {
		many[i] = good
	}
	for _, tt := range []struct{ name, policy, code string }{
		{"no JSON", "x", "ResourcePolicyNotValidException"},
		{"no statement", document(), "ResourcePolicyNotValidException"},
		{"another action", document(statement("cloudtrail:GetChannel", arn, `"*"`)), "ResourcePolicyNotValidException"},
		{"another resource", document(statement(put, arn+"x", `"*"`)), "ResourcePolicyNotValidException"},
		{"any resource", document(statement(put, "*", `"*"`)), "ResourcePolicyNotValidException"},
		{"too many statements", document(many...), "ResourcePolicyNotValidException"},
		{"too many principals", document(statement(put, arn, `{"AWS":["444455556666"`+strings.Repeat(`,"444455556666"`, 50)+`]}`)), "ResourcePolicyNotValidException"},
		{"nobody", document(fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}`, put, arn)), "ResourcePolicyNotValidException"},
		{"of a store's action and its own", document(strings.Replace(good, `"`+put+`"`, `["`+put+`","cloudtrail:StartQuery"]`, 1)), "ResourcePolicyNotValidException"},
		{"two accounts", document(good), ""},
		{"one statement that is no list, of everybody", `{"Version":"2012-10-17","Statement":` + statement(put, arn, `"*"`) + `}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := s.PutResourcePolicy(s.ctx, &cloudtrailapi.PutResourcePolicyInput{ResourceArn: &arn, ResourcePolicy: &tt.policy})
			if tt.code != "" {
				servicetest.WantCode(t, err, tt.code)
				return
			}
			servicetest.Diff(t, tt.policy, *servicetest.Must(out, err)(t).ResourcePolicy)
			servicetest.Diff(t, tt.policy, *servicetest.Must(s.GetResourcePolicy(s.ctx, &cloudtrailapi.GetResourcePolicyInput{ResourceArn: &arn}))(t).ResourcePolicy)
		})
	}
	servicetest.Must(s.DeleteResourcePolicy(s.ctx, &cloudtrailapi.DeleteResourcePolicyInput{ResourceArn: &arn}))(t)
	trail := s.create(t, s.ctx, "audit")
	for resource, code := range map[string]string{
		arn: "ResourcePolicyNotFoundException", trail: "ResourceTypeNotSupportedException", "arn:aws:s3:::logs": "ResourceARNNotValidException", "audit": "ResourceARNNotValidException",
		"arn:aws:cloudtrail:us-east-1:111122223333:channel/x": "ResourceNotFoundException", store: "ResourcePolicyNotFoundException",
		strings.Replace(arn, "111122223333", "444455556666", 1): "ResourceNotFoundException",
	} {
		_, err := s.GetResourcePolicy(s.ctx, &cloudtrailapi.GetResourcePolicyInput{ResourceArn: &resource})
		servicetest.WantCode(t, err, code)
		_, err = s.DeleteResourcePolicy(s.ctx, &cloudtrailapi.DeleteResourcePolicyInput{ResourceArn: &resource})
		servicetest.WantCode(t, err, code)
		if code != "ResourcePolicyNotFoundException" {
			_, err = s.PutResourcePolicy(s.ctx, &cloudtrailapi.PutResourcePolicyInput{ResourceArn: &resource, ResourcePolicy: new(document(good))})
			servicetest.WantCode(t, err, code)
		}
	}
}

// audit returns the JSON of an event of other software, changed.
func audit(change map[string]any) string {
	members := map[string]any{
		"version": "1", "userIdentity": map[string]any{"type": "User", "principalId": "ann", "details": map[string]any{"team": "a"}}, "eventSource": "shop.example", "eventName": "Refund",
		"eventTime": "2026-11-30T09:00:00+01:00", "UID": "u-1", "recipientAccountId": "111122223333", "requestParameters": map[string]any{"order": 7},
	}
	for name, value := range change {
		if members[name] = value; value == nil {
			delete(members, name)
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func put(s service, ctx context.Context, channel string, events ...cloudtraildataapi.AuditEvent) (*cloudtraildataapi.PutAuditEventsOutput, error) { //nolint:revive // the service comes first
	return s.Data().PutAuditEvents(ctx, &cloudtraildataapi.PutAuditEventsInput{ChannelArn: &channel, AuditEvents: events})
}

func auditEvent(id, data string) cloudtraildataapi.AuditEvent {
	return cloudtraildataapi.AuditEvent{Id: &id, EventData: &data}
}

func TestEachAuditEventIsTakenOrRefused(t *testing.T) {
	s, kept := channeled(t)
	store := s.storeOf(t, "one", "ActivityAuditLog")
	channel := s.channel(t, "app", store)
	sum := sha256.Sum256([]byte(audit(nil)))
	checked, wrong := auditEvent("checked", audit(nil)), auditEvent("wrong", audit(nil))
	checked.EventDataChecksum, wrong.EventDataChecksum = new(base64.StdEncoding.EncodeToString(sum[:])), new("AAAA")
	long := strings.Repeat("x", 257)
	codes := map[string]string{}
	events := []cloudtraildataapi.AuditEvent{auditEvent("plain", audit(nil)), checked, wrong}
	codes["wrong"] = "InvalidChecksum"
	for name, of := range map[string]struct{ data, code string }{
		"text":        {"hello", "InvalidData"},
		"list":        {"[]", "InvalidData"},
		"null":        {"null", "InvalidData"},
		"no-name":     {audit(map[string]any{"eventName": nil}), "FieldNotFound"},
		"empty-name":  {audit(map[string]any{"eventName": ""}), "FieldNotFound"},
		"no-uid":      {audit(map[string]any{"UID": nil}), "FieldNotFound"},
		"no-version":  {audit(map[string]any{"version": nil}), "FieldNotFound"},
		"no-who":      {audit(map[string]any{"userIdentity": nil}), "FieldNotFound"},
		"no-id":       {audit(map[string]any{"userIdentity": map[string]any{"type": "User"}}), "FieldNotFound"},
		"who-text":    {audit(map[string]any{"userIdentity": "ann"}), "InvalidData"},
		"long-name":   {audit(map[string]any{"eventName": long}), "FieldTooLong"},
		"long-agent":  {audit(map[string]any{"userAgent": long}), "FieldTooLong"},
		"large":       {audit(map[string]any{"requestParameters": map[string]any{"a": strings.Repeat("x", 28<<10)}}), "FieldTooLong"},
		"params-text": {audit(map[string]any{"requestParameters": "a"}), "InvalidData"},
		"number":      {audit(map[string]any{"eventName": 7}), "InvalidData"},
		"time":        {audit(map[string]any{"eventTime": "yesterday"}), "InvalidData"},
		"recipient":   {audit(map[string]any{"recipientAccountId": "444455556666"}), "InvalidRecipient"},
		"source":      {audit(map[string]any{"eventSource": "S3.amazonaws.com"}), "InvalidEventSource"},
		"more":        {audit(map[string]any{"ours": true, "errorCode": "E", "additionalEventData": map[string]any{"a": 1}, "responseElements": nil}), ""},
	} {
		events, codes[name] = append(events, auditEvent(name, of.data)), of.code
	}
	out := servicetest.Must(put(s, s.ctx, channel, events...))(t)
	got, ids := map[string]string{}, map[string]string{}
	for _, f := range out.Failed {
		got[*f.Id] = *f.ErrorCode
		if *f.ErrorMessage == "" {
			t.Errorf("%s is refused without a word", *f.Id)
		}
	}
	for _, ok := range out.Successful {
		got[*ok.Id], ids[*ok.EventID] = "", *ok.Id
	}
	codes["plain"], codes["checked"] = "", ""
	servicetest.Diff(t, codes, got)
	n := 0
	for entry, err := range kept.Cursor(0).Read(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		var record struct {
			EventCategory, EventType, EventID, EventTime, AwsRegion, RecipientAccountID string

			Metadata struct{ ChannelARN string }
			Data     json.RawMessage `json:"eventData"`
		}
		if err := json.Unmarshal(entry.Event.JSON, &record); err != nil {
			t.Fatal(err)
		}
		id := ids[record.EventID]
		if id == "" || record.EventCategory != "ActivityAuditLog" || record.EventTime != "2026-11-30T08:00:00Z" || record.RecipientAccountID != "111122223333" || record.Metadata.ChannelARN != channel {
			t.Errorf("kept is %s", entry.Event.JSON)
		}
		if entry.Store != store || entry.Origin != archive.Channel || entry.Account != servicetest.Account || entry.Region != servicetest.Region || entry.Event.Name != "Refund" {
			t.Errorf("kept is %+v", entry)
		}
		if id == "plain" {
			servicetest.Diff(t, audit(nil), string(record.Data))
		}
	}
	servicetest.Diff(t, len(out.Successful), n)
	status := servicetest.Must(s.GetChannel(s.ctx, &cloudtrailapi.GetChannelInput{Channel: &channel}))(t).IngestionStatus
	if status.LatestIngestionSuccessTime == nil || ids[*status.LatestIngestionSuccessEventID] == "" || status.LatestIngestionErrorCode == nil {
		t.Errorf("the channel says %+v", status)
	}
}

func TestAuditEventsThatAreAllRefused(t *testing.T) {
	s, kept := channeled(t)
	store := s.storeOf(t, "one", "ActivityAuditLog")
	channel := s.channel(t, "app", store)
	_, err := put(s, s.ctx, channel, auditEvent("a", audit(nil)), auditEvent("b", audit(nil)), auditEvent("a", audit(nil)))
	servicetest.WantCode(t, err, "DuplicatedAuditEventId")
	var large []cloudtraildataapi.AuditEvent
	for n := range 50 {
		large = append(large, auditEvent(fmt.Sprint(n), audit(map[string]any{"requestParameters": map[string]any{"a": strings.Repeat("x", 24<<10)}})))
	}
	_, err = put(s, s.ctx, channel, large...)
	servicetest.WantCode(t, err, "ValidationException")
	for given, code := range map[string]string{
		"arn:aws:s3:::logs": "InvalidChannelARN", store: "InvalidChannelARN", strings.Replace(channel, "ap-northeast-2", "us-east-1", 1): "ChannelNotFound",
		"arn:aws:cloudtrail:ap-northeast-2:111122223333:channel/00000000-0000-4000-8000-000000000000": "ChannelNotFound",
	} {
		_, err := put(s, s.ctx, given, auditEvent("a", audit(nil)))
		servicetest.WantCode(t, err, code)
	}
	// A channel whose stores take nothing takes nothing.
	servicetest.Must(s.DeleteChannel(s.ctx, &cloudtrailapi.DeleteChannelInput{Channel: &channel}))(t)
	servicetest.Must(s.DeleteEventDataStore(s.ctx, &cloudtrailapi.DeleteEventDataStoreInput{EventDataStore: &store}))(t)
	_, err = put(s, s.ctx, channel, auditEvent("a", audit(nil)))
	servicetest.WantCode(t, err, "ChannelNotFound")
	if kept.Next() != 1 {
		t.Errorf("%d events are kept", kept.Next()-1)
	}
}

// Whatever an event's data is, it is taken or refused in AWS's words, and what is taken
// can be read.
func FuzzAuditEvent(f *testing.F) {
	s, kept := channeled(f)
	channel := s.channel(f, "app", s.storeOf(f, "one", "ActivityAuditLog"))
	f.Add(audit(nil))
	f.Add(`{"userIdentity":{"type":1},"eventTime":"2026-11-30T08:00:00Z"}`)
	f.Add(`{"version":"\ud800","a":1}x`)
	c := kept.Cursor(0)
	f.Fuzz(func(t *testing.T, data string) {
		out, err := put(s, s.ctx, channel, auditEvent("a", data))
		if err != nil {
			if cloud.KindOf(err) != cloud.Invalid {
				t.Fatal(err)
			}
			return
		}
		if len(out.Failed)+len(out.Successful) != 1 {
			t.Fatalf("%+v", out)
		}
		for _, err := range c.Read(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
