package kms

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/kms/material"
)

// importTime is for how long material can be imported by an import token, and
// longestImport how long imported material may be kept where it ends.
const (
	importTime    = 24 * time.Hour
	longestImport = 365 * day
)

// importable returns KMS's error for a key that takes no material from outside.
func (k *key) importable(scope cloud.Scope) error {
	if k.Origin != originExternal {
		return cloud.Errorf(cloud.Invalid, "UnsupportedOperationException", "%s origin is %s which is not valid for this operation.", k.arn(scope), k.Origin)
	}
	return k.mustNot(scope, pendingDeletion)
}

// importToken is what the token of an import holds, sealed.
type importToken struct {
	Key       string // ARN
	Algorithm string
	Private   []byte // of the key that wraps the material
	Until     time.Time
}

const importContext = "kms import token"

// GetParametersForImport returns a public key by which the material of a key is
// wrapped, and a token for its import.
func (s *Service) GetParametersForImport(ctx context.Context, in *kmsapi.GetParametersForImportInput) (*kmsapi.GetParametersForImportOutput, error) {
	f, err := s.findOwn(ctx, *in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := f.importable(f.scope); err != nil {
		return nil, err
	}
	if err := material.CheckWrapping(*in.WrappingAlgorithm); err != nil {
		return nil, err
	}
	spec, err := material.SpecOf(*in.WrappingKeySpec)
	if err != nil {
		return nil, err
	}
	wrapper, err := material.New(ctx, spec)
	if err != nil {
		return nil, err
	}
	private, err := wrapper.Bytes()
	if err != nil {
		return nil, err
	}
	public, err := wrapper.Public()
	if err != nil {
		return nil, err
	}
	until := now().Add(importTime)
	text, err := json.Marshal(importToken{f.arn(), *in.WrappingAlgorithm, private, until})
	if err != nil {
		return nil, err
	}
	token, err := s.seal.Seal(text, []byte(importContext))
	return &kmsapi.GetParametersForImportOutput{KeyId: new(f.arn()), ImportToken: token, PublicKey: public, ParametersValidTo: &until}, err
}

// unwrap returns the material that an input holds for a key.
func (s *Service) unwrap(in *kmsapi.ImportKeyMaterialInput, f *found) (*material.Key, []byte, error) {
	text, err := s.seal.Open(in.ImportToken, []byte(importContext))
	var token importToken
	if err == nil {
		err = json.Unmarshal(text, &token)
	}
	switch {
	case err != nil || token.Key != f.arn():
		return nil, nil, cloud.Errorf(cloud.Invalid, "InvalidImportTokenException", "The import token is not one that GetParametersForImport returned for %s.", f.arn())
	case !time.Now().Before(token.Until):
		return nil, nil, cloud.Errorf(cloud.Invalid, "ExpiredImportTokenException", "The import token ended at %s: call GetParametersForImport again.", token.Until.Format(time.RFC3339))
	}
	secret, err := material.Unwrap(token.Algorithm, token.Private, in.EncryptedKeyMaterial)
	if err != nil {
		return nil, nil, err
	}
	opened, err := material.Parse(f.spec(), secret)
	return opened, secret, err
}

// ends returns when imported material is to be deleted; nil for never.
func ends(in *kmsapi.ImportKeyMaterialInput) (*time.Time, error) {
	expires := resource.Or(in.ExpirationModel, "KEY_MATERIAL_EXPIRES") == "KEY_MATERIAL_EXPIRES"
	switch {
	case expires && in.ValidTo == nil:
		return nil, invalid("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
	case !expires && in.ValidTo != nil:
		return nil, invalid("A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE")
	case expires && (!in.ValidTo.After(time.Now()) || in.ValidTo.After(time.Now().Add(longestImport))):
		return nil, invalid("ValidTo is %s, and must be within the next 365 days", in.ValidTo.UTC().Format(time.RFC3339))
	}
	return in.ValidTo, nil
}

// ImportKeyMaterial gives a key of the origin EXTERNAL its material, or the same
// material again.
func (s *Service) ImportKeyMaterial(ctx context.Context, in *kmsapi.ImportKeyMaterialInput) (*kmsapi.ImportKeyMaterialOutput, error) {
	f, err := s.findOwn(ctx, *in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := f.importable(f.scope); err != nil {
		return nil, err
	}
	until, err := ends(in)
	if err != nil {
		return nil, err
	}
	opened, secret, err := s.unwrap(in, &f)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "sillok imported material\x00%s\x00%s", f.ID, secret))
	id := hex.EncodeToString(sum[:])
	if in.KeyMaterialId != nil && *in.KeyMaterialId != id {
		return nil, errOtherMaterial(f.arn())
	}
	sealed, err := s.sealVersion(f.scope, &f.key, opened, id)
	if err != nil {
		return nil, err
	}
	sealed.Ends, sealed.About = until, resource.Value(in.KeyMaterialDescription)
	out := &kmsapi.ImportKeyMaterialOutput{KeyId: new(f.arn()), KeyMaterialId: &id}
	return out, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		if err := k.importable(tx.Scope()); err != nil {
			return err
		}
		switch {
		case len(k.Materials) == 0:
			if resource.Value(in.ImportType) == "EXISTING_KEY_MATERIAL" {
				return invalid("%s has no key material yet: ImportType is NEW_KEY_MATERIAL", k.arn(tx.Scope()))
			}
		case k.Materials[0].ID != id && resource.Value(in.ImportType) == "NEW_KEY_MATERIAL":
			return cloud.Errorf(cloud.Unsupported, "UnsupportedOperationException", "A second material for the rotation of an imported key is not supported.")
		case k.Materials[0].ID != id:
			return errOtherMaterial(k.arn(tx.Scope()))
		}
		k.Materials = []version{sealed}
		return due(tx, k)
	})
}

func errOtherMaterial(arn string) error {
	return cloud.Errorf(cloud.Invalid, "IncorrectKeyMaterialException", "The key material is not the one that was imported into %s before.", arn)
}

// DeleteImportedKeyMaterial takes a key's imported material away. The key can be
// used again once the same material is imported.
func (s *Service) DeleteImportedKeyMaterial(ctx context.Context, in *kmsapi.DeleteImportedKeyMaterialInput) (*kmsapi.DeleteImportedKeyMaterialOutput, error) {
	out := &kmsapi.DeleteImportedKeyMaterialOutput{}
	return out, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		if err := k.importable(tx.Scope()); err != nil {
			return err
		}
		out.KeyId = new(k.arn(tx.Scope()))
		for i := range k.Materials {
			v := &k.Materials[i]
			if in.KeyMaterialId != nil && *in.KeyMaterialId != v.ID {
				return cloud.Errorf(cloud.NotFound, "NotFoundException", "%s has no key material %s.", k.arn(tx.Scope()), *in.KeyMaterialId)
			}
			v.Sealed, v.Ends, out.KeyMaterialId = nil, nil, &v.ID
		}
		return nil
	})
}
