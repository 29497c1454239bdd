package athena

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Why a query's context ended.
var (
	errCancelled = errors.New("query cancelled by the user")
	errStopping  = errors.New("the server is stopping")
	errDeleted   = errors.New("the query's work group was deleted")
	errTimeout   = errors.New("the query has run for as long as it may")
)

// work is one slot: it runs what waits, until the queue is closed and empty.
func (s *Service) work(ctx context.Context, of lane) {
	for {
		running, j := s.queue.next(ctx, of)
		if j == nil {
			return
		}
		s.run(running, j)
		s.queue.leave(j)
	}
}

// run takes a job that has begun to its end.
func (s *Service) run(ctx context.Context, j *job) {
	defer j.cancel(nil)
	defer func() {
		if p := recover(); p != nil {
			s.cfg.Log.Error("query panicked", "query_execution_id", *j.execution.QueryExecutionId, "panic", fmt.Sprint(p))
			s.conclude(ctx, j, outcome{}, sqlerr.New(internalError, "the query failed inside Sillok"))
		}
	}()
	started := time.Now()
	result, err := outcome{}, context.Cause(ctx)
	if err == nil {
		result, err = s.execute(ctx, j)
	}
	ended := time.Now()
	statistics := j.execution.Statistics
	statistics.QueryQueueTimeInMillis = millis(started.Sub(j.submitted))
	statistics.EngineExecutionTimeInMillis = millis(ended.Sub(started))
	statistics.TotalExecutionTimeInMillis = millis(ended.Sub(j.submitted))
	s.conclude(ctx, j, result, err)
}

// outcome is what a statement that succeeded left.
type outcome struct {
	stats   engine.Stats
	columns []athenaapi.ColumnInfo
	rows    int64
	bytes   int64 // of the result's object
	reused  bool  // all of it is an earlier query's

	question, read string // digests, for queries that may have it later
}

// conclude writes a job's end: its last state and what is known of its result,
// in one transaction.
func (s *Service) conclude(ctx context.Context, j *job, result outcome, err error) {
	x := j.execution
	x.Status.CompletionDateTime = resource.Now(precision)
	x.Statistics.DataScannedInBytes = new(result.stats.BytesScanned)
	x.Statistics.QueryPlanningTimeInMillis = millis(result.stats.Planning)
	x.Statistics.ServicePreProcessingTimeInMillis = millis(0)
	x.Statistics.ServiceProcessingTimeInMillis = millis(0)
	x.Statistics.ResultReuseInformation = &athenaapi.ResultReuseInformation{ReusedPreviousResult: new(result.reused)}
	for _, statistic := range []**int64{
		&x.Statistics.QueryQueueTimeInMillis, &x.Statistics.EngineExecutionTimeInMillis, &x.Statistics.TotalExecutionTimeInMillis,
	} {
		if *statistic == nil {
			*statistic = millis(0)
		}
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	s.describe(x, err)
	if err == nil {
		j.result = &storedResult{Columns: result.columns, Rows: result.rows, Bytes: result.bytes, Question: result.question, Read: result.read}
	}
	s.publish(j)
	if err := s.writeEnd(ctx, j); err != nil {
		s.cfg.Log.Error("write the end of a query", "query_execution_id", *x.QueryExecutionId, "error", err)
		s.queue.keepEnd(j)
	}
}

func (s *Service) writeEnd(ctx context.Context, j *job) error {
	ctx = cloud.WithCall(context.WithoutCancel(ctx), j.call)
	err := s.store.Update(ctx, func(tx resource.Tx) error { return finish(tx, j.execution, j.result) })
	if err == nil {
		s.queue.remove(j)
	}
	return err
}

// writeEnds repeats each second what conclude could not write, so that a query
// does not stay RUNNING because the disk was full when it ended. When the
// service ends first, the next Run finds the query.
func (s *Service) writeEnds(ctx context.Context, ended <-chan struct{}) {
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		select {
		case <-ended:
			return
		case <-again.C:
		}
		for _, j := range s.queue.takeEnds() {
			if s.writeEnd(ctx, j) != nil {
				s.queue.keepEnd(j)
			}
		}
	}
}

func millis(d time.Duration) *int64 { return new(d.Milliseconds()) }

// execute does what the statement says and writes its result.
func (s *Service) execute(ctx context.Context, j *job) (outcome, error) {
	if j.invalid != nil {
		return outcome{}, j.invalid
	}
	x, src := j.execution, *j.execution.Query
	if j.statement == nil { // too large to be kept while it waited
		var err error
		if j.statement, err = parse.Statement(src); err != nil {
			return outcome{}, err
		}
	}
	switch st := j.statement.(type) {
	case *ast.Query:
		parameters, where, err := parameterExprs(x.ExecutionParameters)
		if err != nil {
			return outcome{}, err
		}
		return s.query(ctx, x, question{src: src, query: st, parameters: parameters, parameterSource: where})
	case *ast.Prepare:
		return s.prepare(ctx, x, st)
	case *ast.Execute:
		return s.executePrepared(ctx, x, st)
	case *ast.Deallocate:
		return s.deallocate(ctx, x, st)
	case *ast.CreateTable, *ast.CreateDatabase, *ast.CreateView, *ast.Drop, *ast.Alter, *ast.Repair, *ast.Show, *ast.Describe:
		catalog := resource.Or(x.QueryExecutionContext.Catalog, defaultCatalog)
		if own, err := s.isOwn(ctx, catalog); err != nil || !own {
			return outcome{}, cmp.Or(err, errDDL(errorEntity, "SemanticException catalog %s does not exist", catalog))
		}
		d := ddl{service: s, database: strings.ToLower(resource.Or(x.QueryExecutionContext.Database, "default")), src: src}
		// Who may not write the result changes nothing: the catalog could not be set back.
		if changes(st) {
			if _, err := s.writeText(ctx, x, textTable{}); err != nil {
				return outcome{}, err
			}
		}
		table, err := d.run(ctx, st)
		if err != nil {
			return outcome{}, err
		}
		return s.writeText(ctx, x, table)
	case *ast.Other:
		return outcome{}, refused(src, st, st.Construct)
	}
	return outcome{}, refused(src, j.statement, construct(src, j.statement))
}

