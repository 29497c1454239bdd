package otlp

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/wire"
)

// AWS's limits of a request of logs.
const (
	maxRecords  = 10_000
	maxScope    = 16 << 10 // bytes of a resource and a scope
	maxEvent    = 1 << 20  // bytes of an event, and
	maxEvents   = 20 << 20 // of all, with
	eventExtras = 26       // that are counted for each besides its message
)

// Logs is the signal of logs: a request is one call of PutLogEvents, whose group and stream
// are in the headers x-aws-log-group and x-aws-log-stream. Each record becomes an event in
// JSON, at the record's time. It is for one request.
type Logs struct {
	Media

	events int64  // that records became
	large  int64  // records that are larger than an event may be
	total  int    // bytes of all
	scope  []byte // the beginning of the events of a scope
}

// NewLogs returns the protocol of a request in that form.
func NewLogs(m Media) *Logs { return &Logs{Media: m} }

// Decode fills a *logsapi.PutLogEventsInput with the events that a request's records
// become, in the order of their times. A request without records has none.
func (l *Logs) Decode(_ *wire.Operation, r *wire.Request, in any) error {
	input, ok := in.(*logsapi.PutLogEventsInput)
	if !ok {
		return errInvalid("Logs are not taken here.")
	}
	for name, to := range map[string]**string{"x-aws-log-group": &input.LogGroupName, "x-aws-log-stream": &input.LogStreamName} {
		value := r.HTTP.Header.Get(name)
		if value == "" {
			return errInvalid("The header %s is required.", name)
		}
		*to = &value
	}
	var data logspb.LogsData // which is on the wire what a request is
	if err := l.read(r.Body, &data); err != nil {
		return err
	}
	now := time.Now()
	for _, resource := range data.GetResourceLogs() {
		for _, scope := range resource.GetScopeLogs() {
			if err := l.add(input, resource, scope, now); err != nil {
				return err
			}
		}
	}
	l.events = int64(len(input.LogEvents))
	slices.SortStableFunc(input.LogEvents, func(a, b logsapi.InputLogEvent) int { return cmp.Compare(*a.Timestamp, *b.Timestamp) })
	return nil
}

// add adds the records of a scope to the events.
func (l *Logs) add(input *logsapi.PutLogEventsInput, resource *logspb.ResourceLogs, scope *logspb.ScopeLogs, now time.Time) error {
	l.scope = appendScope(l.scope[:0], resource, scope)
	if len(l.scope) > maxScope {
		return errInvalid("A resource and its scope are larger than %d bytes.", maxScope)
	}
	for _, record := range scope.GetLogRecords() {
		if int64(len(input.LogEvents))+l.large >= maxRecords {
			return errInvalid("The request has more than %d log records.", maxRecords)
		}
		text := appendRecord(slices.Clone(l.scope), record, l.json)
		size := min(len(text), maxEvent) + eventExtras // one that is larger was not written to its end
		if l.total += size; l.total > maxEvents {
			return errInvalid("The log records of the request are larger than %d bytes.", maxEvents)
		}
		if size > maxEvent {
			l.large++
			continue
		}
		input.LogEvents = append(input.LogEvents, logsapi.InputLogEvent{Timestamp: new(timeOf(record, now)), Message: new(string(text))})
	}
	return nil
}

// timeOf returns the time of a record in milliseconds: when it happened, or was seen, or
// has come.
func timeOf(record *logspb.LogRecord, now time.Time) int64 {
	nanos := cmp.Or(record.GetTimeUnixNano(), record.GetObservedTimeUnixNano())
	if nanos == 0 {
		return now.UnixMilli()
	}
	return int64(nanos / uint64(time.Millisecond)) //nolint:gosec // below 2^45
}

// Empty says whether Decode has found no event that may be kept.
func (l *Logs) Empty() bool { return l.events == 0 }

// rejections says why records were not taken, by AWS's names, and one of ours.
type rejections struct {
	Old     int64 `json:"tooOldLogEventCount"`
	New     int64 `json:"tooNewLogEventCount"`
	Expired int64 `json:"expiredLogEventCount"`
	Large   int64 `json:"tooLargeLogEventCount,omitempty"`
}

// Encode says how many records were taken. Of the events that Decode gave, the output tells
// those that were not by their places.
func (l *Logs) Encode(_ *wire.Operation, out any, requestID string) (*wire.Response, error) {
	rejected := rejections{Large: l.large}
	if o, ok := out.(*logsapi.PutLogEventsOutput); ok && o.RejectedLogEventsInfo != nil {
		info := o.RejectedLogEventsInfo
		if info.TooOldLogEventEndIndex != nil {
			rejected.Old = int64(*info.TooOldLogEventEndIndex)
		}
		if info.ExpiredLogEventEndIndex != nil {
			rejected.Expired = max(int64(*info.ExpiredLogEventEndIndex)-rejected.Old, 0)
		}
		if info.TooNewLogEventStartIndex != nil {
			rejected.New = l.events - int64(*info.TooNewLogEventStartIndex)
		}
	}
	why, err := json.Marshal(rejected)
	if err != nil {
		return nil, err
	}
	return l.accepted(requestID, partial{Records: rejected.Old + rejected.New + rejected.Expired + rejected.Large, Message: string(why)})
}

// EncodeError says a failure. Only those of throttling and of a server that cannot take
// records now are repeated by exporters.
func (l *Logs) EncodeError(_ *wire.Model, f *wire.Failure) *wire.Response { return l.failed(f) }

var _ wire.Protocol = (*Logs)(nil)
