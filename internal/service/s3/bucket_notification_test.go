package s3_test

import (
	"testing"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/servicetest"
)

func filtered(rules ...s3api.FilterRule) *s3api.NotificationConfigurationFilter {
	return &s3api.NotificationConfigurationFilter{Key: &s3api.S3KeyFilter{FilterRules: rules}}
}

func filterRule(name, value string) s3api.FilterRule {
	return s3api.FilterRule{Name: &name, Value: &value}
}

func queueAsked(id *string, filter *s3api.NotificationConfigurationFilter, events ...string) s3api.QueueConfiguration {
	return s3api.QueueConfiguration{Id: id, QueueArn: new("arn:aws:sqs:ap-northeast-2:111122223333:q"), Events: events, Filter: filter}
}

func TestNotificationConfiguration(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	put := func(c s3api.NotificationConfiguration) string {
		return sayError(listErr(s.PutBucketNotificationConfiguration(ctx, &s3api.PutBucketNotificationConfigurationInput{Bucket: b, NotificationConfiguration: &c})))
	}
	get := func() *s3api.NotificationConfiguration {
		return servicetest.Must(s.GetBucketNotificationConfiguration(ctx, &s3api.GetBucketNotificationConfigurationRequest{Bucket: b}))(t)
	}
	servicetest.Diff(t, "", put(s3api.NotificationConfiguration{
		QueueConfigurations: []s3api.QueueConfiguration{queueAsked(nil, filtered(filterRule("prefix", "a/"), filterRule("SUFFIX", ".gz")), "s3:ObjectCreated:*")},
		TopicConfigurations: []s3api.TopicConfiguration{{Id: new("t"), TopicArn: new("arn:aws:sns:ap-northeast-2:111122223333:t"), Events: []string{"s3:ObjectRemoved:*"}}},
	}))
	got := get()
	if id := resource.Value(got.QueueConfigurations[0].Id); len(id) != 48 {
		t.Errorf("the new ID is %q", id)
	}
	servicetest.Diff(t, filtered(filterRule("Prefix", "a/"), filterRule("Suffix", ".gz")), got.QueueConfigurations[0].Filter)
	servicetest.Diff(t, "t", *got.TopicConfigurations[0].Id)

	servicetest.Diff(t, "", put(s3api.NotificationConfiguration{EventBridgeConfiguration: &s3api.EventBridgeConfiguration{}}))
	servicetest.Diff(t, &s3api.NotificationConfiguration{EventBridgeConfiguration: &s3api.EventBridgeConfiguration{}}, get())
	servicetest.Diff(t, "", put(s3api.NotificationConfiguration{}))
	servicetest.Diff(t, (*s3api.NotificationConfiguration)(nil), get())
}

func TestNotificationConfigurationRefuses(t *testing.T) {
	const created, put = "s3:ObjectCreated:*", "s3:ObjectCreated:Put"
	const ambiguous = "InvalidArgument: Configuration is ambiguously defined. " +
		"Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type."
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	arn := func(arn string) []s3api.QueueConfiguration {
		return []s3api.QueueConfiguration{{Id: new("a"), QueueArn: &arn, Events: []string{created}}}
	}
	for name, tt := range map[string]struct {
		queues []s3api.QueueConfiguration
		err    string
	}{
		"no events":   {[]s3api.QueueConfiguration{queueAsked(nil, nil)}, malformed},
		"event":       {[]s3api.QueueConfiguration{queueAsked(nil, nil, "s3:Teleported")}, "InvalidArgument: The event is not supported for notifications ArgumentName=Event ArgumentValue=s3:Teleported"},
		"ARN":         {arn("queue"), "InvalidArgument: The ARN is not well formed ArgumentName=QueueArn ArgumentValue=queue"},
		"other kind":  {arn("arn:aws:sns:ap-northeast-2:111122223333:t"), "InvalidArgument: The ARN is not well formed ArgumentName=QueueArn ArgumentValue=arn:aws:sns:ap-northeast-2:111122223333:t"},
		"far":         {arn("arn:aws:sqs:eu-west-1:111122223333:q"), "InvalidArgument: The notification destination service region is not valid for the bucket location constraint ArgumentName=QueueArn ArgumentValue=arn:aws:sqs:eu-west-1:111122223333:q"},
		"rule":        {[]s3api.QueueConfiguration{queueAsked(nil, filtered(filterRule("infix", "a")), created)}, "InvalidArgument: filter rule name must be either prefix or suffix ArgumentName=infix ArgumentValue=a"},
		"empty rule":  {[]s3api.QueueConfiguration{queueAsked(nil, filtered(filterRule("prefix", "")), created)}, "InvalidArgument: filter value cannot be empty ArgumentName=Prefix ArgumentValue="},
		"rule twice":  {[]s3api.QueueConfiguration{queueAsked(nil, filtered(filterRule("prefix", "a"), filterRule("Prefix", "b")), created)}, "InvalidArgument: Cannot specify more than one prefix rule in a filter. ArgumentName=FilterRule.Name ArgumentValue=prefix"},
		"ID twice":    {[]s3api.QueueConfiguration{queueAsked(new("a"), nil, created), queueAsked(new("a"), nil, "s3:ObjectRemoved:*")}, "InvalidArgument: Same ID used for multiple configurations. IDs must be unique"},
		"same":        {[]s3api.QueueConfiguration{queueAsked(nil, nil, created), queueAsked(nil, nil, put)}, "InvalidArgument: Configurations overlap. Configurations on the same bucket cannot share a common event type. ArgumentName=Event ArgumentValue=s3:ObjectCreated:*, s3:ObjectCreated:Put"},
		"overlapping": {[]s3api.QueueConfiguration{queueAsked(nil, filtered(filterRule("prefix", "a")), created), queueAsked(nil, filtered(filterRule("prefix", "a/b")), put)}, ambiguous},
		"one filter":  {[]s3api.QueueConfiguration{queueAsked(nil, filtered(filterRule("suffix", ".gz")), created), queueAsked(nil, nil, put)}, ambiguous},
		"apart by prefix": {[]s3api.QueueConfiguration{
			queueAsked(nil, filtered(filterRule("prefix", "a/")), created),
			queueAsked(nil, filtered(filterRule("prefix", "b/")), created),
		}, ""},
		"apart by suffix": {[]s3api.QueueConfiguration{
			queueAsked(nil, filtered(filterRule("suffix", ".gz")), created),
			queueAsked(nil, filtered(filterRule("suffix", ".json")), created),
		}, ""},
		"apart by event": {[]s3api.QueueConfiguration{queueAsked(nil, nil, put), queueAsked(nil, nil, "s3:ObjectCreated:Copy")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.PutBucketNotificationConfiguration(ctx, &s3api.PutBucketNotificationConfigurationInput{
				Bucket: b, NotificationConfiguration: &s3api.NotificationConfiguration{QueueConfigurations: tt.queues},
			})
			servicetest.Diff(t, tt.err, sayError(err))
		})
	}
}
