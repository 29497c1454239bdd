package cloudtrail_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/history"
)

const bucket = "trail-logs"

// around is what CloudTrail asks of others: S3, KMS, event history, an organization.
type around struct {
	refuses string // what is refused to CloudTrail: "acl", "put", "key"
	put     []string
	asked   history.Query
	page    history.Page
	org     cloudtrail.Organization
	results map[string][]byte // what was put for queries, by key

	mu     sync.Mutex
	putErr func(key string) error // what is asked in the background
}

// onPut has f say what becomes of results that are put.
func (a *around) onPut(f func(key string) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.putErr = f
}

func denied() error { return cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied") }

// itself fails unless the call is CloudTrail's own, on behalf of a trail.
func itself(ctx context.Context) error {
	if call := cloud.CallOf(ctx); call.Principal.Type != "" || !strings.Contains(call.SourceARN, ":trail/") && !strings.Contains(call.SourceARN, ":eventdatastore/") {
		return fmt.Errorf("the call is of %v for %q", call.Principal, call.SourceARN)
	}
	return nil
}

func (a *around) GetBucketAcl(ctx context.Context, _ *s3api.GetBucketAclInput) (*s3api.GetBucketAclOutput, error) { //nolint:revive,staticcheck // as S3 names it
	if a.refuses == "acl" {
		return nil, denied()
	}
	return &s3api.GetBucketAclOutput{}, itself(ctx)
}

func (a *around) PutObject(ctx context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error) {
	if a.refuses == "put" {
		return nil, denied()
	}
	if strings.Contains(*in.Key, "/CloudTrail-Lake/") {
		return a.putResult(ctx, in)
	}
	a.put = append(a.put, *in.Bucket+"/"+*in.Key+" "+*in.ACL)
	return &s3api.PutObjectOutput{}, itself(ctx)
}

const keyARN = "arn:aws:kms:ap-northeast-2:111122223333:key/1"

func (a *around) DescribeKey(_ context.Context, in *kmsapi.DescribeKeyInput) (*kmsapi.DescribeKeyOutput, error) {
	found := &kmsapi.KeyMetadata{Arn: new(keyARN), KeyState: new("Enabled"), KeySpec: new("SYMMETRIC_DEFAULT")}
	switch *in.KeyId {
	case "alias/none":
		return nil, cloud.Errorf(cloud.NotFound, "NotFoundException", "no such key")
	case "alias/foreign":
		return nil, cloud.Errorf(cloud.Denied, "AccessDeniedException", "denied")
	case "alias/disabled":
		found.KeyState = new("Disabled")
	case "alias/elsewhere":
		found.Arn = new("arn:aws:kms:us-east-1:111122223333:key/1")
	case "alias/rsa":
		found.KeySpec = new("RSA_2048")
	}
	return &kmsapi.DescribeKeyOutput{KeyMetadata: found}, nil
}

func (a *around) GenerateDataKey(ctx context.Context, in *kmsapi.GenerateDataKeyInput) (*kmsapi.GenerateDataKeyOutput, error) {
	if err := itself(ctx); err != nil {
		return nil, err
	}
	if a.refuses == "key" || in.EncryptionContext["aws:cloudtrail:arn"] != cloud.CallOf(ctx).SourceARN {
		return nil, cloud.Errorf(cloud.Denied, "AccessDeniedException", "denied")
	}
	if in.DryRun == nil {
		return &kmsapi.GenerateDataKeyOutput{CiphertextBlob: []byte("sealed for " + cloud.CallOf(ctx).SourceARN)}, nil
	}
	return nil, cloud.Errorf(cloud.Conflict, "DryRunOperationException", "it would have been done")
}

func (a *around) Decrypt(ctx context.Context, in *kmsapi.DecryptInput) (*kmsapi.DecryptOutput, error) {
	switch {
	case a.refuses == "decrypt":
		return nil, cloud.Errorf(cloud.Denied, "AccessDeniedException", "denied")
	case a.refuses == "disabled":
		return nil, cloud.Errorf(cloud.Conflict, "DisabledException", "disabled")
	case string(in.CiphertextBlob) != "sealed for "+in.EncryptionContext["aws:cloudtrail:arn"] || *in.KeyId != keyARN || cloud.CallOf(ctx).Principal.Type == "":
		return nil, fmt.Errorf("opened %q by %s for %v", in.CiphertextBlob, *in.KeyId, cloud.CallOf(ctx).Principal)
	}
	return &kmsapi.DecryptOutput{}, nil
}

func (a *around) Find(_ context.Context, q history.Query) (history.Page, error) {
	a.asked = q
	return a.page, nil
}

func (a *around) Organization(context.Context, cloud.Account) (cloudtrail.Organization, error) {
	return a.org, nil
}

// service is CloudTrail with what is around it.
type service struct {
	*cloudtrail.Service

	around *around
	ctx    context.Context //nolint:containedctx // of the calls of one test
}

func newService(tb testing.TB, change ...func(*cloudtrail.Config)) service {
	tb.Helper()
	return newServiceOn(tb, servicetest.Store(tb), change...)
}

// newServiceOn is a service over documents that others may have kept.
func newServiceOn(tb testing.TB, db state.Store, change ...func(*cloudtrail.Config)) service {
	tb.Helper()
	a := &around{}
	cfg := cloudtrail.Config{
		Exists:        func(_ context.Context, name string) (bool, error) { return name == bucket || name == "other-logs", nil },
		Organizations: a, History: a,
	}
	for _, c := range change {
		c(&cfg)
	}
	sealer, err := seal.Open(tb.Context(), seal.Config{Text: base64.StdEncoding.EncodeToString(make([]byte, 32))})
	if err != nil {
		tb.Fatal(err)
	}
	return service{cloudtrail.New(cfg, db, sealer, a, a), a, servicetest.Call(tb)}
}

func strict(c *cloudtrail.Config) { c.Strict = true }

// in is the context of a call in another region.
func in(tb testing.TB, region cloud.Region) context.Context {
	tb.Helper()
	return servicetest.As(tb, servicetest.Account, region)
}

func (s service) create(tb testing.TB, ctx context.Context, name string, change ...func(*cloudtrailapi.CreateTrailInput)) string { //nolint:revive // the test comes first
	tb.Helper()
	given := &cloudtrailapi.CreateTrailInput{Name: &name, S3BucketName: new(bucket)}
	for _, c := range change {
		c(given)
	}
	return *servicetest.Must(s.CreateTrail(ctx, given))(tb).TrailARN
}

func everywhere(in *cloudtrailapi.CreateTrailInput) { in.IsMultiRegionTrail = new(true) }

func arn(region, name string) string {
	return "arn:aws:cloudtrail:" + region + ":111122223333:trail/" + name
}

func TestATrailIsMadeAndShown(t *testing.T) {
	s := newService(t)
	given := &cloudtrailapi.CreateTrailInput{
		Name: new("audit"), S3BucketName: new(bucket), S3KeyPrefix: new("a/b"), IsMultiRegionTrail: new(true),
		EnableLogFileValidation: new(true), KmsKeyId: new("alias/logs"), TagsList: []cloudtrailapi.Tag{{Key: new("team"), Value: new("sec")}},
	}
	want := cloudtrailapi.CreateTrailOutput{
		Name: new("audit"), S3BucketName: new(bucket), S3KeyPrefix: new("a/b"), IncludeGlobalServiceEvents: new(true), IsMultiRegionTrail: new(true),
		TrailARN: new(arn("ap-northeast-2", "audit")), LogFileValidationEnabled: new(true), KmsKeyId: new(keyARN), IsOrganizationTrail: new(false),
	}
	servicetest.Diff(t, &want, servicetest.Must(s.CreateTrail(s.ctx, given))(t))
	servicetest.Diff(t, []string{"trail-logs/a/b/AWSLogs/111122223333/CloudTrail/ bucket-owner-full-control"}, s.around.put)
	shown := &cloudtrailapi.Trail{
		Name: want.Name, S3BucketName: want.S3BucketName, S3KeyPrefix: want.S3KeyPrefix, IncludeGlobalServiceEvents: want.IncludeGlobalServiceEvents,
		IsMultiRegionTrail: want.IsMultiRegionTrail, HomeRegion: new("ap-northeast-2"), TrailARN: want.TrailARN, LogFileValidationEnabled: want.LogFileValidationEnabled,
		KmsKeyId: want.KmsKeyId, HasCustomEventSelectors: new(false), HasInsightSelectors: new(false), IsOrganizationTrail: new(false),
	}
	for _, name := range []string{"audit", *want.TrailARN} {
		servicetest.Diff(t, shown, servicetest.Must(s.GetTrail(s.ctx, &cloudtrailapi.GetTrailInput{Name: &name}))(t).Trail)
	}
	tags := servicetest.Must(s.ListTags(s.ctx, &cloudtrailapi.ListTagsInput{ResourceIdList: []string{*want.TrailARN}}))(t)
	servicetest.Diff(t, []cloudtrailapi.ResourceTag{{ResourceId: want.TrailARN, TagsList: given.TagsList}}, tags.ResourceTagList)
}

func TestWhatATrailCannotBe(t *testing.T) {
	group, role := "arn:aws:logs:ap-northeast-2:111122223333:log-group:trail:*", "arn:aws:iam::111122223333:role/trail"
	for name, tt := range map[string]struct {
		change  func(*cloudtrailapi.CreateTrailInput)
		refuses string
		code    string
		says    string
	}{
		"a short name":        {change: func(in *cloudtrailapi.CreateTrailInput) { in.Name = new("ab") }, code: "InvalidTrailNameException", says: "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters."},
		"a long name":         {change: func(in *cloudtrailapi.CreateTrailInput) { in.Name = new(strings.Repeat("a", 129)) }, code: "InvalidTrailNameException", says: "Trail name too long. Maximum allowed length: 128 characters."},
		"a name of dashes":    {change: func(in *cloudtrailapi.CreateTrailInput) { in.Name = new("-ab") }, code: "InvalidTrailNameException", says: "must starts with a letter or number"},
		"a name that ends so": {change: func(in *cloudtrailapi.CreateTrailInput) { in.Name = new("ab_") }, code: "InvalidTrailNameException", says: "must ends with a letter or number"},
		"other letters":       {change: func(in *cloudtrailapi.CreateTrailInput) { in.Name = new("a/b") }, code: "InvalidTrailNameException", says: "can only contain"},
		"adjacent dashes":     {change: func(in *cloudtrailapi.CreateTrailInput) { in.Name = new("a-_b") }, code: "InvalidTrailNameException", says: "adjacent"},
		"an address":          {change: func(in *cloudtrailapi.CreateTrailInput) { in.Name = new("192.168.5.4") }, code: "InvalidTrailNameException", says: "IP address"},
		"an ARN as a name":    {change: func(in *cloudtrailapi.CreateTrailInput) { in.Name = new(arn("us-east-1", "audit")) }, code: "InvalidTrailNameException", says: "can only contain"},
		"not global, everywhere": {change: func(in *cloudtrailapi.CreateTrailInput) {
			in.IsMultiRegionTrail, in.IncludeGlobalServiceEvents = new(true), new(false)
		}, code: "InvalidParameterCombinationException", says: "Multi-Region trail must include global service events."},
		"no name of a bucket":     {change: func(in *cloudtrailapi.CreateTrailInput) { in.S3BucketName = new("Logs/x") }, code: "InvalidS3BucketNameException"},
		"no bucket":               {change: func(in *cloudtrailapi.CreateTrailInput) { in.S3BucketName = new("no-such-bucket") }, code: "S3BucketDoesNotExistException", says: "S3 bucket no-such-bucket does not exist!"},
		"a long prefix":           {change: func(in *cloudtrailapi.CreateTrailInput) { in.S3KeyPrefix = new(strings.Repeat("p", 201)) }, code: "InvalidS3PrefixException"},
		"a prefix with a slash":   {change: func(in *cloudtrailapi.CreateTrailInput) { in.S3KeyPrefix = new("/a") }, code: "InvalidS3PrefixException"},
		"an ACL that is hidden":   {refuses: "acl", code: "InsufficientS3BucketPolicyException", says: "Incorrect S3 bucket policy is detected for bucket: trail-logs"},
		"objects that are closed": {refuses: "put", code: "InsufficientS3BucketPolicyException", says: "Incorrect S3 bucket policy is detected for bucket: trail-logs"},
		"no key":                  {change: func(in *cloudtrailapi.CreateTrailInput) { in.KmsKeyId = new("alias/none") }, code: "KmsKeyNotFoundException", says: "alias/none"},
		"an ARN of no key":        {change: func(in *cloudtrailapi.CreateTrailInput) { in.KmsKeyId = new("arn:aws:s3:::logs") }, code: "InvalidKmsKeyIdException"},
		"a key elsewhere":         {change: func(in *cloudtrailapi.CreateTrailInput) { in.KmsKeyId = new("alias/elsewhere") }, code: "KmsKeyNotFoundException", says: "is not in region"},
		"a key that is off":       {change: func(in *cloudtrailapi.CreateTrailInput) { in.KmsKeyId = new("alias/disabled") }, code: "KmsKeyDisabledException", says: "its state is Disabled"},
		"an asymmetric key":       {change: func(in *cloudtrailapi.CreateTrailInput) { in.KmsKeyId = new("alias/rsa") }, code: "InvalidKmsKeyIdException"},
		"a key of others":         {change: func(in *cloudtrailapi.CreateTrailInput) { in.KmsKeyId = new("alias/foreign") }, code: "InsufficientEncryptionPolicyException", says: "Insufficient permissions to access S3 bucket trail-logs or KMS key alias/foreign."},
		"a key closed to it":      {change: func(in *cloudtrailapi.CreateTrailInput) { in.KmsKeyId = new("alias/logs") }, refuses: "key", code: "InsufficientEncryptionPolicyException"},
		"no name of a topic":      {change: func(in *cloudtrailapi.CreateTrailInput) { in.SnsTopicName = new("a topic") }, code: "InvalidSnsTopicNameException"},
		"an ARN of no topic": {change: func(in *cloudtrailapi.CreateTrailInput) {
			in.SnsTopicName = new("arn:aws:sqs:us-east-1:111122223333:q")
		}, code: "InvalidSnsTopicNameException"},
		"a topic":           {change: func(in *cloudtrailapi.CreateTrailInput) { in.SnsTopicName = new("topic") }, code: "InsufficientSnsTopicPolicyException", says: "Amazon SNS is not part of this server yet"},
		"a log group alone": {change: func(in *cloudtrailapi.CreateTrailInput) { in.CloudWatchLogsLogGroupArn = &group }, code: "InvalidCloudWatchLogsRoleArnException", says: "You must specify a role ARN as well as a log group."},
		"a role alone":      {change: func(in *cloudtrailapi.CreateTrailInput) { in.CloudWatchLogsRoleArn = &role }, code: "InvalidCloudWatchLogsLogGroupArnException"},
		"no ARN of a group": {change: func(in *cloudtrailapi.CreateTrailInput) {
			in.CloudWatchLogsLogGroupArn, in.CloudWatchLogsRoleArn = new("trail"), &role
		}, code: "InvalidCloudWatchLogsLogGroupArnException"},
		"no ARN of a role": {change: func(in *cloudtrailapi.CreateTrailInput) {
			in.CloudWatchLogsLogGroupArn, in.CloudWatchLogsRoleArn = &group, new("trail")
		}, code: "InvalidCloudWatchLogsRoleArnException"},
		"a log group": {change: func(in *cloudtrailapi.CreateTrailInput) {
			in.CloudWatchLogsLogGroupArn, in.CloudWatchLogsRoleArn = &group, &role
		}, code: "CloudWatchLogsDeliveryUnavailableException", says: "Amazon CloudWatch Logs is not part of this server"},
		"of no organization": {change: func(in *cloudtrailapi.CreateTrailInput) { in.IsOrganizationTrail = new(true) }, code: "OrganizationsNotInUseException"},
		"a reserved tag":     {change: func(in *cloudtrailapi.CreateTrailInput) { in.TagsList = []cloudtrailapi.Tag{{Key: new("aws:x")}} }, code: "InvalidTagParameterException"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			s.around.refuses = tt.refuses
			given := &cloudtrailapi.CreateTrailInput{Name: new("audit"), S3BucketName: new(bucket)}
			if tt.change != nil {
				tt.change(given)
			}
			_, err := s.CreateTrail(s.ctx, given)
			servicetest.WantCode(t, err, tt.code, tt.says)
			if left := servicetest.Must(s.ListTrails(s.ctx, &cloudtrailapi.ListTrailsInput{}))(t).Trails; len(left) > 0 {
				t.Errorf("there is a trail all the same: %s", *left[0].Name)
			}
			// An update is looked at in the same way.
			s.around.refuses = ""
			s.create(t, s.ctx, "audit")
			s.around.refuses = tt.refuses
			if *given.Name != "audit" || given.TagsList != nil {
				return
			}
			_, err = s.UpdateTrail(s.ctx, &cloudtrailapi.UpdateTrailInput{
				Name: given.Name, S3BucketName: given.S3BucketName, S3KeyPrefix: given.S3KeyPrefix, SnsTopicName: given.SnsTopicName,
				IncludeGlobalServiceEvents: given.IncludeGlobalServiceEvents, IsMultiRegionTrail: given.IsMultiRegionTrail, KmsKeyId: given.KmsKeyId,
				CloudWatchLogsLogGroupArn: given.CloudWatchLogsLogGroupArn, CloudWatchLogsRoleArn: given.CloudWatchLogsRoleArn, IsOrganizationTrail: given.IsOrganizationTrail,
			})
			servicetest.WantCode(t, err, tt.code, tt.says)
		})
	}
}

