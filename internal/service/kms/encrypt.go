package kms

import (
	"context"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/kms/material"
)

// use returns a key that a caller names for an operation that a usage allows.
func (s *Service) use(ctx context.Context, text string, tokens []string, usage, operation string) (found, error) {
	if err := s.checkTokens(tokens); err != nil {
		return found{}, err
	}
	f, err := s.find(ctx, text)
	if err == nil {
		err = f.usable(usage, operation)
	}
	return f, err
}

// Encrypt encrypts up to 4,096 bytes.
func (s *Service) Encrypt(ctx context.Context, in *kmsapi.EncryptInput) (*kmsapi.EncryptOutput, error) {
	f, err := s.use(ctx, *in.KeyId, in.GrantTokens, material.EncryptDecrypt, "Encrypt")
	if err != nil {
		return nil, err
	}
	algorithm := resource.Or(in.EncryptionAlgorithm, material.SymmetricDefault)
	if err := f.spec().CheckAlgorithm(material.EncryptDecrypt, algorithm); err != nil {
		return nil, err
	}
	if err := dry(in.DryRun); err != nil {
		return nil, err
	}
	blob, _, err := s.encrypt(&f, algorithm, in.Plaintext, in.EncryptionContext)
	return &kmsapi.EncryptOutput{CiphertextBlob: blob, KeyId: new(f.arn()), EncryptionAlgorithm: &algorithm}, err
}

// encrypt encrypts by the current material of a key, and returns its ID too.
func (s *Service) encrypt(f *found, algorithm string, plaintext []byte, context map[string]string) ([]byte, *string, error) {
	if algorithm != material.SymmetricDefault && len(context) > 0 {
		return nil, nil, invalid("An encryption context is only for symmetric keys, and the algorithm is %s.", algorithm)
	}
	current := f.current()
	with, err := s.open(f.scope, &f.key, *current)
	if err != nil {
		return nil, nil, err
	}
	if algorithm != material.SymmetricDefault {
		ciphertext, err := with.Encrypt(algorithm, plaintext)
		return ciphertext, nil, err
	}
	blob, err := f.blob(current)
	if err != nil {
		return nil, nil, err
	}
	ciphertext, err := with.Seal(blob, plaintext, context)
	return ciphertext, &current.ID, err
}

// blob names the key and one of its materials in a ciphertext.
func (f *found) blob(v *version) (material.Blob, error) {
	account, err := strconv.ParseUint(string(f.scope.Account), 10, 64)
	if err != nil {
		return material.Blob{}, err
	}
	id, err := uuid.Parse(strings.TrimPrefix(f.ID, "mrk-"))
	if err != nil {
		return material.Blob{}, err
	}
	blob := material.Blob{Account: account, ID: id, MultiRegion: f.MultiRegion}
	_, err = hex.Decode(blob.Material[:], []byte(v.ID[:2*len(blob.Material)]))
	return blob, err
}

// named returns the ARN of the key that a ciphertext says it is of.
func named(b material.Blob, region cloud.Region) cloud.ARN {
	id := uuid.UUID(b.ID).String()
	if b.MultiRegion {
		id = "mrk-" + strings.ReplaceAll(id, "-", "")
	}
	account := strconv.FormatUint(b.Account, 10)
	account = strings.Repeat("0", max(0, 12-len(account))) + account
	return cloud.ARN{Partition: "aws", Service: "kms", Region: region, Account: cloud.Account(account), Resource: "key/" + id}
}

// ciphertext is what is to be decrypted, and by what.
type ciphertext struct {
	blob      []byte
	keyID     *string // may be absent for symmetric keys
	algorithm *string
	context   map[string]string
	tokens    []string
	operation string
	dry       bool // whether what it holds does not matter
}

// source returns the key that a ciphertext is to be decrypted by.
func (s *Service) source(ctx context.Context, c ciphertext) (f found, algorithm string, err error) {
	algorithm = resource.Or(c.algorithm, material.SymmetricDefault)
	if algorithm != material.SymmetricDefault || c.dry {
		if c.keyID == nil {
			return f, algorithm, invalid("KeyId is needed to decrypt by %s.", algorithm)
		}
		if f, err = s.use(ctx, *c.keyID, c.tokens, material.EncryptDecrypt, c.operation); err != nil {
			return f, algorithm, err
		}
		return f, algorithm, f.spec().CheckAlgorithm(material.EncryptDecrypt, algorithm)
	}
	if c.keyID != nil {
		if f, err = s.find(ctx, *c.keyID); err != nil {
			return f, algorithm, err
		}
		if f.Spec != material.SymmetricDefault {
			return f, algorithm, f.spec().CheckAlgorithm(material.EncryptDecrypt, algorithm)
		}
	}
	blob, err := material.ParseBlob(c.blob)
	if err != nil {
		return f, algorithm, err
	}
	arn := named(blob, cloud.CallOf(ctx).Region).String()
	if c.keyID != nil && f.arn() != arn {
		return f, algorithm, cloud.Errorf(cloud.Invalid, "IncorrectKeyException",
			"The key ID in the request does not identify a CMK that can perform this operation.")
	}
	f, err = s.use(ctx, arn, c.tokens, material.EncryptDecrypt, c.operation)
	if cloud.KindOf(err) == cloud.NotFound && c.keyID == nil {
		err = material.ErrCiphertext()
	}
	return f, algorithm, err
}

