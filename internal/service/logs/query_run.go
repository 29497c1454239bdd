package logs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/language/insights"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/logs/query"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/resource/turns"
)

const (
	// queryTurns is how many queries run at a time, and queryMemory how many bytes each may hold.
	queryTurns   = 4
	queryMemory  = 128 << 20
	queryBeside  = 512 << 20 // of events that are read side by side, of many streams
	queryLimit   = time.Hour // that a query may run, as AWS has it
	queryEnds    = 5 * time.Second
	queriesPurge = 10 * time.Minute
)

// queryRun is a query that has not ended.
type queryRun struct {
	service *Service
	call    cloud.Call
	doc     loggedQuery
	plan    *plan

	skippedEvents, skippedBytes atomic.Int64
	wanted                      atomic.Bool // somebody waits for what there is so far
	mu                          sync.Mutex
	partial                     *insights.Result
	fresh                       chan struct{} // is closed when there is a newer one
}

type queryJob = turns.Job[*queryRun]

// runQueries runs queries until ctx is done. What has not ended then has failed, as has
// what a server left that died.
func (s *Service) runQueries(ctx context.Context, g *life.Group) error {
	running := context.WithoutCancel(ctx)
	if err := errors.Join(s.recoverQueries(running), s.endRuns(running)); err != nil {
		return fmt.Errorf("recover queries of log groups: %w", err)
	}
	for range queryTurns {
		g.Go(ctx, "queries of log groups", func(context.Context) error {
			s.queries.Work(running, queryLimit, s.run)
			return nil
		})
	}
	g.Go(ctx, "stop queries of log groups", func(ctx context.Context) error {
		<-ctx.Done()
		s.queries.Close()
		return nil
	})
	g.Every(ctx, "ends of queries of log groups", queryEnds, s.writeEnds)
	g.Every(ctx, "scheduled queries", scheduledEvery, func(ctx context.Context) error { return s.runScheduled(ctx, g) })
	g.Every(ctx, "old queries of log groups", queriesPurge, s.purgeQueries)
	return nil
}

// run takes a query whose turn it is to its end.
func (s *Service) run(ctx context.Context, j *queryJob) {
	r := j.Of
	ctx = cloud.WithCall(ctx, r.call)
	began := time.Now()
	var result *insights.Result
	err := life.Catch(func() (err error) {
		result, err = s.answer(ctx, r)
		return err
	})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if !s.queries.Claim(j) {
		return // it was stopped
	}
	q := &r.doc
	q.Millis = time.Since(began).Milliseconds()
	if err == nil {
		q.count(r, result)
		q.Rows = len(result.Rows)
		q.Length, err = s.results().Write(q.ID, result.Rows)
	}
	switch {
	case err == nil:
		q.Status = queryComplete
	case errors.Is(err, turns.ErrTimeout):
		q.Status = queryTimeout
	default:
		q.Status, q.Failure = queryFailed, s.failure(ctx, q.ID, err)
	}
	s.end(context.WithoutCancel(ctx), j)
}

// count notes what was read.
func (q *loggedQuery) count(r *queryRun, result *insights.Result) {
	statistics := result.Statistics
	q.Matched, q.Scanned, q.Bytes = statistics.RecordsMatched, statistics.RecordsScanned, statistics.BytesScanned
	q.SkippedRecords, q.SkippedB = float64(r.skippedEvents.Load()), float64(r.skippedBytes.Load())
}

// failure says in the log why a query failed, and returns what is kept of it.
func (s *Service) failure(ctx context.Context, id string, err error) string {
	switch {
	case errors.Is(err, turns.ErrStopping):
		return stoppedServer
	case errors.Is(err, insights.ErrMemory), errors.Is(err, events.ErrWide):
		s.cfg.Log.WarnContext(ctx, "a query of log groups failed", "query_id", id, "error", err)
		return err.Error()
	}
	s.cfg.Log.ErrorContext(ctx, "a query of log groups failed", "query_id", id, "error", err)
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		return e.Message
	}
	if e, ok := errors.AsType[*insights.Error](err); ok {
		return e.Error()
	}
	return "The query failed inside the server, whose log says why."
}

const stoppedServer = "The server stopped before the query had ended: start it again."

// results is where the rows of queries are.
func (s *Service) results() query.Results { return query.Results{Dir: s.resultsDir} }

