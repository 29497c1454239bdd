// Package subscription writes what subscribers of log groups are sent: messages as
// CloudWatch Logs writes them, compressed, and in the shape that each kind of target
// takes. It is pure.
package subscription

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Types of messages.
const (
	dataMessage    = "DATA_MESSAGE"
	controlMessage = "CONTROL_MESSAGE"
)

// AccountLevel is the Level of messages of an account's policy.
const AccountLevel = "ACCOUNT_LEVEL_POLICY"

// Message is log events of one stream that matched a filter.
type Message struct {
	Type    string   `json:"messageType"`
	Owner   string   `json:"owner"` // the account whose events they are
	Group   string   `json:"logGroup"`
	Stream  string   `json:"logStream"`
	Filters []string `json:"subscriptionFilters"`
	Events  []Event  `json:"logEvents"`
	Level   string   `json:"policyLevel,omitempty"` // AccountLevel, or empty for a filter of the group
}

// Event is one log event.
type Event struct {
	ID        string            `json:"id"`
	Timestamp int64             `json:"timestamp"` // milliseconds since 1970
	Message   string            `json:"message"`
	Extracted map[string]string `json:"extractedFields,omitempty"`
}

// Control returns the message that a target is sent when somebody subscribes it: its
// kind is named, such as "Firehose".
func Control(kind string, at time.Time) Message {
	return Message{Type: controlMessage, Owner: "CloudwatchLogs", Filters: []string{}, Events: []Event{{
		Timestamp: at.UnixMilli(), Message: "CWL CONTROL MESSAGE: Checking health of destination " + kind + ".",
	}}}
}

// Data returns a message of events.
func Data(owner, group, stream, filter, level string, events []Event) Message {
	return Message{Type: dataMessage, Owner: owner, Group: group, Stream: stream, Filters: []string{filter}, Events: events, Level: level}
}

// Encode returns the message as JSON, compressed by gzip.
func (m *Message) Encode() ([]byte, error) {
	var plain, compressed bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(m)
	z := gzip.NewWriter(&compressed)
	_, unwritten := z.Write(bytes.TrimSuffix(plain.Bytes(), []byte("\n")))
	if err := errors.Join(err, unwritten, z.Close()); err != nil {
		return nil, fmt.Errorf("a message to subscribers: %w", err)
	}
	return compressed.Bytes(), nil
}

// Envelope returns what an encoded message is wrapped in for targets of a service, such
// as "lambda": a function takes JSON.
func Envelope(service string, encoded []byte) []byte {
	if service != "lambda" {
		return encoded
	}
	const begin, end = `{"awslogs":{"data":"`, `"}}`
	b := make([]byte, 0, len(begin)+base64.StdEncoding.EncodedLen(len(encoded))+len(end))
	b = append(b, begin...)
	b = base64.StdEncoding.AppendEncode(b, encoded)
	return append(b, end...)
}

// Limits of a message.
const (
	mostMessage  = 1 << 20 // bytes of the events of one that has several
	eventRoom    = 120     // bytes that an event takes there besides its texts
	fieldRoom    = 6       // bytes of a field besides its texts
	messageShare = 1 << 10 // bytes of what is no event
)

// Split returns how many of the events, of which there is at least one, go into one
// message: at least one does.
func Split(events []Event) int {
	size := messageShare
	for i := range events {
		size += eventRoom + len(events[i].Message)
		for name, value := range events[i].Extracted {
			size += fieldRoom + len(name) + len(value)
		}
		if i > 0 && size > mostMessage {
			return i
		}
	}
	return len(events)
}
