package s3

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// GetBucketNotificationConfiguration tells which events of a bucket are told to
// whom.
func (s *Service) GetBucketNotificationConfiguration(ctx context.Context, in *s3api.GetBucketNotificationConfigurationRequest) (*s3api.NotificationConfiguration, error) {
	return getSetting[s3api.NotificationConfiguration](ctx, s, in.Bucket, in.ExpectedBucketOwner, notificationSetting)
}

// PutBucketNotificationConfiguration says which events of a bucket are told to
// whom. That the destinations are there is not checked, whether or not the
// request asks to skip that: what is told to one that is not there waits as all
// deliveries do.
func (s *Service) PutBucketNotificationConfiguration(ctx context.Context, in *s3api.PutBucketNotificationConfigurationInput) (*s3api.PutBucketNotificationConfigurationOutput, error) {
	c := cleanNotification(in.NotificationConfiguration)
	targets := destinationsOf(&c)
	if len(targets) == 0 && c.EventBridgeConfiguration == nil {
		return nil, s.deleteSetting(ctx, in.Bucket, in.ExpectedBucketOwner, notificationSetting)
	}
	return nil, s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		if err := checkNotification(targets, b); err != nil {
			return err
		}
		return setSetting(tx, b, notificationSetting, c)
	})
}

// destination is an entry of a configuration, whatever its kind.
type destination struct {
	kind, service string // the ARN's argument in errors, and its service
	id, arn       string
	events        []string
	filter        *s3api.NotificationConfigurationFilter
}

// cleanNotification returns a configuration as it is kept: each target has an ID,
// and rules of filters are named with a capital, as S3 tells them back.
func cleanNotification(c *s3api.NotificationConfiguration) s3api.NotificationConfiguration {
	clean := s3api.NotificationConfiguration{
		TopicConfigurations:          slices.Clone(c.TopicConfigurations),
		QueueConfigurations:          slices.Clone(c.QueueConfigurations),
		LambdaFunctionConfigurations: slices.Clone(c.LambdaFunctionConfigurations),
		EventBridgeConfiguration:     c.EventBridgeConfiguration,
	}
	for i := range clean.TopicConfigurations {
		t := &clean.TopicConfigurations[i]
		t.Id, t.Filter = idOrNew(t.Id), cleanFilter(t.Filter)
	}
	for i := range clean.QueueConfigurations {
		q := &clean.QueueConfigurations[i]
		q.Id, q.Filter = idOrNew(q.Id), cleanFilter(q.Filter)
	}
	for i := range clean.LambdaFunctionConfigurations {
		l := &clean.LambdaFunctionConfigurations[i]
		l.Id, l.Filter = idOrNew(l.Id), cleanFilter(l.Filter)
	}
	return clean
}

// idOrNew returns an ID, or a new one as S3 makes them where there is none.
func idOrNew(id *string) *string {
	if text(id) != "" {
		return id
	}
	return new(base64.StdEncoding.EncodeToString([]byte(rand.Text() + rand.Text()[:10])))
}

func cleanFilter(f *s3api.NotificationConfigurationFilter) *s3api.NotificationConfigurationFilter {
	if f == nil || f.Key == nil {
		return f
	}
	rules := slices.Clone(f.Key.FilterRules)
	for i := range rules {
		switch {
		case strings.EqualFold(text(rules[i].Name), "prefix"):
			rules[i].Name = new("Prefix")
		case strings.EqualFold(text(rules[i].Name), "suffix"):
			rules[i].Name = new("Suffix")
		}
	}
	return &s3api.NotificationConfigurationFilter{Key: &s3api.S3KeyFilter{FilterRules: rules}}
}

func destinationsOf(c *s3api.NotificationConfiguration) (list []destination) {
	for _, t := range c.TopicConfigurations {
		list = append(list, destination{"TopicArn", "sns", text(t.Id), text(t.TopicArn), t.Events, t.Filter})
	}
	for _, q := range c.QueueConfigurations {
		list = append(list, destination{"QueueArn", "sqs", text(q.Id), text(q.QueueArn), q.Events, q.Filter})
	}
	for _, l := range c.LambdaFunctionConfigurations {
		list = append(list, destination{"LambdaArn", "lambda", text(l.Id), text(l.LambdaFunctionArn), l.Events, l.Filter})
	}
	return list
}

