package kms

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/kms/material"
)

// grant is a grant as it is kept, below its key.
type grant struct {
	ID         string
	Key        string            // ID
	Name       string            `json:",omitempty"`
	Grantee    string            // ARN
	Retiring   string            `json:",omitempty"` // ARN
	Issuer     string            // ARN of the root user of the account that made it
	Bound      map[string]string `json:",omitempty"` // the unique IDs of whom it names by ARN
	Operations []string
	Subset     map[string]string `json:",omitempty"` // what an encryption context must hold
	Equals     map[string]string `json:",omitempty"` // what it must be
	Created    time.Time
}

// mostGrants is how many grants a key may have.
const mostGrants = 50_000

// grantee is what a grant may be given to.
var grantee = regexp.MustCompile(`^arn:aws:(iam::\d{12}:(root|user/.+|role/.+)|sts::\d{12}:(assumed-role|federated-user)/.+)$`)

// principal returns the ARN that a grant is kept with: an account stands for its
// root user.
func principal(text string) (string, error) {
	if len(text) == 12 && strings.Trim(text, "0123456789") == "" {
		return cloud.RootOf(cloud.Account(text)).ARN, nil
	}
	if !grantee.MatchString(text) {
		return "", cloud.Errorf(cloud.Invalid, "InvalidArnException", "ARN does not refer to a valid principal: %s", text)
	}
	return text, nil
}

// grantable returns the operations that grants on a key can allow.
func (k *key) grantable() []string {
	always := []string{"CreateGrant", "RetireGrant", "DescribeKey"}
	switch {
	case k.Spec == material.SymmetricDefault:
		return append(always, "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo",
			"GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext")
	case k.Usage == material.EncryptDecrypt:
		return append(always, "Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo", "GetPublicKey")
	case k.Usage == material.SignVerify:
		return append(always, "Sign", "Verify", "GetPublicKey")
	case k.Usage == material.GenerateVerifyMAC:
		return append(always, "GenerateMac", "VerifyMac")
	}
	return append(always, "DeriveSharedSecret", "GetPublicKey")
}

// newGrant returns the grant that an input describes.
func newGrant(in *kmsapi.CreateGrantInput, k *key, issuer cloud.Account) (grant, error) {
	g := grant{Key: k.ID, Name: resource.Value(in.Name), Operations: in.Operations, Issuer: cloud.RootOf(issuer).ARN, Created: now()}
	var err error
	if g.Grantee, err = principal(*in.GranteePrincipal); err != nil {
		return g, err
	}
	if in.RetiringPrincipal != nil {
		if g.Retiring, err = principal(*in.RetiringPrincipal); err != nil {
			return g, err
		}
	}
	if len(in.Operations) == 0 {
		return g, invalid("Operations must hold at least one operation.")
	}
	for _, operation := range in.Operations {
		if !slices.Contains(k.grantable(), operation) {
			return g, invalid("The operation %s cannot be granted on a key of the spec %s and the usage %s.", operation, k.Spec, k.Usage)
		}
	}
	if c := in.Constraints; c != nil {
		g.Subset, g.Equals = c.EncryptionContextSubset, c.EncryptionContextEquals
		if len(g.Subset)+len(g.Equals) > 0 && k.Spec != material.SymmetricDefault {
			return g, invalid("Constraints on the encryption context are only for symmetric encryption keys.")
		}
		if len(g.Subset) > 0 && len(g.Equals) > 0 {
			return g, invalid("A grant has EncryptionContextSubset or EncryptionContextEquals, not both.")
		}
	}
	id := make([]byte, 32)
	_, err = rand.Read(id)
	g.ID = hex.EncodeToString(id)
	return g, err
}

// same says whether two grants allow the same to the same.
func (g grant) same(as grant) bool {
	return g.Name == as.Name && g.Grantee == as.Grantee && g.Retiring == as.Retiring && g.Issuer == as.Issuer &&
		slices.Equal(g.Operations, as.Operations) && maps.Equal(g.Bound, as.Bound) && maps.Equal(g.Subset, as.Subset) && maps.Equal(g.Equals, as.Equals)
}

