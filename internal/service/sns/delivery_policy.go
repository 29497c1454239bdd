package sns

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/bus"
)

// retryPolicy says how often and after which pauses an endpoint of HTTP is tried again.
type retryPolicy struct {
	MinDelay   int    `json:"minDelayTarget"`
	MaxDelay   int    `json:"maxDelayTarget"`
	Retries    int    `json:"numRetries"`
	AtMaxDelay int    `json:"numMaxDelayRetries"`
	AtOnce     int    `json:"numNoDelayRetries"`
	AtMinDelay int    `json:"numMinDelayRetries"`
	Backoff    string `json:"backoffFunction"`
}

// throttlePolicy bounds how many messages an endpoint gets.
type throttlePolicy struct {
	PerSecond float64 `json:"maxReceivesPerSecond"`
}

// requestPolicy says what the requests are like.
type requestPolicy struct {
	ContentType string `json:"headerContentType"`
}

// httpPolicy is the part of a topic's policy that is about HTTP.
type httpPolicy struct {
	Retry    retryPolicy     `json:"defaultHealthyRetryPolicy"`
	Disable  bool            `json:"disableSubscriptionOverrides"`
	Throttle *throttlePolicy `json:"defaultThrottlePolicy,omitempty"`
	Request  requestPolicy   `json:"defaultRequestPolicy"`
}

// ownPolicy is the policy of a subscription.
type ownPolicy struct {
	Retry    *retryPolicy    `json:"healthyRetryPolicy"`
	Sickly   *retryPolicy    `json:"sicklyRetryPolicy"`
	Throttle *throttlePolicy `json:"throttlePolicy"`
	Request  *requestPolicy  `json:"requestPolicy"`
	Guarant  bool            `json:"guaranteed"`
}

const plainText = "text/plain; charset=UTF-8"

// usual is how endpoints are tried where nothing else is said.
func usual() httpPolicy {
	return httpPolicy{Retry: usualRetry(), Request: requestPolicy{plainText}}
}

func usualRetry() retryPolicy {
	return retryPolicy{MinDelay: 20, MaxDelay: 20, Retries: 3, Backoff: string(bus.Linear)}
}

// The bounds of a policy.
const (
	mostRetries = 100
	mostDelay   = 3600 // seconds, of one pause and of all together
)

// strictly reads JSON that has no other members than v.
func strictly(text string, v any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("something follows the policy")
	}
	return nil
}

// topicPolicy reads the delivery policy of a topic.
func topicPolicy(text string) (httpPolicy, error) {
	of := struct {
		HTTP httpPolicy `json:"http"`
	}{usual()}
	if text == "" {
		return of.HTTP, nil
	}
	if err := strictly(text, &of); err != nil {
		return of.HTTP, errParameter("DeliveryPolicy: failed to parse JSON. %v", err)
	}
	if of.HTTP.Request.ContentType == "" {
		of.HTTP.Request.ContentType = plainText
	}
	return of.HTTP, checkDelivery(&of.HTTP.Retry, of.HTTP.Throttle, &of.HTTP.Request)
}

// subscriptionPolicy reads the delivery policy of a subscription.
func subscriptionPolicy(text string) (ownPolicy, error) {
	var p ownPolicy
	if text == "" {
		return p, nil
	}
	if err := strictly(text, &p); err != nil {
		return p, errParameter("DeliveryPolicy: failed to parse JSON. %v", err)
	}
	return p, checkDelivery(p.Retry, p.Throttle, p.Request)
}

