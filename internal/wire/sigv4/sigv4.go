// Package sigv4 verifies AWS Signature Version 4: in the Authorization header,
// in the query string of a presigned URL, and over the chunks of a streamed
// body.
//
// A request that verifies was made by someone who knows the key's secret, for
// the region and service in its scope, at most some minutes ago. What that
// caller may do is decided elsewhere. Whatever can be checked is checked before
// a byte of the body is read, and nothing is kept of a request that fails.
// Errors are *cloud.Error with the codes that AWS's JSON services use; package
// wire says them in other protocols' words.
package sigv4

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Limits of time, as AWS sets them.
const (
	maxSkew    = 5 * time.Minute
	maxSkewS3  = 15 * time.Minute
	maxExpires = 7 * 24 * time.Hour
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	timeLayout = "20060102T150405Z"
	dayLayout  = "20060102"
)

// Credentials finds access keys.
type Credentials interface {
	// Lookup returns the key of that ID. Its error is of kind
	// cloud.NotFound when there is none.
	Lookup(ctx context.Context, accessKeyID string) (cloud.Key, error)
}

// Request is what to verify.
type Request struct {
	// HTTP is the request as the server got it. Its URL, host and headers must
	// stay as they are until the verification has ended.
	HTTP *http.Request
	// Services are the signing names allowed in the scope; none allows any.
	Services []string
	S3       bool  // S3's rules for paths, payload hashes and clocks
	Claim    Claim // ClaimOf(HTTP)
}

// Verified is a request whose signature is right.
type Verified struct {
	Key         cloud.Key
	Region      string
	Service     string
	Time        time.Time
	PayloadHash string // as it was signed: SHA-256 in hexadecimal, or a word such as "UNSIGNED-PAYLOAD"
	Presigned   bool

	signature  string
	signingKey signingKey
	scope      string
}

// Verifier verifies requests. It is safe for concurrent use.
type Verifier struct {
	creds Credentials
	now   func() time.Time
	keys  keyCache
}

// New returns a Verifier of keys in creds, by the clock now.
func New(creds Credentials, now func() time.Time) *Verifier {
	return &Verifier{creds: creds, now: now}
}

// Pending is a request whose signature holds as far as it can be checked
// without the body. It is for one goroutine.
type Pending struct {
	verifier  *Verifier
	request   Request
	signature *signature
	key       cloud.Key
	verified  *Verified // nil while the body's hash is missing
}

// Begin checks all of a request's signature that does not need its body, of
// which it reads nothing: form, scope, time, access key and session token.
//
// The signature itself is checked too where the payload hash is known: when the
// client declares a SHA-256 in X-Amz-Content-Sha256, when there is no body, and
// always with S3's rules. What is declared has still to be compared with what
// comes: by [Pending.Complete], or while the body is read through
// [Verified.Content].
func (v *Verifier) Begin(ctx context.Context, req Request) (*Pending, error) {
	s := req.Claim.signature
	if req.Claim.err != nil {
		return nil, req.Claim.err
	}
	if err := v.checkScope(s, req); err != nil {
		return nil, err
	}
	key, err := v.creds.Lookup(ctx, s.accessKeyID)
	if err != nil {
		if cloud.KindOf(err) == cloud.NotFound {
			return nil, errUnknownKey().Because(err)
		}
		return nil, fmt.Errorf("looking up access key %s: %w", s.accessKeyID, err)
	}
	if err := v.checkToken(s, key); err != nil {
		return nil, err
	}
	p := &Pending{verifier: v, request: req, signature: s, key: key}
	hash, err := payloadHash(s, req)
	if err != nil {
		return nil, err
	}
	if hash != "" {
		p.verified, err = p.verify(hash)
	}
	return p, err
}

// Verified returns the verified request. It reports false while that needs the
// body: read it and call Complete.
func (p *Pending) Verified() (*Verified, bool) { return p.verified, p.verified != nil }

// Complete ends the verification with the SHA-256 of the whole body. It may be
// called for a request that is verified already, and then checks the declared
// hash where there is one.
func (p *Pending) Complete(bodyHash [sha256.Size]byte) (*Verified, error) {
	hash := hex.EncodeToString(bodyHash[:])
	if p.verified == nil {
		var err error
		p.verified, err = p.verify(hash)
		return p.verified, err
	}
	if isHash(p.verified.PayloadHash) && p.verified.PayloadHash != hash {
		return nil, errContentMismatch()
	}
	return p.verified, nil
}

