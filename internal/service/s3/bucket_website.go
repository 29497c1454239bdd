package s3

import (
	"context"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
)

const maxRoutingRules = 50

// GetBucketWebsite tells how a bucket is read as a website.
func (s *Service) GetBucketWebsite(ctx context.Context, in *s3api.GetBucketWebsiteInput) (*s3api.GetBucketWebsiteOutput, error) {
	return needSetting[s3api.GetBucketWebsiteOutput](ctx, s, in.Bucket, in.ExpectedBucketOwner, websiteSetting,
		"NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")
}

// PutBucketWebsite says how a bucket is read as a website.
func (s *Service) PutBucketWebsite(ctx context.Context, in *s3api.PutBucketWebsiteInput) (*s3api.PutBucketWebsiteOutput, error) {
	c := in.WebsiteConfiguration
	return nil, s.putSetting(ctx, in.Bucket, in.ExpectedBucketOwner, websiteSetting, c, func() error { return checkWebsite(c) })
}

// DeleteBucketWebsite ends that a bucket is read as a website.
func (s *Service) DeleteBucketWebsite(ctx context.Context, in *s3api.DeleteBucketWebsiteInput) (*s3api.DeleteBucketWebsiteOutput, error) {
	return nil, s.deleteSetting(ctx, in.Bucket, in.ExpectedBucketOwner, websiteSetting)
}

func checkWebsite(c *s3api.WebsiteConfiguration) error {
	if c.RedirectAllRequestsTo != nil {
		return checkRedirectAll(c)
	}
	if c.IndexDocument == nil {
		return errArgument("IndexDocument", "null", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty")
	}
	if suffix := text(c.IndexDocument.Suffix); suffix == "" || strings.Contains(suffix, "/") {
		return errArgument("IndexDocument", suffix, "The IndexDocument Suffix is not well formed")
	}
	if c.ErrorDocument != nil && text(c.ErrorDocument.Key) == "" {
		return errMalformed()
	}
	return checkRoutingRules(c.RoutingRules)
}

func checkRedirectAll(c *s3api.WebsiteConfiguration) error {
	switch {
	case c.IndexDocument != nil || c.ErrorDocument != nil || c.RoutingRules != nil:
		return errArgument("RedirectAllRequestsTo", "not null", "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.")
	case text(c.RedirectAllRequestsTo.HostName) == "":
		return errMalformed()
	}
	return checkRedirectProtocol(c.RedirectAllRequestsTo.Protocol)
}

// checkRoutingRules takes nil, which is no rules, but not an empty list.
func checkRoutingRules(rules []s3api.RoutingRule) error {
	switch {
	case rules == nil:
		return nil
	case len(rules) == 0:
		return errMalformed()
	case len(rules) > maxRoutingRules:
		return errInvalidRequest("%d routing rules provided, the number of routing rules in a website configuration is limited to %d.", len(rules), maxRoutingRules)
	}
	for i := range rules {
		if err := checkRoutingRule(&rules[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkRoutingRule(r *s3api.RoutingRule) error {
	switch {
	case r.Redirect == nil:
		return errMalformed()
	case r.Redirect.ReplaceKeyPrefixWith != nil && r.Redirect.ReplaceKeyWith != nil:
		return errInvalidRequest("You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
	case r.Condition != nil && *r.Condition == (s3api.Condition{}):
		return errInvalidRequest("Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.")
	case r.Redirect.HttpRedirectCode != nil && !isRedirectCode(*r.Redirect.HttpRedirectCode):
		return errInvalidRequest("The provided HTTP redirect code (%s) is not valid. Valid codes are 3XX except 300.", *r.Redirect.HttpRedirectCode)
	}
	return checkRedirectProtocol(r.Redirect.Protocol)
}

func isRedirectCode(code string) bool {
	return len(code) == 3 && code[0] == '3' && code != "300" && strings.Trim(code, "0123456789") == ""
}

func checkRedirectProtocol(protocol *string) error {
	if protocol != nil && !slices.Contains([]string{"http", "https"}, *protocol) {
		return errInvalidRequest("Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.")
	}
	return nil
}
