package native

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	duck "github.com/duckdb/duckdb-go-bindings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// Options is how a database runs.
type Options struct {
	Memory  int64    // bytes; 0 leaves DuckDB's own limit
	Threads int      // 0 leaves DuckDB's own number
	Spill   string   // folder for what does not fit into memory; "" means none
	Folders []string // the only folders whose files queries may read
}

// DB is a DuckDB database in memory with one connection. It reads files in the
// given folders and nothing else. One goroutine uses it at a time.
type DB struct {
	db        duck.Database
	conn      duck.Connection
	functions int
}

// Open returns a new, empty database. The caller must call Close.
func Open(o Options) (*DB, error) {
	d := &DB{}
	var message string
	if duck.OpenExt(":memory:", &d.db, duck.Config{}, &message) != duck.StateSuccess {
		return nil, fmt.Errorf("open DuckDB: %s", message)
	}
	if duck.Connect(d.db, &d.conn) != duck.StateSuccess {
		d.Close()
		return nil, errors.New("connect to DuckDB")
	}
	for _, setting := range o.settings() {
		if err := d.exec(setting); err != nil {
			d.Close()
			return nil, fmt.Errorf("%s: %w", setting, err)
		}
	}
	return d, nil
}

func (o Options) settings() []string {
	s := []string{
		"SET TimeZone = 'UTC'", "SET autoinstall_known_extensions = false", "SET autoload_known_extensions = false",
		"SET parquet_metadata_cache = true", "SET temp_directory = " + quote(o.Spill),
	}
	if o.Spill != "" {
		// By a key that is in the memory of this process alone. DuckDB calls that unsafe, since
		// it makes the key by random numbers that are not made for keys: see decision 42.
		s = append(s, "SET force_mbedtls_unsafe = 'true'", "SET temp_file_encryption = true")
	}
	if o.Memory > 0 {
		s = append(s, "SET memory_limit = "+quote(strconv.FormatInt(o.Memory, 10)+"B"))
	}
	if o.Threads > 0 {
		s = append(s, "SET threads = "+strconv.Itoa(o.Threads))
	}
	folders := make([]string, len(o.Folders))
	for i, folder := range o.Folders {
		folders[i] = quote(strings.TrimSuffix(folder, "/") + "/")
	}
	return append(s, "SET allowed_directories = ["+strings.Join(folders, ", ")+"]",
		"SET enable_external_access = false", "SET lock_configuration = true")
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (d *DB) exec(sql string) error {
	var result duck.Result
	defer duck.DestroyResult(&result)
	if duck.Query(d.conn, sql, &result) != duck.StateSuccess {
		return Failure(duck.ResultError(&result))
	}
	return nil
}

// Functions returns how many functions are defined.
func (d *DB) Functions() int { return d.functions }

// Close frees the database. It may be called twice.
func (d *DB) Close() {
	duck.Disconnect(&d.conn)
	duck.Close(&d.db)
}

// Result is the rows of a query as they are made.
type Result struct {
	statement duck.PreparedStatement
	result    duck.Result
	types     []datatype.Type
	stop      func() // ends the watch over the query's context; nil before there is one
}

// Query starts sql, whose columns are of the given types. Cancelling ctx makes
// it fail. The caller must close the result before the next query.
func (d *DB) Query(ctx context.Context, sql string, types []datatype.Type) (*Result, error) {
	r := &Result{types: types}
	if duck.Prepare(d.conn, sql, &r.statement) != duck.StateSuccess {
		err := Failure(duck.PrepareError(r.statement))
		r.Close()
		return nil, err
	}
	r.stop = d.watch(ctx)
	var pending duck.PendingResult
	defer duck.DestroyPending(&pending)
	if duck.PendingPreparedStreaming(r.statement, &pending) != duck.StateSuccess {
		err := Failure(duck.PendingError(pending))
		r.Close()
		return nil, err
	}
	if duck.ExecutePending(pending, &r.result) != duck.StateSuccess {
		err := Failure(duck.ResultError(&r.result))
		r.Close()
		return nil, err
	}
	if n := int(duck.ColumnCount(&r.result)); n != len(types) { //nolint:gosec // a number of columns
		r.Close()
		return nil, fmt.Errorf("the query has %d columns, not %d", n, len(types))
	}
	return r, nil
}

// interruptInterval is how often a query whose context has ended is told so.
const interruptInterval = 10 * time.Millisecond

// watch interrupts what runs once ctx is done, until the returned function is
// called. DuckDB forgets an interrupt that comes before it has begun to run, so
// one is not enough.
func (d *DB) watch(ctx context.Context) (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(done)
		ticker := time.NewTicker(interruptInterval)
		defer ticker.Stop()
		for {
			duck.Interrupt(d.conn)
			select {
			case <-ended:
				return
			case <-ticker.C:
			}
		}
	})
	return sync.OnceFunc(func() {
		close(ended)
		if !unwatch() {
			<-done
		}
	})
}

// Each calls f for every row that is left. f must not keep row.
func (r *Result) Each(f func(row []any) error) error {
	for {
		more, err := r.chunk(f)
		if err != nil || !more {
			return err
		}
	}
}

func (r *Result) chunk(f func(row []any) error) (more bool, err error) {
	chunk := duck.FetchChunk(r.result)
	if chunk.Ptr == nil {
		if text := duck.ResultError(&r.result); text != "" {
			return false, Failure(text)
		}
		return false, nil
	}
	defer duck.DestroyDataChunk(&chunk)
	columns := make([]get, len(r.types))
	for i, t := range r.types {
		if columns[i], err = reader(duck.DataChunkGetVector(chunk, duck.IdxT(i)), t); err != nil {
			return false, err
		}
	}
	row := make([]any, len(columns))
	for i := range int(duck.DataChunkGetSize(chunk)) { //nolint:gosec // at most 2,048
		for j, column := range columns {
			row[j] = column(i)
		}
		if err := f(row); err != nil {
			return false, err
		}
	}
	return true, nil
}

// Close frees the result and stops the query when it still runs. It may be called twice.
func (r *Result) Close() {
	if r.stop != nil {
		r.stop()
	}
	duck.DestroyResult(&r.result)
	duck.DestroyPrepare(&r.statement)
}
