package logs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/insights"
	"github.com/sillok/sillok/internal/resource"
)

// loggedQuery is a query of log groups as it is kept.
type loggedQuery struct {
	ID       string
	Language string
	Text     string      // as it was given
	Shown    string      // with its source, as it is listed
	Groups   []groupName // that it reads
	User     string      // the ARN of who started it
	Created  int64       // milliseconds since 1970
	Status   string
	Failure  string `json:",omitempty"` // why it failed
	Millis   int64  `json:",omitempty"` // how long it ran

	Matched, Scanned, Bytes  float64 `json:",omitempty"`
	SkippedRecords, SkippedB float64 `json:",omitempty"`
	Rows                     int     `json:",omitempty"`
	Length                   int64   `json:",omitempty"` // of the file of its rows, in bytes
}

// The queries of an account and region are kept by ID. Which there are is listed by group,
// "" for all, time counted down and ID, so that the newest is the first. Which have not
// ended and which are to be removed is kept of all accounts together, by ID, and by time.
var (
	loggedQueries = resource.Kind[loggedQuery]{Name: "logs/query", Missing: errNoQuery}
	queriesOf     = resource.Kind[string]{Name: "logs/query-of"}
	queriesActive = resource.Kind[cloud.Scope]{Name: "logs/query-active"}
	queriesDue    = resource.Kind[cloud.Scope]{Name: "logs/query-due"}
)

// The states of a query.
const (
	queryScheduled = "Scheduled"
	queryRunning   = "Running"
	queryComplete  = "Complete"
	queryFailed    = "Failed"
	queryCancelled = "Cancelled"
	queryTimeout   = "Timeout"
)

// The languages of queries.
const (
	languageInsights = "CWLI"
	languageSQL      = "SQL"
	languagePPL      = "PPL"
)

const (
	// mostActive is how many queries of an account in a region may wait and run.
	mostActive    = 100
	queriesKept   = 7 * day
	mostGroupsAt  = 50     // that are named beside a query
	mostGroupsBy  = 10_000 // that its text may lead to
	mostQueryText = insights.MaxLength
	// queryMoment is how long StartQuery waits for a query to end: most do at once.
	queryMoment = 50 * time.Millisecond
)

func errNoQuery(...string) error { return errMissing("The specified query does not exist.") }

// errMalformed is AWS's refusal of the text of a query, with the place.
func errMalformed(e *insights.Error) error {
	refused := cloud.Errorf(cloud.Invalid, insights.Code, "%s", e.Error())
	refused.Fields = map[string]any{"queryCompileError": map[string]any{
		"location": map[string]any{"startCharOffset": e.Start, "endCharOffset": e.End}, "message": e.Error(),
	}}
	return refused
}

func errQueries() error {
	return cloud.Errorf(cloud.Throttled, "LimitExceededException", "Account maximum query concurrency limit of [%d] reached.", mostActive)
}

// plan is a query that was read and can be run.
type plan struct {
	language string
	query    *insights.Query // of Insights' own language
	other    Prepared        // of another one
	reaches  map[*insights.Source]*reach
	groups   []groupName // all of them
	limit    int
	unmask   bool // the caller asks for what is masked as it came, and may see it
}

// StartQuery has a query run. What is wrong with its text is said at once.
func (s *Service) StartQuery(ctx context.Context, in *logsapi.StartQueryInput) (*logsapi.StartQueryOutput, error) {
	id, err := s.start(ctx, in)
	if err != nil {
		return nil, err
	}
	return &logsapi.StartQueryOutput{QueryId: &id}, nil
}

// start begins a query and returns its ID.
func (s *Service) start(ctx context.Context, in *logsapi.StartQueryInput) (string, error) {
	p, err := s.plan(ctx, in)
	if err != nil {
		return "", err
	}
	call := cloud.CallOf(ctx)
	doc := loggedQuery{
		ID: uuid.NewString(), Language: p.language, Text: *in.QueryString, Shown: shownQuery(in), Groups: p.groups,
		User: call.Principal.ARN, Created: time.Now().UnixMilli(), Status: queryScheduled,
	}
	r := &queryRun{service: s, call: call, doc: doc, plan: p}
	j := s.queries.Add(call.Scope(), doc.ID, r, mostActive)
	if j == nil {
		return "", errQueries()
	}
	if err := s.store.Update(ctx, func(tx resource.Tx) error { return doc.create(tx) }); err != nil {
		s.queries.Remove(j)
		return "", err
	}
	s.queries.Push(j)
	over := time.NewTimer(queryMoment)
	defer over.Stop()
	select {
	case <-j.Ended():
	case <-over.C:
	case <-ctx.Done():
	}
	return doc.ID, nil
}

