package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	athenatypes "github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/terminal"
)

//go:embed demo/*.sql
var demoStatements embed.FS

// The demo's buckets.
const (
	demoLogsBucket    = "sillok-demo-logs"
	demoResultsBucket = "sillok-demo-results"
)

type demoOptions struct {
	once   bool
	data   string
	logs   string
	listen string
}

func demoCommand(e env) *cobra.Command {
	var options demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "Load three small logs through S3 and ask them through Athena",
		Long: `Demo starts a server, loads made-up CloudTrail, VPC flow and load balancer logs into
its S3, creates tables over them with Athena's DDL and asks a question of each. The
logs are left in the folder ./demo as well, for "sillok query" to read.

Then it goes on serving, so that you can try your own client; Ctrl-C ends it. With
--once, or when standard input is no terminal, it ends by itself.`,
		Example: `  sillok demo
  sillok demo --once

  # then, without a server:
  sillok query --from ./demo`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return demo(c.Context(), e, options) },
	}
	c.Flags().BoolVar(&options.once, "once", false, "end after the questions")
	c.Flags().StringVar(&options.data, "data", "", "`DIR` to keep the server's data in (default: a folder that is removed at the end)")
	c.Flags().StringVar(&options.logs, "logs", "demo", "`DIR` to leave the logs in")
	c.Flags().StringVar(&options.listen, "listen", "127.0.0.1:0", "`HOST:PORT` to answer on; port 0 takes a free one")
	completions(c, nil, "data", "logs")
	return c
}

func demo(ctx context.Context, e env, options demoOptions) (err error) {
	if options.data == "" {
		folder, err := os.MkdirTemp("", "sillok-demo-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
		options.data = folder
	}
	worker, err := workerArguments()
	if err != nil {
		return err
	}
	server, err := app.Open(ctx, app.Config{Data: options.data, Listen: options.listen, WorkerCommand: worker},
		slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	serving, stop := context.WithCancel(ctx)
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- server.Run(serving, func() { close(ready) }) }()
	defer func() {
		stop()
		err = errors.Join(err, <-done)
	}()
	select {
	case <-ready:
	case err := <-done:
		done <- nil
		return err
	}
	fmt.Fprintf(e.stdout, "1. A server is ready at %s\n", server.Endpoint())
	client := newDemoClient(server, newScreen(e, "auto", "never"))
	client.folder = leaveLogs(e, options.logs)
	if err := client.show(ctx); err != nil {
		return err
	}
	stays := !options.once && terminal.Is(e.stdin)
	onwards(e.stdout, server, client.folder, stays)
	if !stays {
		return nil
	}
	select {
	case <-ctx.Done():
		fmt.Fprintln(e.stdout) // below the ^C
		return nil
	case err := <-done:
		done <- nil
		return err
	}
}

// leaveLogs writes the demo's logs as files and returns the folder as one types it:
// nothing where that cannot be done, which the demo does not need.
func leaveLogs(e env, folder string) string {
	logs, err := demoLogs()
	for _, o := range logs {
		if err != nil {
			break
		}
		path := filepath.Join(folder, filepath.FromSlash(o.key))
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil { //nolint:gosec // made-up logs, for whoever likes to see them
			err = os.WriteFile(path, o.body, 0o644) //nolint:gosec // the same
		}
	}
	if err != nil {
		fmt.Fprintf(e.stderr, "sillok: the logs cannot be left in %s (%v); name another folder with --logs\n", asTyped(folder), reason(err))
		return ""
	}
	if folder = asTyped(folder); filepath.IsLocal(folder) {
		folder = "." + string(filepath.Separator) + folder
	}
	return folder
}

// onwards prints how to go on from the demo, whose logs are in folder.
func onwards(w io.Writer, server *app.App, folder string, stays bool) {
	if stays {
		fmt.Fprintf(w, `
This server stays until Ctrl-C. In another terminal:
  export AWS_SHARED_CREDENTIALS_FILE=%[1]s
  export AWS_ENDPOINT_URL=%[2]s
  export AWS_REGION=%[3]s AWS_DEFAULT_REGION=%[3]s
  aws s3 ls s3://%[4]s --recursive
`, shellQuoted(filepath.Join(server.Data(), "credentials")), server.Endpoint(), demoRegion, demoLogsBucket)
	}
	logs := "./AWSLogs"
	if folder != "" {
		logs = typedPath(folder)
	}
	fmt.Fprintf(w, `
How to go on:
  # ask logs as they lie in a folder, then your own in the place of %[4]s
  %[3]s query --from %[4]s
  %[3]s query --from %[4]s "SELECT eventname, count(*) FROM cloudtrail GROUP BY 1"

  # a server of your own
  %[3]s serve --data ./sillok-data

  # then, in another terminal:
  export AWS_SHARED_CREDENTIALS_FILE=$PWD/sillok-data/credentials
  export AWS_ENDPOINT_URL=http://%[1]s
  export AWS_REGION=%[2]s AWS_DEFAULT_REGION=%[2]s
  aws s3 mb s3://logs && aws s3 sync %[4]s s3://logs

  # everything else
  %[3]s --help
`, defaultListen, demoRegion, self(), logs)
}

// demoClient uses the server as any AWS client would.
type demoClient struct {
	s3     *s3.Client
	athena *athena.Client
	screen *screen
	folder string // that has the logs as files; empty for none
}

func newDemoClient(server *app.App, screen *screen) *demoClient {
	root := server.Root()
	settings := aws.Config{
		Region:       demoRegion,
		BaseEndpoint: aws.String(server.Endpoint()),
		Credentials:  credentials.NewStaticCredentialsProvider(root.AccessKeyID, root.SecretAccessKey, ""),
	}
	return &demoClient{
		s3:     s3.NewFromConfig(settings, func(o *s3.Options) { o.UsePathStyle = true }),
		athena: athena.NewFromConfig(settings),
		screen: screen,
	}
}

func (c *demoClient) show(ctx context.Context) error {
	if err := c.load(ctx); err != nil {
		return err
	}
	for i, scenario := range []struct{ file, title string }{
		{"alb", "Who asks the load balancer for what?"},
		{"cloudtrail", "Who was denied what?"},
		{"vpcflow", "Which traffic was rejected that day?"},
	} {
		script, err := demoStatements.ReadFile("demo/" + scenario.file + ".sql")
		if err != nil {
			return err
		}
		statements := parse.Split(string(script))
		for _, statement := range statements[:len(statements)-1] {
			if _, err := c.run(ctx, statement); err != nil {
				return err
			}
		}
		fmt.Fprintf(c.screen.stdout, "\n%d. %s\n\n%s\n\n", i+3, scenario.title, strings.TrimSpace(statements[len(statements)-1]))
		if err := c.ask(ctx, statements[len(statements)-1]); err != nil {
			return err
		}
	}
	return nil
}

// load puts the made-up logs into S3.
func (c *demoClient) load(ctx context.Context) error {
	for _, bucket := range []string{demoLogsBucket, demoResultsBucket} {
		_, err := c.s3.CreateBucket(ctx, &s3.CreateBucketInput{
			Bucket: &bucket, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: demoRegion},
		})
		if _, again := errors.AsType[*s3types.BucketAlreadyOwnedByYou](err); err != nil && !again {
			return fmt.Errorf("make bucket %s: %w", bucket, err)
		}
	}
	logs, err := demoLogs()
	if err != nil {
		return err
	}
	fmt.Fprintln(c.screen.stdout, "2. Three made-up logs are in its S3:")
	for _, o := range logs {
		_, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(demoLogsBucket), Key: &o.key, Body: bytes.NewReader(o.body)})
		if err != nil {
			return fmt.Errorf("put %s: %w", o.key, err)
		}
		fmt.Fprintf(c.screen.stdout, "   s3://%s/%s\n", demoLogsBucket, o.key)
	}
	if c.folder != "" {
		fmt.Fprintf(c.screen.stdout, "   and in the folder %s\n", c.folder)
	}
	return nil
}

