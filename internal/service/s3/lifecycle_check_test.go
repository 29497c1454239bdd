package s3_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/servicetest"
)

func TestLifecycleRefuses(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	midnight := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	days := func(n int32) *s3api.LifecycleExpiration { return &s3api.LifecycleExpiration{Days: &n} }
	to := func(class string, n int32) s3api.Transition { return s3api.Transition{Days: &n, StorageClass: &class} }
	noncurrent := func(class string, n int32) s3api.NoncurrentVersionTransition {
		return s3api.NoncurrentVersionTransition{NoncurrentDays: &n, StorageClass: &class}
	}
	tagged := &s3api.LifecycleRuleFilter{Tag: &s3api.Tag{Key: new("k"), Value: new("v")}}
	for name, tt := range map[string]struct {
		change func(*s3api.LifecycleRule)
		err    string
	}{
		"good":              {func(*s3api.LifecycleRule) {}, ""},
		"empty filter":      {func(r *s3api.LifecycleRule) { r.Filter = &s3api.LifecycleRuleFilter{} }, ""},
		"old prefix":        {func(r *s3api.LifecycleRule) { r.Filter, r.Prefix = nil, new("") }, ""},
		"filter and prefix": {func(r *s3api.LifecycleRule) { r.Prefix = new("") }, malformed},
		"neither":           {func(r *s3api.LifecycleRule) { r.Filter = nil }, malformed},
		"status":            {func(r *s3api.LifecycleRule) { r.Status = new("On") }, malformed},
		"long ID": {
			func(r *s3api.LifecycleRule) { r.ID = new(strings.Repeat("x", 256)) },
			"InvalidArgument: ID length should not exceed allowed limit of 255 ArgumentName=ID ArgumentValue=" + strings.Repeat("x", 256),
		},
		"two conditions": {func(r *s3api.LifecycleRule) { r.Filter.Tag = tagged.Tag }, malformed},
		"And of one": {func(r *s3api.LifecycleRule) {
			r.Filter = &s3api.LifecycleRuleFilter{And: &s3api.LifecycleRuleAndOperator{Prefix: new("a")}}
		}, malformed},
		"tags twice": {func(r *s3api.LifecycleRule) {
			r.Filter = &s3api.LifecycleRuleFilter{And: &s3api.LifecycleRuleAndOperator{Tags: []s3api.Tag{*tagged.Tag, *tagged.Tag}}}
		}, "InvalidRequest: Duplicate Tag Keys are not allowed."},
		"sizes": {func(r *s3api.LifecycleRule) {
			r.Filter = &s3api.LifecycleRuleFilter{And: &s3api.LifecycleRuleAndOperator{ObjectSizeGreaterThan: new(int64(5)), ObjectSizeLessThan: new(int64(5))}}
		}, "InvalidRequest: 'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'."},
		"no action":       {func(r *s3api.LifecycleRule) { r.Expiration = nil }, "InvalidRequest: At least one action needs to be specified in a rule"},
		"days and marker": {func(r *s3api.LifecycleRule) { r.Expiration.ExpiredObjectDeleteMarker = new(false) }, malformed},
		"no days":         {func(r *s3api.LifecycleRule) { r.Expiration = days(0) }, "InvalidArgument: 'Days' for Expiration action must be a positive integer"},
		"noon": {func(r *s3api.LifecycleRule) {
			r.Expiration = &s3api.LifecycleExpiration{Date: new(midnight.Add(12 * time.Hour))}
		}, "InvalidArgument: 'Date' must be at midnight GMT"},
		"midnight elsewhere": {func(r *s3api.LifecycleRule) {
			r.Expiration = &s3api.LifecycleExpiration{Date: new(midnight.In(time.FixedZone("KST", 9*3600)))}
		}, ""},
		"marker with tags": {func(r *s3api.LifecycleRule) {
			r.Filter, r.Expiration = tagged, &s3api.LifecycleExpiration{ExpiredObjectDeleteMarker: new(true)}
		}, "InvalidRequest: ExpiredObjectDeleteMarker cannot be specified with Tags."},
		"abort with size": {func(r *s3api.LifecycleRule) {
			r.Filter = &s3api.LifecycleRuleFilter{ObjectSizeLessThan: new(int64(5))}
			r.AbortIncompleteMultipartUpload = &s3api.AbortIncompleteMultipartUpload{DaysAfterInitiation: new(int32(1))}
		}, "InvalidRequest: AbortIncompleteMultipartUpload cannot be specified with Object Size."},
		"abort at once": {func(r *s3api.LifecycleRule) {
			r.AbortIncompleteMultipartUpload = &s3api.AbortIncompleteMultipartUpload{DaysAfterInitiation: new(int32(0))}
		}, "InvalidArgument: 'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer"},
		"noncurrent": {func(r *s3api.LifecycleRule) {
			r.NoncurrentVersionExpiration = &s3api.NoncurrentVersionExpiration{NoncurrentDays: new(int32(0))}
		}, "InvalidArgument: 'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer"},
		"newer versions": {func(r *s3api.LifecycleRule) {
			r.NoncurrentVersionExpiration = &s3api.NoncurrentVersionExpiration{NoncurrentDays: new(int32(1)), NewerNoncurrentVersions: new(int32(0))}
		}, "InvalidArgument: 'NewerNoncurrentVersions' must be a positive integer"},
		"class":    {func(r *s3api.LifecycleRule) { r.Transitions = []s3api.Transition{to("STANDARD", 1)} }, malformed},
		"early":    {func(r *s3api.LifecycleRule) { r.Transitions = []s3api.Transition{to("STANDARD_IA", 29)} }, "InvalidArgument: 'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'"},
		"negative": {func(r *s3api.LifecycleRule) { r.Transitions = []s3api.Transition{to("GLACIER", -1)} }, "InvalidArgument: 'Days' in Transition action must be nonnegative"},
		"at once":  {func(r *s3api.LifecycleRule) { r.Transitions = []s3api.Transition{to("INTELLIGENT_TIERING", 0)} }, ""},
		"the ladder": {func(r *s3api.LifecycleRule) {
			r.Transitions = []s3api.Transition{to("DEEP_ARCHIVE", 180), to("STANDARD_IA", 30), to("GLACIER", 60)}
		}, ""},
		"leaves too early": {
			func(r *s3api.LifecycleRule) {
				r.Transitions = []s3api.Transition{to("STANDARD_IA", 30), to("GLACIER", 59)}
			},
			"InvalidArgument: 'Days' in the Transition action for StorageClass 'GLACIER' for filter '(prefix=a/)' must be 30 days more than 'Days' in the Transition action for StorageClass 'STANDARD_IA'",
		},
		"back": {
			func(r *s3api.LifecycleRule) {
				r.Transitions = []s3api.Transition{to("GLACIER", 90), to("DEEP_ARCHIVE", 90)}
			},
			"InvalidArgument: 'Days' in the Transition action for StorageClass 'DEEP_ARCHIVE' for filter '(prefix=a/)' must be greater than 'Days' in the Transition action for StorageClass 'GLACIER'",
		},
		"class twice": {
			func(r *s3api.LifecycleRule) { r.Transitions = []s3api.Transition{to("GLACIER", 90), to("GLACIER", 91)} },
			"InvalidRequest: 'StorageClass' must be different for 'Transition' actions in same 'Rule' with filter '(prefix=a/)'",
		},
		"mixed": {func(r *s3api.LifecycleRule) {
			r.Transitions = []s3api.Transition{to("GLACIER", 90), {Date: &midnight, StorageClass: new("DEEP_ARCHIVE")}}
		}, "InvalidRequest: Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for filter '(prefix=a/)'"},
		"mixed with the end": {func(r *s3api.LifecycleRule) {
			r.Transitions = []s3api.Transition{{Date: &midnight, StorageClass: new("GLACIER")}}
		}, "InvalidRequest: Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter '(prefix=a/)'"},
		"ends first": {
			func(r *s3api.LifecycleRule) { r.Transitions = []s3api.Transition{to("GLACIER", 365)} },
			"InvalidArgument: 'Days' in the Expiration action for filter '(prefix=a/)' must be greater than 'Days' in the Transition action",
		},
		"noncurrent ends first": {func(r *s3api.LifecycleRule) {
			r.Filter = &s3api.LifecycleRuleFilter{And: &s3api.LifecycleRuleAndOperator{Prefix: new("t/"), Tags: []s3api.Tag{*tagged.Tag}, ObjectSizeGreaterThan: new(int64(5))}}
			r.NoncurrentVersionExpiration = &s3api.NoncurrentVersionExpiration{NoncurrentDays: new(int32(1))}
			r.NoncurrentVersionTransitions = []s3api.NoncurrentVersionTransition{noncurrent("GLACIER", 1)}
		}, "InvalidArgument: 'NoncurrentDays' in the NoncurrentVersionExpiration action for filter '(prefix=t/ and tag={key=k, value=v} and objectsizegreaterthan=5)' " +
			"must be greater than 'NoncurrentDays' in the NoncurrentVersionTransition action"},
	} {
		t.Run(name, func(t *testing.T) {
			servicetest.Must(s.DeleteBucketLifecycle(ctx, &s3api.DeleteBucketLifecycleInput{Bucket: b}))(t)
			rule := s3api.LifecycleRule{ID: new("r"), Status: new("Enabled"), Filter: &s3api.LifecycleRuleFilter{Prefix: new("a/")}, Expiration: days(365)}
			tt.change(&rule)
			c := &s3api.BucketLifecycleConfiguration{Rules: []s3api.LifecycleRule{rule}}
			_, err := s.PutBucketLifecycleConfiguration(ctx, &s3api.PutBucketLifecycleConfigurationInput{Bucket: b, LifecycleConfiguration: c})
			servicetest.Diff(t, tt.err, sayError(err))
			got, err := s.GetBucketLifecycleConfiguration(ctx, &s3api.GetBucketLifecycleConfigurationInput{Bucket: b})
			if tt.err != "" {
				servicetest.WantCode(t, err, "NoSuchLifecycleConfiguration")
				return
			}
			servicetest.Diff(t, c.Rules[0].Filter, got.Rules[0].Filter)
			servicetest.Diff(t, c.Rules[0].Transitions, got.Rules[0].Transitions)
			servicetest.Diff(t, "all_storage_classes_128K", *got.TransitionDefaultMinimumObjectSize)
		})
	}
}

