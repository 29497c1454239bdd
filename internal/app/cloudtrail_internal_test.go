package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
)

// trails is somebody's client of CloudTrail.
func (h *house) trails(c caller) cloudtrailapi.Client {
	return cloudtrailapi.Client{Door: h.door(c)}
}

// door is what a caller asks any service through.
func (h *house) door(c caller) api.Door {
	return api.DoorFunc(func(ctx context.Context, of *api.Service, operation string, in any) (any, error) {
		return h.app.gateway.Inside(c.principal).Do(ctx, of, operation, in)
	})
}

// in returns a context of calls in an account.
func (h *house) in(account cloud.Account) context.Context {
	call := cloud.CallOf(h.ctx)
	call.Account = account
	return cloud.WithCall(h.ctx, call)
}

// Who may list the accounts of an organization finds their events beside the own ones;
// a member finds its own.
func TestEventsOfAnOrganizationAreFoundByWhoMayListItsAccounts(t *testing.T) {
	o := organize(t)
	member := o.account("logs")
	for account, name := range map[cloud.Account]string{ours: "olaf", member: "mia"} {
		_, err := o.root(account).iam.CreateUser(o.in(account), &iamapi.CreateUserInput{UserName: &name})
		o.must(err)
	}
	looks := `{"Effect":"Allow","Action":"cloudtrail:LookupEvents","Resource":"*"}`
	for name, tt := range map[string]struct {
		caller caller
		want   []string
	}{
		"the management account's root": {o.root(ours), []string{"mia", "olaf"}},
		"who may list accounts":         {o.user(ours, "lister", looks, allow("organizations:ListAccounts", "*")), []string{"mia", "olaf"}},
		"who may not":                   {o.user(ours, "looker", looks), []string{"olaf"}},
		"a member":                      {o.root(member), []string{"mia"}},
	} {
		out, err := o.trails(tt.caller).LookupEvents(o.in(tt.caller.principal.Account), &cloudtrailapi.LookupEventsInput{
			LookupAttributes: []cloudtrailapi.LookupAttribute{{AttributeKey: new("EventName"), AttributeValue: new("CreateUser")}},
		})
		o.must(err)
		var found []string
		for _, name := range []string{"mia", "olaf"} {
			if slices.ContainsFunc(out.Events, func(e cloudtrailapi.Event) bool {
				return strings.Contains(*e.CloudTrailEvent, `"requestParameters":{"userName":"`+name+`"}`)
			}) {
				found = append(found, name)
			}
		}
		if diff := cmp.Diff(tt.want, found); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A trail of an organization is its management account's to make.
func TestTrailOfAnOrganization(t *testing.T) {
	o := organize(t)
	member := o.account("logs")
	const policy = `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["s3:GetBucketAcl","s3:PutObject"],"Resource":["arn:aws:s3:::trail","arn:aws:s3:::trail/*"]}`
	o.bucket(ours, "trail", document(policy))
	for account, want := range map[cloud.Account]string{ours: "", member: "NotOrganizationMasterAccountException", theirs: "OrganizationsNotInUseException"} {
		_, err := o.trails(o.root(account)).CreateTrail(o.in(account), &cloudtrailapi.CreateTrailInput{
			Name: new("all"), S3BucketName: new("trail"), IsOrganizationTrail: new(true), IsMultiRegionTrail: new(true),
		})
		code := ""
		if e, ok := errors.AsType[*cloud.Error](err); ok {
			code = e.Code
		}
		if code != want {
			t.Errorf("in %s: %v, want %q", account, err, want)
		}
	}
}