func checkDelivery(r *retryPolicy, t *throttlePolicy, q *requestPolicy) error {
	if t != nil && t.PerSecond != 0 && t.PerSecond < 1 {
		return errParameter("DeliveryPolicy: throttlePolicy.maxReceivesPerSecond must be greater than or equal to 1")
	}
	if q != nil && q.ContentType != "" && !knownType(q.ContentType) {
		return errParameter("DeliveryPolicy: headerContentType: Invalid value [%s]", q.ContentType)
	}
	if r == nil {
		return nil
	}
	if r.Backoff == "" {
		r.Backoff = string(bus.Linear)
	}
	switch curve := bus.Curve(r.Backoff); {
	case r.Retries < 0 || r.Retries > mostRetries:
		return errParameter("DeliveryPolicy: healthyRetryPolicy.numRetries must be between 0 and %d", mostRetries)
	case r.MinDelay < 1 || r.MinDelay > r.MaxDelay:
		return errParameter("DeliveryPolicy: healthyRetryPolicy.minDelayTarget must be between 1 and maxDelayTarget")
	case r.MaxDelay > mostDelay:
		return errParameter("DeliveryPolicy: healthyRetryPolicy.maxDelayTarget must be less than or equal to %d", mostDelay)
	case min(r.AtOnce, r.AtMinDelay, r.AtMaxDelay) < 0, r.AtOnce+r.AtMinDelay+r.AtMaxDelay > r.Retries:
		return errParameter("DeliveryPolicy: healthyRetryPolicy.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries")
	case curve != bus.Linear && curve != bus.Arithmetic && curve != bus.Geometric && curve != bus.Exponential:
		return errParameter("DeliveryPolicy: healthyRetryPolicy.backoffFunction: Invalid value [%s]", r.Backoff)
	case bus.Lasting(r.phases()) > mostDelay*time.Second:
		return errParameter("DeliveryPolicy: the pauses of healthyRetryPolicy are longer than %d seconds together", mostDelay)
	}
	return nil
}

// knownType says whether requests may have a type.
func knownType(t string) bool {
	for _, known := range []string{
		"application/atom+xml", "application/x-www-form-urlencoded", "application/json", "application/octet-stream", "application/soap+xml",
		"application/svg+xml", "application/xhtml+xml", "application/xml", "text/css", "text/csv", "text/html", "text/plain", "text/xml",
	} {
		if t == known || len(t) > len(known) && t[:len(known)] == known && t[len(known)] == ';' && t == oneLine(t) {
			return true
		}
	}
	return false
}

// phases are the pauses of a policy.
func (r *retryPolicy) phases() []bus.Phase {
	low, high := time.Duration(r.MinDelay)*time.Second, time.Duration(r.MaxDelay)*time.Second
	var all []bus.Phase
	for _, p := range []bus.Phase{
		{Times: r.AtOnce},
		{Times: r.AtMinDelay, First: low, Last: low},
		{Times: r.Retries - r.AtOnce - r.AtMinDelay - r.AtMaxDelay, First: low, Last: high, Curve: bus.Curve(r.Backoff)},
		{Times: r.AtMaxDelay, First: high, Last: high},
	} {
		if p.Times > 0 {
			all = append(all, p)
		}
	}
	return all
}

// managed are the pauses for what is a service of ours, and customers those for what a
// customer runs: mails, telephones and apps.
//
// See https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html.
func managed() []bus.Phase {
	return []bus.Phase{
		{Times: 3},
		{Times: 2, First: time.Second, Last: time.Second},
		{Times: 10, First: time.Second, Last: 20 * time.Second, Curve: bus.Exponential},
		{Times: 100_000, First: 20 * time.Second, Last: 20 * time.Second},
	}
}

func customers() []bus.Phase {
	return []bus.Phase{
		{Times: 2, First: 10 * time.Second, Last: 10 * time.Second},
		{Times: 10, First: 10 * time.Second, Last: 10 * time.Minute, Curve: bus.Exponential},
		{Times: 38, First: 10 * time.Minute, Last: 10 * time.Minute},
	}
}

// effective is the policy by which a subscription of HTTP is delivered to.
func effective(ofTopic httpPolicy, own ownPolicy) httpPolicy {
	if ofTopic.Disable {
		return ofTopic
	}
	if own.Retry != nil {
		ofTopic.Retry = *own.Retry
	}
	if own.Throttle != nil {
		ofTopic.Throttle = own.Throttle
	}
	if own.Request != nil && own.Request.ContentType != "" {
		ofTopic.Request = *own.Request
	}
	return ofTopic
}

// effectivePolicy is the policy of a topic as its attributes tell it.
func effectivePolicy(text string) string {
	p, err := topicPolicy(text)
	if err != nil {
		p = usual() // of before it was checked
	}
	return written(struct {
		HTTP httpPolicy `json:"http"`
	}{p})
}