func TestLifecycleRules(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	put := func(rules ...s3api.LifecycleRule) error {
		_, err := s.PutBucketLifecycleConfiguration(ctx, &s3api.PutBucketLifecycleConfigurationInput{
			Bucket: b, LifecycleConfiguration: &s3api.BucketLifecycleConfiguration{Rules: rules}, TransitionDefaultMinimumObjectSize: new("varies_by_storage_class"),
		})
		return err
	}
	rule := func(id *string) s3api.LifecycleRule {
		return s3api.LifecycleRule{ID: id, Status: new("Enabled"), Prefix: new(""), Expiration: &s3api.LifecycleExpiration{Days: new(int32(1))}}
	}
	servicetest.Diff(t, malformed, sayError(put()))
	servicetest.Diff(t, malformed, sayError(put(make([]s3api.LifecycleRule, 1001)...)))
	servicetest.Diff(t, "InvalidArgument: Rule ID must be unique. Found same ID for more than one rule ArgumentName=ID ArgumentValue=a", sayError(put(rule(new("a")), rule(new("a")))))
	servicetest.Diff(t, "", sayError(put(rule(nil), rule(nil))))
	got := servicetest.Must(s.GetBucketLifecycleConfiguration(ctx, &s3api.GetBucketLifecycleConfigurationInput{Bucket: b}))(t)
	if len(resource.Value(got.Rules[0].ID)) != 48 || *got.Rules[0].ID == *got.Rules[1].ID {
		t.Errorf("IDs are %q and %q", *got.Rules[0].ID, *got.Rules[1].ID)
	}
	servicetest.Diff(t, "varies_by_storage_class", *got.TransitionDefaultMinimumObjectSize)
	_, err := s.PutBucketLifecycleConfiguration(ctx, &s3api.PutBucketLifecycleConfigurationInput{Bucket: b})
	servicetest.Diff(t, "MissingRequestBodyError: Request Body is empty", sayError(err))
	servicetest.Must(s.DeleteBucketLifecycle(ctx, &s3api.DeleteBucketLifecycleInput{Bucket: b}))(t)
	_, err = s.GetBucketLifecycleConfiguration(ctx, &s3api.GetBucketLifecycleConfigurationInput{Bucket: b})
	servicetest.WantCode(t, err, "NoSuchLifecycleConfiguration")
}
