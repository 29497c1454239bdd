package event

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Event is one record and what it is filtered and found by. Texts are empty where
// the record does not say.
type Event struct {
	ID       string
	Time     time.Time // UTC
	Name     string    // eventName, such as "CreateRole"; of an insight, the name that it is about
	Source   string    // eventSource, such as "iam.amazonaws.com"
	Type     string    // eventType, such as "AwsApiCall"
	Category Category
	Region   cloud.Region
	Account  cloud.Account // recipientAccountId: in whose account it is recorded

	// ReadOnly is "true" or "false", and empty in old records, which do not say.
	ReadOnly string

	RequestID   string
	SharedID    string // sharedEventID, which the copies in several accounts have in common
	AccessKeyID string
	Username    string // as LookupEvents says it: of a user his name, of a session its own, "root"
	Identity    Identity

	SourceIP     string // sourceIPAddress: an address, or the name of a service
	UserAgent    string
	VPCEndpoint  string // vpcEndpointId
	FromConsole  bool   // sessionCredentialFromConsole
	ErrorCode    string
	ErrorMessage string

	// Resources are what the call touched: those that the record lists, by ARN, and
	// those that its parameters name.
	Resources []Resource

	// JSON is the record as it stands in a log file: one object, valid JSON.
	JSON json.RawMessage
}

// Category is eventCategory, in AWS's words.
type Category string

// The categories of events.
const (
	Management      Category = "Management"
	Data            Category = "Data"
	NetworkActivity Category = "NetworkActivity"
	Insight         Category = "Insight"
)

// Identity is userIdentity as far as records are found by it.
type Identity struct {
	Type      string // such as "AssumedRole"
	ARN       string
	Principal string        // principalId
	Account   cloud.Account // whose principal it is
	InvokedBy string
	Issuer    string // the ARN of the role or user that a session is of
}

// Resource is something that a call touched.
type Resource struct {
	Type    string // such as "AWS::IAM::Role"
	Name    string // as LookupEvents says it, such as "deployer"; never empty
	ARN     string // empty for one that the parameters alone name
	Account cloud.Account
	Listed  bool // it is among the record's own resources
}

// Denied says whether the caller was not allowed to do it, by the error codes in
// which AWS's services say so.
func (e *Event) Denied() bool {
	switch strings.TrimPrefix(e.ErrorCode, "Client.") { // as EC2 spells its own
	case "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "Forbidden", "NotAuthorized", "UnauthorizedAccess",
		"UnauthorizedException", "UnauthorizedOperation", "UnauthorizedOperationException":
		return true
	}
	return false
}