func checkNotification(targets []destination, b *objects.Bucket) error {
	if len(targets) > maxTargets {
		return errMalformed()
	}
	seen := map[string]bool{}
	for i := range targets {
		t := &targets[i]
		if err := t.check(b); err != nil {
			return err
		}
		if seen[t.id] {
			return errInvalidArgument("Same ID used for multiple configurations. IDs must be unique")
		}
		seen[t.id] = true
		for j := range targets[:i] {
			if err := t.checkOverlap(&targets[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	maxTargets     = 100
	maxFilterValue = 1024 // bytes
)

func (t *destination) check(b *objects.Bucket) error {
	if len(t.events) == 0 || len(t.id) > maxRuleID {
		return errMalformed()
	}
	for _, event := range t.events {
		if !slices.Contains(notificationEvents, event) {
			return errArgument("Event", event, "The event is not supported for notifications")
		}
	}
	arn, err := cloud.ParseARN(t.arn)
	switch {
	case err != nil || arn.Service != t.service || arn.Resource == "" || arn.Account == "":
		return errArgument(t.kind, t.arn, "The ARN is not well formed")
	case arn.Region != b.Region:
		return errArgument(t.kind, t.arn, "The notification destination service region is not valid for the bucket location constraint")
	}
	return t.checkFilter()
}

func (t *destination) checkFilter() error {
	if t.filter == nil || t.filter.Key == nil {
		return nil
	}
	seen := map[string]bool{}
	for _, rule := range t.filter.Key.FilterRules {
		name, value := text(rule.Name), text(rule.Value)
		switch {
		case name != "Prefix" && name != "Suffix":
			return errArgument(name, value, "filter rule name must be either prefix or suffix")
		case value == "":
			return errArgument(name, value, "filter value cannot be empty")
		case len(value) > maxFilterValue:
			return errArgument("FilterRule.Value", value, "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation")
		case seen[name]:
			return errArgument("FilterRule.Name", strings.ToLower(name), "Cannot specify more than one "+strings.ToLower(name)+" rule in a filter.")
		}
		seen[name] = true
	}
	return nil
}

// rule returns the value of a filter's rule; empty without one.
func (t *destination) rule(name string) string {
	if t.filter == nil || t.filter.Key == nil {
		return ""
	}
	for _, rule := range t.filter.Key.FilterRules {
		if text(rule.Name) == name {
			return text(rule.Value)
		}
	}
	return ""
}

// checkOverlap refuses two targets for the same event of the same object.
func (t *destination) checkOverlap(o *destination) error {
	prefix, suffix := t.rule("Prefix"), t.rule("Suffix")
	prefix2, suffix2 := o.rule("Prefix"), o.rule("Suffix")
	if !strings.HasPrefix(prefix, prefix2) && !strings.HasPrefix(prefix2, prefix) ||
		!strings.HasSuffix(suffix, suffix2) && !strings.HasSuffix(suffix2, suffix) || !shareEvent(t.events, o.events) {
		return nil
	}
	if prefix+suffix+prefix2+suffix2 == "" {
		return errArgument("Event", strings.Join(slices.Concat(o.events, t.events), ", "),
			"Configurations overlap. Configurations on the same bucket cannot share a common event type.")
	}
	return errInvalidArgument("Configuration is ambiguously defined. " +
		"Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.")
}

// shareEvent says whether an event is of both lists, in which "*" at the end is
// any event.
func shareEvent(a, b []string) bool {
	covers := func(pattern, event string) bool {
		family, ok := strings.CutSuffix(pattern, "*")
		return pattern == event || ok && strings.HasPrefix(event, family)
	}
	return slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return covers(x, y) || covers(y, x) })
	})
}
