package cloudtrail

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/trail/place"
)

// maxPrefix is how long S3KeyPrefix may be, in characters.
const maxPrefix = 200

func checkBucketName(name string) error {
	if err := cloud.CheckBucketName(name); err != nil {
		return cloud.Errorf(cloud.Invalid, "InvalidS3BucketNameException", "%q is not the name of a bucket: %s", name, err.Error())
	}
	return nil
}

func checkPrefix(prefix string) error {
	switch {
	case utf8.RuneCountInString(prefix) > maxPrefix:
		return cloud.Errorf(cloud.Invalid, "InvalidS3PrefixException", "An S3 key prefix has %d characters at most.", maxPrefix)
	case strings.ContainsFunc(prefix, unicode.IsControl) || strings.HasPrefix(prefix, "/") || strings.HasSuffix(prefix, "/"):
		return cloud.Errorf(cloud.Invalid, "InvalidS3PrefixException", "%q is not an S3 key prefix: it may not begin or end with a slash, or hold control characters.", prefix)
	}
	return nil
}

var (
	topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
	logGroup  = regexp.MustCompile(`^arn:[a-z-]+:logs:[a-z0-9-]+:[0-9]{12}:log-group:[A-Za-z0-9._/#-]{1,512}(:\*)?$`)
	roleARN   = regexp.MustCompile(`^arn:[a-z-]+:iam::[0-9]{12}:role/.+$`)
)

// topicARN returns the ARN of a topic, which may be named by it.
func topicARN(ctx context.Context, topic *string) *string {
	if topic == nil || strings.HasPrefix(*topic, "arn:") {
		return topic
	}
	return new(cloud.CallOf(ctx).ARN("sns", *topic))
}

func checkTopic(set *cloudtrailapi.Trail) error {
	if set.SnsTopicARN == nil {
		return nil
	}
	arn, err := cloud.ParseARN(*set.SnsTopicARN)
	if err != nil || arn.Service != "sns" || !topicName.MatchString(arn.Resource) || !accountForm.MatchString(string(arn.Account)) || arn.Region == "" {
		return cloud.Errorf(cloud.Invalid, "InvalidSnsTopicNameException", "%q is not the name or the ARN of an SNS topic.", *set.SnsTopicName)
	}
	return nil
}

func checkLogGroup(set *cloudtrailapi.Trail) error {
	group, role := resource.Value(set.CloudWatchLogsLogGroupArn), resource.Value(set.CloudWatchLogsRoleArn)
	switch {
	case group == "" && role == "":
		return nil
	case role == "":
		return cloud.Errorf(cloud.Invalid, "InvalidCloudWatchLogsRoleArnException", "You must specify a role ARN as well as a log group.")
	case group == "":
		return cloud.Errorf(cloud.Invalid, "InvalidCloudWatchLogsLogGroupArnException", "You must specify a log group as well as a role ARN.")
	case !logGroup.MatchString(group):
		return cloud.Errorf(cloud.Invalid, "InvalidCloudWatchLogsLogGroupArnException", "%q is not the ARN of a log group.", group)
	case !roleARN.MatchString(role):
		return cloud.Errorf(cloud.Invalid, "InvalidCloudWatchLogsRoleArnException", "%q is not the ARN of a role.", role)
	}
	return nil
}

