package sns

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/publish"
	"github.com/sillok/sillok/internal/outgoing"
	"github.com/sillok/sillok/internal/resource"
)

// telephones is what the resources begin with to which messages for telephones go.
const telephones = "telephone/"

// publishToTelephone sends a message to a telephone.
func (s *Service) publishToTelephone(ctx context.Context, number string, m *message) (*snsapi.PublishOutput, error) {
	if !telephone.MatchString(number) {
		return nil, errParameter("PhoneNumber Reason: %s is not valid to publish to", number)
	}
	if s.cfg.SMS == "" {
		return nil, errNoTelephones()
	}
	to := topicARN(cloud.CallOf(ctx).Scope(), telephones+number)
	return s.accept(ctx, to, &envelope{Kind: telephony, Message: m.forProtocol("sms"), Attributes: m.MessageAttributes})
}

// publishToApp sends a message to an app.
func (s *Service) publishToApp(ctx context.Context, arn cloud.ARN, m *message) (*snsapi.PublishOutput, error) {
	if s.cfg.Push == "" {
		return nil, errNoApps()
	}
	e, found, err := s.findApp(ctx, arn)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, errParameter("TargetArn Reason: No endpoint found for the target arn specified")
	case e.Attributes["Enabled"] == "false":
		return nil, cloud.Errorf(cloud.Invalid, "EndpointDisabledException", "Endpoint is disabled")
	}
	return s.accept(ctx, arn, &envelope{Kind: push, Subject: m.Subject, Message: m.forProtocol(e.Application[0]), Attributes: m.MessageAttributes})
}

// accept accepts a message that is for no topic.
func (s *Service) accept(ctx context.Context, to cloud.ARN, e *envelope) (*snsapi.PublishOutput, error) {
	e.ID, e.Time = uuid.NewString(), time.Now().UTC()
	payload, err := s.pack(*e, true)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, scopeOf(to), func(tx resource.Tx) error { return s.deliver(tx, to, to, payload, "", customers()) })
	return &snsapi.PublishOutput{MessageId: &e.ID}, err
}

// deliverElsewhere brings a message to a telephone or an app.
func (s *Service) deliverElsewhere(ctx context.Context, to cloud.ARN, d bus.Delivery, undelivered bool) error {
	e, err := s.unpack(d.Payload)
	if err != nil {
		return err
	}
	if undelivered {
		s.cfg.Log.WarnContext(ctx, "a message was not taken by the operator's webhook, and is lost", "arn", to.String(), "message", e.ID,
			"error", d.Attributes[bus.AttributeErrorMessage])
		return nil
	}
	if number, ok := strings.CutPrefix(to.Resource, telephones); ok {
		_, err = s.telephone(ctx, number, e)
		return err
	}
	_, err = s.pushTo(ctx, to.String(), e)
	return err
}

// handed is what the operator's webhooks get.
type handed struct {
	Kind       string                       `json:"kind"`
	MessageID  string                       `json:"messageId"`
	Time       string                       `json:"timestamp"`
	Telephone  string                       `json:"phoneNumber,omitempty"`
	Platform   string                       `json:"platform,omitempty"`
	Token      string                       `json:"token,omitempty"`
	Endpoint   string                       `json:"endpointArn,omitempty"`
	Subject    string                       `json:"subject,omitempty"`
	Message    string                       `json:"message"`
	Attributes map[string]publish.Attribute `json:"messageAttributes,omitempty"`
}

// telephone hands a message for a telephone over.
func (s *Service) telephone(ctx context.Context, number string, e *envelope) (reply, error) {
	return s.hand(ctx, s.cfg.SMS, handed{Kind: "sms", Telephone: number, Message: e.Message, Subject: e.Subject, Attributes: e.Attributes}, e)
}

// pushTo hands a message for an app over. One that is disabled gets none.
func (s *Service) pushTo(ctx context.Context, endpoint string, e *envelope) (reply, error) {
	arn, err := cloud.ParseARN(endpoint)
	if err != nil {
		return reply{}, err
	}
	app, found, err := s.findApp(ctx, arn)
	if err == nil && (!found || app.Attributes["Enabled"] == "false") {
		err = cloud.Errorf(cloud.NotFound, "EndpointDisabled", "The endpoint %s is disabled, or is no more.", endpoint)
	}
	if err != nil {
		return reply{}, err
	}
	return s.hand(ctx, s.cfg.Push, handed{
		Kind: "push", Platform: app.Application[0], Token: app.Attributes["Token"], Endpoint: endpoint, Subject: e.Subject, Message: e.Message, Attributes: e.Attributes,
	}, e)
}

