// Command sillok runs the logging, audit and monitoring side of AWS on one's
// own machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// env is what a command may use of the outside world.
type env struct {
	args   []string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	lookup func(name string) (string, bool) // an environment variable
}

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitLacks  = 3 // a strict query left something out
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Once the first signal has come, a second one ends the program at once.
	context.AfterFunc(ctx, stop)
	code := run(ctx, env{args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, lookup: os.LookupEnv})
	stop()
	os.Exit(code)
}

// run runs the command that e.args names and returns the exit code.
func run(ctx context.Context, e env) int {
	root := newRoot(e)
	root.SetArgs(e.args)
	root.SetIn(e.stdin)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if usage, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(e.stderr, "sillok: %s\nRun '%s --help' to see what is possible.\n", problems(usage.error), command.CommandPath())
		return exitUsage
	}
	if ctx.Err() != nil {
		// Whatever else went wrong went wrong because of that.
		fmt.Fprintln(e.stderr, "sillok: interrupted")
		return exitFailed
	}
	fmt.Fprintf(e.stderr, "sillok: %v\n", err)
	if _, ok := errors.AsType[leftOutError](err); ok {
		return exitLacks
	}
	return exitFailed
}

// usageError is a mistake in how a command was called.
type usageError struct{ error }

// problems returns an error's text, with each of several problems on a line.
func problems(err error) string {
	lines := strings.Split(err.Error(), "\n")
	if len(lines) == 1 {
		return lines[0]
	}
	return fmt.Sprintf("%d problems:\n  %s", len(lines), strings.Join(lines, "\n  "))
}

func newRoot(e env) *cobra.Command {
	root := &cobra.Command{
		Use:   "sillok",
		Short: "AWS logs, asked in Athena SQL, on your own machine",
		Long: `Sillok runs the logging, audit and monitoring side of AWS on your own machine.

It asks CloudTrail, VPC flow and load balancer logs in Athena SQL, either as they
lie in a folder or bucket (sillok query) or as a server that the AWS CLI, the SDKs
and Terraform use like AWS itself (sillok serve). The server keeps a journal of every
call (sillok calls). Buckets come in and go out as plain files (sillok s3).

Each flag of a command can also be given in the environment: --data is SILLOK_DATA,
--log-level is SILLOK_LOG_LEVEL. The exit code is 0 when all is done, 1 when it
failed, 2 when the command was called in a wrong way, and 3 when a strict query
left something out.`,
		Example: `  sillok demo
  sillok query --from ./AWSLogs
  sillok query --from ./AWSLogs "SELECT eventname, count(*) FROM cloudtrail
    GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
  sillok serve --data ./sillok-data`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
	}
	// Without a command the help is what a newcomer needs.
	root.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		err := fmt.Errorf("%q is not a command", args[0])
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
		}
		return usageError{err}
	}
	root.SuggestionsMinimumDistance = 2
	// Flags are described in lines that a terminal of 80 columns can show.
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error { return flagsFromEnvironment(c, e) }
	root.AddCommand(serveCommand(e), callsCommand(e), queryCommand(e), s3Command(e), scrubCommand(e), demoCommand(e), versionCommand(e), workerCommand(e))
	return root
}

// flagsFromEnvironment sets each flag that was not given from SILLOK_NAME.
func flagsFromEnvironment(c *cobra.Command, e env) error {
	var errs []error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		name := "SILLOK_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := e.lookup(name)
		if !ok || value == "" || f.Changed || f.Name == "help" {
			return
		}
		if err := c.Flags().Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	})
	if len(errs) > 0 {
		return usageError{errors.Join(errs...)}
	}
	return nil
}

// shellQuoted returns a word as one would type it in a shell.
func shellQuoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:,=+@%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
