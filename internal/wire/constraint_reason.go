package wire

import (
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// invalidInput is how AWS Organizations reports a broken constraint: the first one, by
// a word for its kind, in the words that go with that.
//
// See https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html,
// InvalidInputException.
func (v *validation) invalidInput() error {
	reason, message := "INVALID_PATTERN", "You provided a value that does not match the required pattern."
	first := v.found[0]
	has := func(part string) bool { return strings.Contains(first, part) }
	switch {
	case v.missing != "":
		reason, message = "INPUT_REQUIRED", "You must include a value for all required parameters: "+v.missing+"."
	case has("enum value set"):
		reason, message = "INVALID_ENUM", "You specified an invalid value."
		if has("policyType") || has("'type'") || has("'filter'") {
			reason = "INVALID_ENUM_POLICY_TYPE"
		}
	case has("at 'policyId'"):
		reason, message = "INVALID_SYNTAX_POLICY_ID", "You specified an invalid value."
	case has("at 'targetId'"):
		reason, message = "INVALID_PATTERN_TARGET_ID", "You specified an invalid value."
	case has("length less than or equal"):
		reason, message = "MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed."
	case has("length greater than or equal"):
		reason, message = "MIN_LENGTH_EXCEEDED", "You provided a string parameter that is shorter than allowed."
	case has("value less than or equal"):
		reason, message = "MAX_VALUE_EXCEEDED", "You provided a numeric parameter that has a larger value than allowed."
	case has("value greater than or equal"):
		reason, message = "MIN_VALUE_EXCEEDED", "You provided a numeric parameter that has a smaller value than allowed."
	}
	e := cloud.Errorf(cloud.Invalid, "InvalidInputException", "%s", message)
	e.Fields = map[string]any{"Reason": reason}
	return e
}
