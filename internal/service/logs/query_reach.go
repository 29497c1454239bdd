package logs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/insights"
	"github.com/sillok/sillok/internal/resource"
)

// reach is what a source of a query leads to.
type reach struct {
	groups   []groupName
	known    map[uint64]*known // by the numbers of the groups
	from, to int64             // in milliseconds since 1970, both within it
}

// namedGroups returns the names and ARNs that a client gives beside the text.
func namedGroups(in *logsapi.StartQueryInput) []string {
	if in.LogGroupName != nil {
		return []string{*in.LogGroupName}
	}
	return append(slices.Clip(in.LogGroupNames), in.LogGroupIdentifiers...)
}

// errGroupOfQuery says that a group is not there in AWS's words, whose Insights is a client
// of its own.
func errGroupOfQuery(ctx context.Context, at groupName) error {
	return errMissing(fmt.Sprintf("Log group '%s' does not exist for account ID '%s' (Service: AWSLogs; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: %s; Proxy: null)",
		at.Name, at.Account, cloud.CallOf(ctx).RequestID))
}

// groupOf returns the group of a name or an ARN, with or without ":*" at its end. An ARN may
// be that of a group of another account.
func groupOf(scope cloud.Scope, identifier string) (groupName, bool) {
	at := groupName{scope.Account, scope.Region, identifier}
	if !strings.HasPrefix(identifier, "arn:") {
		return at, true
	}
	arn, err := cloud.ParseARN(identifier)
	if err != nil || arn.Service != "logs" || arn.Region != scope.Region {
		return at, false
	}
	name, ok := strings.CutPrefix(arn.Resource, "log-group:")
	at.Account, at.Name = arn.Account, strings.TrimSuffix(name, ":*")
	return at, ok && at.Name != "" && !strings.ContainsRune(at.Name, ':')
}

// sourced returns the groups that a source leads to, of which some may not be there; those
// that it names by what their names begin with are. nil stands for what is named beside the
// text. Groups that came after the call are none of them: nobody has asked whether they may
// be read.
func (s *Service) sourced(ctx context.Context, in *logsapi.StartQueryInput, source *insights.Source) ([]groupName, error) {
	scope := cloud.CallOf(ctx).Scope()
	identifiers := namedGroups(in)
	if source != nil {
		if len(source.Data) > 0 || len(source.Tags) > 0 {
			return nil, errInvalid("Log groups cannot be found by data sources or tags in a query here yet: name them, or what their names begin with.")
		}
		if source.All {
			return s.beginning(ctx, source)
		}
		identifiers = source.Groups
	}
	var all []groupName
	for _, id := range identifiers {
		at, ok := groupOf(scope, id)
		if !ok {
			return nil, errGroupOfQuery(ctx, at)
		}
		all = addGroups(all, []groupName{at})
	}
	return all, nil
}

