package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// quickGet reads objects of one bucket with as little work as can be: for small files
// the SDK's own work takes longer than all that is done with them. How to ask it
// learns from the first request that the SDK makes, so that every setting holds, and
// whatever is not the plain answer to a plain request is left to the SDK, with its
// retries and errors.
type quickGet struct {
	client      s3.HTTPClient
	credentials aws.CredentialsProvider
	signer      *v4.Signer

	mu    sync.Mutex
	known bool
	learn learned
}

// learned is what requests for objects of a bucket have in common.
type learned struct {
	base   url.URL // the path ends with the slash before a key
	agent  string
	region string // for which they are signed; empty where they cannot be made so
}

const (
	emptyHash   = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // SHA-256 of nothing
	signedBegin = "AWS4-HMAC-SHA256 Credential="
)

// options takes from a client what requests are made with.
func (q *quickGet) options(o *s3.Options) {
	q.client, q.credentials = o.HTTPClient, o.Credentials
	q.signer = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
}

// listener is a client of HTTP that keeps the last request.
type listener struct {
	s3.HTTPClient

	last **http.Request
}

// Do implements s3.HTTPClient.
func (l listener) Do(r *http.Request) (*http.Response, error) {
	*l.last = r
	return l.HTTPClient.Do(r)
}

// listen makes a call of the SDK keep the request that it made.
func (q *quickGet) listen(last **http.Request) func(*s3.Options) {
	return func(o *s3.Options) { o.HTTPClient = listener{o.HTTPClient, last} }
}

// asked learns from a request for a key that was answered.
func (q *quickGet) asked(r *http.Request, key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.known {
		return
	}
	q.known = true
	path, ok := strings.CutSuffix(r.URL.Path, "/"+key)
	scope, signed := strings.CutPrefix(r.Header.Get("Authorization"), signedBegin)
	scope, _, _ = strings.Cut(scope, ",")
	words := strings.Split(scope, "/")
	if n := len(words); ok && signed && n >= 5 && words[n-2] == "s3" {
		q.learn = learned{base: *r.URL, agent: r.Header.Get("User-Agent"), region: words[n-3]}
		q.learn.base.Path, q.learn.base.RawPath, q.learn.base.RawQuery = path+"/", "", ""
	}
}

// get returns an object. ok is false where the SDK has to be asked.
func (q *quickGet) get(ctx context.Context, key string) (body io.ReadCloser, metadata map[string]string, ok bool) {
	q.mu.Lock()
	l := q.learn
	q.mu.Unlock()
	if l.region == "" || !plainKey(key) {
		return nil, nil, false
	}
	l.base.Path += key
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.base.String(), http.NoBody)
	if err != nil {
		return nil, nil, false
	}
	r.Header.Set("User-Agent", l.agent)
	r.Header.Set("X-Amz-Content-Sha256", emptyHash)
	r.Header.Set("Accept-Encoding", "identity")
	credentials, err := q.credentials.Retrieve(ctx)
	if err == nil {
		err = q.signer.SignHTTP(ctx, credentials, r, emptyHash, "s3", l.region, time.Now())
	}
	if err != nil {
		return nil, nil, false
	}
	answer, err := q.client.Do(r)
	if err != nil {
		return nil, nil, false
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close() // the SDK asks again and says why
		return nil, nil, false
	}
	for name, values := range answer.Header {
		if name, ok := strings.CutPrefix(strings.ToLower(name), "x-amz-meta-"); ok && len(values) > 0 {
			if metadata == nil {
				metadata = map[string]string{}
			}
			metadata[name] = values[0]
		}
	}
	return answer.Body, metadata, true
}

// plainKey says whether a key is in a URL as it is.
func plainKey(key string) bool {
	return key != "" && strings.IndexFunc(key, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("/_.-", r)
	}) < 0 && !strings.Contains(key, "//") && !strings.Contains(key, "/.")
}
