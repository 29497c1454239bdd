package iam

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// managed is a managed policy as it is kept: of an account, or one of AWS's.
type managed struct {
	Name, Path, ID string
	Description    string    `json:",omitempty"`
	Versions       []version // the oldest first; at most maxVersions
	Default        int       // number of the version that is in force
	Last           int       // number of the newest version that there ever was
	Created        time.Time
	Updated        time.Time
}

// version is one of a managed policy's.
type version struct {
	Number   int
	Document string
	Created  time.Time
}

const (
	maxVersions = 5
	maxManaged  = 6144 // characters of a managed policy
)

var managedPolicies = resource.Kind[managed]{Name: "iam/policy"}

// use is an identity that has a managed policy.
type use struct{ Name, ID string }

func (e *entity) use() use { return use{e.Name, e.ID} }

// uses are the identities that have a managed policy: below its ARN, how they use it,
// what they are, and their folded names.
var uses = resource.Kind[use]{Name: "iam/use"}

// How identities use a managed policy.
const (
	usedAsPolicy   = "PermissionsPolicy"
	usedAsBoundary = "PermissionsBoundary"
)

// CreatePolicy makes a managed policy of the account.
func (s *Service) CreatePolicy(ctx context.Context, in *iamapi.CreatePolicyInput) (*iamapi.CreatePolicyOutput, error) {
	if err := checkManaged(*in.PolicyDocument); err != nil {
		return nil, err
	}
	now := *resource.Now(time.Second)
	p := managed{
		Name: *in.PolicyName, Path: resource.Or(in.Path, "/"), ID: newID("ANPA"), Description: resource.Value(in.Description),
		Versions: []version{{1, *in.PolicyDocument, now}}, Default: 1, Last: 1, Created: now, Updated: now,
	}
	out := &iamapi.CreatePolicyOutput{}
	return out, s.update(ctx, func(tx resource.Tx) error {
		_, found, err := managedPolicies.Find(tx, folded(p.Name))
		if err == nil && found {
			err = cloud.Errorf(cloud.Conflict, "EntityAlreadyExists", "A policy called %s already exists. Duplicate names are not allowed.", p.Name)
		}
		if err == nil {
			err = managedPolicies.Put(tx, p, folded(p.Name))
		}
		if err == nil {
			err = addTags(tx, p.arn(accountOf(tx)), in.Tags)
		}
		if err != nil {
			return err
		}
		shape, err := p.shape(tx, p.arn(accountOf(tx)))
		shape.Tags = in.Tags
		out.Policy = &shape
		return err
	})
}

// checkManaged says what is wrong with the document of a managed policy.
func checkManaged(document string) error {
	if err := parsed(document, policy.Identity); err != nil {
		return err
	}
	if policy.Size(document) > maxManaged {
		return errQuota("PolicySize", maxManaged)
	}
	return nil
}

// GetPolicy returns a managed policy without its documents.
func (s *Service) GetPolicy(ctx context.Context, in *iamapi.GetPolicyInput) (*iamapi.GetPolicyOutput, error) {
	out := &iamapi.GetPolicyOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		p, err := managedPolicy(r, *in.PolicyArn)
		if err != nil {
			return err
		}
		shape, err := p.shape(r, *in.PolicyArn)
		shape.Description = optional(p.Description)
		if shape.Tags == nil {
			shape.Tags = []iamapi.Tag{} // which are told here even where there are none
		}
		out.Policy = &shape
		return err
	})
}

// ListPolicies returns a page of managed policies, the account's before AWS's.
func (s *Service) ListPolicies(ctx context.Context, in *iamapi.ListPoliciesInput) (*iamapi.ListPoliciesOutput, error) {
	out := &iamapi.ListPoliciesOutput{}
	scope := resource.Or(in.Scope, "All")
	return out, s.view(ctx, func(r resource.Reader) error {
		var all []listed
		if scope != "AWS" {
			for entry, err := range managedPolicies.List(r) {
				if err != nil {
					return err
				}
				all = append(all, listed{"1" + entry.Name, entry.Value, entry.Value.arn(accountOf(r))})
			}
		}
		if scope != "Local" {
			provided, err := provided()
			if err != nil {
				return err
			}
			for _, name := range provided.names {
				p := provided.policies[name]
				all = append(all, listed{"2" + name, p, providedARN(&p)})
			}
		}
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), listing(all, func(l listed) string { return l.name }),
			func(l listed) (iamapi.Policy, bool, error) {
				if !below(l.policy.Path, in.PathPrefix) {
					return iamapi.Policy{}, false, nil
				}
				shape, err := l.policy.shape(r, l.arn)
				shape.Tags = nil
				return shape, err == nil && wanted(in, &shape), err
			})
		out.Policies, out.Marker, out.IsTruncated = page, marker, new(marker != nil)
		return err
	})
}

