package logs

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

var resourcePolicies = resource.Kind[resourcePolicy]{Name: "logs/resourcepolicy"} // by its name, or the ARN that it is of

// resourcePolicy is a resource policy as it is kept.
type resourcePolicy struct {
	Name, Document, Revision string
	ARN                      string // of a group; empty for the account's
	Updated                  int64
}

const (
	mostPolicies   = 10 // of an account
	mostPolicySize = 5120
)

// PutResourcePolicy says what services may do to the groups of the account, or to one.
func (s *Service) PutResourcePolicy(ctx context.Context, in *logsapi.PutResourcePolicyInput) (*logsapi.PutResourcePolicyOutput, error) {
	if (in.PolicyName == nil) == (in.ResourceArn == nil) {
		return nil, errInvalid("Exactly one of policyName and resourceArn has to be given.")
	}
	if err := checkPolicy(in); err != nil {
		return nil, err
	}
	p := resourcePolicy{Name: resource.Value(in.PolicyName), ARN: resource.Value(in.ResourceArn), Document: resource.Value(in.PolicyDocument), Updated: time.Now().UnixMilli()}
	if p.ARN != "" {
		p.Revision = revision()
	}
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		if p.ARN != "" {
			name, err := namedBy(tx.Scope(), p.ARN)
			if err != nil {
				return err
			}
			if _, err := groups.Get(tx, name); err != nil {
				return err
			}
			p.ARN = groupARN(tx.Scope(), name)
		}
		old, found, err := resourcePolicies.Find(tx, p.key())
		if err != nil {
			return err
		}
		if err := p.mayFollow(tx, old, found, in.ExpectedRevisionId); err != nil {
			return err
		}
		return resourcePolicies.Put(tx, p, p.key())
	})
	s.directory.forgetAll()
	if err != nil {
		return nil, err
	}
	out := &logsapi.PutResourcePolicyOutput{ResourcePolicy: new(p.shown())}
	if p.Revision != "" {
		out.RevisionId = new(p.Revision)
	}
	return out, nil
}

// key is the name under which the policy is kept.
func (p *resourcePolicy) key() string { return cmp.Or(p.ARN, p.Name) }

// mayFollow refuses one policy more than there may be, and a change of another one than
// is meant.
func (p *resourcePolicy) mayFollow(r resource.Reader, old resourcePolicy, found bool, expected *string) error {
	if expected != nil && (!found || old.Revision != *expected) {
		return cloud.Errorf(cloud.Conflict, "OperationAbortedException", "The policy has another revision than %s.", *expected)
	}
	if found || p.ARN != "" {
		return nil
	}
	n := 0
	for e, err := range resourcePolicies.List(r) {
		if err != nil {
			return err
		}
		if e.Value.ARN == "" {
			n++
		}
	}
	if n >= mostPolicies {
		return errLimit()
	}
	return nil
}

func checkPolicy(in *logsapi.PutResourcePolicyInput) error {
	document := resource.Value(in.PolicyDocument)
	if document == "" {
		return errInvalid("A policy document has to be given.")
	}
	if in.ResourceArn == nil && len([]rune(document)) > mostPolicySize {
		return errInvalid("A policy document has at most %d characters.", mostPolicySize)
	}
	if !json.Valid([]byte(document)) {
		return errInvalid("The policy document is no valid JSON.")
	}
	if _, err := policy.Parse(document, policy.Resource); err != nil {
		return errInvalid("The policy document is invalid: %v", err)
	}
	return nil
}

func revision() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

func (p *resourcePolicy) shown() logsapi.ResourcePolicy {
	shown := logsapi.ResourcePolicy{PolicyDocument: new(p.Document), LastUpdatedTime: new(p.Updated), PolicyScope: new("ACCOUNT")}
	if p.Name != "" {
		shown.PolicyName = new(p.Name)
	}
	if p.ARN != "" {
		shown.PolicyScope, shown.ResourceArn, shown.RevisionId = new("RESOURCE"), new(p.ARN), new(p.Revision)
	}
	return shown
}

// DescribeResourcePolicies lists resource policies: the account's, or that of a group.
func (s *Service) DescribeResourcePolicies(ctx context.Context, in *logsapi.DescribeResourcePoliciesInput) (*logsapi.DescribeResourcePoliciesOutput, error) {
	scope := resource.Or(in.PolicyScope, "ACCOUNT")
	if in.ResourceArn != nil {
		scope = "RESOURCE"
	}
	out := &logsapi.DescribeResourcePoliciesOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		of := ""
		if in.ResourceArn != nil {
			name, err := namedBy(r.Scope(), *in.ResourceArn)
			if err != nil {
				return err
			}
			of = groupARN(r.Scope(), name)
		}
		out.ResourcePolicies, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, in.Limit, mostDescribed), resourcePolicies.From(r), func(p resourcePolicy) (logsapi.ResourcePolicy, bool, error) {
			shown := p.shown()
			return shown, *shown.PolicyScope == scope && (of == "" || p.ARN == of), nil
		})
		return err
	})
}

