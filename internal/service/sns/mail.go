package sns

import (
	"context"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/outgoing"
)

const (
	usualSubject   = "AWS Notification Message"
	confirmSubject = "AWS Notification - Subscription Confirmation"
	rule           = "\n\n--\n"
	noReply        = "\n\nPlease do not reply directly to this email.\n"
)

// mail sends a message as a mail.
func (s *Service) mail(ctx context.Context, p *parcel) error {
	if s.cfg.Mail == nil {
		return cloud.Errorf(cloud.Unavailable, "NoMailServer", "the operator of this server names no mail server any more")
	}
	m := outgoing.Mail{Name: p.of.Attributes["DisplayName"], To: p.sub.Endpoint, Subject: p.Subject, ID: p.ID + "." + p.sub.ID}
	if m.Name == "" {
		m.Name = "AWS Notifications"
	}
	if m.Subject == "" {
		m.Subject = usualSubject
	}
	switch {
	case p.Kind == confirmation:
		m.Subject = confirmSubject
		m.Body = "You have chosen to subscribe to the topic:\n" + p.topic.String() +
			"\n\nTo confirm this subscription, open this link (if this was in error no action is necessary):\n" + s.subscribeURL(p) + noReply
	case p.sub.Protocol == "email-json":
		body, err := s.render(ctx, p)
		if err != nil {
			return err
		}
		m.Body = string(body) + "\n"
	default:
		m.Body = p.Message + rule + "If you wish to stop receiving notifications from this topic, open this link to unsubscribe:\n" + s.unsubscribeURL(p) + noReply
	}
	return s.cfg.Mail.Send(ctx, m)
}
