package logs

import (
	"context"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
)

// indexPolicies are the field index policies of groups, by name. Each block of events says
// which texts it certainly lacks, whatever fields they are of; so a policy makes no
// difference to how fast a query is, and says which fields are told of.
var indexPolicies = resource.Kind[groupIndex]{Name: "logs/indexpolicy", Missing: func(...string) error {
	return errMissing("The log group has no field index policy.")
}}

// groupIndex is the field index policy of a group as it is kept.
type groupIndex struct {
	Document string
	Updated  int64
}

const (
	mostIndexed     = 20  // fields
	mostIndexedName = 100 // characters of the name of one
	indexSample     = 10_000
)

// indexed returns the fields that a policy names, with their types.
func indexed(document string) (map[string]string, error) {
	var d struct {
		Fields   []string
		FieldsV2 map[string]struct{ Type string }
	}
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		return nil, errInvalid("The policy document is no valid JSON of Fields: %v", err)
	}
	fields := map[string]string{}
	for _, name := range d.Fields {
		fields[name] = "FIELD_INDEX"
	}
	for name, as := range d.FieldsV2 {
		fields[name] = as.Type
		if as.Type != "FIELD_INDEX" && as.Type != "FACET" {
			return nil, errInvalid("The type of field %s is FIELD_INDEX or FACET, and not %s.", name, as.Type)
		}
	}
	if n := len(fields); n == 0 || n > mostIndexed {
		return nil, errInvalid("A field index policy has 1 to %d fields, and this one has %d.", mostIndexed, n)
	}
	for name := range fields {
		if n := len([]rune(name)); n == 0 || n > mostIndexedName {
			return nil, errInvalid("The name of a field has 1 to %d characters, and that of %q has %d.", mostIndexedName, name, n)
		}
	}
	return fields, nil
}

// PutIndexPolicy says which fields of a group are indexed.
func (s *Service) PutIndexPolicy(ctx context.Context, in *logsapi.PutIndexPolicyInput) (*logsapi.PutIndexPolicyOutput, error) {
	name, err := identified(ctx, nil, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if _, err := indexed(*in.PolicyDocument); err != nil {
		return nil, err
	}
	p := groupIndex{*in.PolicyDocument, time.Now().UnixMilli()}
	err = s.store.Update(ctx, func(tx resource.Tx) error {
		g, err := groups.Get(tx, name)
		if err != nil {
			return err
		}
		if g.Class != standard {
			return errInvalid("Log groups of class %s have no field index policies.", g.Class)
		}
		return indexPolicies.Put(tx, p, name)
	})
	if err != nil {
		return nil, err
	}
	return &logsapi.PutIndexPolicyOutput{IndexPolicy: new(p.shown(cloud.CallOf(ctx).Scope(), name))}, nil
}

func (p *groupIndex) shown(scope cloud.Scope, group string) logsapi.IndexPolicy {
	return logsapi.IndexPolicy{
		LogGroupIdentifier: new(groupARN(scope, group)), LastUpdateTime: &p.Updated, PolicyDocument: &p.Document, Source: new("LOG_GROUP"),
	}
}

// DeleteIndexPolicy removes the field index policy of a group.
func (s *Service) DeleteIndexPolicy(ctx context.Context, in *logsapi.DeleteIndexPolicyInput) (*logsapi.DeleteIndexPolicyOutput, error) {
	name, err := identified(ctx, nil, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	return &logsapi.DeleteIndexPolicyOutput{}, s.store.Update(ctx, func(tx resource.Tx) error {
		if _, err := groups.Get(tx, name); err != nil {
			return err
		}
		return indexPolicies.Delete(tx, name)
	})
}

// indexPolicyOf returns the field index policy that a group has: its own, or that of the
// account which is for it.
func indexPolicyOf(r resource.Reader, group string) (*logsapi.IndexPolicy, error) {
	own, found, err := indexPolicies.Find(r, group)
	if err != nil {
		return nil, err
	}
	if found {
		return new(own.shown(r.Scope(), group)), nil
	}
	var of *logsapi.IndexPolicy
	longest := -1
	for e, err := range accountPolicies.List(r, indexPolicy) {
		if err != nil {
			return nil, err
		}
		p := &e.Value
		if n := chosen(p.Criteria, group); n > longest {
			longest = n
			of = &logsapi.IndexPolicy{
				LogGroupIdentifier: new(groupARN(r.Scope(), group)), LastUpdateTime: &p.Updated, PolicyDocument: &p.Document, PolicyName: &p.Name, Source: new("ACCOUNT"),
			}
		}
	}
	return of, nil
}

var quotedText = regexp.MustCompile(`"([^"]*)"`)

// chosen returns how long the beginning of a group's name is that a policy is for; -1 where
// it is not for the group. Without criteria it is for all.
func chosen(criteria, group string) int {
	if criteria == "" {
		return 0
	}
	longest := -1
	if strings.Contains(criteria, "LogGroupNamePrefix") {
		for _, m := range quotedText.FindAllStringSubmatch(criteria, -1) {
			if strings.HasPrefix(group, m[1]) {
				longest = max(longest, len(m[1]))
			}
		}
	}
	return longest
}

// DescribeIndexPolicies returns the field index policy that a group has.
func (s *Service) DescribeIndexPolicies(ctx context.Context, in *logsapi.DescribeIndexPoliciesInput) (*logsapi.DescribeIndexPoliciesOutput, error) {
	out := &logsapi.DescribeIndexPoliciesOutput{IndexPolicies: []logsapi.IndexPolicy{}}
	if resource.Value(in.NextToken) != "" {
		return nil, errToken() // there is one page
	}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		for _, id := range in.LogGroupIdentifiers {
			name, err := identified(ctx, nil, &id)
			if err != nil {
				return err
			}
			if _, err := groups.Get(r, name); err != nil {
				return err
			}
			p, err := indexPolicyOf(r, name)
			if err != nil {
				return err
			}
			if p != nil {
				out.IndexPolicies = append(out.IndexPolicies, *p)
			}
		}
		return nil
	})
}

