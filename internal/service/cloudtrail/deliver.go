package cloudtrail

import (
	"context"

	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/trail/delivery"
)

// put keeps a trail, and has what it records delivered from now on as it says.
func (s *Service) put(ctx context.Context, tx resource.Tx, t *trail) error {
	if err := trails.Put(tx, *t, string(t.home()), *t.Settings.Name); err != nil || s.cfg.Deliveries == nil {
		return err
	}
	return s.cfg.Deliveries.Set(ctx, tx, t.delivered())
}

// delivered returns what deliveries must know of the trail.
func (t *trail) delivered() delivery.Trail {
	s := &t.Settings
	return delivery.Trail{
		ARN: t.ref().arn(), Name: *s.Name, Account: t.Account, Home: t.home(), Organization: t.Organization,
		Bucket: *s.S3BucketName, Prefix: resource.Value(s.S3KeyPrefix), Key: resource.Value(s.KmsKeyId),
		Topic: resource.Value(s.SnsTopicARN), LogGroup: resource.Value(s.CloudWatchLogsLogGroupArn), LogRole: resource.Value(s.CloudWatchLogsRoleArn),
		MultiRegion: t.multiRegion(), Global: resource.Value(s.IncludeGlobalServiceEvents), Validated: resource.Value(s.LogFileValidationEnabled),
		Logging: t.Logging, Basic: t.Basic, Advanced: t.Advanced, Insights: t.Insights,
	}
}
