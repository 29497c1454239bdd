package sns

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/cloud/publish"
)

// The limits of a message.
const (
	mostMessage = 256 << 10 // bytes, attributes included
	mostSubject = 100       // characters, and one less
)

// message is what is published, checked.
type message struct {
	publish.Message

	variants map[string]string // by protocol, where it has a form for each; nil for all the same
	size     int
}

// newMessage checks what is to be published.
func newMessage(in publish.Message) (*message, error) {
	m := &message{Message: in}
	if in.Message == "" {
		return nil, errParameter("Empty message")
	}
	if !utf8.ValidString(in.Message) {
		return nil, errParameter("Message")
	}
	if in.Subject != "" && !isSubject(in.Subject) {
		return nil, errParameter("Subject")
	}
	size, err := checkAttributes(in.MessageAttributes)
	if err != nil {
		return nil, err
	}
	if m.size = len(in.Message) + size; m.size > mostMessage {
		return nil, errParameter("Message too long")
	}
	switch in.MessageStructure {
	case "":
	case "json":
		if m.variants, err = variants(in.Message); err != nil {
			return nil, err
		}
	default:
		return nil, errParameter("MessageStructure")
	}
	return m, nil
}

// isSubject says whether a text can be the subject of a mail.
func isSubject(s string) bool {
	if utf8.RuneCountInString(s) >= mostSubject || strings.TrimSpace(s) == "" {
		return false
	}
	for i, c := range s {
		if c < ' ' || c >= 0x7f || i == 0 && c == ' ' {
			return false
		}
	}
	return true
}

// variants reads the forms of a message for each protocol. What is no text is left out.
func variants(text string) (map[string]string, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil || raw == nil {
		return nil, errParameter("Message Structure - JSON message body failed to parse")
	}
	all := map[string]string{}
	for protocol, value := range raw {
		var s *string
		if json.Unmarshal(value, &s) == nil && s != nil {
			all[protocol] = *s
		}
	}
	if _, ok := all["default"]; !ok {
		return nil, errParameter("Message Structure - No default entry in JSON message body")
	}
	return all, nil
}

// forProtocol returns the text that a protocol gets.
func (m *message) forProtocol(protocol string) string {
	if m.variants == nil {
		return m.Message.Message
	}
	if text, ok := m.variants[protocol]; ok {
		return text
	}
	return m.variants["default"]
}
