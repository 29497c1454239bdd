package sts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
)

// token is what a session token says, sealed.
type token struct {
	ID, Secret string
	Principal  cloud.Principal // its tags are those of the session alone
	Policies   []string        `json:",omitempty"` // the documents of its session policies
	Managed    []string        `json:",omitempty"` // the ARNs of those that are managed
}

// tokenContext is the context of a sealed session token.
const tokenContext = "sts/session"

// mostOpened bounds how many tokens are kept opened. A cache that is full begins anew.
const mostOpened = 10_000

// open opens a session of a principal that ends by principal.Expires.
func (s *Service) open(principal cloud.Principal, limits limits) (*stsapi.Credentials, error) {
	secret := make([]byte, 30)
	_, _ = rand.Read(secret) // it never fails
	t := token{
		ID: cloud.NewKeyID(cloud.TemporaryKey, principal.Account), Secret: base64.StdEncoding.EncodeToString(secret), Principal: principal,
		Policies: limits.documents, Managed: limits.managed,
	}
	data, err := json.Marshal(t) //nolint:gosec // it is sealed at once
	if err != nil {
		return nil, fmt.Errorf("encode a session: %w", err)
	}
	sealed, err := s.sealer.Seal(data, []byte(tokenContext))
	if err != nil {
		return nil, fmt.Errorf("seal a session: %w", err)
	}
	return &stsapi.Credentials{
		AccessKeyId: &t.ID, SecretAccessKey: &t.Secret, SessionToken: new(base64.StdEncoding.EncodeToString(sealed)), Expiration: &principal.Expires,
	}, nil
}

// Lookup returns the key of a session, which its token holds, or one that does not end.
// Whether a session has ended is for its caller to see by the principal; whether the
// user or role that it is of still exists is seen here.
func (s *Service) Lookup(ctx context.Context, id, text string) (cloud.Key, error) {
	if text == "" {
		return s.identities.Lookup(ctx, id, "")
	}
	t, ok := s.read(text)
	if !ok || t.ID != id {
		return cloud.Key{}, errUnknown(id)
	}
	key := cloud.Key{ID: t.ID, Secret: t.Secret, SessionToken: text, Principal: t.Principal}
	tags, exists, err := s.identities.Tags(ctx, t.Principal)
	if err != nil {
		return cloud.Key{}, fmt.Errorf("whose session %s is: %w", id, err)
	}
	if !exists && t.Principal.Type != cloud.AssumedRole {
		return cloud.Key{}, errUnknown(id) // AWS too knows sessions of a user no longer who is gone
	}
	key.Principal.Tags = merged(tags, t.Principal.Tags)
	session := *t.Principal.Session
	key.Principal.Session = &session
	if session.Policies, err = s.limitsOf(ctx, t); err != nil {
		return cloud.Key{}, err
	}
	return key, nil
}

func errUnknown(id string) error {
	return cloud.Errorf(cloud.NotFound, "InvalidClientTokenId", "access key %s is not known, or its session token is not its own", id)
}

// read opens a token.
func (s *Service) read(text string) (*token, bool) {
	s.mu.Lock()
	t, ok := s.opened[text]
	s.mu.Unlock()
	if ok {
		return t, true
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, false
	}
	data, err := s.sealer.Open(sealed, []byte(tokenContext))
	if err != nil {
		return nil, false
	}
	t = &token{}
	if err := json.Unmarshal(data, t); err != nil || t.Principal.Session == nil {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.opened) >= mostOpened {
		clear(s.opened)
	}
	s.opened[text] = t
	return t, true
}

// limitsOf returns the texts of a session's policies, of managed ones as they are now.
// One that is gone allows nothing.
func (s *Service) limitsOf(ctx context.Context, t *token) ([]string, error) {
	if len(t.Managed) == 0 {
		return t.Policies, nil
	}
	texts := append([]string(nil), t.Policies...)
	for _, arn := range t.Managed {
		text, err := s.identities.PolicyText(ctx, t.Principal.Account, arn)
		switch {
		case err == nil:
			texts = append(texts, text)
		case cloud.KindOf(err) == cloud.NotFound:
			texts = append(texts, nothing)
		default:
			return nil, fmt.Errorf("session policy %s: %w", arn, err)
		}
	}
	return texts, nil
}

// nothing is a policy that allows nothing. It stands for one that is gone, so that a
// session stays limited.
const nothing = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`

// merged returns the tags of an identity with those of its session, which replace those
// of the same keys, whatever their case.
func merged(of, session map[string]string) map[string]string {
	if len(session) == 0 {
		return of
	}
	all := maps.Clone(of)
	if all == nil {
		all = map[string]string{}
	}
	for key := range session {
		maps.DeleteFunc(all, func(had, _ string) bool { return strings.EqualFold(had, key) })
	}
	maps.Copy(all, session)
	return all
}

// ends returns when a session ends that is opened now.
func ends(lasts time.Duration) time.Time { return time.Now().UTC().Add(lasts).Truncate(time.Second) }
