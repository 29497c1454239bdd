package iam

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// simulation is the questions of one simulation, and the policies that are asked.
type simulation struct {
	policies  policy.Policies
	sources   map[string]string // where a policy is from, in the words of SourcePolicyType, by its name
	principal cloud.Principal
	context   policy.Context
	owner     cloud.Account
	actions   []string
	resources []string
	bounded   bool
}

// SimulateCustomPolicy answers what policies would allow that nobody needs to have.
func (s *Service) SimulateCustomPolicy(ctx context.Context, in *iamapi.SimulateCustomPolicyInput) (*iamapi.SimulateCustomPolicyOutput, error) {
	sim := simulation{sources: map[string]string{}, actions: in.ActionNames, resources: in.ResourceArns}
	sim.principal = callerOf(cloud.CallOf(ctx).Account, in.CallerArn)
	if err := sim.add(in.PolicyInputList); err != nil {
		return nil, err
	}
	if err := sim.ask(in.PermissionsBoundaryPolicyInputList, in.ResourcePolicy, in.ResourceOwner, in.ContextEntries); err != nil {
		return nil, err
	}
	return sim.page(ctx, paging(in, in.Marker, in.MaxItems))
}

// SimulatePrincipalPolicy answers what a user, group or role may do, with policies that
// it has not yet beside its own.
func (s *Service) SimulatePrincipalPolicy(ctx context.Context, in *iamapi.SimulatePrincipalPolicyInput) (*iamapi.SimulatePrincipalPolicyOutput, error) {
	sim := simulation{sources: map[string]string{}, actions: in.ActionNames, resources: in.ResourceArns}
	i, name, err := s.source(ctx, *in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	sim.principal = callerOf(name.account, resourceOr(in.CallerArn, &i.arn))
	sim.principal.ID, sim.principal.Tags = i.id, i.tags
	sim.policies.Identity, sim.policies.Boundary = slices.Clone(i.policies), i.boundary
	for _, attached := range i.policies {
		sim.sources[attached.Name] = ownSource(attached.Name, name)
	}
	if i.boundary != nil {
		sim.bounded, sim.sources[i.boundary.Name] = true, "user-managed"
	}
	if err := sim.organize(ctx, s.places, &i.arn); err != nil {
		return nil, err
	}
	if err := sim.add(in.PolicyInputList); err != nil {
		return nil, err
	}
	if err := sim.ask(in.PermissionsBoundaryPolicyInputList, in.ResourcePolicy, in.ResourceOwner, in.ContextEntries); err != nil {
		return nil, err
	}
	return sim.page(ctx, paging(in, in.Marker, in.MaxItems))
}

// organize adds the service control policies that bind the account, as far as they bind
// whom the simulation is about: a role that a service has for itself is free.
func (sim *simulation) organize(ctx context.Context, places access.Organization, of *string) error {
	if places == nil || access.Linked(*of) {
		return nil
	}
	member, err := places.Membership(ctx, sim.principal.Account)
	sim.policies.ServiceControl = member.ServiceControl
	return err
}

// source returns the user, group or role of an ARN, of the caller's account.
func (s *Service) source(ctx context.Context, of string) (*identity, identityName, error) {
	name, ok := entityName(of)
	if !ok {
		return nil, name, errInput("Invalid Entity Arn: %s does not clearly define entity type and name.", of)
	}
	i, err := s.load(ctx, name)
	if err == nil && (i == nil || i.arn != of || name.account != cloud.CallOf(ctx).Account) {
		err = cloud.Errorf(cloud.NotFound, "NoSuchEntity", "The %s %s does not exist.", strings.ToLower(name.noun), of)
	}
	return i, name, err
}

func resourceOr(given, otherwise *string) *string {
	if given != nil {
		return given
	}
	return otherwise
}

// ownSource is where a policy of an identity is from.
func ownSource(policyName string, of identityName) string {
	switch {
	case isProvided(policyName):
		return "aws-managed"
	case strings.HasPrefix(policyName, "arn:"):
		return "user-managed"
	}
	return strings.ToLower(of.noun)
}

// callerOf returns the principal that asks in a simulation.
func callerOf(account cloud.Account, of *string) cloud.Principal {
	p := cloud.Principal{Type: cloud.IAMUser, Account: account}
	if of == nil {
		return p
	}
	p.ARN = *of
	if parsed, err := cloud.ParseARN(*of); err == nil {
		p.Account = parsed.Account
		switch {
		case parsed.Resource == "root":
			return cloud.RootOf(parsed.Account)
		case strings.HasPrefix(parsed.Resource, "role/"):
			p.Type = cloud.AssumedRole
		}
	}
	p.Name = shortName(*of)
	return p
}

// add puts the documents of an input among the identity's policies.
func (sim *simulation) add(documents []string) error {
	for n, text := range documents {
		name := fmt.Sprintf("PolicyInputList.%d", n+1)
		document, err := parsedInput(text, policy.Identity)
		if err != nil {
			return err
		}
		sim.policies.Identity = append(sim.policies.Identity, policy.Attached{Name: name, Document: document})
		sim.sources[name] = given
	}
	return nil
}

func parsedInput(text string, kind policy.Kind) (*policy.Document, error) {
	document, err := policy.Parse(text, kind)
	if malformed, ok := errors.AsType[*policy.Malformed](err); ok {
		return nil, errInput("%s", malformed.Message)
	}
	return document, err
}

// ask takes the rest of the questions.
func (sim *simulation) ask(boundaries []string, resourcePolicy, owner *string, entries []iamapi.ContextEntry) error {
	if len(boundaries) > 1 {
		return errInput("There can be one permissions boundary.")
	}
	for _, text := range boundaries {
		document, err := parsedInput(text, policy.Boundary)
		if err != nil {
			return err
		}
		sim.policies.Boundary = &policy.Attached{Name: "PermissionsBoundaryPolicyInputList.1", Document: document}
		sim.bounded, sim.sources[sim.policies.Boundary.Name] = true, given
	}
	sim.owner = sim.principal.Account
	if owner != nil {
		sim.owner = cloud.Account(*owner)
		if parsed, err := cloud.ParseARN(*owner); err == nil {
			sim.owner = parsed.Account
		}
	}
	if resourcePolicy != nil {
		document, err := parsedInput(*resourcePolicy, policy.Resource)
		if err != nil {
			return err
		}
		sim.policies.Resource = []policy.Attached{{Name: "ResourcePolicy", Document: document}}
		sim.sources["ResourcePolicy"] = "resource"
	}
	if len(sim.resources) == 0 {
		sim.resources = []string{"*"}
	}
	sim.context = policy.NewContext()
	p := &sim.principal
	for key, value := range map[string]string{
		"aws:PrincipalArn": p.ARN, "aws:PrincipalAccount": string(p.Account), "aws:userid": p.ID,
	} {
		if value != "" {
			sim.context.Set(key, value)
		}
	}
	if p.Type == cloud.IAMUser && p.Name != "" {
		sim.context.Set("aws:username", p.Name)
	}
	for key, value := range p.Tags {
		sim.context.Set("aws:PrincipalTag/"+key, value)
	}
	for _, entry := range entries {
		sim.context.Set(resource.Value(entry.ContextKeyName), entry.ContextKeyValues...)
	}
	return nil
}

// page answers a page of the questions: each action on each resource.
func (sim *simulation) page(ctx context.Context, p resource.Paging) (*iamapi.SimulatePolicyResponse, error) {
	numbers := make([]int, len(sim.actions)*len(sim.resources))
	for n := range numbers {
		numbers[n] = n
	}
	page, marker, err := resource.Page(ctx, p, listing(numbers, func(n int) string { return fmt.Sprintf("%09d", n) }), func(n int) (iamapi.EvaluationResult, bool, error) {
		return sim.answer(sim.actions[n/len(sim.resources)], sim.resources[n%len(sim.resources)]), true, nil
	})
	return &iamapi.SimulatePolicyResponse{EvaluationResults: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// answer answers one question.
func (sim *simulation) answer(action, on string) iamapi.EvaluationResult {
	d := policy.Explain(policy.Request{
		Principal: sim.principal, Action: action, Resource: on, ResourceAccount: sim.owner, Context: sim.context,
	}, sim.policies)
	result := iamapi.EvaluationResult{
		EvalActionName: &action, EvalResourceName: &on, EvalDecision: new("implicitDeny"), MatchedStatements: []iamapi.Statement{},
		MissingContextValues: d.MissingContext,
	}
	if result.MissingContextValues == nil {
		result.MissingContextValues = []string{}
	}
	switch {
	case d.Allowed:
		result.EvalDecision = new("allowed")
	case d.Explicit:
		result.EvalDecision = new("explicitDeny")
	}
	for _, m := range d.Matched {
		if m.Deny != d.Explicit || m.Kind == policy.ServiceControl {
			continue // AWS names the statements that decided, and none of an organization's
		}
		result.MatchedStatements = append(result.MatchedStatements, sim.statement(m))
	}
	if sim.bounded {
		only := policy.Decide(policy.Request{
			Principal: sim.principal, Action: action, Resource: on, ResourceAccount: sim.owner, Context: sim.context,
		}, policy.Policies{Identity: []policy.Attached{*sim.policies.Boundary}})
		result.PermissionsBoundaryDecisionDetail = &iamapi.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: &only.Allowed}
	}
	if sim.policies.ServiceControl != nil {
		// A root user is limited by nothing else in its account.
		only := policy.Decide(policy.Request{
			Principal: cloud.RootOf(sim.principal.Account), Action: action, Resource: on, ResourceAccount: sim.principal.Account, Context: sim.context,
		}, policy.Policies{ServiceControl: sim.policies.ServiceControl})
		result.OrganizationsDecisionDetail = &iamapi.OrganizationsDecisionDetail{AllowedByOrganizations: &only.Allowed}
	}
	return result
}

// statement returns a statement that matched as it is answered, with its place in the
// document.
func (sim *simulation) statement(m policy.Match) iamapi.Statement {
	return iamapi.Statement{
		SourcePolicyId: &m.Policy, SourcePolicyType: new(sim.sources[m.Policy]), StartPosition: placed(m.From), EndPosition: placed(m.To),
	}
}

func placed(p policy.Position) *iamapi.Position {
	return &iamapi.Position{Line: new(int32(p.Line)), Column: new(int32(p.Column))} //nolint:gosec // a document has fewer than 2^31 characters
}

// given is where AWS says that a document is from that only the input has.
const given = "IAM Policy"

// GetContextKeysForCustomPolicy returns the condition keys that documents mention.
func (s *Service) GetContextKeysForCustomPolicy(_ context.Context, in *iamapi.GetContextKeysForCustomPolicyInput) (*iamapi.GetContextKeysForCustomPolicyOutput, error) {
	sim := simulation{sources: map[string]string{}}
	if err := sim.add(in.PolicyInputList); err != nil {
		return nil, err
	}
	return &iamapi.GetContextKeysForPolicyResponse{ContextKeyNames: sim.contextKeys()}, nil
}

// GetContextKeysForPrincipalPolicy returns the condition keys that the policies of a
// user, group or role mention, and documents beside these.
func (s *Service) GetContextKeysForPrincipalPolicy(ctx context.Context, in *iamapi.GetContextKeysForPrincipalPolicyInput) (*iamapi.GetContextKeysForPrincipalPolicyOutput, error) {
	i, _, err := s.source(ctx, *in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	sim := simulation{sources: map[string]string{}}
	sim.policies.Identity = slices.Clone(i.policies)
	if err := sim.add(in.PolicyInputList); err != nil {
		return nil, err
	}
	return &iamapi.GetContextKeysForPolicyResponse{ContextKeyNames: sim.contextKeys()}, nil
}

// contextKeys returns the condition keys that the policies mention, each once.
func (sim *simulation) contextKeys() []string {
	names := []string{}
	for _, attached := range sim.policies.Identity {
		for _, key := range policy.ContextKeys(attached.Document) {
			if !slices.Contains(names, key) {
				names = append(names, key)
			}
		}
	}
	return names
}
