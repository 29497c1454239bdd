// Package sigv4 verifies AWS Signature Version 4: in the Authorization header,
// in the query string of a presigned URL, over the chunks of a streamed body and
// over the policy of a browser's form; and Version 2, with which clients of S3
// still sign.
//
// A request that verifies was made by someone who knows the key's secret, for
// the region and service in its scope, at most some minutes ago. What that
// caller may do is decided elsewhere. Whatever can be checked is checked before
// a byte of the body is read, and nothing is kept of a request that fails.
// Errors are *cloud.Error with the codes that AWS's JSON services use, which
// package wire says in other protocols' words; those of S3 have S3's own.
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
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Limits of time, as AWS sets them.
const (
	maxSkew    = 15 * time.Minute // of a client's clock, to either side
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
	// Lookup returns the key of that ID. Temporary credentials come with the
	// session token that was given with them, "" where none was. The error is of
	// kind cloud.NotFound when there is no such key, or the token is not of it.
	Lookup(ctx context.Context, accessKeyID, token string) (cloud.Key, error)
}

// Request is what to verify.
type Request struct {
	// HTTP is the request as the server got it. Its URL, host and headers must
	// stay as they are until the verification has ended.
	HTTP *http.Request
	// Services are the signing names allowed in the scope; none allows any.
	Services []string
	S3       bool   // S3's rules for paths, payload hashes and clocks, its words, and signatures of version 2
	Bucket   string // that the host names, which a signature of version 2 covers; empty for none
	Claim    Claim  // ClaimOf(HTTP)
}

// Verified is a request whose signature is right.
type Verified struct {
	Key         cloud.Key
	Region      string
	Service     string
	Time        time.Time
	PayloadHash string // as it was signed: SHA-256 in hexadecimal, or a word such as "UNSIGNED-PAYLOAD"
	Presigned   bool
	Version2    bool

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
	p, err := v.begin(ctx, req)
	if err != nil {
		return nil, worded(err, req.S3)
	}
	return p, nil
}

func (v *Verifier) begin(ctx context.Context, req Request) (*Pending, error) {
	s := req.Claim.signature
	switch {
	case req.Claim.err != nil:
		return nil, req.Claim.err
	case s.version2 && !req.S3:
		return nil, errVersion2()
	}
	if err := v.checkScope(s, req); err != nil {
		return nil, err
	}
	key, err := v.lookup(ctx, s)
	if err != nil {
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

// lookup finds the key of a signature, and checks its session token.
func (v *Verifier) lookup(ctx context.Context, s *signature) (cloud.Key, error) {
	key, err := v.creds.Lookup(ctx, s.accessKeyID, s.token)
	switch {
	case err == nil:
		return key, v.checkToken(s, key)
	case cloud.KindOf(err) == cloud.NotFound && s.token != "":
		return key, errToken().because(err)
	case cloud.KindOf(err) == cloud.NotFound:
		return key, errUnknownKey(s.accessKeyID).because(err)
	}
	return key, fmt.Errorf("looking up access key %s: %w", s.accessKeyID, err)
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
		return p.verified, worded(err, p.request.S3)
	}
	if isHash(p.verified.PayloadHash) && p.verified.PayloadHash != hash {
		return nil, errContentMismatch(p.verified.PayloadHash, hash)
	}
	return p.verified, nil
}

// verify checks the signature over a payload hash.
func (p *Pending) verify(hash string) (*Verified, error) {
	s := p.signature
	if s.version2 {
		return p.verify2(hash)
	}
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
	return nil, s.errMismatch(canonical, toSign)
}

// checkScope checks what a signature says of itself: scope and time.
func (v *Verifier) checkScope(s *signature, req Request) error {
	now := v.now().UTC().Truncate(time.Second) // as the times of requests are
	if s.version2 {
		return s.checkTime2(now)
	}
	if len(req.Services) > 0 && !slices.Contains(req.Services, s.service) {
		return s.malformed(errInvalid("Credential should be scoped to correct service: '%s'. ", req.Services[0]),
			`incorrect service "`+shown(s.service)+`". This endpoint belongs to "`+req.Services[0]+`".`)
	}
	if !validRegion(s.region) {
		return s.malformed(errInvalid("Credential should be scoped to a valid region. "),
			"the region '"+shown(s.region)+"' is wrong; expecting '"+defaultRegion+"'", "Region", defaultRegion)
	}
	if stamp := s.time.Format(dayLayout); stamp != s.day {
		return s.malformed(errInvalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%.200s' != '%s', from '%s'.",
			s.day, stamp, s.time.Format(timeLayout)),
			`Invalid credential date "`+shown(s.day)+`". This date is not the same as X-Amz-Date: "`+stamp+`".`)
	}
	return s.checkTime(now)
}

