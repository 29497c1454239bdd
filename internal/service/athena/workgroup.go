package athena

import (
	"context"
	"errors"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// primary is the work group that every account has and nobody can delete.
const primary = "primary"

// engineVersion is the version of Athena whose SQL is spoken.
const engineVersion = "Athena engine version 3"

// CreateWorkGroup adds a work group.
func (s *Service) CreateWorkGroup(ctx context.Context, in *athenaapi.CreateWorkGroupInput) (*athenaapi.CreateWorkGroupOutput, error) {
	group := athenaapi.WorkGroup{
		Name:          in.Name,
		State:         new("ENABLED"),
		Description:   in.Description,
		CreationTime:  resource.Now(precision),
		Configuration: withDefaults(in.Configuration, true),
	}
	if err := checkConfiguration(group.Configuration); err != nil {
		return nil, err
	}
	if *in.Name == primary {
		return nil, errWorkGroupExists(primary)
	}
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		if err := workGroups.Create(tx, group, *in.Name); err != nil {
			return err
		}
		return tags.Add(tx, workGroupARN(tx.Scope(), *in.Name), resource.FromList(in.Tags, tagOf))
	})
	return &athenaapi.CreateWorkGroupOutput{}, err
}

// ListEngineVersions lists the version of Athena's engine that a work group can
// choose, and the choice of the newest.
func (s *Service) ListEngineVersions(context.Context, *athenaapi.ListEngineVersionsInput) (*athenaapi.ListEngineVersionsOutput, error) {
	return &athenaapi.ListEngineVersionsOutput{EngineVersions: []athenaapi.EngineVersion{
		*effective(nil), *effective(&athenaapi.EngineVersion{SelectedEngineVersion: new(engineVersion)}),
	}}, nil
}

// GetWorkGroup returns one work group.
func (s *Service) GetWorkGroup(ctx context.Context, in *athenaapi.GetWorkGroupInput) (*athenaapi.GetWorkGroupOutput, error) {
	out := &athenaapi.GetWorkGroupOutput{}
	err := s.store.View(ctx, func(r resource.Reader) error {
		group, err := workGroupIn(r, *in.WorkGroup)
		out.WorkGroup = &group
		return err
	})
	return out, err
}

// ListWorkGroups lists the work groups by name.
func (s *Service) ListWorkGroups(ctx context.Context, in *athenaapi.ListWorkGroupsInput) (*athenaapi.ListWorkGroupsOutput, error) {
	out := &athenaapi.ListWorkGroupsOutput{}
	err := s.store.View(ctx, func(r resource.Reader) error {
		first, err := workGroupIn(r, primary)
		if err != nil {
			return err
		}
		groups := withOne(workGroups.From(r), primary, first)
		out.WorkGroups, out.NextToken, err = resource.Page(ctx, tokens.Page(in, in.NextToken, in.MaxResults, 50), groups, summary)
		return err
	})
	return out, err
}

func summary(group athenaapi.WorkGroup) (athenaapi.WorkGroupSummary, bool, error) {
	return athenaapi.WorkGroupSummary{
		Name: group.Name, State: group.State, Description: group.Description, CreationTime: group.CreationTime,
		EngineVersion: group.Configuration.EngineVersion,
	}, true, nil
}

// UpdateWorkGroup changes those parts of a work group that are given.
func (s *Service) UpdateWorkGroup(ctx context.Context, in *athenaapi.UpdateWorkGroupInput) (*athenaapi.UpdateWorkGroupOutput, error) {
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		group, err := workGroupIn(tx, *in.WorkGroup)
		if err != nil {
			return err
		}
		resource.Set(&group.Description, in.Description)
		resource.Set(&group.State, in.State)
		if in.ConfigurationUpdates != nil {
			updateConfiguration(group.Configuration, in.ConfigurationUpdates)
		}
		if err := checkConfiguration(group.Configuration); err != nil {
			return err
		}
		return workGroups.Put(tx, group, *in.WorkGroup)
	})
	return &athenaapi.UpdateWorkGroupOutput{}, err
}

