package plain

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func readBlock(ctx context.Context, c *s3.Client, bucket *string) (any, error) {
	out, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: bucket})
	if err != nil {
		return nil, err
	}
	return out.PublicAccessBlockConfiguration, nil
}

func writeBlock(ctx context.Context, c *s3.Client, bucket *string, document []byte) error {
	in := &s3.PutPublicAccessBlockInput{Bucket: bucket, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{}}
	if err := json.Unmarshal(document, in.PublicAccessBlockConfiguration); err != nil {
		return err
	}
	_, err := c.PutPublicAccessBlock(ctx, in)
	return err
}

func readPolicy(ctx context.Context, c *s3.Client, bucket *string) (any, error) {
	out, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: bucket})
	if err != nil {
		return nil, err
	}
	return value(out.Policy), nil
}

func writePolicy(ctx context.Context, c *s3.Client, bucket *string, document []byte) error {
	in := &s3.PutBucketPolicyInput{Bucket: bucket}
	if err := json.Unmarshal(document, &in.Policy); err != nil {
		return err
	}
	_, err := c.PutBucketPolicy(ctx, in)
	return err
}

func readCORS(ctx context.Context, c *s3.Client, bucket *string) (any, error) {
	out, err := c.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: bucket})
	if err != nil {
		return nil, err
	}
	return types.CORSConfiguration{CORSRules: out.CORSRules}, nil
}

func writeCORS(ctx context.Context, c *s3.Client, bucket *string, document []byte) error {
	in := &s3.PutBucketCorsInput{Bucket: bucket, CORSConfiguration: &types.CORSConfiguration{}}
	if err := json.Unmarshal(document, in.CORSConfiguration); err != nil {
		return err
	}
	_, err := c.PutBucketCors(ctx, in)
	return err
}

func readWebsite(ctx context.Context, c *s3.Client, bucket *string) (any, error) {
	out, err := c.GetBucketWebsite(ctx, &s3.GetBucketWebsiteInput{Bucket: bucket})
	if err != nil {
		return nil, err
	}
	return types.WebsiteConfiguration{
		ErrorDocument: out.ErrorDocument, IndexDocument: out.IndexDocument,
		RedirectAllRequestsTo: out.RedirectAllRequestsTo, RoutingRules: out.RoutingRules,
	}, nil
}

func writeWebsite(ctx context.Context, c *s3.Client, bucket *string, document []byte) error {
	in := &s3.PutBucketWebsiteInput{Bucket: bucket, WebsiteConfiguration: &types.WebsiteConfiguration{}}
	if err := json.Unmarshal(document, in.WebsiteConfiguration); err != nil {
		return err
	}
	_, err := c.PutBucketWebsite(ctx, in)
	return err
}

func readLifecycle(ctx context.Context, c *s3.Client, bucket *string) (any, error) {
	out, err := c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: bucket})
	if err != nil {
		return nil, err
	}
	return types.BucketLifecycleConfiguration{Rules: out.Rules}, nil
}

func writeLifecycle(ctx context.Context, c *s3.Client, bucket *string, document []byte) error {
	in := &s3.PutBucketLifecycleConfigurationInput{Bucket: bucket, LifecycleConfiguration: &types.BucketLifecycleConfiguration{}}
	if err := json.Unmarshal(document, in.LifecycleConfiguration); err != nil {
		return err
	}
	_, err := c.PutBucketLifecycleConfiguration(ctx, in)
	return err
}
