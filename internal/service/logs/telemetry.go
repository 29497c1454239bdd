package logs

import (
	"context"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
)

// PutOpenTelemetryLogs does for a request of OpenTelemetry's what PutLogEvents does. Its
// events are in order, and may be more bytes than a batch: they are put in several, one after
// the other. When one of them fails, those before it are kept, and are there twice once the
// exporter has repeated the request.
func (s *Service) PutOpenTelemetryLogs(ctx context.Context, in *logsapi.PutLogEventsInput) (*logsapi.PutLogEventsOutput, error) {
	k, err := s.group(ctx, *in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if _, err := s.stream(ctx, k, *in.LogStreamName); err != nil {
		return nil, err
	}
	accepted, rejected := accept(in.LogEvents, &k.group, time.Now())
	if n := len(accepted); n > 0 && *accepted[n-1].Timestamp-*accepted[0].Timestamp > mostSpan.Milliseconds() {
		return nil, errSpan()
	}
	begin := 0 // of a batch, in all that were sent
	if rejected != nil {
		begin = int(max(value(rejected.TooOldLogEventEndIndex), value(rejected.ExpiredLogEventEndIndex)))
	}
	for rest := accepted; len(rest) > 0; {
		end := batchEnd(rest)
		part := *in
		part.LogEvents = rest[:end]
		out, err := s.PutLogEvents(ctx, &part)
		if err != nil {
			return nil, err
		}
		rejected = alsoRejected(rejected, out.RejectedLogEventsInfo, begin)
		rest, begin = rest[end:], begin+end
	}
	return &logsapi.PutLogEventsOutput{RejectedLogEventsInfo: rejected}, nil
}

func value(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}

// alsoRejected adds to what is rejected what became too old while the batches before were
// put: the one of these events that begins there was asked about once more.
func alsoRejected(all, of *logsapi.RejectedLogEventsInfo, begin int) *logsapi.RejectedLogEventsInfo {
	if of == nil {
		return all
	}
	if all == nil {
		all = &logsapi.RejectedLogEventsInfo{}
	}
	at := int32(begin) //nolint:gosec // there are 10,000 at most
	if of.TooOldLogEventEndIndex != nil {
		all.TooOldLogEventEndIndex = new(at + *of.TooOldLogEventEndIndex)
	}
	if of.ExpiredLogEventEndIndex != nil {
		all.ExpiredLogEventEndIndex = new(at + *of.ExpiredLogEventEndIndex)
	}
	return all
}

// batchEnd returns how many of the events, of which there is one, a batch may have.
func batchEnd(events []logsapi.InputLogEvent) int {
	size := 0
	for i := range events {
		if size += len(*events[i].Message) + eventOverhead; size > mostBatch && i > 0 {
			return i
		}
	}
	return len(events)
}

// RejectedEvents returns how many of so many events an answer says were not taken.
func RejectedEvents(info *logsapi.RejectedLogEventsInfo, events int) int {
	begin := int(max(value(info.TooOldLogEventEndIndex), value(info.ExpiredLogEventEndIndex)))
	if info.TooNewLogEventStartIndex == nil {
		return begin
	}
	return begin + max(events-max(int(*info.TooNewLogEventStartIndex), begin), 0)
}
