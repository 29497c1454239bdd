package s3

import (
	"slices"
	"strings"
)

// conditionOperators are those of AWS's policies; all but Null also with
// "IfExists" behind them.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
var conditionOperators = []string{
	"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
	"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
	"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
	"Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "Null",
}

func (s *policyStatement) checkConditions() error {
	for operator, keys := range s.Condition {
		if !slices.Contains(conditionOperators, plainOperator(operator)) {
			return errPolicy("Invalid Condition type : " + operator)
		}
		for key, values := range keys {
			if family, name, ok := strings.Cut(key, ":"); !ok || family == "" || name == "" || len(values) == 0 {
				return errPolicy("Policy has an invalid condition key")
			}
		}
	}
	return nil
}

// plainOperator is an operator without what is said before and behind it.
func plainOperator(operator string) string {
	if set, plain, ok := strings.Cut(operator, ":"); ok && (set == "ForAllValues" || set == "ForAnyValue") {
		operator = plain
	}
	if plain, ok := strings.CutSuffix(operator, "IfExists"); ok && plain != "Null" {
		return plain
	}
	return operator
}