// DeleteWorkGroup removes a work group. One that holds queries or statements
// needs RecursiveDeleteOption; its queries that are not done are stopped.
func (s *Service) DeleteWorkGroup(ctx context.Context, in *athenaapi.DeleteWorkGroupInput) (*athenaapi.DeleteWorkGroupOutput, error) {
	name := *in.WorkGroup
	if name == primary {
		return nil, errRequest("WorkGroup %s cannot be deleted", primary)
	}
	var removed []string
	err := s.store.Update(ctx, func(tx resource.Tx) (err error) {
		if err := workGroups.Delete(tx, name); err != nil {
			return err
		}
		if removed, err = empty(tx, name, resource.Value(in.RecursiveDeleteOption)); err != nil {
			return err
		}
		return tags.Delete(tx, workGroupARN(tx.Scope(), name))
	})
	if err != nil {
		return nil, err
	}
	for _, id := range removed {
		if waited := s.queue.stop(cloud.CallOf(ctx).Scope(), id, errDeleted); waited != nil {
			s.queue.remove(waited)
		}
	}
	return &athenaapi.DeleteWorkGroupOutput{}, nil
}

// empty removes what a work group holds, or refuses to when it may not. It
// returns the ids of the executions that it removed.
func empty(tx resource.Tx, group string, allowed bool) (removed []string, err error) {
	for entry, err := range history.List(tx, group) {
		if err != nil {
			return nil, err
		}
		id := entry.Value
		removed = append(removed, id)
		if err := errors.Join(executions.Discard(tx, id), results.Discard(tx, id), unfinished.Discard(tx, id)); err != nil {
			return nil, err
		}
	}
	held := len(removed)
	for entry, err := range namedIn.List(tx, group) {
		if err != nil {
			return nil, err
		}
		held++
		if err := namedQueries.Discard(tx, entry.Value); err != nil {
			return nil, err
		}
	}
	for _, err := range prepared.List(tx, group) {
		if err != nil {
			return nil, err
		}
		held++
	}
	if held > 0 && !allowed {
		return nil, errRequest("WorkGroup %s is not empty", group)
	}
	return removed, errors.Join(history.DeleteBelow(tx, group), namedIn.DeleteBelow(tx, group), prepared.DeleteBelow(tx, group), reusables.DeleteBelow(tx, group))
}

// workGroupIn reads a work group; primary exists even when nobody wrote it.
func workGroupIn(r resource.Reader, name string) (athenaapi.WorkGroup, error) {
	group, found, err := workGroups.Find(r, name)
	switch {
	case err != nil || found:
		return group, err
	case name == primary:
		return athenaapi.WorkGroup{
			Name: new(primary), State: new("ENABLED"), CreationTime: new(time.Unix(0, 0).UTC()),
			Configuration: withDefaults(&athenaapi.WorkGroupConfiguration{ResultConfiguration: &athenaapi.ResultConfiguration{}}, false),
		}, nil
	}
	return group, errNoWorkGroup(name)
}

// withDefaults fills in what Athena does: enforce is the default of a work
// group that somebody made.
func withDefaults(c *athenaapi.WorkGroupConfiguration, enforce bool) *athenaapi.WorkGroupConfiguration {
	filled := athenaapi.WorkGroupConfiguration{}
	if c != nil {
		filled = *c
	}
	if filled.EnforceWorkGroupConfiguration == nil {
		filled.EnforceWorkGroupConfiguration = new(enforce)
	}
	for _, option := range []**bool{
		&filled.PublishCloudWatchMetricsEnabled, &filled.RequesterPaysEnabled, &filled.EnableMinimumEncryptionConfiguration,
	} {
		if *option == nil {
			*option = new(false)
		}
	}
	filled.EngineVersion = effective(filled.EngineVersion)
	return &filled
}

func effective(v *athenaapi.EngineVersion) *athenaapi.EngineVersion {
	selected := "AUTO"
	if v != nil && v.SelectedEngineVersion != nil {
		selected = *v.SelectedEngineVersion
	}
	return &athenaapi.EngineVersion{SelectedEngineVersion: new(selected), EffectiveEngineVersion: new(engineVersion)}
}

