package plain

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// setting is one way in which a bucket can be set up. Its document has AWS's
// member names, as the AWS CLI takes and shows it.
type setting struct {
	name string
	// read returns the document; nil when nothing is set.
	read func(context.Context, *s3.Client, *string) (any, error)
	// write sets what a document says.
	write func(context.Context, *s3.Client, *string, []byte) error
	// first is set before there are objects, the others after the last one.
	first bool
}

// settings are in the order in which they are written. What names other buckets,
// topics and roles (notifications, logging, replication, inventory) is not among
// them: it would point back to where the bucket came from.
func settings() []setting {
	return []setting{
		{"versioning", readVersioning, writeVersioning, true},
		{"ownership", readOwnership, writeOwnership, true},
		{"encryption", readEncryption, writeEncryption, true},
		{"object-lock", readLock, writeLock, false},
		{"tagging", readTagging, writeTagging, false},
		{"public-access-block", readBlock, writeBlock, false},
		{"policy", readPolicy, writePolicy, false},
		{"cors", readCORS, writeCORS, false},
		{"website", readWebsite, writeWebsite, false},
		{"lifecycle", readLifecycle, writeLifecycle, false},
	}
}

// absent are the codes with which S3 says that nothing is set, and those of an
// S3 that does not know the setting at all.
var absent = []string{
	"OwnershipControlsNotFoundError", "ServerSideEncryptionConfigurationNotFoundError", "ObjectLockConfigurationNotFoundError",
	"NoSuchTagSet", "NoSuchPublicAccessBlockConfiguration", "NoSuchBucketPolicy", "NoSuchCORSConfiguration",
	"NoSuchWebsiteConfiguration", "NoSuchLifecycleConfiguration", "NotImplemented", "MethodNotAllowed",
}

// readSettings returns how the bucket is set up. What may not be read is noted
// and left out.
func (x *export) readSettings(ctx context.Context) (map[string]json.RawMessage, error) {
	found := map[string]json.RawMessage{}
	for _, s := range settings() {
		document, err := s.read(ctx, x.Client, &x.Bucket)
		switch {
		case err == nil && document == nil, slices.Contains(absent, code(err)):
			continue
		case code(err) == "AccessDenied":
			x.Note(fmt.Sprintf("how the bucket is set up is exported without its %s: %v", s.name, err))
			continue
		case err != nil:
			return nil, fmt.Errorf("read the bucket's %s: %w", s.name, failure{err})
		}
		if found[s.name], err = compact(document); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// compact returns a document as JSON without members that say nothing.
func compact(document any) (json.RawMessage, error) {
	text, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	return json.Marshal(pruned(tree))
}

func pruned(node any) any {
	switch n := node.(type) {
	case map[string]any:
		for name, member := range n {
			if member == nil || member == "" && name != "Value" && name != "Prefix" {
				delete(n, name)
				continue
			}
			n[name] = pruned(member)
		}
	case []any:
		for i := range n {
			n[i] = pruned(n[i])
		}
	}
	return node
}

func readVersioning(ctx context.Context, c *s3.Client, bucket *string) (any, error) {
	out, err := c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: bucket})
	if err != nil || out.Status == "" {
		return nil, err
	}
	return types.VersioningConfiguration{Status: out.Status}, nil
}

func writeVersioning(ctx context.Context, c *s3.Client, bucket *string, document []byte) error {
	in := &s3.PutBucketVersioningInput{Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{}}
	if err := json.Unmarshal(document, in.VersioningConfiguration); err != nil {
		return err
	}
	_, err := c.PutBucketVersioning(ctx, in)
	return err
}

func readOwnership(ctx context.Context, c *s3.Client, bucket *string) (any, error) {
	out, err := c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: bucket})
	if err != nil {
		return nil, err
	}
	return out.OwnershipControls, nil
}

func writeOwnership(ctx context.Context, c *s3.Client, bucket *string, document []byte) error {
	in := &s3.PutBucketOwnershipControlsInput{Bucket: bucket, OwnershipControls: &types.OwnershipControls{}}
	if err := json.Unmarshal(document, in.OwnershipControls); err != nil {
		return err
	}
	_, err := c.PutBucketOwnershipControls(ctx, in)
	return err
}

func readEncryption(ctx context.Context, c *s3.Client, bucket *string) (any, error) {
	out, err := c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: bucket})
	if err != nil {
		return nil, err
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		by := rule.ApplyServerSideEncryptionByDefault
		if by == nil || by.SSEAlgorithm != types.ServerSideEncryptionAes256 || value(rule.BucketKeyEnabled) {
			return out.ServerSideEncryptionConfiguration, nil
		}
	}
	return nil, nil // what every bucket has
}

func writeEncryption(ctx context.Context, c *s3.Client, bucket *string, document []byte) error {
	in := &s3.PutBucketEncryptionInput{Bucket: bucket, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{}}
	if err := json.Unmarshal(document, in.ServerSideEncryptionConfiguration); err != nil {
		return err
	}
	_, err := c.PutBucketEncryption(ctx, in)
	return err
}

func readLock(ctx context.Context, c *s3.Client, bucket *string) (any, error) {
	out, err := c.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: bucket})
	if err != nil {
		return nil, err
	}
	if rule := out.ObjectLockConfiguration.Rule; rule != nil && rule.DefaultRetention == nil {
		out.ObjectLockConfiguration.Rule = nil
	}
	return out.ObjectLockConfiguration, nil
}

func writeLock(ctx context.Context, c *s3.Client, bucket *string, document []byte) error {
	in := &s3.PutObjectLockConfigurationInput{Bucket: bucket, ObjectLockConfiguration: &types.ObjectLockConfiguration{}}
	if err := json.Unmarshal(document, in.ObjectLockConfiguration); err != nil {
		return err
	}
	_, err := c.PutObjectLockConfiguration(ctx, in)
	return err
}

func readTagging(ctx context.Context, c *s3.Client, bucket *string) (any, error) {
	out, err := c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: bucket})
	if err != nil {
		return nil, err
	}
	return types.Tagging{TagSet: out.TagSet}, nil
}

func writeTagging(ctx context.Context, c *s3.Client, bucket *string, document []byte) error {
	in := &s3.PutBucketTaggingInput{Bucket: bucket, Tagging: &types.Tagging{}}
	if err := json.Unmarshal(document, in.Tagging); err != nil {
		return err
	}
	_, err := c.PutBucketTagging(ctx, in)
	return err
}
