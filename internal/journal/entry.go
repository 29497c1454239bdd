package journal

import (
	"encoding/json"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Entry is one call as the journal keeps and shows it.
type Entry struct {
	Number      uint64           `json:"number"` // of its first record: the order in which calls were written
	Time        time.Time        `json:"time"`   // when it arrived, UTC
	Service     string           `json:"service"`
	Operation   string           `json:"operation,omitempty"` // empty where the caller was refused before it was read
	Action      string           `json:"action,omitempty"`
	Account     cloud.Account    `json:"account,omitempty"`
	Region      cloud.Region     `json:"region,omitempty"`
	Principal   cloud.Principal  `json:"principal"`
	AccessKeyID string           `json:"access_key_id,omitempty"` // of an Anonymous principal: the one it claims
	InvokedBy   string           `json:"invoked_by,omitempty"`
	SourceARN   string           `json:"source_arn,omitempty"`
	SourceIP    string           `json:"source_ip,omitempty"`
	UserAgent   string           `json:"user_agent,omitempty"`
	RequestID   string           `json:"request_id"`
	Changes     bool             `json:"changes"`
	Event       string           `json:"event,omitempty"` // what kind of event it is to CloudTrail
	Resources   []cloud.Resource `json:"resources,omitempty"`
	LeftOut     int              `json:"resources_left_out,omitempty"` // how many more than Resources there were
	Parameters  json.RawMessage  `json:"parameters,omitempty"`         // in the form of CloudTrail's requestParameters

	EventName  string `json:"event_name,omitempty"`  // CloudTrail's name of the operation; empty for the operation's own
	EventReads bool   `json:"event_reads,omitempty"` // CloudTrail calls it read-only whether or not Changes
	Endpoint   string `json:"endpoint,omitempty"`    // where the client called, such as "https://logs.storage.example"
	TLS        string `json:"tls,omitempty"`         // version of its connection, such as "1.3"
	Cipher     string `json:"cipher,omitempty"`      // of it, in Go's words
	Signature  string `json:"signature,omitempty"`   // by which version a call of S3 was signed, such as "AWS4-HMAC-SHA256"
	SignedIn   string `json:"signed_in,omitempty"`   // and in which way, such as "REST-HEADER"

	ending
}

// ending is how a call ended: the whole of an end's record.
type ending struct {
	Outcome      cloud.Outcome `json:"outcome"`
	Code         string        `json:"error_code,omitempty"`
	Message      string        `json:"error_message,omitempty"`
	Microseconds int64         `json:"took_us"`

	EventCode string          `json:"event_code,omitempty"` // CloudTrail's error code; empty for Code
	Elements  json.RawMessage `json:"elements,omitempty"`   // in the form of CloudTrail's responseElements; absent where it has none
	LostBytes int             `json:"elements_lost,omitempty"`
	Received  int64           `json:"received,omitempty"` // bytes of the body that came, of calls of S3 over HTTP
	Sent      int64           `json:"sent,omitempty"`     // bytes of the body that left, of the same
}

// Took is how long the call took; 0 for one that has not ended.
func (e *Entry) Took() time.Duration { return time.Duration(e.Microseconds) * time.Microsecond }

const (
	// maxMessage bounds the error message of an end, so that there is room for
	// it when there is room for nothing else.
	maxMessage = 1024
	// endRoom is what an intent reserves for its end: an ending in JSON, in
	// which each byte of the message may take six. The elements of an answer have
	// no room reserved: on a full disk an ending says how many bytes of them were.
	endRoom = 6*maxMessage + 1024
	// maxResources bounds the bytes of what a call touches, which a list of a
	// thousand keys could make larger than a record may be.
	maxResources = 256 << 10
)
