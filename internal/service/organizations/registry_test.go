package organizations_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/iam"
	"github.com/sillok/sillok/internal/service/organizations"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// made makes an account as sillok account create does, with a key of its root user.
func made(ctx context.Context, s *organizations.Service, identities *iam.Service, opening organizations.Opening) (organizations.Account, cloud.Key, error) {
	var key cloud.Key
	account, err := s.Open(ctx, opening, func(tx state.Tx, id cloud.Account) (err error) {
		key, err = identities.AddRootKey(tx, id, false)
		return err
	})
	return account, key, err
}

func TestAnAccountIsMadeWholeOrNotAtAll(t *testing.T) {
	s, identities := open(t)
	ctx := servicetest.Call(t)
	opening := organizations.Opening{ID: "444455556666", Name: "logs", Email: "logs@storage.example"}
	full := errors.New("the disk is full")
	if _, err := s.Open(ctx, opening, func(tx state.Tx, id cloud.Account) error {
		_, err := identities.AddRootKey(tx, id, false)
		return errors.Join(err, full)
	}); !errors.Is(err, full) {
		t.Fatal(err)
	}
	before := servicetest.Must(s.Accounts(ctx))(t)
	if len(before) != 1 {
		t.Errorf("half an account is there: %+v", before)
	}
	account, key, err := made(ctx, s, identities, opening) // so it can be repeated
	if err != nil {
		t.Fatal(err)
	}
	want := organizations.Account{ID: "444455556666", Name: "logs", Email: "logs@storage.example", Status: "ACTIVE"}
	if diff := cmp.Diff(want, account, cmpopts.IgnoreFields(want, "Created")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	found := servicetest.Must(identities.Lookup(t.Context(), key.ID, ""))(t)
	servicetest.Diff(t, cloud.Key{ID: key.ID, Secret: key.Secret, Principal: cloud.RootOf("444455556666")}, found)
}

func TestWhatNoAccountCanBe(t *testing.T) {
	s, identities := open(t)
	ctx := servicetest.Call(t)
	if _, _, err := made(ctx, s, identities, organizations.Opening{ID: "444455556666", Name: "logs", Email: "logs@storage.example"}); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		opening    organizations.Opening
		code, part string
	}{
		"no ID":               {organizations.Opening{ID: "12", Name: "a"}, "InvalidInput", "12 digits are required"},
		"no name":             {organizations.Opening{Name: " "}, "InvalidInput", "1 to 50 printable"},
		"a name of lines":     {organizations.Opening{Name: "a\nb"}, "InvalidInput", "1 to 50 printable"},
		"no address":          {organizations.Opening{Name: "a", Email: "storage.example"}, "InvalidInput", "is not an address"},
		"no name of a role":   {organizations.Opening{Name: "a", Role: "a b"}, "InvalidInput", "is not the name of a role"},
		"all wrong":           {organizations.Opening{ID: "x", Email: "x", Role: "/"}, "InvalidInput", "is not the name of a role"},
		"the name again":      {organizations.Opening{Name: "logs"}, "AccountAlreadyExists", "444455556666"},
		"the first's name":    {organizations.Opening{Name: "management"}, "AccountAlreadyExists", string(servicetest.Account)},
		"the ID again":        {organizations.Opening{ID: "444455556666", Name: "a"}, "AccountAlreadyExists", "444455556666"},
		"the first's ID":      {organizations.Opening{ID: servicetest.Account, Name: "a"}, "AccountAlreadyExists", string(servicetest.Account)},
		"the address again":   {organizations.Opening{Name: "a", Email: "LOGS@storage.example"}, "EmailAlreadyExists", ""},
		"the first's address": {organizations.Opening{Name: "a", Email: "root@111122223333.example"}, "EmailAlreadyExists", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := made(ctx, s, identities, tt.opening)
			servicetest.WantCode(t, err, tt.code, tt.part)
		})
	}
}

