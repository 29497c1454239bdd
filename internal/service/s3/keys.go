package s3

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

// Keys is the part of KMS that makes and opens the keys of objects. It acts for
// the caller of the context, who must be allowed it.
type Keys interface {
	GenerateDataKey(ctx context.Context, in *kmsapi.GenerateDataKeyInput) (*kmsapi.GenerateDataKeyOutput, error)
	Decrypt(ctx context.Context, in *kmsapi.DecryptInput) (*kmsapi.DecryptOutput, error)
}

const (
	byKMS      = "aws:kms"
	byKMSTwice = "aws:kms:dsse"

	managedKey     = "alias/aws/s3" // of who names none
	dataKeySpec    = "AES_256"
	arnContext     = "aws:s3:arn"
	contextHeader  = "x-amz-server-side-encryption-context"
	mostContextual = 64 << 10
)

// byServer says whether content is under no other key than the server's. So is
// what was only called encrypted by KMS, before it was.
func byServer(e *objects.Encryption) bool { return len(e.Sealed) == 0 && len(e.Customer.Salt) == 0 }

// usesKMS says whether a new object is to be encrypted by KMS.
func usesKMS(e *objects.Encryption) bool { return e.Algorithm == byKMS || e.Algorithm == byKMSTwice }

// newKey makes the key of the content of a new object, and notes in e how it is
// had again; nil for the server's own.
func (s *Service) newKey(ctx context.Context, b *objects.Bucket, key string, e *objects.Encryption, customer *customerKey) (*seal.Sealer, error) {
	switch {
	case customer != nil:
		return customer.newKey(e)
	case !usesKMS(e):
		return nil, nil
	}
	if err := s.mayUseKMS(ctx); err != nil {
		return nil, err
	}
	e.Bound = objectARN(b.Name, key)
	if e.BucketKey {
		e.Bound = bucketARN(b.Name)
	}
	bound, err := encryptionContext(e)
	if err != nil {
		return nil, err
	}
	out, err := s.cfg.Keys.GenerateDataKey(inRegion(ctx, b), &kmsapi.GenerateDataKeyInput{
		KeyId: new(resource.Or(&e.KeyID, managedKey)), KeySpec: new(dataKeySpec), EncryptionContext: bound,
	})
	if err != nil {
		return nil, kmsError(err)
	}
	defer clear(out.Plaintext)
	e.KeyID, e.Sealed = *out.KeyId, out.CiphertextBlob
	return seal.New(out.Plaintext)
}

// openKey returns the key of the content of an object that is there, as whom the
// caller may use it; nil for the server's own.
func (s *Service) openKey(ctx context.Context, b *objects.Bucket, e *objects.Encryption, customer *customerKey) (*seal.Sealer, error) {
	switch {
	case len(e.Customer.Salt) > 0:
		return customer.open(e)
	case len(e.Sealed) == 0:
		return nil, nil
	}
	if err := s.mayUseKMS(ctx); err != nil {
		return nil, err
	}
	bound, err := encryptionContext(e)
	if err != nil {
		return nil, err
	}
	out, err := s.cfg.Keys.Decrypt(inRegion(ctx, b), &kmsapi.DecryptInput{CiphertextBlob: e.Sealed, KeyId: &e.KeyID, EncryptionContext: bound})
	if err != nil {
		return nil, kmsError(err)
	}
	defer clear(out.Plaintext)
	return seal.New(out.Plaintext)
}

// mayUseKMS refuses what S3 does not do for calls that are not signed, or signed
// by version 2.
func (s *Service) mayUseKMS(ctx context.Context) error {
	call := cloud.CallOf(ctx)
	if call.Principal.Type == cloud.Anonymous || call.Signature.Version == "AWS" {
		return fail(cloud.Invalid, "InvalidArgument",
			"Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.", "ArgumentName", "Authorization")
	}
	if s.cfg.Keys == nil {
		return cloud.Errorf(cloud.Unsupported, "NotImplemented", "Server-side encryption with KMS needs KMS, which this server does not have")
	}
	return nil
}

// inRegion returns the context for calls about a bucket, whose keys are in its
// region.
func inRegion(ctx context.Context, b *objects.Bucket) context.Context {
	call := cloud.CallOf(ctx)
	call.Region = b.Region
	return cloud.WithCall(ctx, call)
}

// encryptionContext is what KMS binds the key of an object to: the object or, for
// a bucket key, its bucket, and what the client said besides.
func encryptionContext(e *objects.Encryption) (map[string]string, error) {
	bound := map[string]string{}
	if e.Context != "" {
		text, err := base64.StdEncoding.DecodeString(e.Context)
		if err != nil || len(text) > mostContextual || json.Unmarshal(text, &bound) != nil || bound == nil {
			return nil, errArgument(contextHeader, e.Context,
				"The header '"+contextHeader+"' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map")
		}
	}
	bound[arnContext] = e.Bound
	return bound, nil
}

// kmsError is an error of KMS in the words of S3.
func kmsError(err error) error {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		return err
	}
	told := *e
	switch e.Kind {
	case cloud.Denied, cloud.Unauthenticated:
		told.Kind, told.Code = cloud.Denied, "AccessDenied"
	case cloud.Invalid, cloud.NotFound, cloud.Conflict, cloud.Unsupported:
		told.Kind, told.Code = cloud.Invalid, "KMS."+e.Code
	case cloud.Throttled, cloud.Unavailable, cloud.Internal:
		return err
	}
	return &told
}
