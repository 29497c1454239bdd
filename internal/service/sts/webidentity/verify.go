package webidentity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/sillok/sillok/internal/cloud"
)

// algorithms are those that AWS takes.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512}

const (
	keysLast = 10 * time.Minute // how long an issuer's keys are kept
	again    = 10 * time.Second // how soon they are fetched again for a key that is not among them
	leeway   = time.Minute      // how far an issuer's clock may be off
	mostKept = 1000             // issuers whose keys are kept
)

// Config is what a Verifier needs to know.
type Config struct {
	// Fetch returns what is at a URL. It bounds time and size.
	Fetch func(ctx context.Context, url string) ([]byte, error)
	// Keys are sets of keys as JSON, by issuer, of issuers that are not asked.
	Keys map[string][]byte
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	cfg Config

	mu   sync.Mutex
	kept map[string]keySet
}

type keySet struct {
	jose.JSONWebKeySet

	at time.Time
}

// New returns a Verifier.
func New(cfg Config) *Verifier { return &Verifier{cfg: cfg, kept: map[string]keySet{}} }

// Identity is what a token says.
type Identity struct {
	Issuer   string // as the token has it
	Subject  string
	Audience string // the application that the token was made for

	Claims Claims
}

// Claims are further claims that AWS reads.
type Claims struct {
	AuthorizedParty string   `json:"azp"`
	Methods         []string `json:"amr"`
	Email           string   `json:"email"`
	SourceIdentity  string   `json:"https://aws.amazon.com/source_identity"`
	Tags            Tags     `json:"https://aws.amazon.com/tags"`
}

// Tags are the tags that an issuer gives a session.
type Tags struct {
	Principal  map[string][]string `json:"principal_tags"`
	Transitive []string            `json:"transitive_tag_keys"`
}

// maxToken is how long a token may be, in bytes: as STS's model says.
const maxToken = 20_000

// Verify returns what a token says whose signature is right and whose time has come and
// not gone. trusted returns the applications that tokens of an issuer may be made for,
// or an error where it is not trusted.
func (v *Verifier) Verify(ctx context.Context, token string, trusted func(issuer string) (clients []string, err error)) (Identity, error) {
	if len(token) > maxToken {
		return Identity{}, errInvalid("The token is longer than %d bytes", maxToken)
	}
	parsed, err := jwt.ParseSigned(token, algorithms)
	if err != nil || len(parsed.Headers) != 1 {
		return Identity{}, errInvalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	var said jwt.Claims
	var more Claims
	if err := parsed.UnsafeClaimsWithoutVerification(&said, &more); err != nil {
		return Identity{}, errInvalid("The claims of the token are no JSON that can be read")
	}
	switch {
	case said.Issuer == "":
		return Identity{}, errInvalid("Missing a required claim: iss")
	case said.Subject == "":
		return Identity{}, errInvalid("Missing a required claim: sub")
	case len(said.Audience) == 0:
		return Identity{}, errInvalid("Missing a required claim: aud")
	case said.Expiry == nil:
		return Identity{}, errInvalid("Missing a required claim: exp")
	case said.IssuedAt == nil:
		return Identity{}, errInvalid("Missing a required claim: iat")
	}
	clients, err := trusted(said.Issuer)
	if err != nil {
		return Identity{}, err
	}
	key, err := v.key(ctx, said.Issuer, parsed.Headers[0].KeyID)
	if err != nil {
		return Identity{}, err
	}
	// Once more, of what is verified.
	if err := parsed.Claims(key, &said, &more); err != nil {
		return Identity{}, errInvalid("Couldn't verify the signature of the token: it is not one of the issuer's")
	}
	switch err := said.ValidateWithLeeway(jwt.Expected{Time: time.Now()}, leeway); {
	case errors.Is(err, jwt.ErrExpired):
		return Identity{}, cloud.Errorf(cloud.Invalid, "ExpiredTokenException", "Token expired: current date/time %d must be before the expiration date/time %d",
			time.Now().Unix(), said.Expiry.Time().Unix())
	case err != nil:
		return Identity{}, errInvalid("The token is not valid yet")
	}
	audience := more.AuthorizedParty
	if audience == "" {
		audience = said.Audience[0]
	}
	for _, one := range said.Audience {
		if more.AuthorizedParty == "" && slices.Contains(clients, one) {
			audience = one
			break
		}
	}
	if !slices.Contains(clients, audience) {
		return Identity{}, errInvalid("Incorrect token audience")
	}
	return Identity{Issuer: said.Issuer, Subject: said.Subject, Audience: audience, Claims: more}, nil
}

func errInvalid(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "InvalidIdentityToken", format, args...)
}

