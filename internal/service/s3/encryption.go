package s3

import (
	"cmp"
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

const encryptionHeader = "x-amz-server-side-encryption"

// encryptionAsked returns the encryption that a request asks for, the zero value
// where it asks for none, and the key that it brings.
func encryptionAsked(ctx context.Context, in *s3api.PutObjectInput) (objects.Encryption, *customerKey, error) {
	e := objects.Encryption{
		Algorithm: text(in.ServerSideEncryption), KeyID: text(in.SSEKMSKeyId),
		BucketKey: resource.Value(in.BucketKeyEnabled), Context: text(in.SSEKMSEncryptionContext),
	}
	customer, err := customerKeyOf(ctx, customerHeader, in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5)
	switch {
	case in.ServerSideEncryption != nil && !slices.Contains(encryptionAlgorithms, e.Algorithm):
		return e, nil, errArgument(encryptionHeader, e.Algorithm, "The encryption method specified is not supported")
	case e.KeyID != "" && (e.Algorithm == "" || e.Algorithm == aes256):
		return e, nil, errArgument(encryptionHeader, e.Algorithm,
			"Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
	case err != nil:
		return e, nil, err
	case customer != nil && e.Algorithm != "":
		return e, nil, errArgument(encryptionHeader, e.Algorithm, "Server Side Encryption with Customer provided key is incompatible with the encryption method specified")
	case customer != nil:
		return objects.Encryption{}, customer, nil
	}
	if !usesKMS(&e) {
		e.BucketKey, e.Context = false, ""
		return e, nil, nil
	}
	_, err = encryptionContext(&e)
	return e, nil, err
}

// settle says how the object of a draft is encrypted: as its request asks, and where
// that asks for nothing as the bucket says.
func (d *draft) settle(v *objects.View, b *objects.Bucket, in *s3api.PutObjectInput) error {
	c, err := setting[s3api.ServerSideEncryptionConfiguration](v, b, encryptionSetting)
	if err != nil {
		return err
	}
	rule := s3api.ServerSideEncryptionRule{}
	if c != nil && len(c.Rules) > 0 {
		rule = c.Rules[0]
	}
	e := &d.version.Encryption
	if d.customer != nil {
		if rule.BlockedEncryptionTypes != nil && slices.Contains(rule.BlockedEncryptionTypes.EncryptionType, "SSE-C") {
			return errDenied()
		}
		return nil
	}
	if e.Algorithm == "" {
		e.Algorithm = aes256
		if by := rule.ApplyServerSideEncryptionByDefault; by != nil {
			e.Algorithm, e.KeyID = resource.Or(by.SSEAlgorithm, aes256), text(by.KMSMasterKeyID)
		}
	}
	e.BucketKey = e.Algorithm == byKMS && resource.Value(cmp.Or(in.BucketKeyEnabled, rule.BucketKeyEnabled))
	return nil
}

// encryptionTold is what answers tell of a version's encryption, and of the key that
// its client brought.
type encryptionTold struct {
	ServerSideEncryption    *string
	SSEKMSKeyId             *string //nolint:staticcheck,revive // as the shapes name it
	SSEKMSEncryptionContext *string
	BucketKeyEnabled        *bool
	SSECustomerAlgorithm    *string
	SSECustomerKeyMD5       *string
}

func toldEncryption(e objects.Encryption, customer *customerKey) *encryptionTold {
	switch {
	case customer != nil:
		return &encryptionTold{SSECustomerAlgorithm: new(aes256), SSECustomerKeyMD5: &customer.md5}
	case len(e.Customer.Salt) > 0:
		return &encryptionTold{}
	}
	t := &encryptionTold{ServerSideEncryption: new(resource.Or(&e.Algorithm, aes256))}
	if e.KeyID != "" {
		t.SSEKMSKeyId = &e.KeyID
	}
	if e.Context != "" {
		t.SSEKMSEncryptionContext = &e.Context
	}
	if e.BucketKey {
		t.BucketKeyEnabled = &e.BucketKey
	}
	return t
}
