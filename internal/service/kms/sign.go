package kms

import (
	"context"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/kms/material"
)

// with returns a key and its opened material for an algorithm of a usage.
func (s *Service) with(ctx context.Context, keyID *string, tokens []string, usage, operation string, algorithm *string) (found, *material.Key, error) {
	f, err := s.use(ctx, *keyID, tokens, usage, operation)
	if err == nil {
		err = f.spec().CheckAlgorithm(usage, *algorithm)
	}
	if err != nil {
		return f, nil, err
	}
	opened, err := s.open(f.scope, &f.key, *f.current())
	return f, opened, err
}

// message returns what is signed.
func message(text []byte, kind *string) (material.Message, error) {
	if resource.Value(kind) == "EXTERNAL_MU" {
		return material.Message{}, invalid("The message type EXTERNAL_MU is only for keys of ML-DSA.")
	}
	return material.Message{Bytes: text, Digest: resource.Value(kind) == "DIGEST"}, nil
}

// Sign signs a message of up to 4,096 bytes, or the digest of one of any length.
func (s *Service) Sign(ctx context.Context, in *kmsapi.SignInput) (*kmsapi.SignOutput, error) {
	f, opened, err := s.with(ctx, in.KeyId, in.GrantTokens, material.SignVerify, "Sign", in.SigningAlgorithm)
	if err != nil {
		return nil, err
	}
	text, err := message(in.Message, in.MessageType)
	if err != nil {
		return nil, err
	}
	signature, err := opened.Sign(*in.SigningAlgorithm, text)
	if err == nil {
		err = dry(in.DryRun)
	}
	if err != nil {
		return nil, err
	}
	return &kmsapi.SignOutput{KeyId: new(f.arn()), Signature: signature, SigningAlgorithm: in.SigningAlgorithm}, nil
}

// Verify verifies a signature that Sign made.
func (s *Service) Verify(ctx context.Context, in *kmsapi.VerifyInput) (*kmsapi.VerifyOutput, error) {
	f, opened, err := s.with(ctx, in.KeyId, in.GrantTokens, material.SignVerify, "Verify", in.SigningAlgorithm)
	if err != nil {
		return nil, err
	}
	text, err := message(in.Message, in.MessageType)
	if err != nil {
		return nil, err
	}
	valid, err := opened.Verify(*in.SigningAlgorithm, text, in.Signature)
	if err == nil && !valid {
		err = cloud.Errorf(cloud.Invalid, "KMSInvalidSignatureException", "The signature is not one of this message by the key %s and %s.", f.arn(), *in.SigningAlgorithm)
	}
	if err == nil {
		err = dry(in.DryRun)
	}
	if err != nil {
		return nil, err
	}
	return &kmsapi.VerifyOutput{KeyId: new(f.arn()), SignatureValid: new(true), SigningAlgorithm: in.SigningAlgorithm}, nil
}

// GenerateMac returns the authentication code of a message.
func (s *Service) GenerateMac(ctx context.Context, in *kmsapi.GenerateMacInput) (*kmsapi.GenerateMacOutput, error) {
	f, opened, err := s.with(ctx, in.KeyId, in.GrantTokens, material.GenerateVerifyMAC, "GenerateMac", in.MacAlgorithm)
	if err == nil {
		err = dry(in.DryRun)
	}
	if err != nil {
		return nil, err
	}
	return &kmsapi.GenerateMacOutput{KeyId: new(f.arn()), Mac: opened.MAC(*in.MacAlgorithm, in.Message), MacAlgorithm: in.MacAlgorithm}, nil
}

// VerifyMac verifies a code that GenerateMac made.
func (s *Service) VerifyMac(ctx context.Context, in *kmsapi.VerifyMacInput) (*kmsapi.VerifyMacOutput, error) {
	f, opened, err := s.with(ctx, in.KeyId, in.GrantTokens, material.GenerateVerifyMAC, "VerifyMac", in.MacAlgorithm)
	if err == nil && !opened.VerifyMAC(*in.MacAlgorithm, in.Message, in.Mac) {
		err = cloud.Errorf(cloud.Invalid, "KMSInvalidMacException", "The HMAC is not one of this message by the key %s and %s.", f.arn(), *in.MacAlgorithm)
	}
	if err == nil {
		err = dry(in.DryRun)
	}
	if err != nil {
		return nil, err
	}
	return &kmsapi.VerifyMacOutput{KeyId: new(f.arn()), MacValid: new(true), MacAlgorithm: in.MacAlgorithm}, nil
}

// DeriveSharedSecret returns the secret that a key shares with the owner of a
// public key.
func (s *Service) DeriveSharedSecret(ctx context.Context, in *kmsapi.DeriveSharedSecretInput) (*kmsapi.DeriveSharedSecretOutput, error) {
	if in.Recipient != nil {
		return nil, errRecipient()
	}
	f, opened, err := s.with(ctx, in.KeyId, in.GrantTokens, material.KeyAgreement, "DeriveSharedSecret", in.KeyAgreementAlgorithm)
	if err != nil {
		return nil, err
	}
	secret, err := opened.Agree(in.PublicKey)
	if err == nil {
		err = dry(in.DryRun)
	}
	if err != nil {
		return nil, err
	}
	return &kmsapi.DeriveSharedSecretOutput{KeyId: new(f.arn()), SharedSecret: secret, KeyAgreementAlgorithm: in.KeyAgreementAlgorithm, KeyOrigin: &f.Origin}, nil
}

// GetPublicKey returns the public half of a pair.
func (s *Service) GetPublicKey(ctx context.Context, in *kmsapi.GetPublicKeyInput) (*kmsapi.GetPublicKeyOutput, error) {
	if err := s.checkTokens(in.GrantTokens); err != nil {
		return nil, err
	}
	f, err := s.find(ctx, *in.KeyId)
	if err != nil {
		return nil, err
	}
	if f.spec().Symmetric() {
		return nil, cloud.Errorf(cloud.Invalid, "UnsupportedOperationException", "%s key spec is %s, which has no public key.", f.arn(), f.Spec)
	}
	if err := f.mustNot(f.scope, pendingDeletion, pendingImport, disabled); err != nil {
		return nil, err
	}
	m := f.metadata(f.scope)
	return &kmsapi.GetPublicKeyOutput{
		KeyId: m.Arn, PublicKey: f.current().Public, CustomerMasterKeySpec: m.CustomerMasterKeySpec, KeySpec: m.KeySpec, KeyUsage: m.KeyUsage,
		EncryptionAlgorithms: m.EncryptionAlgorithms, SigningAlgorithms: m.SigningAlgorithms, KeyAgreementAlgorithms: m.KeyAgreementAlgorithms,
	}, nil
}
