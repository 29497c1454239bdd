package kms

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/kms/material"
)

// Held is what policies are told of a key.
type Held struct {
	Owner      cloud.Account
	Policy     *policy.Document
	OfAWS      bool              // AWS manages it
	Bound      map[string]string // whom it means, as policy.Attached has it
	Conditions access.Conditions // those that follow from the key, such as its tags and aliases
}

// ofKey are the beginnings of condition keys that follow from a key.
var ofKey = []string{"kms:keyspec", "kms:keyusage", "kms:keyorigin", "kms:multiregion", "kms:resourcealiases", "aws:resourcetag/"}

// Held returns what policies are told of a key, by its ARN, and whether there is
// such a key. A key that AWS manages is told of before it is made. Of one that is not
// there it returns a policy that says nothing to anybody, so that who may nothing is
// refused after the same work.
func (s *Service) Held(ctx context.Context, arn cloud.ARN) (Held, bool, error) {
	n, err := parseName(cloud.Scope{Account: arn.Account, Region: arn.Region}, arn.String())
	if err != nil || n.alias != "" {
		return Held{}, false, nil //nolint:nilerr // there is no such key
	}
	manager := s.managed.of(n.scope, n.id)
	var k key
	var ok bool
	err = s.view(ctx, n.scope, func(r resource.Reader) (err error) {
		k, ok, err = keys.FindOr(r, noKey(), n.id)
		return err
	})
	if err != nil {
		return Held{}, false, err
	}
	ok = ok && !k.gone()
	if !ok && manager != "" {
		k, ok = managed(n.scope, manager), true
	}
	if !ok {
		k.ID, k.Policy = noID, tellsNobody
	}
	document, err := s.policies.parse(k.Policy)
	if err != nil {
		return Held{}, false, fmt.Errorf("policy of %s: %w", k.arn(n.scope), err)
	}
	return Held{Owner: n.scope.Account, Policy: document, OfAWS: k.Managed != "", Bound: k.Bound, Conditions: access.Conditions{
		Beginnings: ofKey, Tell: func(ctx context.Context) (map[string][]string, error) { return s.tell(ctx, n.scope, &k) },
	}}, ok, nil
}

// tell returns the condition keys that follow from a key.
func (s *Service) tell(ctx context.Context, scope cloud.Scope, k *key) (map[string][]string, error) {
	if k.ID == noID {
		return nil, nil //nolint:nilnil // there is no such key
	}
	conditions := map[string][]string{
		"kms:KeySpec": {k.Spec}, "kms:KeyUsage": {k.Usage}, "kms:KeyOrigin": {k.Origin}, "kms:MultiRegion": {fmt.Sprint(k.MultiRegion)},
	}
	return conditions, s.view(ctx, scope, func(r resource.Reader) error {
		var names []string
		for entry, err := range aliased.List(r, k.ID) {
			if err != nil {
				return err
			}
			names = append(names, entry.Name)
		}
		if len(names) == 0 && k.Managed != "" {
			names = []string{reservedPrefix + k.Managed} // it is not made yet
		}
		if len(names) > 0 {
			conditions["kms:ResourceAliases"] = names
		}
		tagged, err := tags.Of(r, k.arn(scope))
		for tag, value := range tagged {
			conditions["aws:ResourceTag/"+tag] = []string{value}
		}
		return err
	})
}

// Granted says whether a grant on a key allows its caller what a call asks for.
func (s *Service) Granted(ctx context.Context, a *cloud.Access, arn cloud.ARN, action string) (bool, error) {
	id, ok := strings.CutPrefix(arn.Resource, "key/")
	operation, kms := strings.CutPrefix(action, "kms:")
	if !ok || !kms {
		return false, nil
	}
	var retired string
	if in, ok := a.Input.(*kmsapi.RetireGrantInput); ok {
		g, err := s.retired(a.Call.Scope(), in)
		if err != nil {
			return false, nil //nolint:nilerr // it names no grant
		}
		retired = g.name
	}
	granted, some := false, false
	err := s.view(ctx, cloud.Scope{Account: arn.Account, Region: arn.Region}, func(r resource.Reader) error {
		defer func() {
			if !some {
				_ = json.Unmarshal(noGrant(), &grant{}) // as if there were one that is for somebody else
			}
		}()
		for entry, err := range grants.List(r, id) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			some = true
			if entry.Value.allows(a, operation, retired) {
				granted = true
				return nil
			}
		}
		return nil
	})
	return granted, err
}

// allows says whether the grant allows the caller an operation. retired is the ID
// of the grant that is to be retired.
func (g grant) allows(a *cloud.Access, operation, retired string) bool {
	if operation == "RetireGrant" {
		return g.ID == retired && (g.names(a.Call.Principal, g.Retiring) || g.names(a.Call.Principal, g.Grantee) && slices.Contains(g.Operations, operation))
	}
	if !g.names(a.Call.Principal, g.Grantee) || !slices.Contains(g.Operations, operation) {
		return false
	}
	if in, ok := a.Input.(*kmsapi.CreateGrantInput); ok {
		return g.covers(in)
	}
	context, bound := contextOf(a.Input, operation)
	return !bound || g.within(context)
}

// names says whether a principal is the one of an ARN, or a session of it, and was when
// the grant was made.
func (g grant) names(p cloud.Principal, arn string) bool {
	id := p.ID
	if p.Type == cloud.AssumedRole && p.Issuer != nil && p.ARN != arn {
		p.ARN, id = p.Issuer.ARN, p.Issuer.ID
	}
	meant, bound := g.Bound[arn]
	return arn != "" && p.ARN == arn && (!bound || meant == id)
}

