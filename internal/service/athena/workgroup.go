package athena

import (
	"context"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// primary is the work group that every account has and nobody can delete.
const primary = "primary"

// engineVersion is the version of Athena whose SQL is spoken.
const engineVersion = "Athena engine version 3"

// CreateWorkGroup adds a work group.
func (s *Service) CreateWorkGroup(ctx context.Context, in *athenaapi.CreateWorkGroupInput) (*athenaapi.CreateWorkGroupOutput, error) {
	scope := cloud.CallOf(ctx).Scope()
	group := athenaapi.WorkGroup{
		Name:          in.Name,
		State:         new("ENABLED"),
		Description:   in.Description,
		CreationTime:  s.clock(),
		Configuration: withDefaults(in.Configuration, true),
	}
	if err := checkConfiguration(group.Configuration); err != nil {
		return nil, err
	}
	err := s.store.Update(ctx, func(tx state.Tx) error {
		err := state.Insert(tx, key(scope, kindWorkGroup, *in.Name), group)
		if *in.Name == primary || cloud.KindOf(err) == cloud.Conflict {
			return errRequest("WorkGroup already exists")
		}
		if err != nil {
			return err
		}
		return putTags(tx, scope, workGroupARN(scope, *in.Name), in.Tags)
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
	err := s.store.View(ctx, func(r state.Reader) error {
		group, err := workGroupIn(r, cloud.CallOf(ctx).Scope(), *in.WorkGroup)
		out.WorkGroup = &group
		return err
	})
	return out, err
}

// ListWorkGroups lists the work groups by name.
func (s *Service) ListWorkGroups(ctx context.Context, in *athenaapi.ListWorkGroupsInput) (*athenaapi.ListWorkGroupsOutput, error) {
	scope := cloud.CallOf(ctx).Scope()
	from, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &athenaapi.ListWorkGroupsOutput{WorkGroups: []athenaapi.WorkGroupSummary{}}
	err = s.store.View(ctx, func(r state.Reader) error {
		groups, err := workGroups(r, scope)
		if err != nil {
			return err
		}
		for _, group := range groups {
			if *group.Name <= from {
				continue
			}
			if len(out.WorkGroups) == limit(in.MaxResults, 50) {
				out.NextToken = next(*out.WorkGroups[len(out.WorkGroups)-1].Name)
				break
			}
			out.WorkGroups = append(out.WorkGroups, athenaapi.WorkGroupSummary{
				Name: group.Name, State: group.State, Description: group.Description, CreationTime: group.CreationTime,
				EngineVersion: group.Configuration.EngineVersion,
			})
		}
		return nil
	})
	return out, err
}

// UpdateWorkGroup changes what of a work group is given.
func (s *Service) UpdateWorkGroup(ctx context.Context, in *athenaapi.UpdateWorkGroupInput) (*athenaapi.UpdateWorkGroupOutput, error) {
	scope := cloud.CallOf(ctx).Scope()
	err := s.store.Update(ctx, func(tx state.Tx) error {
		group, err := workGroupIn(tx, scope, *in.WorkGroup)
		if err != nil {
			return err
		}
		if in.Description != nil {
			group.Description = in.Description
		}
		if in.State != nil {
			group.State = in.State
		}
		if in.ConfigurationUpdates != nil {
			updateConfiguration(group.Configuration, in.ConfigurationUpdates)
		}
		if err := checkConfiguration(group.Configuration); err != nil {
			return err
		}
		return state.Put(tx, key(scope, kindWorkGroup, *in.WorkGroup), group)
	})
	return &athenaapi.UpdateWorkGroupOutput{}, err
}

// DeleteWorkGroup removes a work group. One with queries in its history needs
// RecursiveDeleteOption.
func (s *Service) DeleteWorkGroup(ctx context.Context, in *athenaapi.DeleteWorkGroupInput) (*athenaapi.DeleteWorkGroupOutput, error) {
	scope, name := cloud.CallOf(ctx).Scope(), *in.WorkGroup
	if name == primary {
		return nil, errRequest("WorkGroup %s cannot be deleted", primary)
	}
	err := s.store.Update(ctx, func(tx state.Tx) error {
		if _, err := workGroupIn(tx, scope, name); err != nil {
			return err
		}
		if err := empty(tx, scope, name, flag(in.RecursiveDeleteOption)); err != nil {
			return err
		}
		if err := deleteTags(tx, scope, workGroupARN(scope, name)); err != nil {
			return err
		}
		return tx.Delete(key(scope, kindWorkGroup, name))
	})
	return &athenaapi.DeleteWorkGroupOutput{}, err
}

// empty removes what a work group holds, or refuses to when it may not.
func empty(tx state.Tx, scope cloud.Scope, group string, allowed bool) error {
	for _, held := range []struct {
		kind string
		of   []string // the kinds of the documents that an id of this kind names
	}{
		{kindHistory, []string{kindExecution, kindResult, kindActive}}, {kindNamedIn, []string{kindNamed}}, {kindPrepared, nil},
	} {
		for document, err := range tx.List(scope, held.kind, state.Range{Prefix: group + separator}) {
			if err != nil {
				return err
			}
			if !allowed {
				return errRequest("WorkGroup %s is not empty", group)
			}
			id := document.Key.Name[strings.LastIndex(document.Key.Name, separator)+1:]
			for _, kind := range held.of {
				if err := tx.Delete(key(scope, kind, id)); err != nil && cloud.KindOf(err) != cloud.NotFound {
					return err
				}
			}
			if err := tx.Delete(document.Key); err != nil {
				return err
			}
		}
	}
	return nil
}

func workGroupARN(scope cloud.Scope, name string) string {
	return cloud.ARN{Service: "athena", Region: scope.Region, Account: scope.Account, Resource: "workgroup/" + name}.String()
}

// workGroupIn reads a work group; primary exists even when nobody wrote it.
func workGroupIn(r state.Reader, scope cloud.Scope, name string) (athenaapi.WorkGroup, error) {
	group, found, err := state.Find[athenaapi.WorkGroup](r, key(scope, kindWorkGroup, name))
	switch {
	case err != nil || found:
		return group, err
	case name == primary:
		return athenaapi.WorkGroup{
			Name: new(primary), State: new("ENABLED"), CreationTime: new(time.Unix(0, 0).UTC()),
			Configuration: withDefaults(&athenaapi.WorkGroupConfiguration{ResultConfiguration: &athenaapi.ResultConfiguration{}}, false),
		}, nil
	}
	return group, errRequest("WorkGroup does not exist")
}

// workGroups returns all work groups by name, primary among them.
func workGroups(r state.Reader, scope cloud.Scope) ([]athenaapi.WorkGroup, error) {
	var groups []athenaapi.WorkGroup
	withPrimary := false
	add := func(group athenaapi.WorkGroup) error {
		if *group.Name >= primary && !withPrimary {
			withPrimary = true
			if *group.Name != primary {
				first, err := workGroupIn(r, scope, primary)
				if err != nil {
					return err
				}
				groups = append(groups, first)
			}
		}
		groups = append(groups, group)
		return nil
	}
	for entry, err := range state.List[athenaapi.WorkGroup](r, scope, kindWorkGroup, state.Range{}) {
		if err != nil {
			return nil, err
		}
		if err := add(entry.Value); err != nil {
			return nil, err
		}
	}
	if withPrimary {
		return groups, nil
	}
	last, err := workGroupIn(r, scope, primary)
	return append(groups, last), err
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
	set(&c.EnforceWorkGroupConfiguration, u.EnforceWorkGroupConfiguration)
	set(&c.PublishCloudWatchMetricsEnabled, u.PublishCloudWatchMetricsEnabled)
	set(&c.BytesScannedCutoffPerQuery, u.BytesScannedCutoffPerQuery)
	set(&c.RequesterPaysEnabled, u.RequesterPaysEnabled)
	set(&c.AdditionalConfiguration, u.AdditionalConfiguration)
	set(&c.ExecutionRole, u.ExecutionRole)
	set(&c.CustomerContentEncryptionConfiguration, u.CustomerContentEncryptionConfiguration)
	set(&c.EnableMinimumEncryptionConfiguration, u.EnableMinimumEncryptionConfiguration)
	set(&c.QueryResultsS3AccessGrantsConfiguration, u.QueryResultsS3AccessGrantsConfiguration)
	set(&c.MonitoringConfiguration, u.MonitoringConfiguration)
	set(&c.EngineConfiguration, u.EngineConfiguration)
	if m := u.ManagedQueryResultsConfigurationUpdates; m != nil && m.Enabled != nil {
		c.ManagedQueryResultsConfiguration = &athenaapi.ManagedQueryResultsConfiguration{Enabled: m.Enabled}
	}
	if flag(u.RemoveBytesScannedCutoffPerQuery) {
		c.BytesScannedCutoffPerQuery = nil
	}
	if flag(u.RemoveCustomerContentEncryptionConfiguration) {
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
	set(&results.OutputLocation, u.OutputLocation)
	set(&results.EncryptionConfiguration, u.EncryptionConfiguration)
	set(&results.ExpectedBucketOwner, u.ExpectedBucketOwner)
	set(&results.AclConfiguration, u.AclConfiguration)
	if flag(u.RemoveOutputLocation) {
		results.OutputLocation = nil
	}
	if flag(u.RemoveEncryptionConfiguration) {
		results.EncryptionConfiguration = nil
	}
	if flag(u.RemoveExpectedBucketOwner) {
		results.ExpectedBucketOwner = nil
	}
	if flag(u.RemoveAclConfiguration) {
		results.AclConfiguration = nil
	}
	c.ResultConfiguration = &results
}

// set replaces *to when there is something to replace it with.
func set[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

// checkConfiguration refuses what Athena refuses beyond its model.
func checkConfiguration(c *athenaapi.WorkGroupConfiguration) error {
	if v := text(c.EngineVersion.SelectedEngineVersion); v != "AUTO" && v != engineVersion {
		return errRequest("EngineVersion %s is not one that can be chosen: AUTO and %s are", v, engineVersion)
	}
	if c.BytesScannedCutoffPerQuery != nil && *c.BytesScannedCutoffPerQuery < 10_000_000 {
		return errRequest("BytesScannedCutoffPerQuery must be at least 10000000 bytes")
	}
	if m := c.ManagedQueryResultsConfiguration; m != nil && flag(m.Enabled) {
		unsupported := errRequest("Managed query results are not supported by this version of Sillok: give ResultConfiguration.OutputLocation.")
		unsupported.Kind = cloud.Unsupported
		return unsupported
	}
	if c.ResultConfiguration != nil && c.ResultConfiguration.OutputLocation != nil {
		return checkLocation(*c.ResultConfiguration.OutputLocation)
	}
	return nil
}

// checkLocation refuses what is not s3://bucket/….
func checkLocation(location string) error {
	bucket, ok := strings.CutPrefix(location, "s3://")
	if bucket, _, _ = strings.Cut(bucket, "/"); !ok || bucket == "" {
		return errRequest("outputLocation is not a valid S3 path.")
	}
	return nil
}
