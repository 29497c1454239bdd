package s3

import (
	"context"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
)

const maxCORSRules = 100

// GetBucketCors tells which pages of other sites may use a bucket.
func (s *Service) GetBucketCors(ctx context.Context, in *s3api.GetBucketCorsInput) (*s3api.GetBucketCorsOutput, error) {
	c, err := needSetting[s3api.CORSConfiguration](ctx, s, in.Bucket, in.ExpectedBucketOwner, corsSetting,
		"NoSuchCORSConfiguration", "The CORS configuration does not exist")
	if err != nil {
		return nil, err
	}
	return &s3api.GetBucketCorsOutput{CORSRules: c.CORSRules}, nil
}

// PutBucketCors says which pages of other sites may use a bucket.
func (s *Service) PutBucketCors(ctx context.Context, in *s3api.PutBucketCorsInput) (*s3api.PutBucketCorsOutput, error) {
	c := in.CORSConfiguration
	return nil, s.putSetting(ctx, in.Bucket, in.ExpectedBucketOwner, corsSetting, c, func() error { return checkCORS(c.CORSRules) })
}

// DeleteBucketCors shuts a bucket to pages of other sites.
func (s *Service) DeleteBucketCors(ctx context.Context, in *s3api.DeleteBucketCorsInput) (*s3api.DeleteBucketCorsOutput, error) {
	return nil, s.deleteSetting(ctx, in.Bucket, in.ExpectedBucketOwner, corsSetting)
}

func checkCORS(rules []s3api.CORSRule) error {
	if len(rules) == 0 || len(rules) > maxCORSRules {
		return errMalformed()
	}
	for i := range rules {
		if err := checkCORSRule(&rules[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkCORSRule(r *s3api.CORSRule) error {
	if len(r.AllowedMethods) == 0 || len(r.AllowedOrigins) == 0 || len(text(r.ID)) > maxRuleID {
		return errMalformed()
	}
	for _, method := range r.AllowedMethods {
		if !slices.Contains([]string{"GET", "PUT", "HEAD", "POST", "DELETE"}, method) {
			return errInvalidRequest("Found unsupported HTTP method in CORS config. Unsupported method is %s", method)
		}
	}
	for _, origin := range r.AllowedOrigins {
		if strings.Count(origin, "*") > 1 {
			return errInvalidRequest("AllowedOrigin %q can not have more than one wildcard.", origin)
		}
	}
	for _, header := range r.AllowedHeaders {
		if strings.Count(header, "*") > 1 {
			return errInvalidRequest("AllowedHeader %q can not have more than one wildcard.", header)
		}
	}
	for _, header := range r.ExposeHeaders {
		if strings.Contains(header, "*") {
			return errInvalidRequest("ExposeHeader %q contains wildcard. We currently do not support wildcard for ExposeHeader.", header)
		}
	}
	return nil
}
