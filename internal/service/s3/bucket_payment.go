package s3

import (
	"context"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// GetBucketRequestPayment tells who pays for requests. Nobody does here.
func (s *Service) GetBucketRequestPayment(ctx context.Context, in *s3api.GetBucketRequestPaymentInput) (*s3api.GetBucketRequestPaymentOutput, error) {
	c, err := getSetting[s3api.RequestPaymentConfiguration](ctx, s, in.Bucket, in.ExpectedBucketOwner, requestPaymentSetting)
	if c == nil {
		c = &s3api.RequestPaymentConfiguration{Payer: new("BucketOwner")}
	}
	return &s3api.GetBucketRequestPaymentOutput{Payer: c.Payer}, err
}

// PutBucketRequestPayment says who pays for requests.
func (s *Service) PutBucketRequestPayment(ctx context.Context, in *s3api.PutBucketRequestPaymentInput) (*s3api.PutBucketRequestPaymentOutput, error) {
	c := in.RequestPaymentConfiguration
	return nil, s.putSetting(ctx, in.Bucket, in.ExpectedBucketOwner, requestPaymentSetting, c, func() error {
		if !slices.Contains([]string{"Requester", "BucketOwner"}, text(c.Payer)) {
			return errMalformed()
		}
		return nil
	})
}

// GetBucketAccelerateConfiguration tells whether transfers to a bucket are
// accelerated: nothing for one that never was.
func (s *Service) GetBucketAccelerateConfiguration(ctx context.Context, in *s3api.GetBucketAccelerateConfigurationInput) (*s3api.GetBucketAccelerateConfigurationOutput, error) {
	c, err := getSetting[s3api.AccelerateConfiguration](ctx, s, in.Bucket, in.ExpectedBucketOwner, accelerateSetting)
	if c == nil {
		c = &s3api.AccelerateConfiguration{}
	}
	return &s3api.GetBucketAccelerateConfigurationOutput{Status: c.Status}, err
}

// PutBucketAccelerateConfiguration keeps whether transfers to a bucket are
// accelerated. To suspend what never was does nothing.
func (s *Service) PutBucketAccelerateConfiguration(ctx context.Context, in *s3api.PutBucketAccelerateConfigurationInput) (*s3api.PutBucketAccelerateConfigurationOutput, error) {
	c := in.AccelerateConfiguration
	return nil, s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		if strings.Contains(b.Name, ".") {
			return errInvalidRequest("S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
		}
		if !slices.Contains([]string{"Enabled", "Suspended"}, text(c.Status)) {
			return errMalformed()
		}
		before, err := tx.Setting(b, accelerateSetting)
		if err != nil || before == nil && *c.Status == "Suspended" {
			return err
		}
		return setSetting(tx, b, accelerateSetting, c)
	})
}
