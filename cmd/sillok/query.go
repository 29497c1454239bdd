package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/terminal"
)

// queryOptions are the flags of query.
type queryOptions struct {
	from     []string
	file     string
	output   string
	cache    string
	color    string
	data     string
	local    bool
	progress string
	shadows  string
	skipped  bool
	strict   bool
}

func queryCommand(e env) *cobra.Command {
	var options queryOptions
	c := &cobra.Command{
		Use:   "query [flags] [SQL | -]",
		Short: "Ask logs in a folder or bucket, without a server and without DDL",
		Long: `Query recognises AWS logs under the given places, by the layout of their keys and
by their content, and offers them as tables: cloudtrail, vpc_flow, alb and others.
Each also has the columns account, region and date, taken from the keys, and from each
record where a key does not tell. The date is the day on which AWS delivered the log,
in UTC: what happened just before midnight may be in the next day's. A condition on
these columns saves reading the other objects.

After an answer one line says how many files were left out and why; --skipped lists
them, and --strict makes that an exit code of 3. Empty files, and those whose names
begin with a dot or an underscore, are left out as in Athena; --strict lets them pass.

The SQL is Athena's: a SELECT, or DESCRIBE table, or SHOW TABLES. It is an argument,
or in a file (--file), or on standard input. Several statements have semicolons
between them and are answered one after the other, up to the first that fails.
Without SQL, query lists what it found.

Objects are decoded once into the user's cache folder; the next query over the same
files reads that. The cache can be removed at any time.

s3:// places are read with the usual AWS settings: AWS_PROFILE, AWS_REGION,
AWS_ENDPOINT_URL and so on.

The result goes to standard output; all else, such as the last line with the rows,
the time and what Athena would bill, goes to standard error. On a terminal a table
is made to fit; COLUMNS sets another width, and NO_COLOR turns colours off. Times are
UTC; --local-time changes those of the listing.`,
		Example: `  # what is there, and which columns does it have?
  sillok query --from ./AWSLogs
  sillok query --from ./AWSLogs "DESCRIBE cloudtrail"

  # who was denied, and what?
  sillok query --from ./AWSLogs "SELECT useridentity.arn, eventname, count(*) AS n
    FROM cloudtrail WHERE errorcode = 'AccessDenied' GROUP BY 1, 2 ORDER BY n DESC LIMIT 20"

  # rejected traffic of a day, as CSV
  sillok query --from s3://my-logs/AWSLogs --output csv "SELECT srcaddr, dstport, count(*)
    FROM vpc_flow WHERE action = 'REJECT' AND date = DATE '2024-05-01' GROUP BY 1, 2"

  # a whole row, a line for each column; and SQL from elsewhere
  sillok query --from ./AWSLogs --output vertical "SELECT * FROM alb LIMIT 1"
  echo "SHOW TABLES; SELECT count(*) FROM vpc_flow" | sillok query --from ./AWSLogs -`,
		Args:              oneStatement,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			return runQuery(c.Context(), e, options, args)
		},
	}
	flags := c.Flags()
	flags.StringArrayVarP(&options.from, "from", "f", nil, "`PLACE` to look in: a folder, a file, or s3://BUCKET/PREFIX; may be given several times (default: this folder)")
	flags.StringVar(&options.data, "data", "", "data `FOLDER` of a server, running or not, whose table cloudtrail_events to offer: every call that it recorded, of all accounts")
	flags.StringVar(&options.file, "file", "", "`FILE` with the SQL to run; - is standard input")
	flags.StringVarP(&options.output, "output", "o", "table", "`FORM` of the result: table, vertical, csv, tsv, json or jsonl")
	flags.StringVar(&options.cache, "cache", "", "`DIR` for decoded objects (default: sillok in the user's cache folder)")
	flags.StringVar(&options.shadows, "shadow-size", "", shadowSizeUsage)
	flags.StringVar(&options.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	flags.StringVar(&options.progress, "progress", "auto", "`WHEN` to show a progress bar: auto, always or never")
	flags.BoolVar(&options.skipped, "skipped", false, "list the files that are left out, and why, instead of asking")
	flags.BoolVar(&options.strict, "strict", false, "exit with 3 when files were left out that may hold records, or could not be read to their end")
	flags.BoolVar(&options.local, "local-time", false, "show the times of the listing in the local zone instead of UTC")
	completions(c, options.choices(), "from", "cache", "data")
	return c
}

func (o queryOptions) choices() []choice {
	return []choice{
		{"output", o.output, []string{"table", "vertical", "csv", "tsv", "json", "jsonl"}},
		{"color", o.color, []string{"auto", "always", "never"}},
		{"progress", o.progress, []string{"auto", "always", "never"}},
	}
}

func (o queryOptions) validate() error {
	_, err := shadowSize(o.shadows)
	if err := errors.Join(append(checkChoices(o.choices()), err)...); err != nil {
		return usageError{err}
	}
	return nil
}

