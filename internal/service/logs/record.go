package logs

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/insights"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
)

// GetLogRecord returns all fields of one event, which the pointer of a query's result
// names.
func (s *Service) GetLogRecord(ctx context.Context, in *logsapi.GetLogRecordInput) (*logsapi.GetLogRecordOutput, error) {
	number, key, err := parsePointer(*in.LogRecordPointer)
	if err != nil {
		return nil, err
	}
	scope := cloud.CallOf(ctx).Scope()
	at, there, _, err := s.named(ctx, number)
	if err != nil {
		return nil, err
	}
	if !there || at.scope() != scope {
		return nil, errMissing("The specified log record does not exist.")
	}
	k, err := s.group(ctx, at.Name)
	if err != nil {
		return nil, err
	}
	if err := s.keyring.readable(ctx, number); err != nil {
		return nil, err
	}
	q := events.Query{Group: number, From: max(key.Time, k.group.from()), To: key.Time, After: boundary(key).forward()}
	var lost error // it may be in what is damaged, or elsewhere
	for e, err := range s.events.Read(ctx, q) {
		if damaged(err) {
			lost = err
			continue
		}
		if err != nil {
			return nil, err
		}
		if k, err = (&current{Service: s, known: k}).of(ctx, &e); err != nil {
			return nil, err
		}
		name, err := s.streamName(ctx, k, e.Stream)
		if err != nil {
			return nil, err
		}
		if e.Key != key || name == "" {
			break
		}
		record, err := k.fields(name, &e, resource.Value(in.Unmask))
		if err != nil {
			return nil, err
		}
		record["@message"], record["@logStream"], record["@ptr"] = string(e.Message), name, *in.LogRecordPointer
		record["@log"] = k.log()
		record["@timestamp"], record["@ingestionTime"] = strconv.FormatInt(e.Time, 10), strconv.FormatInt(e.Ingested, 10)
		return &logsapi.GetLogRecordOutput{LogRecord: record}, nil
	}
	if err := s.unread(ctx, lost); err != nil {
		return nil, err
	}
	return nil, errMissing("The specified log record does not exist.")
}

const (
	sampled      = 10_000 // events in which GetLogGroupFields looks for fields
	fieldsAround = 8 * time.Minute
	fieldsBefore = 15 * time.Minute
)

// fields returns what is found in an event, by name: all that a query may name but what
// every event has. It is found in the event's transformed version where it has one. What
// is protected is masked, and in the event's message from then on, unless it is to be seen.
func (k *known) fields(stream string, e *events.Event, unmask bool) (map[string]string, error) {
	v, err := k.view(stream, e, unmask)
	if err != nil {
		return nil, err
	}
	message, text := v.message, v.fields
	if v.unmasked != nil {
		message, text = v.unmasked, v.unmaskedFields
	}
	if text == nil {
		text = message
	}
	found := map[string]string{}
	for _, c := range insights.Fields(&insights.Event{Timestamp: e.Time, Message: text, Log: k.log()}) {
		switch c.Field {
		case "@timestamp", "@message", "@logStream", "@log", "@ptr":
		default:
			found[c.Field] = c.Value
		}
	}
	if v.transformationError != "" {
		found["@transformationError"] = v.transformationError
	}
	e.Message = message
	return found, nil
}

// log is the group as the field @log has it.
func (k *known) log() string { return string(k.at.Account) + ":" + k.group.Name }

// fieldsOf returns the fields of an event, masked.
func (s *Service) fieldsOf(ctx context.Context, now *current, e *events.Event) (map[string]string, error) {
	k, err := now.of(ctx, e)
	if err != nil {
		return nil, err
	}
	stream, err := s.streamName(ctx, k, e.Stream)
	if err != nil {
		return nil, err
	}
	return k.fields(stream, e, false)
}

// GetLogGroupFields says which fields the events of a time have, and how many of them
// have each.
func (s *Service) GetLogGroupFields(ctx context.Context, in *logsapi.GetLogGroupFieldsInput) (*logsapi.GetLogGroupFieldsOutput, error) {
	name, err := identified(ctx, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	k, err := s.toRead(ctx, name)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	from, to := now.Add(-fieldsBefore), now
	if in.Time != nil {
		at := time.Unix(*in.Time, 0)
		from, to = at.Add(-fieldsAround), at.Add(fieldsAround)
	}
	release, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	q := events.Query{Group: k.group.Number, From: max(from.UnixMilli(), k.group.from()), To: to.UnixMilli(), Backward: true}
	counts, total, known := map[string]int{}, 0, &current{Service: s, known: k}
	for e, err := range s.events.Read(ctx, q) {
		if damaged(err) && total > 0 {
			break // it is a sample
		}
		if err := s.unread(ctx, err); err != nil {
			return nil, err
		}
		found, err := s.fieldsOf(ctx, known, &e)
		if err != nil {
			return nil, err
		}
		for name := range found {
			counts[name]++
		}
		if total++; total == sampled {
			break
		}
	}
	out := &logsapi.GetLogGroupFieldsOutput{LogGroupFields: []logsapi.LogGroupField{}}
	if total == 0 {
		return out, nil
	}
	for _, name := range []string{"@ingestionTime", "@log", "@logStream", "@message", "@timestamp"} {
		counts[name] = total
	}
	for name, n := range counts {
		out.LogGroupFields = append(out.LogGroupFields, logsapi.LogGroupField{Name: new(name), Percent: new(int32(math.Round(float64(n) * 100 / float64(total))))})
	}
	slices.SortFunc(out.LogGroupFields, func(a, b logsapi.LogGroupField) int {
		return cmp.Or(cmp.Compare(*b.Percent, *a.Percent), cmp.Compare(*a.Name, *b.Name))
	})
	const mostShown = 1000
	out.LogGroupFields = out.LogGroupFields[:min(len(out.LogGroupFields), mostShown)]
	return out, nil
}