// changes says whether a statement about the catalog changes it.
func changes(statement ast.Statement) bool {
	switch statement.(type) {
	case *ast.Show, *ast.Describe:
		return false
	}
	return true
}

func refused(src string, at ast.Node, construct string) error {
	e := sqlerr.Refused(construct)
	e.Line, e.Column = at.Position().LineColumn(src)
	return e
}

// question is a query and the values of its question marks.
type question struct {
	src             string
	query           *ast.Query
	parameters      []ast.Expr
	parameterSource string // the text that the parameters' places are in
}

// query analyzes a query, runs it, and writes its rows.
func (s *Service) query(ctx context.Context, x execution, q question) (outcome, error) {
	now := time.Now()
	if wanted := q.query.Parameters; wanted != len(q.parameters) {
		return outcome{}, sqlerr.At(q.src, q.query.Position(), "INVALID_PARAMETER_USAGE", "Incorrect number of parameters: expected %d but found %d", wanted, len(q.parameters))
	}
	again := s.reuse(x, q)
	analyzed, err := analyze.Query(ctx, q.src, q.query, again.watch(s.relations()), analyze.Session{
		Catalog:         strings.ToLower(resource.Or(x.QueryExecutionContext.Catalog, defaultCatalog)),
		Database:        strings.ToLower(resource.Or(x.QueryExecutionContext.Database, "default")),
		User:            cloud.CallOf(ctx).Principal.ARN,
		Parameters:      q.parameters,
		ParameterSource: q.parameterSource,
	})
	if err != nil {
		return outcome{}, err
	}
	rows, err := s.engine.Run(ctx, engine.Request{SQL: q.src, Query: analyzed, Now: now, ScanLimit: x.ScanLimit, Planned: again.planned(ctx)})
	if errors.Is(err, errReused) {
		return again.found, nil
	}
	if err != nil {
		return outcome{}, err
	}
	result := outcome{columns: columnInfos(analyzed.Columns)}
	result.rows, result.bytes, err = s.writeRows(ctx, x, analyzed.Columns, rows)
	if err == nil {
		err = s.writeMetadata(ctx, x, result.columns)
	}
	err = errors.Join(err, rows.Close())
	result.stats = rows.Stats()
	again.keep(&result)
	return result, err
}

// writeRows streams rows into the result's CSV and returns how many there were
// and how many bytes they took.
func (s *Service) writeRows(ctx context.Context, x execution, columns []plan.Output, rows engine.Rows) (count, size int64, err error) {
	size, err = s.stream(ctx, *x.ResultConfiguration.OutputLocation, func(w io.Writer) error {
		out := newCSVWriter(w)
		if err := out.header(columns); err != nil {
			return err
		}
		for rows.Next() {
			count++
			if err := out.row(rows.Row()); err != nil {
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		return out.flush()
	})
	return count, size, err
}

// put writes an object at an s3:// location and returns its size.
func (s *Service) put(ctx context.Context, location string, body io.Reader) (int64, error) {
	at, err := parseLocation(location)
	if err != nil {
		return 0, err
	}
	object, err := s.objects.Put(ctx, at.Bucket, at.Key, "application/octet-stream", body)
	if err != nil {
		return 0, fmt.Errorf("write the result: %w", &writeError{location: location, cause: err})
	}
	return object.Size, nil
}

// stream writes an object as write produces it, and returns its size. An error of
// write leaves no object.
func (s *Service) stream(ctx context.Context, location string, write func(io.Writer) error) (int64, error) {
	r, w := io.Pipe()
	produced := make(chan error, 1)
	go func() {
		err := write(w)
		_ = w.CloseWithError(err)
		produced <- err
	}()
	size, err := s.put(ctx, location, r)
	// A store that stopped early must not leave the writer waiting.
	_ = r.CloseWithError(io.ErrClosedPipe)
	if produceErr := <-produced; produceErr != nil && !errors.Is(produceErr, io.ErrClosedPipe) {
		return 0, produceErr
	}
	return size, err
}

// writeError is a result that could not be written.
type writeError struct {
	location string
	cause    error
}

func (e *writeError) Error() string { return e.location + ": " + e.cause.Error() }

// Unwrap returns why.
func (e *writeError) Unwrap() error { return e.cause }