// within says whether an encryption context is as the grant demands.
func (g grant) within(context map[string]string) bool {
	if len(g.Equals) > 0 && !maps.Equal(g.Equals, context) {
		return false
	}
	for name, value := range g.Subset {
		if got, ok := context[name]; !ok || got != value {
			return false
		}
	}
	return true
}

// covers says whether a further grant would allow no more than this one does.
func (g grant) covers(in *kmsapi.CreateGrantInput) bool {
	for _, operation := range in.Operations {
		if !slices.Contains(g.Operations, operation) {
			return false
		}
	}
	if len(g.Equals)+len(g.Subset) == 0 {
		return true
	}
	if in.Constraints == nil {
		return false
	}
	if len(g.Equals) > 0 {
		return maps.Equal(g.Equals, in.Constraints.EncryptionContextEquals)
	}
	return g.within(in.Constraints.EncryptionContextSubset) || g.within(in.Constraints.EncryptionContextEquals)
}

// contextOf returns the encryption context of an operation, and whether it has one.
func contextOf(in any, operation string) (map[string]string, bool) {
	member := "EncryptionContext"
	switch operation {
	case "ReEncryptFrom":
		member = "SourceEncryptionContext"
	case "ReEncryptTo":
		member = "DestinationEncryptionContext"
	}
	value := reflect.ValueOf(in)
	if value.Kind() != reflect.Pointer || value.IsNil() {
		return nil, false
	}
	field := value.Elem().FieldByName(member)
	if !field.IsValid() {
		return nil, false
	}
	context, ok := reflect.TypeAssert[map[string]string](field)
	return context, ok
}

// Complete names the keys that a call touches by their own ARNs, where the caller
// named an alias, a ciphertext or a grant.
func (s *Service) Complete(ctx context.Context, a cloud.Access) (cloud.Access, error) {
	named, err := s.touched(ctx, &a)
	if err != nil || len(named) == 0 {
		return a, err
	}
	var resources []cloud.Resource
	for _, r := range a.Resources {
		if r.Type != "key" || len(named) == 0 {
			resources = append(resources, r)
			continue
		}
		r.ARN, named = named[0], named[1:]
		resources = append(resources, r)
	}
	for _, arn := range named { // the key that an alias is taken from
		resources = append(resources, cloud.Resource{Action: a.Action, Type: "key", ARN: arn})
	}
	a.Resources = resources
	return a, nil
}

// touched returns the ARNs of the keys that a call touches, in the order of its
// resources.
func (s *Service) touched(ctx context.Context, a *cloud.Access) ([]string, error) {
	scope := a.Call.Scope()
	var names []string
	switch in := a.Input.(type) {
	case *kmsapi.CreateKeyInput, *kmsapi.ListAliasesInput:
		return nil, nil
	case *kmsapi.CreateAliasInput:
		names = []string{*in.TargetKeyId}
	case *kmsapi.UpdateAliasInput:
		names = []string{*in.TargetKeyId, aliasOnly(*in.AliasName)}
	case *kmsapi.DeleteAliasInput:
		names = []string{aliasOnly(*in.AliasName)}
	case *kmsapi.RetireGrantInput:
		g, err := s.retired(scope, in)
		return []string{resource.ARN(g.scope, "kms", "key/"+g.key)}, err
	case *kmsapi.DecryptInput:
		names = []string{resource.Or(in.KeyId, encrypted(in.CiphertextBlob, scope.Region))}
	case *kmsapi.ReEncryptInput:
		names = []string{resource.Or(in.SourceKeyId, encrypted(in.CiphertextBlob, scope.Region)), *in.DestinationKeyId}
	default:
		value := reflect.ValueOf(a.Input)
		if value.Kind() != reflect.Pointer || value.IsNil() {
			return nil, nil
		}
		field := value.Elem().FieldByName("KeyId")
		if !field.IsValid() || field.IsNil() {
			return nil, nil
		}
		names = []string{field.Elem().String()}
	}
	arns := make([]string, 0, len(names))
	for _, text := range names {
		arn, err := s.keyARN(ctx, scope, text)
		if err != nil {
			return nil, err
		}
		arns = append(arns, arn)
	}
	return arns, nil
}

// aliasOnly returns the name of an alias, and nothing for any other name: the
// operation refuses it.
func aliasOnly(name string) string {
	if checkAlias(name) != nil {
		return ""
	}
	return name
}

// encrypted returns the ARN of the key that a ciphertext says it is of, and of any
// key where it is none: the operation refuses it.
func encrypted(blob []byte, region cloud.Region) string {
	parsed, err := material.ParseBlob(blob)
	if err != nil {
		return ""
	}
	return named(parsed, region).String()
}

// keyARN returns the ARN of the key that a name leads to. To a stranger an alias
// that is not there looks like one that may not be used.
func (s *Service) keyARN(ctx context.Context, scope cloud.Scope, text string) (string, error) {
	if text == "" {
		return resource.ARN(scope, "kms", "key/*"), nil
	}
	n, err := parseName(scope, text)
	if err != nil {
		return "", err
	}
	if n.id != "" {
		return resource.ARN(n.scope, "kms", "key/"+n.id), nil
	}
	service := managedFor(n.alias)
	// The ID that it would have if AWS managed it is found out in any case, since that
	// takes time.
	n.id = managedID(n.scope, cmp.Or(service, n.alias))
	err = s.view(ctx, n.scope, func(r resource.Reader) error {
		kept, found, err := aliases.FindOr(r, noAlias(), n.alias)
		switch {
		case err == nil && found:
			n.id = kept.Target
		case err == nil && service == "" && n.scope.Account == scope.Account:
			err = errNoAlias(n.scope, n.alias)
		}
		return err
	})
	return resource.ARN(n.scope, "kms", "key/"+n.id), err
}
