package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/kit/life"
)

// putOptions are the flags of logs put.
type putOptions struct {
	place                 logsPlace
	create, utc           bool
	multiline, timeFormat string
}

func logsPutCommand(e env) *cobra.Command {
	var o putOptions
	c := &cobra.Command{
		Use:   "put GROUP STREAM [FILE...]",
		Short: "Send lines of files, or of standard input, to a log stream",
		Long: `Put sends each line of standard input, or of files one after the other, as an event to a
log stream: within a second, or as soon as there is a batch. It calls PutLogEvents.

With --multiline an event begins with a line that matches a regular expression, and has all
lines up to the next such line. The time of an event is when it was read, or with
--time-format the first time in it; one without a time has that of the event before. Forms
of times are those of strftime, such as "%Y-%m-%d %H:%M:%S,%f", "%b %d %H:%M:%S", %s, or
iso8601.

When the server has too much to do, or is away, put waits, says so and reads no further. At
the end, and after Ctrl-C, it says how many events were acknowledged, which means that they
are on the server's disk, and if not all were, up to which line. After Ctrl-C what was read
is still sent, for five seconds; another Ctrl-C ends put at once.

What cannot be an event as it is, is told: lines that are longer than an event can be (1 MB
less 26 bytes) become several, empty lines none, and bytes that are no UTF-8 become U+FFFD.
The server leaves out events that are older than 14 days or the group's retention, or more
than two hours ahead: then the exit code is 3. An answer that is lost on its way may
lead to events that are there twice.`,
		Example: `  # follow a file, and make the group and stream where they are not there
  tail -F app.log | sillok logs put /shop/web one --create

  # stack traces: an event begins with a date
  sillok logs put /shop/web one app.log --multiline '^\d{4}-\d\d-\d\d' --time-format '%Y-%m-%d %H:%M:%S'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError{errors.New("a log group and a log stream are expected, such as /shop/web one")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return putLogs(c.Context(), e, o, args) },
	}
	f := c.Flags()
	f.BoolVar(&o.create, "create", false, "make the log group and the stream where they are not there")
	f.StringVar(&o.multiline, "multiline", "", "regular expression (`REGEX`) of a line with which an event begins")
	f.StringVar(&o.timeFormat, "time-format", "", "`FORM` of the times in events, as of strftime, or iso8601")
	f.BoolVar(&o.utc, "utc", false, "times without a zone are in UTC instead of the local zone")
	o.place.flags(f)
	completions(c, nil, "data")
	_ = c.RegisterFlagCompletionFunc("time-format", cobra.FixedCompletions([]string{isoFormat, "%Y-%m-%d %H:%M:%S", "%b %d %H:%M:%S", "%s"}, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	completesGroups(c, &o.place, 0, 1)
	return c
}

// rule reads the flags that say how lines become events.
func (o *putOptions) rule() (rule putRule, err error) {
	var errs []error
	if o.multiline != "" {
		if rule.start, err = regexp.Compile(o.multiline); err != nil {
			errs = append(errs, fmt.Errorf("multiline: %w", err))
		}
	}
	if o.timeFormat != "" {
		zone := time.Local
		if o.utc {
			zone = time.UTC
		}
		if rule.times, err = parseTimeFormat(o.timeFormat, zone); err != nil {
			errs = append(errs, err)
		}
	}
	return rule, errors.Join(errs...)
}

func putLogs(ctx context.Context, e env, o putOptions, args []string) error {
	rule, err := o.rule()
	for _, name := range args[2:] {
		if name == "-" {
			continue
		}
		if info, statErr := os.Stat(name); statErr != nil {
			err = errors.Join(err, statErr)
		} else if info.IsDir() {
			err = errors.Join(err, fmt.Errorf("%s is a folder: name the files in it", name))
		}
	}
	if err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	p := &putter{client: client, group: args[0], stream: args[1], screen: newScreen(e, "never", "never"), patience: putPatience}
	if o.create {
		if err := p.create(ctx); err != nil {
			return err
		}
	}
	return p.run(ctx, putFiles(e, args[2:]), rule)
}

// create makes the group and the stream where they are not there.
func (p *putter) create(ctx context.Context) error {
	_, err := p.client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &p.group})
	if err == nil || hasCode(err, "ResourceAlreadyExistsException") {
		_, err = p.client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &p.group, LogStreamName: &p.stream})
	}
	if err == nil || hasCode(err, "ResourceAlreadyExistsException") {
		return nil
	}
	return fmt.Errorf("make %s %s: %w", p.group, p.stream, serviceRefused(err))
}

// putEvery is how long lines wait for others to be sent with, and how long an event of
// several lines waits for more.
const putEvery = time.Second

// run puts the events of files.
func (p *putter) run(ctx context.Context, files []putFile, rule putRule) error {
	// What was read is sent although one wants an end, as long as that takes not long.
	sending, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(p.patience, func() { cancel(context.Cause(ctx)) })
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
	a := &putAssembler{rule: rule, now: time.Now, give: func(e putEvent) error { return p.add(sending, &e) }}
	err := p.take(ctx, sending, a, lines)
	if err == nil {
		err = errors.Join(a.flush(), p.flush(sending))
	}
	return p.tell(err, &a.told, ctx)
}

// take takes lines until there are no more, or one wants an end.
func (p *putter) take(ctx, sending context.Context, a *putAssembler, lines <-chan putLine) error {
	timer := time.NewTimer(putEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case l, ok := <-lines:
			if !ok {
				return nil
			}
			if l.err != nil {
				return errors.Join(l.err, a.flush(), p.flush(sending))
			}
			if err := a.add(&l); err != nil {
				return err
			}
			if a.rule.start != nil { // more of it may come
				timer.Reset(putEvery)
			}
		case <-timer.C:
			if err := errors.Join(a.flush(), p.flush(sending)); err != nil {
				return err
			}
			timer.Reset(putEvery)
		}
	}
}

// add adds an event to the batch, and sends that first where it would be too much.
func (p *putter) add(ctx context.Context, e *putEvent) error {
	first, last := e.at, e.at
	if len(p.batch) > 0 {
		first, last = min(p.first, e.at), max(p.last, e.at)
	}
	if len(p.batch) == putEvents || p.size+e.size() > putBytes || last-first >= putSpan.Milliseconds() {
		if err := p.flush(ctx); err != nil {
			return err
		}
		first, last = e.at, e.at
	}
	p.read++
	p.batch, p.size, p.first, p.last = append(p.batch, *e), p.size+e.size(), first, last
	return nil
}

// flush sends the batch.
func (p *putter) flush(ctx context.Context) error {
	if len(p.batch) == 0 {
		return nil
	}
	end := p.batch[len(p.batch)-1]
	sorted := slices.Clone(p.batch)
	slices.SortStableFunc(sorted, func(a, b putEvent) int { return compare(a.at, b.at) })
	in := &cloudwatchlogs.PutLogEventsInput{LogGroupName: &p.group, LogStreamName: &p.stream}
	for i := range sorted {
		in.LogEvents = append(in.LogEvents, inputEvent(&sorted[i]))
	}
	out, err := p.send(ctx, in)
	if err != nil {
		return err
	}
	left := p.rejected(out.RejectedLogEventsInfo, len(sorted))
	p.batches++
	p.acknowledged += int64(len(sorted)) - left
	p.answered += int64(len(sorted))
	for i := range sorted {
		p.bytes += int64(len(sorted[i].message))
	}
	p.through, p.batch, p.size = end, p.batch[:0], 0
	return nil
}

// send sends a batch, and again while the server has too much to do or is away.
func (p *putter) send(ctx context.Context, in *cloudwatchlogs.PutLogEventsInput) (*cloudwatchlogs.PutLogEventsOutput, error) {
	const longest = 5 * time.Second
	began := time.Now()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, longest) {
		out, err := p.client.PutLogEvents(ctx, in, func(o *cloudwatchlogs.Options) { o.Retryer = aws.NopRetryer{} })
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err == nil:
			if p.waiting {
				fmt.Fprintf(p.screen.stderr, "sillok: going on after %s\n", time.Since(began).Round(100*time.Millisecond))
			}
			p.waiting = false
			return out, nil
		case isRefused(err):
			return nil, serviceRefused(err)
		case !p.waiting:
			fmt.Fprintf(p.screen.stderr, "sillok: %s; waiting, and trying again\n", printable(serviceRefused(err).Error()))
			p.waiting = true
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