// answer runs a query and returns its result.
func (s *Service) answer(ctx context.Context, r *queryRun) (*insights.Result, error) {
	p := r.plan
	if p.query == nil {
		of := p.reaches[nil]
		return p.other.Run(ctx, of.from, of.to, p.limit)
	}
	if p.query.Estimate() {
		return s.estimate(ctx, r)
	}
	main := p.reaches[p.query.Source()]
	return p.query.Run(ctx, insights.Env{
		Start: main.from, End: main.to, Now: time.UnixMilli(r.doc.Created), Limit: p.limit, Memory: queryMemory,
		Events: func(ctx context.Context, read insights.Read) iter.Seq2[*insights.Event, error] {
			return s.eventsOf(ctx, r, read)
		},
		Apart: func(ctx context.Context, read insights.Read, n int) []iter.Seq2[*insights.Event, error] {
			return s.eventsApart(ctx, r, read, n)
		},
		Pointer: pointerOf,
		Table:   s.table,
		Partial: r.offer,
	})
}

// query returns what is read of the store of events for a source.
func (o *reach) query() events.Query {
	q := events.Query{From: o.from, To: o.to, Backward: true, Groups: []events.Part{}, Memory: queryBeside}
	for number, k := range o.known {
		q.Groups = append(q.Groups, events.Part{Group: number, From: k.group.from()})
	}
	return q
}

// estimate returns what a query would read.
func (s *Service) estimate(ctx context.Context, r *queryRun) (*insights.Result, error) {
	result := &insights.Result{}
	for _, of := range r.plan.reaches {
		n, bytes, err := s.events.Estimate(ctx, of.query())
		if err != nil {
			return nil, err
		}
		result.Statistics.RecordsScanned += float64(n)
		result.Statistics.BytesScanned += float64(bytes)
	}
	return result, nil
}

// eventsOf yields the events of a source, the newest first.
func (s *Service) eventsOf(ctx context.Context, r *queryRun, read insights.Read) iter.Seq2[*insights.Event, error] {
	of, q, err := s.readyOf(ctx, r, read)
	if err != nil {
		return failed(err)
	}
	return s.seen(ctx, r, read, of, s.events.Read(ctx, q))
}

// eventsApart is eventsOf for several who read side by side, in any order.
func (s *Service) eventsApart(ctx context.Context, r *queryRun, read insights.Read, n int) []iter.Seq2[*insights.Event, error] {
	of, q, err := s.readyOf(ctx, r, read)
	if err != nil {
		return []iter.Seq2[*insights.Event, error]{failed(err)}
	}
	var all []iter.Seq2[*insights.Event, error]
	for _, part := range s.events.Apart(ctx, q, n) {
		all = append(all, s.seen(ctx, r, read, of, part))
	}
	return all
}

func failed(err error) iter.Seq2[*insights.Event, error] {
	return func(yield func(*insights.Event, error) bool) { yield(nil, err) }
}

// readyOf is ready for a run, which counts what is skipped.
func (s *Service) readyOf(ctx context.Context, r *queryRun, read insights.Read) (*reach, events.Query, error) {
	of, q, err := s.ready(ctx, r.plan, read)
	q.Skipped = func(n, bytes int64) {
		r.skippedEvents.Add(n)
		r.skippedBytes.Add(bytes)
	}
	return of, q, err
}

