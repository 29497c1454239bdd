package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/store/objects/plain"
	"github.com/sillok/sillok/internal/terminal"
)

// moveOptions are the flags that export and import share.
type moveOptions struct {
	place    s3Place
	prefix   string
	parallel int
	output   string
	progress string
}

// defaultParallel keeps a far S3 busy without a burden to a near one.
const defaultParallel = 8

func (o *moveOptions) flags(c *cobra.Command, prefix string) {
	f := c.Flags()
	o.place.flags(f)
	f.StringVar(&o.prefix, "prefix", "", prefix)
	f.IntVar(&o.parallel, "parallel", defaultParallel, "`N` objects at a time")
	f.StringVarP(&o.output, "output", "o", "text", "`FORM` of the result: text, or json on standard output")
	f.StringVar(&o.progress, "progress", "auto", "`WHEN` to show a progress bar: auto, always or never")
	completions(c, o.choices(), "data")
}

func (o *moveOptions) choices() []choice {
	return []choice{{"output", o.output, []string{"text", "json"}}, {"progress", o.progress, []string{"auto", "always", "never"}}}
}

func (o *moveOptions) validate() error {
	errs := checkChoices(o.choices())
	if o.parallel < 1 {
		errs = append(errs, errors.New("--parallel: at least 1 is required"))
	}
	if len(errs) > 0 {
		return usageError{errors.Join(errs...)}
	}
	return nil
}

// move runs an export or import and says how it ended.
func (o *moveOptions) move(ctx context.Context, e env, cfg plain.Config, dir, did string, do func(context.Context, string, plain.Config) (*plain.Result, error)) error {
	if err := o.validate(); err != nil {
		return err
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	cfg.Client, cfg.Prefix, cfg.Parallel = client, o.prefix, o.parallel
	screen := newScreen(e, "never", o.progress)
	screen.phase(did[:len(did)-2] + "ing")
	cfg.Progress = screen.moved
	cfg.Note = func(text string) {
		screen.decoded()
		fmt.Fprintf(e.stderr, "sillok: %s\n", terminal.Printable(text))
	}
	began := time.Now()
	result, err := do(ctx, dir, cfg)
	screen.decoded()
	if err != nil {
		return err
	}
	if o.output == "json" {
		if err := json.NewEncoder(e.stdout).Encode(result); err != nil {
			return err
		}
	}
	fmt.Fprintf(e.stderr, "%s %s (%s) in %s; %s there already\n", did, terminal.Counted(result.Objects, "object"),
		terminal.Bytes(result.Bytes), terminal.Duration(time.Since(began)), wereThere(result.Present))
	if result.Unsure > 0 {
		fmt.Fprintf(e.stderr, "%s could be checked by the size alone: its S3 tells nothing else\n", terminal.Counted(result.Unsure, "object"))
	}
	if result.Failed > 0 {
		return fmt.Errorf("%s not %s, told above", terminal.Counted(result.Failed, "object was", "objects were"), did)
	}
	return nil
}

func wereThere(n int64) string {
	switch n {
	case 0:
		return "none was"
	case 1:
		return "1 was"
	}
	return terminal.Grouped(n) + " were"
}

// moved shows how far an export or import is.
func (s *screen) moved(p plain.Progress) {
	if s.bar != nil {
		s.bar.Update(terminal.Progress{
			Done: p.Bytes, Total: p.AllBytes,
			Facts: fmt.Sprintf("%s of %s, %s", terminal.Bytes(p.Bytes), terminal.Bytes(p.AllBytes), terminal.Counted(p.Objects, "object")),
		})
	}
}
