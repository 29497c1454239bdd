package organizations

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// Complete gives the resources of a call their ARNs, of which an input names the IDs
// alone, before it is decided, and the type of a policy. What does not exist stays as it
// is.
func (s *Service) Complete(ctx context.Context, a cloud.Access) (cloud.Access, error) {
	if len(a.Resources) == 0 {
		return a, nil
	}
	a.Resources = slices.Clone(a.Resources)
	kind := ""
	err := s.state.View(ctx, func(r state.Reader) error {
		o, err := s.in(r, a.Call.Account)
		if err != nil && cloud.KindOf(err) != cloud.NotFound {
			return err
		}
		if err != nil {
			o = nil
		}
		for i := range a.Resources {
			of, err := s.complete(r, o, &a.Resources[i])
			if err != nil {
				return err
			}
			if of != "" {
				kind = of
			}
		}
		return nil
	})
	if err == nil && kind != "" {
		a.Conditions = maps.Clone(a.Conditions)
		if a.Conditions == nil {
			a.Conditions = map[string][]string{}
		}
		a.Conditions["organizations:PolicyType"] = []string{kind}
	}
	return a, err
}

// complete completes one ARN. It returns the type of a policy.
func (s *Service) complete(r state.Reader, o *org, of *cloud.Resource) (kind string, err error) {
	at := strings.LastIndexByte(of.ARN, '/')
	if at < 0 {
		return "", nil
	}
	id := of.ARN[at+1:]
	switch {
	case strings.HasPrefix(id, "h-"):
		h, found, err := handshakes.Find(everywhere(r), id)
		if err == nil && found && o.sees(&h, of.ARN) {
			of.ARN, of.Type = h.arn(), "handshake"
		}
		return "", err
	case o == nil:
		return "", nil
	case strings.HasPrefix(id, "p-"):
		p, found, err := o.glance(id)
		whole := o.policyARN(&p)
		if err != nil || !found {
			return "", err
		}
		of.ARN, of.Type = whole, "policy"
		return p.Type, nil
	case strings.HasPrefix(id, "r-"):
		of.Type = "root"
	case strings.HasPrefix(id, "ou-"):
		of.Type = "organizationalunit"
	case accountPattern.MatchString(id):
		of.Type = "account"
	default:
		return "", nil
	}
	of.ARN = o.arnOf(id)
	return "", nil
}

// sees says whether the account that an ARN of a row names, the caller's, is one of
// those that a handshake is about.
func (*org) sees(h *handshake, row string) bool {
	caller := managerIn(row)
	return h.Account == caller || h.Management == caller
}
