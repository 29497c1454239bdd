package iam

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// linkedService is what the role of a service is called, and its policy.
type linkedService struct{ name, policy string }

// linkedServices are the services whose roles have not the name that their principal
// suggests, or a policy of their own.
var linkedServices = map[string]linkedService{
	"autoscaling.amazonaws.com":             {"AutoScaling", "AutoScalingServiceRolePolicy"},
	"cloudtrail.amazonaws.com":              {"CloudTrail", "CloudTrailServiceRolePolicy"},
	"config.amazonaws.com":                  {"Config", "AWSConfigServiceRolePolicy"},
	"config-conforms.amazonaws.com":         {"ConfigConforms", "ConfigConformsServiceRolePolicy"},
	"ecs.amazonaws.com":                     {"ECS", "AmazonECSServiceRolePolicy"},
	"elasticbeanstalk.amazonaws.com":        {"ElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy"},
	"elasticloadbalancing.amazonaws.com":    {"ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"},
	"events.amazonaws.com":                  {"CloudWatchEvents", "CloudWatchEventsServiceRolePolicy"},
	"guardduty.amazonaws.com":               {"AmazonGuardDuty", "AmazonGuardDutyServiceRolePolicy"},
	"organizations.amazonaws.com":           {"Organizations", "AWSOrganizationsServiceTrustPolicy"},
	"rds.amazonaws.com":                     {"RDS", "AmazonRDSServiceRolePolicy"},
	"ssm.amazonaws.com":                     {"AmazonSSM", "AmazonSSMServiceRolePolicy"},
	"delivery.logs.amazonaws.com":           {"LogDelivery", "AWSLogDeliveryServiceRolePolicy"},
	"application-autoscaling.amazonaws.com": {"ApplicationAutoScaling", ""},
}

// CreateServiceLinkedRole makes the role that a service acts by. Its trust policy names
// that service alone, and nobody else can change it.
func (s *Service) CreateServiceLinkedRole(ctx context.Context, in *iamapi.CreateServiceLinkedRoleInput) (*iamapi.CreateServiceLinkedRoleOutput, error) {
	r, err := linkedRole(*in.AWSServiceName, resource.Value(in.CustomSuffix))
	if err != nil {
		return nil, err
	}
	r.Description = in.Description
	out := &iamapi.CreateServiceLinkedRoleOutput{}
	return out, s.update(ctx, func(tx resource.Tx) error {
		if _, found, err := roles.kind.Find(tx, folded(r.Name)); err != nil {
			return err
		} else if found {
			return errInput("Service role name %s has been taken in this account, please try a different suffix.", r.Name)
		}
		if err := r.link(tx); err != nil {
			return err
		}
		shape, err := r.shape(tx)
		shape.RoleLastUsed, shape.MaxSessionDuration = nil, nil
		out.Role = &shape
		return err
	})
}

// AddLinkedRole gives an account, as part of a transaction, the role that a service acts
// by, unless it has it.
func (s *Service) AddLinkedRole(t state.Tx, account cloud.Account, service, description string) error {
	tx := inTx(t, account)
	r, err := linkedRole(service, "")
	if err != nil {
		return err
	}
	r.Description = &description
	if _, found, err := roles.kind.Find(tx, folded(r.Name)); err != nil || found {
		return err
	}
	t.AfterCommit(func() { s.cache.forget(account) })
	return r.link(tx)
}

// linkedRole returns the role of a service, which is not kept yet.
func linkedRole(service, suffix string) (*role, error) {
	host, ok := strings.CutSuffix(service, ".amazonaws.com")
	if !ok || host == "" {
		return nil, errInput("Service %s does not exist: name its principal, such as config.amazonaws.com.", service)
	}
	linked, known := linkedServices[service]
	if !known {
		linked.name = camel(host)
		if prefix, rest, two := strings.Cut(host, "."); two { // custom-resource.application-autoscaling
			linked.name = camel(rest) + "_" + camel(prefix)
			if of, known := linkedServices[rest+".amazonaws.com"]; known {
				linked.name = of.name + "_" + camel(prefix)
			}
		}
	}
	name := "AWSServiceRoleFor" + linked.name
	if suffix != "" {
		name += "_" + suffix
	}
	return &role{
		entity: newEntity("AROA", name, new(access.LinkedPath+service+"/")), MaxSession: session, Linked: service,
		Trust: fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":[%q]}}]}`, service),
	}, nil
}

// link keeps the role of a service, with AWS's policy for it where there is one.
func (r *role) link(tx resource.Tx) error {
	if linked := linkedServices[r.Linked]; linked.policy != "" {
		policyARN, err := providedByName(linked.policy)
		if err != nil {
			return err
		}
		if policyARN != "" {
			r.Attached = []string{policyARN}
			if err := uses.Put(tx, r.use(), policyARN, usedAsPolicy, roles.noun, folded(r.Name)); err != nil {
				return err
			}
		}
	}
	return roles.create(tx, r)
}

// camel writes the words of a name without hyphens: "custom-resource" as
// "CustomResource". One word stays as it is.
func camel(name string) string {
	words := strings.Split(name, "-")
	if len(words) == 1 {
		return name
	}
	for i, word := range words {
		if word != "" {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}

// deletion is the removal of a service's role, which is done at once.
type deletion struct{ At time.Time }

var deletions = resource.Kind[deletion]{
	Name: "iam/deletion", Missing: missing("Deletion task %s cannot be found."),
}

// DeleteServiceLinkedRole removes the role of a service.
func (s *Service) DeleteServiceLinkedRole(ctx context.Context, in *iamapi.DeleteServiceLinkedRoleInput) (*iamapi.DeleteServiceLinkedRoleOutput, error) {
	out := &iamapi.DeleteServiceLinkedRoleOutput{}
	return out, s.update(ctx, func(tx resource.Tx) error {
		r, err := roles.get(tx, in.RoleName)
		if err != nil {
			return err
		}
		if r.Linked == "" {
			return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "The role with name %s is not a service-linked role.", r.Name)
		}
		for _, policyARN := range r.Attached {
			if err := uses.Discard(tx, policyARN, usedAsPolicy, roles.noun, folded(r.Name)); err != nil {
				return err
			}
		}
		if err := roles.end(tx, &r); err != nil {
			return err
		}
		out.DeletionTaskId = new("task" + r.Path + r.Name + "/" + uuid.NewString())
		return deletions.Put(tx, deletion{time.Now().UTC()}, *out.DeletionTaskId)
	})
}

// GetServiceLinkedRoleDeletionStatus returns how the removal of a service's role went.
func (s *Service) GetServiceLinkedRoleDeletionStatus(ctx context.Context, in *iamapi.GetServiceLinkedRoleDeletionStatusInput) (*iamapi.GetServiceLinkedRoleDeletionStatusOutput, error) {
	return &iamapi.GetServiceLinkedRoleDeletionStatusOutput{Status: new("SUCCEEDED")}, s.view(ctx, func(r resource.Reader) error {
		_, err := deletions.Get(r, *in.DeletionTaskId)
		return err
	})
}
