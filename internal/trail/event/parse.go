package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Parse reads one record of a log file, of AWS's or of ours, of any version that
// AWS ever wrote. It fails for what is no record: no JSON object, or one without
// eventTime, without eventVersion and eventID, or without a name. What a record
// says in a type other than AWS's stands in its JSON alone. JSON is a copy of data
// without the white space around it.
func Parse(data []byte) (Event, error) {
	var r struct {
		EventVersion  text       `json:"eventVersion"`
		EventID       text       `json:"eventID"`
		EventTime     text       `json:"eventTime"`
		EventName     text       `json:"eventName"`
		EventSource   text       `json:"eventSource"`
		EventType     text       `json:"eventType"`
		EventCategory text       `json:"eventCategory"`
		Management    text       `json:"managementEvent"`
		ReadOnly      text       `json:"readOnly"`
		Region        text       `json:"awsRegion"`
		Recipient     text       `json:"recipientAccountId"`
		RequestID     text       `json:"requestID"`
		SharedID      text       `json:"sharedEventID"`
		SourceIP      text       `json:"sourceIPAddress"`
		UserAgent     text       `json:"userAgent"`
		VPCEndpoint   text       `json:"vpcEndpointId"`
		FromConsole   text       `json:"sessionCredentialFromConsole"`
		ErrorCode     text       `json:"errorCode"`
		ErrorMessage  text       `json:"errorMessage"`
		Identity      identity   `json:"userIdentity"`
		Resources     []resource `json:"resources"`
		Parameters    members    `json:"requestParameters"`
		Insight       struct {
			EventName   text `json:"eventName"`
			EventSource text `json:"eventSource"`
		} `json:"insightDetails"`
		Activity struct { // of other software
			EventName   text `json:"eventName"`
			EventSource text `json:"eventSource"`
		} `json:"eventData"`
	}
	data = bytes.TrimSpace(data)
	if len(data) == 0 || data[0] != '{' {
		return Event{}, errors.New("a CloudTrail record is a JSON object, and this is none")
	}
	var wrongType *json.UnmarshalTypeError
	if err := json.Unmarshal(data, &r); err != nil && !errors.As(err, &wrongType) {
		return Event{}, fmt.Errorf("read a CloudTrail record: %w", err)
	}
	at, err := time.Parse(time.RFC3339, string(r.EventTime))
	if err != nil {
		return Event{}, fmt.Errorf("a CloudTrail record has the eventTime %q, which is not of the form 2026-11-30T08:00:00Z", shortened(string(r.EventTime)))
	}
	e := Event{
		ID: string(r.EventID), Time: at.UTC(), Name: string(r.EventName), Source: string(r.EventSource), Type: string(r.EventType),
		Region: cloud.Region(r.Region), Account: cloud.Account(r.Recipient), ReadOnly: r.ReadOnly.boolean(),
		RequestID: string(r.RequestID), SharedID: string(r.SharedID), AccessKeyID: string(r.Identity.AccessKeyID), Username: r.Identity.username(),
		Identity: r.Identity.summary(), SourceIP: string(r.SourceIP), UserAgent: string(r.UserAgent), VPCEndpoint: string(r.VPCEndpoint),
		FromConsole: r.FromConsole.boolean() == "true", ErrorCode: string(r.ErrorCode), ErrorMessage: string(r.ErrorMessage),
		JSON: bytes.Clone(data),
	}
	if e.Name == "" {
		e.Name, e.Source = string(r.Insight.EventName), string(r.Insight.EventSource)
	}
	if e.Name == "" {
		e.Name, e.Source = string(r.Activity.EventName), string(r.Activity.EventSource)
	}
	switch {
	case e.Name == "":
		return Event{}, errors.New("a CloudTrail record has no eventName")
	case e.ID == "" && r.EventVersion == "":
		return Event{}, errors.New("a CloudTrail record has neither eventID nor eventVersion")
	}
	if e.Account == "" {
		e.Account = e.Identity.Account // records before version 1.02 have no recipient
	}
	for _, found := range r.Resources {
		if listed, ok := found.listed(); ok {
			e.Resources = append(e.Resources, listed)
		}
	}
	e.Resources = named(e.Resources, e.Source, r.Parameters)
	e.Category = category(r.EventCategory, r.Management, &e)
	return e, nil
}

// category returns the category of a record; of an old one, which does not tell,
// the one that AWS would have given it.
func category(told, management text, e *Event) Category {
	switch {
	case told != "":
		return Category(told)
	case e.Type == "AwsCloudTrailInsight":
		return Insight
	case e.Type == "AwsVpceEvent":
		return NetworkActivity
	case management.boolean() == "true":
		return Management
	case management.boolean() == "false":
		return Data
	case e.Source == "lambda.amazonaws.com" && strings.HasPrefix(e.Name, "Invoke"):
		return Data
	}
	for _, r := range e.Resources {
		if r.Listed && r.Type == "AWS::S3::Object" {
			return Data
		}
	}
	return Management
}

// identity is userIdentity.
type identity struct {
	Type        text `json:"type"`
	PrincipalID text `json:"principalId"`
	ARN         text `json:"arn"`
	AccountID   text `json:"accountId"`
	AccessKeyID text `json:"accessKeyId"`
	UserName    text `json:"userName"`
	InvokedBy   text `json:"invokedBy"`
	Session     struct {
		Issuer struct {
			ARN text `json:"arn"`
		} `json:"sessionIssuer"`
	} `json:"sessionContext"`
}

func (i *identity) summary() Identity {
	return Identity{
		Type: string(i.Type), ARN: string(i.ARN), Principal: string(i.PrincipalID), Account: cloud.Account(i.AccountID),
		InvokedBy: string(i.InvokedBy), Issuer: string(i.Session.Issuer.ARN),
	}
}

func (i *identity) username() string {
	return username(string(i.Type), string(i.PrincipalID), string(i.UserName))
}

// resource is one of the record's resources. Some services write ARN, others
// arn, and S3 writes the prefix of many objects.
type resource struct {
	ARN     text `json:"ARN"` // encoding/json takes "arn" for it as well
	Prefix  text `json:"ARNPrefix"`
	Account text `json:"accountId"`
	Type    text `json:"type"`
}

func (r *resource) listed() (Resource, bool) {
	arn := string(r.ARN)
	if arn == "" {
		arn = string(r.Prefix)
	}
	if arn == "" {
		return Resource{}, false
	}
	return Resource{Type: string(r.Type), Name: nameIn(arn), ARN: arn, Account: cloud.Account(r.Account), Listed: true}, true
}

// text is a text of a record, which older or edited ones may have as a number, a
// truth or a list of texts.
type text string

// UnmarshalJSON implements json.Unmarshaler. It takes any value.
func (t *text) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '"':
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*t = text(s)
	case '[':
		var list []any // not of text, whose own lists would be read again on each level
		if err := json.Unmarshal(data, &list); err != nil {
			return err
		}
		var parts []string
		for _, element := range list {
			if s, ok := element.(string); ok {
				parts = append(parts, s)
			}
		}
		*t = text(strings.Join(parts, " "))
	case '{', 'n':
		*t = ""
	default:
		*t = text(data)
	}
	return nil
}

// boolean is "true", "false", or empty for all else.
func (t text) boolean() string {
	if b, err := strconv.ParseBool(strings.ToLower(string(t))); err == nil {
		return strconv.FormatBool(b)
	}
	return ""
}

// shortened is the beginning of a foreign text, for a message.
func shortened(s string) string {
	const most = 64
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
