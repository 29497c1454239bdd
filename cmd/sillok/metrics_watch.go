package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/terminal"
)

// metricsWatchOptions are the flags of metrics watch.
type metricsWatchOptions struct {
	metricsGetOptions
	every string
	times int64
}

func metricsWatchCommand(e env) *cobra.Command {
	var o metricsWatchOptions
	c := &cobra.Command{
		Use:   "watch [NAMESPACE NAME [DIMENSION...]]",
		Short: "Draw metrics anew until interrupted",
		Long: `Watch draws the chart of "sillok metrics get" every few seconds, until Ctrl-C ends it.
Where the output is no terminal, each chart follows the one before. When the server is
away it says so, and goes on once it answers.`,
		Example: `  sillok metrics watch Shop Latency Page=cart --stat p99 --since 1h --threshold 250
  sillok metrics watch --expression "SEARCH('{Shop,Page} Latency', 'p99')" --every 30s`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return watchMetrics(c.Context(), e, o, args) },
	}
	f := c.Flags()
	o.question.flags(f)
	o.metricsGetOptions.times.flags(f, "1h")
	_ = f.MarkHidden("to") // what is watched has no end
	f.StringVar(&o.every, "every", "10s", "`TIME` between two charts")
	f.Int64Var(&o.times, "times", 0, "end after `N` charts; 0 for no end")
	f.IntVar(&o.height, "height", chartLines, "`LINES` that a chart has")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, []choice{{"color", "", []string{"auto", "always", "never"}}}, "data")
	_ = c.RegisterFlagCompletionFunc("stat", cobra.FixedCompletions(statistics, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	completesMetrics(c, &o.place)
	return c
}

func watchMetrics(ctx context.Context, e env, o metricsWatchOptions, args []string) error {
	o.output = "auto"
	every, err := lengthFlag("every", o.every)
	queries, _, _, questionErr := o.check(e, args, e.now())
	err = errors.Join(err, questionErr)
	if o.metricsGetOptions.times.to != "" {
		err = errors.Join(err, errors.New("to: what is watched has no end"))
	}
	if o.times < 0 {
		err = errors.Join(err, fmt.Errorf("times: %d is less than none", o.times))
	}
	if err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	w := &watched{screen: newScreen(e, o.colors.when(), "never"), redraws: terminal.Is(e.stdout)}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := int64(0); ; {
		now := e.now()
		from, _, err := o.metricsGetOptions.times.span(now)
		if err != nil {
			return err
		}
		from, to := o.metricsGetOptions.times.throughNow(from, now, queries)
		all, notes, err := readMetrics(ctx, client, queries, from, to)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && isRefused(err):
			return err
		case err != nil:
			w.tellAway(err)
		default:
			view := seriesView{screen: w.screen, zone: o.metricsGetOptions.times.zone(), from: from, to: to, height: o.height, thresholds: o.question.thresholds}
			if err := w.draw(&view, all, notes); err != nil {
				return err
			}
			if n++; n == o.times {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// watched draws one chart over the other.
type watched struct {
	screen  *screen
	redraws bool // on a terminal
	begun   bool
	away    bool
}

// What moves a terminal's cursor, and takes away what is after it.
const (
	clearScreen = "\x1b[H\x1b[2J"
	toBegin     = "\x1b[H"
	clearLine   = "\x1b[K"
	clearBelow  = "\x1b[J"
)

func (w *watched) tellAway(err error) {
	if !w.away {
		fmt.Fprintf(w.screen.stderr, "sillok: %s; trying again\n", printable(serviceRefused(err).Error()))
	}
	w.away = true
}

func (w *watched) draw(view *seriesView, all []series, notes []string) error {
	w.away = false
	lines := view.chart(all)
	for _, note := range notes {
		lines = append(lines, "Note: "+terminal.Printable(note))
	}
	text := strings.Join(lines, "\n") + "\n"
	switch {
	case w.redraws && !w.begun:
		text = clearScreen + text
	case w.redraws:
		text = toBegin + strings.ReplaceAll(text, "\n", clearLine+"\n") + clearBelow
	case w.begun:
		text = "\n" + text
	}
	w.begun = true
	_, err := fmt.Fprint(w.screen.stdout, text)
	return err
}
