package app

import (
	"context"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/service/iam"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// openAccess makes what decides every call, once the services are there that know
// identities and resources.
func (a *App) openAccess() {
	a.access = access.New(access.Config{Identities: a.iam, Organization: a.accounts, Resources: a.held, Encode: a.sts.Encode})
	a.explains = sigv4.New(a.keys(), time.Now)
}

// authorize decides a call, and notes that its key was used.
func (a *App) authorize(ctx context.Context, asked cloud.Access) error {
	a.iam.Used(&asked.Call)
	return a.access.Authorize(ctx, asked)
}

// may asks who decides for a service that works on a call. Like the inner door
// it is there once all services are.
func (a *App) may(ctx context.Context, action, arn string, conditions map[string][]string) error {
	return a.access.May(ctx, action, arn, conditions)
}

// reads returns what says whether one of our services may read objects for whom
// it works, and use the keys of their content.
func (a *App) reads(service string) func(ctx context.Context, objects []lake.Object) error {
	return func(ctx context.Context, objects []lake.Object) error {
		arns := make([]string, len(objects))
		for i := range objects {
			arns[i] = "arn:aws:s3:::" + objects[i].Bucket + "/" + objects[i].Key
		}
		ctx = a.gateway.Acting(ctx, cloud.ServiceOf(service))
		if err := a.access.MayAll(ctx, "s3:GetObject", arns); err != nil {
			return err
		}
		return a.s3.Openable(ctx, stored(objects))
	}
}

// heldByIAM tells what IAM holds: the trust policies of roles decide who may
// assume them, and tags and boundaries are conditions of all other calls.
type heldByIAM struct{ iam *iam.Service }

// Held implements access.Resources.
func (h heldByIAM) Held(ctx context.Context, _ *cloud.Access, r cloud.Resource) (access.Held, error) {
	if strings.HasPrefix(r.Action, "sts:") {
		return h.trust(ctx, r.ARN)
	}
	return access.Held{Conditions: access.Conditions{
		Beginnings: []string{"aws:resourcetag/", "iam:resourcetag/", "iam:permissionsboundary"},
		Tell: func(ctx context.Context) (map[string][]string, error) {
			tags, err := h.iam.ResourceTags(ctx, r.ARN)
			if err != nil {
				return nil, err
			}
			boundary, err := h.iam.BoundaryOf(ctx, r.ARN)
			if err != nil {
				return nil, err
			}
			conditions := taggedWith(tags, "aws:ResourceTag/", "iam:ResourceTag/")
			if boundary != "" {
				conditions["iam:PermissionsBoundary"] = []string{boundary}
			}
			return conditions, nil
		},
	}}, nil
}

// trust returns the trust policy of a role. A role that is not there trusts nobody.
func (h heldByIAM) trust(ctx context.Context, role string) (access.Held, error) {
	held := access.Held{Trust: true}
	arn, err := cloud.ParseARN(role)
	if err != nil {
		return held, nil //nolint:nilerr // what is no ARN is no role
	}
	trust, err := h.iam.TrustPolicy(ctx, arn)
	if err != nil {
		return held, err
	}
	held.Policies = []policy.Attached{trust}
	held.Conditions = access.Conditions{
		Beginnings: []string{"aws:resourcetag/", "iam:resourcetag/"},
		Tell: func(ctx context.Context) (map[string][]string, error) {
			tags, err := h.iam.ResourceTags(ctx, role)
			return taggedWith(tags, "aws:ResourceTag/", "iam:ResourceTag/"), err
		},
	}
	return held, nil
}

// taggedWith returns tags as condition keys of families.
func taggedWith(tags map[string]string, families ...string) map[string][]string {
	conditions := map[string][]string{}
	for key, value := range tags {
		for _, family := range families {
			conditions[family+key] = []string{value}
		}
	}
	return conditions
}
