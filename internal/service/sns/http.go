package sns

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/outgoing"
)

// post sends a message to an endpoint of HTTP. Its errors say whether another try may
// help: what the endpoint refuses for good does not.
//
// See https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html.
func (s *Service) post(ctx context.Context, p *parcel) (reply, error) {
	policy := p.of.http(&p.sub)
	if policy.Throttle != nil && policy.Throttle.PerSecond >= 1 {
		if err := s.limits.take(p.d.Target, p.d.ID, policy.Throttle.PerSecond); err != nil {
			return reply{}, err
		}
	}
	header := map[string]string{
		"Content-Type": policy.Request.ContentType, "User-Agent": userAgent, "Accept-Encoding": "gzip,deflate",
		"x-amz-sns-message-type": p.kind(), "x-amz-sns-message-id": p.ID, "x-amz-sns-topic-arn": p.topic.String(),
	}
	if p.Kind == notification {
		header["x-amz-sns-subscription-arn"] = p.sub.arn(p.topic).String()
	}
	body := []byte(p.Message)
	if p.raw() {
		header["x-amz-sns-rawdelivery"] = "true"
	} else {
		var err error
		if body, err = s.render(ctx, p); err != nil {
			return reply{}, err
		}
	}
	answer, err := s.cfg.HTTP.Do(ctx, outgoing.Request{URL: p.sub.Endpoint, Header: header, Body: body})
	if err != nil {
		return reply{}, err
	}
	got := reply{status: answer.Status, text: excerpt(answer.Body), millis: answer.Took.Milliseconds()}
	return got, judge(p.sub.Endpoint, answer)
}

// userAgent is who asks.
const userAgent = "Amazon Simple Notification Service Agent"

// The refusals of HTTP that are for now alone.
const (
	requestTimeout  = 408
	tooManyRequests = 429
)

// judge returns nil for an answer that takes a message.
func judge(url string, answer outgoing.Answer) error {
	status := answer.Status
	switch {
	case status >= 200 && status < 300:
		return nil
	case status >= 400 && status < 500 && status != tooManyRequests && status != requestTimeout:
		return cloud.Errorf(cloud.Invalid, fmt.Sprint(status), "%s refuses it: %d", url, status)
	case status >= 300 && status < 400:
		return cloud.Errorf(cloud.Unavailable, fmt.Sprint(status), "%s is not where it was said to be (%d), and is not followed", url, status)
	}
	return cloud.Errorf(cloud.Unavailable, fmt.Sprint(status), "%s answers %d", url, status)
}

// excerpt is the beginning of an answer, as a text.
func excerpt(body []byte) string {
	const most = 1024
	body = body[:min(len(body), most)]
	if !utf8.Valid(body) {
		return strings.ToValidUTF8(string(body), "\uFFFD")
	}
	return string(body)
}
