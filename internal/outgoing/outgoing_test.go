package outgoing_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/outgoing"
)

// What an endpoint answers is returned as it is, up to a bound; where it sends the request
// is not followed.
func TestRequests(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.URL.Path {
		case "/large":
			_, _ = w.Write(make([]byte, 1<<20))
		case "/away":
			http.Redirect(w, r, "/large", http.StatusTemporaryRedirect)
		case "/slow":
			<-r.Context().Done()
		default:
			w.WriteHeader(http.StatusTeapot)
			_, _ = fmt.Fprint(w, r.Method, " ", r.Header.Get("x-amz-sns-message-type"))
		}
	}))
	defer s.Close()
	c := outgoing.NewClient(outgoing.Rules{})
	defer c.Close()
	do := func(path string, limit time.Duration) (outgoing.Answer, error) {
		return c.Do(t.Context(), outgoing.Request{URL: s.URL + path, Header: map[string]string{"x-amz-sns-message-type": "Notification"}, Time: limit})
	}
	if a, err := do("/", 0); err != nil || a.Status != http.StatusTeapot || string(a.Body) != "POST Notification" {
		t.Errorf("%d %s, %v", a.Status, a.Body, err)
	}
	if a, err := do("/large", 0); err != nil || len(a.Body) != 64<<10 {
		t.Errorf("%d bytes, %v", len(a.Body), err)
	}
	before := asked
	if a, err := do("/away", 0); err != nil || a.Status != http.StatusTemporaryRedirect || asked != before+1 {
		t.Errorf("%d after %d requests, %v", a.Status, asked-before, err)
	}
	if _, err := do("/slow", 50*time.Millisecond); cloud.KindOf(err) != cloud.Unavailable {
		t.Errorf("a slow one: %v", err)
	}
	if _, err := c.Do(t.Context(), outgoing.Request{URL: "http://127.0.0.1:1/"}); cloud.KindOf(err) != cloud.Unavailable {
		t.Errorf("one that is not there: %v", err)
	}
	if _, err := c.Do(t.Context(), outgoing.Request{URL: "http://a b/"}); cloud.KindOf(err) != cloud.Invalid {
		t.Errorf("no URL: %v", err)
	}
}

// Which addresses may be reached the operator says.
func TestRules(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	for _, tt := range []struct {
		name  string
		rules []string
		url   string
		kind  cloud.Kind
		may   bool
	}{
		{"no rules", nil, s.URL, 0, true},
		{"a network with it", []string{"127.0.0.0/8"}, s.URL, 0, true},
		{"its address", []string{"127.0.0.1"}, s.URL, 0, true},
		{"another network", []string{"10.0.0.0/8"}, s.URL, cloud.Denied, false},
		{"another network, by a name", []string{"10.0.0.0/8"}, strings.Replace(s.URL, "127.0.0.1", "localhost", 1), cloud.Denied, false},
		{"where clouds give away credentials", nil, "http://169.254.169.254/latest", cloud.Denied, false},
		{"that, in IPv6", nil, "http://[::ffff:169.254.169.254]/", cloud.Denied, false},
		{"nowhere", nil, "http://0.0.0.0:1/", cloud.Denied, false},
	} {
		rules, err := outgoing.ParseRules(tt.rules)
		if err != nil {
			t.Fatal(err)
		}
		c := outgoing.NewClient(rules)
		if _, err := c.Do(t.Context(), outgoing.Request{URL: tt.url}); (err == nil) != tt.may || err != nil && cloud.KindOf(err) != tt.kind {
			t.Errorf("%s: %v", tt.name, err)
		}
		c.Close()
	}
	if _, err := outgoing.ParseRules([]string{"example.org"}); err == nil {
		t.Error("a name is taken for a network")
	}
}

// postOffice is a mail server with TLS within the connection, which knows one user.
type postOffice struct {
	tls    *tls.Config // nil for none
	refuse bool
	heard  chan string
}