// decrypt returns what a ciphertext holds, and the ID of the material.
func (s *Service) decrypt(f *found, algorithm string, c ciphertext) (plaintext []byte, used *string, err error) {
	if algorithm != material.SymmetricDefault {
		with, err := s.open(f.scope, &f.key, *f.current())
		if err != nil {
			return nil, nil, err
		}
		plaintext, err = with.Decrypt(algorithm, c.blob)
		return plaintext, nil, err
	}
	blob, err := material.ParseBlob(c.blob)
	if err != nil {
		return nil, nil, err
	}
	v, ok := f.versionOf(hex.EncodeToString(blob.Material[:]))
	if !ok {
		return nil, nil, material.ErrCiphertext()
	}
	with, err := s.open(f.scope, &f.key, v)
	if err != nil {
		return nil, nil, err
	}
	plaintext, err = with.Open(c.blob, c.context)
	return plaintext, &v.ID, err
}

// Decrypt decrypts what Encrypt or GenerateDataKey returned.
func (s *Service) Decrypt(ctx context.Context, in *kmsapi.DecryptInput) (*kmsapi.DecryptOutput, error) {
	if in.Recipient != nil {
		return nil, errRecipient()
	}
	c := ciphertext{in.CiphertextBlob, in.KeyId, in.EncryptionAlgorithm, in.EncryptionContext, in.GrantTokens, "Decrypt", ignored(in.DryRun, in.DryRunModifiers)}
	if len(in.CiphertextBlob) == 0 && !c.dry {
		return nil, invalid("1 validation error detected: Value at 'ciphertextBlob' failed to satisfy constraint: Member must not be null")
	}
	f, algorithm, err := s.source(ctx, c)
	if err != nil {
		return nil, err
	}
	if c.dry {
		return nil, dry(in.DryRun)
	}
	plaintext, used, err := s.decrypt(&f, algorithm, c)
	if err == nil {
		err = dry(in.DryRun)
	}
	if err != nil {
		return nil, err
	}
	return &kmsapi.DecryptOutput{KeyId: new(f.arn()), Plaintext: plaintext, EncryptionAlgorithm: &algorithm, KeyMaterialId: used}, nil
}

// ReEncrypt decrypts a ciphertext and encrypts what it holds, without showing it.
func (s *Service) ReEncrypt(ctx context.Context, in *kmsapi.ReEncryptInput) (*kmsapi.ReEncryptOutput, error) {
	c := ciphertext{
		in.CiphertextBlob, in.SourceKeyId, in.SourceEncryptionAlgorithm, in.SourceEncryptionContext, in.GrantTokens, "ReEncrypt", ignored(in.DryRun, in.DryRunModifiers),
	}
	from, fromAlgorithm, err := s.source(ctx, c)
	if err != nil {
		return nil, err
	}
	to, err := s.use(ctx, *in.DestinationKeyId, in.GrantTokens, material.EncryptDecrypt, "ReEncrypt")
	if err != nil {
		return nil, err
	}
	toAlgorithm := resource.Or(in.DestinationEncryptionAlgorithm, material.SymmetricDefault)
	if err := to.spec().CheckAlgorithm(material.EncryptDecrypt, toAlgorithm); err != nil {
		return nil, err
	}
	if c.dry {
		return nil, dry(in.DryRun)
	}
	plaintext, fromMaterial, err := s.decrypt(&from, fromAlgorithm, c)
	if err == nil {
		err = dry(in.DryRun)
	}
	if err != nil {
		return nil, err
	}
	blob, toMaterial, err := s.encrypt(&to, toAlgorithm, plaintext, in.DestinationEncryptionContext)
	return &kmsapi.ReEncryptOutput{
		CiphertextBlob: blob, SourceKeyId: new(from.arn()), KeyId: new(to.arn()), SourceEncryptionAlgorithm: &fromAlgorithm,
		DestinationEncryptionAlgorithm: &toAlgorithm, SourceKeyMaterialId: fromMaterial, DestinationKeyMaterialId: toMaterial,
	}, err
}

// ignored says whether a dry run is to ignore the ciphertext.
func ignored(asked *bool, modifiers []string) bool {
	return resource.Value(asked) && slices.Contains(modifiers, "IGNORE_CIPHERTEXT")
}

func errRecipient() error {
	return cloud.Errorf(cloud.Unsupported, "UnsupportedOperationException", "Recipient is not supported: there are no Nitro enclaves here.")
}