// wanted says whether a policy is used as a list asks for.
func wanted(in *iamapi.ListPoliciesInput, p *iamapi.Policy) bool {
	if resource.Value(in.OnlyAttached) && *p.AttachmentCount+*p.PermissionsBoundaryUsageCount == 0 {
		return false
	}
	switch resource.Value(in.PolicyUsageFilter) {
	case usedAsPolicy:
		return *p.AttachmentCount > 0 || *p.PermissionsBoundaryUsageCount == 0
	case usedAsBoundary:
		return *p.PermissionsBoundaryUsageCount > 0
	}
	return true
}

// listed is a managed policy of a list.
type listed struct {
	name   string // by which the list is ordered
	policy managed
	arn    string
}

// DeletePolicy removes a managed policy that nobody has and of which there is one
// version.
func (s *Service) DeletePolicy(ctx context.Context, in *iamapi.DeletePolicyInput) (*iamapi.DeletePolicyOutput, error) {
	return &iamapi.DeletePolicyOutput{}, s.update(ctx, func(tx resource.Tx) error {
		p, err := ownPolicy(tx, *in.PolicyArn)
		if err != nil {
			return err
		}
		for _, err := range uses.List(tx, *in.PolicyArn) {
			if err != nil {
				return err
			}
			return cloud.Errorf(cloud.Conflict, "DeleteConflict", "Cannot delete a policy attached to entities.")
		}
		if len(p.Versions) > 1 {
			return cloud.Errorf(cloud.Conflict, "DeleteConflict", "This policy has more than one version. Before you delete a policy, you must "+
				"delete the policy's versions. The default version is deleted with the policy.")
		}
		if err := tags.Delete(tx, *in.PolicyArn); err != nil {
			return err
		}
		return managedPolicies.Delete(tx, folded(p.Name))
	})
}

// ListEntitiesForPolicy returns a page of who has a managed policy.
func (s *Service) ListEntitiesForPolicy(ctx context.Context, in *iamapi.ListEntitiesForPolicyInput) (*iamapi.ListEntitiesForPolicyOutput, error) {
	out := &iamapi.ListEntitiesForPolicyOutput{PolicyGroups: []iamapi.PolicyGroup{}, PolicyRoles: []iamapi.PolicyRole{}, PolicyUsers: []iamapi.PolicyUser{}}
	type found struct {
		use  use
		noun string
		skip bool
	}
	return out, s.view(ctx, func(r resource.Reader) error {
		if _, err := managedPolicy(r, *in.PolicyArn); err != nil {
			return err
		}
		var all []found
		var names []string
		listed := map[string]bool{} // who has it in both ways is listed once
		for entry, err := range uses.List(r, *in.PolicyArn) {
			if err != nil {
				return err
			}
			parts := resource.Names(entry.Name)
			usage, noun, name := parts[0], parts[1], parts[2]
			if filter := in.PolicyUsageFilter; filter != nil && *filter != usage || !strings.HasSuffix(resource.Or(in.EntityFilter, noun), "ManagedPolicy") && resource.Or(in.EntityFilter, noun) != noun {
				continue
			}
			if listed[noun+name] {
				continue
			}
			listed[noun+name] = true
			path, err := pathOf(r, noun, name)
			if err != nil {
				return err
			}
			all, names = append(all, found{entry.Value, noun, !below(path, in.PathPrefix)}), append(names, entry.Name)
		}
		at := map[string]int{}
		for i, name := range names {
			at[name] = i
		}
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), sorted(names), func(name string) (found, bool, error) {
			f := all[at[name]]
			return f, !f.skip, nil
		})
		for _, f := range page {
			switch f.noun {
			case groups.noun:
				out.PolicyGroups = append(out.PolicyGroups, iamapi.PolicyGroup{GroupName: &f.use.Name, GroupId: &f.use.ID})
			case roles.noun:
				out.PolicyRoles = append(out.PolicyRoles, iamapi.PolicyRole{RoleName: &f.use.Name, RoleId: &f.use.ID})
			case users.noun:
				out.PolicyUsers = append(out.PolicyUsers, iamapi.PolicyUser{UserName: &f.use.Name, UserId: &f.use.ID})
			}
		}
		out.Marker, out.IsTruncated = marker, new(marker != nil)
		return err
	})
}

