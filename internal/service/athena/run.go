package athena

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/store/state"
)

// Why a query's context ended.
var (
	errCancelled = errors.New("query cancelled by the user")
	errStopping  = errors.New("the server is stopping")
	errDeleted   = errors.New("the query's work group was deleted")
)

// start runs an execution that has been written down. What only touches the
// catalog is done when it returns.
func (s *Service) start(call cloud.Call, x execution) {
	ctx, cancel := context.WithCancelCause(cloud.WithCall(s.base, call))
	id := runningKey(call.Scope(), *x.QueryExecutionId)
	s.mu.Lock()
	s.running[id] = cancel
	s.mu.Unlock()
	run := func(atOnce bool) {
		defer cancel(nil)
		s.run(ctx, call, x, atOnce)
		s.mu.Lock()
		delete(s.running, id)
		s.mu.Unlock()
	}
	if statement, err := parse.Statement(*x.Query); err != nil || aboutCatalog(statement) {
		run(true)
		return
	}
	s.work.Go(func() { run(false) })
}

// run takes an execution through its states. What is done at once does not wait
// for the queries that run.
func (s *Service) run(ctx context.Context, call cloud.Call, x execution, atOnce bool) {
	defer func() {
		if p := recover(); p != nil {
			s.cfg.Log.Error("query panicked", "query_execution_id", *x.QueryExecutionId, "panic", fmt.Sprint(p))
			s.conclude(ctx, call, x, outcome{}, sqlerr.New(internalError, "the query failed inside Sillok"))
		}
	}()
	submitted := s.cfg.Now()
	if !atOnce {
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		case <-ctx.Done():
			s.conclude(ctx, call, x, outcome{}, context.Cause(ctx))
			return
		}
	}
	started := s.cfg.Now()
	var err error
	if !atOnce {
		err = s.markRunning(ctx, call, x)
	}
	var result outcome
	if err == nil {
		result, err = s.execute(ctx, call, x)
	}
	ended := s.cfg.Now()
	x.Statistics.QueryQueueTimeInMillis = millis(started.Sub(submitted))
	x.Statistics.EngineExecutionTimeInMillis = millis(ended.Sub(started))
	x.Statistics.TotalExecutionTimeInMillis = millis(ended.Sub(submitted))
	s.conclude(ctx, call, x, result, err)
}

func (s *Service) markRunning(ctx context.Context, call cloud.Call, x execution) error {
	x.Status.State = new(running)
	return s.store.Update(ctx, func(tx state.Tx) error {
		at := key(call.Scope(), kindExecution, *x.QueryExecutionId)
		if _, found, err := state.Find[execution](tx, at); err != nil || !found {
			return errors.Join(err, errDeleted)
		}
		return state.Put(tx, at, x)
	})
}

// outcome is what a statement that succeeded left.
type outcome struct {
	stats   engine.Stats
	columns []athenaapi.ColumnInfo
	rows    int64
	bytes   int64 // of the result's object
}

// conclude writes an execution's last state.
func (s *Service) conclude(ctx context.Context, call cloud.Call, x execution, result outcome, err error) {
	x.Status.CompletionDateTime = s.clock()
	x.Statistics.DataScannedInBytes = new(result.stats.BytesScanned)
	x.Statistics.QueryPlanningTimeInMillis = millis(result.stats.Planning)
	x.Statistics.ServicePreProcessingTimeInMillis = millis(0)
	x.Statistics.ServiceProcessingTimeInMillis = millis(0)
	x.Statistics.ResultReuseInformation = &athenaapi.ResultReuseInformation{ReusedPreviousResult: new(false)}
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
	var stored *storedResult
	if err == nil {
		stored = &storedResult{Columns: result.columns, Rows: result.rows, Bytes: result.bytes}
	}
	write := func() error {
		return s.store.Update(context.WithoutCancel(ctx), func(tx state.Tx) error { return finish(tx, call.Scope(), x, stored) })
	}
	if err := write(); err != nil {
		s.cfg.Log.Error("write the end of a query", "query_execution_id", *x.QueryExecutionId, "error", err)
		s.work.Go(func() { s.insist(write) })
	}
}

// insist repeats write until it works, so that a query does not stay RUNNING
// because the disk was full when it ended. When the service stops first, the
// next Open finds the query.
func (s *Service) insist(write func() error) {
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		select {
		case <-s.base.Done():
			return
		case <-again.C:
			if write() == nil {
				return
			}
		}
	}
}

