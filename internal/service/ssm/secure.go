package ssm

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/ssm/parameter"
)

// Keys is the part of KMS that encrypts the values of SecureStrings. It acts for
// the caller of the operation, who must be allowed to use the key.
type Keys interface {
	Encrypt(ctx context.Context, in *kmsapi.EncryptInput) (*kmsapi.EncryptOutput, error)
	Decrypt(ctx context.Context, in *kmsapi.DecryptInput) (*kmsapi.DecryptOutput, error)
	GenerateDataKey(ctx context.Context, in *kmsapi.GenerateDataKeyInput) (*kmsapi.GenerateDataKeyOutput, error)
}

// How a value is encrypted: by KMS itself, which takes 4,096 bytes, or by a data
// key of KMS's.
const (
	direct   = 1
	envelope = 2
)

// most is how many bytes KMS encrypts itself.
const most = 4096

// dataKey is the KeySpec of the data keys of larger values.
const dataKey = "AES_256"

// encrypted returns a value as it is kept: encrypted by a key, for the parameter
// of that ARN alone, in base64.
func (s *Service) encrypted(ctx context.Context, keyID, arn, value string) (string, error) {
	var sealed []byte
	if len(value) <= most {
		out, err := s.keys.Encrypt(ctx, &kmsapi.EncryptInput{KeyId: &keyID, Plaintext: []byte(value), EncryptionContext: boundTo(arn)})
		if err != nil {
			return "", errKey(err)
		}
		sealed = append([]byte{direct}, out.CiphertextBlob...)
	} else {
		out, err := s.keys.GenerateDataKey(ctx, &kmsapi.GenerateDataKeyInput{KeyId: &keyID, KeySpec: new(dataKey), EncryptionContext: boundTo(arn)})
		if err != nil {
			return "", errKey(err)
		}
		aead, err := cipherOf(out.Plaintext)
		if err != nil {
			return "", err
		}
		nonce := make([]byte, aead.NonceSize())
		if _, err := rand.Read(nonce); err != nil {
			return "", err
		}
		sealed = binary.BigEndian.AppendUint16([]byte{envelope}, uint16(len(out.CiphertextBlob))) //nolint:gosec // of 32 bytes, encrypted
		sealed = slices.Concat(sealed, out.CiphertextBlob, nonce)
		sealed = aead.Seal(sealed, nonce, []byte(value), []byte(arn))
	}
	return base64.StdEncoding.EncodeToString(sealed), nil
}

// decrypted returns the value that encrypted was given.
func (s *Service) decrypted(ctx context.Context, arn, kept string) (string, error) {
	damaged := fmt.Errorf("the value of %s is damaged", arn)
	sealed, err := base64.StdEncoding.DecodeString(kept)
	if err != nil || len(sealed) < 3 {
		return "", damaged
	}
	if sealed[0] == direct {
		out, err := s.keys.Decrypt(ctx, &kmsapi.DecryptInput{CiphertextBlob: sealed[1:], EncryptionContext: boundTo(arn)})
		if err != nil {
			return "", errKey(err)
		}
		return string(out.Plaintext), nil
	}
	size, rest := int(binary.BigEndian.Uint16(sealed[1:])), sealed[3:]
	if sealed[0] != envelope || size > len(rest) {
		return "", damaged
	}
	out, err := s.keys.Decrypt(ctx, &kmsapi.DecryptInput{CiphertextBlob: rest[:size], EncryptionContext: boundTo(arn)})
	if err != nil {
		return "", errKey(err)
	}
	aead, err := cipherOf(out.Plaintext)
	if err != nil {
		return "", err
	}
	if rest = rest[size:]; len(rest) < aead.NonceSize() {
		return "", damaged
	}
	text, err := aead.Open(nil, rest[:aead.NonceSize()], rest[aead.NonceSize():], []byte(arn))
	if err != nil {
		return "", damaged
	}
	return string(bytes.Clone(text)), nil
}

func cipherOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// boundTo is the encryption context by which Parameter Store binds a value to its
// parameter.
//
// See https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html.
func boundTo(arn string) map[string]string { return map[string]string{"PARAMETER_ARN": arn} }

// errKey returns the error of Parameter Store for one of KMS: whoever may not use
// the key is told so as by KMS, and all else is wrong with the key.
func errKey(err error) error {
	why, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		return err
	}
	switch why.Kind {
	case cloud.Invalid, cloud.NotFound, cloud.Conflict, cloud.Unsupported:
		return cloud.Errorf(cloud.Invalid, "InvalidKeyId", "%s (Service: AWSKMS; Status Code: 400; Error Code: %s)", why.Message, why.Code).Because(err)
	case cloud.Internal, cloud.Denied, cloud.Throttled, cloud.Unavailable, cloud.Unauthenticated:
	}
	return err
}

// secret is a value as it is kept, and the key that encrypted it.
type secret struct{ key, value string }

// secured returns the secret of the version that in adds. It is nil where the value
// is none.
func (s *Service) secured(ctx context.Context, in *ssmapi.PutParameterInput) (*secret, error) {
	var (
		next parameter.Version
		arn  string
	)
	err := s.store.View(ctx, func(r resource.Reader) error {
		kept, _, err := parameters.Find(r, levels(r, *in.Name)...)
		if err != nil {
			return err
		}
		if kept, err = kept.Next(in, cloud.CallOf(ctx).Principal.ARN); err != nil {
			return err
		}
		next, arn = kept.Newest(), parameter.ARN(r.Scope(), *in.Name)
		return nil
	})
	if err != nil || *next.Type != parameter.SecureString {
		return nil, err
	}
	value, err := s.encrypted(ctx, *next.KeyId, arn, *in.Value)
	return &secret{*next.KeyId, value}, err
}

// into gives a version its secret. The parameter may have become another one since
// the value was encrypted: then nothing is kept, least of all a value that is not
// encrypted, or by a key that the version does not name.
func (c *secret) into(v *parameter.Version) error {
	switch is := *v.Type == parameter.SecureString; {
	case !is && c == nil:
		return nil
	case is && c != nil && *v.KeyId == c.key:
		v.Value = &c.value
		return nil
	}
	return cloud.Errorf(cloud.Throttled, "TooManyUpdates", "Parameter %s was changed by another call meanwhile. Try again.", *v.Name)
}

// reveal replaces the value of a SecureString with what it was before it was
// encrypted, where that is wanted.
func (s *Service) reveal(ctx context.Context, wanted *bool, kind, value *string, arn string) (*string, error) {
	if !resource.Value(wanted) || resource.Value(kind) != parameter.SecureString {
		return value, nil
	}
	text, err := s.decrypted(ctx, arn, *value)
	return &text, err
}

// revealAll is reveal for parameters.
func (s *Service) revealAll(ctx context.Context, wanted *bool, list []ssmapi.Parameter) error {
	for i := range list {
		p := &list[i]
		var err error
		if p.Value, err = s.reveal(ctx, wanted, p.Type, p.Value, *p.ARN); err != nil {
			return err
		}
	}
	return nil
}
