package app_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/app"
)

func config(data string) app.Config {
	return app.Config{Data: data, Listen: "127.0.0.1:0"}
}

func open(t *testing.T, cfg app.Config) (*app.App, error) {
	t.Helper()
	return app.Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
}

func TestHealth(t *testing.T) {
	server := serve(t, t.TempDir())
	answer, err := http.Get(server.Endpoint() + "/_sillok/health")
	if err != nil {
		t.Fatal(err)
	}
	var got app.Health
	err = json.NewDecoder(answer.Body).Decode(&got)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	want := app.Health{Status: "ok", Version: app.Version(), UptimeSeconds: got.UptimeSeconds, Services: []string{"athena", "cloudtrail", "cloudtrail-data", "cloudwatch", "glue", "iam", "kms", "logs", "organizations", "s3", "sns", "sqs", "ssm", "sts"}}
	if diff := cmp.Diff(want, got); diff != "" || answer.StatusCode != http.StatusOK {
		t.Errorf("status %d (-want +got):\n%s", answer.StatusCode, diff)
	}
}

// Why the journal cannot be written is told to everybody, paths of the host are not.
func TestHealthTellsWhyTheJournalFails(t *testing.T) {
	data := t.TempDir()
	server := serve(t, data)
	if err := os.RemoveAll(filepath.Join(data, app.CallsFolder)); err != nil {
		t.Fatal(err)
	}
	if answer := send(t, server, http.MethodPut, "/bucket", nil, nil); answer.status != http.StatusServiceUnavailable {
		t.Errorf("a change: %d %s", answer.status, answer.body)
	}
	if answer := send(t, server, http.MethodGet, "/", nil, nil); answer.status != http.StatusOK {
		t.Errorf("a read: %d %s", answer.status, answer.body)
	}
	answer := send(t, server, http.MethodGet, "/_sillok/health", nil, nil)
	var got app.Health
	if err := json.Unmarshal(answer.body, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"the journal of calls cannot be written, so nothing can be changed: no space can be allocated for further records"}
	if diff := cmp.Diff(want, got.Problems); diff != "" || answer.status != http.StatusServiceUnavailable {
		t.Errorf("status %d, problems (-want +got):\n%s", answer.status, diff)
	}
}