func millis(d time.Duration) *int64 { return new(d.Milliseconds()) }

// execute does what the statement says and writes its result.
func (s *Service) execute(ctx context.Context, call cloud.Call, x execution) (outcome, error) {
	src := *x.Query
	statement, err := parse.Statement(src)
	if err != nil {
		return outcome{}, err
	}
	switch st := statement.(type) {
	case *ast.Query:
		parameters, where, err := parameterExprs(x.ExecutionParameters)
		if err != nil {
			return outcome{}, err
		}
		return s.query(ctx, call, x, question{src: src, query: st, parameters: parameters, parameterSource: where})
	case *ast.Prepare:
		return s.prepare(ctx, x, st)
	case *ast.Execute:
		return s.executePrepared(ctx, call, x, st)
	case *ast.Deallocate:
		return s.deallocate(ctx, x, st)
	case *ast.CreateTable, *ast.CreateDatabase, *ast.CreateView, *ast.Drop, *ast.Alter, *ast.Repair, *ast.Show, *ast.Describe:
		if catalog := textOr(x.QueryExecutionContext.Catalog, defaultCatalog); !isDefault(catalog) {
			return outcome{}, errDDL(errorEntity, "SemanticException catalog %s does not exist; there is %s alone", catalog, defaultCatalog)
		}
		d := ddl{service: s, call: call, database: strings.ToLower(textOr(x.QueryExecutionContext.Database, "default")), src: src}
		table, err := d.run(ctx, st)
		if err != nil {
			return outcome{}, err
		}
		return s.writeText(ctx, x, table)
	case *ast.Other:
		return outcome{}, refused(src, st, st.Construct)
	}
	return outcome{}, refused(src, statement, construct(src))
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
func (s *Service) query(ctx context.Context, call cloud.Call, x execution, q question) (outcome, error) {
	now := s.cfg.Now()
	if wanted := parse.Parameters(q.src); wanted != len(q.parameters) {
		return outcome{}, sqlerr.At(q.src, q.query.Position(), "INVALID_PARAMETER_USAGE", "Incorrect number of parameters: expected %d but found %d", wanted, len(q.parameters))
	}
	analyzed, err := analyze.Query(ctx, q.src, q.query, relations{s.glue}, analyze.Session{
		Catalog:         strings.ToLower(textOr(x.QueryExecutionContext.Catalog, defaultCatalog)),
		Database:        strings.ToLower(textOr(x.QueryExecutionContext.Database, "default")),
		User:            call.Principal.ARN,
		Parameters:      q.parameters,
		ParameterSource: q.parameterSource,
	})
	if err != nil {
		return outcome{}, err
	}
	rows, err := s.engine.Run(ctx, engine.Request{SQL: q.src, Query: analyzed, Now: now, ScanLimit: x.ScanLimit})
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
	return result, err
}

// writeRows streams rows into the result's CSV and returns how many there were
// and how many bytes they took.
func (s *Service) writeRows(ctx context.Context, x execution, columns []plan.Output, rows engine.Rows) (count, size int64, err error) {
	size, err = s.put(ctx, *x.ResultConfiguration.OutputLocation, func(w io.Writer) error {
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

// put writes an object at an s3:// location as write produces it, and returns
// its size. An error of write leaves no object.
func (s *Service) put(ctx context.Context, location string, write func(io.Writer) error) (int64, error) {
	bucket, name, err := splitLocation(location)
	if err != nil {
		return 0, err
	}
	r, w := io.Pipe()
	produced := make(chan error, 1)
	go func() {
		err := write(w)
		_ = w.CloseWithError(err)
		produced <- err
	}()
	object, err := s.objects.Put(ctx, bucket, name, "application/octet-stream", r)
	// A store that stopped early must not leave the writer waiting.
	_ = r.CloseWithError(io.ErrClosedPipe)
	if produceErr := <-produced; produceErr != nil && !errors.Is(produceErr, io.ErrClosedPipe) {
		return 0, produceErr
	}
	if err != nil {
		return 0, fmt.Errorf("write the result: %w", &writeError{location: location, cause: err})
	}
	return object.Size, nil
}

// writeError is a result that could not be written.
type writeError struct {
	location string
	cause    error
}

func (e *writeError) Error() string { return e.location + ": " + e.cause.Error() }

// Unwrap returns why.
func (e *writeError) Unwrap() error { return e.cause }