// beginning returns the groups of a source that names them by class and beginning.
func (s *Service) beginning(ctx context.Context, source *insights.Source) (all []groupName, err error) {
	call := cloud.CallOf(ctx)
	before := call.Time
	if before.IsZero() {
		before = time.Now()
	}
	accounts := []cloud.Account{call.Account}
	if len(source.Accounts) > 0 {
		accounts = nil
		for _, account := range source.Accounts {
			accounts = append(accounts, cloud.Account(account))
		}
	}
	for _, account := range accounts {
		scope := cloud.Scope{Account: account, Region: call.Region}
		err := s.store.View(in(ctx, scope), func(r resource.Reader) error {
			for e, err := range groups.List(r) {
				if err == nil {
					err = ctx.Err()
				}
				if err != nil {
					return err
				}
				g := &e.Value
				if g.Class != source.Class || !time.UnixMilli(g.Created).Before(before) || !beginsWith(g.Name, source.Prefixes) {
					continue
				}
				if all = append(all, groupName{account, call.Region, g.Name}); len(all) > mostGroupsBy {
					return errInvalid("The source of the query leads to more than %d log groups.", mostGroupsBy)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func beginsWith(name string, prefixes []string) bool {
	return len(prefixes) == 0 || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// addGroups adds groups that are not there yet.
func addGroups(all, more []groupName) []groupName {
	if len(all) == 0 {
		return more
	}
	there := make(map[groupName]bool, len(all))
	for _, g := range all {
		there[g] = true
	}
	for _, g := range more {
		if !there[g] {
			there[g] = true
			all = append(all, g)
		}
	}
	return all
}

// inOrder is a listing of groups in the order in which they are.
func inOrder(all []groupName) resource.Listing[groupName] {
	name := func(g groupName) string { return string(g.Account) + " " + g.Name }
	all = slices.SortedFunc(slices.Values(all), func(a, b groupName) int { return cmp.Compare(name(a), name(b)) })
	return func(after string) iter.Seq2[resource.Entry[groupName], error] {
		return func(yield func(resource.Entry[groupName], error) bool) {
			for _, g := range all {
				if name(g) > after && !yield(resource.Entry[groupName]{Name: name(g), Value: g}, nil) {
					return
				}
			}
		}
	}
}

// reach finds the groups of a source, and the range of time that is read of them.
func (s *Service) reach(ctx context.Context, in *logsapi.StartQueryInput, source *insights.Source, from, to int64) (*reach, error) {
	given := 0
	for _, there := range []bool{in.LogGroupName != nil, in.LogGroupNames != nil, in.LogGroupIdentifiers != nil} {
		if there {
			given++
		}
	}
	switch named := len(namedGroups(in)); {
	case given > 1:
		return nil, errInvalid("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers has to be given.")
	case source == nil && named == 0:
		return nil, errInvalid("The query is about no log group: give logGroupName, logGroupNames or logGroupIdentifiers, or begin it with SOURCE.")
	case named > mostGroupsAt:
		return nil, errInvalid("A query names at most %d log groups.", mostGroupsAt)
	}
	groups, err := s.sourced(ctx, in, source)
	if err != nil {
		return nil, err
	}
	r := &reach{groups: groups, known: map[uint64]*known{}, from: from, to: to}
	if source != nil {
		now := time.Now()
		if source.Start.Given {
			r.from = source.Start.At(now)
		}
		if source.End.Given {
			r.to = source.End.At(now)
		}
	}
	for _, at := range groups {
		k, err := s.groupAt(ctx, at)
		if cloud.KindOf(err) == cloud.NotFound {
			return nil, errGroupOfQuery(ctx, at)
		}
		if err != nil {
			return nil, err
		}
		r.known[k.group.Number] = k
	}
	return r, nil
}

// groupAt returns what is known of a group of any account.
func (s *Service) groupAt(ctx context.Context, at groupName) (*known, error) {
	return s.group(in(ctx, at.scope()), at.Name)
}

// canRun refuses a query that its groups do not take.
func (s *Service) canRun(ctx context.Context, in *logsapi.StartQueryInput, p *plan) error {
	for _, r := range p.reaches {
		begin := int64(math.MaxInt64) // from when on any of the groups has events
		for _, k := range r.known {
			if k.group.Class == delivered {
				return errInvalid("Log group %s is of class %s, which cannot be queried.", k.group.Name, delivered)
			}
			begin = min(begin, max(k.group.from(), k.group.Created-mostAge.Milliseconds()))
		}
		if len(r.known) > 0 && r.to < begin {
			return errMalformed(insights.OutOfRange(*in.QueryString))
		}
	}
	return s.store.View(ctx, func(r resource.Reader) error {
		for _, name := range p.query.Tables() {
			_, found, err := lookupTables.Find(r, name)
			if err == nil && !found {
				err = errMalformed(&insights.Error{End: len([]rune(*in.QueryString)), Message: "There is no lookup table " + name})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// mayUnmask refuses a query that asks for what is masked in a group, for who may not see it.
func (s *Service) mayUnmask(ctx context.Context, p *plan) error {
	p.unmask = p.query.Unmasks()
	for _, of := range p.reaches {
		if err := s.mayUnmaskOf(ctx, p, of); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) mayUnmaskOf(ctx context.Context, p *plan, of *reach) error {
	if !p.unmask || s.cfg.May == nil {
		return nil
	}
	for _, k := range of.known {
		if !k.shape.protects() {
			continue
		}
		if err := s.cfg.May(ctx, "logs:Unmask", ReadARN(k.at.scope(), k.group.Name), nil); err != nil {
			return err
		}
	}
	return nil
}

// current is a reach with what holds for its groups now: a query may have waited for its
// turn, and events may be masked that came since.
func (s *Service) current(ctx context.Context, of *reach) (*reach, error) {
	now := &reach{groups: of.groups, known: make(map[uint64]*known, len(of.known)), from: of.from, to: of.to}
	for number, k := range of.known {
		again, err := s.again(ctx, k)
		if err != nil {
			return nil, err
		}
		now.known[number] = again
	}
	return now, nil
}

// again returns what is known of a group now, and of one that is gone what was.
func (s *Service) again(ctx context.Context, k *known) (*known, error) {
	now, err := s.groupAt(ctx, k.at)
	if cloud.KindOf(err) == cloud.NotFound || err == nil && now.group.Number != k.group.Number {
		return k, nil
	}
	return now, err
}

// usable makes sure that the keys of what is read can be used now.
func (s *Service) usable(ctx context.Context, of *reach) error {
	for number := range of.known {
		if err := s.keyring.readable(ctx, number); err != nil {
			return err
		}
	}
	return nil
}

// touched returns the resources that a query touches, like one of which it is said what
// is asked of it.
func touched(like cloud.Resource, all []groupName) []cloud.Resource {
	resources := make([]cloud.Resource, 0, len(all))
	for _, g := range all {
		like.ARN = groupARN(g.scope(), g.Name) + ":log-stream:" // as it is asked of other operations
		resources = append(resources, like)
	}
	return resources
}

// completeStart names the groups that a query would read: those that are named beside the
// text, and those in it. What is wrong with the query is said once it is decided who asks.
func (s *Service) completeStart(ctx context.Context, a *cloud.Access, in *logsapi.StartQueryInput, like int) error {
	ctx = cloud.WithCall(ctx, a.Call)
	sources := []*insights.Source{nil}
	if in.QueryString == nil {
		return nil
	}
	switch resource.Or(in.QueryLanguage, languageInsights) {
	case languageInsights:
		if q, err := insights.Parse(*in.QueryString); err == nil {
			sources = append(sources, q.Sources()...)
		}
	case languageSQL:
		return s.completeElsewhere(ctx, a, in, like)
	}
	var found, named []groupName
	for _, source := range sources {
		if source == nil && len(namedGroups(in)) == 0 {
			continue
		}
		if source != nil && source.All {
			named = addGroups(named, beginnings(a.Call.Scope(), source))
		}
		of, err := s.sourced(ctx, in, source)
		if _, told := errors.AsType[*cloud.Error](err); told {
			continue // it is told once it is decided who may ask, of the other sources too
		}
		if err != nil {
			return err
		}
		found = addGroups(found, of)
	}
	if all := append(slices.Clip(named), found...); len(all) > 0 {
		a.Resources = touched(a.Resources[like], all)
	}
	return nil
}

// beginnings stand for all the groups that a source may lead to. They are asked for before
// the groups that it does lead to, of which a refusal would tell the names, or whether there
// are any.
func beginnings(scope cloud.Scope, source *insights.Source) (all []groupName) {
	accounts, prefixes := source.Accounts, source.Prefixes
	if len(accounts) == 0 {
		accounts = []string{string(scope.Account)}
	}
	if len(prefixes) == 0 {
		prefixes = []string{""}
	}
	for _, account := range accounts {
		for _, prefix := range prefixes {
			all = append(all, groupName{cloud.Account(account), scope.Region, prefix + "*"})
		}
	}
	return all
}

// queryAtAGlance is what is looked at of a query before it is decided who may know of it.
type queryAtAGlance struct{ Groups []groupName }

var queriesAtAGlance = resource.Kind[queryAtAGlance]{Name: loggedQueries.Name}

// noLoggedQuery stands for a query that is not there: to look for one takes the same work then.
var noLoggedQuery = []byte(`{"Groups":[{"Account":"000000000000","Region":"us-east-1","Name":"none"}]}`)

// completeQuery names the groups of a query that is there.
func (s *Service) completeQuery(ctx context.Context, a *cloud.Access, id *string, like int) error {
	if id == nil {
		return nil
	}
	return s.store.View(cloud.WithCall(ctx, a.Call), func(r resource.Reader) error {
		q, found, err := queriesAtAGlance.FindOr(r, noLoggedQuery, *id)
		if err != nil {
			return err
		}
		if of := touched(a.Resources[like], q.Groups); found && len(of) > 0 {
			a.Resources = of
		}
		return nil
	})
}
