package conformance_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// replay is a call that is signed once and sent many times, so that a test
// loads the server and not its client.
type replay struct {
	t         *testing.T
	transport *http.Transport
	request   *http.Request
	body      string
}

// replay returns a call of a service that speaks JSON, such as
// "AWSGlue.GetTable" of glue.
func (s *server) replay(service, target, body string) *replay {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.endpoint+"/", http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.ContentLength = int64(len(body))
	sum := sha256.Sum256([]byte(body))
	key := aws.Credentials{AccessKeyID: s.root.keyID, SecretAccessKey: s.root.secret}
	if err := v4.NewSigner().SignHTTP(s.t.Context(), key, r, hex.EncodeToString(sum[:]), service, region, time.Now()); err != nil {
		s.t.Fatal(err)
	}
	return &replay{t: s.t, transport: &http.Transport{MaxIdleConnsPerHost: 256}, request: r, body: body}
}

// send sends the call once and returns its status and answer.
func (c *replay) send(ctx context.Context) (status int, answer string, err error) {
	r := c.request.Clone(ctx)
	r.Body = io.NopCloser(strings.NewReader(c.body))
	response, err := c.transport.RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(response.Body)
	_ = response.Body.Close() // only read
	return response.StatusCode, string(text), err
}

// must sends the call once; it must succeed.
func (c *replay) must(ctx context.Context) error {
	status, answer, err := c.send(ctx)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s: %d %s", c.request.Header.Get("X-Amz-Target"), status, answer)
	}
	return err
}