// seen yields events as a query sees them.
func (s *Service) seen(ctx context.Context, r *queryRun, read insights.Read, of *reach, all iter.Seq2[events.Event, error]) iter.Seq2[*insights.Event, error] {
	return func(yield func(*insights.Event, error) bool) {
		x := &seen{s: s, of: of, unmask: r.plan.unmask, pointers: read.Pointers, groups: map[uint64]*current{}, streams: map[uint64]string{}}
		for e, err := range all {
			if err == nil {
				err = x.see(ctx, &e)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if x.event.Stream == "" {
				continue // it was deleted
			}
			if !yield(&x.event, nil) {
				return
			}
		}
	}
}

// seen is the event that a query looks at, and what is the same for many.
type seen struct {
	s        *Service
	of       *reach
	unmask   bool
	pointers bool

	event   insights.Event
	group   uint64 // 0 for none: no group has that number, nor has a stream
	stream  uint64
	current *current // of the group
	groups  map[uint64]*current
	streams map[uint64]string // the names of those that were met
}

// see makes an event the one that is looked at. It has no stream if that was deleted.
func (x *seen) see(ctx context.Context, e *events.Event) error {
	if e.Group != x.group {
		if x.current = x.groups[e.Group]; x.current == nil {
			x.current = &current{Service: x.s, known: x.of.known[e.Group]}
			x.groups[e.Group] = x.current
		}
		x.group, x.event.Log = e.Group, x.current.known.log()
	}
	if e.Stream != x.stream {
		name, there := x.streams[e.Stream]
		if !there {
			var err error
			if name, err = x.s.streamName(ctx, x.of.known[e.Group], e.Stream); err != nil {
				return err
			}
			if len(x.streams) >= mostStreams {
				clear(x.streams)
			}
			x.streams[e.Stream] = name
		}
		x.stream, x.event.Stream = e.Stream, name
	}
	if x.event.Stream == "" {
		return nil
	}
	x.event.Timestamp, x.event.Seq, x.event.N, x.event.IngestionTime, x.event.Message = e.Time, e.Seq, e.N, e.Ingested, e.Message
	if x.pointers {
		x.event.Pointer = place(e.Group, e.Key)
	}
	k, err := x.current.of(ctx, e)
	if err != nil {
		return err
	}
	if k.shape.plain() {
		x.event.Fields, x.event.Unmasked, x.event.UnmaskedFields, x.event.System = nil, nil, nil, nil
		return nil
	}
	// Of what was not protected when the query began it was not asked who may see it.
	v, err := k.view(x.event.Stream, e, x.unmask && x.of.known[e.Group].shape.protects())
	if err != nil {
		return err
	}
	x.event.Message, x.event.Fields, x.event.Unmasked, x.event.UnmaskedFields, x.event.System = v.message, v.fields, v.unmasked, v.unmaskedFields, nil
	if v.transformationError != "" {
		x.event.System = map[string]string{"@transformationError": v.transformationError}
	}
	return nil
}

// ready returns what a source leads to as it is now, and what is read of it.
func (s *Service) ready(ctx context.Context, p *plan, read insights.Read) (of *reach, q events.Query, err error) {
	if of, err = s.current(ctx, p.reaches[read.Source]); err != nil {
		return nil, q, err
	}
	if err := errors.Join(s.mayUnmaskOf(ctx, p, of), s.usable(ctx, of)); err != nil {
		return nil, q, err
	}
	q, err = s.queryOfEvents(ctx, of, read)
	return of, q, err
}

// queryOfEvents returns what is read of the store of events.
func (s *Service) queryOfEvents(ctx context.Context, of *reach, read insights.Read) (q events.Query, err error) {
	q = of.query()
	for _, k := range of.known {
		if k.shape.transforms() || k.shape.protects() {
			read.Needs = nil // they are of what is seen, which is not what is kept
		}
	}
	for _, n := range read.Needs {
		need := events.Need{Coded: n.Escaped}
		for _, text := range n.Among {
			need.Among = append(need.Among, []byte(text))
		}
		q.Needs = append(q.Needs, need)
	}
	if read.Streams == nil {
		return q, nil
	}
	q.Streams = []uint64{}
	for _, k := range of.known {
		scope := cloud.Scope{Account: k.at.Account, Region: cloud.CallOf(ctx).Region}
		for _, name := range read.Streams {
			number, err := s.stream(in(ctx, scope), k, name)
			if cloud.KindOf(err) == cloud.NotFound {
				continue
			}
			if err != nil {
				return q, err
			}
			q.Streams = append(q.Streams, number)
		}
	}
	return q, nil
}

// place is where an event is, of which pointerOf makes its pointer: few of those that are
// read are shown.
func place(group uint64, k events.Key) string {
	var b [28]byte
	binary.LittleEndian.PutUint64(b[:], group)
	binary.LittleEndian.PutUint64(b[8:], uint64(k.Time)) //nolint:gosec // the bits come back as they were
	binary.LittleEndian.PutUint64(b[16:], k.Seq)
	binary.LittleEndian.PutUint32(b[24:], k.N)
	return string(b[:])
}

// pointerOf returns the pointer of the event at a place.
func pointerOf(place string) string {
	b := []byte(place)
	return Pointer(binary.LittleEndian.Uint64(b), events.Key{
		Time: int64(binary.LittleEndian.Uint64(b[8:])), //nolint:gosec // as it was put
		Seq:  binary.LittleEndian.Uint64(b[16:]), N: binary.LittleEndian.Uint32(b[24:]),
	})
}

// offer takes what a query has found so far, where somebody waits for that.
func (r *queryRun) offer(result func() (*insights.Result, error)) {
	if !r.wanted.Load() {
		return
	}
	found, err := result()
	if err != nil {
		return // the run itself fails so
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted.Store(false)
	if r.partial = found; r.fresh != nil {
		close(r.fresh)
		r.fresh = nil
	}
}

// soFar returns what the query has found up to now, and waits a moment for it; nil where
// there is nothing yet.
func (r *queryRun) soFar(ctx context.Context, ended <-chan struct{}) *insights.Result {
	r.mu.Lock()
	if r.fresh == nil {
		r.fresh = make(chan struct{})
	}
	fresh := r.fresh
	r.wanted.Store(true)
	r.mu.Unlock()
	over := time.NewTimer(2 * queryMoment)
	defer over.Stop()
	select {
	case <-fresh:
	case <-ended:
	case <-over.C:
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.partial
}

// cancelled notes that the query was stopped. Its caller has claimed its end.
func (r *queryRun) cancelled() {
	r.doc.Status, r.doc.Millis = queryCancelled, time.Now().UnixMilli()-r.doc.Created
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.partial != nil {
		r.doc.count(r, r.partial)
	}
}

// end writes the end of a query, which the caller has claimed.
func (s *Service) end(ctx context.Context, j *queryJob) {
	if err := s.writeEnd(ctx, j); err != nil {
		s.cfg.Log.ErrorContext(ctx, "write the end of a query of log groups, which is tried again", "query_id", j.ID, "error", err)
		s.queries.Late(j)
	}
}

// writeEnd keeps how a query ended, and lets go of it.
func (s *Service) writeEnd(ctx context.Context, j *queryJob) error {
	err := s.store.Update(cloud.WithCall(ctx, j.Of.call), func(tx resource.Tx) error {
		return errors.Join(loggedQueries.Put(tx, j.Of.doc, j.ID), queriesActive.Discard(resource.In(tx, cloud.Scope{}), j.ID))
	})
	if err == nil {
		s.queries.Remove(j)
	}
	return err
}

// writeEnds keeps the ends that could not be written.
func (s *Service) writeEnds(ctx context.Context) (err error) {
	for _, j := range s.queries.TakeLate() {
		if failed := s.writeEnd(context.WithoutCancel(ctx), j); failed != nil {
			s.queries.Late(j)
			err = errors.Join(err, fmt.Errorf("query %s: %w", j.ID, failed))
		}
	}
	return err
}

// recoverQueries marks as failed what had not ended when the last server did.
func (s *Service) recoverQueries(ctx context.Context) error {
	left := map[string]cloud.Scope{}
	err := s.store.View(nobody(ctx), func(r resource.Reader) error {
		for e, err := range queriesActive.List(r) {
			if err != nil {
				return err
			}
			left[e.Name] = e.Value
		}
		return nil
	})
	for id, scope := range left {
		if j, _ := s.queries.Find(scope, id); j != nil {
			continue // it came before Run
		}
		err = errors.Join(err, s.results().Remove(id), s.store.Update(in(ctx, scope), func(tx resource.Tx) error {
			gone := queriesActive.Discard(resource.In(tx, cloud.Scope{}), id)
			q, found, err := loggedQueries.Find(tx, id)
			if err != nil || !found {
				return errors.Join(err, gone)
			}
			q.Status, q.Failure = queryFailed, stoppedServer
			return errors.Join(gone, loggedQueries.Put(tx, q, id))
		}))
	}
	return err
}

// purgeQueries removes the queries that are older than they are kept, with their results.
func (s *Service) purgeQueries(ctx context.Context) error {
	until := countedUp(time.Now().Add(-queriesKept).UnixMilli())
	old := map[string]cloud.Scope{}
	err := s.store.View(nobody(ctx), func(r resource.Reader) error {
		for e, err := range queriesDue.List(r) {
			names := resource.Names(e.Name)
			if err != nil || names[0] >= until {
				return err
			}
			old[names[1]] = e.Value
		}
		return nil
	})
	for id, scope := range old {
		if j, _ := s.queries.Find(scope, id); j != nil {
			continue // its end cannot be written yet
		}
		err = errors.Join(err, s.results().Remove(id), s.store.Update(in(ctx, scope), func(tx resource.Tx) error {
			q, found, err := loggedQueries.Find(tx, id)
			if err != nil || !found {
				return err
			}
			return q.forget(tx)
		}))
	}
	return err
}
