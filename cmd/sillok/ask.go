package main

import (
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

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sillok/sillok/internal/app"
)

// maxAnswer is how many bytes of a server's answer are read.
const maxAnswer = 16 << 20

// ask sends a question to one of a server's own pages, signed by the credentials of the
// settings, and returns its answer. A question has no body.
func (p *s3Place) ask(ctx context.Context, method, path string, query url.Values) ([]byte, error) {
	settings, err := p.settings(ctx)
	if err != nil {
		return nil, err
	}
	if settings.BaseEndpoint == nil {
		return nil, errors.New("no server is named; give --data or --endpoint-url, or set AWS_ENDPOINT_URL")
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(*settings.BaseEndpoint, "/")+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return nil, err
	}
	key, err := settings.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the AWS credentials: %w", err)
	}
	none := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(ctx, key, r, hex.EncodeToString(none[:]), app.ExplainService, settings.Region, time.Now()); err != nil {
		return nil, fmt.Errorf("sign the question: %w", err)
	}
	client := settings.HTTPClient // it knows AWS_CA_BUNDLE
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(r)
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
		return nil, fmt.Errorf("%s answers %s: is it a server of Sillok?", *settings.BaseEndpoint, answer.Status)
	}
	return nil, fmt.Errorf("%s: %s", failure.Code, failure.Message)
}
