package s3

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// checkPolicy takes a policy for a bucket apart and refuses what AWS refuses,
// but for what only a decision could know: that a user or role is not there.
func checkPolicy(doc []byte, bucket string) (*policyDocument, error) {
	if len(doc) > maxPolicy {
		return nil, cloud.Errorf(cloud.Invalid, "PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
	}
	policy, err := parsePolicy(doc)
	if err != nil {
		return nil, err
	}
	if v := policy.Version; v != nil && *v != "2012-10-17" && *v != "2008-10-17" {
		return nil, errPolicy("The policy must contain a valid version string")
	}
	if len(policy.Statement) == 0 {
		return nil, errPolicy("Could not parse the policy: Statement is empty!")
	}
	for i := range policy.Statement {
		if err := policy.Statement[i].check(bucket); err != nil {
			return nil, err
		}
	}
	return policy, nil
}

func (s *policyStatement) check(bucket string) error {
	if err := s.checkFields(); err != nil {
		return err
	}
	for _, principal := range []*policyPrincipal{s.Principal, s.NotPrincipal} {
		if err := principal.check(); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(s.Action, func(action string) bool { return !isAction(action) }) {
		return errPolicy("Policy has invalid action")
	}
	for _, resource := range slices.Concat(s.Resource, s.NotResource) {
		if bucketPart, _ := policyPlace(resource); !matchesPattern(bucketPart, bucket) {
			return errPolicy("Policy has invalid resource")
		}
	}
	if !s.actionsApply() {
		return errPolicy("Action does not apply to any resource(s) in statement")
	}
	return s.checkConditions()
}

// checkFields refuses a statement that lacks something or has it twice.
func (s *policyStatement) checkFields() error {
	switch {
	case s.Effect == nil:
		return errPolicy("Missing required field Effect")
	case *s.Effect != "Allow" && *s.Effect != "Deny":
		return errPolicy("Invalid effect: " + *s.Effect)
	case s.Principal == nil && s.NotPrincipal == nil:
		return errPolicy("Missing required field Principal")
	case s.Action == nil && s.NotAction == nil:
		return errPolicy("Missing required field Action")
	case s.Resource == nil && s.NotResource == nil:
		return errPolicy("Missing required field Resource")
	case s.Principal != nil && s.NotPrincipal != nil:
		return errPrincipal()
	case s.Action != nil && s.NotAction != nil, len(s.Action)+len(s.NotAction) == 0:
		return errPolicy("Policy has invalid action")
	case s.Resource != nil && s.NotResource != nil, len(s.Resource)+len(s.NotResource) == 0:
		return errPolicy("Policy has invalid resource")
	}
	return nil
}

// check refuses what has not the form of a principal.
func (p *policyPrincipal) check() error {
	if p == nil {
		return nil
	}
	if len(*p) == 0 {
		return errPrincipal()
	}
	for kind, names := range *p {
		for _, name := range names {
			if !isPrincipal(kind, name) {
				return errPrincipal()
			}
		}
		if len(names) == 0 {
			return errPrincipal()
		}
	}
	return nil
}

func isPrincipal(kind, name string) bool {
	switch kind {
	case "AWS":
		return name == "*" || isAccount(name) || isIdentity(name)
	case "CanonicalUser":
		return checkCanonicalID("", name) == nil
	case "Service":
		return strings.HasSuffix(name, ".amazonaws.com") || strings.HasSuffix(name, ".amazonaws.com.cn")
	case "Federated":
		return name != ""
	}
	return false
}

func isAccount(name string) bool { return len(name) == 12 && strings.Trim(name, "0123456789") == "" }

// isIdentity says whether a text is the ARN of somebody who can make a call.
func isIdentity(name string) bool {
	arn, err := cloud.ParseARN(name)
	if err != nil || arn.Region != "" || !isAccount(string(arn.Account)) {
		return false
	}
	kind, rest, _ := strings.Cut(arn.Resource, "/")
	switch arn.Service {
	case "iam":
		return arn.Resource == "root" || rest != "" && slices.Contains([]string{"user", "role"}, kind)
	case "sts":
		return rest != "" && slices.Contains([]string{"assumed-role", "federated-user"}, kind)
	}
	return false
}

// policyPlace returns what a resource of a policy says of the bucket, and
// whether it can be an object in it. It is empty for what is no ARN of S3.
func policyPlace(resource string) (bucket string, object bool) {
	if resource == "*" {
		return "*", true
	}
	arn, err := cloud.ParseARN(resource)
	if err != nil || arn.Service != "s3" || arn.Region != "" || arn.Account != "" || !strings.HasPrefix(arn.Partition, "aws") {
		return "", false
	}
	bucket, _, object = strings.Cut(arn.Resource, "/")
	return bucket, object || strings.HasSuffix(bucket, "*")
}

// matchesPattern says whether a text is one of those that a pattern stands for,
// in which "*" is any text and "?" any character.
func matchesPattern(pattern, text string) bool {
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
