package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
)

// version is the version of the records that are written.
const version = "1.11"

// record is a record as it stands in a log file, in AWS's order.
type record struct {
	Version      string          `json:"eventVersion"`
	Identity     userIdentity    `json:"userIdentity"`
	Time         string          `json:"eventTime"`
	Source       string          `json:"eventSource"`
	Name         string          `json:"eventName"`
	Region       cloud.Region    `json:"awsRegion"`
	SourceIP     string          `json:"sourceIPAddress"`
	UserAgent    string          `json:"userAgent"`
	ErrorCode    string          `json:"errorCode,omitempty"`
	ErrorMessage string          `json:"errorMessage,omitempty"`
	Parameters   json.RawMessage `json:"requestParameters"`
	Elements     json.RawMessage `json:"responseElements"`
	Additional   *s3Data         `json:"additionalEventData,omitempty"`
	RequestID    string          `json:"requestID"`
	ID           string          `json:"eventID"`
	ReadOnly     bool            `json:"readOnly"`
	Resources    []listed        `json:"resources,omitempty"`
	Type         string          `json:"eventType"`
	APIVersion   string          `json:"apiVersion,omitempty"`
	Management   bool            `json:"managementEvent"`
	Recipient    cloud.Account   `json:"recipientAccountId"`
	SharedID     string          `json:"sharedEventID,omitempty"`
	Category     Category        `json:"eventCategory"`
	TLS          *tlsDetails     `json:"tlsDetails,omitempty"`
	FromConsole  string          `json:"sessionCredentialFromConsole,omitempty"`
}

// apiVersions are what apiVersion says of the services that tell it.
var apiVersions = map[string]string{"elasticloadbalancing": "2015-12-01", "logs": "20140328"}

// Of returns the events that an entry of the journal is: one for each account that
// it concerns, the caller's first. There is none of a call that has not ended, that
// CloudTrail does not record, or whose caller nobody knows: as with AWS, a wrong
// signature is in no trail, and in the journal alone.
//
// The same entry always gives the same events, with the same IDs.
func Of(e *journal.Entry) ([]Event, error) { return all(e, record.whole) }

// Facts is Of without the records themselves, for whoever looks at what events are found
// by: that is half of the work.
func Facts(e *journal.Entry) ([]Event, error) {
	return all(e, func(r record, e *journal.Entry) (Event, error) { return r.event(e, nil), nil })
}

// all returns the events that an entry is, made of what they are found by.
func all(e *journal.Entry, event func(record, *journal.Entry) (Event, error)) ([]Event, error) {
	if !recorded(e) {
		return nil, nil
	}
	accounts := accountsOf(e)
	events := make([]Event, 0, len(accounts))
	for _, account := range accounts {
		one, err := event(of(e, account, len(accounts) > 1), e)
		if err != nil {
			return nil, fmt.Errorf("the CloudTrail record of call %d: %w", e.Number, err)
		}
		events = append(events, one)
	}
	return events, nil
}

// recorded says whether CloudTrail records a call.
func recorded(e *journal.Entry) bool {
	switch {
	case e.Operation == "", e.Outcome == cloud.Begun, e.Event == string(api.Unrecorded):
		return false
	case e.Principal.Type != cloud.Anonymous:
		return true
	}
	// Who signs nothing may be let in, or turned away; who signs wrongly, or shows a
	// token that is none, is nobody.
	switch {
	case e.AccessKeyID != "":
		return false
	case e.Outcome == cloud.Refused:
		return e.Code == "AccessDenied"
	}
	return e.Service == s3 || e.Outcome != cloud.Failed
}

// of returns the record that an entry is to an account, as far as it is found by it.
func of(e *journal.Entry, account cloud.Account, shared bool) record {
	r := record{
		Version: version, Identity: identityOf(e, account), Time: ended(e).Format(time.RFC3339), Source: e.Service + ".amazonaws.com", Name: nameOf(e),
		Region: regionOf(e), SourceIP: e.SourceIP, UserAgent: e.UserAgent, ErrorMessage: e.Message,
		RequestID: e.RequestID,
		ID:        idOf(e, string(account)), ReadOnly: reads(e), Resources: listedOf(e), Type: "AwsApiCall", APIVersion: apiVersions[e.Service], Management: e.Event != string(api.Data),
		Recipient: account, Category: Management,
	}
	if r.ErrorCode = e.EventCode; r.ErrorCode == "" {
		r.ErrorCode = e.Code
	}
	switch {
	case e.InvokedBy != "":
		r.SourceIP, r.UserAgent = e.InvokedBy, e.InvokedBy
	case e.SourceIP == "":
		r.SourceIP = "AWS Internal"
	}
	if r.UserAgent == "" {
		r.UserAgent = "-"
	}
	if e.Service == s3 && e.InvokedBy == "" {
		r.UserAgent = "[" + r.UserAgent + "]"
	}
	if !r.Management {
		r.Category = Data
	}
	if shared {
		r.SharedID = idOf(e, "shared")
	}
	if e.Principal.Session != nil && e.Principal.Session.Console {
		r.FromConsole = "true"
	}
	return r
}

