package cloudtrail

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/trail/selector"
)

// trail is a trail as it is kept.
type trail struct {
	Account      cloud.Account
	Settings     cloudtrailapi.Trail // without what follows from the rest: HasCustomEventSelectors, HasInsightSelectors
	Organization string              `json:",omitempty"` // whose accounts it is of; empty for its own account alone
	Created      time.Time

	Logging          bool
	Started, Stopped time.Time `json:",omitzero"` // the last time each

	// At most one of the two is there; neither means all management events.
	Basic    []cloudtrailapi.EventSelector         `json:",omitempty"`
	Advanced []cloudtrailapi.AdvancedEventSelector `json:",omitempty"`

	Insights []cloudtrailapi.InsightSelector `json:",omitempty"`
}

func (t *trail) ref() ref {
	return ref{account: t.Account, region: t.home(), name: *t.Settings.Name}
}

func (t *trail) home() cloud.Region { return cloud.Region(*t.Settings.HomeRegion) }

func (t *trail) multiRegion() bool { return *t.Settings.IsMultiRegionTrail }

// in says whether the trail is seen in a region: as itself, or as a shadow.
func (t *trail) in(region cloud.Region) bool { return t.home() == region || t.multiRegion() }

// shape returns the trail as it is shown.
func (t *trail) shape() cloudtrailapi.Trail {
	shown := t.Settings
	shown.HasCustomEventSelectors = new(t.Basic != nil || t.Advanced != nil)
	shown.HasInsightSelectors = new(len(t.Insights) > 0)
	return shown
}

// answer returns the trail as CreateTrail and UpdateTrail answer it.
func (t *trail) answer() cloudtrailapi.CreateTrailOutput {
	s := &t.Settings
	return cloudtrailapi.CreateTrailOutput{
		Name: s.Name, S3BucketName: s.S3BucketName, S3KeyPrefix: s.S3KeyPrefix, SnsTopicName: s.SnsTopicName, SnsTopicARN: s.SnsTopicARN,
		IncludeGlobalServiceEvents: s.IncludeGlobalServiceEvents, IsMultiRegionTrail: s.IsMultiRegionTrail, TrailARN: s.TrailARN,
		LogFileValidationEnabled: s.LogFileValidationEnabled, CloudWatchLogsLogGroupArn: s.CloudWatchLogsLogGroupArn,
		CloudWatchLogsRoleArn: s.CloudWatchLogsRoleArn, KmsKeyId: s.KmsKeyId, IsOrganizationTrail: s.IsOrganizationTrail,
	}
}

// selects returns what the trail records.
func (t *trail) selects() (*selector.Set, error) {
	if t.Advanced != nil {
		return selector.Advanced(selector.Trail, t.Advanced)
	}
	return selector.Basic(t.basic())
}

// basic returns the event selectors of a trail without advanced ones.
func (t *trail) basic() []cloudtrailapi.EventSelector {
	if t.Basic == nil {
		return selector.DefaultBasic()
	}
	return t.Basic
}

// all returns an account's trails, the oldest first.
func all(r resource.Reader) ([]trail, error) {
	var found []trail
	for entry, err := range trails.List(r) {
		if err != nil {
			return nil, err
		}
		found = append(found, entry.Value)
	}
	slices.SortStableFunc(found, func(a, b trail) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(*a.Settings.Name, *b.Settings.Name))
	})
	return found, nil
}

// seen returns the trails that the caller's account sees: its own, and those of
// its organization.
func (s *Service) seen(ctx context.Context) (found []trail, err error) {
	org, err := s.organization(ctx)
	if err != nil {
		return nil, err
	}
	err = s.view(ctx, func(r resource.Reader) error {
		found, err = all(r)
		return err
	})
	account := cloud.CallOf(ctx).Account
	if err != nil || org.ID == "" || org.Management == account {
		return found, err
	}
	of := cloud.CallOf(ctx)
	of.Account = org.Management
	return found, s.view(cloud.WithCall(ctx, of), func(r resource.Reader) error {
		others, err := all(r)
		for _, t := range others {
			if *t.Settings.IsOrganizationTrail && t.Organization == org.ID {
				found = append(found, t)
			}
		}
		return err
	})
}

// find returns the trail that a caller names, its own or its organization's.
func (s *Service) find(ctx context.Context, given string) (trail, error) {
	named, err := refOf(ctx, given)
	if err != nil {
		return trail{}, err
	}
	found, err := s.seen(ctx)
	if err != nil {
		return trail{}, err
	}
	for _, t := range found {
		if t.ref().arn() == named.arn() {
			return t, nil
		}
	}
	return trail{}, errUnknown(named.arn(), cloud.CallOf(ctx).Account)
}

// change has a trail changed in its home region by the account whose it is.
func (s *Service) change(ctx context.Context, given string, change func(tx resource.Tx, t *trail) error) (changed trail, err error) {
	named, err := s.owned(ctx, given)
	if err != nil {
		return trail{}, err
	}
	return changed, s.update(ctx, func(tx resource.Tx) error {
		t, err := s.home(ctx, tx, named)
		if err != nil {
			return err
		}
		if err := change(tx, &t); err != nil {
			return err
		}
		changed = t
		return s.put(ctx, tx, &t)
	})
}

// owned returns the trail that a caller means to change, which is not another
// account's.
func (s *Service) owned(ctx context.Context, given string) (ref, error) {
	named, err := refOf(ctx, given)
	if err != nil {
		return named, err
	}
	account := cloud.CallOf(ctx).Account
	if named.account == account {
		return named, nil
	}
	if _, err := s.find(ctx, given); err != nil {
		return named, err
	}
	return named, cloud.Errorf(cloud.Denied, "NotOrganizationMasterAccountException",
		"Only account %s, the organization's management account, may change the trail %s.", named.account, named.arn())
}

// home returns the trail of a name or ARN, which must be of the call's region.
func (s *Service) home(ctx context.Context, r resource.Reader, named ref) (trail, error) {
	region := cloud.CallOf(ctx).Region
	t, found, err := trails.Find(r, string(named.region), named.name)
	if err != nil {
		return trail{}, err
	}
	if !found && !named.byARN { // it may be a shadow
		others, err := all(r)
		if err != nil {
			return trail{}, err
		}
		if i := slices.IndexFunc(others, func(t trail) bool { return t.multiRegion() && *t.Settings.Name == named.name }); i >= 0 {
			t, found = others[i], true
		}
	}
	switch {
	case !found:
		return trail{}, errUnknown(named.arn(), cloud.CallOf(ctx).Account)
	case t.home() != region:
		return trail{}, cloud.Errorf(cloud.Conflict, "InvalidHomeRegionException",
			"Trail %s has the home region %s: this operation must be called there, and not in %s.", t.ref().arn(), t.home(), region)
	}
	return t, nil
}