// run runs a statement to its end.
func (c *demoClient) run(ctx context.Context, statement string) (*athenatypes.QueryExecution, error) {
	started, err := c.athena.StartQueryExecution(ctx, &athena.StartQueryExecutionInput{
		QueryString:         &statement,
		ResultConfiguration: &athenatypes.ResultConfiguration{OutputLocation: aws.String("s3://" + demoResultsBucket + "/")},
	})
	if err != nil {
		return nil, err
	}
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		out, err := c.athena.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: started.QueryExecutionId})
		if err != nil {
			return nil, err
		}
		switch x := out.QueryExecution; x.Status.State {
		case athenatypes.QueryExecutionStateSucceeded:
			return x, nil
		case athenatypes.QueryExecutionStateFailed, athenatypes.QueryExecutionStateCancelled:
			return nil, fmt.Errorf("%s\n%s", aws.ToString(x.Status.StateChangeReason), statement)
		default: // it waits or runs
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-poll.C:
		}
	}
}

// ask runs a query and prints its first rows.
func (c *demoClient) ask(ctx context.Context, statement string) error {
	x, err := c.run(ctx, statement)
	if err != nil {
		return err
	}
	results, err := c.athena.GetQueryResults(ctx, &athena.GetQueryResultsInput{QueryExecutionId: x.QueryExecutionId})
	if err != nil {
		return err
	}
	if err := c.print(results.ResultSet); err != nil {
		return err
	}
	fmt.Fprintf(c.screen.stdout, "%s in %d ms, %s scanned\n", terminal.Counted(int64(len(results.ResultSet.Rows)-1), "row"),
		aws.ToInt64(x.Statistics.TotalExecutionTimeInMillis), terminal.Bytes(aws.ToInt64(x.Statistics.DataScannedInBytes)))
	return nil
}

// print prints a result, whose first row is its header.
func (c *demoClient) print(results *athenatypes.ResultSet) error {
	var columns []terminal.Column
	for _, column := range results.ResultSetMetadata.ColumnInfo {
		number := slices.Contains([]string{"integer", "bigint", "double"}, aws.ToString(column.Type))
		columns = append(columns, terminal.Column{Name: aws.ToString(column.Name), Right: number})
	}
	t := c.screen.newTable(columns...)
	for _, r := range results.Rows[1:] {
		row := make([]*string, len(r.Data))
		for i, datum := range r.Data {
			row[i] = datum.VarCharValue
		}
		if err := t.Add(row); err != nil {
			return err
		}
	}
	return c.screen.finish(t)
}
