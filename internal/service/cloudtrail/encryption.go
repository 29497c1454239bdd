package cloudtrail

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// encryptionContext is what CloudTrail has all data keys made with, of trails and stores.
func encryptionContext(arn string) map[string]string {
	return map[string]string{"aws:cloudtrail:arn": arn}
}

// findKey looks a key up for the caller, and returns its ARN if something can be encrypted
// by it in a region.
func (s *Service) findKey(ctx context.Context, given string, home cloud.Region, insufficient string) (string, error) {
	if strings.HasPrefix(given, "arn:") {
		if arn, err := cloud.ParseARN(given); err != nil || arn.Service != "kms" {
			return "", cloud.Errorf(cloud.Invalid, "InvalidKmsKeyIdException", "%q is not the ARN of a KMS key.", given)
		}
	}
	out, err := s.keys.DescribeKey(ctx, &kmsapi.DescribeKeyInput{KeyId: &given})
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.Kind == cloud.NotFound {
		return "", cloud.Errorf(cloud.NotFound, "KmsKeyNotFoundException", "KMS key %s does not exist, or is not in region %s.", given, home).Because(err)
	}
	if err != nil {
		return "", s.refused(err, "InsufficientEncryptionPolicyException", insufficient)
	}
	key := out.KeyMetadata
	if arn, err := cloud.ParseARN(*key.Arn); err != nil || arn.Region != home {
		return "", cloud.Errorf(cloud.NotFound, "KmsKeyNotFoundException", "KMS key %s is not in region %s.", given, home)
	}
	if state := resource.Value(key.KeyState); state != "Enabled" {
		return "", cloud.Errorf(cloud.Conflict, "KmsKeyDisabledException", "KMS key %s cannot be used: its state is %s.", *key.Arn, state)
	}
	if resource.Value(key.KeySpec) != "SYMMETRIC_DEFAULT" {
		return "", cloud.Errorf(cloud.Invalid, "InvalidKmsKeyIdException", "KMS key %s is not symmetric.", *key.Arn)
	}
	return *key.Arn, nil
}

// tryKey asks whether CloudTrail may encrypt by the key of a trail, and has its name
// completed.
func (s *Service) tryKey(ctx context.Context, t *trail) error {
	if t.Settings.KmsKeyId == nil {
		return nil
	}
	insufficient := "Insufficient permissions to access S3 bucket " + *t.Settings.S3BucketName + " or KMS key " + *t.Settings.KmsKeyId + "."
	key, err := s.findKey(ctx, *t.Settings.KmsKeyId, t.home(), insufficient)
	if err != nil {
		return err
	}
	t.Settings.KmsKeyId = &key
	_, err = s.keys.GenerateDataKey(itself(ctx, t), &kmsapi.GenerateDataKeyInput{
		KeyId: &key, KeySpec: new("AES_256"), EncryptionContext: encryptionContext(*t.Settings.TrailARN), DryRun: new(true),
	})
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.Code == "DryRunOperationException" {
		return nil // it would have been done
	}
	return s.refused(err, "InsufficientEncryptionPolicyException", insufficient)
}

// storeKey is the key of an event data store: who asks the store must be allowed to open
// what it sealed.
type storeKey struct {
	ARN    string
	Sealed []byte // a data key that CloudTrail had made for the store
}

// newStoreKey has CloudTrail make a data key for a store with the key that a caller names;
// nil for none.
func (s *Service) newStoreKey(ctx context.Context, given *string, of storeRef) (*storeKey, error) {
	if resource.Value(given) == "" {
		return nil, nil //nolint:nilnil // no key is asked for
	}
	insufficient := "Insufficient permissions to access KMS key " + *given + "."
	key, err := s.findKey(ctx, *given, of.region, insufficient)
	if err != nil {
		return nil, err
	}
	as := cloud.WithCall(ctx, cloud.Call{Account: of.account, Region: of.region, SourceARN: of.arn(), Time: time.Now().UTC()})
	made, err := s.keys.GenerateDataKey(as, &kmsapi.GenerateDataKeyInput{KeyId: &key, KeySpec: new("AES_256"), EncryptionContext: encryptionContext(of.arn())})
	if err != nil {
		return nil, s.refused(err, "InsufficientEncryptionPolicyException", insufficient)
	}
	return &storeKey{key, made.CiphertextBlob}, nil
}

// mayOpen refuses who may not decrypt by the key of a store, as the key is now.
func (s *Service) mayOpen(ctx context.Context, of *eventStore) error {
	if of.Key == nil {
		return nil
	}
	_, err := s.keys.Decrypt(ctx, &kmsapi.DecryptInput{CiphertextBlob: of.Key.Sealed, KeyId: &of.Key.ARN, EncryptionContext: encryptionContext(of.arn())})
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.Code == "DisabledException" {
		return cloud.Errorf(cloud.Conflict, "KmsKeyDisabledException", "KMS key %s cannot be used: it is disabled.", of.Key.ARN).Because(err)
	}
	return s.refused(err, "InsufficientEncryptionPolicyException", "Insufficient permissions to access KMS key "+of.Key.ARN+".")
}

// mayOpenAll is mayOpen of the stores that a query has read, as far as they are there.
func (s *Service) mayOpenAll(ctx context.Context, ids []string) error {
	for _, id := range ids {
		var of eventStore
		var found bool
		err := s.view(ctx, func(r resource.Reader) (err error) {
			of, found, err = eventStores.Find(r, string(cloud.CallOf(ctx).Region), id)
			return err
		})
		if err == nil && found {
			err = s.mayOpen(ctx, &of)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
