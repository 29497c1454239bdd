package sqs

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/queues"
)

// The attributes that a message has besides its own.
const (
	systemSender     = "SenderId"
	systemSent       = "SentTimestamp"
	systemCount      = "ApproximateReceiveCount"
	systemFirst      = "ApproximateFirstReceiveTimestamp"
	systemSequence   = "SequenceNumber"
	systemDeadSource = "DeadLetterQueueSourceArn"
)

func systemAttributes() []string {
	return []string{
		allAttributes, systemSender, systemSent, systemCount, systemFirst, systemSequence, parameterIdentity, parameterGroup, traceHeader, systemDeadSource,
	}
}

// ReceiveMessage receives messages of a queue: nobody else does until their time is up, or
// they are deleted. It waits until there are some, for as long as it is asked to.
func (s *Service) ReceiveMessage(ctx context.Context, in *sqsapi.ReceiveMessageInput) (*sqsapi.ReceiveMessageOutput, error) {
	k, err := s.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	r, err := s.reception(k, in)
	if err != nil {
		return nil, err
	}
	got, err := r.wait(ctx)
	if err != nil {
		return nil, err
	}
	out := &sqsapi.ReceiveMessageOutput{}
	for i := range got {
		m, err := r.tell(ctx, &got[i])
		if err != nil {
			return nil, err
		}
		out.Messages = append(out.Messages, m)
	}
	if len(got) == 0 {
		s.count(k, "NumberOfEmptyReceives", 1)
	}
	s.count(k, "NumberOfMessagesReceived", float64(len(got)))
	return out, nil
}

// reception is one ReceiveMessage.
type reception struct {
	service *Service
	known   *known
	input   *sqsapi.ReceiveMessageInput
	most    int
	waits   time.Duration
	system  []string
}

