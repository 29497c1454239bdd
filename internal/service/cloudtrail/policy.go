package cloudtrail

import (
	"context"
	"regexp"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
)

// Channels, dashboards and stores of event data alone can have policies of their
// own. There are none of these, so that every operation here is refused as AWS
// refuses it for what is not there, or is a trail.

var policed = regexp.MustCompile(`^(channel|dashboard|eventdatastore)/.+$`)

// noPolicy returns why a resource has no policy.
func noPolicy(resource string) error {
	arn, err := cloud.ParseARN(resource)
	switch {
	case err != nil || arn.Service != "cloudtrail":
		return cloud.Errorf(cloud.Invalid, "ResourceARNNotValidException", "%s is not the ARN of a resource of CloudTrail.", resource)
	case !policed.MatchString(arn.Resource):
		return cloud.Errorf(cloud.Invalid, "ResourceTypeNotSupportedException", "%s can have no policy: only channels, dashboards and event data stores can.", resource)
	}
	return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "The resource %s does not exist.", resource)
}

// PutResourcePolicy refuses to give a policy to what can have none.
func (s *Service) PutResourcePolicy(_ context.Context, in *cloudtrailapi.PutResourcePolicyInput) (*cloudtrailapi.PutResourcePolicyOutput, error) {
	return nil, noPolicy(*in.ResourceArn)
}

// GetResourcePolicy says that what can have no policy has none.
func (s *Service) GetResourcePolicy(_ context.Context, in *cloudtrailapi.GetResourcePolicyInput) (*cloudtrailapi.GetResourcePolicyOutput, error) {
	return nil, noPolicy(*in.ResourceArn)
}

// DeleteResourcePolicy refuses to take a policy from what can have none.
func (s *Service) DeleteResourcePolicy(_ context.Context, in *cloudtrailapi.DeleteResourcePolicyInput) (*cloudtrailapi.DeleteResourcePolicyOutput, error) {
	return nil, noPolicy(*in.ResourceArn)
}
