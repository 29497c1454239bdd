package sns

import (
	"context"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// timestamp is how messages tell times.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// The types of messages.
const (
	typeNotification = "Notification"
	typeConfirmation = "SubscriptionConfirmation"
	typeCancellation = "UnsubscribeConfirmation"
)

func (p *parcel) kind() string {
	switch p.Kind {
	case confirmation:
		return typeConfirmation
	case cancellation:
		return typeCancellation
	}
	return typeNotification
}

// text is what a message says; those that ask say what to do.
func (p *parcel) text() string {
	switch p.Kind {
	case confirmation:
		return "You have chosen to subscribe to the topic " + p.topic.String() + ".\nTo confirm the subscription, visit the SubscribeURL included in this message."
	case cancellation:
		return "You have chosen to deactivate subscription " + p.sub.arn(p.topic).String() + ".\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
	}
	return p.Message
}

// The links that messages carry: who has one may follow it without being known.
func (s *Service) subscribeURL(p *parcel) string {
	return s.cfg.URL() + "/?Action=ConfirmSubscription&TopicArn=" + p.topic.String() + "&Token=" + p.Token
}

func (s *Service) unsubscribeURL(p *parcel) string {
	return s.cfg.URL() + "/?Action=Unsubscribe&SubscriptionArn=" + p.sub.arn(p.topic).String()
}

// version is that of a message's signature.
func (p *parcel) version() string {
	if p.of.Attributes["SignatureVersion"] == "2" {
		return "2"
	}
	return "1"
}

// toSign is the text that is signed of a message.
func (s *Service) toSign(p *parcel) string {
	var b strings.Builder
	line := func(name, value string) { b.WriteString(name + "\n" + value + "\n") }
	line("Message", p.text())
	line("MessageId", p.ID)
	if p.Kind == notification {
		if p.Subject != "" {
			line("Subject", p.Subject)
		}
		line("Timestamp", timestamp(p.Time))
	} else {
		line("SubscribeURL", s.subscribeURL(p))
		line("Timestamp", timestamp(p.Time))
		line("Token", p.Token)
	}
	line("TopicArn", p.topic.String())
	line("Type", p.kind())
	return b.String()
}

// render returns a message as HTTP, queues and streams get it. The order of its members is
// AWS's.
func (s *Service) render(ctx context.Context, p *parcel) ([]byte, error) {
	signature, certificate, err := s.signer.sign(ctx, p.version(), s.toSign(p))
	if err != nil {
		return nil, err
	}
	b := []byte("{")
	member := func(name, value string) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, "\n  \""+name+"\" : "...)
		b = appendText(b, value)
	}
	member("Type", p.kind())
	member("MessageId", p.ID)
	if p.Sequence != "" {
		member("SequenceNumber", p.Sequence)
	}
	if p.Kind != notification {
		member("Token", p.Token)
	}
	member("TopicArn", p.topic.String())
	if p.Subject != "" {
		member("Subject", p.Subject)
	}
	member("Message", p.text())
	if p.Kind != notification {
		member("SubscribeURL", s.subscribeURL(p))
	}
	member("Timestamp", timestamp(p.Time))
	member("SignatureVersion", p.version())
	member("Signature", signature)
	member("SigningCertURL", s.cfg.URL()+certificate)
	if p.Kind == notification {
		member("UnsubscribeURL", s.unsubscribeURL(p))
	}
	if len(p.Attributes) > 0 {
		b = append(b, ",\n  \"MessageAttributes\" : {"...)
		for i, name := range slices.Sorted(maps.Keys(p.Attributes)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, "\n    "...)
			b = append(appendText(b, name), " : "...)
			b = p.appendAttribute(b, name)
		}
		b = append(b, "\n  }"...)
	}
	return append(b, "\n}"...), nil
}

// appendAttribute appends an attribute. What is binary is told in base64.
func (p *parcel) appendAttribute(b []byte, name string) []byte {
	a := p.Attributes[name]
	value := a.StringValue
	if len(a.BinaryValue) > 0 {
		value = base64.StdEncoding.EncodeToString(a.BinaryValue)
	}
	b = append(appendText(append(b, `{"Type":`...), a.DataType), `,"Value":`...)
	return append(appendText(b, value), '}')
}

// forFunction returns a message as functions get it.
func (s *Service) forFunction(ctx context.Context, p *parcel) ([]byte, error) {
	signature, certificate, err := s.signer.sign(ctx, p.version(), s.toSign(p))
	if err != nil {
		return nil, err
	}
	b := appendText([]byte(`{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":`), p.sub.arn(p.topic).String())
	b = append(b, `,"Sns":{`...)
	member := func(name, value string) { b = append(appendText(append(b, `"`+name+`":`...), value), ',') }
	member("Type", p.kind())
	member("MessageId", p.ID)
	member("TopicArn", p.topic.String())
	if p.Subject == "" {
		b = append(b, `"Subject":null,`...)
	} else {
		member("Subject", p.Subject)
	}
	member("Message", p.text())
	member("Timestamp", timestamp(p.Time))
	member("SignatureVersion", p.version())
	member("Signature", signature)
	member("SigningCertUrl", s.cfg.URL()+certificate)
	member("UnsubscribeUrl", s.unsubscribeURL(p))
	b = append(b, `"MessageAttributes":{`...)
	for i, name := range slices.Sorted(maps.Keys(p.Attributes)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.appendAttribute(append(appendText(b, name), ':'), name)
	}
	return append(b, "}}}]}"...), nil
}

// appendText appends a text as JSON, in which only what has to be is escaped.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '"', c == '\\':
			b = append(b, '\\', c)
		case c >= ' ' && c < utf8.RuneSelf:
			b = append(b, c)
		case c < ' ':
			if at := strings.IndexByte("\b\f\n\r\t", c); at >= 0 {
				b = append(b, '\\', "bfnrt"[at])
			} else {
				hex := strings.ToUpper(strconv.FormatUint(uint64(c), 16))
				b = append(b, "\\u0000"[:6-len(hex)]+hex...)
			}
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		i++
	}
	return append(b, '"')
}
