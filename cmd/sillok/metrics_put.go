package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/terminal"
)

// metricsPutOptions are the flags of metrics put.
type metricsPutOptions struct {
	place      watchPlace
	unit, file string
	dimensions []string
	high, utc  bool
}

func metricsPutCommand(e env) *cobra.Command {
	var o metricsPutOptions
	c := &cobra.Command{
		Use:   "put NAMESPACE [NAME VALUE [TIME] [DIMENSION...]]",
		Short: "Put values of metrics, from arguments or lines",
		Long: `Put sends values to metrics of a namespace: one that the arguments name, or one for each
line of standard input or of a --file. A line is as the arguments are: a name, a value,
perhaps a time, and dimensions; what has blanks stands in double quotes. A time is in
the forms of 2026-11-29T08:00:00Z, or seconds or milliseconds since 1970; without one it
is now. Empty lines and those that begin with # are no values. It calls PutMetricData.

Lines are sent a thousand at a time, and at least each second. At the end, and after
Ctrl-C, put says how many values were taken, which means that they are on the server's
disk. A line that is no value, or that the server refuses, is named and left out: then
the exit code is 3. When the server has too much to do or is away, put waits and tries
again.`,
		Example: `  sillok metrics put Shop Latency 12 Page=cart --unit Milliseconds
  vmstat -n 10 | awk 'NR>2 {print "Free", $4; fflush()}' |
    sillok metrics put Host --dimension Host=$(hostname) --unit Kilobytes
  sillok metrics put Shop --file values.txt`,
		Args: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return usageError{errors.New("a namespace is expected, such as Shop")}
			case 2:
				return usageError{fmt.Errorf("a value is expected after the name %s", args[1])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return putMetrics(c.Context(), e, o, args) },
	}
	f := c.Flags()
	f.StringVar(&o.unit, "unit", "", "`UNIT` of the values, such as Milliseconds, Bytes or Count")
	f.StringArrayVar(&o.dimensions, "dimension", nil, "`NAME=VALUE` of a dimension that all values have; may be repeated")
	f.StringVar(&o.file, "file", "-", "`FILE` of lines; - is standard input")
	f.BoolVar(&o.high, "high-resolution", false, "keep values by the second")
	f.BoolVar(&o.utc, "utc", false, "times without a zone are in UTC instead of the local zone")
	o.place.flags(f)
	completions(c, nil, "data")
	_ = c.RegisterFlagCompletionFunc("unit", cobra.FixedCompletions(metricUnits(), cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	completesMetrics(c, &o.place)
	return c
}

// metricUnits are those that metrics have.
func metricUnits() (all []string) {
	for _, u := range types.StandardUnit("").Values() {
		all = append(all, string(u))
	}
	return all
}

func putMetrics(ctx context.Context, e env, o metricsPutOptions, args []string) error {
	p := &metricsPutter{namespace: args[0], unit: types.StandardUnit(o.unit), screen: newScreen(e, "never", "never"), zone: time.Local, now: time.Now}
	if o.utc {
		p.zone = time.UTC
	}
	if o.high {
		p.resolution = 1
	}
	var err error
	p.dimensions, err = parseDimensions(o.dimensions)
	var first *types.MetricDatum
	if len(args) > 1 {
		d, datumErr := p.datum(args[1:])
		err = errors.Join(err, datumErr)
		first = &d
	} else if o.file != "-" {
		if _, statErr := os.Stat(o.file); statErr != nil {
			err = errors.Join(err, statErr)
		}
	}
	if err != nil {
		return usageError{err}
	}
	if p.client, err = o.place.client(ctx); err != nil {
		return err
	}
	if first != nil {
		return p.one(ctx, *first)
	}
	return p.run(ctx, putFiles(e, []string{o.file}))
}

// one puts one value.
func (p *metricsPutter) one(ctx context.Context, d types.MetricDatum) error {
	p.batch = []metricLine{{datum: d}}
	if err := p.send(ctx, p.batch); err != nil {
		return serviceRefused(err)
	}
	fmt.Fprintf(p.screen.stderr, "1 value was put\n")
	return nil
}

// run puts the values of lines.
func (p *metricsPutter) run(ctx context.Context, files []putFile) error {
	// What was read is sent although one wants an end, as long as that takes not long.
	sending, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(putPatience, func() { cancel(context.Cause(ctx)) })
		context.AfterFunc(sending, func() { timer.Stop() })
	})()
	reading, enough := context.WithCancel(ctx)
	defer enough()
	lines := make(chan putLine)
	go func() { // it may hang in a read, and ends with the program then
		_ = life.Catch(func() error {
			readLines(reading, files, lines)
			return nil
		})
	}()
	err := p.take(ctx, sending, lines)
	if err == nil {
		err = p.flush(sending)
	}
	return p.tell(ctx, err)
}

// take takes lines until there are no more, or one wants an end.
func (p *metricsPutter) take(ctx, sending context.Context, lines <-chan putLine) error {
	tick := time.NewTicker(putEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case l, ok := <-lines:
			if !ok {
				return nil
			}
			if l.err != nil {
				return errors.Join(l.err, p.flush(sending))
			}
			if err := p.add(sending, &l); err != nil {
				return err
			}
		case <-tick.C:
			if err := p.flush(sending); err != nil {
				return err
			}
		}
	}
}

// tell says how many values were taken, and how it ended.
func (p *metricsPutter) tell(ctx context.Context, err error) error {
	fmt.Fprintf(p.screen.stderr, "%s put", terminal.Counted(p.taken, "value was", "values were"))
	if p.through > 0 && p.taken > 0 {
		fmt.Fprintf(p.screen.stderr, ", up to line %s", terminal.Grouped(p.through))
	}
	if left := int64(len(p.batch)); left > 0 {
		fmt.Fprintf(p.screen.stderr, "; %s not answered", terminal.Counted(left, "was", "were"))
	}
	fmt.Fprintln(p.screen.stderr)
	if more := p.bad - mostBadLines; more > 0 {
		fmt.Fprintf(p.screen.stderr, "… and %s more lines that were left out\n", terminal.Grouped(more))
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return serviceRefused(err)
	case p.bad > 0:
		return notTakenError{fmt.Sprintf("%s left out", terminal.Counted(p.bad, "line was", "lines were"))}
	}
	return nil
}

// metricsPutter sends values in batches.
type metricsPutter struct {
	client     *cloudwatch.Client
	namespace  string
	unit       types.StandardUnit
	dimensions []types.Dimension // of all values
	resolution int32
	screen     *screen
	zone       *time.Location
	now        func() time.Time

	batch   []metricLine
	size    int
	taken   int64
	bad     int64
	through int64 // the line up to which all is answered
	waiting bool
}

// metricLine is a line that is a value.
type metricLine struct {
	number int
	datum  types.MetricDatum
}