func TestAnUpdateChangesWhatIsGiven(t *testing.T) {
	s := newService(t)
	s.create(t, s.ctx, "audit", func(in *cloudtrailapi.CreateTrailInput) { in.S3KeyPrefix = new("a") })
	before := servicetest.Must(s.UpdateTrail(s.ctx, &cloudtrailapi.UpdateTrailInput{Name: new("audit")}))(t)
	after := servicetest.Must(s.UpdateTrail(s.ctx, &cloudtrailapi.UpdateTrailInput{
		Name: new(arn("ap-northeast-2", "audit")), S3BucketName: new("other-logs"), EnableLogFileValidation: new(true), KmsKeyId: new("alias/logs"),
	}))(t)
	want := *before
	want.S3BucketName, want.LogFileValidationEnabled, want.KmsKeyId = new("other-logs"), new(true), new(keyARN)
	servicetest.Diff(t, &want, after)
	servicetest.Diff(t, "other-logs/a/AWSLogs/111122223333/CloudTrail/ bucket-owner-full-control", s.around.put[len(s.around.put)-1])
}

func TestNamesAndNumbersOfTrails(t *testing.T) {
	s := newService(t)
	virginia := in(t, "us-east-1")
	made := func(ctx context.Context, name string, change ...func(*cloudtrailapi.CreateTrailInput)) error {
		given := &cloudtrailapi.CreateTrailInput{Name: &name, S3BucketName: new(bucket)}
		for _, c := range change {
			c(given)
		}
		_, err := s.CreateTrail(ctx, given)
		return err
	}
	s.create(t, s.ctx, "one")
	servicetest.WantCode(t, made(s.ctx, "one"), "TrailAlreadyExistsException", "Trail one already exists for customer: 111122223333")
	if err := made(virginia, "one"); err != nil { // of one region each
		t.Error(err)
	}
	servicetest.WantCode(t, made(virginia, "one", everywhere), "TrailAlreadyExistsException")
	s.create(t, virginia, "all", everywhere)
	servicetest.WantCode(t, made(s.ctx, "all"), "TrailAlreadyExistsException")
	for _, name := range []string{"two", "three", "four"} {
		s.create(t, s.ctx, name)
	}
	servicetest.WantCode(t, made(s.ctx, "six"), "MaximumNumberOfTrailsExceededException", "User: 111122223333 already has 5 trails in ap-northeast-2.")
	servicetest.WantCode(t, made(virginia, "six", everywhere), "MaximumNumberOfTrailsExceededException", "already has 5 trails in ap-northeast-2.")
	_, err := s.UpdateTrail(virginia, &cloudtrailapi.UpdateTrailInput{Name: new("one"), IsMultiRegionTrail: new(true)})
	servicetest.WantCode(t, err, "TrailAlreadyExistsException")
	servicetest.Must(s.DeleteTrail(s.ctx, &cloudtrailapi.DeleteTrailInput{Name: new("one")}))(t)
	servicetest.Must(s.UpdateTrail(virginia, &cloudtrailapi.UpdateTrailInput{Name: new("one"), IsMultiRegionTrail: new(true)}))(t)
	if err := made(servicetest.As(t, "444455556666", servicetest.Region), "all"); err != nil { // another account's
		t.Error(err)
	}
}