// plan reads what a client asks for, and finds the groups that it is about.
func (s *Service) plan(ctx context.Context, in *logsapi.StartQueryInput) (*plan, error) {
	from, to := queryRange(*in.StartTime, *in.EndTime)
	if from > to {
		return nil, errInvalid("The start time of a query has to be before its end time.")
	}
	p := &plan{language: resource.Or(in.QueryLanguage, languageInsights), limit: int(resource.Value(in.Limit)), reaches: map[*insights.Source]*reach{}}
	if p.language != languageInsights {
		return p, s.planElsewhere(ctx, in, p, from, to)
	}
	var err error
	if p.query, err = parseQuery(in); err != nil {
		return nil, err
	}
	for _, source := range p.query.Sources() {
		if p.reaches[source] != nil {
			continue
		}
		r, err := s.reach(ctx, in, source, from, to)
		if err != nil {
			return nil, err
		}
		p.reaches[source] = r
		p.groups = addGroups(p.groups, r.groups)
	}
	if err := s.canRun(ctx, in, p); err != nil {
		return nil, err
	}
	return p, s.mayUnmask(ctx, p)
}

// parseQuery reads and checks a text of Insights' own language.
func parseQuery(in *logsapi.StartQueryInput) (*insights.Query, error) {
	text := *in.QueryString
	q, err := insights.Parse(text)
	if err == nil && q.Estimate() && in.Limit != nil {
		// AWS puts the limit behind the query, where nothing follows estimate.
		_, err = insights.Parse(fmt.Sprintf("%s | limit %d", text, *in.Limit))
	}
	if err == nil {
		err = q.Uncarried()
	}
	if e, ok := errors.AsType[*insights.Error](err); ok {
		return nil, errMalformed(e)
	}
	return q, err
}

// queryRange is the range of a query in milliseconds, of which both are in it. Clients say
// seconds, and also milliseconds.
func queryRange(start, end int64) (from, to int64) {
	const seconds = 100_000_000_000 // from the year 5138 on
	from, to = start*1000, end*1000+999
	if start >= seconds {
		from = start
	}
	if end >= seconds {
		to = end
	}
	return from, to
}

// shownQuery is the text of a query as AWS lists it: with its source in front.
func shownQuery(in *logsapi.StartQueryInput) string {
	named := namedGroups(in)
	if len(named) == 0 || resource.Or(in.QueryLanguage, languageInsights) != languageInsights {
		return *in.QueryString
	}
	from, to := queryRange(*in.StartTime, *in.EndTime)
	quoted := make([]string, len(named))
	for i, name := range named {
		quoted[i] = `"` + name + `"`
	}
	return fmt.Sprintf("SOURCE %s START=%d END=%d | %s", strings.Join(quoted, ", "), from, to, *in.QueryString)
}

// create keeps a query that is new.
func (q *loggedQuery) create(tx resource.Tx) error {
	all := resource.In(tx, cloud.Scope{})
	err := errors.Join(
		loggedQueries.Create(tx, *q, q.ID), queriesActive.Create(all, tx.Scope(), q.ID),
		queriesDue.Create(all, tx.Scope(), countedUp(q.Created), q.ID),
	)
	for _, name := range q.listed(tx.Scope()) {
		err = errors.Join(err, queriesOf.Create(tx, q.ID, name, countedDown(q.Created), q.ID))
	}
	return err
}

// forget removes a query that is too old.
func (q *loggedQuery) forget(tx resource.Tx) error {
	all := resource.In(tx, cloud.Scope{})
	err := errors.Join(
		loggedQueries.Discard(tx, q.ID), queriesActive.Discard(all, q.ID), queriesDue.Discard(all, countedUp(q.Created), q.ID),
	)
	for _, name := range q.listed(tx.Scope()) {
		err = errors.Join(err, queriesOf.Discard(tx, name, countedDown(q.Created), q.ID))
	}
	return err
}

