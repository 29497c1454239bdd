package logs

import (
	"context"
	"errors"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/insights"
	"github.com/sillok/sillok/internal/resource"
)

// Elsewhere runs queries that are not in Insights' own language: SQL.
type Elsewhere interface {
	// Prepare reads and checks a text, of which it says which log groups it reads, by name
	// or ARN. It reads no event. It is called twice for a query: the first time before it
	// is decided whether the caller may read those groups. The error for a text that is
	// none is an *insights.Error.
	Prepare(ctx context.Context, text string) (Prepared, error)
}

// Prepared is a text that can be run.
type Prepared struct {
	Groups []string
	// Run answers the text over events from one time to another, both included, in
	// milliseconds since 1970. It has the query's call in its context, returns at most as
	// many rows as limit, and ends with the context.
	Run func(ctx context.Context, from, to int64, limit int) (*insights.Result, error)
}

// mostElsewhere is how many rows a query has that is not in Insights' own language.
const mostElsewhere = 10_000

// prepare reads a text in another language.
func (s *Service) prepare(ctx context.Context, in *logsapi.StartQueryInput) (Prepared, error) {
	language := resource.Value(in.QueryLanguage)
	if language != languageSQL || s.cfg.SQL == nil {
		return Prepared{}, errMalformed(&insights.Error{
			End: len([]rune(*in.QueryString)), Message: "Queries in " + language + " are not carried out by this server", Hint: "write it in Logs Insights QL, queryLanguage CWLI",
		})
	}
	prepared, err := s.cfg.SQL.Prepare(ctx, *in.QueryString)
	if e, ok := errors.AsType[*insights.Error](err); ok {
		return prepared, errMalformed(e)
	}
	return prepared, err
}

// planElsewhere completes the plan of a query in another language, whose text alone names
// its groups.
func (s *Service) planElsewhere(ctx context.Context, in *logsapi.StartQueryInput, p *plan, from, to int64) (err error) {
	if p.other, err = s.prepare(ctx, in); err != nil {
		return err
	}
	if len(namedGroups(in)) > 0 {
		return errInvalid("A query in %s names its log groups in its text alone.", p.language)
	}
	r, err := s.reach(ctx, &logsapi.StartQueryInput{LogGroupIdentifiers: p.other.Groups}, nil, from, to)
	if err != nil {
		return err
	}
	p.reaches[nil], p.groups = r, r.groups
	if p.limit = min(p.limit, mostElsewhere); p.limit == 0 {
		p.limit = mostElsewhere
	}
	return nil
}

// completeElsewhere names the groups that a text in another language reads.
func (s *Service) completeElsewhere(ctx context.Context, a *cloud.Access, in *logsapi.StartQueryInput, like int) error {
	prepared, err := s.prepare(ctx, in)
	if err != nil {
		return nil //nolint:nilerr // it is told once it is decided who may ask
	}
	var all []groupName
	for _, id := range prepared.Groups {
		if at, ok := groupOf(a.Call.Scope(), id); ok {
			all = addGroups(all, []groupName{at})
		}
	}
	if len(all) > 0 {
		a.Resources = touched(a.Resources[like], all)
	}
	return nil
}
