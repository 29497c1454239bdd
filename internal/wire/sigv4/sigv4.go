// Package sigv4 verifies AWS Signature Version 4: in the Authorization header,
// in the query string of a presigned URL, and over the chunks of a streamed
// body.
//
// A request that verifies was made by someone who knows the key's secret, for
// the region and service in its scope, at most some minutes ago. What that
// caller may do is decided elsewhere. Errors are *cloud.Error with the codes
// that AWS's JSON services use; package wire says them in other protocols'
// words.
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

// Key is an access key and whose it is.
type Key struct {
	ID           string
	Secret       string
	SessionToken string // of temporary credentials; empty for others
	Account      string // 12 digits
	PrincipalARN string
	PrincipalID  string
	Expires      time.Time // zero for a key that does not expire
}

// Credentials finds access keys.
type Credentials interface {
	// Lookup returns the key of that ID. Its error is of kind
	// cloud.NotFound when there is none.
	Lookup(ctx context.Context, accessKeyID string) (Key, error)
}

// Request is what to verify.
type Request struct {
	HTTP *http.Request
	// Body is the whole body. With S3 rules it may be nil: the hash that the
	// client declares is then taken, and whoever reads the body checks it.
	Body []byte
	// Services are the signing names allowed in the scope; none allows any.
	Services []string
	S3       bool // S3's rules for paths, payload hashes and clocks
}

// Verified is a request whose signature is right.
type Verified struct {
	Key         Key
	Region      string
	Service     string
	Time        time.Time
	PayloadHash string // as it was signed, such as "UNSIGNED-PAYLOAD"
	Presigned   bool

	signature  string
	signingKey []byte
	scope      string
}

// Verifier verifies requests. It is safe for concurrent use.
type Verifier struct {
	creds Credentials
	now   func() time.Time
}

// New returns a Verifier of keys in creds, by the clock now.
func New(creds Credentials, now func() time.Time) *Verifier {
	return &Verifier{creds: creds, now: now}
}

// Verify returns who signed the request.
func (v *Verifier) Verify(ctx context.Context, req Request) (*Verified, error) {
	s, err := parse(req.HTTP)
	if err != nil {
		return nil, err
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
	hash, err := payloadHash(s, req)
	if err != nil {
		return nil, err
	}
	signingKey := deriveKey(key.Secret, s.day, s.region, s.service)
	given, err := hex.DecodeString(s.signature)
	if err != nil {
		given = nil // never equal
	}
	var canonical, toSign string
	for _, path := range canonicalPaths(req.HTTP.URL.EscapedPath(), req.S3) {
		canonical = canonicalRequest(s, req.HTTP, path, hash)
		toSign = stringToSign(s, canonical)
		if hmac.Equal(sign(signingKey, toSign), given) {
			return &Verified{
				Key: key, Region: s.region, Service: s.service, Time: s.time, PayloadHash: hash,
				Presigned: s.presigned, signature: s.signature, signingKey: signingKey, scope: s.scope(),
			}, nil
		}
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
		return errInvalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
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
func (v *Verifier) checkToken(s *signature, key Key) error {
	if subtle.ConstantTimeCompare([]byte(s.token), []byte(key.SessionToken)) != 1 {
		return errUnknownKey()
	}
	if !key.Expires.IsZero() && !v.now().Before(key.Expires) {
		return cloud.Errorf(cloud.Unauthenticated, "ExpiredTokenException", "The security token included in the request is expired")
	}
	return nil
}

// validRegion says whether a name has the form of a region.
func validRegion(region string) bool {
	return region == "aws-global" || regionForm.MatchString(region)
}

var regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+){1,3}-\d{1,2}$`)

// deriveKey returns the key that signs for a day, region and service.
func deriveKey(secret, day, region, service string) []byte {
	key := sign([]byte("AWS4"+secret), day)
	for _, part := range []string{region, service, terminator} {
		key = sign(key, part)
	}
	return key
}

func sign(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

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