func TestShadowTrails(t *testing.T) {
	s := newService(t)
	virginia := in(t, "us-east-1")
	s.create(t, s.ctx, "zzz", everywhere)
	s.create(t, s.ctx, "own")
	s.create(t, virginia, "other")
	names := func(out *cloudtrailapi.DescribeTrailsOutput) (names []string) {
		for _, trail := range out.TrailList {
			names = append(names, *trail.Name)
		}
		return names
	}
	for _, tt := range []struct {
		name string
		ctx  context.Context //nolint:containedctx // of one call
		in   cloudtrailapi.DescribeTrailsInput
		want []string
	}{
		{"all at home", s.ctx, cloudtrailapi.DescribeTrailsInput{}, []string{"zzz", "own"}},
		{"all elsewhere", virginia, cloudtrailapi.DescribeTrailsInput{}, []string{"zzz", "other"}},
		{"with shadows", virginia, cloudtrailapi.DescribeTrailsInput{IncludeShadowTrails: new(true)}, []string{"zzz", "other"}},
		{"without shadows", virginia, cloudtrailapi.DescribeTrailsInput{IncludeShadowTrails: new(false)}, []string{"other"}},
		{"by name", s.ctx, cloudtrailapi.DescribeTrailsInput{TrailNameList: []string{"own", "nothing"}}, []string{"own"}},
		{"the name of a shadow", virginia, cloudtrailapi.DescribeTrailsInput{TrailNameList: []string{"zzz"}}, nil},
		{"the ARN of a shadow", virginia, cloudtrailapi.DescribeTrailsInput{TrailNameList: []string{arn("ap-northeast-2", "zzz")}}, []string{"zzz"}},
		{"the ARN of another region's", virginia, cloudtrailapi.DescribeTrailsInput{TrailNameList: []string{arn("ap-northeast-2", "own")}}, []string{"own"}},
		{"another account", servicetest.As(t, "444455556666", servicetest.Region), cloudtrailapi.DescribeTrailsInput{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			servicetest.Diff(t, tt.want, names(servicetest.Must(s.DescribeTrails(tt.ctx, &tt.in))(t)))
		})
	}
	listed := servicetest.Must(s.ListTrails(virginia, &cloudtrailapi.ListTrailsInput{}))(t)
	servicetest.Diff(t, []cloudtrailapi.TrailInfo{
		{TrailARN: new(arn("us-east-1", "other")), Name: new("other"), HomeRegion: new("us-east-1")},
		{TrailARN: new(arn("ap-northeast-2", "zzz")), Name: new("zzz"), HomeRegion: new("ap-northeast-2")},
	}, listed.Trails)
	_, err := s.DescribeTrails(s.ctx, &cloudtrailapi.DescribeTrailsInput{TrailNameList: []string{"arn:aws:s3:::x"}})
	servicetest.WantCode(t, err, "CloudTrailARNInvalidException")
}

