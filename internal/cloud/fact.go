package cloud

import (
	"context"
	"encoding/json"
	"time"
)

// Resource is something that a call touches, and the action that must be allowed
// on it. An ARN with a "*" in place of a name means any of these.
type Resource struct {
	Action string `json:"action"`         // IAM's, such as "glue:GetTable"
	Type   string `json:"type,omitempty"` // the service authorization reference's noun, such as "table"; empty where the caller named the ARN
	ARN    string `json:"arn"`

	// Owner is whose it is, where that is known and is not the caller's account: it
	// is filled in while the call is decided.
	Owner Account `json:"owner,omitempty"`

	// Each says that the operation itself asks whether this one may be touched, and
	// answers a refusal by itself.
	Each bool `json:"-"`
}

// Outcome says how a call ended.
type Outcome string

// The outcomes of a call.
const (
	Begun   Outcome = "begun"   // it is about to change something and has not ended yet
	Done    Outcome = "done"    // it was answered with what was asked for
	Refused Outcome = "refused" // the caller was not known, or not allowed to
	Failed  Outcome = "failed"  // any other error was answered
	Unknown Outcome = "unknown" // the server was gone before the call ended: what it meant to change may be changed or not
)

// Fact is what happened in one call, as it is kept for those who must know it
// later.
type Fact struct {
	Call       Call
	Action     string // IAM's action, such as "glue:GetTable"; empty where AWS has none
	Changes    bool   // it may change something
	Event      string // what kind of event it is to CloudTrail, in package api's words
	Resources  []Resource
	Parameters json.RawMessage // the input as CloudTrail shows it; nil when it was not read
	Outcome    Outcome
	Code       string // AWS's error code; empty when Done or Begun
	Message    string // the error's message as the caller got it, without what a wrong signature was made of
	Took       time.Duration

	EventName  string          // CloudTrail's name of the operation; empty for the operation's own
	EventReads bool            // CloudTrail calls it read-only whether or not Changes
	EventCode  string          // CloudTrail's error code; empty for Code
	Elements   json.RawMessage // the output as CloudTrail shows it; nil where it shows none
	Received   int64           // bytes of the body that came, of calls of S3 over HTTP
	Sent       int64           // bytes of the body that leaves, of the same
}

// Intent is a change that has begun and is written down. It must be ended, once.
type Intent interface {
	// End writes how the change ended, and returns once that is on disk.
	End(ctx context.Context, fact Fact) error
	// EndLater writes what End does and does not wait: it is on disk no later
	// than whatever is written after it.
	EndLater(ctx context.Context, fact Fact) error
}
