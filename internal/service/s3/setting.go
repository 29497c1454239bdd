package s3

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// The names of a bucket's settings in the store. Each is the JSON of the shape
// that S3 has for it, but for a policy, which is kept as it was sent.
const (
	accelerateSetting     = "accelerate"
	aclSetting            = "acl"
	corsSetting           = "cors"
	encryptionSetting     = "encryption"
	lifecycleSetting      = "lifecycle"
	locationSetting       = "location" // only where S3 tells another name than the region's
	lockSetting           = "object-lock"
	loggingSetting        = "logging"
	notificationSetting   = "notification"
	ownershipSetting      = "ownership"
	policySetting         = "policy"
	boundSetting          = "policy-bound" // the unique IDs of whom it names
	publicAccessSetting   = "public-access-block"
	requestPaymentSetting = "request-payment"
	taggingSetting        = "tagging"
	websiteSetting        = "website"
)

// inBucket runs fn on a bucket and one state of the index.
func (s *Service) inBucket(ctx context.Context, name, expectedOwner *string, fn func(*objects.View, *objects.Bucket) error) error {
	err := s.db.View(ctx, func(v *objects.View) error {
		b, err := s.bucket(ctx, v, name, expectedOwner)
		if err != nil {
			return err
		}
		return fn(v, b)
	})
	return s.hidden(ctx, *name, err)
}

// changeBucket runs fn on a bucket and commits what it changed.
func (s *Service) changeBucket(ctx context.Context, name, expectedOwner *string, fn func(*objects.Tx, *objects.Bucket) error) error {
	err := s.db.Update(ctx, func(tx *objects.Tx) error {
		b, err := s.bucket(ctx, &tx.View, name, expectedOwner)
		if err != nil {
			return err
		}
		return fn(tx, b)
	})
	return s.hidden(ctx, *name, err)
}

// hidden returns the error of an operation on a bucket as its caller may see it:
// that an object is not there is told to those who may list the bucket.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html.
func (s *Service) hidden(ctx context.Context, bucket string, err error) error {
	if elsewhere, ok := errors.AsType[*sourceError](err); ok {
		bucket = elsewhere.bucket
	}
	switch {
	case err == nil:
		return nil
	case isCode(err, "NoSuchKey"):
		return cmp.Or(s.may(ctx, "s3:ListBucket", bucketARN(bucket), nil), err)
	case isCode(err, "NoSuchVersion"):
		return cmp.Or(s.may(ctx, "s3:ListBucketVersions", bucketARN(bucket), nil), err)
	}
	return err
}

// sourceError is one about another bucket than the operation's own.
type sourceError struct {
	error

	bucket string
}

// Unwrap returns the error.
func (m *sourceError) Unwrap() error { return m.error }

// setting returns a document of a bucket, or nil.
func setting[T any](v *objects.View, b *objects.Bucket, name string) (*T, error) {
	doc, err := v.Setting(b, name)
	if err != nil || doc == nil {
		return nil, err
	}
	value := new(T)
	if err := json.Unmarshal(doc, value); err != nil {
		return nil, fmt.Errorf("setting %q of bucket %q: %w", name, b.Name, err)
	}
	return value, nil
}

// setSetting writes a document of a bucket.
func setSetting(tx *objects.Tx, b *objects.Bucket, name string, value any) error {
	doc, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("setting %q of bucket %q: %w", name, b.Name, err)
	}
	return tx.SetSetting(b, name, doc)
}

// getSetting returns a document of a bucket of the caller's, or nil.
func getSetting[T any](ctx context.Context, s *Service, name, expectedOwner *string, document string) (*T, error) {
	var value *T
	err := s.inBucket(ctx, name, expectedOwner, func(v *objects.View, b *objects.Bucket) (err error) {
		value, err = setting[T](v, b, document)
		return err
	})
	return value, err
}

// needSetting is getSetting for one without which there is an error of that code
// and message.
func needSetting[T any](ctx context.Context, s *Service, name, expectedOwner *string, document, code, message string) (*T, error) {
	value, err := getSetting[T](ctx, s, name, expectedOwner, document)
	if err == nil && value == nil {
		err = errNotSet(code, message, *name)
	}
	return value, err
}

// putSetting writes a document of a bucket of the caller's, unless check refuses
// it. Whether the bucket is there is told first.
func (s *Service) putSetting(ctx context.Context, name, expectedOwner *string, setting string, value any, check func() error) error {
	return s.changeBucket(ctx, name, expectedOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		if err := check(); err != nil {
			return err
		}
		return setSetting(tx, b, setting, value)
	})
}

// deleteSetting removes a document of a bucket of the caller's. One that is not
// there is no error.
func (s *Service) deleteSetting(ctx context.Context, name, expectedOwner *string, setting string) error {
	return s.changeBucket(ctx, name, expectedOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		there, err := tx.Setting(b, setting)
		if err != nil || there == nil {
			return err
		}
		return tx.SetSetting(b, setting, nil)
	})
}

// words returns the values that S3's model allows a shape.
func words(shape string) []string {
	i := slices.IndexFunc(s3api.Service.Shapes, func(s api.Shape) bool { return s.Name == shape })
	if i < 0 {
		return nil
	}
	return s3api.Service.Shapes[i].Enum
}
