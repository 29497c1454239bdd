package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/terminal"
)

// callsOptions are the flags of calls.
type callsOptions struct {
	data, since, by, output, color string
	follow, denied, local          bool
}

func callsCommand(e env) *cobra.Command {
	var o callsOptions
	c := &cobra.Command{
		Use:   "calls",
		Short: "Show who called what on a server, and how it ended",
		Long: `Calls shows the journal of calls that "sillok serve" keeps in DIR: every call that
was answered, refused ones too, in the order in which they ended. It reads the folder,
whether or not the server runs.

A call that changes something is written before the change. One whose server died in
the middle, or an upload whose client was gone, is shown as "unknown": what it meant to
change may be changed or not. One that is under way is shown as "begun", after the others.

Of calls that nobody signed, or not with the key they name, the last 64 MiB are kept: more
of them push out the oldest of them, and nothing else.

With --output json each call is a JSON object on a line of its own, with parameters;
what is sensitive in them is hidden. NO_COLOR turns colours off.`,
		Example: `  # the last hour
  sillok calls --data ./sillok-data

  # what is refused, as it happens
  sillok calls --data ./sillok-data --follow --denied

  # what one access key changed today, for another program
  sillok calls --data ./sillok-data --since 24h --by AKIA… --output json |
    jq 'select(.changes) | {time, operation, resources}'`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return calls(c.Context(), e, o) },
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "`DIR` that the server keeps everything in (required)")
	f.StringVar(&o.since, "since", "", "how long ago to begin, such as 10m or 24h, or a `TIME` such as 2026-11-29 or 2026-11-29T08:00:00Z; \"all\" (default: 1h, or now with --follow)")
	f.BoolVar(&o.follow, "follow", false, "go on with calls as they end")
	f.BoolVar(&o.denied, "denied", false, "only calls that were refused: by signature, key or permission")
	f.StringVar(&o.by, "by", "", "only calls of this access `KEY` id, or of this principal's ARN")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table or json")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	f.BoolVar(&o.local, "local-time", false, "show times in the local zone instead of UTC")
	completions(c, o.choices(), "data")
	return c
}

func (o callsOptions) choices() []choice {
	return []choice{{"output", o.output, []string{"table", "json"}}, {"color", o.color, []string{"auto", "always", "never"}}}
}

// begin returns the time from which on calls are shown.
func (o callsOptions) begin(now time.Time) (time.Time, error) {
	switch {
	case o.since == "all":
		return time.Time{}, nil
	case o.since == "" && o.follow:
		return now, nil
	case o.since == "":
		return now.Add(-time.Hour), nil
	}
	zone := time.UTC
	if o.local {
		zone = time.Local
	}
	at, _, err := moment("since", o.since, now, zone)
	if err != nil {
		return now, usageError{err}
	}
	return at, nil
}

