package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/sillok/sillok/internal/terminal"
)

// putter puts events into a stream.
type putter struct {
	client        *cloudwatchlogs.Client
	group, stream string
	screen        *screen
	patience      time.Duration // with what was read when one wants an end

	batch       []putEvent
	size        int
	first, last int64 // the times of the oldest and the newest event of the batch
	waiting     bool  // the server has too much to do, or is away

	read, answered, acknowledged, batches, bytes int64
	tooOld, tooNew, expired                      int64
	through                                      putEvent // the last that was answered
}

const putPatience = 5 * time.Second

func compare(a, b int64) int { return cmp.Compare(a, b) }

func inputEvent(e *putEvent) types.InputLogEvent {
	return types.InputLogEvent{Timestamp: &e.at, Message: &e.message}
}

// rejected counts what the server left out of a batch of n events, and returns how many
// these are.
func (p *putter) rejected(info *types.RejectedLogEventsInfo, n int) int64 {
	if info == nil {
		return 0
	}
	var old, expired, ahead int64
	if info.TooOldLogEventEndIndex != nil {
		old = int64(*info.TooOldLogEventEndIndex)
	}
	if info.ExpiredLogEventEndIndex != nil { // what is too old is counted as such
		expired = max(0, int64(*info.ExpiredLogEventEndIndex)-old)
	}
	if info.TooNewLogEventStartIndex != nil {
		ahead = int64(n) - int64(*info.TooNewLogEventStartIndex)
	}
	p.tooOld, p.expired, p.tooNew = p.tooOld+old, p.expired+expired, p.tooNew+ahead
	return old + expired + ahead
}

// notTakenError says that the server did not take all that it was sent.
type notTakenError struct{ text string }

func (e notTakenError) Error() string { return e.text }
func (notTakenError) lacks()          {}

// tell says what was acknowledged and what was not, and returns why the command failed, if
// it did.
func (p *putter) tell(err error, told *putTold, ctx context.Context) error { //nolint:revive // the context is asked why it ended
	out := p.screen.stderr
	fmt.Fprintf(out, "acknowledged: %s of %s in %s\n", terminal.Counted(p.acknowledged, "event"), terminal.Bytes(p.bytes), terminal.Counted(p.batches, "batch", "batches"))
	for _, t := range []struct {
		n    int64
		text string
	}{
		{told.empty, terminal.Counted(told.empty, "empty line was", "empty lines were") + " left out"},
		{told.long, terminal.Counted(told.long, "event was", "events were") + " longer than an event can be and became several"},
		{told.invalid, terminal.Counted(told.invalid, "event", "events") + " had bytes that are no UTF-8, and U+FFFD in their place"},
		{told.noTime, "no time was found in " + terminal.Counted(told.noTime, "event")},
	} {
		if t.n > 0 {
			fmt.Fprintln(out, t.text)
		}
	}
	stopped := ctx.Err() != nil
	if err != nil || stopped {
		if p.answered > 0 {
			fmt.Fprintf(out, "that is up to line %d of %s\n", p.through.number, terminal.Printable(p.through.file))
		}
		if n := p.read - p.answered; n > 0 {
			fmt.Fprintf(out, "not acknowledged: %s\n", terminal.Counted(n, "event that was read", "events that were read"))
		}
	}
	switch {
	case stopped:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("put events into %s %s: %w", p.group, p.stream, err)
	}
	return p.leftOut()
}

// leftOut says which events the server left out; nil for none.
func (p *putter) leftOut() error {
	var parts []string
	for _, r := range []struct {
		n    int64
		text string
	}{{p.tooOld, "older than 14 days"}, {p.expired, "older than the group's retention"}, {p.tooNew, "more than two hours ahead"}} {
		if r.n > 0 {
			parts = append(parts, terminal.Grouped(r.n)+" "+r.text)
		}
	}
	if parts == nil {
		return nil
	}
	return notTakenError{"the server left out " + terminal.Counted(p.tooOld+p.expired+p.tooNew, "event") + ": " + strings.Join(parts, ", ")}
}