func TestOneServerAFolder(t *testing.T) {
	data := t.TempDir()
	first, err := open(t, config(data))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, config(data)); err == nil || !strings.Contains(err.Error(), "another server uses it") {
		t.Errorf("a second server in the same folder: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	second, err := open(t, config(data))
	if err != nil {
		t.Fatalf("after the first was closed: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

// A folder that has lost its state is not taken for a new one.
func TestLostStateIsAnError(t *testing.T) {
	data := t.TempDir()
	first, err := open(t, config(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(data, "state.db")); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, config(data)); err == nil || !strings.Contains(err.Error(), "state.db is missing") {
		t.Errorf("open = %v", err)
	}
	if err := os.WriteFile(filepath.Join(data, "state.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, config(data)); err == nil || !strings.Contains(err.Error(), "--new-state") {
		t.Errorf("an empty one: open = %v", err)
	}
	cfg := config(data)
	cfg.NewState = true
	anew, err := open(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := anew.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := open(t, config(data))
	if err != nil {
		t.Fatalf("it is there again: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// With a certificate the port speaks TLS, and HTTP/2 to clients that do.
func TestTLS(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.TLSCertificate, cfg.TLSKey = certificate(t)
	server, stop := run(t, cfg)
	defer stop()
	if !strings.HasPrefix(server.Endpoint(), "https://127.0.0.1:") {
		t.Errorf("the endpoint is %s", server.Endpoint())
	}
	text, err := os.ReadFile(cfg.TLSCertificate)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	for _, h2 := range []bool{true, false} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: h2}
		answer, err := (&http.Client{Transport: transport}).Get(server.Endpoint() + "/_sillok/health")
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK || (answer.ProtoMajor == 2) != h2 {
			t.Errorf("%s answered %d (%v)", answer.Proto, answer.StatusCode, err)
		}
		transport.CloseIdleConnections()
	}
	cfg.Data, cfg.TLSKey = t.TempDir(), cfg.TLSCertificate
	if _, err := app.Open(t.Context(), cfg, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "tls: read the certificate") {
		t.Errorf("a key that is none: %v", err)
	}
}

// certificate makes a certificate of 127.0.0.1 and its key, as files.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, block := range map[string]*pem.Block{
		"cert": {Type: "CERTIFICATE", Bytes: public}, "key": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "cert"), filepath.Join(folder, "key")
}

// lines is a log that is written and read at the same time.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Strangers who do not speak TLS fill no log.
func TestFailedHandshakesAreNoWarnings(t *testing.T) {
	for level, told := range map[slog.Level]bool{slog.LevelInfo: false, slog.LevelDebug: true} {
		cfg, log := config(t.TempDir()), &lines{}
		cfg.TLS = true
		server, err := app.Open(t.Context(), cfg, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level})))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		ready := make(chan struct{})
		go func() { done <- server.Run(ctx, func() { close(ready) }) }()
		<-ready
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(server.Endpoint(), "https://"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "no handshake of TLS"); err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadAll(c) // until the server hangs up, which it logs before
		stop()
		if err := errors.Join(c.Close(), <-done, server.Close()); err != nil {
			t.Error(err)
		}
		if strings.Contains(log.String(), "TLS handshake error") != told {
			t.Errorf("at %s it logs\n%s", level, log)
		}
	}
}

func TestEndpointCanBeCalled(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.Listen, cfg.InsecureHTTP = "0.0.0.0:0", true
	server, err := open(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(server.Endpoint(), "http://127.0.0.1:") {
		t.Errorf("the endpoint of %s is %s", cfg.Listen, server.Endpoint())
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}

// Plain HTTP is for this machine alone, unless it is asked for.
func TestPlainHTTPStaysAtHome(t *testing.T) {
	const refusal = "--insecure-http serves plain HTTP all the same"
	for _, tt := range []struct {
		listen        string
		tls, insecure bool
		err           string
	}{
		{listen: "127.0.0.1:0"},
		{listen: "127.8.9.1:0"},
		{listen: "localhost:0"},
		{listen: "[::1]:0"},
		{listen: "0.0.0.0:0", err: refusal},
		{listen: ":0", err: refusal},
		{listen: "[::]:0", err: refusal},
		{listen: "192.0.2.2:0", err: refusal},
		{listen: "[fe80::1%eth0]:0", err: refusal},
		{listen: ":0", tls: true},
		{listen: ":0", insecure: true},
		{listen: ":0", tls: true, insecure: true, err: "the port speaks either TLS or plain HTTP"},
	} {
		cfg := config("data")
		cfg.Listen, cfg.TLS, cfg.InsecureHTTP = tt.listen, tt.tls, tt.insecure
		err := cfg.Validate()
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	// A name of this machine that is not known to be one has to be looked up.
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := net.DefaultResolver.LookupNetIP(t.Context(), "ip4", name)
	if err != nil || len(addresses) == 0 {
		return // it is nobody's, and cannot be listened on
	}
	cfg := config(t.TempDir())
	cfg.Listen = net.JoinHostPort(name, "0")
	server, err := open(t, cfg)
	if err == nil {
		err = server.Close()
	}
	// With TLS it is called by the name that its certificate has.
	cfg.TLS, cfg.Data = true, t.TempDir()
	secure, failed := open(t, cfg)
	if failed == nil {
		if endpoint := secure.Endpoint(); !strings.HasPrefix(endpoint, "https://"+strings.ToLower(name)+":") && !addresses[0].IsLoopback() {
			t.Errorf("%s is reached at %s", name, endpoint)
		}
		failed = secure.Close()
	}
	if failed != nil {
		t.Error(failed)
	}
	if home := addresses[0].IsLoopback(); home != (err == nil) || err != nil && !strings.Contains(err.Error(), refusal) {
		t.Errorf("%s, which is %s: %v", name, addresses[0], err)
	}
}

// A certificate of its own is made at the first start and stays over restarts.
// Who reads the data folder knows how to reach the server.
func TestTLSByACertificateOfItsOwn(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.TLS, cfg.Domains = true, []string{"storage.example.org"}
	var fingerprints []string
	for range 2 {
		server, stop := run(t, cfg)
		made, ok := server.Certificate()
		if want := filepath.Join(cfg.Data, "tls", "cert.pem"); !ok || made.Anchor != want {
			t.Errorf("certificate %v, %+v, want %s", ok, made, want)
		}
		fingerprints = append(fingerprints, made.Fingerprint)
		reach, err := app.ReachOf(cfg.Data)
		if diff := cmp.Diff(app.Reach{Endpoint: server.Endpoint(), Anchor: made.Anchor}, reach); diff != "" || err != nil {
			t.Errorf("how it is reached: %v (-want +got):\n%s", err, diff)
		}
		text, err := os.ReadFile(made.Anchor)
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(text)
		address := strings.TrimPrefix(server.Endpoint(), "https://")
		for _, name := range []string{"127.0.0.1", "::1", "localhost", "logs.localhost", "logs.s3.localhost", "storage.example.org", "logs.storage.example.org"} {
			conn, err := (&tls.Dialer{Config: &tls.Config{RootCAs: pool, ServerName: name, MinVersion: tls.VersionTLS12}}).DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
		// Whoever speaks plain HTTP by mistake is told.
		answer, err := http.Get("http://" + address + "/_sillok/health")
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusBadRequest {
			t.Errorf("plain HTTP: %d %v", answer.StatusCode, err)
		}
		stop()
	}
	if fingerprints[0] != fingerprints[1] {
		t.Error("the second start made another certificate")
	}
}

// A call that has begun is answered although the server has been told to stop.
func TestStopFinishesCalls(t *testing.T) {
	t.Chdir(t.TempDir())
	cfg := config(t.TempDir())
	cfg.RootAccessKeyID, cfg.RootSecretAccessKey, cfg.RootAccountID = keyID, secret, account
	server, err := app.Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- server.Run(ctx, func() { close(ready) }) }()
	<-ready
	send(t, server, http.MethodPut, "/bucket", nil, nil)

	// An object of which the second half comes after the server was told to stop. The
	// first is more than the kernel keeps for a server that does not read.
	body := bytes.Repeat([]byte("half"), 8<<20)
	reader, writer := io.Pipe()
	r := signed(t, server, http.MethodPut, "/bucket/key", nil, body)
	r.Body, r.ContentLength = reader, int64(len(body))
	answered := make(chan error, 1)
	go func() {
		answer, err := http.DefaultClient.Do(r)
		if err == nil {
			err = answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				err = fmt.Errorf("status %d", answer.StatusCode)
			}
		}
		answered <- err
	}()
	if _, err := writer.Write(body[:len(body)/2]); err != nil {
		t.Fatal(err)
	}
	stop()
	_, err = writer.Write(body[len(body)/2:])
	if err := errors.Join(err, writer.Close(), <-answered); err != nil {
		t.Errorf("the call: %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	again, stopAgain := run(t, cfg)
	defer stopAgain()
	if stored := send(t, again, http.MethodGet, "/bucket/key", nil, nil); !bytes.Equal(stored.body, body) {
		t.Errorf("%d: %d bytes are stored, want %d", stored.status, len(stored.body), len(body))
	}
}

func TestStopBeforeReady(t *testing.T) {
	server, err := open(t, config(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := server.Run(ctx, func() {}); err != nil {
		t.Errorf("run: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}

func TestValidateTellsAll(t *testing.T) {
	cfg := app.Config{Listen: "nowhere", RootAccountID: "12", Concurrency: -1, QueryTimeout: -1, ActiveQueries: -1, TrailDelivery: 1, TrailDigest: 1500 * time.Millisecond, Compat: "other"}
	want := `data: a folder is required, in which the server keeps everything
listen: "nowhere" is not HOST:PORT, such as 127.0.0.1:4566
root credential: give the access key id, the secret access key and the account id, or none of them
root account id: 12 digits are required
concurrency: cannot be negative
query timeout: cannot be negative
cloudtrail delivery: 1ns is not between a second and an hour
cloudtrail digest: 1.5s is not a whole number of seconds, up to a day
active queries: cannot be negative
compat: "other" is not known; only "moto" is`
	err := cfg.Validate()
	if err == nil {
		t.Fatal("no problem was found")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// startBound is far above what a start takes (a few milliseconds), so that a
// busy machine does not fail the test.
const startBound = 2 * time.Second

func TestStartIsQuick(t *testing.T) {
	data := t.TempDir()
	start(t, data)
	if took := start(t, data); took > startBound {
		t.Errorf("a start on an existing data folder took %v", took)
	}
}

// BenchmarkStart measures a start on an existing data folder and the stop after
// it; ms/ready is the start alone, of which the target is 300.
func BenchmarkStart(b *testing.B) {
	data := b.TempDir()
	start(b, data)
	var took time.Duration
	for b.Loop() {
		took += start(b, data)
	}
	b.ReportMetric(float64(took.Milliseconds())/float64(b.N), "ms/ready")
}

// start runs a server until it is ready and returns how long that took.
func start(tb testing.TB, data string) time.Duration {
	tb.Helper()
	tb.Chdir(tb.TempDir())
	began := time.Now()
	server, err := app.Open(tb.Context(), config(data), slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(tb.Context())
	var took time.Duration
	if err := server.Run(ctx, func() {
		took = time.Since(began)
		stop()
	}); err != nil {
		tb.Fatal(err)
	}
	stop()
	if err := server.Close(); err != nil {
		tb.Fatal(err)
	}
	return took
}
