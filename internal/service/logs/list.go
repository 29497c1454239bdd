package logs

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// Sizes of pages.
const (
	mostDescribed = 50
	mostListed    = 1000
	listedAtOnce  = 50 // where nothing else is asked for
)

// DescribeLogGroups lists log groups by name.
func (s *Service) DescribeLogGroups(ctx context.Context, in *logsapi.DescribeLogGroupsInput) (*logsapi.DescribeLogGroupsOutput, error) {
	prefix, pattern := resource.Value(in.LogGroupNamePrefix), resource.Value(in.LogGroupNamePattern)
	if in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil {
		return nil, errInvalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	if len(in.LogGroupIdentifiers) > 0 && (prefix != "" || pattern != "") {
		return nil, errInvalid("LogGroup identifiers cannot be used together with a LogGroup name prefix or pattern.")
	}
	scope := cloud.CallOf(ctx).Scope()
	named, err := names(ctx, in.LogGroupIdentifiers)
	if err != nil {
		return nil, err
	}
	out := &logsapi.DescribeLogGroupsOutput{LogGroups: []logsapi.LogGroup{}}
	if len(in.AccountIdentifiers) > 0 && !slices.Contains(in.AccountIdentifiers, string(scope.Account)) {
		return out, nil // no other account is linked
	}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.LogGroups, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, in.Limit, mostDescribed), startingWith(groups.From(r), prefix), func(g group) (logsapi.LogGroup, bool, error) {
			if !strings.HasPrefix(g.Name, prefix) || !strings.Contains(g.Name, pattern) || named != nil && !named[g.Name] || !ofClass(g.Class, in.LogGroupClass) {
				return logsapi.LogGroup{}, false, nil
			}
			l, err := s.shown(r, &g)
			if pattern != "" {
				l.DeletionProtectionEnabled, l.StoredBytes = nil, nil // as AWS leaves them out
			}
			return l, true, err
		})
		return err
	})
}

// names returns the names of the groups of identifiers, nil for none.
func names(ctx context.Context, identifiers []string) (map[string]bool, error) {
	if len(identifiers) == 0 {
		return nil, nil
	}
	named := map[string]bool{}
	for _, id := range identifiers {
		name, err := identified(ctx, nil, &id)
		if err != nil {
			return nil, err
		}
		named[name] = true
	}
	return named, nil
}

// ofClass says whether a group is of a class that was asked for.
func ofClass(class string, asked *string) bool { return asked == nil || class == *asked }

// shown is a group as DescribeLogGroups tells it.
func (s *Service) shown(r resource.Reader, g *group) (logsapi.LogGroup, error) {
	n := int32(0)
	for _, err := range metricFilters.List(r, g.Name) {
		if err != nil {
			return logsapi.LogGroup{}, err
		}
		n++
	}
	arn := groupARN(r.Scope(), g.Name)
	l := logsapi.LogGroup{
		LogGroupName: new(g.Name), CreationTime: new(g.Created), MetricFilterCount: &n, Arn: new(arn + ":*"), LogGroupArn: new(arn),
		StoredBytes: new(s.events.Bytes(g.Number)), LogGroupClass: new(g.Class), DeletionProtectionEnabled: new(g.Protected),
	}
	if g.Retention > 0 {
		l.RetentionInDays = new(g.Retention)
	}
	if g.Key != "" {
		l.KmsKeyId = new(g.Key)
	}
	if g.Bearer {
		l.BearerTokenAuthenticationEnabled = new(true)
	}
	state, inherited, err := protectionOf(r, g)
	if state != "" {
		l.DataProtectionStatus = &state
	}
	if inherited {
		l.InheritedProperties = []string{"ACCOUNT_DATA_PROTECTION"}
	}
	return l, err
}

// ListLogGroups lists log groups whose names match a pattern, of a class, with tags.
func (s *Service) ListLogGroups(ctx context.Context, in *logsapi.ListLogGroupsInput) (*logsapi.ListLogGroupsOutput, error) {
	if len(in.DataSources) > 0 || len(in.FieldIndexNames) > 0 {
		return nil, errInvalid("Log groups cannot be listed by data sources or field indexes here yet.")
	}
	matches := func(string) bool { return true }
	if in.LogGroupNamePattern != nil {
		// The pattern is of letters, digits and . - _ / #, with ^ and |: the model says so.
		re, err := regexp.Compile(strings.ReplaceAll(*in.LogGroupNamePattern, ".", `\.`))
		if err != nil {
			return nil, errInvalid("The log group name pattern is invalid: %v", err)
		}
		matches = re.MatchString
	}
	size := new(resource.Or(in.Limit, listedAtOnce))
	p := paging(in, in.NextToken, in.Limit, mostListed)
	if in.Limit == nil {
		p.Most = int(*size)
	}
	out := &logsapi.ListLogGroupsOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.LogGroups, out.NextToken, err = resource.Page(ctx, p, groups.From(r), func(g group) (logsapi.LogGroupSummary, bool, error) {
			l := logsapi.LogGroupSummary{LogGroupName: new(g.Name), LogGroupArn: new(groupARN(r.Scope(), g.Name)), LogGroupClass: new(g.Class)}
			if !matches(g.Name) || !ofClass(g.Class, in.LogGroupClass) {
				return l, false, nil
			}
			kept, err := tags.Of(r, *l.LogGroupArn)
			return l, err == nil && tagged(kept, in.LogGroupTags), err
		})
		return err
	})
}

// tagged says whether tags meet all filters: each asks for a key, and for one of its
// values where it has any. A value may begin with ! for what is not, and begin or end
// with * for any text.
func tagged(tags map[string]string, filters []logsapi.TagFilter) bool {
	for _, f := range filters {
		value, ok := tags[*f.Key]
		if !ok || len(f.Values) > 0 && !slices.ContainsFunc(f.Values, func(v string) bool { return tagMatches(value, v) }) {
			return false
		}
	}
	return true
}

func tagMatches(value, pattern string) bool {
	plain, not := strings.CutPrefix(pattern, "!")
	body, open := strings.CutPrefix(plain, "*")
	body, end := strings.CutSuffix(body, "*")
	var match bool
	switch {
	case open && end:
		match = strings.Contains(value, body)
	case open:
		match = strings.HasSuffix(value, body)
	case end:
		match = strings.HasPrefix(value, body)
	default:
		match = value == body
	}
	return match != not
}
