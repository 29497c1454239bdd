package cloudtrail

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// maxTrails is how many trails there may be in a region, shadows among them.
const maxTrails = 5

// CreateTrail makes a trail. It does not record before StartLogging.
func (s *Service) CreateTrail(ctx context.Context, in *cloudtrailapi.CreateTrailInput) (*cloudtrailapi.CreateTrailOutput, error) {
	if err := checkName(*in.Name); err != nil {
		return nil, err
	}
	call := cloud.CallOf(ctx)
	made := trail{Account: call.Account, Created: time.Now().UTC()}
	named := ref{account: call.Account, region: call.Region, name: *in.Name}
	made.Settings = cloudtrailapi.Trail{
		Name: in.Name, TrailARN: new(named.arn()), HomeRegion: new(string(call.Region)),
		IncludeGlobalServiceEvents: new(true), IsMultiRegionTrail: new(false), LogFileValidationEnabled: new(false), IsOrganizationTrail: new(false),
	}
	given := cloudtrailapi.UpdateTrailInput{
		Name: in.Name, S3BucketName: in.S3BucketName, S3KeyPrefix: in.S3KeyPrefix, SnsTopicName: in.SnsTopicName,
		IncludeGlobalServiceEvents: in.IncludeGlobalServiceEvents, IsMultiRegionTrail: in.IsMultiRegionTrail,
		EnableLogFileValidation: in.EnableLogFileValidation, CloudWatchLogsLogGroupArn: in.CloudWatchLogsLogGroupArn,
		CloudWatchLogsRoleArn: in.CloudWatchLogsRoleArn, KmsKeyId: in.KmsKeyId, IsOrganizationTrail: in.IsOrganizationTrail,
	}
	if err := s.apply(ctx, &made, &given); err != nil {
		return nil, err
	}
	added := resource.FromList(in.TagsList, tagOf)
	if err := checkTags(in.TagsList); err != nil {
		return nil, err
	}
	// Whether there is room is said before what the trail names is tried.
	if err := s.view(ctx, func(r resource.Reader) error { return room(r, &made) }); err != nil {
		return nil, err
	}
	if err := s.try(ctx, &made); err != nil {
		return nil, err
	}
	out := made.answer()
	return &out, s.update(ctx, func(tx resource.Tx) error {
		if err := room(tx, &made); err != nil {
			return err
		}
		return errors.Join(s.put(ctx, tx, &made), tags.Add(tx, named.arn(), added))
	})
}

// UpdateTrail changes what is given of a trail.
func (s *Service) UpdateTrail(ctx context.Context, in *cloudtrailapi.UpdateTrailInput) (*cloudtrailapi.UpdateTrailOutput, error) {
	named, err := s.owned(ctx, *in.Name)
	if err != nil {
		return nil, err
	}
	// What the trail will name is tried before the transaction: S3 and KMS have
	// their own. It is applied again to what the trail is then.
	var tried trail
	if err := s.view(ctx, func(r resource.Reader) (err error) {
		tried, err = s.home(ctx, r, named)
		return err
	}); err != nil {
		return nil, err
	}
	if err := s.apply(ctx, &tried, in); err != nil {
		return nil, err
	}
	if err := s.try(ctx, &tried); err != nil {
		return nil, err
	}
	changed, err := s.change(ctx, *in.Name, func(tx resource.Tx, t *trail) error {
		multi := t.multiRegion()
		t.Settings, t.Organization = tried.Settings, tried.Organization
		if t.multiRegion() && !multi {
			return room(tx, t)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := cloudtrailapi.UpdateTrailOutput(changed.answer())
	return &out, nil
}

// apply sets what is given of a trail's settings, and checks what they are then
// as far as nobody has to be asked.
func (s *Service) apply(ctx context.Context, t *trail, in *cloudtrailapi.UpdateTrailInput) error {
	set := &t.Settings
	resource.Set(&set.IncludeGlobalServiceEvents, in.IncludeGlobalServiceEvents)
	resource.Set(&set.IsMultiRegionTrail, in.IsMultiRegionTrail)
	resource.Set(&set.LogFileValidationEnabled, in.EnableLogFileValidation)
	resource.Set(&set.S3BucketName, in.S3BucketName)
	text(&set.S3KeyPrefix, in.S3KeyPrefix)
	text(&set.KmsKeyId, in.KmsKeyId)
	text(&set.CloudWatchLogsLogGroupArn, in.CloudWatchLogsLogGroupArn)
	text(&set.CloudWatchLogsRoleArn, in.CloudWatchLogsRoleArn)
	if in.SnsTopicName != nil {
		text(&set.SnsTopicName, in.SnsTopicName)
		set.SnsTopicARN = topicARN(ctx, set.SnsTopicName)
	}
	if in.IsOrganizationTrail != nil {
		set.IsOrganizationTrail, t.Organization = in.IsOrganizationTrail, ""
		if *in.IsOrganizationTrail {
			var err error
			if t.Organization, err = s.managed(ctx); err != nil {
				return err
			}
		}
	}
	if *set.IsMultiRegionTrail && !*set.IncludeGlobalServiceEvents {
		return cloud.Errorf(cloud.Invalid, "InvalidParameterCombinationException", "Multi-Region trail must include global service events.")
	}
	return errors.Join(checkBucketName(resource.Value(set.S3BucketName)), checkPrefix(resource.Value(set.S3KeyPrefix)), checkTopic(set), checkLogGroup(set))
}

// text sets a setting that an empty text removes.
func text(to **string, from *string) {
	if from == nil {
		return
	}
	if *to = from; *from == "" {
		*to = nil
	}
}

// room returns why there can be no such trail in its home region and, for one of
// all regions, anywhere else: its name is taken, or there are too many.
func room(r resource.Reader, t *trail) error {
	there, err := all(r)
	if err != nil {
		return err
	}
	there = slices.DeleteFunc(there, func(other trail) bool { return other.ref() == t.ref() && other.Created.Equal(t.Created) })
	count := map[cloud.Region]int{t.home(): 0}
	everywhere := 0
	for i := range there {
		other := &there[i]
		meet := other.home() == t.home() || other.multiRegion() || t.multiRegion()
		if meet && *other.Settings.Name == *t.Settings.Name {
			return cloud.Errorf(cloud.Conflict, "TrailAlreadyExistsException", "Trail %s already exists for customer: %s", *t.Settings.Name, t.Account)
		}
		if other.multiRegion() {
			everywhere++
		} else {
			count[other.home()]++
		}
	}
	for region, own := range count {
		if (region == t.home() || t.multiRegion()) && own+everywhere >= maxTrails {
			return cloud.Errorf(cloud.Conflict, "MaximumNumberOfTrailsExceededException", "User: %s already has %d trails in %s.", t.Account, own+everywhere, region)
		}
	}
	return nil
}

// DeleteTrail removes a trail. What it has delivered stays.
func (s *Service) DeleteTrail(ctx context.Context, in *cloudtrailapi.DeleteTrailInput) (*cloudtrailapi.DeleteTrailOutput, error) {
	named, err := s.owned(ctx, *in.Name)
	if err != nil {
		return nil, err
	}
	return &cloudtrailapi.DeleteTrailOutput{}, s.update(ctx, func(tx resource.Tx) error {
		t, err := s.home(ctx, tx, named)
		if err != nil {
			return err
		}
		if s.cfg.Deliveries != nil {
			if err := s.cfg.Deliveries.Remove(ctx, tx, t.ref().arn()); err != nil {
				return err
			}
		}
		return errors.Join(trails.Delete(tx, string(t.home()), *t.Settings.Name), tags.Delete(tx, t.ref().arn()))
	})
}
