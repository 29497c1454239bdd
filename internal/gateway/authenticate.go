package gateway

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// authenticate finds out who calls, from the headers alone: the signature's
// form, scope and time are checked, the key is looked up, and where the client
// signed a hash of the body, or there is none, the signature is verified. What
// is left open then, only decode can say, once it has read the body.
func (x *exchange) authenticate() error {
	g := x.gateway
	if x.mayBeUnsigned() {
		if x.ofS3() {
			return x.stayUnknown()
		}
		return x.takeCall()
	}
	services := []string{x.route.model.SigningName}
	if x.route.also != "" {
		services = append(services, x.route.also)
	}
	pending, err := g.verifier.Begin(x.r.Context(), sigv4.Request{
		HTTP: x.r, Claim: x.claim, Services: services, S3: x.ofS3(), Bucket: x.at.bucket,
	})
	if err != nil {
		return err
	}
	x.pending = pending
	if verified, ok := pending.Verified(); ok {
		return x.identify(verified)
	}
	return nil
}

// mayBeUnsigned says whether a request without signature goes on: for an
// operation that AWS leaves unsigned, for a form that may name one, for a
// preflight, and to S3, where a bucket may be everybody's.
func (x *exchange) mayBeUnsigned() bool {
	switch {
	case x.route.manner == preflight:
		return true
	case sigv4.Signed(x.r):
		return false
	case x.ofS3(), x.route.operation != nil && (x.route.operation.Unsigned || x.isLink()):
		return true
	}
	return x.route.operation == nil && x.gateway.bound[x.route.model].unsigned
}

// isLink says whether a request follows a link that AWS's messages carry: its operation
// finds out from the secret in it whether it may be done. Nothing else has a body.
func (x *exchange) isLink() bool {
	return x.route.operation.ByToken && x.r.Method == http.MethodGet && x.r.ContentLength == 0
}

// identify notes who the call's principal is, and counts the call as one of its
// key's.
func (x *exchange) identify(verified *sigv4.Verified) error {
	call := &x.attempt.fact.Call
	call.Principal, call.AccessKeyID = verified.Key.Principal, verified.Key.ID
	call.Account, call.Region = verified.Key.Principal.Account, cloud.Region(verified.Region)
	if call.Region == "aws-global" {
		call.Region = "us-east-1"
	}
	x.verified = verified
	Verified(x.r.Context())
	version, way := x.signed()
	call.Signature = cloud.Signature{Version: signatureWords[version], Way: signatureWords[way], At: verified.Time}
	if x.ofS3() {
		call.Signature.Content = verified.PayloadHash
	}
	x.attempt.signed = x.presignedParameters()
	x.tell()
	return x.takeCall()
}

// whenVerified is the key of a function in the context of a connection.
type whenVerified struct{}

// WhenVerified returns a context for the requests of a connection. then is called for
// each that proves to be signed rightly.
func WhenVerified(ctx context.Context, then func()) context.Context {
	return context.WithValue(ctx, whenVerified{}, then)
}

// Verified says that a request of that context proved to be signed rightly.
func Verified(ctx context.Context) {
	if then, ok := ctx.Value(whenVerified{}).(func()); ok {
		then()
	}
}

// signatureWords says in the words of S3's condition keys what its log of access
// says of signatures.
var signatureWords = map[string]string{
	"SigV4": "AWS4-HMAC-SHA256", "SigV2": "AWS", "AuthHeader": "REST-HEADER", "QueryString": "REST-QUERY-STRING", "POST": "POST",
}

// stayUnknown lets a call go on as nobody's, in S3's first region.
func (x *exchange) stayUnknown() error {
	x.anonymous = true
	x.attempt.fact.Call.Region = "us-east-1"
	x.tell()
	return x.takeCall()
}

// tell makes the request's context carry the call as far as it is known.
func (x *exchange) tell() {
	x.r = x.r.WithContext(cloud.WithCall(x.r.Context(), x.attempt.fact.Call))
}

// claimed returns what a request says of itself before anything is verified.
func (x *exchange) claimed() cloud.Call {
	scheme := "http://"
	if x.r.TLS != nil {
		scheme = "https://"
	}
	return cloud.Call{
		Principal: cloud.Principal{Type: cloud.Anonymous}, AccessKeyID: shortened(x.claim.AccessKeyID), RequestID: x.requestID,
		SourceIP: from(x.r), UserAgent: shortened(x.r.UserAgent()), Time: time.Now().UTC(),
		Endpoint: scheme + shortened(x.r.Host), Referer: shortened(x.r.Referer()), TLS: tlsVersion(x.r.TLS), Cipher: cipher(x.r.TLS),
	}
}

// cipher is the name of a connection's cipher suite; empty without TLS.
func cipher(state *tls.ConnectionState) string {
	if state == nil || state.Version == 0 {
		return ""
	}
	return tls.CipherSuiteName(state.CipherSuite)
}

// tlsVersion is the version of a connection, such as "1.3"; empty without TLS, and
// cloud.TLSElsewhere where a proxy has spoken it.
func tlsVersion(state *tls.ConnectionState) string {
	switch {
	case state == nil:
		return ""
	case state.Version == 0:
		return cloud.TLSElsewhere
	}
	return strings.TrimPrefix(tls.VersionName(state.Version), "TLS ")
}

// maxClaim bounds what is kept of a text that nobody has verified.
const maxClaim = 256

// shortened returns the beginning of a text, as valid UTF-8.
func shortened(text string) string {
	if len(text) > maxClaim {
		cut := maxClaim
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
