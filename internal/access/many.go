package access

import (
	"context"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

// ofOne are the beginnings of condition keys that tell one resource from others
// of its kind.
var ofOne = []string{"s3:existingobjecttag/", "aws:resourcetag/", "s3:versionid"}

// MayAll returns nil where the principal of the call that ctx carries may do an
// action to all resources that the ARNs name, and else the error about one that it
// may not. Where no policy tells them apart, it takes one decision for what they
// begin with.
func (d *Decider) MayAll(ctx context.Context, action string, arns []string) error {
	a := &cloud.Access{Call: cloud.CallOf(ctx), Action: action}
	q, err := d.question(ctx, a)
	if err != nil || len(arns) == 0 {
		return err
	}
	if len(arns) > 1 {
		all, err := q.of(ctx, cloud.Resource{Action: action, ARN: commonPrefix(arns) + anything})
		if err != nil {
			return err
		}
		if !all.held.Varies && !all.policies.tells(ofOne) && policy.Decide(all.request, all.policies.Policies).Allowed && q.untold == nil {
			return nil
		}
	}
	for _, arn := range arns {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := q.decide(ctx, &cloud.Resource{Action: action, ARN: arn}); err != nil {
			return err
		}
	}
	return nil
}

// commonPrefix returns what all texts begin with.
func commonPrefix(texts []string) string {
	prefix := texts[0]
	for _, text := range texts[1:] {
		n := 0
		for n < len(prefix) && n < len(text) && prefix[n] == text[n] {
			n++
		}
		prefix = prefix[:n]
	}
	return prefix
}

// policies are all that apply to a question.
type policies struct{ policy.Policies }

// all returns the policies, a list each kind and level.
func (p policies) all() [][]policy.Attached {
	lists := [][]policy.Attached{p.Identity, p.Session, p.Resource}
	if p.Boundary != nil {
		lists = append(lists, []policy.Attached{*p.Boundary})
	}
	return append(append(lists, p.ServiceControl...), p.ResourceControl...)
}

// tells says whether one of the policies mentions a condition key that begins so.
func (p policies) tells(beginnings []string) bool {
	for _, list := range p.all() {
		for _, attached := range list {
			for _, key := range policy.ContextKeys(attached.Document) {
				if hasPrefix(strings.ToLower(key), beginnings) {
					return true
				}
			}
		}
	}
	return false
}

func hasPrefix(key string, beginnings []string) bool {
	for _, beginning := range beginnings {
		if strings.HasPrefix(key, beginning) {
			return true
		}
	}
	return false
}