// always are the fields that every group of class STANDARD has indexes of.
func always() []string {
	return []string{"@logStream", "@aws.region", "@aws.account", "@source.log", "traceId"}
}

// DescribeFieldIndexes lists the indexed fields of groups, and between which times events
// have each, as far as the oldest and the newest of them say.
func (s *Service) DescribeFieldIndexes(ctx context.Context, in *logsapi.DescribeFieldIndexesInput) (*logsapi.DescribeFieldIndexesOutput, error) {
	if resource.Value(in.NextToken) != "" {
		return nil, errToken() // there is one page: of 100 groups with 25 fields at most
	}
	release, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	out := &logsapi.DescribeFieldIndexesOutput{FieldIndexes: []logsapi.FieldIndex{}}
	for _, id := range in.LogGroupIdentifiers {
		name, err := identified(ctx, nil, &id)
		if err != nil {
			return nil, err
		}
		k, err := s.group(ctx, name)
		if err != nil {
			return nil, err
		}
		all, err := s.fieldIndexes(ctx, k)
		if err != nil {
			return nil, err
		}
		out.FieldIndexes = append(out.FieldIndexes, all...)
	}
	return out, nil
}

func (s *Service) fieldIndexes(ctx context.Context, k *known) ([]logsapi.FieldIndex, error) {
	if k.group.Class != standard {
		return nil, nil
	}
	types, since := map[string]string{}, int64(math.MinInt64)
	err := s.store.View(ctx, func(r resource.Reader) error {
		p, err := indexPolicyOf(r, k.group.Name)
		if err != nil || p == nil {
			return err
		}
		since = *p.LastUpdateTime
		types, err = indexed(*p.PolicyDocument)
		return err
	})
	if err != nil {
		return nil, err
	}
	custom := slices.Sorted(func(yield func(string) bool) {
		for name := range types {
			if !yield(name) {
				return
			}
		}
	})
	first, err := s.fieldTimes(ctx, k, false, since)
	if err != nil {
		return nil, err
	}
	last, err := s.fieldTimes(ctx, k, true, since)
	if err != nil {
		return nil, err
	}
	var all []logsapi.FieldIndex
	for _, name := range append(custom, always()...) {
		if slices.ContainsFunc(all, func(f logsapi.FieldIndex) bool { return *f.FieldIndexName == name }) {
			continue
		}
		kind := types[name]
		if kind == "" {
			kind = "FIELD_INDEX"
		}
		f := logsapi.FieldIndex{
			LogGroupIdentifier: new(groupARN(cloud.CallOf(ctx).Scope(), k.group.Name)), FieldIndexName: &name, LastScanTime: millis(time.Now()), Type: &kind,
		}
		if at, ok := first[name]; ok {
			f.FirstEventTime = &at
		}
		if at, ok := last[name]; ok {
			f.LastEventTime = &at
		}
		all = append(all, f)
	}
	return all, nil
}

// fieldTimes returns the time of the first event that has each field, in the order of
// reading, among as many as a sample has. What came before the policy is not counted.
func (s *Service) fieldTimes(ctx context.Context, k *known, backward bool, since int64) (map[string]int64, error) {
	times, n, now := map[string]int64{}, 0, &current{Service: s, known: k}
	q := events.Query{Group: k.group.Number, From: k.group.from(), To: math.MaxInt64, Backward: backward}
	for e, err := range s.events.Read(ctx, q) {
		if damaged(err) && n > 0 {
			break // it is a sample
		}
		if err := s.unread(ctx, err); err != nil {
			return nil, err
		}
		if e.Ingested >= since {
			found, err := s.fieldsOf(ctx, now, &e)
			if err != nil {
				return nil, err
			}
			for name := range found {
				if _, ok := times[name]; !ok {
					times[name] = e.Time
				}
			}
			if _, ok := times["@logStream"]; !ok {
				times["@logStream"] = e.Time
			}
		}
		if n++; n == indexSample {
			break
		}
	}
	return times, nil
}
