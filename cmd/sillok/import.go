package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/terminal"
	"github.com/sillok/sillok/internal/trail/importer"
)

func importCommand(e env) *cobra.Command {
	c := &cobra.Command{
		Use:   "import",
		Short: "Bring logs of elsewhere into a server",
		Long: `Import brings what other software wrote into a server's own records, where it is
searched beside them. For questions in SQL nothing has to be imported: "sillok query" and
Athena read log files where they lie.`,
		Example: `  sillok import cloudtrail --from ./AWSLogs --data ./sillok-data`,
	}
	group(c)
	c.AddCommand(importCloudTrailCommand(e), importListCommand(e), importStopCommand(e))
	return c
}

// importOptions are the flags of import cloudtrail.
type importOptions struct {
	place                   s3Place
	from                    []string
	output, color, progress string
	problems, watch         bool
	every                   time.Duration
}

func (o *importOptions) choices() []choice {
	return []choice{
		{"output", o.output, []string{"table", "vertical", "csv", "json"}},
		{"color", o.color, []string{"auto", "always", "never"}},
		{"progress", o.progress, []string{"auto", "always", "never"}},
	}
}

func importCloudTrailCommand(e env) *cobra.Command {
	var o importOptions
	c := &cobra.Command{
		Use:   "cloudtrail",
		Short: "Put log files of CloudTrail into a server's event history",
		Long: `Cloudtrail reads the log files that trails delivered, AWS's or Sillok's, below a folder or
in a bucket, and puts their events into a running server: LookupEvents finds them beside
what happened there. Files are .json.gz or .json, under any names and prefixes, of
any accounts, and come in any order.

Every file is accounted for: imported, the same as at an earlier import, no log file at
all, cut off, damaged, or not readable; and so is every record: imported, there already
by its eventID, or no record. Files that are known are not read again, so that an import
that was interrupted, or a folder in which more has arrived, is simply imported again.
A compressed file that is cut off or damaged brings nothing.

Events come into the history of the account that imports them. The root user that the
server was started with imports for all its accounts: an event whose recipient account is
one of them comes into the history of that one.

With --watch the server does that itself from now on: it looks at all of the bucket at
each interval, and at once at what comes into a bucket of its own. The bucket is the
server's own of that name, read as whoever watches it; the root user that the server was
started with can also watch a bucket elsewhere, which the server reads by the AWS
settings that it was started with.

The exit code is 0 when all is there, and 3 when something could not be imported: it is
named. s3:// places are read by the usual AWS settings (AWS_PROFILE, AWS_REGION and so
on), the server is the one of --data or --endpoint-url.`,
		Example: `  # a copy of a trail's bucket
  sillok import cloudtrail --from ./my-logs --data ./sillok-data

  # a bucket of AWS's
  sillok import cloudtrail --from s3://my-logs/AWSLogs/ --data ./sillok-data

  # a bucket of the server's, or of AWS's, from now on
  sillok import cloudtrail --from s3://my-logs --watch --every 5m --data ./sillok-data

  # for another program: is everything there?
  sillok import cloudtrail --from ./my-logs --data ./sillok-data --output json |
    jq '{imported, duplicates, bad, files}'`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return runImport(c.Context(), e, o) },
	}
	f := c.Flags()
	o.place.flags(f)
	f.StringArrayVarP(&o.from, "from", "f", nil, "`PLACE` with log files: a folder, a file, or s3://BUCKET/PREFIX; may be given several times (default: this folder)")
	f.BoolVar(&o.watch, "watch", false, "have the server watch the bucket and import what comes")
	f.DurationVar(&o.every, "every", defaultEvery, "`TIME` between two looks at a watched bucket")
	f.BoolVar(&o.problems, "problems", false, "print what is to be said of files, a row each")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table, vertical, csv or json; json has counts and problems")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	f.StringVar(&o.progress, "progress", "auto", "`WHEN` to show a progress bar: auto, always or never")
	completions(c, o.choices(), "from", "data")
	return c
}

// defaultEvery is about as often as trails deliver.
const defaultEvery = 5 * time.Minute

func runImport(ctx context.Context, e env, o importOptions) error {
	if errs := checkChoices(o.choices()); len(errs) > 0 {
		return usageError{errors.Join(errs...)}
	}
	if o.watch {
		return watchPlaces(ctx, e, &o)
	}
	screen := newScreen(e, o.color, o.progress)
	defer screen.close()
	return atOnce(ctx, screen.close, func() (err error) {
		if len(o.from) == 0 {
			o.from = []string{"."}
		}
		server, err := o.place.asker(ctx)
		if err != nil {
			return err
		}
		screen.phase("importing")
		places, err := openPlaces(ctx, o.from)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, places.Close()) }()
		shown := newImported(screen, o)
		began := time.Now()
		report, err := importer.Walk(ctx, importSource{places}, importTarget{server}, shown.file)
		screen.decoded()
		if err := shown.end(&report, err); err != nil {
			return err
		}
		shown.summary(&report, time.Since(began))
		return leftOut(&report)
	})
}

// unimportedError says that not all could be imported.
type unimportedError struct{ error }

func (unimportedError) lacks() {}

// leftOut returns an error where something could not be imported.
func leftOut(r *importer.Report) error {
	if r.Whole() {
		return nil
	}
	files := r.Files[importer.Truncated] + r.Files[importer.Damaged] + r.Files[importer.Unread]
	return unimportedError{fmt.Errorf("not all could be imported: %s and %s are left out", terminal.Counted(files, "file"), terminal.Counted(r.Bad, "record"))}
}
