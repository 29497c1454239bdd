package organizations_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/organizations"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

const first, second cloud.Account = "222233334444", "333344445555"

// join makes an account accept the invitation of the first one.
func join(tb testing.TB, s *organizations.Service, id cloud.Account) {
	tb.Helper()
	invited := servicetest.Must(s.InviteAccountToOrganization(servicetest.Call(tb), &organizationsapi.InviteAccountToOrganizationInput{
		Target: &organizationsapi.HandshakeParty{Id: new(string(id)), Type: new("ACCOUNT")},
	}))(tb)
	servicetest.Must(s.AcceptHandshake(servicetest.As(tb, id, ""), &organizationsapi.AcceptHandshakeInput{HandshakeId: invited.Handshake.Id}))(tb)
}

// Who follows members is told of each that comes and goes, in the transaction that does it.
func TestWhoComesAndGoesIsTold(t *testing.T) {
	var told []string
	store := servicetest.Store(t)
	s := organizations.New(organizations.Config{
		First: organizations.First{ID: servicetest.Account},
		Moved: func(_ state.Tx, account cloud.Account, from, to string) error {
			told = append(told, fmt.Sprintf("%s: %q to %q", account, from, to))
			return nil
		},
	}, store, linked{})
	ctx := servicetest.Call(t)
	alone(t, s, first, "one")
	alone(t, s, second, "two")
	org := *servicetest.Must(s.CreateOrganization(ctx, &organizationsapi.CreateOrganizationInput{}))(t).Organization.Id
	names := strings.NewReplacer(org, "ORG", string(servicetest.Account), "FIRST")
	join(t, s, first)
	join(t, s, second)
	servicetest.Must(s.RemoveAccountFromOrganization(ctx, &organizationsapi.RemoveAccountFromOrganizationInput{AccountId: new(string(first))}))(t)
	servicetest.Must(s.LeaveOrganization(servicetest.As(t, second, ""), &organizationsapi.LeaveOrganizationInput{}))(t)
	servicetest.Must(s.DeleteOrganization(ctx, &organizationsapi.DeleteOrganizationInput{}))(t)
	want := []string{
		`FIRST: "" to "ORG"`, `222233334444: "" to "ORG"`, `333344445555: "" to "ORG"`,
		`222233334444: "ORG" to ""`, `333344445555: "ORG" to ""`, `FIRST: "ORG" to ""`,
	}
	for i := range told {
		told[i] = names.Replace(told[i])
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

// linked takes note of nothing.
type linked struct{}

func (linked) AddAccessRole(state.Tx, cloud.Account, string, cloud.Account) error { return nil }

func (linked) AddLinkedRole(state.Tx, cloud.Account, string, string) error { return nil }

// An account that joined when there was no role of Organizations is given it once.
func TestEarlierMembersGetTheirRole(t *testing.T) {
	store := servicetest.Store(t)
	before := organizations.New(organizations.Config{First: organizations.First{ID: servicetest.Account}, Eager: true}, store, linked{})
	alone(t, before, first, "one")
	alone(t, before, second, "two")
	servicetest.Must(before.CreateOrganization(servicetest.Call(t), &organizationsapi.CreateOrganizationInput{}))(t)
	join(t, before, first)
	now, identities := over(t, store)
	has := func(want ...cloud.Account) {
		t.Helper()
		var got []cloud.Account
		for _, id := range []cloud.Account{servicetest.Account, first, second} {
			if _, err := identities.GetRole(servicetest.As(t, id, ""), &iamapi.GetRoleInput{RoleName: new(linkedRole)}); err == nil {
				got = append(got, id)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("who has the role:\n%s", diff)
		}
	}
	has()
	link := func() {
		t.Helper()
		if err := now.LinkEarlier(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	link()
	has(servicetest.Account, first)
	servicetest.Must(identities.DeleteServiceLinkedRole(servicetest.As(t, first, ""), &iamapi.DeleteServiceLinkedRoleInput{RoleName: new(linkedRole)}))(t)
	link()
	has(servicetest.Account)
	join(t, now, second)
	has(servicetest.Account, second)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := now.LinkEarlier(ended); err == nil {
		t.Error("it went on without anybody waiting")
	}
}

const linkedRole = "AWSServiceRoleForOrganizations"
