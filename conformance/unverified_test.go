//go:build linux

package conformance_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/athena"
)

// allowance is how much more than when idle a server may take while strangers
// do what they can.
const allowance = 150 << 20

// Whoever cannot sign takes neither the memory nor the time of those who can.
func TestStrangersTakeNothing(t *testing.T) {
	s := serve(t, t.TempDir())
	client := athena.NewFromConfig(s.config())
	ask := func() error {
		_, err := client.ListWorkGroups(t.Context(), &athena.ListWorkGroupsInput{})
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	idle := s.memory("VmRSS")
	for _, tt := range []struct {
		name   string
		attack func(ctx context.Context, s *server)
	}{
		{"100 unsigned bodies of 69 MB", func(ctx context.Context, s *server) { bodies(ctx, s, "", athenaCall()) }},
		{"100 bodies of 69 MB with a known key and a wrong signature", func(ctx context.Context, s *server) { bodies(ctx, s, s.root.keyID, athenaCall()) }},
		{"the same where 70 MB are allowed", func(ctx context.Context, s *server) { bodies(ctx, s, s.root.keyID, lambdaCall()) }},
		{"300 bodies that hardly come", trickle},
		{"5,000 idle connections", idleConnections},
		{"huge headers", hugeHeaders},
		{"a million nested tags", nestedTags},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			done := make(chan struct{})
			go func() {
				defer close(done)
				tt.attack(ctx, s)
			}()
			worst, asked := time.Duration(0), 0
			for attacked := false; !attacked; asked++ {
				began := time.Now()
				if err := ask(); err != nil {
					t.Fatalf("a signed call meanwhile: %v", err)
				}
				worst = max(worst, time.Since(began))
				select {
				case <-done:
					attacked = true
				default:
				}
			}
			peak := s.memory("VmHWM")
			t.Logf("%d MiB more than idle at most; %d signed calls went on, the slowest %v", (peak-idle)>>20, asked, worst)
			if peak-idle > allowance {
				t.Errorf("the server took %d MiB more than idle, over %d", (peak-idle)>>20, allowance>>20)
			}
		})
	}
}

// memory returns a line of the server's /proc/PID/status in bytes.
func (s *server) memory(name string) int64 {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	s.t.Fatalf("no %s in the server's status", name)
	return 0
}

// forged is a call that is sent by one who has no secret.
type forged struct{ service, path, target string }

func athenaCall() forged {
	return forged{service: "athena", path: "/", target: "AmazonAthena.StartQueryExecution"}
}

func lambdaCall() forged { return forged{service: "lambda", path: "/2015-03-31/functions"} }

// header returns the headers of the call, signed wrongly for a key.
func (f forged) header(keyID string) http.Header {
	header, signed := http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, "host;x-amz-date"
	if f.target != "" {
		header.Set("X-Amz-Target", f.target)
		signed += ";x-amz-target"
	}
	if keyID != "" {
		now := time.Now().UTC()
		header.Set("X-Amz-Date", now.Format("20060102T150405Z"))
		header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+keyID+now.Format("/20060102/")+region+"/"+f.service+"/aws4_request, "+
			"SignedHeaders="+signed+", Signature="+strings.Repeat("0", 64))
	}
	return header
}

// trickle announces bodies with a known key and a wrong signature, and sends
// nearly nothing of them.
func trickle(ctx context.Context, s *server) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var senders sync.WaitGroup
	for range 300 {
		senders.Go(func() {
			body, come := io.Pipe()
			defer context.AfterFunc(ctx, func() { _ = come.Close() })()
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint+"/", body)
			if err != nil {
				return
			}
			r.ContentLength, r.Header = 255<<10, athenaCall().header(s.root.keyID)
			go func() { _, _ = come.Write([]byte("{")) }()
			if answer, err := http.DefaultClient.Do(r); err == nil {
				_ = answer.Body.Close()
			}
		})
	}
	senders.Wait()
}

// bodies sends large bodies at once, as one who has no secret can.
func bodies(ctx context.Context, s *server, keyID string, call forged) {
	var senders sync.WaitGroup
	for range 100 {
		senders.Go(func() {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint+call.path, io.LimitReader(zeros{}, 69<<20))
			if err != nil {
				return
			}
			r.ContentLength, r.Header = 69<<20, call.header(keyID)
			answer, err := http.DefaultClient.Do(r)
			if err == nil {
				_ = answer.Body.Close()
			}
		})
	}
	senders.Wait()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// idleConnections opens connections on which nothing comes.
func idleConnections(ctx context.Context, s *server) {
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	for range 5000 {
		var dialer net.Dialer
		c, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(s.endpoint, "http://"))
		if err != nil {
			s.t.Error(err)
			return
		}
		open = append(open, c)
	}
}

// hugeHeaders sends heads that do not end, from many connections.
func hugeHeaders(ctx context.Context, s *server) {
	var senders sync.WaitGroup
	for range 500 {
		senders.Go(func() {
			var dialer net.Dialer
			c, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(s.endpoint, "http://"))
			if err != nil {
				s.t.Error(err)
				return
			}
			defer c.Close() //nolint:errcheck // the server hangs up first
			w := bufio.NewWriter(c)
			_, err = fmt.Fprintf(w, "GET / HTTP/1.1\r\nHost: a\r\n")
			for n := 0; err == nil && n < 100_000; n++ {
				_, err = fmt.Fprintf(w, "X-Header-%d: %s\r\n", n, strings.Repeat("x", 1000))
			}
		})
	}
	senders.Wait()
}

// nestedTags sends deep XML, signed: even a caller who is known may err.
func nestedTags(ctx context.Context, s *server) {
	body := strings.Repeat("<a>", 1_000_000)
	for range 10 {
		status, answer, err := s.send(ctx, "s3", http.MethodPut, "/bucket?tagging", []byte(body))
		if err != nil || status < 400 || status >= 500 {
			s.t.Errorf("a million nested tags: %d %.200s (%v)", status, answer, err)
		}
	}
}

// send sends a signed request and returns its answer.
func (s *server) send(ctx context.Context, service, method, target string, body []byte) (status int, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, s.endpoint+target, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", hash)
	key := aws.Credentials{AccessKeyID: s.root.keyID, SecretAccessKey: s.root.secret}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	if err := signer.SignHTTP(ctx, key, r, hash, service, region, time.Now()); err != nil {
		return 0, nil, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, errors.Join(err, response.Body.Close())
}