// listed returns the names of the groups under which the query is listed.
func (q *loggedQuery) listed(scope cloud.Scope) []string {
	const most = mostGroupsAt // of one that reads all there are, not each
	names := []string{""}
	for _, g := range q.Groups[:min(len(q.Groups), most)] {
		if g.scope() == scope {
			names = append(names, g.Name)
		}
	}
	return names
}

func countedUp(millis int64) string   { return fmt.Sprintf("%019d", millis) }
func countedDown(millis int64) string { return fmt.Sprintf("%019d", int64(1<<62)-millis) }

// queryOf returns a query of the caller's account and region with its state, and what of
// it has not ended.
func (s *Service) queryOf(ctx context.Context, id string) (q loggedQuery, r *queryRun, err error) {
	// Asked before the store, or one that ends in between would be scheduled again.
	j, running := s.queries.Find(cloud.CallOf(ctx).Scope(), id)
	err = s.store.View(ctx, func(r resource.Reader) (err error) {
		q, err = loggedQueries.Get(r, id)
		return err
	})
	if err != nil {
		return q, nil, err
	}
	if q.Status == queryScheduled && running {
		q.Status = queryRunning
	}
	if j != nil && (q.Status == queryScheduled || q.Status == queryRunning) {
		r = j.Of
	}
	return q, r, nil
}

// StopQuery ends a query that waits or runs.
func (s *Service) StopQuery(ctx context.Context, in *logsapi.StopQueryInput) (*logsapi.StopQueryOutput, error) {
	j := s.queries.Stop(cloud.CallOf(ctx).Scope(), *in.QueryId)
	if j == nil {
		q, _, err := s.queryOf(ctx, *in.QueryId)
		if err != nil {
			return nil, err
		}
		return nil, errInvalid("The specified query %s is not running: its status is %s.", q.ID, q.Status)
	}
	j.Of.cancelled()
	s.end(context.WithoutCancel(ctx), j)
	return &logsapi.StopQueryOutput{Success: new(true)}, nil
}

// DescribeQueries lists the queries of the last days, the newest first.
func (s *Service) DescribeQueries(ctx context.Context, in *logsapi.DescribeQueriesInput) (*logsapi.DescribeQueriesOutput, error) {
	const most = 1000
	scope := cloud.CallOf(ctx).Scope()
	out := &logsapi.DescribeQueriesOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		if in.LogGroupName != nil {
			if _, err := groups.Get(r, *in.LogGroupName); err != nil {
				return err
			}
		}
		out.Queries, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, in.MaxResults, most), queriesOf.From(r, resource.Value(in.LogGroupName)), func(id string) (logsapi.QueryInfo, bool, error) {
			_, running := s.queries.Find(scope, id)
			q, found, err := loggedQueries.Find(r, id)
			if err != nil || !found {
				return logsapi.QueryInfo{}, false, err
			}
			if q.Status == queryScheduled && running {
				q.Status = queryRunning
			}
			wanted := (in.Status == nil || *in.Status == q.Status) && (in.QueryLanguage == nil || *in.QueryLanguage == q.Language)
			return q.shown(), wanted, nil
		})
		return err
	})
}

func (q *loggedQuery) shown() logsapi.QueryInfo {
	shown := logsapi.QueryInfo{
		QueryLanguage: &q.Language, QueryId: &q.ID, QueryString: &q.Shown, Status: &q.Status, CreateTime: &q.Created,
		QueryDuration: &q.Millis, BytesScanned: &q.Bytes,
	}
	if len(q.Groups) > 0 {
		shown.LogGroupName = &q.Groups[0].Name
	}
	if q.User != "" {
		shown.UserIdentity = &q.User
	}
	return shown
}

// ListLogGroupsForQuery lists the groups that a query reads.
func (s *Service) ListLogGroupsForQuery(ctx context.Context, in *logsapi.ListLogGroupsForQueryInput) (*logsapi.ListLogGroupsForQueryOutput, error) {
	const most = 500
	q, _, err := s.queryOf(ctx, *in.QueryId)
	if err != nil {
		return nil, err
	}
	scope := cloud.CallOf(ctx).Scope()
	out := &logsapi.ListLogGroupsForQueryOutput{}
	out.LogGroupIdentifiers, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, in.MaxResults, most), inOrder(q.Groups), func(g groupName) (string, bool, error) {
		if g.scope() == scope {
			return g.Name, true, nil
		}
		return groupARN(g.scope(), g.Name), true, nil
	})
	return out, err
}
