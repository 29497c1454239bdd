package app_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/trail/event"
)

// observed is a server over TLS whose calls are looked up in its journal.
type observed struct {
	t      *testing.T
	data   string
	server *app.App
	client *http.Client
	key    aws.Credentials
}

func observe(t *testing.T) *observed {
	t.Helper()
	cfg := app.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", RootAccessKeyID: keyID, RootSecretAccessKey: secret, RootAccountID: account}
	cfg.TLSCertificate, cfg.TLSKey = certificate(t)
	server, stop := run(t, cfg)
	t.Cleanup(stop)
	text, err := os.ReadFile(cfg.TLSCertificate)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &observed{t, cfg.Data, server, &http.Client{Transport: transport}, aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}}
}

// request is a call as it goes over the wire.
type request struct {
	service, method, path string
	header                map[string]string
	body                  string
}

// query is a call in the query protocol; its parameters are names and values.
func query(service, operation string, parameters ...string) request {
	version := map[string]string{"iam": "2010-05-08", "sts": "2011-06-15"}[service]
	form := url.Values{"Action": {operation}, "Version": {version}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	return request{service, http.MethodPost, "/", map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, form.Encode()}
}

// target is a call in the JSON protocol.
func target(service, operation, body string) request {
	prefix := map[string]string{"ssm": "AmazonSSM", "kms": "TrentService", "glue": "AWSGlue", "athena": "AmazonAthena"}[service]
	return request{service, http.MethodPost, "/", map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": prefix + "." + operation}, body}
}

// object is a call of S3; its headers are names and values.
func object(method, path, body string, headers ...string) request {
	r := request{"s3", method, path, map[string]string{}, body}
	if body != "" {
		r.header["Content-Md5"] = md5Of(body)
	}
	for i := 0; i < len(headers); i += 2 {
		r.header[headers[i]] = headers[i+1]
	}
	return r
}

// answer is what a call got.
type answer struct {
	status int
	id     string
	body   []byte
}

// call makes a call, unsigned where there is no key.
func (o *observed) call(key aws.Credentials, r request) answer {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), r.method, o.server.Endpoint()+r.path, strings.NewReader(r.body))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("User-Agent", "aws-cli/2.30")
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	if key.AccessKeyID != "" {
		sum := sha256.Sum256([]byte(r.body))
		digest := hex.EncodeToString(sum[:])
		if r.service == "s3" {
			req.Header.Set("X-Amz-Content-Sha256", digest)
		}
		signer := v4.NewSigner(func(so *v4.SignerOptions) { so.DisableURIPathEscaping = r.service == "s3" })
		if err := signer.SignHTTP(o.t.Context(), key, req, digest, r.service, "us-east-1", time.Now()); err != nil {
			o.t.Fatal(err)
		}
	}
	resp, err := o.client.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		o.t.Fatal(err)
	}
	id := resp.Header.Get("X-Amzn-Requestid")
	if id == "" {
		id = resp.Header.Get("X-Amz-Request-Id")
	}
	return answer{resp.StatusCode, id, body}
}

// do makes a call that must succeed.
func (o *observed) do(r request) answer {
	o.t.Helper()
	a := o.call(o.key, r)
	if a.status >= http.StatusMultipleChoices {
		o.t.Fatalf("%s %s %s %s: %d %s", r.service, r.method, r.path, r.body, a.status, a.body)
	}
	return a
}

// events returns the events of all calls so far, by the ID of their request.
func (o *observed) events() map[string][]event.Event {
	o.t.Helper()
	found := map[string][]event.Event{}
	for entry, err := range journal.Read(context.WithoutCancel(o.t.Context()), filepath.Join(o.data, app.CallsFolder), journal.Query{}) {
		if err != nil {
			o.t.Fatal(err)
		}
		events, err := event.Of(&entry)
		if err != nil {
			o.t.Fatal(err)
		}
		found[entry.RequestID] = append(found[entry.RequestID], events...)
	}
	return found
}

// one returns the one event of a call.
func (o *observed) one(a answer) event.Event {
	o.t.Helper()
	events := o.events()[a.id]
	if len(events) != 1 {
		o.t.Fatalf("the call %s has %d events", a.id, len(events))
	}
	return events[0]
}

// indented is a record as a person reads it.
func indented(t *testing.T, record []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, record, "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// md5Of is the Content-MD5 of a body.
func md5Of(body string) string {
	sum := md5.Sum([]byte(body))
	return base64.StdEncoding.EncodeToString(sum[:])
}
