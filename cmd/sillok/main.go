// Command sillok runs the logging, audit and monitoring side of AWS on one's
// own machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sillok/sillok/internal/terminal"
)

// env is what a command may use of the outside world.
type env struct {
	args   []string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	lookup func(name string) (string, bool) // an environment variable
	clock  func() time.Time                 // nil for the computer's
}

// now is the time to what asks about the past.
func (e env) now() time.Time {
	if e.clock != nil {
		return e.clock()
	}
	return time.Now()
}

// The exit codes, besides those of signals.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitLacks  = 3 // a strict query left something out, verify could not look at everything
)

func main() {
	ctx, stop := untilSignal(context.Background())
	code := run(ctx, env{args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, lookup: os.LookupEnv})
	stop()
	os.Exit(code)
}

// run runs the command that e.args names and returns the exit code.
func run(ctx context.Context, e env) int {
	root := newRoot(e)
	root.SetArgs(sqlNotFlags(e.args))
	root.SetIn(e.stdin)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if usage, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(e.stderr, "sillok: %s\nRun '%s --help' to see what is possible.\n", printable(problems(usage.error)), command.CommandPath())
		return exitUsage
	}
	if came, ok := signalOf(ctx); ok {
		// Whatever else went wrong went wrong because of that.
		if kind, _ := e.lookup("TERM"); terminal.Is(e.stderr) && kind != dumb {
			fmt.Fprintf(e.stderr, "\r\x1b[K") // in the place of the terminal's ^C
		}
		fmt.Fprintln(e.stderr, "sillok: interrupted")
		return came.exitCode()
	}
	fmt.Fprintf(e.stderr, "sillok: %s\n", printable(err.Error()))
	if _, ok := errors.AsType[lacking](err); ok {
		return exitLacks
	}
	return exitFailed
}

// lacking is an error that says that what was asked for was done in part.
type lacking interface {
	error
	lacks()
}

// printable returns a message of several lines that cannot change the terminal: it
// may name files that others named.
func printable(message string) string {
	lines := strings.Split(message, "\n")
	for i, line := range lines {
		lines[i] = terminal.Printable(line)
	}
	return strings.Join(lines, "\n")
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
call (sillok calls), decides each by policies (sillok access) and can have several
accounts (sillok account). Digests prove that nobody changed CloudTrail's log files
(sillok verify). Buckets come in and go out as plain files (sillok s3). Log groups are
followed (sillok tail), written to and asked (sillok logs). Metrics are drawn (sillok
metrics), alarms explained and replayed (sillok alarm), dashboards shown (sillok dashboard).

Each flag of a command can also be given in the environment: --data is SILLOK_DATA,
--log-level is SILLOK_LOG_LEVEL. The exit code is 0 when all is done, 1 when it
failed, 2 when the command was called in a wrong way, 3 when a strict query or a server
left something out or verify could not look at everything, 130 after Ctrl-C and 143 after
SIGTERM.`,
		Example: `  sillok demo
  sillok query --from ./AWSLogs
  sillok query --from ./AWSLogs "SELECT eventname, count(*) FROM cloudtrail
    GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
  sillok serve --data ./sillok-data`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	// Without a command the help is what a newcomer needs.
	group(root)
	root.Version = version()
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().BoolP("version", "v", false, "print the version")
	// Flags are described in lines that a terminal of 80 columns can show.
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	root.SetFlagErrorFunc(flagError)
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		if err := oneDash(c, e.args); err != nil {
			return err
		}
		return flagsFromEnvironment(c, e)
	}
	root.SetHelpCommand(helpCommand(root))
	root.AddCommand(serveCommand(e), callsCommand(e), queryCommand(e), tailCommand(e), logsCommand(e), verifyCommand(e), trailCommand(e), importCommand(e), s3Command(e), accessCommand(e), accountCommand(e), metricsCommand(e), alarmCommand(e), dashboardCommand(e), scrubCommand(e), demoCommand(e), versionCommand(e), workerCommand(e))
	root.InitDefaultCompletionCmd()
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		group(completion)
	}
	return root
}

// flagsFromEnvironment sets each flag that was not given from SILLOK_NAME.
func flagsFromEnvironment(c *cobra.Command, e env) error {
	var errs []error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		name := "SILLOK_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := e.lookup(name)
		if !ok || value == "" || f.Changed || f.Name == "help" || f.Name == "version" {
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

// self returns this program's name as one would type it to start it again.
func self() string {
	name := os.Args[0]
	if !strings.ContainsRune(name, filepath.Separator) {
		return name
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return shellQuoted(name)
	}
	if path = asTyped(path); !strings.ContainsRune(path, filepath.Separator) {
		path = "." + string(filepath.Separator) + path
	}
	return typedPath(path)
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

// typedPath returns a path, perhaps from one's home, as one would type it in a shell.
func typedPath(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return "~/" + shellQuoted(rest) // quotes would keep the shell from reading ~
	}
	return shellQuoted(path)
}
