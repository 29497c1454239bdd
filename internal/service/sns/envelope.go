package sns

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/publish"
	"github.com/sillok/sillok/internal/resource"
)

// What an envelope holds.
const (
	notification = "notification"
	confirmation = "confirmation" // an endpoint is asked whether it wants to be subscribed
	cancellation = "cancellation" // it is told that it is no more
	telephony    = "sms"          // a message to a telephone, to no topic
	push         = "push"         // a message to an app, to no topic
)

// envelope is what is kept of a message on its way to one subscription, as the payload of
// a delivery.
type envelope struct {
	Kind       string                       `json:"kind"`
	ID         string                       `json:"id"`
	Time       time.Time                    `json:"time"`
	Subject    string                       `json:"subject,omitempty"`
	Message    string                       `json:"message,omitempty"`
	Attributes map[string]publish.Attribute `json:"attributes,omitempty"`
	Sequence   string                       `json:"sequence,omitempty"`
	Group      string                       `json:"group,omitempty"`
	Duplicate  string                       `json:"duplicate,omitempty"` // the ID by which duplicates are known
	Token      string                       `json:"token,omitempty"`     // of a confirmation
	Sealed     []byte                       `json:"sealed,omitempty"`    // subject, message and attributes of a topic with a key
}

// content is what is sealed of an envelope.
type content struct {
	Subject    string
	Message    string
	Attributes map[string]publish.Attribute
}

// pack returns the payload of an envelope; what it says sealed where the topic has a key.
func (s *Service) pack(e envelope, sealed bool) ([]byte, error) {
	if sealed {
		plain, err := json.Marshal(content{e.Subject, e.Message, e.Attributes})
		if err != nil {
			return nil, err
		}
		if e.Sealed, err = s.seal.Seal(plain, []byte("sns/message/"+e.ID)); err != nil {
			return nil, fmt.Errorf("seal a message: %w", err)
		}
		e.Subject, e.Message, e.Attributes = "", "", nil
	}
	return json.Marshal(e)
}

// unpack reads what pack wrote.
func (s *Service) unpack(payload []byte) (*envelope, error) {
	var e envelope
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidPayload", "what is delivered is no message of a topic").Because(err)
	}
	if e.Sealed == nil {
		return &e, nil
	}
	plain, err := s.seal.Open(e.Sealed, []byte("sns/message/"+e.ID))
	if err != nil {
		return nil, fmt.Errorf("open a message: %w", err)
	}
	var c content
	if err := json.Unmarshal(plain, &c); err != nil {
		return nil, err
	}
	e.Subject, e.Message, e.Attributes = c.Subject, c.Message, c.Attributes
	return &e, nil
}

// lost is behind the name of a subscription in the ARN to which goes what it did not take.
const lost = ":undelivered"

// slack is how much longer than all its pauses a delivery may take.
const slack = 24 * time.Hour

// deliver accepts a payload for a subscription, a telephone or an app, as part of a
// transaction.
func (s *Service) deliver(tx resource.Tx, to, source cloud.ARN, payload []byte, group string, phases []bus.Phase) error {
	given := to
	given.Resource += lost
	_, err := s.cfg.Targets.Deliver(tx, bus.Delivery{
		Target: to, Source: source, Principal: Principal, Payload: payload, Group: group,
		Phases: phases, MaxAttempts: bus.Tries(phases), MaxAge: bus.Lasting(phases) + slack,
		DeadLetter: bus.DeadLetter{Target: given},
	})
	return err
}

// send accepts an envelope for one subscription.
func (s *Service) send(tx resource.Tx, topic cloud.ARN, sub *subscription, e *envelope) error {
	t, found, err := topics.Find(tx, topic.Resource)
	if err != nil || !found {
		return err
	}
	payload, err := s.pack(*e, false)
	if err != nil {
		return err
	}
	return s.deliver(tx, sub.arn(topic), topic, payload, "", t.phases(sub))
}