// verify checks the signature over a payload hash.
func (p *Pending) verify(hash string) (*Verified, error) {
	s := p.signature
	name := derivation{secret: p.key.Secret, day: s.day, region: s.region, service: s.service}
	key, cached := p.verifier.keys.get(name)
	if !cached {
		key = name.derive()
	}
	given, err := hex.DecodeString(s.signature)
	if err != nil {
		given = nil // never equal
	}
	var canonical, toSign string
	for _, path := range canonicalPaths(p.request.HTTP.URL.EscapedPath(), p.request.S3) {
		canonical = canonicalRequest(s, p.request.HTTP, path, hash)
		toSign = stringToSign(s, canonical)
		sum := sign(key[:], toSign)
		if !hmac.Equal(sum[:], given) {
			continue
		}
		if !cached {
			p.verifier.keys.put(name, key)
		}
		return &Verified{
			Key: p.key, Region: s.region, Service: s.service, Time: s.time, PayloadHash: hash,
			Presigned: s.presigned, signature: s.signature, signingKey: key, scope: s.scope(),
		}, nil
	}
	return nil, errMismatch(canonical, toSign)
}

// checkScope checks what a signature says of itself: scope and time.
func (v *Verifier) checkScope(s *signature, req Request) error {
	if len(req.Services) > 0 && !slices.Contains(req.Services, s.service) {
		return errInvalid("Credential should be scoped to correct service: '%s'. ", req.Services[0])
	}
	if !validRegion(s.region) {
		return errInvalid("Credential should be scoped to a valid region. ")
	}
	if stamp := s.time.Format(dayLayout); stamp != s.day {
		return errInvalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%.200s' != '%s', from '%s'.",
			s.day, stamp, s.time.Format(timeLayout))
	}
	now := v.now().UTC()
	skew := maxSkew
	if req.S3 {
		skew = maxSkewS3
	}
	if s.time.After(now.Add(skew)) {
		return errSkewed("Signature not yet current: %s is still later than %s (%s + %d min.)",
			s.time.Format(timeLayout), now.Add(skew).Format(timeLayout), now.Format(timeLayout), int(skew.Minutes()))
	}
	if s.presigned {
		if s.time.Add(s.expires).Before(now) {
			return errSkewed("Signature expired: %s is now earlier than %s (%s - %d min.)",
				s.time.Format(timeLayout), now.Add(-s.expires).Format(timeLayout), now.Format(timeLayout), int(s.expires.Minutes()))
		}
		return nil
	}
	if s.time.Before(now.Add(-skew)) {
		return errSkewed("Signature expired: %s is now earlier than %s (%s - %d min.)",
			s.time.Format(timeLayout), now.Add(-skew).Format(timeLayout), now.Format(timeLayout), int(skew.Minutes()))
	}
	return nil
}

// checkToken checks the session token against the key's.
func (v *Verifier) checkToken(s *signature, key cloud.Key) error {
	if subtle.ConstantTimeCompare([]byte(s.token), []byte(key.SessionToken)) != 1 {
		return errUnknownKey()
	}
	if !key.Principal.Expires.IsZero() && !v.now().Before(key.Principal.Expires) {
		return cloud.Errorf(cloud.Unauthenticated, "ExpiredTokenException", "The security token included in the request is expired")
	}
	return nil
}

// validRegion says whether a name has the form of a region.
func validRegion(region string) bool {
	return region == "aws-global" || regionForm.MatchString(region)
}

// regionForm is that of all of AWS's partitions: "us-gov-west-1",
// "ap-northeast-2", "eusc-de-east-1".
var regionForm = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,9}){1,2}-[1-9][0-9]?$`)

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// stringToSign returns what the signature is made of.
func stringToSign(s *signature, canonical string) string {
	return strings.Join([]string{algorithm, s.time.Format(timeLayout), s.scope(), hexHash([]byte(canonical))}, "\n")
}

func errUnknownKey() *cloud.Error {
	return cloud.Errorf(cloud.Unauthenticated, "UnrecognizedClientException", "The security token included in the request is invalid.")
}

func errInvalid(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Unauthenticated, "InvalidSignatureException", format, args...)
}

// errSkewed is errInvalid for a clock that is off, which S3 names otherwise.
func errSkewed(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Unauthenticated, "RequestTimeTooSkewed", format, args...)
}

func errMismatch(canonical, toSign string) *cloud.Error {
	return errInvalid("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "+
		"and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'%s'\n\n"+
		"The String-to-Sign should have been\n'%s'\n", canonical, toSign)
}
