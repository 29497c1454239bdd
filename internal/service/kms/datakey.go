package kms

import (
	"context"
	"crypto/rand"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/kms/material"
)

// wrapper returns the symmetric key that new data keys are encrypted by.
func (s *Service) wrapper(ctx context.Context, text string, tokens []string, operation string) (found, error) {
	f, err := s.use(ctx, text, tokens, material.EncryptDecrypt, operation)
	if err == nil && f.Spec != material.SymmetricDefault {
		err = cloud.Errorf(cloud.Invalid, "InvalidKeyUsageException", "%s key spec is %s which is not valid for %s.", f.arn(), f.Spec, operation)
	}
	return f, err
}

// dataKey makes a data key for an input and encrypts it.
func (s *Service) dataKey(ctx context.Context, in *kmsapi.GenerateDataKeyInput, operation string) (*kmsapi.GenerateDataKeyOutput, error) {
	if in.Recipient != nil {
		return nil, errRecipient()
	}
	if (in.KeySpec == nil) == (in.NumberOfBytes == nil) {
		return nil, invalid("Please specify either number of bytes or key spec.")
	}
	size := resource.Value(in.NumberOfBytes)
	switch resource.Value(in.KeySpec) {
	case "AES_128":
		size = 16
	case "AES_256":
		size = 32
	}
	f, err := s.wrapper(ctx, *in.KeyId, in.GrantTokens, operation)
	if err == nil {
		err = dry(in.DryRun)
	}
	if err != nil {
		return nil, err
	}
	plaintext := make([]byte, size)
	if _, err := rand.Read(plaintext); err != nil {
		return nil, err
	}
	blob, used, err := s.encrypt(&f, material.SymmetricDefault, plaintext, in.EncryptionContext)
	return &kmsapi.GenerateDataKeyOutput{CiphertextBlob: blob, Plaintext: plaintext, KeyId: new(f.arn()), KeyMaterialId: used}, err
}

// GenerateDataKey makes a key for the caller's own use, in the clear and
// encrypted.
func (s *Service) GenerateDataKey(ctx context.Context, in *kmsapi.GenerateDataKeyInput) (*kmsapi.GenerateDataKeyOutput, error) {
	return s.dataKey(ctx, in, "GenerateDataKey")
}

// GenerateDataKeyWithoutPlaintext makes a key for the caller's later use.
func (s *Service) GenerateDataKeyWithoutPlaintext(ctx context.Context, in *kmsapi.GenerateDataKeyWithoutPlaintextInput) (*kmsapi.GenerateDataKeyWithoutPlaintextOutput, error) {
	made, err := s.dataKey(ctx, &kmsapi.GenerateDataKeyInput{
		KeyId: in.KeyId, EncryptionContext: in.EncryptionContext, KeySpec: in.KeySpec, NumberOfBytes: in.NumberOfBytes, GrantTokens: in.GrantTokens, DryRun: in.DryRun,
	}, "GenerateDataKeyWithoutPlaintext")
	if err != nil {
		return nil, err
	}
	return &kmsapi.GenerateDataKeyWithoutPlaintextOutput{CiphertextBlob: made.CiphertextBlob, KeyId: made.KeyId, KeyMaterialId: made.KeyMaterialId}, nil
}

// dataKeyPair makes a pair of data keys for an input and encrypts the private one.
func (s *Service) dataKeyPair(ctx context.Context, in *kmsapi.GenerateDataKeyPairInput, operation string) (*kmsapi.GenerateDataKeyPairOutput, error) {
	if in.Recipient != nil {
		return nil, errRecipient()
	}
	f, err := s.wrapper(ctx, *in.KeyId, in.GrantTokens, operation)
	if err != nil {
		return nil, err
	}
	spec, err := material.SpecOf(*in.KeyPairSpec)
	if err == nil {
		err = dry(in.DryRun)
	}
	if err != nil {
		return nil, err
	}
	made, err := material.New(ctx, spec)
	if err != nil {
		return nil, err
	}
	private, err := made.Bytes()
	if err != nil {
		return nil, err
	}
	public, err := made.Public()
	if err != nil {
		return nil, err
	}
	blob, used, err := s.encrypt(&f, material.SymmetricDefault, private, in.EncryptionContext)
	return &kmsapi.GenerateDataKeyPairOutput{
		PrivateKeyCiphertextBlob: blob, PrivateKeyPlaintext: private, PublicKey: public, KeyId: new(f.arn()), KeyPairSpec: in.KeyPairSpec, KeyMaterialId: used,
	}, err
}

// GenerateDataKeyPair makes a pair of keys for the caller's own use.
func (s *Service) GenerateDataKeyPair(ctx context.Context, in *kmsapi.GenerateDataKeyPairInput) (*kmsapi.GenerateDataKeyPairOutput, error) {
	return s.dataKeyPair(ctx, in, "GenerateDataKeyPair")
}

// GenerateDataKeyPairWithoutPlaintext makes a pair of keys of which the private
// one is for later use.
func (s *Service) GenerateDataKeyPairWithoutPlaintext(ctx context.Context, in *kmsapi.GenerateDataKeyPairWithoutPlaintextInput) (*kmsapi.GenerateDataKeyPairWithoutPlaintextOutput, error) {
	made, err := s.dataKeyPair(ctx, &kmsapi.GenerateDataKeyPairInput{
		EncryptionContext: in.EncryptionContext, KeyId: in.KeyId, KeyPairSpec: in.KeyPairSpec, GrantTokens: in.GrantTokens, DryRun: in.DryRun,
	}, "GenerateDataKeyPairWithoutPlaintext")
	if err != nil {
		return nil, err
	}
	return &kmsapi.GenerateDataKeyPairWithoutPlaintextOutput{
		PrivateKeyCiphertextBlob: made.PrivateKeyCiphertextBlob, PublicKey: made.PublicKey, KeyId: made.KeyId, KeyPairSpec: made.KeyPairSpec, KeyMaterialId: made.KeyMaterialId,
	}, nil
}

// GenerateRandom returns random bytes.
func (s *Service) GenerateRandom(_ context.Context, in *kmsapi.GenerateRandomInput) (*kmsapi.GenerateRandomOutput, error) {
	if in.Recipient != nil {
		return nil, errRecipient()
	}
	if in.CustomKeyStoreId != nil {
		return nil, cloud.Errorf(cloud.NotFound, "CustomKeyStoreNotFoundException", "Custom key store %s does not exist.", *in.CustomKeyStoreId)
	}
	if in.NumberOfBytes == nil {
		return nil, invalid("Please specify the number of bytes.")
	}
	text := make([]byte, *in.NumberOfBytes)
	_, err := rand.Read(text)
	return &kmsapi.GenerateRandomOutput{Plaintext: text}, err
}
