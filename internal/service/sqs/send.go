package sqs

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/queues"
)

// SendMessage puts a message into a queue. It is on disk once this returns.
func (s *Service) SendMessage(ctx context.Context, in *sqsapi.SendMessageInput) (*sqsapi.SendMessageOutput, error) {
	k, err := s.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	d, err := draftOf(k, in)
	if err == nil {
		err = d.tooLong(k, "are invalid")
	}
	if err != nil {
		return nil, err
	}
	sent, err := s.send(ctx, k, []*draft{d})
	if err != nil {
		return nil, err
	}
	return &sqsapi.SendMessageOutput{
		MessageId: new(sent[0].ID.String()), MD5OfMessageBody: new(md5Of(d.body)), MD5OfMessageAttributes: md5OfAttributes(d.attributes),
		MD5OfMessageSystemAttributes: d.md5OfSystem(), SequenceNumber: k.sequence(sent[0].Sequence),
	}, nil
}

func (d *draft) md5OfSystem() *string {
	if d.trace == nil {
		return nil
	}
	return md5OfAttributes([]messageAttribute{*d.trace})
}

// sequence returns a number as queues tell it that are FIFO; nil for others.
func (k *known) sequence(n uint64) *string {
	if !k.fifo() {
		return nil
	}
	first, _ := new(big.Int).SetString("18849496460467696128", 10)
	return new(fmt.Sprintf("%020s", first.Add(first, new(big.Int).Mul(big.NewInt(256), new(big.Int).SetUint64(n)))))
}

// maxBatch is how many bytes the messages of a batch have at most.
const maxBatch = 1_048_576

// SendMessageBatch puts messages into a queue; those that are wrong are answered by
// themselves.
func (s *Service) SendMessageBatch(ctx context.Context, in *sqsapi.SendMessageBatchInput) (*sqsapi.SendMessageBatchOutput, error) {
	k, err := s.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(in.Entries))
	for i := range in.Entries {
		ids[i] = *in.Entries[i].Id
	}
	if err := checkBatch("SendMessageBatchRequestEntry", ids); err != nil {
		return nil, err
	}
	out, all := &sqsapi.SendMessageBatchOutput{}, 0
	var drafts []*draft
	var of []string
	for i := range in.Entries {
		e := &in.Entries[i]
		d, err := draftOf(k, &sqsapi.SendMessageInput{
			MessageBody: e.MessageBody, DelaySeconds: e.DelaySeconds, MessageAttributes: e.MessageAttributes,
			MessageSystemAttributes: e.MessageSystemAttributes, MessageDeduplicationId: e.MessageDeduplicationId, MessageGroupId: e.MessageGroupId,
		})
		if d != nil {
			all += d.size
		}
		if err == nil {
			err = d.tooLong(k, "cannot be validated")
		}
		if err != nil {
			f, err := failed(e.Id, err)
			if err != nil {
				return nil, err
			}
			if *f.Code == "MissingParameter" && strings.HasSuffix(*f.Message, parameterGroup+".") {
				f.Code = new("InvalidParameterValue")
			}
			out.Failed = append(out.Failed, f)
			continue
		}
		drafts, of = append(drafts, d), append(of, *e.Id)
	}
	if all > maxBatch {
		return nil, cloud.Errorf(cloud.Invalid, "BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatch, all)
	}
	if len(drafts) == 0 {
		return out, nil
	}
	sent, err := s.send(ctx, k, drafts)
	if err != nil {
		return nil, err
	}
	for i, d := range drafts {
		out.Successful = append(out.Successful, sqsapi.SendMessageBatchResultEntry{
			Id: &of[i], MessageId: new(sent[i].ID.String()), MD5OfMessageBody: new(md5Of(d.body)), MD5OfMessageAttributes: md5OfAttributes(d.attributes),
			MD5OfMessageSystemAttributes: d.md5OfSystem(), SequenceNumber: k.sequence(sent[i].Sequence),
		})
	}
	return out, nil
}

// send encrypts messages and puts them into the store.
func (s *Service) send(ctx context.Context, k *known, drafts []*draft) ([]queues.Sent, error) {
	by, err := s.cipherFor(ctx, k)
	if err != nil {
		return nil, err
	}
	sender := senderOf(ctx)
	messages := make([]queues.Message, len(drafts))
	for i, d := range drafts {
		d.sender = sender
		m := queues.Message{ID: uuid.New(), Size: d.size, Delay: d.delay, Group: d.group, Name: d.name}
		if d.name != "" && k.value(attributeScope) == "messageGroup" {
			m.Seen = d.group + "\x00" + d.name
		}
		if m.Body, err = by.seal(m.ID, d.encode()); err != nil {
			return nil, err
		}
		messages[i] = m
	}
	sent, err := s.store.Send(ctx, k.Number, messages)
	if err != nil {
		return nil, fromStore(err)
	}
	s.cfg.Waits.Wake(k.wakes)
	s.count(k, "NumberOfMessagesSent", float64(len(sent)))
	for _, d := range drafts {
		s.cfg.Metrics.Emit(k.place.scope, k.metric("SentMessageSize", "Bytes"), float64(d.size))
	}
	return sent, nil
}

// senderOf is who sends a message, as receivers are told.
func senderOf(ctx context.Context) string {
	p := cloud.CallOf(ctx).Principal
	switch {
	case p.ID != "":
		return p.ID
	case p.Name != "":
		return p.Name
	}
	return string(p.Account)
}

// mostEntries is how many entries a batch has at most.
const mostEntries = 10

// checkBatch refuses a batch whose entries are too few or many, or not told apart by their
// IDs.
func checkBatch(entry string, ids []string) error {
	if len(ids) == 0 {
		return cloud.Errorf(cloud.Invalid, "EmptyBatchRequest", "There should be at least one %s in the request.", entry)
	}
	for _, id := range ids {
		if len(id) > maxName || id == "" || !named(id) {
			return cloud.Errorf(cloud.Invalid, "InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
	}
	if len(ids) > mostEntries {
		return cloud.Errorf(cloud.Invalid, "TooManyEntriesInBatchRequest", "Maximum number of entries per request are %d. You have sent %d.", mostEntries, len(ids))
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] {
			return cloud.Errorf(cloud.Invalid, "BatchEntryIdsNotDistinct", "Id %s repeated.", id)
		}
		seen[id] = true
	}
	return nil
}

// failed is an entry that failed, or the error where that is not its fault.
func failed(id *string, err error) (sqsapi.BatchResultErrorEntry, error) {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || e.Kind == cloud.Internal || e.Kind == cloud.Unavailable {
		return sqsapi.BatchResultErrorEntry{}, err
	}
	code := e.Code
	switch code { // those of the query protocol, whatever the client speaks
	case "InvalidParameterValueException":
		code = "InvalidParameterValue"
	case "MissingRequiredParameterException":
		code = "MissingParameter"
	case "MessageNotInflight":
		code = "AWS.SimpleQueueService.MessageNotInflight"
	case "UnsupportedOperation":
		code = "AWS.SimpleQueueService.UnsupportedOperation"
	}
	return sqsapi.BatchResultErrorEntry{Id: id, SenderFault: new(true), Code: &code, Message: &e.Message}, nil
}