// CreateGrant lets a principal use a key. With the name and all else of one that
// there is, it is that one.
func (s *Service) CreateGrant(ctx context.Context, in *kmsapi.CreateGrantInput) (*kmsapi.CreateGrantOutput, error) {
	if err := s.checkTokens(in.GrantTokens); err != nil {
		return nil, err
	}
	f, err := s.findKey(ctx, *in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := f.mustNot(f.scope, pendingDeletion, pendingImport, disabled); err != nil {
		return nil, err
	}
	g, err := newGrant(in, &f.key, cloud.CallOf(ctx).Account)
	if err == nil {
		err = dry(in.DryRun)
	}
	if err == nil && s.identities != nil {
		g.Bound, err = s.identities.UniqueIDs(ctx, []string{g.Grantee, g.Retiring})
	}
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, f.scope, func(tx resource.Tx) error {
		if _, err := (name{scope: f.scope, id: f.ID}).get(tx); err != nil {
			return err // it went meanwhile
		}
		count := 0
		for entry, err := range grants.List(tx, f.ID) {
			if err != nil {
				return err
			}
			if g.Name != "" && g.same(entry.Value) {
				g = entry.Value
				return nil
			}
			count++
		}
		if count >= mostGrants {
			return cloud.Errorf(cloud.Conflict, "LimitExceededException", "%s has %d grants, which is the most.", f.arn(), count)
		}
		return grants.Put(tx, g, f.ID, g.ID)
	})
	if err != nil {
		return nil, err
	}
	token, err := s.token(grantName{f.scope, f.ID, g.ID})
	return &kmsapi.CreateGrantOutput{GrantId: &g.ID, GrantToken: &token}, err
}

// grantName is what a grant's token says.
type grantName struct {
	scope     cloud.Scope
	key, name string
}

const tokenContext = "kms grant token" //nolint:gosec // it is no token

// token returns a grant's token. A grant holds from its creation on, so that the
// token only names it.
func (s *Service) token(g grantName) (string, error) {
	text := strings.Join([]string{string(g.scope.Account), string(g.scope.Region), g.key, g.name}, "\x00")
	sealed, err := s.seal.Seal([]byte(text), []byte(tokenContext))
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

// granted returns what a grant's token says, or KMS's error for what is none.
func (s *Service) granted(token string) (grantName, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		var text []byte
		if text, err = s.seal.Open(sealed, []byte(tokenContext)); err == nil {
			parts := strings.Split(string(text), "\x00")
			return grantName{cloud.Scope{Account: cloud.Account(parts[0]), Region: cloud.Region(parts[1])}, parts[2], parts[3]}, nil
		}
	}
	return grantName{}, cloud.Errorf(cloud.Invalid, "InvalidGrantTokenException", "The grant token is not one that CreateGrant returned.")
}

// checkTokens returns KMS's error for a list with what is no grant's token.
func (s *Service) checkTokens(tokens []string) error {
	for _, token := range tokens {
		if _, err := s.granted(token); err != nil {
			return err
		}
	}
	return nil
}

// shape describes a grant.
func (g grant) shape(scope cloud.Scope) kmsapi.GrantListEntry {
	e := kmsapi.GrantListEntry{
		KeyId: new(resource.ARN(scope, "kms", "key/"+g.Key)), GrantId: &g.ID, CreationDate: &g.Created, GranteePrincipal: &g.Grantee, IssuingAccount: &g.Issuer, Operations: g.Operations,
	}
	if g.Name != "" {
		e.Name = &g.Name
	}
	if g.Retiring != "" {
		e.RetiringPrincipal = &g.Retiring
	}
	if len(g.Subset)+len(g.Equals) > 0 {
		e.Constraints = &kmsapi.GrantConstraints{EncryptionContextSubset: g.Subset, EncryptionContextEquals: g.Equals}
	}
	return e
}

