package s3

import (
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

const encryptionHeader = "x-amz-server-side-encryption"

// encryptionAsked returns the encryption that a request asks for; the zero value
// where it asks for none. Keys are told as they were given and not used.
func encryptionAsked(in *s3api.PutObjectInput) (objects.Encryption, error) {
	if err := refuseCustomerKey(in.SSECustomerAlgorithm, in.SSECustomerKey); err != nil {
		return objects.Encryption{}, err
	}
	e := objects.Encryption{
		Algorithm: text(in.ServerSideEncryption), KeyID: text(in.SSEKMSKeyId),
		BucketKey: resource.Value(in.BucketKeyEnabled), Context: text(in.SSEKMSEncryptionContext),
	}
	switch {
	case in.ServerSideEncryption != nil && !slices.Contains(encryptionAlgorithms, e.Algorithm):
		return e, errArgument(encryptionHeader, e.Algorithm, "The encryption method specified is not supported")
	case e.KeyID != "" && (e.Algorithm == "" || e.Algorithm == aes256):
		return e, errArgument(encryptionHeader, e.Algorithm,
			"Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
	}
	if e.Algorithm == "" || e.Algorithm == aes256 {
		e.BucketKey = false
	}
	return e, nil
}

// refuseCustomerKey refuses keys that a client keeps itself: content under them
// must be unreadable here, and it would not be.
func refuseCustomerKey(members ...*string) error {
	for _, member := range members {
		if member != nil {
			return cloud.Errorf(cloud.Unsupported, "NotImplemented",
				"Server-side encryption with customer-provided keys (SSE-C) is not supported by this version of Sillok")
		}
	}
	return nil
}

// bucketEncryption returns the encryption that a bucket gives to what asks for
// none.
func bucketEncryption(v *objects.View, b *objects.Bucket) (objects.Encryption, error) {
	c, err := setting[s3api.ServerSideEncryptionConfiguration](v, b, encryptionSetting)
	if err != nil || c == nil || len(c.Rules) == 0 || c.Rules[0].ApplyServerSideEncryptionByDefault == nil {
		return objects.Encryption{Algorithm: aes256}, err
	}
	rule, by := c.Rules[0], c.Rules[0].ApplyServerSideEncryptionByDefault
	e := objects.Encryption{Algorithm: resource.Or(by.SSEAlgorithm, aes256), KeyID: text(by.KMSMasterKeyID)}
	e.BucketKey = e.Algorithm != aes256 && resource.Value(rule.BucketKeyEnabled)
	return e, nil
}

// encryptionTold is what answers tell of a version's encryption.
type encryptionTold struct {
	ServerSideEncryption    *string
	SSEKMSKeyId             *string //nolint:staticcheck,revive // as the shapes name it
	SSEKMSEncryptionContext *string
	BucketKeyEnabled        *bool
}

func toldEncryption(e objects.Encryption) *encryptionTold {
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
