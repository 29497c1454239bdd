package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/sillok/sillok/internal/outgoing"
)

// OutgoingConfig is how messages of topics leave, and what their links say.
type OutgoingConfig struct {
	PublicURL    string   // where others reach this server; empty for its own address
	Allow        []string // networks that may be reached; none for all
	SMTP         string   // HOST:PORT of the mail server; empty for none
	SMTPSecurity string   // "starttls", "tls" or "none"; empty for STARTTLS where it is offered
	SMTPLogin    string   // a file of two lines: user and password; empty for nobody
	SMTPFrom     string   // the address that mails are from
	SMTPCA       string   // a PEM file: by what the mail server is known; empty for the system's
	SMSWebhook   string   // takes messages to telephones; empty for none
	PushWebhook  string   // takes messages to apps; empty for none
}

// validate reports every problem.
func (c OutgoingConfig) validate() (errs []error) {
	for name, text := range map[string]string{"public-url": c.PublicURL, "sms-webhook": c.SMSWebhook, "push-webhook": c.PushWebhook} {
		u, err := url.Parse(text)
		if text != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "") {
			errs = append(errs, fmt.Errorf("%s: %q is no URL, such as https://events.example.org", name, text))
		}
	}
	if _, err := outgoing.ParseRules(c.Allow); err != nil {
		errs = append(errs, err)
	}
	switch {
	case c.SMTP == "" && (c.SMTPSecurity != "" || c.SMTPLogin != "" || c.SMTPFrom != "" || c.SMTPCA != ""):
		errs = append(errs, errors.New("smtp: what is said of the mail server needs --smtp, which names it"))
	case c.SMTP != "" && c.SMTPFrom == "":
		errs = append(errs, errors.New("smtp: --smtp-from has to say which address mails are from"))
	case c.SMTP != "":
		if _, err := c.mailer(outgoing.Rules{}); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// mailer returns what hands mails over; nil where there is no mail server.
func (c OutgoingConfig) mailer(rules outgoing.Rules) (*outgoing.Mailer, error) {
	if c.SMTP == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	cfg := outgoing.MailConfig{Server: c.SMTP, Security: c.SMTPSecurity, From: c.SMTPFrom, Rules: rules}
	if c.SMTPLogin != "" {
		text, err := os.ReadFile(c.SMTPLogin)
		if err != nil {
			return nil, fmt.Errorf("smtp login: %w", err)
		}
		lines := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
		if len(lines) < 2 || lines[0] == "" || lines[1] == "" {
			return nil, fmt.Errorf("smtp login: %s has to hold the user's name in its first line, and the password in its second", c.SMTPLogin)
		}
		cfg.User, cfg.Password = lines[0], lines[1]
	}
	if c.SMTPCA != "" {
		text, err := os.ReadFile(c.SMTPCA)
		if err != nil {
			return nil, fmt.Errorf("smtp ca: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("smtp ca: %s holds no certificates in PEM", c.SMTPCA)
		}
		cfg.Roots = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return outgoing.NewMailer(cfg)
}