// Every operation finds a trail by its name and ARN, and says in AWS's words what
// it does not find.
func TestOperationsOnOneTrail(t *testing.T) {
	virginia := in(t, "us-east-1")
	for name, op := range map[string]struct {
		do      func(s service, ctx context.Context, trail string) error
		changes bool
		says    string // of a name, in place of its ARN
	}{
		"GetTrail": {do: func(s service, ctx context.Context, trail string) error {
			_, err := s.GetTrail(ctx, &cloudtrailapi.GetTrailInput{Name: &trail})
			return err
		}, says: "Unknown trail: nothing for the user: 111122223333"},
		"GetTrailStatus": {do: func(s service, ctx context.Context, trail string) error {
			_, err := s.GetTrailStatus(ctx, &cloudtrailapi.GetTrailStatusInput{Name: &trail})
			return err
		}},
		"GetEventSelectors": {do: func(s service, ctx context.Context, trail string) error {
			_, err := s.GetEventSelectors(ctx, &cloudtrailapi.GetEventSelectorsInput{TrailName: &trail})
			return err
		}},
		"StartLogging": {changes: true, do: func(s service, ctx context.Context, trail string) error {
			_, err := s.StartLogging(ctx, &cloudtrailapi.StartLoggingInput{Name: &trail})
			return err
		}},
		"StopLogging": {changes: true, do: func(s service, ctx context.Context, trail string) error {
			_, err := s.StopLogging(ctx, &cloudtrailapi.StopLoggingInput{Name: &trail})
			return err
		}},
		"UpdateTrail": {changes: true, do: func(s service, ctx context.Context, trail string) error {
			_, err := s.UpdateTrail(ctx, &cloudtrailapi.UpdateTrailInput{Name: &trail})
			return err
		}},
		"PutEventSelectors": {changes: true, do: func(s service, ctx context.Context, trail string) error {
			_, err := s.PutEventSelectors(ctx, &cloudtrailapi.PutEventSelectorsInput{TrailName: &trail, EventSelectors: []cloudtrailapi.EventSelector{{}}})
			return err
		}},
		"PutInsightSelectors": {changes: true, do: func(s service, ctx context.Context, trail string) error {
			_, err := s.PutInsightSelectors(ctx, &cloudtrailapi.PutInsightSelectorsInput{TrailName: &trail, InsightSelectors: []cloudtrailapi.InsightSelector{}})
			return err
		}},
		"DeleteTrail": {changes: true, do: func(s service, ctx context.Context, trail string) error {
			_, err := s.DeleteTrail(ctx, &cloudtrailapi.DeleteTrailInput{Name: &trail})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			s.create(t, s.ctx, "audit", everywhere)
			s.create(t, s.ctx, "own")
			if op.says == "" {
				op.says = "Unknown trail: " + arn("ap-northeast-2", "nothing") + " for the user: 111122223333"
			}
			servicetest.WantCode(t, op.do(s, s.ctx, "nothing"), "TrailNotFoundException", op.says)
			servicetest.WantCode(t, op.do(s, s.ctx, arn("us-east-1", "audit")), "TrailNotFoundException", arn("us-east-1", "audit"))
			servicetest.WantCode(t, op.do(s, s.ctx, "?"), "InvalidTrailNameException", "too short")
			servicetest.WantCode(t, op.do(s, s.ctx, "arn:aws:cloudtrail:us-east-1:1:trail/x"), "CloudTrailARNInvalidException")
			servicetest.WantCode(t, op.do(s, virginia, "own"), "TrailNotFoundException")
			if op.changes {
				servicetest.WantCode(t, op.do(s, virginia, "audit"), "InvalidHomeRegionException", "ap-northeast-2")
				servicetest.WantCode(t, op.do(s, virginia, arn("ap-northeast-2", "own")), "InvalidHomeRegionException")
			} else if err := op.do(s, virginia, arn("ap-northeast-2", "audit")); err != nil {
				t.Error(err)
			}
			for _, trail := range []string{"audit", arn("ap-northeast-2", "own")} {
				if err := op.do(s, s.ctx, trail); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestLoggingStartsAndStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.create(t, s.ctx, "audit")
		name := new("audit")
		want := &cloudtrailapi.GetTrailStatusOutput{
			IsLogging: new(false), LatestDeliveryAttemptTime: new(""), LatestDeliveryAttemptSucceeded: new(""), LatestNotificationAttemptTime: new(""),
			LatestNotificationAttemptSucceeded: new(""), TimeLoggingStarted: new(""), TimeLoggingStopped: new(""),
		}
		status := func() *cloudtrailapi.GetTrailStatusOutput {
			return servicetest.Must(s.GetTrailStatus(s.ctx, &cloudtrailapi.GetTrailStatusInput{Name: name}))(t)
		}
		servicetest.Diff(t, want, status())
		at := time.Now().UTC()
		servicetest.Must(s.StartLogging(s.ctx, &cloudtrailapi.StartLoggingInput{Name: name}))(t)
		<-time.After(time.Minute)
		servicetest.Must(s.StartLogging(s.ctx, &cloudtrailapi.StartLoggingInput{Name: name}))(t) // once more changes nothing
		want.IsLogging, want.StartLoggingTime, want.TimeLoggingStarted = new(true), &at, new(at.Format(time.RFC3339))
		servicetest.Diff(t, want, status())
		stopped := time.Now().UTC()
		servicetest.Must(s.StopLogging(s.ctx, &cloudtrailapi.StopLoggingInput{Name: name}))(t)
		want.IsLogging, want.StopLoggingTime, want.TimeLoggingStopped = new(false), &stopped, new(stopped.Format(time.RFC3339))
		servicetest.Diff(t, want, status())
	})
}

func TestEventSelectorsOfATrail(t *testing.T) {
	s := newService(t)
	trail := new(s.create(t, s.ctx, "audit"))
	selectors := func() *cloudtrailapi.GetEventSelectorsOutput {
		return servicetest.Must(s.GetEventSelectors(s.ctx, &cloudtrailapi.GetEventSelectorsInput{TrailName: trail}))(t)
	}
	custom := func() bool {
		return *servicetest.Must(s.GetTrail(s.ctx, &cloudtrailapi.GetTrailInput{Name: trail}))(t).Trail.HasCustomEventSelectors
	}
	all := []cloudtrailapi.EventSelector{{
		ReadWriteType: new("All"), IncludeManagementEvents: new(true), DataResources: []cloudtrailapi.DataResource{}, ExcludeManagementEventSources: []string{},
	}}
	servicetest.Diff(t, &cloudtrailapi.GetEventSelectorsOutput{TrailARN: trail, EventSelectors: all}, selectors())
	writes := []cloudtrailapi.EventSelector{{ReadWriteType: new("WriteOnly")}}
	out := servicetest.Must(s.PutEventSelectors(s.ctx, &cloudtrailapi.PutEventSelectorsInput{TrailName: trail, EventSelectors: writes}))(t)
	servicetest.Diff(t, out.EventSelectors, selectors().EventSelectors)
	servicetest.Diff(t, []any{"WriteOnly", true}, []any{*out.EventSelectors[0].ReadWriteType, custom()})
	advanced := []cloudtrailapi.AdvancedEventSelector{{FieldSelectors: []cloudtrailapi.AdvancedFieldSelector{{Field: new("eventCategory"), Equals: []string{"Management"}}}}}
	servicetest.Must(s.PutEventSelectors(s.ctx, &cloudtrailapi.PutEventSelectorsInput{TrailName: trail, AdvancedEventSelectors: advanced}))(t)
	servicetest.Diff(t, &cloudtrailapi.GetEventSelectorsOutput{TrailARN: trail, AdvancedEventSelectors: advanced}, selectors())
	for _, bad := range []*cloudtrailapi.PutEventSelectorsInput{
		{TrailName: trail, EventSelectors: writes, AdvancedEventSelectors: advanced},
		{TrailName: trail},
		{TrailName: trail, EventSelectors: []cloudtrailapi.EventSelector{{ReadWriteType: new("read-only")}}},
	} {
		_, err := s.PutEventSelectors(s.ctx, bad)
		servicetest.WantCode(t, err, "InvalidEventSelectorsException")
	}
	servicetest.Must(s.PutEventSelectors(s.ctx, &cloudtrailapi.PutEventSelectorsInput{TrailName: trail, EventSelectors: all}))(t)
	servicetest.Diff(t, []any{&cloudtrailapi.GetEventSelectorsOutput{TrailARN: trail, EventSelectors: all}, false}, []any{selectors(), custom()})
}

func TestInsightSelectorsOfATrail(t *testing.T) {
	s := newService(t)
	trail := new(s.create(t, s.ctx, "audit"))
	put := func(in *cloudtrailapi.PutInsightSelectorsInput) error {
		_, err := s.PutInsightSelectors(s.ctx, in)
		return err
	}
	_, err := s.GetInsightSelectors(s.ctx, &cloudtrailapi.GetInsightSelectorsInput{TrailName: trail})
	servicetest.WantCode(t, err, "InsightNotEnabledException", *trail)
	rate := []cloudtrailapi.InsightSelector{{InsightType: new("ApiCallRateInsight")}, {InsightType: new("ApiErrorRateInsight"), EventCategories: []string{"Management", "Data"}}}
	servicetest.WantCode(t, put(&cloudtrailapi.PutInsightSelectorsInput{TrailName: trail, InsightSelectors: rate}), "InvalidInsightSelectorsException", "log data events")
	data := []cloudtrailapi.EventSelector{{DataResources: []cloudtrailapi.DataResource{{Type: new("AWS::S3::Object"), Values: []string{"arn:aws:s3:::bucket/"}}}}}
	servicetest.Must(s.PutEventSelectors(s.ctx, &cloudtrailapi.PutEventSelectorsInput{TrailName: trail, EventSelectors: data}))(t)
	out := servicetest.Must(s.PutInsightSelectors(s.ctx, &cloudtrailapi.PutInsightSelectorsInput{TrailName: trail, InsightSelectors: rate}))(t)
	servicetest.Diff(t, &cloudtrailapi.PutInsightSelectorsOutput{TrailARN: trail, InsightSelectors: rate}, out)
	got := servicetest.Must(s.GetInsightSelectors(s.ctx, &cloudtrailapi.GetInsightSelectorsInput{TrailName: new("audit")}))(t)
	servicetest.Diff(t, &cloudtrailapi.GetInsightSelectorsOutput{TrailARN: trail, InsightSelectors: rate}, got)
	if shown := servicetest.Must(s.GetTrail(s.ctx, &cloudtrailapi.GetTrailInput{Name: trail}))(t); !*shown.Trail.HasInsightSelectors {
		t.Error("the trail does not say that it has insight selectors")
	}
	servicetest.WantCode(t, put(&cloudtrailapi.PutInsightSelectorsInput{TrailName: trail, InsightSelectors: []cloudtrailapi.InsightSelector{{InsightType: new("Rate")}}}), "InvalidInsightSelectorsException", "Rate")
	servicetest.WantCode(t, put(&cloudtrailapi.PutInsightSelectorsInput{TrailName: trail, InsightSelectors: append(rate, rate[0])}), "InvalidInsightSelectorsException")
	servicetest.WantCode(t, put(&cloudtrailapi.PutInsightSelectorsInput{TrailName: trail, InsightSelectors: []cloudtrailapi.InsightSelector{{InsightType: new("ApiCallRateInsight"), EventCategories: []string{"Insight"}}}}), "InvalidInsightSelectorsException")
	servicetest.WantCode(t, put(&cloudtrailapi.PutInsightSelectorsInput{InsightSelectors: rate}), "InvalidParameterCombinationException")
	servicetest.WantCode(t, put(&cloudtrailapi.PutInsightSelectorsInput{TrailName: trail, EventDataStore: new("store"), InsightSelectors: rate}), "InvalidParameterCombinationException")
	servicetest.WantCode(t, put(&cloudtrailapi.PutInsightSelectorsInput{EventDataStore: new("store"), InsightSelectors: rate}), "UnsupportedOperationException")
	reads := []cloudtrailapi.EventSelector{{ReadWriteType: new("ReadOnly")}}
	servicetest.Must(s.PutEventSelectors(s.ctx, &cloudtrailapi.PutEventSelectorsInput{TrailName: trail, EventSelectors: reads}))(t)
	servicetest.WantCode(t, put(&cloudtrailapi.PutInsightSelectorsInput{TrailName: trail, InsightSelectors: rate[:1]}), "InvalidInsightSelectorsException", "write management events")
	ofErrors := []cloudtrailapi.InsightSelector{{InsightType: new("ApiErrorRateInsight")}}
	if err := put(&cloudtrailapi.PutInsightSelectorsInput{TrailName: trail, InsightSelectors: ofErrors}); err != nil {
		t.Error(err)
	}
	if err := put(&cloudtrailapi.PutInsightSelectorsInput{TrailName: trail, InsightSelectors: []cloudtrailapi.InsightSelector{}}); err != nil {
		t.Error(err)
	}
	_, err = s.GetInsightSelectors(s.ctx, &cloudtrailapi.GetInsightSelectorsInput{TrailName: trail})
	servicetest.WantCode(t, err, "InsightNotEnabledException")
}

func TestTagsOfATrail(t *testing.T) {
	s := newService(t)
	trail := s.create(t, s.ctx, "audit")
	tag := func(key, value string) cloudtrailapi.Tag { return cloudtrailapi.Tag{Key: &key, Value: &value} }
	add := func(arn string, tags ...cloudtrailapi.Tag) error {
		_, err := s.AddTags(s.ctx, &cloudtrailapi.AddTagsInput{ResourceId: &arn, TagsList: tags})
		return err
	}
	if err := add(trail, tag("b", "1"), tag("a", "2")); err != nil {
		t.Fatal(err)
	}
	servicetest.Must(s.RemoveTags(s.ctx, &cloudtrailapi.RemoveTagsInput{ResourceId: &trail, TagsList: []cloudtrailapi.Tag{{Key: new("b")}, tag("c", "")}}))(t)
	list := func(arns ...string) ([]cloudtrailapi.ResourceTag, error) {
		out, err := s.ListTags(s.ctx, &cloudtrailapi.ListTagsInput{ResourceIdList: arns})
		if err != nil {
			return nil, err
		}
		return out.ResourceTagList, nil
	}
	got := servicetest.Must(list(trail))(t)
	servicetest.Diff(t, []cloudtrailapi.ResourceTag{{ResourceId: &trail, TagsList: []cloudtrailapi.Tag{tag("a", "2")}}}, got)
	for arn, code := range map[string]string{
		"audit": "CloudTrailARNInvalidException", arn("us-east-1", "audit"): "ResourceNotFoundException",
		"arn:aws:cloudtrail:ap-northeast-2:444455556666:trail/audit": "ResourceNotFoundException",
	} {
		servicetest.WantCode(t, add(arn, tag("a", "b")), code)
		_, err := list(trail, arn)
		servicetest.WantCode(t, err, code)
	}
	_, err := list()
	servicetest.WantCode(t, err, "CloudTrailARNInvalidException")
	servicetest.WantCode(t, add(trail, tag("aws:x", "")), "InvalidTagParameterException")
	servicetest.WantCode(t, add(trail, slices.Repeat([]cloudtrailapi.Tag{tag("a", "b")}, 201)...), "TagsLimitExceededException")
	var many []cloudtrailapi.Tag
	for i := range 50 {
		many = append(many, tag(fmt.Sprint("k", i), ""))
	}
	servicetest.WantCode(t, add(trail, many...), "TagsLimitExceededException")
	// A trail's tags go with it.
	servicetest.Must(s.DeleteTrail(s.ctx, &cloudtrailapi.DeleteTrailInput{Name: &trail}))(t)
	s.create(t, s.ctx, "audit")
	if again := servicetest.Must(list(trail))(t); len(again[0].TagsList) > 0 {
		t.Errorf("a new trail has the old one's tags: %v", again)
	}
}

func TestOrganizationTrails(t *testing.T) {
	s := newService(t)
	member := servicetest.As(t, "444455556666", servicetest.Region)
	ofAll := func(in *cloudtrailapi.CreateTrailInput) { in.IsOrganizationTrail = new(true) }
	s.around.org = cloudtrail.Organization{ID: "o-a1b2c3d4e5", Management: servicetest.Account}
	trail := s.create(t, s.ctx, "org-trail", ofAll)
	servicetest.Diff(t, []string{"trail-logs/AWSLogs/o-a1b2c3d4e5/111122223333/CloudTrail/ bucket-owner-full-control"}, s.around.put)
	s.create(t, s.ctx, "own")
	// A member sees it as a shadow, and may not change it.
	seen := servicetest.Must(s.DescribeTrails(member, &cloudtrailapi.DescribeTrailsInput{}))(t)
	if len(seen.TrailList) != 1 || *seen.TrailList[0].TrailARN != trail || !*seen.TrailList[0].IsOrganizationTrail {
		t.Errorf("a member sees %v", seen.TrailList)
	}
	none := servicetest.Must(s.DescribeTrails(member, &cloudtrailapi.DescribeTrailsInput{IncludeShadowTrails: new(false)}))(t)
	servicetest.Diff(t, 0, len(none.TrailList))
	_, err := s.StopLogging(member, &cloudtrailapi.StopLoggingInput{Name: &trail})
	servicetest.WantCode(t, err, "NotOrganizationMasterAccountException")
	_, err = s.CreateTrail(member, &cloudtrailapi.CreateTrailInput{Name: new("mine"), S3BucketName: new(bucket), IsOrganizationTrail: new(true)})
	servicetest.WantCode(t, err, "NotOrganizationMasterAccountException")
}

func TestKeysOfDigests(t *testing.T) {
	s := newService(t)
	at := time.Date(2026, 3, 1, 10, 20, 30, 0, time.UTC)
	private, public, err := s.SigningKey(s.ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	again, same, err := s.SigningKey(s.ctx, at.Add(30*24*time.Hour))
	if err != nil || !private.Equal(again) || same.Fingerprint != public.Fingerprint {
		t.Errorf("a month later the key is %s, %v; want %s", same.Fingerprint, err, public.Fingerprint)
	}
	_, later, err := s.SigningKey(s.ctx, at.Add(90*24*time.Hour))
	if err != nil || later.Fingerprint == public.Fingerprint {
		t.Errorf("the key is not changed after its time: %v", err)
	}
	listed := func(ctx context.Context, start, end time.Time) (fingerprints []string) {
		out := servicetest.Must(s.ListPublicKeys(ctx, &cloudtrailapi.ListPublicKeysInput{StartTime: &start, EndTime: &end}))(t)
		for _, k := range out.PublicKeyList {
			fingerprints = append(fingerprints, *k.Fingerprint)
		}
		return fingerprints
	}
	servicetest.Diff(t, []string{public.Fingerprint, later.Fingerprint}, listed(s.ctx, at, at.Add(100*24*time.Hour)))
	servicetest.Diff(t, []string{public.Fingerprint}, listed(s.ctx, at, at.Add(time.Hour)))
	servicetest.Diff(t, []string(nil), listed(s.ctx, at.Add(-48*time.Hour), at.Add(-24*time.Hour)))
	servicetest.Diff(t, []string(nil), listed(in(t, "us-east-1"), at, at.Add(time.Hour)))
	_, err = s.ListPublicKeys(s.ctx, &cloudtrailapi.ListPublicKeysInput{StartTime: &at, EndTime: new(at.Add(-time.Hour))})
	servicetest.WantCode(t, err, "InvalidTimeRangeException")
}