func calls(ctx context.Context, e env, o callsOptions) error {
	var errs []error
	if o.data == "" {
		errs = append(errs, errors.New("data: a folder is required, the one that sillok serve --data has"))
	}
	errs = append(errs, checkChoices(o.choices())...)
	since, err := o.begin(time.Now())
	if err := errors.Join(append(errs, err)...); err != nil {
		return usageError{err}
	}
	show := &callsShown{options: o, screen: newScreen(e, o.color, "never"), out: bufio.NewWriter(e.stdout)}
	for entry, err := range journal.Read(ctx, filepath.Join(o.data, app.CallsFolder), journal.Query{Since: since, Follow: o.follow}) {
		if err != nil {
			if lost := show.lost(err); lost != nil {
				return errors.Join(show.out.Flush(), lost)
			}
			continue
		}
		if err := show.entry(entry); err != nil {
			return err
		}
	}
	if err := show.out.Flush(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if show.damaged > 0 {
		return fmt.Errorf("the journal is damaged in %s, told above", terminal.Counted(show.damaged, "place"))
	}
	if show.count == 0 && !o.follow && o.since == "" {
		fmt.Fprintln(e.stderr, "no such call in the last hour; --since 24h or --since all looks further back")
	}
	return nil
}

// callsShown prints calls.
type callsShown struct {
	options callsOptions
	screen  *screen
	out     *bufio.Writer
	count   int64
	damaged int64
}

// lost tells of a part of the journal that cannot be read. It returns an error
// that is not of that kind.
func (s *callsShown) lost(err error) error {
	if _, ok := errors.AsType[*records.DamageError](err); ok {
		s.damaged++
		fmt.Fprintf(s.screen.stderr, "sillok: %v\n", err)
		return nil
	}
	if _, ok := errors.AsType[*records.RemovedError](err); ok {
		if s.options.since != "all" {
			fmt.Fprintf(s.screen.stderr, "older calls are no longer kept: %v\n", err)
		}
		return nil
	}
	return err
}

// wanted says whether a call is one that was asked for.
func (s *callsShown) wanted(e *journal.Entry) bool {
	by := s.options.by
	return (!s.options.denied || e.Outcome == cloud.Refused) && (by == "" || e.AccessKeyID == by || e.Principal.ARN == by)
}

func (s *callsShown) entry(e journal.Entry) error {
	if !s.wanted(&e) {
		return nil
	}
	s.count++
	if s.options.output == "json" {
		if s.options.local {
			e.Time = e.Time.Local()
		}
		var line bytes.Buffer
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(e); err != nil {
			return err
		}
		_, _ = s.out.Write(terminal.PrintableJSON(line.Bytes())) // Flush tells
	} else {
		s.line(&e)
	}
	if s.options.follow || s.count == 1 {
		return s.out.Flush()
	}
	return nil
}

// The widths of the columns of calls. What a call touches comes last and has
// the rest of the line.
const (
	outcomeWidth   = 7
	operationWidth = 34
	whoWidth       = 32
)

// line prints a call as a line. Widths are the same in all lines, since the
// next call may come much later.
func (s *callsShown) line(e *journal.Entry) {
	layout := "2006-01-02 15:04:05.000"
	at := e.Time.UTC()
	if s.options.local {
		at = e.Time.Local()
	}
	cells := []string{
		at.Format(layout), terminal.Pad(string(e.Outcome), outcomeWidth), terminal.Pad(e.Service+":"+e.Operation, operationWidth),
		terminal.Pad(who(e), whoWidth), touched(e),
	}
	// Some of it is what strangers sent.
	style := s.screen.style
	line := terminal.Cut(terminal.Printable(strings.TrimRight(strings.Join(cells, "  "), " ")), style.Width)
	switch e.Outcome {
	case cloud.Refused, cloud.Unknown:
		line = style.Red(line)
	case cloud.Failed:
		line = style.Yellow(line)
	case cloud.Begun:
		line = style.Faint(line)
	case cloud.Done:
	}
	_, _ = s.out.WriteString(line + "\n") // Flush tells
}

// who names a principal in the fewest words that tell it from others.
func who(e *journal.Entry) string {
	name := "nobody"
	switch p := e.Principal; {
	case p.Type == cloud.Anonymous && e.AccessKeyID != "":
		name = "? " + e.AccessKeyID
	case p.Type == cloud.Root:
		name = "root of " + string(p.Account)
	case p.Name != "":
		name = p.Name
	case p.ARN != "":
		name = p.ARN[strings.LastIndexByte(p.ARN, ':')+1:]
	}
	if e.InvokedBy != "" {
		name += " by " + strings.TrimSuffix(e.InvokedBy, ".amazonaws.com")
	}
	return name
}

// touched says what a call touches: the last of its resources, which is the
// most special one, or why it failed.
func touched(e *journal.Entry) string {
	var parts []string
	if n := len(e.Resources); n > 0 {
		parts = append(parts, e.Resources[n-1].ARN)
	}
	if e.Code != "" {
		parts = append(parts, e.Code)
	}
	return strings.Join(parts, "  ")
}
