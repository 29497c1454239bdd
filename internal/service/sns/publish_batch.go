package sns

import (
	"context"
	"errors"
	"regexp"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/publish"
	"github.com/sillok/sillok/internal/resource"
)

const mostBatch = 10

var batchID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// PublishBatch sends up to ten messages to a topic. Those that cannot be sent are told by
// their IDs, and the others are on disk once it returns.
func (s *Service) PublishBatch(ctx context.Context, in *snsapi.PublishBatchInput) (*snsapi.PublishBatchOutput, error) {
	arn, err := parseTopic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.PublishBatchRequestEntries); err != nil {
		return nil, err
	}
	var t topic
	err = s.view(ctx, scopeOf(arn), func(r resource.Reader) (err error) {
		t, err = topics.Get(r, arn.Resource)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &snsapi.PublishBatchOutput{Successful: []snsapi.PublishBatchResultEntry{}, Failed: []snsapi.BatchResultErrorEntry{}}
	var messages []*message
	var ids []*string
	size := 0
	for i := range in.PublishBatchRequestEntries {
		e := &in.PublishBatchRequestEntries[i]
		m, err := newMessage(publish.Message{
			Subject: resource.Value(e.Subject), Message: resource.Value(e.Message), MessageStructure: resource.Value(e.MessageStructure),
			MessageAttributes: attributesOf(e.MessageAttributes),
			GroupID:           resource.Value(e.MessageGroupId), DeduplicationID: resource.Value(e.MessageDeduplicationId),
		})
		if err == nil {
			if err := m.fits(&t); err != nil {
				return nil, err // which AWS says of the whole batch
			}
		}
		if err != nil {
			failed, ok := failedEntry(e.Id, err)
			if !ok {
				return nil, err
			}
			out.Failed = append(out.Failed, failed)
			continue
		}
		size += m.size
		messages, ids = append(messages, m), append(ids, e.Id)
	}
	if size > mostMessage {
		return nil, cloud.Errorf(cloud.Invalid, "BatchRequestTooLongException", "The length of all the messages put together is more than the limit.")
	}
	if len(messages) == 0 {
		return out, nil
	}
	all, err := s.publish(ctx, arn, messages)
	if err != nil {
		return nil, err
	}
	for i := range all {
		entry := snsapi.PublishBatchResultEntry{Id: ids[i], MessageId: &all[i].ID}
		if all[i].Sequence != "" {
			entry.SequenceNumber = &all[i].Sequence
		}
		out.Successful = append(out.Successful, entry)
	}
	return out, nil
}

// checkBatch checks what makes a batch one.
func checkBatch(entries []snsapi.PublishBatchRequestEntry) error {
	switch n := len(entries); {
	case n == 0:
		return cloud.Errorf(cloud.Invalid, "EmptyBatchRequestException", "The batch request doesn't contain any entries.")
	case n > mostBatch:
		return cloud.Errorf(cloud.Invalid, "TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible.")
	}
	seen := map[string]bool{}
	for i := range entries {
		id := resource.Value(entries[i].Id)
		switch {
		case len(id) > 80:
			return cloud.Errorf(cloud.Invalid, "InvalidBatchEntryIdException", "The Id of a batch entry in the batch request is too long: %s", id)
		case !batchID.MatchString(id):
			return cloud.Errorf(cloud.Invalid, "InvalidBatchEntryIdException", "The Id of a batch entry in the batch request contains an impermissible character: %s", id)
		case seen[id]:
			return cloud.Errorf(cloud.Invalid, "BatchEntryIdsNotDistinctException", "Two or more batch entries in the request have the same Id.")
		}
		seen[id] = true
	}
	return nil
}

// codes are the codes of errors as the answers to batches have them.
var codes = map[string]string{"InvalidParameterException": "InvalidParameter", "InvalidParameterValueException": "ParameterValueInvalid"}

// failedEntry tells why a message of a batch cannot be sent. It is false for what is no
// fault of the message.
func failedEntry(id *string, err error) (snsapi.BatchResultErrorEntry, bool) {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || e.Kind != cloud.Invalid {
		return snsapi.BatchResultErrorEntry{}, false
	}
	code := e.Code
	if short, ok := codes[code]; ok {
		code = short
	}
	return snsapi.BatchResultErrorEntry{Id: id, Code: &code, Message: new(e.Message), SenderFault: new(true)}, true
}
