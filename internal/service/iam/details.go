package iam

import (
	"context"
	"iter"
	"slices"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/resource"
)

// GetAccountAuthorizationDetails returns a page of all users, groups, roles and
// policies of the account, with their documents. AWS's policies are among them where
// somebody has them.
func (s *Service) GetAccountAuthorizationDetails(ctx context.Context, in *iamapi.GetAccountAuthorizationDetailsInput) (*iamapi.GetAccountAuthorizationDetailsOutput, error) {
	out := &iamapi.GetAccountAuthorizationDetailsOutput{
		UserDetailList: []iamapi.UserDetail{}, GroupDetailList: []iamapi.GroupDetail{}, RoleDetailList: []iamapi.RoleDetail{}, Policies: []iamapi.ManagedPolicyDetail{},
	}
	return out, s.view(ctx, func(r resource.Reader) error {
		_, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), details(r, in.Filter), func(add detail) (struct{}, bool, error) {
			return struct{}{}, true, add(out)
		})
		out.Marker, out.IsTruncated = marker, new(marker != nil)
		return err
	})
}

// detail adds one thing to what is answered.
type detail func(out *iamapi.GetAccountAuthorizationDetailsOutput) error

// details lists what a filter asks for, or everything without one.
func details(r resource.Reader, filter []string) resource.Listing[detail] {
	parts := []struct {
		asked string
		list  resource.Listing[detail]
	}{
		{"User", userDetails(r)},
		{"Group", groupDetails(r)},
		{"Role", roleDetails(r)},
		{"LocalManagedPolicy", policyDetails(r)},
		{"AWSManagedPolicy", providedDetails(r)},
	}
	return func(after string) iter.Seq2[resource.Entry[detail], error] {
		return func(yield func(resource.Entry[detail], error) bool) {
			for i, part := range parts {
				prefix := string(rune('a' + i))
				if len(filter) > 0 && !slices.Contains(filter, part.asked) || after != "" && after[:1] > prefix {
					continue
				}
				from := ""
				if after != "" && after[:1] == prefix {
					from = after[1:]
				}
				for entry, err := range part.list(from) {
					entry.Name = prefix + entry.Name
					if !yield(entry, err) {
						return
					}
				}
			}
		}
	}
}

// mapped is a listing whose values are turned into details.
func mapped[T any](from resource.Listing[T], do func(T) detail) resource.Listing[detail] {
	return func(after string) iter.Seq2[resource.Entry[detail], error] {
		return func(yield func(resource.Entry[detail], error) bool) {
			for entry, err := range from(after) {
				if !yield(resource.Entry[detail]{Name: entry.Name, Value: do(entry.Value)}, err) {
					return
				}
			}
		}
	}
}

func userDetails(r resource.Reader) resource.Listing[detail] {
	return mapped(users.kind.From(r), func(u user) detail {
		return func(out *iamapi.GetAccountAuthorizationDetailsOutput) error {
			shape, err := u.shape(r)
			if err != nil {
				return err
			}
			d := iamapi.UserDetail{
				Path: shape.Path, UserName: shape.UserName, UserId: shape.UserId, Arn: shape.Arn, CreateDate: shape.CreateDate,
				PermissionsBoundary: shape.PermissionsBoundary, Tags: shape.Tags, GroupList: []string{},
			}
			for _, name := range u.Groups {
				g, err := groups.get(r, &name)
				if err != nil {
					return err
				}
				d.GroupList = append(d.GroupList, g.Name)
			}
			d.UserPolicyList, d.AttachedManagedPolicies = u.details()
			out.UserDetailList = append(out.UserDetailList, d)
			return nil
		}
	})
}

func groupDetails(r resource.Reader) resource.Listing[detail] {
	return mapped(groups.kind.From(r), func(g group) detail {
		return func(out *iamapi.GetAccountAuthorizationDetailsOutput) error {
			shape := g.shape(r)
			d := iamapi.GroupDetail{Path: shape.Path, GroupName: shape.GroupName, GroupId: shape.GroupId, Arn: shape.Arn, CreateDate: shape.CreateDate}
			d.GroupPolicyList, d.AttachedManagedPolicies = g.details()
			out.GroupDetailList = append(out.GroupDetailList, d)
			return nil
		}
	})
}

func roleDetails(r resource.Reader) resource.Listing[detail] {
	return mapped(roles.kind.From(r), func(found role) detail {
		return func(out *iamapi.GetAccountAuthorizationDetailsOutput) error {
			shape, err := found.shape(r)
			if err != nil {
				return err
			}
			d := iamapi.RoleDetail{
				Path: shape.Path, RoleName: shape.RoleName, RoleId: shape.RoleId, Arn: shape.Arn, CreateDate: shape.CreateDate,
				AssumeRolePolicyDocument: shape.AssumeRolePolicyDocument, PermissionsBoundary: shape.PermissionsBoundary, Tags: shape.Tags,
				RoleLastUsed: shape.RoleLastUsed, InstanceProfileList: []iamapi.InstanceProfile{},
			}
			for entry, err := range carriers.List(r, folded(found.Name)) {
				if err != nil {
					return err
				}
				p, err := getProfile(r, &entry.Value)
				if err != nil {
					return err
				}
				profile, err := p.shape(r)
				if err != nil {
					return err
				}
				d.InstanceProfileList = append(d.InstanceProfileList, profile)
			}
			d.RolePolicyList, d.AttachedManagedPolicies = found.details()
			out.RoleDetailList = append(out.RoleDetailList, d)
			return nil
		}
	})
}

func policyDetails(r resource.Reader) resource.Listing[detail] {
	return mapped(managedPolicies.From(r), func(p managed) detail { return p.detail(r, p.arn(accountOf(r))) })
}

// providedDetails lists those of AWS's policies that somebody has.
func providedDetails(r resource.Reader) resource.Listing[detail] {
	return func(after string) iter.Seq2[resource.Entry[detail], error] {
		return func(yield func(resource.Entry[detail], error) bool) {
			last := ""
			for entry, err := range uses.List(r) {
				if err != nil {
					yield(resource.Entry[detail]{}, err)
					return
				}
				policyARN := resource.Names(entry.Name)[0]
				if policyARN == last || policyARN <= after || !isProvided(policyARN) {
					continue
				}
				last = policyARN
				p, err := managedPolicy(r, policyARN)
				if !yield(resource.Entry[detail]{Name: policyARN, Value: p.detail(r, policyARN)}, err) {
					return
				}
			}
		}
	}
}

func (p *managed) detail(r resource.Reader, policyARN string) detail {
	return func(out *iamapi.GetAccountAuthorizationDetailsOutput) error {
		shape, err := p.shape(r, policyARN)
		if err != nil {
			return err
		}
		d := iamapi.ManagedPolicyDetail{
			PolicyName: shape.PolicyName, PolicyId: shape.PolicyId, Arn: shape.Arn, Path: shape.Path, DefaultVersionId: shape.DefaultVersionId,
			AttachmentCount: shape.AttachmentCount, PermissionsBoundaryUsageCount: shape.PermissionsBoundaryUsageCount, IsAttachable: shape.IsAttachable,
			Description: optional(p.Description), CreateDate: shape.CreateDate, UpdateDate: shape.UpdateDate, PolicyVersionList: []iamapi.PolicyVersion{},
		}
		for i := range p.Versions {
			d.PolicyVersionList = append(d.PolicyVersionList, p.versionShape(&p.Versions[len(p.Versions)-1-i], true))
		}
		out.Policies = append(out.Policies, d)
		return nil
	}
}
