package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/objects/remote"
	"github.com/sillok/sillok/internal/terminal"
	"github.com/sillok/sillok/internal/trail/importer"
	"github.com/sillok/sillok/internal/trail/watch"
)

// elsewhere returns the S3 of the AWS settings that the server was started with, for
// buckets that are watched.
func elsewhere(ctx context.Context) (objects.Store, error) {
	client, err := bucketClient(ctx, "s3://")
	if err != nil {
		return nil, cloud.Errorf(cloud.Unavailable, "NoAWSSettings", "There is no such bucket here, and the server was started without the AWS settings by which one elsewhere is read: a region is missing.").Because(err)
	}
	return remote.New(client), nil
}

// watchPlaces has a server watch buckets.
func watchPlaces(ctx context.Context, e env, o *importOptions) error {
	for _, from := range o.from {
		if !strings.HasPrefix(from, "s3://") {
			return usageError{fmt.Errorf("--from %s: a server watches buckets, s3://BUCKET/PREFIX; of a folder, import again what is new", from)}
		}
	}
	if len(o.from) == 0 {
		return usageError{errors.New("--from: the bucket to watch is required: s3://BUCKET/PREFIX")}
	}
	for _, from := range o.from {
		answer, err := o.place.ask(ctx, http.MethodPost, app.WatchesPath, url.Values{"from": {from}, "every": {o.every.String()}})
		if err != nil {
			return err
		}
		if o.output == "json" {
			if _, err := e.stdout.Write(append(bytes.TrimSpace(answer), '\n')); err != nil {
				return err
			}
			continue
		}
		var made watch.Watch
		if err := json.Unmarshal(answer, &made); err != nil {
			return fmt.Errorf("the server's answer: %w", err)
		}
		fmt.Fprintf(e.stdout, "%s\n", made.ID)
		fmt.Fprintf(e.stderr, "%s is watched, and looked at every %s; \"sillok import list\" tells what came, \"sillok import stop %s\" ends it\n",
			terminal.Printable(made.From), time.Duration(made.Every), made.ID)
	}
	return nil
}

// watchOptions are the flags of import list and import stop.
type watchOptions struct {
	place         s3Place
	output, color string
	problems      bool
}

func (o *watchOptions) choices() []choice {
	return []choice{{"output", o.output, []string{"table", "vertical", "json"}}, {"color", o.color, []string{"auto", "always", "never"}}}
}

func importListCommand(e env) *cobra.Command {
	var o watchOptions
	c := &cobra.Command{
		Use:   "list",
		Short: "List the buckets that a server watches, and what it found there",
		Long: `List shows the buckets that "sillok import cloudtrail --watch" has had a server watch for
the account that asks, with the account of the last look: how many files there are, how
many of them are log files, and of how many something is to be said. --problems lists
that, a row each.

The exit code is 3 when a bucket could not be looked at, or when something in it could
not be imported.`,
		Example: `  sillok import list --data ./sillok-data
  sillok import list --data ./sillok-data --problems
  sillok import list --data ./sillok-data --output json | jq '.[].look.report'`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return importList(c.Context(), e, &o) },
	}
	f := c.Flags()
	o.place.flags(f)
	f.BoolVar(&o.problems, "problems", false, "print what is to be said of files, a row each")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table, vertical or json")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	completions(c, o.choices(), "data")
	return c
}

func importList(ctx context.Context, e env, o *watchOptions) error {
	if errs := checkChoices(o.choices()); len(errs) > 0 {
		return usageError{errors.Join(errs...)}
	}
	answer, err := o.place.ask(ctx, http.MethodGet, app.WatchesPath, url.Values{})
	if err != nil {
		return err
	}
	var all []watch.Watch
	if err := json.Unmarshal(answer, &all); err != nil {
		return fmt.Errorf("the server's answer: %w", err)
	}
	switch {
	case o.output == "json":
		_, err = e.stdout.Write(append(terminal.PrintableJSON(bytes.TrimSpace(answer)), '\n'))
	case o.problems:
		err = newScreen(e, o.color, "never").watchProblems(o.output, all)
	default:
		err = newScreen(e, o.color, "never").watches(o.output, all)
	}
	if err != nil {
		return err
	}
	lacking := 0
	for i := range all {
		if look := all[i].Look; look != nil && (look.Error != "" || !look.Report.Whole()) {
			lacking++
		}
	}
	if lacking > 0 {
		return unimportedError{fmt.Errorf("not all could be imported from %s", terminal.Counted(int64(lacking), "watched bucket"))}
	}
	return nil
}