// try asks, as CloudTrail, whether a trail can deliver to what it names, and has
// the name of its key completed.
func (s *Service) try(ctx context.Context, t *trail) error {
	for _, try := range []func(context.Context, *trail) error{s.tryBucket, s.tryKey, s.tryTopic, s.tryLogGroup} {
		if err := try(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// itself returns the context of calls that CloudTrail makes as itself, on behalf
// of a trail.
func itself(ctx context.Context, t *trail) context.Context {
	return cloud.WithCall(ctx, cloud.Call{Account: t.Account, Region: t.home(), SourceARN: *t.Settings.TrailARN, Time: time.Now().UTC()})
}

// tryBucket reads the bucket's ACL and puts an empty object where log files will
// be, as CloudTrail does.
func (s *Service) tryBucket(ctx context.Context, t *trail) error {
	bucket := *t.Settings.S3BucketName
	exists, err := s.cfg.Exists(ctx, bucket)
	if err != nil {
		return err
	}
	if !exists {
		return cloud.Errorf(cloud.NotFound, "S3BucketDoesNotExistException", "S3 bucket %s does not exist!", bucket)
	}
	ctx = itself(ctx, t)
	_, err = s.buckets.GetBucketAcl(ctx, &s3api.GetBucketAclInput{Bucket: &bucket})
	if err == nil {
		// The folder of all regions.
		folder, _, _ := strings.Cut(place.Place{
			Prefix: resource.Value(t.Settings.S3KeyPrefix), Organization: t.Organization, Account: t.Account, Kind: place.Log, Region: "*",
		}.Folder(), "*")
		_, err = s.buckets.PutObject(ctx, &s3api.PutObjectInput{
			Bucket: &bucket, Key: &folder, Body: bytes.NewReader(nil), ContentLength: new(int64(0)), ACL: new("bucket-owner-full-control"),
		})
	}
	return s.refused(err, "InsufficientS3BucketPolicyException", "Incorrect S3 bucket policy is detected for bucket: "+bucket)
}

// refused returns a refusal of another service in CloudTrail's words; any other
// error of a caller's is one too, and a fault stays one.
func (s *Service) refused(err error, code, message string) error {
	e, ok := errors.AsType[*cloud.Error](err)
	if err == nil || !ok || e.Kind == cloud.Internal || e.Kind == cloud.Unavailable || e.Kind == cloud.Throttled {
		return err
	}
	return cloud.Errorf(cloud.Invalid, code, "%s", message).Because(err)
}

// tryTopic refuses a topic that nobody takes notifications for.
func (s *Service) tryTopic(ctx context.Context, t *trail) error {
	if t.Settings.SnsTopicARN == nil {
		return nil
	}
	if s.delivers(*t.Settings.SnsTopicARN) {
		if s.cfg.TryTopic == nil {
			return nil
		}
		return s.refused(s.cfg.TryTopic(ctx, *t.Settings.SnsTopicARN, t.ref().arn()), "InsufficientSnsTopicPolicyException",
			"SNS Topic does not exist or the topic policy is incorrect!")
	}
	return cloud.Errorf(cloud.Invalid, "InsufficientSnsTopicPolicyException",
		"SNS Topic does not exist or the topic policy is incorrect! Amazon SNS is not part of this server yet: leave SnsTopicName out.")
}

// tryLogGroup makes the stream of a log group that events of the home region go to, in the
// role that the trail names, as CloudTrail does.
func (s *Service) tryLogGroup(ctx context.Context, t *trail) error {
	if t.Settings.CloudWatchLogsLogGroupArn == nil {
		return nil
	}
	if s.cfg.LogGroups == nil {
		return cloud.Errorf(cloud.Invalid, "CloudWatchLogsDeliveryUnavailableException",
			"Cannot set a CloudWatch Logs delivery for this region: Amazon CloudWatch Logs is not part of this server. Leave CloudWatchLogsLogGroupArn and CloudWatchLogsRoleArn out.")
	}
	group, err := cloud.ParseARN(*t.Settings.CloudWatchLogsLogGroupArn)
	if err != nil {
		return err
	}
	from, err := cloud.ParseARN(*t.Settings.TrailARN)
	if err != nil {
		return err
	}
	err = s.cfg.LogGroups.Try(ctx, group, from, *t.Settings.CloudWatchLogsRoleArn)
	if errors.Is(err, ErrRole) {
		return s.refused(err, "InvalidCloudWatchLogsRoleArnException", "Access denied. Check the trust relationships for your role.")
	}
	if cloud.KindOf(err) == cloud.NotFound {
		return s.refused(err, "InvalidCloudWatchLogsLogGroupArnException", "CloudTrail cannot validate the specified log group ARN.")
	}
	return s.refused(err, "InvalidCloudWatchLogsLogGroupArnException", "Access denied. Verify in IAM that the role has adequate permissions.")
}

// ErrRole is that a role cannot be assumed by CloudTrail.
var ErrRole = errors.New("the role cannot be assumed")

// LogGroups are what trails send events to.
type LogGroups interface {
	// Try makes sure that a trail can write to a log group in a role. Its error is ErrRole
	// where the role cannot be assumed, and else what CloudWatch Logs answers.
	Try(ctx context.Context, group, trail cloud.ARN, role string) error
}

func (s *Service) delivers(to string) bool {
	arn, err := cloud.ParseARN(to)
	return err == nil && s.cfg.Delivers != nil && s.cfg.Delivers(arn)
}
