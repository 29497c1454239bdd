package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sillok/sillok/internal/app"
)

// maxAnswer is how many bytes of a server's answer are read.
const maxAnswer = 16 << 20

// ask sends a question to one of a server's own pages, signed by the credentials of the
// settings, and returns its answer. A question has no body.
func (p *s3Place) ask(ctx context.Context, method, path string, query url.Values) ([]byte, error) {
	a, err := p.asker(ctx)
	if err != nil {
		return nil, err
	}
	return a.ask(ctx, method, path, query, nil)
}

// asker asks a server about its own pages, many times.
type asker struct {
	settings aws.Config
	base     string
	client   aws.HTTPClient
}

// asker returns what asks the server that is meant.
func (p *s3Place) asker(ctx context.Context) (*asker, error) {
	settings, err := p.settings(ctx)
	if err != nil {
		return nil, err
	}
	if settings.BaseEndpoint == nil {
		return nil, errors.New("no server is named; give --data or --endpoint-url, or set AWS_ENDPOINT_URL")
	}
	a := &asker{settings, strings.TrimSuffix(*settings.BaseEndpoint, "/"), settings.HTTPClient} // which knows AWS_CA_BUNDLE
	if a.client == nil {
		a.client = http.DefaultClient
	}
	return a, nil
}

// ask sends a question with a body, which may be nil.
func (a *asker) ask(ctx context.Context, method, path string, query url.Values, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, a.base+path+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	key, err := a.settings.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the AWS credentials: %w", err)
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", hash)
	if err := v4.NewSigner().SignHTTP(ctx, key, r, hash, app.ExplainService, a.settings.Region, time.Now()); err != nil {
		return nil, fmt.Errorf("sign the question: %w", err)
	}
	answer, err := a.client.Do(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return nil, fmt.Errorf("read the server's answer: %w", err)
	}
	if answer.StatusCode == http.StatusOK {
		return text, nil
	}
	var failure struct{ Code, Message string }
	if json.Unmarshal(text, &failure) != nil || failure.Code == "" {
		return nil, fmt.Errorf("%s answers %s: is it a server of Sillok?", a.base, answer.Status)
	}
	return nil, fmt.Errorf("%s: %s", failure.Code, failure.Message)
}
