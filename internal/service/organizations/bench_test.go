package organizations_test

import (
	"fmt"
	"testing"

	"github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/servicetest"
)

// BenchmarkMembership is what a decision asks: once the places of 1,000 accounts in 20
// units are in memory, and with the first call after a change.
func BenchmarkMembership(b *testing.B) {
	s, _ := open(b)
	ctx := servicetest.Call(b)
	servicetest.Must(s.CreateOrganization(ctx, &organizationsapi.CreateOrganizationInput{}))(b)
	root := servicetest.Must(s.ListRoots(ctx, &organizationsapi.ListRootsInput{}))(b).Roots[0].Id
	servicetest.Must(s.EnablePolicyType(ctx, &organizationsapi.EnablePolicyTypeInput{RootId: root, PolicyType: new("SERVICE_CONTROL_POLICY")}))(b)
	for i := range 20 {
		servicetest.Must(s.CreateOrganizationalUnit(ctx, &organizationsapi.CreateOrganizationalUnitInput{ParentId: root, Name: new(fmt.Sprint(i))}))(b)
	}
	for i := range 1000 {
		servicetest.Must(s.CreateAccount(ctx, &organizationsapi.CreateAccountInput{AccountName: new("a"), Email: new(fmt.Sprintf("%d@storage.example", i))}))(b)
	}
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			servicetest.Must(s.Membership(ctx, servicetest.Account))(b)
		}
	})
	b.Run("after a change", func(b *testing.B) {
		for b.Loop() {
			s.Forget()
			servicetest.Must(s.Membership(ctx, servicetest.Account))(b)
		}
	})
}