// ListGrants lists the grants on a key.
func (s *Service) ListGrants(ctx context.Context, in *kmsapi.ListGrantsInput) (*kmsapi.ListGrantsOutput, error) {
	f, err := s.findKey(ctx, *in.KeyId)
	if err != nil {
		return nil, err
	}
	out := &kmsapi.ListGrantsOutput{}
	err = s.view(ctx, f.scope, func(r resource.Reader) (err error) {
		page := markers.Page(in, in.Marker, in.Limit, most(in.Limit, 50, 100))
		out.Grants, out.NextMarker, err = resource.Page(ctx, page, grants.From(r, f.ID), func(g grant) (kmsapi.GrantListEntry, bool, error) {
			wanted := (in.GrantId == nil || *in.GrantId == g.ID) && (in.GranteePrincipal == nil || *in.GranteePrincipal == g.Grantee)
			return g.shape(f.scope), wanted, nil
		})
		return err
	})
	out.Truncated = new(out.NextMarker != nil)
	return out, err
}

// ListRetirableGrants lists the grants on the account's keys that a principal may
// retire.
func (s *Service) ListRetirableGrants(ctx context.Context, in *kmsapi.ListRetirableGrantsInput) (*kmsapi.ListRetirableGrantsOutput, error) {
	retiring, err := principal(*in.RetiringPrincipal)
	if err != nil {
		return nil, err
	}
	out := &kmsapi.ListRetirableGrantsOutput{}
	err = s.store.View(ctx, func(r resource.Reader) (err error) {
		page := markers.Page(in, in.Marker, in.Limit, most(in.Limit, 50, 100))
		out.Grants, out.NextMarker, err = resource.Page(ctx, page, grants.From(r), func(g grant) (kmsapi.GrantListEntry, bool, error) {
			return g.shape(r.Scope()), g.Retiring == retiring, nil
		})
		return err
	})
	out.Truncated = new(out.NextMarker != nil)
	return out, err
}

// RevokeGrant takes a grant away.
func (s *Service) RevokeGrant(ctx context.Context, in *kmsapi.RevokeGrantInput) (*kmsapi.RevokeGrantOutput, error) {
	f, err := s.findKey(ctx, *in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := f.mustNot(f.scope, pendingDeletion); err != nil {
		return nil, err
	}
	return nil, s.forget(ctx, grantName{f.scope, f.ID, *in.GrantId}, in.DryRun)
}

// RetireGrant gives a grant back, which is named by its token or by its key and ID.
func (s *Service) RetireGrant(ctx context.Context, in *kmsapi.RetireGrantInput) (*kmsapi.RetireGrantOutput, error) {
	g, err := s.retired(cloud.CallOf(ctx).Scope(), in)
	if err != nil {
		return nil, err
	}
	return nil, s.forget(ctx, g, in.DryRun)
}

// retired returns the grant that an input names.
func (s *Service) retired(scope cloud.Scope, in *kmsapi.RetireGrantInput) (grantName, error) {
	switch {
	case in.GrantToken != nil && in.KeyId == nil && in.GrantId == nil:
		return s.granted(*in.GrantToken)
	case in.GrantToken != nil || in.KeyId == nil || in.GrantId == nil:
		return grantName{}, invalid("A grant is named by GrantToken, or by KeyId and GrantId.")
	}
	n, err := parseName(scope, *in.KeyId)
	if err == nil && n.alias != "" {
		err = errNoName(*in.KeyId)
	}
	return grantName{n.scope, n.id, *in.GrantId}, err
}

// forget removes a grant.
func (s *Service) forget(ctx context.Context, g grantName, try *bool) error {
	return s.update(ctx, g.scope, func(tx resource.Tx) error {
		_, ok, err := grants.Find(tx, g.key, g.name)
		if err == nil && !ok {
			err = cloud.Errorf(cloud.NotFound, "NotFoundException", "Grant ID %s not found", g.name)
		}
		if err == nil {
			err = dry(try)
		}
		if err != nil {
			return err
		}
		return grants.Discard(tx, g.key, g.name)
	})
}
