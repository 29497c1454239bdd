package logs

import (
	"context"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/logs/events"
)

// AWS's limits of a batch.
const (
	eventOverhead = 26      // bytes that are counted for an event besides its message
	mostBatch     = 1 << 20 // bytes of a batch, and of an event
	mostAge       = 14 * day
	mostAhead     = 2 * time.Hour
	mostSpan      = day
)

// PutLogEvents appends a batch to a stream. It returns once the batch is durable.
// Events that are too old or too new are left out, and the answer says which.
func (s *Service) PutLogEvents(ctx context.Context, in *logsapi.PutLogEventsInput) (*logsapi.PutLogEventsOutput, error) {
	if err := checkBatch(in.LogEvents); err != nil {
		return nil, err
	}
	k, err := s.group(ctx, *in.LogGroupName)
	if err != nil {
		return nil, err
	}
	number, err := s.stream(ctx, k, *in.LogStreamName)
	if err != nil {
		return nil, err
	}
	accepted, rejected := accept(in.LogEvents, &k.group, time.Now())
	out := &logsapi.PutLogEventsOutput{RejectedLogEventsInfo: rejected}
	if in.Entity != nil {
		// Events are not told by entities here yet; the events themselves are kept.
		out.RejectedEntityInfo = &logsapi.RejectedEntityInfo{ErrorType: new("UnsupportedLogGroupType")}
	}
	if n := len(accepted); n > 0 && *accepted[n-1].Timestamp-*accepted[0].Timestamp > mostSpan.Milliseconds() {
		return nil, errSpan()
	}
	if len(accepted) > 0 {
		if err := s.keyring.ready(ctx, k.group.Number); err != nil {
			return nil, err
		}
		lines := make([]events.Line, len(accepted))
		for i := range accepted {
			lines[i] = events.Line{Time: *accepted[i].Timestamp, Message: *accepted[i].Message}
		}
		receipt, err := s.events.Append(ctx, k.group.Number, number, lines)
		if err != nil {
			return nil, errStore(err)
		}
		s.follow(ctx, k, *in.LogStreamName, receipt, lines)
	}
	out.NextSequenceToken = new(sequenceToken(uint64(time.Now().UnixNano())))
	return out, nil
}

// checkBatch refuses what AWS refuses as a whole.
func checkBatch(given []logsapi.InputLogEvent) error {
	total := 0
	for i := range given {
		size := len(*given[i].Message) + eventOverhead
		if size > mostBatch {
			return errInvalid("Log event too large: %d bytes exceeds limit of %d", size, mostBatch)
		}
		total += size
	}
	if total > mostBatch {
		return errInvalid("Upload too large: %d bytes exceeds limit of %d", total, mostBatch)
	}
	for i := range given[1:] {
		if *given[i+1].Timestamp < *given[i].Timestamp {
			return errInvalid("Log events in a single PutLogEvents request must be in chronological order.")
		}
	}
	return nil
}

// accept returns those of the events, which are in order, that a group takes now, and
// which it does not.
func accept(given []logsapi.InputLogEvent, g *group, now time.Time) ([]logsapi.InputLogEvent, *logsapi.RejectedLogEventsInfo) {
	oldest, newest := now.Add(-mostAge).UnixMilli(), now.Add(mostAhead).UnixMilli()
	kept := g.from()
	var old, expired, end int
	for i := range given {
		switch t := *given[i].Timestamp; {
		case t < oldest:
			old = i + 1
		case t < kept:
			expired = i + 1
		case t <= newest:
			end = i + 1
		}
	}
	begin := max(old, expired)
	end = max(begin, end)
	if begin == 0 && end == len(given) {
		return given, nil
	}
	var rejected logsapi.RejectedLogEventsInfo
	if old > 0 {
		rejected.TooOldLogEventEndIndex = new(int32(old))
	}
	if expired > 0 {
		rejected.ExpiredLogEventEndIndex = new(int32(expired))
	}
	if end < len(given) {
		rejected.TooNewLogEventStartIndex = new(int32(end))
	}
	return given[begin:end], &rejected
}

// sequenceToken is a token as clients expect one, of a time: nothing depends on it, and
// it says nothing of others.
func sequenceToken(n uint64) string { return fmt.Sprintf("49%054d", n) }

// follow tells those who follow a group what was appended to a stream of it.
func (s *Service) follow(ctx context.Context, k *known, stream string, receipt events.Receipt, lines []events.Line) {
	s.passer.notify() // metrics and subscribers follow from the log of events
	s.audit(ctx, k, receipt, lines)
	shown, err := k.maskedLines(receipt.Ingested, lines)
	if err != nil {
		s.cfg.Log.ErrorContext(ctx, "log events cannot be masked, and are not shown", "error", err)
		return
	}
	s.tails.tell(k.group.Number, stream, receipt.Ingested, shown)
}
