package sns

import (
	"context"
	"net/mail"
	"net/url"
	"regexp"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

var (
	telephone   = regexp.MustCompile(`^\+?[1-9][0-9]{1,14}$`)
	punctuation = regexp.MustCompile(`[./-]`)
	twice       = regexp.MustCompile(`[./-]{2,}|^[./-]|[./-]$`)
)

const mostEndpoint = 2048 // bytes

// checkEndpoint says whether an endpoint can be subscribed by its protocol, and whether it
// has to confirm that.
func (s *Service) checkEndpoint(ctx context.Context, sub *subscription) (waits bool, err error) {
	if len(sub.Endpoint) > mostEndpoint || sub.Endpoint != oneLine(sub.Endpoint) {
		return false, errParameter("Endpoint")
	}
	switch sub.Protocol {
	case "http", "https":
		return true, checkURL(sub)
	case "email", "email-json":
		return true, s.checkMail(sub)
	case "sms":
		return false, s.checkTelephone(sub)
	case "sqs", "lambda", "firehose", "application":
		return s.checkResource(ctx, sub)
	}
	return false, errParameter("Amazon SNS does not support this protocol string: %s", sub.Protocol)
}

func checkURL(sub *subscription) error {
	if !strings.HasPrefix(sub.Endpoint, sub.Protocol+"://") {
		return errParameter("Endpoint must match the specified protocol")
	}
	if u, err := url.Parse(sub.Endpoint); err != nil || u.Hostname() == "" {
		return errParameter("Endpoint")
	}
	return nil
}

func (s *Service) checkMail(sub *subscription) error {
	if a, err := mail.ParseAddress(sub.Endpoint); err != nil || a.Address != sub.Endpoint {
		return errParameter("Email address")
	}
	if s.cfg.Mail == nil {
		return errUnsupported("No mails are sent here: the operator of this server has to name a mail server by --smtp.")
	}
	return nil
}

func (s *Service) checkTelephone(sub *subscription) error {
	number := punctuation.ReplaceAllString(sub.Endpoint, "")
	if twice.MatchString(sub.Endpoint) || !telephone.MatchString(number) {
		return cloud.Errorf(cloud.Invalid, "InvalidParameterException", "Invalid SMS endpoint: %s", sub.Endpoint)
	}
	if s.cfg.SMS == "" {
		return errNoTelephones()
	}
	return nil
}

func errNoTelephones() error {
	return errUnsupported("No messages are sent to telephones here: the operator of this server has to name who sends them by --sms-webhook.")
}

// named are the words by which errors call what a protocol delivers to.
var named = map[string]string{"sqs": "SQS", "lambda": "Lambda", "firehose": "Firehose"}

// checkResource checks the ARN of a queue, function, stream or app.
func (s *Service) checkResource(ctx context.Context, sub *subscription) (waits bool, err error) {
	arn, err := cloud.ParseARN(sub.Endpoint)
	if sub.Protocol == "application" {
		if err != nil || arn.Service != "sns" || !strings.HasPrefix(arn.Resource, "endpoint/") {
			return false, errParameter("Application endpoint arn invalid:%s", sub.Endpoint)
		}
		return false, s.checkApp(ctx, arn)
	}
	if err != nil || arn.Service != sub.Protocol || arn.Resource == "" || arn.Account == "" || arn.Region == "" {
		return false, errParameter("%s endpoint ARN", named[sub.Protocol])
	}
	if !s.cfg.Targets.Takes(arn) {
		return false, errUnsupported("Nothing here takes what is delivered to %s.", sub.Endpoint)
	}
	return sub.Protocol == "sqs" && arn.Account != cloud.CallOf(ctx).Account, nil
}

// fits says whether a topic can have the subscription.
func (s *subscription) fits(t *topic) error {
	fifo := strings.HasSuffix(s.Endpoint, fifoEnding)
	switch {
	case t.FIFO && s.Protocol != "sqs":
		return errParameter("Invalid parameter: Endpoint Reason: Please use FIFO SQS queue")
	case !t.FIFO && s.Protocol == "sqs" && fifo:
		return errParameter("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
	}
	return nil
}

// oneLine returns a text without characters that control.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, text)
}
