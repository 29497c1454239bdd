package sqs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/store/queues"
)

// DeleteMessage deletes a message by its receipt.
func (s *Service) DeleteMessage(ctx context.Context, in *sqsapi.DeleteMessageInput) (*sqsapi.DeleteMessageOutput, error) {
	k, err := s.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	each, err := s.deleteAll(ctx, k, []string{*in.ReceiptHandle})
	if err != nil {
		return nil, err
	}
	return &sqsapi.DeleteMessageOutput{}, errReceipt(each[0], *in.ReceiptHandle, 0)
}

// DeleteMessageBatch deletes messages by their receipts.
func (s *Service) DeleteMessageBatch(ctx context.Context, in *sqsapi.DeleteMessageBatchInput) (*sqsapi.DeleteMessageBatchOutput, error) {
	k, err := s.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	var ids, receipts []string
	for i := range in.Entries {
		ids, receipts = append(ids, *in.Entries[i].Id), append(receipts, *in.Entries[i].ReceiptHandle)
	}
	if err := checkBatch("DeleteMessageBatchRequestEntry", ids); err != nil {
		return nil, err
	}
	each, err := s.deleteAll(ctx, k, receipts)
	if err != nil {
		return nil, err
	}
	out := &sqsapi.DeleteMessageBatchOutput{}
	for i := range each {
		if err := errReceipt(each[i], receipts[i], 0); err != nil {
			f, err := failed(&ids[i], err)
			if err != nil {
				return nil, err
			}
			if errors.Is(each[i], queues.ErrReceipt) { // of a batch it says which
				f.Message = new(fmt.Sprintf("The input receipt handle %q is not a valid receipt handle.", receipts[i]))
			}
			out.Failed = append(out.Failed, f)
			continue
		}
		out.Successful = append(out.Successful, sqsapi.DeleteMessageBatchResultEntry{Id: &ids[i]})
	}
	return out, nil
}

func (s *Service) deleteAll(ctx context.Context, k *known, receipts []string) ([]error, error) {
	each, err := s.store.Delete(ctx, k.Number, receipts)
	if err != nil {
		return nil, fromStore(err)
	}
	if k.fifo() {
		s.cfg.Waits.Wake(k.wakes) // what comes after them may be received
	}
	deleted := 0
	for _, err := range each {
		if err == nil {
			deleted++
		}
	}
	s.count(k, "NumberOfMessagesDeleted", float64(deleted))
	return each, nil
}

// ChangeMessageVisibility says until when a message is with its receiver alone.
func (s *Service) ChangeMessageVisibility(ctx context.Context, in *sqsapi.ChangeMessageVisibilityInput) (*sqsapi.ChangeMessageVisibilityOutput, error) {
	k, err := s.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	each, err := s.visibility(ctx, k, []sqsapi.ChangeMessageVisibilityBatchRequestEntry{{ReceiptHandle: in.ReceiptHandle, VisibilityTimeout: in.VisibilityTimeout}})
	if err != nil {
		return nil, err
	}
	return &sqsapi.ChangeMessageVisibilityOutput{}, each[0]
}

// ChangeMessageVisibilityBatch is ChangeMessageVisibility for several messages.
func (s *Service) ChangeMessageVisibilityBatch(ctx context.Context, in *sqsapi.ChangeMessageVisibilityBatchInput) (*sqsapi.ChangeMessageVisibilityBatchOutput, error) {
	k, err := s.at(ctx, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	var ids []string
	for i := range in.Entries {
		ids = append(ids, *in.Entries[i].Id)
	}
	if err := checkBatch("ChangeMessageVisibilityBatchRequestEntry", ids); err != nil {
		return nil, err
	}
	each, err := s.visibility(ctx, k, in.Entries)
	if err != nil {
		return nil, err
	}
	out := &sqsapi.ChangeMessageVisibilityBatchOutput{}
	for i := range each {
		if each[i] != nil {
			f, err := failed(&ids[i], each[i])
			if err != nil {
				return nil, err
			}
			out.Failed = append(out.Failed, f)
			continue
		}
		out.Successful = append(out.Successful, sqsapi.ChangeMessageVisibilityBatchResultEntry{Id: &ids[i]})
	}
	return out, nil
}

// visibility changes until when messages are with their receivers; each has an error of
// its own.
func (s *Service) visibility(ctx context.Context, k *known, entries []sqsapi.ChangeMessageVisibilityBatchRequestEntry) ([]error, error) {
	each := make([]error, len(entries))
	var changes []queues.Visibility
	var of []int
	for i := range entries {
		timeout := int32(k.number(attributeVisibility)) //nolint:gosec // it was checked
		if n := entries[i].VisibilityTimeout; n != nil {
			timeout = *n
		}
		if timeout < 0 || timeout > 43_200 {
			each[i] = errValue(strconv.Itoa(int(timeout)), attributeVisibility, "VisibilityTimeout must be an integer between 0 and 43200.")
			continue
		}
		changes, of = append(changes, queues.Visibility{Receipt: *entries[i].ReceiptHandle, Timeout: time.Duration(timeout) * time.Second}), append(of, i)
	}
	if len(changes) == 0 {
		return each, nil
	}
	got, err := s.store.SetVisibility(ctx, k.Number, changes)
	if err != nil {
		return nil, fromStore(err)
	}
	for j, i := range of {
		each[i] = errReceipt(got[j], changes[j].Receipt, int32(changes[j].Timeout/time.Second)) //nolint:gosec // it was checked
	}
	s.cfg.Waits.Wake(k.wakes)
	return each, nil
}
