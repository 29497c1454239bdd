package cloudtrail_test

import (
	"fmt"
	"testing"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/servicetest"
)

func TestPoliciesOfStores(t *testing.T) {
	s := newService(t)
	arn, _ := s.dataStore(t, "audit")
	policy := func(action, resource string) string {
		return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":%s,"Resource":%q}}`, action, resource)
	}
	const valid, invalid = "", "ResourcePolicyNotValidException"
	for _, tt := range []struct{ name, policy, code string }{
		{"a query and what it finds", policy(`["cloudtrail:StartQuery","cloudtrail:GetQueryResults"]`, arn), valid},
		{"an action of channels", policy(`"cloudtrail-data:PutAuditEvents"`, arn), invalid},
		{"an action of another service", policy(`["cloudtrail:StartQuery","s3:GetObject"]`, arn), invalid},
		{"any action", policy(`"*"`, arn), invalid},
		{"no action", policy(`[]`, arn), invalid},
		{"any store", policy(`"cloudtrail:StartQuery"`, "*"), invalid},
		{"another store", policy(`"cloudtrail:StartQuery"`, arn+"x"), invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.PutResourcePolicy(s.ctx, &cloudtrailapi.PutResourcePolicyInput{ResourceArn: &arn, ResourcePolicy: &tt.policy})
			if tt.code != "" {
				servicetest.WantCode(t, err, tt.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			servicetest.Diff(t, tt.policy, *servicetest.Must(s.GetResourcePolicy(s.ctx, &cloudtrailapi.GetResourcePolicyInput{ResourceArn: &arn}))(t).ResourcePolicy)
		})
	}
	// A change of the store leaves its policy.
	servicetest.Must(s.UpdateEventDataStore(s.ctx, &cloudtrailapi.UpdateEventDataStoreInput{EventDataStore: &arn, Name: new("renamed")}))(t)
	servicetest.Must(s.DeleteResourcePolicy(s.ctx, &cloudtrailapi.DeleteResourcePolicyInput{ResourceArn: &arn}))(t)
	_, err := s.DeleteResourcePolicy(s.ctx, &cloudtrailapi.DeleteResourcePolicyInput{ResourceArn: &arn})
	servicetest.WantCode(t, err, "ResourcePolicyNotFoundException")
	servicetest.Must(s.DeleteEventDataStore(s.ctx, &cloudtrailapi.DeleteEventDataStoreInput{EventDataStore: &arn}))(t)
	_, err = s.PutResourcePolicy(s.ctx, &cloudtrailapi.PutResourcePolicyInput{ResourceArn: &arn, ResourcePolicy: new(policy(`"cloudtrail:StartQuery"`, arn))})
	servicetest.WantCode(t, err, "InactiveEventDataStoreException")
}