// watches prints a row for each watch.
func (s *screen) watches(output string, all []watch.Watch) error {
	t := s.newList(output, terminal.Column{Name: "watch"}, terminal.Column{Name: "from"}, terminal.Column{Name: "every"}, terminal.Column{Name: "last look"},
		terminal.Column{Name: "files"}, terminal.Column{Name: "events", Right: true}, terminal.Column{Name: "problem"})
	for i := range all {
		w := &all[i]
		every, last, files, problem := time.Duration(w.Every).String(), "none yet", "", ""
		if look := w.Look; look != nil {
			r := &look.Report
			last, problem = look.Ended.UTC().Format(time.RFC3339), look.Error
			files = counts(counted{r.Files[importer.Imported], "log files"}, counted{r.Files[importer.Digest], "digests"}, counted{r.Files[importer.Foreign], "foreign"},
				counted{r.Files[importer.Truncated], "TRUNCATED"}, counted{r.Files[importer.Damaged], "DAMAGED"}, counted{r.Files[importer.Unread], "UNREAD"})
			if n := int64(len(look.Problems)) + look.LeftOut; problem == "" && n > 0 {
				problem = terminal.Counted(n, "remark")
			}
		}
		if err := t.Add([]*string{&w.ID, &w.From, &every, &last, &files, new(terminal.Grouped(w.Imported)), &problem}); err != nil {
			return err
		}
	}
	return s.finish(t)
}

// watchProblems prints a row for each thing that is to be said of a file.
func (s *screen) watchProblems(output string, all []watch.Watch) error {
	t := s.newList(output, terminal.Column{Name: "watch"}, terminal.Column{Name: "problem"}, terminal.Column{Name: "object"}, terminal.Column{Name: "record", Right: true}, terminal.Column{Name: "detail"})
	for i := range all {
		look := all[i].Look
		if look == nil {
			continue
		}
		for _, p := range look.Problems {
			if err := t.Add([]*string{&all[i].ID, new(strings.ReplaceAll(p.Kind, "_", " ")), &p.Object, new(recordName(p.Record)), &p.Detail}); err != nil {
				return err
			}
		}
		if look.LeftOut > 0 {
			fmt.Fprintf(s.stderr, "%s: … and %s more; \"sillok import cloudtrail --from %s --problems\" lists all\n", all[i].ID, terminal.Grouped(look.LeftOut), terminal.Printable(all[i].From))
		}
	}
	return s.finish(t)
}

var watchID = regexp.MustCompile(`^[0-9a-f]{8}$`)

func importStopCommand(e env) *cobra.Command {
	var o watchOptions
	c := &cobra.Command{
		Use:   "stop WATCH",
		Short: "Stop watching a bucket",
		Long: `Stop ends that a server watches a bucket. What was imported stays in event history.
"sillok import list" shows the names of watches.`,
		Example: `  sillok import stop 1a2b3c4d --data ./sillok-data`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !watchID.MatchString(args[0]) {
				return usageError{errors.New(`the name of one watch is expected, such as 1a2b3c4d; "sillok import list" shows them`)}
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			answer, err := o.place.ask(c.Context(), http.MethodPost, app.WatchesPath+"/"+args[0]+"/stop", url.Values{})
			if err != nil {
				return err
			}
			var was watch.Watch
			if err := json.Unmarshal(answer, &was); err != nil {
				return fmt.Errorf("the server's answer: %w", err)
			}
			fmt.Fprintf(e.stderr, "%s is no longer watched\n", terminal.Printable(was.From))
			return nil
		},
	}
	o.place.flags(c.Flags())
	completions(c, nil, "data")
	return c
}