// An account that is made by the manager of an organization is a member, unless it is to
// stand alone; a member cannot make any.
func TestAccountsJoinTheOrganization(t *testing.T) {
	s, identities := open(t)
	ctx := servicetest.Call(t)
	organization := servicetest.Must(s.CreateOrganization(ctx, &organizationsapi.CreateOrganizationInput{}))(t).Organization
	member, _, err := made(ctx, s, identities, organizations.Opening{ID: "444455556666", Name: "member", Role: "Admins"})
	if err != nil {
		t.Fatal(err)
	}
	standing, _, err := made(ctx, s, identities, organizations.Opening{ID: "777788889999", Name: "alone", Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	if member.Organization != *organization.Id || member.Management != servicetest.Account || member.Role != "arn:aws:iam::444455556666:role/Admins" {
		t.Errorf("the member is %+v", member)
	}
	if standing.Organization != "" || standing.Role != "" {
		t.Errorf("the one that stands alone is %+v", standing)
	}
	trust, err := identities.TrustPolicy(ctx, cloud.ARN{Service: "iam", Account: "444455556666", Resource: "role/Admins"})
	if err != nil || !strings.Contains(trust.Document.Text(), string(servicetest.Account)) {
		t.Errorf("its role: %v %v", trust, err)
	}
	_, _, err = made(servicetest.As(t, "444455556666", ""), s, identities, organizations.Opening{Name: "another"})
	servicetest.WantCode(t, err, "AccessDenied", "a member of the organization of 111122223333")
	all := servicetest.Must(s.Accounts(ctx))(t)
	var names []string
	for _, a := range all {
		names = append(names, fmt.Sprintf("%s %s %s", a.ID, a.Name, a.Organization))
	}
	in := " " + *organization.Id
	servicetest.Diff(t, []string{"111122223333 management" + in, "444455556666 member" + in, "777788889999 alone "}, names)
}

// Pages of all lists hold the same, however long they are.
func TestPages(t *testing.T) {
	s, _ := open(t)
	ctx := servicetest.Call(t)
	servicetest.Must(s.CreateOrganization(ctx, &organizationsapi.CreateOrganizationInput{}))(t)
	root := servicetest.Must(s.ListRoots(ctx, &organizationsapi.ListRootsInput{}))(t).Roots[0].Id
	for _, name := range []string{"a", "b", "c"} {
		servicetest.Must(s.CreateAccount(ctx, &organizationsapi.CreateAccountInput{AccountName: &name, Email: new(name + "@storage.example")}))(t)
		servicetest.Must(s.CreateOrganizationalUnit(ctx, &organizationsapi.CreateOrganizationalUnitInput{ParentId: root, Name: &name}))(t)
		servicetest.Must(s.CreatePolicy(ctx, &organizationsapi.CreatePolicyInput{Name: &name, Description: new(""), Type: new("TAG_POLICY"), Content: new("{}")}))(t)
	}
	for name, n := range map[string]int{
		"accounts": len(servicetest.Pages(t, 20, func(size *int32, token *string) ([]organizationsapi.Account, *string, error) {
			out, err := s.ListAccounts(ctx, &organizationsapi.ListAccountsInput{MaxResults: size, NextToken: token})
			return out.Accounts, out.NextToken, err
		})),
		"accounts of a parent": len(servicetest.Pages(t, 20, func(size *int32, token *string) ([]organizationsapi.Account, *string, error) {
			out, err := s.ListAccountsForParent(ctx, &organizationsapi.ListAccountsForParentInput{ParentId: root, MaxResults: size, NextToken: token})
			return out.Accounts, out.NextToken, err
		})),
	} {
		if n != 4 {
			t.Errorf("%s: %d, want 4", name, n)
		}
	}
	for name, n := range map[string]int{
		"units": len(servicetest.Pages(t, 20, func(size *int32, token *string) ([]organizationsapi.OrganizationalUnit, *string, error) {
			out, err := s.ListOrganizationalUnitsForParent(ctx, &organizationsapi.ListOrganizationalUnitsForParentInput{ParentId: root, MaxResults: size, NextToken: token})
			return out.OrganizationalUnits, out.NextToken, err
		})),
		"policies": len(servicetest.Pages(t, 20, func(size *int32, token *string) ([]organizationsapi.PolicySummary, *string, error) {
			out, err := s.ListPolicies(ctx, &organizationsapi.ListPoliciesInput{Filter: new("TAG_POLICY"), MaxResults: size, NextToken: token})
			return out.Policies, out.NextToken, err
		})),
		"what became of creations": len(servicetest.Pages(t, 20, func(size *int32, token *string) ([]organizationsapi.CreateAccountStatus, *string, error) {
			out, err := s.ListCreateAccountStatus(ctx, &organizationsapi.ListCreateAccountStatusInput{MaxResults: size, NextToken: token})
			return out.CreateAccountStatuses, out.NextToken, err
		})),
	} {
		if n != 3 {
			t.Errorf("%s: %d, want 3", name, n)
		}
	}
}