func (s *Service) hand(ctx context.Context, url string, h handed, e *envelope) (reply, error) {
	if url == "" {
		return reply{}, cloud.Errorf(cloud.Unavailable, "NoWebhook", "the operator of this server names nobody any more who sends messages of this kind")
	}
	h.MessageID, h.Time = e.ID, timestamp(e.Time)
	answer, err := s.cfg.HTTP.Do(ctx, outgoing.Request{
		URL: url, Body: []byte(written(h)), Header: map[string]string{"Content-Type": "application/json", "User-Agent": userAgent},
	})
	if err != nil {
		return reply{}, err
	}
	return reply{status: answer.Status, text: excerpt(answer.Body)}, judge(url, answer)
}

var smsSettings = resource.Kind[map[string]string]{Name: "sns/sms"}

// The settings of messages to telephones, which the operator's webhook is not bound by.
var smsNames = []string{
	"DefaultSMSType", "DefaultSenderID", "DeliveryStatusIAMRole", "DeliveryStatusSuccessSamplingRate", "MonthlySpendLimit", "UsageReportS3Bucket",
}

// SetSMSAttributes keeps settings of messages to telephones.
func (s *Service) SetSMSAttributes(ctx context.Context, in *snsapi.SetSMSAttributesInput) (*snsapi.SetSMSAttributesOutput, error) {
	if err := checkAttributesOf(in.Attributes, smsNames); err != nil {
		return nil, err
	}
	return nil, s.store.Update(ctx, func(tx resource.Tx) error {
		all, _, err := smsSettings.Find(tx, "account")
		if err != nil {
			return err
		}
		if all == nil {
			all = map[string]string{}
		}
		maps.Copy(all, in.Attributes)
		return smsSettings.Put(tx, all, "account")
	})
}

// GetSMSAttributes tells settings of messages to telephones.
func (s *Service) GetSMSAttributes(ctx context.Context, in *snsapi.GetSMSAttributesInput) (*snsapi.GetSMSAttributesOutput, error) {
	out := &snsapi.GetSMSAttributesOutput{Attributes: map[string]string{}}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		all, _, err := smsSettings.Find(r, "account")
		for name, value := range all {
			if len(in.Attributes) == 0 || slices.Contains(in.Attributes, name) {
				out.Attributes[name] = value
			}
		}
		return err
	})
}

// checkNumber refuses what is no number of a telephone.
func checkNumber(number string) error {
	if !telephone.MatchString(number) {
		return errParameter("PhoneNumber Reason: %s does not meet the E164 format", number)
	}
	return nil
}

// CheckIfPhoneNumberIsOptedOut tells that a telephone wants messages: nobody here can say
// otherwise.
func (s *Service) CheckIfPhoneNumberIsOptedOut(_ context.Context, in *snsapi.CheckIfPhoneNumberIsOptedOutInput) (*snsapi.CheckIfPhoneNumberIsOptedOutOutput, error) {
	return &snsapi.CheckIfPhoneNumberIsOptedOutOutput{IsOptedOut: new(false)}, checkNumber(*in.PhoneNumber)
}

// ListPhoneNumbersOptedOut lists no telephones.
func (s *Service) ListPhoneNumbersOptedOut(context.Context, *snsapi.ListPhoneNumbersOptedOutInput) (*snsapi.ListPhoneNumbersOptedOutOutput, error) {
	return &snsapi.ListPhoneNumbersOptedOutOutput{PhoneNumbers: []string{}}, nil
}

// OptInPhoneNumber changes nothing: every telephone wants messages.
func (s *Service) OptInPhoneNumber(_ context.Context, in *snsapi.OptInPhoneNumberInput) (*snsapi.OptInPhoneNumberOutput, error) {
	return nil, checkNumber(*in.PhoneNumber)
}

// GetSMSSandboxAccountStatus tells that the account may send to all telephones.
func (s *Service) GetSMSSandboxAccountStatus(context.Context, *snsapi.GetSMSSandboxAccountStatusInput) (*snsapi.GetSMSSandboxAccountStatusOutput, error) {
	return &snsapi.GetSMSSandboxAccountStatusOutput{IsInSandbox: new(false)}, nil
}

// ListOriginationNumbers lists no numbers: the operator's webhook has its own.
func (s *Service) ListOriginationNumbers(context.Context, *snsapi.ListOriginationNumbersInput) (*snsapi.ListOriginationNumbersOutput, error) {
	return &snsapi.ListOriginationNumbersOutput{PhoneNumbers: []snsapi.PhoneNumberInformation{}}, nil
}