// checkTime checks that a signature has begun to hold, and holds yet.
func (s *signature) checkTime(now time.Time) error {
	lasts := maxSkew
	if s.presigned {
		lasts = s.expires
	}
	switch {
	case s.time.After(now.Add(maxSkew)):
		return s.errTime(now, errInvalid("Signature not yet current: %s is still later than %s (%s + %d min.)",
			s.time.Format(timeLayout), now.Add(maxSkew).Format(timeLayout), now.Format(timeLayout), int(maxSkew.Minutes())))
	case s.time.Add(lasts).Before(now):
		return s.errTime(now, errInvalid("Signature expired: %s is now earlier than %s (%s - %d min.)",
			s.time.Format(timeLayout), now.Add(-lasts).Format(timeLayout), now.Format(timeLayout), int(lasts.Minutes())))
	}
	return nil
}

// errTime is how a service, and S3, refuse a time that is not now.
func (s *signature) errTime(now time.Time, general *cloud.Error) error {
	switch {
	case !s.presigned:
		return &fault{general, errS3Skewed(s.time, now)}
	case s.time.After(now):
		return &fault{general, s3Error("AccessDenied", "Request is not yet valid", "ServerTime", now.Format(time.RFC3339))}
	}
	return &fault{general, errS3Expired(s.time.Add(s.expires), now, "X-Amz-Expires", strconv.Itoa(int(s.expires.Seconds())))}
}

func errS3Skewed(claimed, now time.Time) *cloud.Error {
	return s3Error("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.",
		"RequestTime", claimed.Format(timeLayout), "ServerTime", now.Format(time.RFC3339),
		"MaxAllowedSkewMilliseconds", strconv.FormatInt(maxSkew.Milliseconds(), 10))
}

func errS3Expired(end, now time.Time, members ...string) *cloud.Error {
	return s3Error("AccessDenied", "Request has expired",
		append(members, "Expires", end.UTC().Format(time.RFC3339), "ServerTime", now.Format(time.RFC3339))...)
}

// checkToken checks the session token against the key's.
func (v *Verifier) checkToken(s *signature, key cloud.Key) error {
	if subtle.ConstantTimeCompare([]byte(s.token), []byte(key.SessionToken)) != 1 {
		if s.token == "" {
			return errUnknownKey(s.accessKeyID)
		}
		return errToken()
	}
	if !key.Principal.Expires.IsZero() && !v.now().Before(key.Principal.Expires) {
		return &fault{
			cloud.Errorf(cloud.Unauthenticated, "ExpiredTokenException", "The security token included in the request is expired"),
			s3Error("ExpiredToken", "The provided token has expired."),
		}
	}
	return nil
}

// errToken is how a service, and S3, refuse a session token that is not of the key.
func errToken() *fault {
	f := &fault{errUnknownKey("").general, s3Error("InvalidToken", "The provided token is malformed or otherwise invalid.")}
	return f.because(errForged)
}

// defaultRegion is where a request is that says of no region that it is there.
const defaultRegion = "us-east-1"

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

func (s *signature) errMismatch(canonical, toSign string) error {
	f := &fault{
		errInvalid("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "+
			"and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'%s'\n\n"+
			"The String-to-Sign should have been\n'%s'\n", canonical, toSign),
		s.errS3Mismatch(canonical, toSign),
	}
	return f.because(errForged)
}

// errS3Mismatch is how S3 says that a signature is wrong. canonical is empty for
// signatures of version 2, and of a form's policy.
func (s *signature) errS3Mismatch(canonical, toSign string) *cloud.Error {
	members := []string{
		"AWSAccessKeyId", s.accessKeyID, "StringToSign", toSign, "SignatureProvided", shown(s.signature), "StringToSignBytes", inHex(toSign),
	}
	if canonical != "" {
		members = append(members, "CanonicalRequest", canonical, "CanonicalRequestBytes", inHex(canonical))
	}
	return s3Error("SignatureDoesNotMatch",
		"The request signature we calculated does not match the signature you provided. Check your key and signing method.", members...)
}

// inHex returns the bytes of a text as S3 shows them.
func inHex(text string) string { return fmt.Sprintf("% x", text) }