// pathOf returns the path of an identity by what it is and its folded name.
func pathOf(r resource.Reader, noun, name string) (string, error) {
	switch noun {
	case groups.noun:
		g, err := groups.get(r, &name)
		return g.Path, err
	case roles.noun:
		found, err := roles.get(r, &name)
		return found.Path, err
	}
	u, err := users.get(r, &name)
	return u.Path, err
}

// policyName takes the ARN of a managed policy apart. The name is empty for what is
// none.
func policyName(policyARN string) (path, name string) {
	parsed, err := cloud.ParseARN(policyARN)
	rest, ok := strings.CutPrefix(parsed.Resource, "policy/")
	if err != nil || !ok || parsed.Service != "iam" {
		return "", ""
	}
	at := strings.LastIndexByte("/"+rest, '/')
	return ("/" + rest)[:at+1], rest[at:]
}

// managedPolicy returns a managed policy of the account, or of AWS.
func managedPolicy(r resource.Reader, policyARN string) (managed, error) {
	if strings.HasPrefix(policyARN, providedPrefix) {
		provided, err := provided()
		if err != nil {
			return managed{}, err
		}
		_, name := policyName(policyARN)
		p, found := provided.policies[folded(name)]
		if !found || providedARN(&p) != policyARN {
			return managed{}, errNoPolicy(policyARN)
		}
		return p, nil
	}
	return ownPolicy(r, policyARN)
}

// ownPolicy returns a managed policy of the account.
func ownPolicy(r resource.Reader, policyARN string) (managed, error) {
	if strings.HasPrefix(policyARN, providedPrefix) {
		return managed{}, cloud.Errorf(cloud.Denied, "AccessDenied", "%s is a policy of AWS, which nobody else can change.", policyARN)
	}
	_, name := policyName(policyARN)
	if name == "" {
		return managed{}, errInput("ARN %s is not valid.", policyARN)
	}
	p, found, err := managedPolicies.Find(r, folded(name))
	if err == nil && (!found || p.arn(accountOf(r)) != policyARN) {
		err = errNoPolicy(policyARN)
	}
	return p, err
}

func errNoPolicy(policyARN string) error {
	return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "Policy %s was not found.", policyARN)
}

func (p *managed) arn(account cloud.Account) string { return arn(account, "policy", p.Path, p.Name) }

// shape returns a policy as IAM answers it, with its tags and how many have it.
func (p *managed) shape(r resource.Reader, policyARN string) (iamapi.Policy, error) {
	attached, err := count(r, policyARN, usedAsPolicy)
	if err != nil {
		return iamapi.Policy{}, err
	}
	bounds, err := count(r, policyARN, usedAsBoundary)
	if err != nil {
		return iamapi.Policy{}, err
	}
	kept, err := tagsOf(r, policyARN)
	return iamapi.Policy{
		PolicyName: &p.Name, PolicyId: &p.ID, Arn: &policyARN, Path: &p.Path, DefaultVersionId: new(versionID(p.Default)),
		AttachmentCount: &attached, PermissionsBoundaryUsageCount: &bounds, IsAttachable: new(true),
		CreateDate: &p.Created, UpdateDate: &p.Updated, Tags: kept,
	}, err
}

// count returns how many identities use a policy in a way.
func count(r resource.Reader, policyARN, usage string) (n int32, err error) {
	for _, err := range r.List(r.Scope(), uses.Name, state.Range{Prefix: policyARN + "\x00" + usage + "\x00"}) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

func versionID(number int) string { return fmt.Sprintf("v%d", number) }

// optional returns a text as a member that is absent where it is empty.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