func updateConfiguration(c *athenaapi.WorkGroupConfiguration, u *athenaapi.WorkGroupConfigurationUpdates) {
	resource.Set(&c.EnforceWorkGroupConfiguration, u.EnforceWorkGroupConfiguration)
	resource.Set(&c.PublishCloudWatchMetricsEnabled, u.PublishCloudWatchMetricsEnabled)
	resource.Set(&c.BytesScannedCutoffPerQuery, u.BytesScannedCutoffPerQuery)
	resource.Set(&c.RequesterPaysEnabled, u.RequesterPaysEnabled)
	resource.Set(&c.AdditionalConfiguration, u.AdditionalConfiguration)
	resource.Set(&c.ExecutionRole, u.ExecutionRole)
	resource.Set(&c.CustomerContentEncryptionConfiguration, u.CustomerContentEncryptionConfiguration)
	resource.Set(&c.EnableMinimumEncryptionConfiguration, u.EnableMinimumEncryptionConfiguration)
	resource.Set(&c.QueryResultsS3AccessGrantsConfiguration, u.QueryResultsS3AccessGrantsConfiguration)
	resource.Set(&c.MonitoringConfiguration, u.MonitoringConfiguration)
	resource.Set(&c.EngineConfiguration, u.EngineConfiguration)
	if m := u.ManagedQueryResultsConfigurationUpdates; m != nil && m.Enabled != nil {
		c.ManagedQueryResultsConfiguration = &athenaapi.ManagedQueryResultsConfiguration{Enabled: m.Enabled}
	}
	if resource.Value(u.RemoveBytesScannedCutoffPerQuery) {
		c.BytesScannedCutoffPerQuery = nil
	}
	if resource.Value(u.RemoveCustomerContentEncryptionConfiguration) {
		c.CustomerContentEncryptionConfiguration = nil
	}
	if u.EngineVersion != nil {
		c.EngineVersion = effective(u.EngineVersion)
	}
	if r := u.ResultConfigurationUpdates; r != nil {
		updateResults(c, r)
	}
}

func updateResults(c *athenaapi.WorkGroupConfiguration, u *athenaapi.ResultConfigurationUpdates) {
	results := athenaapi.ResultConfiguration{}
	if c.ResultConfiguration != nil {
		results = *c.ResultConfiguration
	}
	resource.Set(&results.OutputLocation, u.OutputLocation)
	resource.Set(&results.EncryptionConfiguration, u.EncryptionConfiguration)
	resource.Set(&results.ExpectedBucketOwner, u.ExpectedBucketOwner)
	resource.Set(&results.AclConfiguration, u.AclConfiguration)
	if resource.Value(u.RemoveOutputLocation) {
		results.OutputLocation = nil
	}
	if resource.Value(u.RemoveEncryptionConfiguration) {
		results.EncryptionConfiguration = nil
	}
	if resource.Value(u.RemoveExpectedBucketOwner) {
		results.ExpectedBucketOwner = nil
	}
	if resource.Value(u.RemoveAclConfiguration) {
		results.AclConfiguration = nil
	}
	c.ResultConfiguration = &results
}

// checkConfiguration refuses what Athena refuses beyond its model.
func checkConfiguration(c *athenaapi.WorkGroupConfiguration) error {
	if v := resource.Value(c.EngineVersion.SelectedEngineVersion); v != "AUTO" && v != engineVersion {
		return errRequest("EngineVersion %s is not one that can be chosen: AUTO and %s are", v, engineVersion)
	}
	if c.BytesScannedCutoffPerQuery != nil && *c.BytesScannedCutoffPerQuery < 10_000_000 {
		return errRequest("BytesScannedCutoffPerQuery must be at least 10000000 bytes")
	}
	if m := c.ManagedQueryResultsConfiguration; m != nil && resource.Value(m.Enabled) {
		return errUnsupported("Managed query results are not supported by this version of Sillok: give ResultConfiguration.OutputLocation.")
	}
	if c.ResultConfiguration != nil && c.ResultConfiguration.OutputLocation != nil {
		_, err := parseLocation(*c.ResultConfiguration.OutputLocation)
		return err
	}
	return nil
}

// parseLocation takes s3://bucket/key apart, with Athena's error for what is no
// such place.
func parseLocation(text string) (cloud.Location, error) {
	location, err := cloud.ParseLocation(text)
	if err != nil {
		return cloud.Location{}, errRequest("outputLocation is not a valid S3 path.").Because(err)
	}
	return location, nil
}
