package cloudtrail

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/cloudtraildataapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/event"
)

// Archive keeps events that are no calls made here.
type Archive interface {
	// Append keeps entries, and returns once they are durable.
	Append(ctx context.Context, entries ...archive.Entry) error
}

// Data answers the operation of service cloudtrail-data.
type Data struct{ service *Service }

// Data returns what takes events of other software through the channels that are kept
// here.
func (s *Service) Data() *Data { return &Data{s} }

// maxAuditBytes bounds what one call brings.
const maxAuditBytes = 1 << 20

// PutAuditEvents keeps events of other software in the event data stores that a channel
// goes into. Each event is taken or not by itself; those that are taken are durable once
// the call is answered.
func (d *Data) PutAuditEvents(ctx context.Context, in *cloudtraildataapi.PutAuditEventsInput) (*cloudtraildataapi.PutAuditEventsOutput, error) {
	c, stores, err := d.open(ctx, *in.ChannelArn)
	if err != nil {
		return nil, err
	}
	if err := checkAudit(in.AuditEvents); err != nil {
		return nil, err
	}
	out := &cloudtraildataapi.PutAuditEventsOutput{Failed: []cloudtraildataapi.ResultErrorEntry{}, Successful: []cloudtraildataapi.AuditEventResultEntry{}}
	now := time.Now().UTC().Truncate(time.Second)
	var entries []archive.Entry
	for i := range in.AuditEvents {
		given := &in.AuditEvents[i]
		id := uuid.NewString()
		made, refused := activity(&c, given, id, now)
		if refused == nil && len(stores) == 0 {
			refused = &refusal{"AccountNotSubscribed", "No event data store that the channel goes into takes events."}
		}
		if refused != nil {
			out.Failed = append(out.Failed, cloudtraildataapi.ResultErrorEntry{Id: given.Id, ErrorCode: &refused.code, ErrorMessage: &refused.message})
			continue
		}
		out.Successful = append(out.Successful, cloudtraildataapi.AuditEventResultEntry{Id: given.Id, EventID: &id})
		for n := range stores {
			entries = append(entries, archive.Entry{Account: stores[n].Account, Region: stores[n].Region, Origin: archive.Channel, Store: stores[n].arn(), Event: made})
		}
	}
	if len(entries) > 0 {
		if err := d.service.cfg.Archive.Append(ctx, entries...); err != nil {
			return nil, err
		}
	}
	// What is kept is kept: an error would have the caller send it again.
	if err := d.attempted(context.WithoutCancel(ctx), &c, out, now); err != nil {
		d.service.cfg.Log.ErrorContext(ctx, "note what came through a channel", "channel", c.arn(), "error", err)
	}
	return out, nil
}

// open returns the channel that an ARN names, and its stores that take events.
func (d *Data) open(ctx context.Context, given string) (c channel, stores []eventStore, err error) {
	arn, id, ok := ownARN(given, channelNoun)
	if !ok || !storeID.MatchString(id) {
		return c, nil, cloud.Errorf(cloud.Invalid, "InvalidChannelARN", "%s is not the ARN of a channel.", given)
	}
	if d.service.cfg.Archive == nil || arn.Region != cloud.CallOf(ctx).Region {
		return c, nil, cloud.Errorf(cloud.NotFound, "ChannelNotFound", "The channel %s was not found in %s.", given, cloud.CallOf(ctx).Region)
	}
	owner := cloud.WithCall(ctx, cloud.Call{Account: arn.Account, Region: arn.Region}) // who may use it has been decided
	return c, stores, d.service.view(owner, func(r resource.Reader) error {
		var found bool
		if c, found, err = channels.Find(r, string(arn.Region), id); err != nil {
			return err
		}
		if !found {
			return cloud.Errorf(cloud.NotFound, "ChannelNotFound", "The channel %s was not found.", given)
		}
		for _, destination := range c.Destinations {
			store, err := storeIn(owner, r, *destination.Location)
			switch {
			case cloud.KindOf(err) == cloud.NotFound:
			case err != nil:
				return err
			case store.status() == storeEnabled:
				stores = append(stores, store)
			}
		}
		return nil
	})
}

