package cloudtrail

import (
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/trail/digest"
)

// signing is a key that the digests of a region are signed with.
type signing struct {
	Public  digest.PublicKey
	Private []byte // PKCS #1, sealed
}

var signings = resource.Kind[signing]{Name: "cloudtrail/key"} // by region and fingerprint

const (
	// keyLife is how long new digests are signed with a key.
	keyLife = 90 * 24 * time.Hour
	// keyGrace is how long before its end a key is not taken for a further digest.
	keyGrace = 24 * time.Hour
	maxKeys  = 100 // of a page of ListPublicKeys
)

// SigningKey returns the key with which the digests of the account and region of
// the call in ctx are signed at a time; it makes one where there is none yet or the
// last one has come to its end. Its public key is listed before it is returned.
func (s *Service) SigningKey(ctx context.Context, at time.Time) (private *rsa.PrivateKey, public digest.PublicKey, err error) {
	region := cloud.CallOf(ctx).Region
	made, err := digest.NewKey() // not in the transaction, which all others wait for
	if err != nil {
		return nil, public, err
	}
	err = s.update(ctx, func(tx resource.Tx) error {
		for entry, err := range signings.List(tx, string(region)) {
			if err != nil {
				return err
			}
			k := entry.Value
			if k.Public.Start.After(at) || k.Public.End.Before(at.Add(keyGrace)) {
				continue
			}
			der, err := s.sealer.Open(k.Private, sealedFor(tx.Scope(), region, k.Public.Fingerprint))
			if err != nil {
				return fmt.Errorf("open the key %s of digests: %w", k.Public.Fingerprint, err)
			}
			public = k.Public
			private, err = x509.ParsePKCS1PrivateKey(der)
			return err
		}
		private, public = made, digest.Public(made, whole(at).Truncate(time.Hour), whole(at).Truncate(time.Hour).Add(keyLife))
		sealed, err := s.sealer.Seal(x509.MarshalPKCS1PrivateKey(made), sealedFor(tx.Scope(), region, public.Fingerprint))
		if err != nil {
			return err
		}
		return signings.Put(tx, signing{public, sealed}, string(region), public.Fingerprint)
	})
	return private, public, err
}

func sealedFor(scope cloud.Scope, region cloud.Region, fingerprint string) []byte {
	return []byte("cloudtrail digest key " + string(scope.Account) + " " + string(region) + " " + fingerprint)
}

// ListPublicKeys returns the public keys with which digests of a span of time may
// be signed: of the last day where none is given.
func (s *Service) ListPublicKeys(ctx context.Context, in *cloudtrailapi.ListPublicKeysInput) (*cloudtrailapi.ListPublicKeysOutput, error) {
	end := time.Now()
	if in.EndTime != nil {
		end = *in.EndTime
	}
	start := end.Add(-24 * time.Hour)
	if in.StartTime != nil {
		start = *in.StartTime
	}
	if start.After(end) {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidTimeRangeException", "StartTime is after EndTime.")
	}
	region := string(cloud.CallOf(ctx).Region)
	out := &cloudtrailapi.ListPublicKeysOutput{}
	paging := resource.TokenCode("InvalidTokenException").Page(in, in.NextToken, nil, maxKeys)
	err := s.view(ctx, func(r resource.Reader) (err error) {
		out.PublicKeyList, out.NextToken, err = resource.Page(ctx, paging, signings.From(r, region), func(k signing) (cloudtrailapi.PublicKey, bool, error) {
			p := k.Public
			return cloudtrailapi.PublicKey{
				Value: p.Value, Fingerprint: &p.Fingerprint, ValidityStartTime: &p.Start, ValidityEndTime: &p.End,
			}, !p.Start.After(end) && !p.End.Before(start), nil
		})
		return err
	})
	slices.SortStableFunc(out.PublicKeyList, func(a, b cloudtrailapi.PublicKey) int {
		return cmp.Or(a.ValidityStartTime.Compare(*b.ValidityStartTime), cmp.Compare(*a.Fingerprint, *b.Fingerprint))
	})
	return out, err
}