// whole returns the event of a record with its text.
func (r record) whole(e *journal.Entry) (Event, error) {
	r.Parameters, r.Elements, r.Additional, r.TLS = parametersOf(e), sized(e.Elements, "responseElements"), additionalOf(e), tlsOf(e)
	if e.LostBytes > 0 {
		r.Elements = omitted("responseElements", e.LostBytes)
	}
	text, err := marshal(&r)
	return r.event(e, text), err
}

// event returns the record with what it is found by.
func (r *record) event(e *journal.Entry, text []byte) Event {
	return Event{
		ID: r.ID, Time: ended(e), Name: r.Name, Source: r.Source, Type: r.Type, Category: r.Category, Region: r.Region, Account: r.Recipient,
		ReadOnly: strconv.FormatBool(r.ReadOnly), RequestID: r.RequestID, SharedID: r.SharedID, AccessKeyID: r.Identity.AccessKeyID,
		Username: r.Identity.username(), Identity: r.Identity.summary(), SourceIP: r.SourceIP, UserAgent: r.UserAgent,
		FromConsole: r.FromConsole != "", ErrorCode: r.ErrorCode, ErrorMessage: r.ErrorMessage,
		Resources: touched(e, r.Resources), JSON: text,
	}
}

// marshal writes a record as AWS does: characters of HTML stand as they are.
func marshal(r *record) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// ended is when a call was over, in whole seconds as records have them.
func ended(e *journal.Entry) time.Time { return e.Time.Add(e.Took()).UTC().Truncate(time.Second) }

func nameOf(e *journal.Entry) string {
	if e.EventName != "" {
		return e.EventName
	}
	return e.Operation
}

// regionOf is where a call is recorded: of a service without regions in the first.
func regionOf(e *journal.Entry) cloud.Region {
	switch e.Service {
	case "iam", "organizations", "route53", "cloudfront":
		return "us-east-1"
	}
	return e.Region
}

// reads says whether a call is said to read only. Of an operation that is not
// supported nothing is known but its name.
func reads(e *journal.Entry) bool {
	if e.Event != "" {
		return !e.Changes || e.EventReads
	}
	for _, verb := range []string{"BatchGet", "Describe", "Get", "Head", "List", "Search"} {
		if strings.HasPrefix(e.Operation, verb) {
			return true
		}
	}
	return false
}

// idOf returns the ID of the event that an entry is to somebody. It follows from
// the ID that the call got when it came, which is chance, and from its place in the
// journal: nothing else has to be kept for it, and a journal that was brought back
// from a copy and goes on gives no ID twice.
func idOf(e *journal.Entry, to string) string {
	name := fmt.Appendf(nil, "%s\x00%d\x00%s", e.RequestID, e.Number, to)
	return uuid.NewHash(sha256.New(), uuid.Nil, name, 8).String()
}

// accountsOf returns in whose accounts a call is recorded: the caller's, and those
// that own what it touched, where it got that far. Who is turned away leaves no
// trace in the account of others, or anybody could fill it.
func accountsOf(e *journal.Entry) []cloud.Account {
	var accounts []cloud.Account
	add := func(account cloud.Account) {
		if isAccount(account) && !slices.Contains(accounts, account) {
			accounts = append(accounts, account)
		}
	}
	if e.Principal.Type != cloud.Anonymous {
		add(e.Account)
	}
	switch {
	case e.Outcome == cloud.Done, e.Outcome == cloud.Unknown, e.Principal.Type == cloud.Anonymous, e.Service == s3 && e.Outcome == cloud.Failed:
		for i := range e.Resources {
			if r := &e.Resources[i]; concerns(e, r) {
				add(ownerOf(e, r))
			}
		}
	}
	return accounts
}

// concerns says whether a call is about a resource, rather than using it: of a key
// with which S3 encrypts, KMS's own calls tell.
func concerns(e *journal.Entry, r *cloud.Resource) bool {
	service, _, _ := strings.Cut(strings.TrimPrefix(r.ARN, "arn:aws:"), ":")
	return service == e.Service || e.Service == "sts"
}

// ownerOf is whose a resource is.
func ownerOf(e *journal.Entry, r *cloud.Resource) cloud.Account {
	if r.Owner != "" {
		return r.Owner
	}
	if arn, err := cloud.ParseARN(r.ARN); err == nil && isAccount(arn.Account) {
		return arn.Account
	}
	return e.Account
}

func isAccount(account cloud.Account) bool {
	return len(account) == 12 && strings.Trim(string(account), "0123456789") == ""
}
