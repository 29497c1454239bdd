package organizations_test

import (
	"sync"
	"testing"

	"github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/servicetest"
)

// What was attached binds once its call is answered, and what was detached no longer,
// while others ask all the time.
func TestAChangeHoldsAtOnceWhileOthersAsk(t *testing.T) {
	s, _ := open(t)
	ctx := servicetest.Call(t)
	servicetest.Must(s.CreateOrganization(ctx, &organizationsapi.CreateOrganizationInput{}))(t)
	root := servicetest.Must(s.ListRoots(ctx, &organizationsapi.ListRootsInput{}))(t).Roots[0].Id
	servicetest.Must(s.EnablePolicyType(ctx, &organizationsapi.EnablePolicyTypeInput{RootId: root, PolicyType: new("SERVICE_CONTROL_POLICY")}))(t)
	policy := servicetest.Must(s.CreatePolicy(ctx, &organizationsapi.CreatePolicyInput{
		Name: new("a"), Description: new(""), Type: new("SERVICE_CONTROL_POLICY"),
		Content: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}`),
	}))(t).Policy.PolicySummary.Id
	servicetest.Must(s.CreateAccount(ctx, &organizationsapi.CreateAccountInput{AccountName: new("m"), Email: new("m@storage.example")}))(t)
	all := servicetest.Must(s.Accounts(ctx))(t)
	member := all[len(all)-1].ID
	if member == servicetest.Account {
		member = all[0].ID
	}
	stop := make(chan struct{})
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := s.Membership(ctx, member); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	defer asking.Wait()
	defer close(stop)
	bound := func(want int) {
		t.Helper()
		m := servicetest.Must(s.Membership(ctx, member))(t)
		if len(m.ServiceControl) != 2 || len(m.ServiceControl[1]) != want {
			t.Fatalf("the account itself has %v, want %d policies", m.ServiceControl, want)
		}
	}
	for range 50 {
		bound(1)
		servicetest.Must(s.AttachPolicy(ctx, &organizationsapi.AttachPolicyInput{PolicyId: policy, TargetId: new(string(member))}))(t)
		bound(2)
		servicetest.Must(s.DetachPolicy(ctx, &organizationsapi.DetachPolicyInput{PolicyId: policy, TargetId: new(string(member))}))(t)
	}
	for _, closed := range []bool{false, true} {
		if got := servicetest.Must(s.Closed(ctx, member))(t); got != closed {
			t.Errorf("closed is %t, want %t", got, closed)
		}
		if !closed {
			servicetest.Must(s.CloseAccount(ctx, &organizationsapi.CloseAccountInput{AccountId: new(string(member))}))(t)
		}
	}
	if _, err := s.With(ctx, member, nil); cloud.KindOf(err) != cloud.Conflict {
		t.Errorf("a closed account: %v", err)
	}
}