// DeleteResourcePolicy removes a resource policy.
func (s *Service) DeleteResourcePolicy(ctx context.Context, in *logsapi.DeleteResourcePolicyInput) (*logsapi.DeleteResourcePolicyOutput, error) {
	if (in.PolicyName == nil) == (in.ResourceArn == nil) {
		return nil, errInvalid("Exactly one of policyName and resourceArn has to be given.")
	}
	defer s.directory.forgetAll()
	return &logsapi.DeleteResourcePolicyOutput{}, s.store.Update(ctx, func(tx resource.Tx) error {
		key := resource.Value(in.PolicyName)
		if in.ResourceArn != nil {
			name, err := namedBy(tx.Scope(), *in.ResourceArn)
			if err != nil {
				return err
			}
			key = groupARN(tx.Scope(), name)
		}
		old, found, err := resourcePolicies.Find(tx, key)
		if err != nil {
			return err
		}
		if !found || (old.ARN == "") != (in.ResourceArn == nil) {
			return errMissing(fmt.Sprintf("Policy with name [%s] does not exist.", key))
		}
		if in.ExpectedRevisionId != nil && *in.ExpectedRevisionId != old.Revision {
			return cloud.Errorf(cloud.Conflict, "OperationAbortedException", "The policy has another revision than %s.", *in.ExpectedRevisionId)
		}
		return resourcePolicies.Delete(tx, key)
	})
}

var accountPolicies = resource.Kind[accountPolicy]{Name: "logs/accountpolicy"} // by type and name

// accountPolicy is an account policy as it is kept.
type accountPolicy struct {
	Name, Type, Document, Criteria, Scope string
	Updated                               int64
	Since                                 uint64 `json:",omitempty"` // the first batch of events that it is about
}

func (p *accountPolicy) shown(account cloud.Account) logsapi.AccountPolicy {
	shown := logsapi.AccountPolicy{
		PolicyName: new(p.Name), PolicyType: new(p.Type), PolicyDocument: new(p.Document), Scope: new(p.Scope),
		LastUpdatedTime: new(p.Updated), AccountId: new(string(account)),
	}
	if p.Criteria != "" {
		shown.SelectionCriteria = new(p.Criteria)
	}
	return shown
}

const indexPolicy = "FIELD_INDEX_POLICY"

// PutAccountPolicy keeps a policy of the account. One of a type that would have to be
// followed, and is not yet, is refused.
func (s *Service) PutAccountPolicy(ctx context.Context, in *logsapi.PutAccountPolicyInput) (*logsapi.PutAccountPolicyOutput, error) {
	if *in.PolicyType == transformerPolicy || *in.PolicyType == protectionPolicy {
		return s.putShapePolicy(ctx, in)
	}
	if *in.PolicyType == subscriptionPolicy {
		return s.putAccountSubscription(ctx, in)
	}
	if *in.PolicyType != indexPolicy {
		return nil, cloud.Errorf(cloud.Unsupported, invalid, "Account policies of type %s are not followed here yet, so none is kept.", *in.PolicyType)
	}
	var document struct {
		Fields   []string
		FieldsV2 map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(*in.PolicyDocument), &document); err != nil {
		return nil, errInvalid("The policy document is no valid JSON of Fields: %v", err)
	}
	const mostIndexed = 20
	if n := len(document.Fields) + len(document.FieldsV2); n == 0 || n > mostIndexed {
		return nil, errInvalid("A field index policy has 1 to %d fields, and this one has %d.", mostIndexed, n)
	}
	p := accountPolicy{
		Name: *in.PolicyName, Type: *in.PolicyType, Document: *in.PolicyDocument, Criteria: resource.Value(in.SelectionCriteria),
		Scope: resource.Or(in.Scope, "ALL"), Updated: time.Now().UnixMilli(),
	}
	err := s.store.Update(ctx, func(tx resource.Tx) error { return accountPolicies.Put(tx, p, p.Type, p.Name) })
	return &logsapi.PutAccountPolicyOutput{AccountPolicy: new(p.shown(cloud.CallOf(ctx).Account))}, err
}

// DescribeAccountPolicies lists the account policies of a type.
func (s *Service) DescribeAccountPolicies(ctx context.Context, in *logsapi.DescribeAccountPoliciesInput) (*logsapi.DescribeAccountPoliciesOutput, error) {
	out := &logsapi.DescribeAccountPoliciesOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.AccountPolicies, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, nil, mostDescribed), accountPolicies.From(r, *in.PolicyType), func(p accountPolicy) (logsapi.AccountPolicy, bool, error) {
			return p.shown(r.Scope().Account), in.PolicyName == nil || *in.PolicyName == p.Name, nil
		})
		return err
	})
}

// DeleteAccountPolicy removes an account policy.
func (s *Service) DeleteAccountPolicy(ctx context.Context, in *logsapi.DeleteAccountPolicyInput) (*logsapi.DeleteAccountPolicyOutput, error) {
	defer s.directory.forgetAll()
	return &logsapi.DeleteAccountPolicyOutput{}, s.store.Update(ctx, func(tx resource.Tx) error {
		_, found, err := accountPolicies.Find(tx, *in.PolicyType, *in.PolicyName)
		if err != nil {
			return err
		}
		if !found {
			return errMissing(fmt.Sprintf("Policy with name [%s] does not exist.", *in.PolicyName))
		}
		if err := accountPolicies.Delete(tx, *in.PolicyType, *in.PolicyName); err != nil || *in.PolicyType != transformerPolicy && *in.PolicyType != protectionPolicy {
			return err
		}
		return shapeAccount(tx, *in.PolicyType)
	})
}
