package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/terminal"
	"github.com/sillok/sillok/internal/trail/verify"
)

// verifyOptions are the flags of verify.
type verifyOptions struct {
	from                    []string
	keys, start, end        string
	output, color, progress string
	problems                bool
}

func verifyCommand(e env) *cobra.Command {
	var o verifyOptions
	c := &cobra.Command{
		Use:   "verify",
		Short: "Prove that no CloudTrail log file was changed, removed or added",
		Long: `Verify checks what CloudTrail delivered, Sillok's or AWS's, to a bucket or to a folder
that is a copy of one: each digest file by its signature, the chains that digests make,
and each log file by the hash that a digest has of it. Accounts, regions, trails and
organizations may lie side by side.

It prints a row for each day, account and region, and then names what is wrong: log
files that were altered or removed, digests that are invalid, removed, replaced or
passed by, log files that no digest knows, and files that are not CloudTrail's. A gap,
where CloudTrail itself began a new chain of digests, a clock that jumped and a file
that is there twice are told, and are not wrong.

The exit code is 0 when all is right, 1 when something is wrong, and 3 when nothing is
known to be wrong but something could not be looked at or has nothing that proves it:
no digest is of its time, or its signature is not there.

Public keys come from CloudTrail, by the usual AWS settings (AWS_PROFILE, AWS_REGION,
AWS_ENDPOINT_URL and so on), which also read s3:// places; or from a file with what
"aws cloudtrail list-public-keys" printed. With --keys none no signature is checked. A
folder lacks the metadata in which S3 has a digest's signature; the digest after it has
that too, so that of a folder all but the last are proven. What "sillok s3 export"
wrote has all of it.

Times are of the names of files, in UTC. With --start or --end the digests that end in
that time, or within an hour after it, are checked with all that they know.`,
		Example: `  # is everything in a bucket as CloudTrail delivered it?
  sillok verify --from s3://my-logs

  # one month, with every problem in a file
  sillok verify --from s3://my-logs --start 2026-03-01 --end 2026-03-31 \
    --problems --output csv > problems.csv

  # a copy in a folder, without a network
  aws cloudtrail list-public-keys --start-time 2026-03-01 --end-time 2026-04-01 > keys.json
  sillok verify --from ./my-logs --keys keys.json

  # for another program: which days are not whole?
  sillok verify --from s3://my-logs --output json | jq '.days[] | select(.logs_missing > 0)'`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return runVerify(c.Context(), e, o) },
	}
	f := c.Flags()
	f.StringArrayVarP(&o.from, "from", "f", nil, "`PLACE` to look in: a folder, or s3://BUCKET/PREFIX; may be given several times (default: this folder)")
	f.StringVar(&o.keys, "keys", "aws", "public keys: `FILE` of list-public-keys, aws to ask CloudTrail, or none")
	f.StringVar(&o.start, "start", "", "only from this `TIME` on, such as 2026-03-01 or 2026-03-01T08:00:00Z")
	f.StringVar(&o.end, "end", "", "only up to this `TIME`; of a day, up to its end")
	f.BoolVar(&o.problems, "problems", false, "print what is to be said of files, a row each, instead of the days")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table, vertical, csv or json; json has days and problems")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	f.StringVar(&o.progress, "progress", "auto", "`WHEN` to show a progress bar: auto, always or never")
	completions(c, o.choices(), "from")
	_ = c.RegisterFlagCompletionFunc("keys", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{keysOfAWS, keysNone}, cobra.ShellCompDirectiveDefault // and files
	})
	return c
}

func (o verifyOptions) choices() []choice {
	return []choice{
		{"output", o.output, []string{"table", "vertical", "csv", "json"}},
		{"color", o.color, []string{"auto", "always", "never"}},
		{"progress", o.progress, []string{"auto", "always", "never"}},
	}
}

// span returns the time that was asked for.
func (o verifyOptions) span() (start, end time.Time, err error) {
	start, _, startErr := timeOf("start", o.start)
	end, isDay, endErr := timeOf("end", o.end)
	if isDay {
		end = end.AddDate(0, 0, 1).Add(-time.Second)
	}
	if err = errors.Join(startErr, endErr); err == nil && o.end != "" && end.Before(start) {
		err = fmt.Errorf("start: %s is later than the end, %s", o.start, o.end)
	}
	return start, end, err
}

// timeOf reads a time of a flag, and says whether it is a whole day.
func timeOf(flag, text string) (at time.Time, isDay bool, err error) {
	if text == "" {
		return time.Time{}, false, nil
	}
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), layout == time.DateOnly, nil
		}
	}
	return time.Time{}, false, fmt.Errorf("%s: %q is no time, such as 2026-03-01 or 2026-03-01T08:00:00Z", flag, text)
}

// unlookedError is the failure to look at what was to be verified: whether anything
// is wrong is not known.
type unlookedError struct{ error }

func (unlookedError) lacks() {}

// Unwrap returns why.
func (e unlookedError) Unwrap() error { return e.error }

// verifyGC lets memory grow further before it is collected: nearly all of it is used for
// one file and then free, and what is kept is little.
const verifyGC = 400

func runVerify(ctx context.Context, e env, o verifyOptions) error {
	errs := checkChoices(o.choices())
	start, end, err := o.span()
	if err := errors.Join(append(errs, err)...); err != nil {
		return usageError{err}
	}
	screen := newScreen(e, o.color, o.progress)
	defer screen.close()
	debug.SetGCPercent(verifyGC)
	return atOnce(ctx, screen.close, func() (err error) {
		if len(o.from) == 0 {
			o.from = []string{"."}
		}
		screen.phase("listing")
		places, done, err := openVerified(ctx, o.from)
		if err != nil {
			return lacks(err)
		}
		defer func() { err = errors.Join(err, done()) }()
		keys, err := openKeys(ctx, o.keys, places, screen)
		if err != nil {
			return lacks(err)
		}
		shown := newVerified(screen, o)
		began := time.Now()
		report, err := verify.Run(ctx, verify.Config{
			Places: places, Keys: keys, Start: start, End: end, Readers: readersOf(places), Problem: shown.problem, Progress: screen.verified,
		})
		screen.decoded()
		if err := shown.end(report, err); err != nil {
			return lacks(err)
		}
		fmt.Fprintf(screen.stderr, "%s in %s\n", terminal.Bytes(report.Bytes), terminal.Duration(time.Since(began)))
		return shown.verdict(report)
	})
}

// lacks marks an error as one of not having looked, but a mistake in how the command was called.
func lacks(err error) error {
	if _, ok := errors.AsType[usageError](err); ok {
		return err
	}
	return unlookedError{err}
}

// verified shows how far verifying is.
func (s *screen) verified(p verify.Progress) {
	if s.bar == nil {
		return
	}
	if p.Done == 0 {
		s.bar.Update(terminal.Progress{Facts: terminal.Counted(p.Listed, "object")})
		return
	}
	if s.decoding.CompareAndSwap(false, true) {
		s.phase("verifying")
	}
	facts := fmt.Sprintf("%s of %s files, %s", terminal.Grouped(p.Done), terminal.Grouped(p.Files), terminal.Bytes(p.Bytes))
	if p.Problems > 0 {
		facts += ", " + terminal.Counted(p.Problems, "remark")
	}
	s.bar.Update(terminal.Progress{Done: p.Done, Total: max(p.Files, p.Done), Facts: facts})
}
