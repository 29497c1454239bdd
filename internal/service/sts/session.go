package sts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// How long a session lasts: what it is when nobody says, and at most for the
// root user.
const (
	defaultDuration = 12 * time.Hour
	rootDuration    = time.Hour
)

// session is the key of a session as it is kept. Sessions of all accounts lie in
// one place: whose a key is is known once it is found.
type session struct {
	Secret, Token string
	Principal     cloud.Principal
}

const sessionKind = "sts/session"

func sessionKey(id string) state.Key { return state.Key{Kind: sessionKind, Name: id} }

// looked is how many sessions one that opens looks at, to remove those that have
// ended: more than it adds, so that they do not pile up.
const looked = 8

// GetSessionToken opens a session of the caller's own. There are no devices of
// a second factor.
func (s *Service) GetSessionToken(ctx context.Context, in *stsapi.GetSessionTokenInput) (*stsapi.GetSessionTokenOutput, error) {
	principal := cloud.CallOf(ctx).Principal
	if !principal.Expires.IsZero() {
		return nil, cloud.Errorf(cloud.Denied, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	}
	if in.SerialNumber != nil || in.TokenCode != nil {
		return nil, cloud.Errorf(cloud.Denied, "AccessDenied", "MultiFactorAuthentication failed, no MFA device is associated with the caller")
	}
	lasts := defaultDuration
	if in.DurationSeconds != nil {
		lasts = time.Duration(*in.DurationSeconds) * time.Second
	}
	if principal.Type == cloud.Root {
		lasts = min(lasts, rootDuration)
	}
	principal.Expires = time.Now().UTC().Add(lasts).Truncate(time.Second)
	id, opened := "ASIA"+rand.Text()[:16], session{Secret: secret(30), Token: secret(192), Principal: principal}
	err := s.store.Update(ctx, func(tx state.Tx) error {
		if err := forget(tx, id); err != nil {
			return err
		}
		return state.Put(tx, sessionKey(id), opened)
	})
	return &stsapi.GetSessionTokenOutput{Credentials: &stsapi.Credentials{
		AccessKeyId: &id, SecretAccessKey: &opened.Secret, SessionToken: &opened.Token, Expiration: &principal.Expires,
	}}, err
}

// Lookup returns the key of a session or one that does not end. Whether a session
// has ended is for its caller to see by the principal.
func (s *Service) Lookup(ctx context.Context, id, token string) (cloud.Key, error) {
	key, err := s.keys.Lookup(ctx, id, token)
	if err == nil || cloud.KindOf(err) != cloud.NotFound {
		return key, err
	}
	unknown := err
	var kept session
	err = s.store.View(ctx, func(r state.Reader) (err error) {
		var found bool
		kept, found, err = state.Find[session](r, sessionKey(id))
		if err == nil && !found {
			err = unknown
		}
		return err
	})
	return cloud.Key{ID: id, Secret: kept.Secret, SessionToken: kept.Token, Principal: kept.Principal}, err
}

// forget removes those of the sessions next to an id that have ended. Ids are
// random, so that each session's turn comes.
func forget(tx state.Tx, id string) error {
	now := time.Now()
	for entry, err := range state.List[session](tx, cloud.Scope{}, sessionKind, state.Range{After: id, Limit: looked}) {
		if err != nil {
			return err
		}
		if entry.Value.Principal.Expires.Before(now) {
			if err := tx.Delete(entry.Key); err != nil {
				return err
			}
		}
	}
	return nil
}

// secret returns n random bytes as text.
func secret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return base64.StdEncoding.EncodeToString(b)
}
