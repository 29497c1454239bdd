package access

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

// refusal returns the error that says why a call may not touch a resource, as
// its service says it.
//
// It tells nobody what another account has: whether that account's policies
// deny or do not allow, and whether there is such a resource at all, is said in
// the same words.
func (q *question) refusal(a asked, decision policy.Decision) error {
	call := &q.access.Call
	stranger := a.request.ResourceAccount != call.Principal.Account || call.Principal.Type == cloud.Anonymous
	if stranger && decision.Explicit && ofOthers(decision.Reason) {
		decision.Explicit = false
		if decision.Reason == policy.ByResourceControl {
			decision.Reason = policy.ByResource
		}
	}
	who := nameOf(call.Principal)
	service, _, _ := strings.Cut(q.access.Action, ":")
	switch service {
	case "s3":
		if stranger {
			return cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied")
		}
		resource := a.request.Resource
		if resource != anything {
			resource = `"` + resource + `"`
		}
		return cloud.Errorf(cloud.Denied, "AccessDenied", "%s", decision.Message(who, a.request.Action, resource))
	case "ec2":
		return q.unauthorized(a, decision, who)
	}
	return cloud.Errorf(cloud.Denied, codeOf(service), "%s", decision.Message(who, a.request.Action, a.request.Resource))
}

// codeOf is the code of a refusal: that of services with XML answers, and that of
// the others.
func codeOf(service string) string {
	switch service {
	case "iam", "sts", "sqs", "elasticloadbalancing", "cloudwatch", "autoscaling", "cloudformation", "rds":
		return "AccessDenied"
	case "sns":
		return "AuthorizationError"
	}
	return "AccessDeniedException"
}

// unauthorized is EC2's refusal, whose details are sealed for those who may
// decode them.
func (q *question) unauthorized(a asked, decision policy.Decision, who string) error {
	message := "You are not authorized to perform this operation. " + decision.Message(who, a.request.Action, a.request.Resource)
	if q.decider.cfg.Encode != nil {
		detail, err := q.detail(a)
		if err != nil {
			return err
		}
		encoded, err := q.decider.cfg.Encode(detail)
		if err != nil {
			return fmt.Errorf("seal the details of a refusal: %w", err)
		}
		message += " Encoded authorization failure message: " + encoded
	}
	return cloud.Errorf(cloud.Denied, "UnauthorizedOperation", "%s", message)
}

// items is a list as sts:DecodeAuthorizationMessage tells it.
type items[T any] struct {
	Items []T `json:"items"`
}

// detail returns what sts:DecodeAuthorizationMessage tells of a refusal, as JSON.
func (q *question) detail(a asked) ([]byte, error) {
	type value struct {
		Value string `json:"value"`
	}
	type condition struct {
		Key    string       `json:"key"`
		Values items[value] `json:"values"`
	}
	type statement struct {
		Policy string `json:"policyId"`
		Sid    string `json:"statementId"`
		Effect string `json:"effect"`
	}
	explained := policy.Explain(a.request, a.policies.Policies)
	matched := items[statement]{Items: []statement{}}
	for _, m := range explained.Matched {
		effect := "ALLOW"
		if m.Deny {
			effect = "DENY"
		}
		matched.Items = append(matched.Items, statement{m.Policy, m.Sid, effect})
	}
	conditions := items[condition]{Items: []condition{}}
	for _, key := range slices.Sorted(maps.Keys(q.access.Conditions)) {
		c := condition{Key: key}
		for _, v := range q.access.Conditions[key] {
			c.Values.Items = append(c.Values.Items, value{v})
		}
		conditions.Items = append(conditions.Items, c)
	}
	p := &q.access.Call.Principal
	return json.Marshal(map[string]any{
		"allowed": false, "explicitDeny": explained.Explicit, "matchedStatements": matched, "failures": items[string]{Items: []string{}},
		"context": map[string]any{
			"principal": map[string]string{"id": p.ID, "name": p.Name, "arn": p.ARN},
			"action":    a.request.Action, "resource": a.request.Resource, "conditions": conditions,
		},
	})
}
