package wire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
)

// AWS Organizations says by a word which constraint is broken, and not which member's.
func TestBrokenConstraintsOfOrganizations(t *testing.T) {
	model := wire.Compile(organizationsapi.Service)
	const invalid, pattern = "You specified an invalid value.", "You provided a value that does not match the required pattern."
	for name, tt := range map[string]struct {
		operation       string
		in              any
		reason, message string
	}{
		"a missing member": {
			"CreateOrganizationalUnit", &organizationsapi.CreateOrganizationalUnitInput{ParentId: new("r-abcd")}, "INPUT_REQUIRED",
			"You must include a value for all required parameters: Name.",
		},
		"a parent that is none": {
			"CreateOrganizationalUnit", &organizationsapi.CreateOrganizationalUnitInput{ParentId: new("x"), Name: new("a")}, "INVALID_PATTERN", pattern,
		},
		"a kind of child": {
			"ListChildren", &organizationsapi.ListChildrenInput{ParentId: new("r-abcd"), ChildType: new("OTHER")}, "INVALID_ENUM", invalid,
		},
		"a type of policy":   {"ListPolicies", &organizationsapi.ListPoliciesInput{Filter: new("OTHER")}, "INVALID_ENUM_POLICY_TYPE", invalid},
		"the ID of a policy": {"DescribePolicy", &organizationsapi.DescribePolicyInput{PolicyId: new("x")}, "INVALID_SYNTAX_POLICY_ID", invalid},
		"the ID of a target": {
			"AttachPolicy", &organizationsapi.AttachPolicyInput{PolicyId: new("p-12345678"), TargetId: new("x")}, "INVALID_PATTERN_TARGET_ID", invalid,
		},
		"too long a name": {
			"UpdateOrganizationalUnit", &organizationsapi.UpdateOrganizationalUnitInput{OrganizationalUnitId: new("ou-abcd-12345678"), Name: new(strings.Repeat("a", 200))},
			"MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed.",
		},
		"too short a name": {
			"UpdateOrganizationalUnit", &organizationsapi.UpdateOrganizationalUnitInput{OrganizationalUnitId: new("ou-abcd-12345678"), Name: new("")},
			"MIN_LENGTH_EXCEEDED", "You provided a string parameter that is shorter than allowed.",
		},
		"too large a page": {
			"ListAccounts", &organizationsapi.ListAccountsInput{MaxResults: new(int32(1000))}, "MAX_VALUE_EXCEEDED",
			"You provided a numeric parameter that has a larger value than allowed.",
		},
		"too small a page": {
			"ListAccounts", &organizationsapi.ListAccountsInput{MaxResults: new(int32(0))}, "MIN_VALUE_EXCEEDED",
			"You provided a numeric parameter that has a smaller value than allowed.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, ok := errors.AsType[*cloud.Error](model.Operation(tt.operation).Validate(tt.in))
			if !ok {
				t.Fatal("it is taken")
			}
			want := &cloud.Error{Kind: cloud.Invalid, Code: "InvalidInputException", Message: tt.message, Fields: map[string]any{"Reason": tt.reason}}
			if diff := cmp.Diff(want, e); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