// key returns an issuer's key of an ID. Without an ID, the issuer must have one key.
func (v *Verifier) key(ctx context.Context, issuer, id string) (*jose.JSONWebKey, error) {
	set, err := v.keys(ctx, issuer, keysLast)
	if err != nil {
		return nil, err
	}
	if key, ok := choose(set, id); ok {
		return key, nil
	}
	if set, err = v.keys(ctx, issuer, again); err != nil { // it may have changed its keys
		return nil, err
	}
	if key, ok := choose(set, id); ok {
		return key, nil
	}
	return nil, errInvalid("Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements")
}

func choose(set keySet, id string) (*jose.JSONWebKey, bool) {
	found := set.Keys
	if id != "" {
		found = set.Key(id)
	}
	if len(found) != 1 || !found[0].Valid() || !found[0].IsPublic() {
		return nil, false
	}
	return &found[0], true
}

// keys returns an issuer's keys, which may be as old as that.
func (v *Verifier) keys(ctx context.Context, issuer string, old time.Duration) (keySet, error) {
	if text, ok := v.cfg.Keys[issuer]; ok {
		return readKeys(text)
	}
	v.mu.Lock()
	set, ok := v.kept[issuer]
	v.mu.Unlock()
	if ok && time.Since(set.at) < old {
		return set, nil
	}
	set, err := v.fetch(ctx, issuer)
	if err != nil {
		return set, cloud.Errorf(cloud.Invalid, "IDPCommunicationError", "Couldn't retrieve verification key from your identity provider %s", issuer).Because(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.kept) >= mostKept {
		clear(v.kept)
	}
	v.kept[issuer] = set
	return set, nil
}

func readKeys(text []byte) (keySet, error) {
	set := keySet{at: time.Now()}
	if err := json.Unmarshal(text, &set.JSONWebKeySet); err != nil {
		return set, fmt.Errorf("keys of an issuer: %w", err)
	}
	return set, nil
}

// fetch asks an issuer where its keys are, and for them.
func (v *Verifier) fetch(ctx context.Context, issuer string) (keySet, error) {
	at, err := url.Parse(issuer)
	if err != nil {
		return keySet{}, err
	}
	text, err := v.get(ctx, at.JoinPath(".well-known/openid-configuration"), at)
	if err != nil {
		return keySet{}, err
	}
	var told struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(text, &told); err != nil {
		return keySet{}, fmt.Errorf("what %s says of itself: %w", issuer, err)
	}
	if told.Issuer != issuer {
		return keySet{}, fmt.Errorf("%s says that it is %q", issuer, told.Issuer)
	}
	keys, err := url.Parse(told.Keys)
	if err != nil {
		return keySet{}, err
	}
	if text, err = v.get(ctx, keys, at); err != nil {
		return keySet{}, err
	}
	return readKeys(text)
}

// get returns what is at a URL: over HTTPS, or over HTTP from an issuer on this machine.
func (v *Verifier) get(ctx context.Context, at, issuer *url.URL) ([]byte, error) {
	local := at.Scheme == "http" && at.Host == issuer.Host && loopback(at.Hostname())
	if at.Scheme != "https" && !local {
		return nil, fmt.Errorf("%s is neither HTTPS nor on this machine", at.Redacted())
	}
	return v.cfg.Fetch(ctx, at.String())
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }
