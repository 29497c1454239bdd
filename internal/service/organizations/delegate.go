package organizations

import (
	"context"
	"slices"
	"strings"
	"time"

	api "github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// integrated are the services that work with AWS Organizations.
//
// See https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html.
var integrated = strings.Fields(`
	access-analyzer account agreement-management-service.s3 amplify appconfig artifact auditmanager aws-artifact-account-sync backup bcm-data-exports
	billing cloudformation cloudtrail compute-optimizer config config-multiaccountsetup controltower cost-optimization-hub detective devops-guru ds
	ec2 eventbridge events fms guardduty health iam infrastructureperformance.networkmanager inspector2 ipam license-management.marketplace
	license-manager license-manager-linux-subscriptions license-manager.member-account macie malware-protection.guardduty
	member.org.stacksets.cloudformation mgn networkmanager observabilityadmin private-marketplace.marketplace
	reachabilityanalyzer.networkinsights reporting.trustedadvisor resource-explorer-2 ram rolesanywhere securityhub securitylake servicecatalog
	servicequotas sso ssm ssm-quicksetup ssm-incidents stacksets.cloudformation storage-lens.s3 support.marketplace tagpolicies.tag trustedadvisor
	user-notifications.notifications notifications vpc-flow-logs wellarchitected multi-region.route53 arc-region-switch resourceexplorer
	application-signals.cloudwatch payment-cryptography uxc procurement.marketplace deadline q security-ir declarative-policies-report.ec2
	report.declarative-policies-ec2 odb s3`)

// checkService returns AWS's error for what is none of the services that work with
// organizations.
func checkService(principal string) error {
	name, ok := strings.CutSuffix(strings.TrimSuffix(principal, "."), ".amazonaws.com")
	if !ok || !slices.Contains(integrated, name) {
		return errService()
	}
	return nil
}

// errService is AWS's error for what is no service.
func errService() error {
	return errInput("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.")
}

// find returns where a service is in a list of delegations.
func find(list []delegation, service string) int {
	return slices.IndexFunc(list, func(d delegation) bool { return d.Service == service })
}

// RegisterDelegatedAdministrator lets a member administer a service for the organization,
// and look at the organization.
func (s *Service) RegisterDelegatedAdministrator(ctx context.Context, in *api.RegisterDelegatedAdministratorInput) (*api.RegisterDelegatedAdministratorOutput, error) {
	return nil, s.update(ctx, ask{action: "RegisterDelegatedAdministrator", on: *in.AccountId}, func(o *org) error {
		a, err := o.administrator(*in.AccountId, "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
			"You cannot register master account/yourself as delegated administrator for your organization.")
		if err == nil {
			err = checkService(*in.ServicePrincipal)
		}
		switch {
		case err != nil:
			return err
		case !a.Closed.IsZero():
			return errConstraint("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR", "You cannot register a suspended account as a delegated administrator.")
		case find(a.Delegated, *in.ServicePrincipal) >= 0:
			return cloud.Errorf(cloud.Conflict, "AccountAlreadyRegisteredException", "The provided account is already a delegated administrator for your organization.")
		}
		a.Delegated = append(a.Delegated, delegation{*in.ServicePrincipal, *resource.Now(time.Millisecond)})
		slices.SortFunc(a.Delegated, func(x, y delegation) int {
			if x.Service < y.Service {
				return -1
			}
			return 1
		})
		return a.put(o.everywhere())
	})
}

// administrator returns a member that is, or is to be, a delegated administrator. The
// management account is none.
func (o *org) administrator(id, reason, message string) (account, error) {
	if id == string(o.management) {
		return account{}, errConstraint(reason, "%s", message)
	}
	return o.member(id, errNoAccount)
}

// errNotRegistered is why an account is no delegated administrator.
func errNotRegistered(message string) error {
	return cloud.Errorf(cloud.NotFound, "AccountNotRegisteredException", "%s", message)
}

// DeregisterDelegatedAdministrator ends that a member administers a service.
func (s *Service) DeregisterDelegatedAdministrator(ctx context.Context, in *api.DeregisterDelegatedAdministratorInput) (*api.DeregisterDelegatedAdministratorOutput, error) {
	return nil, s.update(ctx, ask{action: "DeregisterDelegatedAdministrator", on: *in.AccountId}, func(o *org) error {
		a, err := o.administrator(*in.AccountId, "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
			"You cannot register master account/yourself as delegated administrator for your organization.")
		if err != nil {
			return err
		}
		at := find(a.Delegated, *in.ServicePrincipal)
		switch {
		case len(a.Delegated) == 0:
			return errNotRegistered("The provided account is not a registered delegated administrator for your organization.")
		case at < 0:
			return errService()
		}
		a.Delegated = slices.Delete(a.Delegated, at, at+1)
		return a.put(o.everywhere())
	})
}

// ListDelegatedAdministrators returns a page of the members that administer a service, or
// any.
func (s *Service) ListDelegatedAdministrators(ctx context.Context, in *api.ListDelegatedAdministratorsInput) (*api.ListDelegatedAdministratorsOutput, error) {
	out := &api.ListDelegatedAdministratorsOutput{}
	return out, s.view(ctx, ask{action: "ListDelegatedAdministrators"}, func(o *org) error {
		var err error
		if in.ServicePrincipal != nil {
			err = checkService(*in.ServicePrincipal)
		}
		if err != nil {
			return err
		}
		out.DelegatedAdministrators, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), members.From(o.r),
			func(id cloud.Account) (api.DelegatedAdministrator, bool, error) {
				a, err := o.member(string(id), errNoAccount)
				if err != nil || len(a.Delegated) == 0 {
					return api.DelegatedAdministrator{}, false, err
				}
				at := 0
				if in.ServicePrincipal != nil {
					if at = find(a.Delegated, *in.ServicePrincipal); at < 0 {
						return api.DelegatedAdministrator{}, false, nil
					}
				}
				shape := o.accountShape(&a)
				return api.DelegatedAdministrator{
					Id: shape.Id, Arn: shape.Arn, Email: shape.Email, Name: shape.Name, Status: shape.Status, State: shape.State,
					JoinedMethod: shape.JoinedMethod, JoinedTimestamp: shape.JoinedTimestamp, DelegationEnabledDate: &a.Delegated[at].At,
				}, true, nil
			})
		return err
	})
}

// ListDelegatedServicesForAccount returns a page of the services that a member
// administers.
func (s *Service) ListDelegatedServicesForAccount(ctx context.Context, in *api.ListDelegatedServicesForAccountInput) (*api.ListDelegatedServicesForAccountOutput, error) {
	out := &api.ListDelegatedServicesForAccountOutput{}
	return out, s.view(ctx, ask{action: "ListDelegatedServicesForAccount", on: *in.AccountId}, func(o *org) error {
		a, err := o.member(*in.AccountId, errNotInUse)
		if err != nil {
			return err
		}
		if len(a.Delegated) == 0 {
			return errNotRegistered("The provided account is not a registered delegated administrator for your organization.")
		}
		var all []resource.Entry[api.DelegatedService]
		for _, d := range a.Delegated {
			all = append(all, resource.Entry[api.DelegatedService]{Name: d.Service, Value: api.DelegatedService{ServicePrincipal: &d.Service, DelegationEnabledDate: &d.At}})
		}
		out.DelegatedServices, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), listed(all), resource.Whole)
		return err
	})
}

// EnableAWSServiceAccess notes that a service may work in all accounts.
func (s *Service) EnableAWSServiceAccess(ctx context.Context, in *api.EnableAWSServiceAccessInput) (*api.EnableAWSServiceAccessOutput, error) {
	return nil, s.update(ctx, ask{action: "EnableAWSServiceAccess"}, func(o *org) error {
		if o.Features != allFeatures {
			return errConstraint("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "The organization does not have all features enabled.")
		}
		if err := checkService(*in.ServicePrincipal); err != nil {
			return err
		}
		if slices.ContainsFunc(o.Trusted, func(t trusted) bool { return t.Service == *in.ServicePrincipal }) {
			return nil
		}
		o.Trusted = append(o.Trusted, trusted{*in.ServicePrincipal, *resource.Now(time.Millisecond)})
		return o.save()
	})
}

// DisableAWSServiceAccess ends that a service may work in all accounts.
func (s *Service) DisableAWSServiceAccess(ctx context.Context, in *api.DisableAWSServiceAccessInput) (*api.DisableAWSServiceAccessOutput, error) {
	return nil, s.update(ctx, ask{action: "DisableAWSServiceAccess"}, func(o *org) error {
		if err := checkService(*in.ServicePrincipal); err != nil {
			return err
		}
		o.Trusted = slices.DeleteFunc(o.Trusted, func(t trusted) bool { return t.Service == *in.ServicePrincipal })
		return o.save()
	})
}

// ListAWSServiceAccessForOrganization returns a page of the services that may work in all
// accounts.
func (s *Service) ListAWSServiceAccessForOrganization(ctx context.Context, in *api.ListAWSServiceAccessForOrganizationInput) (*api.ListAWSServiceAccessForOrganizationOutput, error) {
	out := &api.ListAWSServiceAccessForOrganizationOutput{}
	return out, s.view(ctx, ask{action: "ListAWSServiceAccessForOrganization"}, func(o *org) error {
		var all []resource.Entry[api.EnabledServicePrincipal]
		for _, t := range o.Trusted {
			all = append(all, resource.Entry[api.EnabledServicePrincipal]{
				Name: order(t.At, t.Service), Value: api.EnabledServicePrincipal{ServicePrincipal: &t.Service, DateEnabled: &t.At},
			})
		}
		var err error
		out.EnabledServicePrincipals, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), listed(all), resource.Whole)
		return err
	})
}