// checkAudit returns why all events of a call are refused.
func checkAudit(events []cloudtraildataapi.AuditEvent) error {
	seen, bytes := map[string]bool{}, 0
	for _, e := range events {
		if seen[*e.Id] {
			return cloud.Errorf(cloud.Invalid, "DuplicatedAuditEventId", "Two or more entries in the request have the same event ID: %s.", *e.Id)
		}
		seen[*e.Id] = true
		if bytes += len(*e.EventData); bytes > maxAuditBytes {
			return cloud.Errorf(cloud.Invalid, "ValidationException", "The events of a request have at most %d bytes together.", maxAuditBytes)
		}
	}
	return nil
}

// refusal is why an event is not taken, in the words of PutAuditEvents.
type refusal struct{ code, message string }

func refuse(code, format string, args ...any) *refusal {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// activityRecord is an event of other software as event data stores have it.
//
// See https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-integration-event-schema.html
type activityRecord struct {
	Version   string           `json:"eventVersion"`
	Category  event.Category   `json:"eventCategory"`
	Type      string           `json:"eventType"`
	ID        string           `json:"eventID"`
	Time      string           `json:"eventTime"`
	Region    cloud.Region     `json:"awsRegion"`
	Recipient cloud.Account    `json:"recipientAccountId"`
	Metadata  activityMetadata `json:"metadata"`
	Data      json.RawMessage  `json:"eventData"`
}

type activityMetadata struct {
	Ingested string `json:"ingestionTime"`
	Channel  string `json:"channelARN"`
}

// activity returns an event as it is kept, or why it is not taken.
func activity(c *channel, given *cloudtraildataapi.AuditEvent, id string, now time.Time) (event.Event, *refusal) {
	if sum := sha256.Sum256([]byte(*given.EventData)); given.EventDataChecksum != nil && *given.EventDataChecksum != base64.StdEncoding.EncodeToString(sum[:]) {
		return event.Event{}, refuse("InvalidChecksum", "The checksum is not that of the event data, which is a SHA-256 hash in base64.")
	}
	at, refused := checkActivity(*given.EventData, c.Account)
	if refused != nil {
		return event.Event{}, refused
	}
	text, err := json.Marshal(activityRecord{
		Version: "1.0", Category: activities, Type: "ActivityLog", ID: id, Time: at.Format(time.RFC3339), Region: c.Region, Recipient: c.Account,
		Metadata: activityMetadata{now.Format(time.RFC3339), c.arn()}, Data: json.RawMessage(*given.EventData),
	})
	if err == nil {
		var made event.Event
		if made, err = event.Parse(text); err == nil {
			return made, nil
		}
	}
	return event.Event{}, refuse("InvalidData", "The event data is no event: %v", err)
}

// The bounds of the members of event data.
const (
	longestMember = 256
	longestObject = 28 << 10 // of one whose members are free
	longestEvent  = 128 << 10
)

// activityMember is a member of event data.
type activityMember struct {
	name     string
	required bool
	object   bool
}

var activityMembers = []activityMember{
	{"version", true, false},
	{"userIdentity", true, true},
	{"userAgent", false, false},
	{"eventSource", true, false},
	{"eventName", true, false},
	{"eventTime", true, false},
	{"UID", true, false},
	{"requestParameters", false, true},
	{"responseElements", false, true},
	{"errorCode", false, false},
	{"errorMessage", false, false},
	{"sourceIPAddress", false, false},
	{"recipientAccountId", true, false},
	{"additionalEventData", false, true},
}

// checkActivity returns the time of an event, or why it is not taken by the account of a
// channel.
func checkActivity(data string, account cloud.Account) (at time.Time, refused *refusal) {
	if len(data) > longestEvent {
		return at, refuse("FieldTooLong", "The event data has %d bytes, and %d are possible.", len(data), longestEvent)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(data), &members); err != nil || members == nil {
		return at, refuse("InvalidData", "The event data is no JSON object.")
	}
	texts := map[string]string{}
	for _, m := range activityMembers {
		text, refused := m.check(members[m.name])
		if refused != nil {
			return at, refused
		}
		texts[m.name] = text
	}
	if refused := checkActor(members["userIdentity"]); refused != nil {
		return at, refused
	}
	at, err := time.Parse(time.RFC3339, texts["eventTime"])
	switch source := strings.ToLower(texts["eventSource"]); {
	case err != nil:
		return at, refuse("InvalidData", "eventTime is not of the form 2026-11-30T08:00:00Z.")
	case texts["recipientAccountId"] != string(account):
		return at, refuse("InvalidRecipient", "recipientAccountId is not the account of the channel, %s.", account)
	case strings.HasSuffix(source, ".amazonaws.com") || source == "amazonaws.com":
		return at, refuse("InvalidEventSource", "eventSource is one of AWS's own.")
	}
	return at.UTC(), nil
}

// check returns a member that is a text, or why it cannot be.
func (m activityMember) check(value json.RawMessage) (text string, refused *refusal) {
	if len(value) == 0 || string(value) == "null" {
		if m.required {
			return "", refuse("FieldNotFound", "%s is required.", m.name)
		}
		return "", nil
	}
	if m.object {
		var object map[string]json.RawMessage
		switch {
		case json.Unmarshal(value, &object) != nil:
			return "", refuse("InvalidData", "%s is no JSON object.", m.name)
		case len(value) > longestObject:
			return "", refuse("FieldTooLong", "%s has %d bytes, and %d are possible.", m.name, len(value), longestObject)
		}
		return "", nil
	}
	if json.Unmarshal(value, &text) != nil {
		return "", refuse("InvalidData", "%s is no text.", m.name)
	}
	return text, checkLength(m.name, text, m.required)
}

func checkLength(name, text string, required bool) *refusal {
	switch n := utf8.RuneCountInString(text); {
	case n > longestMember:
		return refuse("FieldTooLong", "%s has %d characters, and %d are possible.", name, n, longestMember)
	case n == 0 && required:
		return refuse("FieldNotFound", "%s is required.", name)
	}
	return nil
}

// checkActor returns why userIdentity cannot be who did something.
func checkActor(value json.RawMessage) *refusal {
	var who map[string]json.RawMessage
	if json.Unmarshal(value, &who) != nil {
		return refuse("InvalidData", "userIdentity is no JSON object.")
	}
	for _, m := range []activityMember{{"type", true, false}, {"principalId", true, false}, {"details", false, true}} {
		if _, refused := m.check(who[m.name]); refused != nil {
			refused.message = "userIdentity: " + refused.message
			return refused
		}
	}
	return nil
}

// attempted notes with a channel what came through it last.
func (d *Data) attempted(ctx context.Context, of *channel, out *cloudtraildataapi.PutAuditEventsOutput, now time.Time) error {
	owner := cloud.WithCall(ctx, cloud.Call{Account: of.Account, Region: of.Region})
	return d.service.update(owner, func(tx resource.Tx) error {
		c, found, err := channels.Find(tx, string(of.Region), of.ID)
		if err != nil || !found {
			return err
		}
		c.Attempt, c.ErrorCode = now, ""
		if n := len(out.Successful); n > 0 {
			c.Success, c.SuccessID = now, *out.Successful[n-1].EventID
			c.AttemptID = c.SuccessID
		}
		if n := len(out.Failed); n > 0 {
			c.ErrorCode = *out.Failed[n-1].ErrorCode
			c.AttemptID = uuid.NewString() // AWS names an attempt that failed by an ID too, which nothing else has
		}
		return channels.Put(tx, c, string(c.Region), c.ID)
	})
}
