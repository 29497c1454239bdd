package outgoing

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// mailTime is how long a mail may take to be handed over.
const mailTime = 25 * time.Second

// The ways in which a mail server is spoken to.
const (
	StartTLS = "starttls" // TLS is begun within the connection, or the mail is not sent
	TLS      = "tls"      // from the start
	Plain    = "none"     // without, for a server on the same machine or network
)

// MailConfig says how mails leave.
type MailConfig struct {
	Server   string // HOST:PORT
	Security string // StartTLS, TLS or Plain; empty for StartTLS where the server offers it
	User     string // empty where the server asks for nobody
	Password string
	From     string // the address that mails are from, with or without a name
	Rules    Rules
	Roots    *tls.Config // how the server's certificate is judged; nil for the system's way
}

// Mailer hands mails over to a mail server. It is safe for concurrent use.
type Mailer struct {
	cfg  MailConfig
	host string
	from mail.Address
}

// NewMailer returns a Mailer. The error says what is wrong with the configuration.
func NewMailer(cfg MailConfig) (*Mailer, error) {
	host, _, err := net.SplitHostPort(cfg.Server)
	if err != nil || host == "" {
		return nil, fmt.Errorf("smtp: %q is not HOST:PORT, such as mail.example.org:587", cfg.Server)
	}
	switch cfg.Security {
	case "", StartTLS, TLS, Plain:
	default:
		return nil, fmt.Errorf("smtp security: %q is none of %s, %s and %s", cfg.Security, StartTLS, TLS, Plain)
	}
	if cfg.User != "" && cfg.Security == Plain {
		return nil, errors.New("smtp: a password is not sent without TLS")
	}
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return nil, fmt.Errorf("smtp from: %q is not the address of a mail, such as alarms@example.org", cfg.From)
	}
	return &Mailer{cfg: cfg, host: host, from: *from}, nil
}

// Mail is a mail in plain text.
type Mail struct {
	Name    string // of who it is from; empty for the configured one
	To      string
	Subject string
	Body    string
	ID      string // the same for each attempt at the same mail; empty for a new one
}

// Send hands a mail over. The error is of kind Invalid where the server says that it will
// never take the mail, and of kind Unavailable otherwise.
func (m *Mailer) Send(ctx context.Context, letter Mail) error {
	to, err := mail.ParseAddress(letter.To)
	if err != nil || to.Address != letter.To {
		return cloud.Errorf(cloud.Invalid, "InvalidAddress", "%q is not the address of a mail", letter.To)
	}
	ctx, cancel := context.WithTimeout(ctx, mailTime)
	defer cancel()
	if err := m.send(ctx, to.Address, m.message(letter)); err != nil {
		var answer *textproto.Error
		if errors.As(err, &answer) && answer.Code >= 500 && answer.Code < 600 {
			return cloud.Errorf(cloud.Invalid, "MailRefused", "the mail server refuses it: %d %s", answer.Code, answer.Msg)
		}
		if _, ok := errors.AsType[*cloud.Error](err); ok {
			return err
		}
		return cloud.Errorf(cloud.Unavailable, "MailNotSent", "the mail server %s did not take it: %v", m.cfg.Server, err)
	}
	return nil
}

func (m *Mailer) send(ctx context.Context, to string, message []byte) error {
	dialer := &net.Dialer{Timeout: connectTime, Control: m.cfg.Rules.control}
	conn, err := dialer.DialContext(ctx, "tcp", m.cfg.Server)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	secure := m.tls()
	if m.cfg.Security == TLS {
		conn = tls.Client(conn, secure)
	}
	client, err := smtp.NewClient(conn, m.host)
	if err != nil {
		_ = conn.Close()
		return err
	}
	defer client.Close() //nolint:errcheck // Quit says whether the mail was taken
	if err := m.secure(client, secure); err != nil {
		return err
	}
	if err := client.Mail(m.from.Address); err != nil {
		return err
	}
	if err := client.Rcpt(to); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(message); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = client.Quit() // the mail is taken already
	return nil
}

// secure begins TLS where it is to be, and says who sends.
func (m *Mailer) secure(client *smtp.Client, secure *tls.Config) error {
	if m.cfg.Security == StartTLS || m.cfg.Security == "" {
		offered, _ := client.Extension("STARTTLS")
		switch {
		case offered:
			if err := client.StartTLS(secure); err != nil {
				return err
			}
		case m.cfg.Security == StartTLS, m.cfg.User != "":
			return errors.New("it offers no STARTTLS")
		}
	}
	if m.cfg.User == "" {
		return nil
	}
	return client.Auth(smtp.PlainAuth("", m.cfg.User, m.cfg.Password, m.host))
}

func (m *Mailer) tls() *tls.Config {
	if m.cfg.Roots == nil {
		return &tls.Config{ServerName: m.host, MinVersion: tls.VersionTLS12}
	}
	c := m.cfg.Roots.Clone()
	c.ServerName = cmp.Or(c.ServerName, m.host)
	return c
}

// message returns a mail as it is sent. Nothing that a client wrote ends a line of its head.
func (m *Mailer) message(letter Mail) []byte {
	var b bytes.Buffer
	from := m.from
	if letter.Name != "" {
		from.Name = oneLine(letter.Name)
	}
	id := letter.ID
	if id == "" {
		id = newID()
	}
	_, domain, _ := strings.Cut(m.from.Address, "@")
	for _, field := range [][2]string{
		{"Date", time.Now().UTC().Format(time.RFC1123Z)},
		{"From", from.String()},
		{"To", (&mail.Address{Address: letter.To}).String()},
		{"Message-ID", "<" + oneLine(id) + "@" + domain + ">"},
		{"Subject", mime.QEncoding.Encode("utf-8", oneLine(letter.Subject))},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=UTF-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
		{"Auto-Submitted", "auto-generated"},
	} {
		b.WriteString(field[0] + ": " + field[1] + "\r\n")
	}
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(letter.Body)) // a buffer takes all
	_ = w.Close()
	return b.Bytes()
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// oneLine returns a text without ends of lines and other characters that control.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, text)
}