// reception checks what a receiver asks for.
func (s *Service) reception(k *known, in *sqsapi.ReceiveMessageInput) (*reception, error) {
	r := &reception{service: s, known: k, input: in, most: 1, waits: time.Duration(k.number(attributeWait)) * time.Second}
	if n := in.MaxNumberOfMessages; n != nil {
		if r.most = int(*n); r.most < 1 || r.most > 10 {
			return nil, errValue(strconv.Itoa(r.most), "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
		}
	}
	if n := in.WaitTimeSeconds; n != nil {
		if *n < 0 || *n > 20 {
			return nil, errValue(strconv.Itoa(int(*n)), "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
		}
		r.waits = time.Duration(*n) * time.Second
	}
	if n := in.VisibilityTimeout; n != nil && (*n < 0 || *n > 43_200) {
		return nil, errValue(strconv.Itoa(int(*n)), attributeVisibility, "Must be >= 0 and <= 43200, if provided.")
	}
	if in.ReceiveRequestAttemptId != nil {
		switch {
		case !k.fifo():
			return nil, errValue(*in.ReceiveRequestAttemptId, "ReceiveRequestAttemptId", reasonNotOfType)
		case !punctuated(*in.ReceiveRequestAttemptId):
			return nil, errValue(*in.ReceiveRequestAttemptId, "ReceiveRequestAttemptId", "ReceiveRequestAttemptId "+reasonGroup)
		}
	}
	r.system = slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	for _, name := range r.system {
		if !slices.Contains(systemAttributes(), name) {
			return nil, errAttributeName(name)
		}
	}
	return r, nil
}

// wait takes messages, and waits for them where there are none.
func (r *reception) wait(ctx context.Context) ([]queues.Received, error) {
	s := r.service
	w := s.cfg.Waits.Waiter(r.known.wakes)
	defer w.Close()
	until := time.Now().Add(r.waits)
	for {
		got, next, err := r.take(ctx)
		left := time.Until(until)
		if err != nil || len(got) > 0 || left <= 0 {
			return got, err
		}
		if !next.IsZero() {
			left = min(left, max(time.Until(next), time.Millisecond))
		}
		waiting, cancel := context.WithTimeout(ctx, left)
		err = w.Wait(waiting)
		cancel()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return nil, nil // the server is stopping: there are none
		}
		// It may have been changed meanwhile, or be another one.
		k := s.known.find(r.known.place)
		if k == nil || k.Number != r.known.Number {
			return nil, errNoQueue()
		}
		r.known = k
	}
}

// take takes messages that are there.
func (r *reception) take(ctx context.Context) ([]queues.Received, time.Time, error) {
	k, s := r.known, r.service
	visibility := int32(k.number(attributeVisibility)) //nolint:gosec // it was checked
	if r.input.VisibilityTimeout != nil {
		visibility = *r.input.VisibilityTimeout
	}
	want := queues.Want{
		Most: r.most, Visibility: time.Duration(visibility) * time.Second, Retention: k.retention(), Attempt: resource.Value(r.input.ReceiveRequestAttemptId),
	}
	dead := (*known)(nil)
	if k.dead != nil {
		if dead = s.known.find(k.dead.place); dead != nil {
			want.DeadLetter = &queues.DeadLetter{To: dead.Number, After: uint32(k.dead.Count), Source: k.arn.String()} //nolint:gosec // it was checked
		}
	}
	got, err := s.store.Receive(ctx, k.Number, want)
	if got.Moved > 0 {
		s.cfg.Waits.Wake(dead.wakes)
	}
	if errors.Is(err, queues.ErrInFlight) && r.waits > 0 {
		err = nil // who waits waits for that too
	}
	return got.Messages, got.Next, fromStore(err)
}

// tell returns a message as its receiver sees it.
func (r *reception) tell(ctx context.Context, m *queues.Received) (sqsapi.Message, error) {
	plain, err := r.open(ctx, m)
	if err != nil {
		return sqsapi.Message{}, err
	}
	p, err := decodePayload(plain)
	if err != nil {
		return sqsapi.Message{}, cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "A message could not be read.").Because(err)
	}
	out := sqsapi.Message{MessageId: new(m.ID.String()), ReceiptHandle: &m.Receipt, Body: &p.body, MD5OfBody: new(md5Of(p.body)), Attributes: r.attributes(m, p)}
	var shown []messageAttribute
	for _, a := range p.attributes {
		if !asked(r.input.MessageAttributeNames, a.name) {
			continue
		}
		shown = append(shown, a)
		value := sqsapi.MessageAttributeValue{DataType: &a.kind}
		if a.binary {
			value.BinaryValue = []byte(a.value)
		} else {
			value.StringValue = &a.value
		}
		if out.MessageAttributes == nil {
			out.MessageAttributes = map[string]sqsapi.MessageAttributeValue{}
		}
		out.MessageAttributes[a.name] = value
	}
	out.MD5OfMessageAttributes = md5OfAttributes(shown)
	return out, nil
}

// asked says whether an attribute is among those that are asked for.
func asked(names []string, name string) bool {
	for _, one := range names {
		if one == allAttributes || one == ".*" || one == name {
			return true
		}
		if prefix, ok := strings.CutSuffix(one, ".*"); ok && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// attributes returns what is asked for of what a message has besides its own attributes.
func (r *reception) attributes(m *queues.Received, p *payload) map[string]string {
	all := map[string]string{
		systemSender: p.sender, systemSent: milliseconds(m.Sent), systemCount: strconv.Itoa(m.Count), systemFirst: milliseconds(m.First),
		parameterGroup: m.Group, parameterIdentity: m.Name, systemSequence: resource.Value(r.known.sequence(m.Sequence)), systemDeadSource: m.Source,
	}
	if p.trace != nil {
		all[traceHeader] = p.trace.value
	}
	var out map[string]string
	for name, value := range all {
		if value == "" || !slices.Contains(r.system, name) && !slices.Contains(r.system, allAttributes) {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[name] = value
	}
	return out
}

func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
