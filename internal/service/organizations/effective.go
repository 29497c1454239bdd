package organizations

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	api "github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// DescribeEffectivePolicy returns what the policies of a type on the way to an account
// come to. A member may ask about itself.
func (s *Service) DescribeEffectivePolicy(ctx context.Context, in *api.DescribeEffectivePolicyInput) (*api.DescribeEffectivePolicyOutput, error) {
	caller := string(cloud.CallOf(ctx).Account)
	of := caller
	if in.TargetId != nil {
		of = *in.TargetId
	}
	out := &api.DescribeEffectivePolicyOutput{}
	tell := func(o *org) error {
		a, err := o.member(of, errNoTarget)
		if err != nil {
			return err
		}
		content, err := o.effective(&a, *in.PolicyType)
		if err != nil {
			return err
		}
		out.EffectivePolicy = &api.EffectivePolicy{
			PolicyContent: &content, TargetId: &of, PolicyType: in.PolicyType, LastUpdatedTimestamp: new(time.Now().UTC().Truncate(time.Millisecond)),
		}
		return nil
	}
	if of != caller {
		return out, s.view(ctx, ask{action: "DescribeEffectivePolicy", on: of, kind: *in.PolicyType}, tell)
	}
	return out, s.state.View(ctx, func(r state.Reader) error {
		o, err := s.in(r, cloud.CallOf(ctx).Account)
		if err != nil {
			return err
		}
		return tell(o)
	})
}

// effective merges the policies of a type on the way to an account.
func (o *org) effective(a *account, kind string) (string, error) {
	errNone := cloud.Errorf(cloud.NotFound, "EffectivePolicyNotFoundException", "We didn't find an effective policy of type %s for the account.", kind)
	if !o.enabled(kind) {
		return "", errNone
	}
	up, err := o.above(a.Parent)
	if err != nil {
		return "", err
	}
	levels := [][]string{o.Policies}
	for _, u := range slices.Backward(up) {
		levels = append(levels, u.Policies)
	}
	merged, found := &node{}, false
	for _, level := range append(levels, a.Policies) {
		for _, id := range level {
			p, err := o.policy(id)
			if err != nil {
				return "", err
			}
			if p.Type != kind {
				continue
			}
			var content map[string]any
			if err := json.Unmarshal([]byte(p.Content), &content); err != nil {
				return "", err
			}
			merged.merge(content)
			found = true
		}
		merged.descend()
	}
	if !found {
		return "", errNone
	}
	text, err := json.Marshal(merged.value())
	return string(text), err
}

// node is a place in the policy that others come to: a value, or what is below it.
//
// The operators are those of
// https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html.
type node struct {
	below    map[string]*node
	assigned any             // nil for none
	closed   map[string]bool // operators that levels below may not use
	closing  map[string]bool // those that this level closes
}

// operators are those that set a value.
var operators = []string{"@@assign", "@@append", "@@remove"}

// merge adds a policy.
func (n *node) merge(object map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		value := object[key]
		switch {
		case key == "@@operators_allowed_for_child_policies":
			n.allow(value)
		case slices.Contains(operators, key):
			if !n.closed[key] {
				n.set(key, value)
			}
		case strings.HasPrefix(key, "@@"): // an operator that this version of the language has not
		default:
			child := n.child(key)
			if inner, ok := value.(map[string]any); ok {
				child.merge(inner)
			} else if !child.closed["@@assign"] {
				child.assigned = value
			}
		}
	}
}

// child returns the node below of a name, whose case does not matter. Rules for the levels
// below are handed down to it.
func (n *node) child(name string) *node {
	for known, child := range n.below {
		if strings.EqualFold(known, name) {
			return child
		}
	}
	if n.below == nil {
		n.below = map[string]*node{}
	}
	n.below[name] = &node{closed: maps.Clone(n.closed)}
	return n.below[name]
}

// allow notes which operators the levels below may use.
func (n *node) allow(value any) {
	list, _ := value.([]any)
	n.closing = map[string]bool{}
	for _, operator := range operators {
		n.closing[operator] = !slices.Contains(list, any(operator)) && !slices.Contains(list, any("@@all"))
	}
}

// set uses an operator.
func (n *node) set(operator string, value any) {
	given, is := value.([]any)
	if operator == "@@assign" {
		n.assigned = value
		return
	}
	if !is {
		given = []any{value}
	}
	had, _ := n.assigned.([]any)
	kept := slices.Clone(had)
	for _, v := range given {
		at := slices.IndexFunc(kept, func(k any) bool { return same(k, v) })
		switch {
		case operator == "@@append" && at < 0:
			kept = append(kept, v)
		case operator == "@@remove" && at >= 0:
			kept = slices.Delete(kept, at, at+1)
		}
	}
	n.assigned = kept
}

// same compares what stands in lists: texts and numbers.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// descend goes to the next level, to which the rules of this one apply: those of a node
// count for all below it, unless one there has its own.
func (n *node) descend() {
	if n.closing != nil {
		n.close(n.closing)
	}
	for _, child := range n.below {
		child.descend()
	}
}

func (n *node) close(rules map[string]bool) {
	if n.closed == nil {
		n.closed = map[string]bool{}
	}
	for operator, closed := range rules {
		n.closed[operator] = n.closed[operator] || closed
	}
	n.closing = nil
	for _, child := range n.below {
		if child.closing == nil {
			child.close(rules)
		}
	}
}

// value returns what a node came to, without operators.
func (n *node) value() any {
	if n.assigned != nil {
		return n.assigned
	}
	object := map[string]any{}
	for name, child := range n.below {
		object[name] = child.value()
	}
	return object
}