func (p *postOffice) serve(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // whoever sends sees it
	r := textproto.NewReader(bufio.NewReader(conn))
	say := func(lines ...string) { _, _ = fmt.Fprint(conn, strings.Join(lines, "\r\n")+"\r\n") }
	say("220 here")
	secure := false
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		switch command, rest, _ := strings.Cut(line, " "); strings.ToUpper(command) {
		case "EHLO":
			switch {
			case p.tls != nil && !secure:
				say("250-here", "250 STARTTLS")
			case p.tls != nil:
				say("250-here", "250 AUTH PLAIN")
			default:
				say("250 here")
			}
		case "STARTTLS":
			say("220 go on")
			conn = tls.Server(conn, p.tls)
			r, secure = textproto.NewReader(bufio.NewReader(conn)), true
		case "AUTH":
			said, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			p.heard <- fmt.Sprintf("%q over TLS: %t", said, secure)
			say("235 welcome")
		case "RCPT":
			if p.refuse {
				say("550 nobody of that name")
				continue
			}
			say("250 fine")
		case "DATA":
			say("354 go on")
			text, err := r.ReadDotBytes()
			if err != nil {
				return
			}
			p.heard <- string(text)
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

// open serves on a port of its own.
func (p *postOffice) open(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p.heard = make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return l.Addr().String()
}

// certified returns how a server of 127.0.0.1 proves itself, and how it is known.
func certified(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12},
		&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// A password is said over TLS alone, to a server that proves itself; nothing that a client
// wrote becomes a line of a mail's head.
func TestMails(t *testing.T) {
	server, client := certified(t)
	office := &postOffice{tls: server}
	m, err := outgoing.NewMailer(outgoing.MailConfig{Server: office.open(t), User: "u", Password: "secret", From: "a@example.org", Roots: client})
	if err != nil {
		t.Fatal(err)
	}
	letter := outgoing.Mail{Name: "Bell\r\nBcc: x@example.org", To: "b@example.org", Subject: "Hi\r\nBcc: y@example.org", Body: ".\nBcc: none\n", ID: "1"}
	if err := m.Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	if said := <-office.heard; said != `"\x00u\x00secret" over TLS: true` {
		t.Error(said)
	}
	head, body, _ := strings.Cut(<-office.heard, "\n\n")
	for line := range strings.Lines(head) {
		if strings.HasPrefix(line, "Bcc") {
			t.Errorf("a client wrote a line of the head:\n%s", head)
		}
	}
	if !strings.Contains(head, "Message-ID: <1@example.org>") || !strings.HasPrefix(body, ".\nBcc: none") {
		t.Errorf("%s\n\n%s", head, body)
	}
	for name, cfg := range map[string]outgoing.MailConfig{
		"a server that is not known":      {Server: office.open(t), User: "u", Password: "p", From: "a@example.org"},
		"a server without TLS":            {Server: (&postOffice{}).open(t), User: "u", Password: "p", From: "a@example.org"},
		"STARTTLS where there is none":    {Server: (&postOffice{}).open(t), Security: outgoing.StartTLS, From: "a@example.org"},
		"a server that is not there":      {Server: "127.0.0.1:1", From: "a@example.org"},
		"TLS from the start, and no word": {Server: (&postOffice{}).open(t), Security: outgoing.TLS, From: "a@example.org"},
	} {
		m, err := outgoing.NewMailer(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if err := m.Send(ctx, letter); cloud.KindOf(err) != cloud.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
	refusing := &postOffice{refuse: true}
	m, err = outgoing.NewMailer(outgoing.MailConfig{Server: refusing.open(t), From: "a@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), letter); cloud.KindOf(err) != cloud.Invalid {
		t.Errorf("one that nobody takes: %v", err)
	}
	if err := m.Send(t.Context(), outgoing.Mail{To: "a@example.org\r\nBcc: x"}); cloud.KindOf(err) != cloud.Invalid {
		t.Errorf("no address: %v", err)
	}
	for _, cfg := range []outgoing.MailConfig{
		{Server: "mail", From: "a@example.org"},
		{Server: "m:25", From: "nobody"},
		{Server: "m:25", From: "a@example.org", Security: "some"},
		{Server: "m:25", From: "a@example.org", User: "u", Security: outgoing.Plain},
	} {
		if _, err := outgoing.NewMailer(cfg); err == nil {
			t.Errorf("%+v is taken", cfg)
		}
	}
}
