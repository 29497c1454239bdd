package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
	output   string
	cache    string
	color    string
	local    bool
	progress string
	shadows  string
	skipped  bool
	strict   bool
}

func queryCommand(e env) *cobra.Command {
	var options queryOptions
	c := &cobra.Command{
		Use:   "query [flags] [SQL]",
		Short: "Ask logs in a folder or bucket, without a server and without DDL",
		Long: `Query recognises AWS logs under the given places, by the layout of their keys and
by their content, and offers them as tables: cloudtrail, vpc_flow, alb and others.
Each also has the columns account, region and date, taken from the keys. There date
is the day of delivery, as in AWS: an event of just before midnight is in the next
day's folder. What a key does not tell, each record tells.

After an answer one line says how many files were left out and why; --skipped lists
them, and --strict makes that an exit code of 3.

The SQL is Athena's: a SELECT, or DESCRIBE table, or SHOW TABLES. Without SQL, query
lists what it found.

Objects are decoded once into the user's cache folder; the next query over the same
files reads that. The cache can be removed at any time.

s3:// places are read with the usual AWS settings: AWS_PROFILE, AWS_REGION,
AWS_ENDPOINT_URL and so on.

The result goes to standard output; all else, such as the last line with the rows,
the time and what Athena would bill, goes to standard error. On a terminal a table
is made to fit; COLUMNS sets another width, and NO_COLOR turns colours off.`,
		Example: `  # what is there, and which columns does it have?
  sillok query --from ./AWSLogs
  sillok query --from ./AWSLogs "DESCRIBE cloudtrail"

  # who was denied, and what?
  sillok query --from ./AWSLogs "SELECT useridentity.arn, eventname, count(*) AS n
    FROM cloudtrail WHERE errorcode = 'AccessDenied' GROUP BY 1, 2 ORDER BY n DESC LIMIT 20"

  # rejected traffic of a day, as CSV
  sillok query --from s3://my-logs/AWSLogs --output csv "SELECT srcaddr, dstport, count(*)
    FROM vpc_flow WHERE action = 'REJECT' AND date = DATE '2024-05-01' GROUP BY 1, 2"`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("one SQL statement is expected, but %d arguments were given; put the statement in quotes", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return query(c.Context(), e, options, strings.Join(args, ""))
		},
	}
	flags := c.Flags()
	flags.StringArrayVarP(&options.from, "from", "f", nil, "`PLACE` to look in: a folder, a file, or s3://BUCKET/PREFIX; may be given several times (default: this folder)")
	flags.StringVarP(&options.output, "output", "o", "table", "`FORM` of the result: table, csv or json")
	flags.StringVar(&options.cache, "cache", "", "`DIR` for decoded objects (default: sillok in the user's cache folder)")
	flags.StringVar(&options.shadows, "shadow-size", "", shadowSizeUsage)
	flags.StringVar(&options.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	flags.StringVar(&options.progress, "progress", "auto", "`WHEN` to show a progress bar: auto, always or never")
	flags.BoolVar(&options.skipped, "skipped", false, "list the files that are in no table, and why, instead of asking")
	flags.BoolVar(&options.strict, "strict", false, "exit with 3 when files were left out that may hold records, or could not be read to their end")
	flags.BoolVar(&options.local, "local-time", false, "show the times of the listing in the local zone instead of UTC")
	for _, choice := range options.choices() {
		// It fails for a flag that does not exist only.
		_ = c.RegisterFlagCompletionFunc(choice.flag, cobra.FixedCompletions(choice.allowed, cobra.ShellCompDirectiveNoFileComp))
	}
	return c
}

// choice is a flag with few values.
type choice struct {
	flag, value string
	allowed     []string
}

func (o queryOptions) choices() []choice {
	return []choice{
		{"output", o.output, []string{"table", "csv", "json"}},
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

// checkChoices returns an error for each flag whose value is not one of its few.
func checkChoices(choices []choice) (errs []error) {
	for _, c := range choices {
		if !slices.Contains(c.allowed, c.value) {
			errs = append(errs, fmt.Errorf("--%s: %q is not one of %s", c.flag, c.value, strings.Join(c.allowed, ", ")))
		}
	}
	return errs
}

// asked is one question and all it takes to answer it.
type asked struct {
	sql     string
	options queryOptions
	screen  *screen
	places  placeSet
	logs    *lake.Lake
	found   *lake.Discovery
	cache   string
	unread  []lake.Skipped // of the listing: what could not be read
	notes   []string       // and what else there is to know
	began   time.Time
}

// query runs one statement over what is found in the places, or lists it.
func query(ctx context.Context, e env, options queryOptions, sql string) (err error) {
	if err := options.validate(); err != nil {
		return err
	}
	q := &asked{sql: sql, options: options, screen: newScreen(e, options.color, options.progress), began: time.Now()}
	if len(q.options.from) == 0 {
		q.options.from = []string{"."}
	}
	if q.cache, err = cacheFolder(options.cache); err != nil {
		return err
	}
	// What cannot be parsed fails before anything is looked for.
	var statement ast.Statement
	if strings.TrimSpace(sql) != "" {
		if statement, err = parse.Statement(sql); err != nil {
			return q.explain(err)
		}
	}
	if q.places, err = openPlaces(ctx, q.options.from); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.places.Close()) }()
	size, err := shadowSize(options.shadows)
	if err != nil {
		return err
	}
	decoders, closeDecoders := decoderPool()
	defer func() { err = errors.Join(err, closeDecoders()) }()
	q.logs = lake.New(lake.Config{
		Dir: filepath.Join(q.cache, "shadows"), Budget: size, PassOver: true, Remedy: "name another folder with --cache", Pool: decoders,
	}, q.places)
	if q.found, err = q.logs.Discover(ctx, q.places.places()); err != nil {
		return err
	}
	if options.skipped {
		return q.listSkipped()
	}
	if statement == nil {
		return q.list(ctx)
	}
	if ok, err := q.about(ctx, statement); ok {
		return err
	}
	if s, ok := statement.(*ast.Query); ok {
		return q.answer(ctx, s)
	}
	return errors.New("query takes SELECT, DESCRIBE and SHOW TABLES alone; for other statements run 'sillok serve' and use 'aws athena'")
}

// cacheFolder returns the folder for decoded objects.
func cacheFolder(given string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache folder: %w; name one with --cache", err)
	}
	return filepath.Join(base, "sillok"), nil
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
	runner, err := duckdb.Open(ctx, duckdb.Config{Lake: q.logs, Spill: spillFolder(q.cache)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runner.Close()) }()
	request := engine.Request{SQL: q.sql, Query: analyzed, Now: q.began, Progress: q.screen.progress}
	if q.options.output == "json" {
		request.Spelling = engine.Protocol
	}
	rows, err := runner.Run(ctx, request)
	q.screen.decoded()
	if err != nil {
		return q.explain(err)
	}
	printed, err := q.screen.rows(q.options.output, analyzed.Columns, rows)
	if err := errors.Join(err, rows.Close()); err != nil {
		return q.explain(err)
	}
	stats := rows.Stats()
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
	for _, name := range q.options.from {
		if name != "." {
			flags.WriteString(" --from " + shellQuoted(name))
		}
	}
	return flags.String()
}
