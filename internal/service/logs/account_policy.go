package logs

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/criteria"
	"github.com/sillok/sillok/internal/logs/protect"
	"github.com/sillok/sillok/internal/logs/transform"
	"github.com/sillok/sillok/internal/resource"
)

// Types of account policies that shape events.
const (
	transformerPolicy = "TRANSFORMER_POLICY"
	protectionPolicy  = "DATA_PROTECTION_POLICY"

	mostCriteria = 25 << 10 // bytes
	mostSelected = 20       // policies of a type with selection criteria
)

const namePrefix = "LogGroupNamePrefix"

// prefixes returns which groups a policy is about, by the beginnings of their names.
func (p *accountPolicy) prefixes() ([]string, error) {
	if p.Criteria == "" {
		return []string{""}, nil
	}
	if len(p.Criteria) > mostCriteria {
		return nil, errInvalid("Selection criteria have at most %d bytes.", mostCriteria)
	}
	c, err := criteria.Compile(p.Criteria, namePrefix)
	if err != nil {
		return nil, errInvalid("The selection criteria are invalid: %v", err)
	}
	_, values, not, one := c.Only()
	if !one || not {
		return nil, errInvalid(`The selection criteria of this policy can only be %s = "..." or %s IN ["...", ...].`, namePrefix, namePrefix)
	}
	return values, nil
}

// putShapePolicy keeps an account policy that says what is done to events.
func (s *Service) putShapePolicy(ctx context.Context, in *logsapi.PutAccountPolicyInput) (*logsapi.PutAccountPolicyOutput, error) {
	p := accountPolicy{
		Name: *in.PolicyName, Type: *in.PolicyType, Document: *in.PolicyDocument, Criteria: resource.Value(in.SelectionCriteria),
		Scope: resource.Or(in.Scope, "ALL"), Updated: time.Now().UnixMilli(),
	}
	if p.Name == "" || strings.HasPrefix(p.Name, "aws/") {
		return nil, errInvalid("The name of an account policy is not empty, and does not begin with aws/.")
	}
	prefixes, err := p.prefixes()
	if err != nil {
		return nil, err
	}
	var policy *protect.Policy
	switch {
	case p.Type == transformerPolicy:
		processors, err := transform.Parse(p.Document)
		if err != nil {
			return nil, errConfig(err)
		}
		if _, err := transform.Compile(processors); err != nil {
			return nil, errConfig(err)
		}
	case p.Criteria != "":
		return nil, errInvalid("Policies of type %s have no selection criteria.", p.Type)
	default:
		if policy, err = protect.Parse(p.Document); err != nil {
			return nil, errConfig(err)
		}
	}
	defer s.directory.forgetAll()
	err = s.store.Update(ctx, func(tx resource.Tx) error {
		if policy != nil {
			if err := checkFindings(tx, policy); err != nil {
				return err
			}
		}
		if err := p.beside(tx, prefixes); err != nil {
			return err
		}
		return errors.Join(accountPolicies.Put(tx, p, p.Type, p.Name), shapeAccount(tx, p.Type))
	})
	return &logsapi.PutAccountPolicyOutput{AccountPolicy: new(p.shown(cloud.CallOf(ctx).Account))}, err
}

// beside refuses a policy that cannot be beside the others of its type: there is one for
// all groups, or several whose groups differ.
func (p *accountPolicy) beside(r resource.Reader, prefixes []string) error {
	others := 0
	for o, err := range values(accountPolicies.List(r, p.Type)) {
		if err != nil {
			return err
		}
		if o.Name == p.Name {
			continue
		}
		if others++; p.Type == protectionPolicy || others >= mostSelected {
			return errLimit()
		}
		theirs, err := o.prefixes()
		if err != nil {
			return err
		}
		for _, a := range prefixes {
			for _, b := range theirs {
				if strings.HasPrefix(a, b) || strings.HasPrefix(b, a) {
					return errInvalid("The policy is about groups that the policy %s is about, too: no two policies of type %s can overlap.", o.Name, p.Type)
				}
			}
		}
	}
	return nil
}
