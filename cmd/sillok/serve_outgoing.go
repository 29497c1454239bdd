package main

import (
	"github.com/spf13/pflag"

	"github.com/sillok/sillok/internal/app"
)

// outgoingOptions are the flags of serve for what leaves the server, and the keys of its
// configuration file.
type outgoingOptions struct {
	PublicURL    string   `yaml:"public_url"`
	Allow        []string `yaml:"outgoing"`
	SMTP         string   `yaml:"smtp"`
	SMTPSecurity string   `yaml:"smtp_security"`
	SMTPLogin    string   `yaml:"smtp_login"`
	SMTPFrom     string   `yaml:"smtp_from"`
	SMTPCA       string   `yaml:"smtp_ca"`
	SMSWebhook   string   `yaml:"sms_webhook"`
	PushWebhook  string   `yaml:"push_webhook"`
}

func (o *outgoingOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.PublicURL, "public-url", "", "`URL` at which others reach this server, in the links of messages, instead of the one that it prints")
	f.StringSliceVar(&o.Allow, "outgoing", nil, "`CIDR` that messages and webhooks may go to, and nowhere else; may be repeated")
	f.StringVar(&o.SMTP, "smtp", "", "`HOST:PORT` of the mail server that takes the mails of topics")
	f.StringVar(&o.SMTPSecurity, "smtp-security", "", "`HOW` it is spoken to: starttls, tls or none; without it STARTTLS is used where it is offered")
	f.StringVar(&o.SMTPLogin, "smtp-login", "", "`FILE` with the user's name at the mail server in its first line, and the password in its second")
	f.StringVar(&o.SMTPFrom, "smtp-from", "", "`ADDRESS` that mails are from")
	f.StringVar(&o.SMTPCA, "smtp-ca", "", "`FILE` in PEM with the certificates that the mail server is known by")
	f.StringVar(&o.SMSWebhook, "sms-webhook", "", "`URL` of what sends messages to telephones")
	f.StringVar(&o.PushWebhook, "push-webhook", "", "`URL` of what sends messages to apps")
}

// set are what takes a flag over what the file says, by the flag's name.
func (o *outgoingOptions) set(flags outgoingOptions) map[string]func() {
	return map[string]func(){
		"public-url":    func() { o.PublicURL = flags.PublicURL },
		"outgoing":      func() { o.Allow = flags.Allow },
		"smtp":          func() { o.SMTP = flags.SMTP },
		"smtp-security": func() { o.SMTPSecurity = flags.SMTPSecurity },
		"smtp-login":    func() { o.SMTPLogin = flags.SMTPLogin },
		"smtp-from":     func() { o.SMTPFrom = flags.SMTPFrom },
		"smtp-ca":       func() { o.SMTPCA = flags.SMTPCA },
		"sms-webhook":   func() { o.SMSWebhook = flags.SMSWebhook },
		"push-webhook":  func() { o.PushWebhook = flags.PushWebhook },
	}
}

func (o *outgoingOptions) config() app.OutgoingConfig { return app.OutgoingConfig(*o) }
