package cloudtrail_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/servicetest"
)

// groups are log groups of which one is there, to a role that may write to it.
type groups struct{ err error }

func (g groups) Try(_ context.Context, group, trail cloud.ARN, role string) error {
	if want := "log-group:trail:* trail/audit arn:aws:iam::111122223333:role/trail"; want != group.Resource+" "+trail.Resource+" "+role {
		return fmt.Errorf("tried %s for %s as %s", group.Resource, trail.Resource, role)
	}
	return g.err
}

func TestLogGroupsOfTrails(t *testing.T) {
	for name, tt := range map[string]struct {
		err        error
		code, says string
	}{
		"a role that trusts others": {
			fmt.Errorf("%w: %w", cloudtrail.ErrRole, denied()), "InvalidCloudWatchLogsRoleArnException", "Access denied. Check the trust relationships for your role.",
		},
		"a role that may not write": {denied(), "InvalidCloudWatchLogsLogGroupArnException", "Access denied. Verify in IAM that the role has adequate permissions."},
		"a group that is not there": {
			cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "none"), "InvalidCloudWatchLogsLogGroupArnException", "CloudTrail cannot validate the specified log group ARN.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, func(c *cloudtrail.Config) { c.LogGroups = groups{tt.err} })
			_, err := s.CreateTrail(s.ctx, &cloudtrailapi.CreateTrailInput{
				Name: new("audit"), S3BucketName: new(bucket),
				CloudWatchLogsLogGroupArn: new("arn:aws:logs:ap-northeast-2:111122223333:log-group:trail:*"), CloudWatchLogsRoleArn: new("arn:aws:iam::111122223333:role/trail"),
			})
			servicetest.WantCode(t, err, tt.code, tt.says)
		})
	}
}

func TestTargetsThatAreThere(t *testing.T) {
	s := newService(t, func(c *cloudtrail.Config) {
		c.Delivers, c.LogGroups = func(cloud.ARN) bool { return true }, groups{}
	})
	group, role := "arn:aws:logs:ap-northeast-2:111122223333:log-group:trail:*", "arn:aws:iam::111122223333:role/trail"
	out := servicetest.Must(s.CreateTrail(s.ctx, &cloudtrailapi.CreateTrailInput{
		Name: new("audit"), S3BucketName: new(bucket), SnsTopicName: new("topic"), CloudWatchLogsLogGroupArn: &group, CloudWatchLogsRoleArn: &role,
	}))(t)
	servicetest.Diff(t, []*string{new("topic"), new("arn:aws:sns:ap-northeast-2:111122223333:topic"), &group, &role},
		[]*string{out.SnsTopicName, out.SnsTopicARN, out.CloudWatchLogsLogGroupArn, out.CloudWatchLogsRoleArn})
	// An empty text takes a setting away.
	changed := servicetest.Must(s.UpdateTrail(s.ctx, &cloudtrailapi.UpdateTrailInput{
		Name: new("audit"), SnsTopicName: new(""), CloudWatchLogsLogGroupArn: new(""), CloudWatchLogsRoleArn: new(""),
	}))(t)
	servicetest.Diff(t, []*string{nil, nil, nil, nil}, []*string{changed.SnsTopicName, changed.SnsTopicARN, changed.CloudWatchLogsLogGroupArn, changed.CloudWatchLogsRoleArn})
}