// asked is what was asked and all it takes to answer it.
type asked struct {
	script  *script // nil asks for what there is
	sql     string  // the statement at hand, where it stands in the script
	options queryOptions
	screen  *screen
	workers *workers
	places  placeSet
	logs    *lake.Lake
	found   *lake.Discovery
	cache   string
	unread  []lake.Skipped // of the listing: what could not be read
	notes   []string       // and what else there is to know
	began   time.Time
}

// runQuery answers what is asked, and ends at once when the user wants it to.
func runQuery(ctx context.Context, e env, options queryOptions, args []string) (err error) {
	if err := options.validate(); err != nil {
		return err
	}
	screen := newScreen(e, options.color, options.progress)
	defer screen.close()
	cache, err := openCache(options.cache)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cache.close()) }()
	return atOnce(ctx, screen.close, func() (err error) {
		// The process is there by the time that something has been found for it to do.
		workers := startWorkers(cache.path)
		defer func() { err = errors.Join(err, workers.close()) }()
		sql, err := given(ctx, e, options.file, args)
		if err != nil {
			return err
		}
		q := &asked{script: sql, options: options, screen: screen, workers: workers, cache: cache.path, began: time.Now()}
		if cache.lost != "" {
			fmt.Fprintf(screen.stderr, "sillok: %s\n", cache.lost)
		}
		return q.query(ctx)
	})
}

// query looks for logs in the places, and answers the statements over them or lists
// what it found.
func (q *asked) query(ctx context.Context) (err error) {
	if len(q.options.from) == 0 && q.options.data == "" {
		q.options.from = []string{"."}
	}
	// What cannot be parsed fails before anything is looked for.
	var first ast.Statement
	if q.script != nil {
		q.sql = q.script.padded(0)
		if first, err = parse.Statement(q.sql); err != nil {
			return fmt.Errorf("%s%w", q.script.where(0), q.explain(err))
		}
	}
	q.screen.phase("looking")
	if q.places, err = openPlaces(ctx, q.options.from); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.places.Close()) }()
	size, err := shadowSize(q.options.shadows)
	if err != nil {
		return err
	}
	q.logs = lake.New(lake.Config{
		Dir: filepath.Join(q.cache, "shadows"), Budget: size, PassOver: true, Remedy: "name another folder with --cache", Pool: q.workers.ready,
	}, q.places)
	q.places.watch(q.screen.looked)
	q.found, err = q.logs.Discover(ctx, q.places.places())
	q.screen.decoded()
	if err != nil {
		return q.places.withPaths(err)
	}
	q.places.watch(nil)
	remove, err := q.addData(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if q.options.skipped {
		return q.places.withPaths(q.listSkipped(ctx))
	}
	if q.script == nil {
		return q.places.withPaths(q.list(ctx))
	}
	return q.places.withPaths(q.all(ctx, first))
}

// spillFolder returns where a query may spill to; "", which is a temporary folder, when
// the cache folder takes nothing.
func spillFolder(cache string) string {
	spill := filepath.Join(cache, "spill")
	if err := os.MkdirAll(spill, 0o700); err != nil {
		return ""
	}
	return spill
}

// answer runs a query and prints its rows.
func (q *asked) answer(ctx context.Context, statement *ast.Query) (err error) {
	session := analyze.Session{Catalog: catalogName, Database: defaultDatabase, User: "sillok"}
	analyzed, err := analyze.Query(ctx, q.sql, statement, discovered(q.found.Found), session)
	if err != nil {
		return q.explain(err)
	}
	pool, err := q.workers.ready()
	if err != nil {
		return err
	}
	runner, err := duckdb.Open(ctx, duckdb.Config{Lake: q.logs, Spill: q.workers.spill, Memory: q.workers.memory / 2, Pool: pool})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runner.Close()) }()
	request := engine.Request{SQL: q.sql, Query: analyzed, Now: q.began, Progress: q.screen.progress}
	if isJSON(q.options.output) {
		request.Spelling = engine.Protocol
	}
	// An object that is decoded is told of when it is done, which may take a while.
	q.screen.decodes()
	rows, err := runner.Run(ctx, request)
	if err != nil {
		return q.explain(err)
	}
	q.screen.asks()
	printed, err := q.screen.rows(q.options.output, analyzed.Columns, rows)
	if err := errors.Join(err, rows.Close()); err != nil {
		return q.explain(err)
	}
	q.screen.decoded()
	stats := once(rows.Stats())
	if err := q.empty(ctx, statement, printed, stats); err != nil {
		return err
	}
	q.screen.summary(printed, time.Since(q.began), stats, q.places.shown)
	return q.leftOut(stats)
}

// errNothing says that no logs were found.
func (q *asked) errNothing() error {
	looked := terminal.Counted(int64(len(q.found.Skipped)), "object was", "objects were")
	return fmt.Errorf("no AWS logs were recognised in %s (%s looked at); name their place with --from",
		strings.Join(q.options.from, ", "), looked)
}

// fromFlags returns the --from flags as one would type them.
func (q *asked) fromFlags() string {
	var flags strings.Builder
	if q.options.data != "" {
		flags.WriteString(" --data " + shellQuoted(q.options.data))
	}
	for _, name := range q.options.from {
		if name != "." {
			flags.WriteString(" --from " + shellQuoted(name))
		}
	}
	return flags.String()
}
