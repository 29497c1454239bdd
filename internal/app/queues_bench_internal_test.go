package app

import (
	"strings"
	"sync"
	"testing"

	"github.com/sillok/sillok/internal/api/sqsapi"
)

// BenchmarkQueues sends ten messages, receives ten and deletes them, by sixteen clients at
// once, through all that decides and records a call but the wire.
func BenchmarkQueues(b *testing.B) {
	const clients = 16
	w := &world{newHouse(b), ours, "ap-northeast-2", nil}
	_, err := w.do(w.own(), "sqs", "CreateQueue", &sqsapi.CreateQueueInput{QueueName: new("q")})
	w.must(err)
	url := new("http://sqs.test/" + string(ours) + "/q")
	ids, body := strings.Split("abcdefghij", ""), strings.Repeat("x", 200)
	var entries []sqsapi.SendMessageBatchRequestEntry
	for i := range ids {
		entries = append(entries, sqsapi.SendMessageBatchRequestEntry{Id: &ids[i], MessageBody: &body})
	}
	b.ResetTimer()
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for range (b.N + clients - 1) / clients {
				_, err := w.do(w.own(), "sqs", "SendMessageBatch", &sqsapi.SendMessageBatchInput{QueueUrl: url, Entries: entries})
				if err != nil {
					b.Error(err)
					return
				}
				out, err := w.do(w.own(), "sqs", "ReceiveMessage", &sqsapi.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: new(int32(10))})
				if err != nil {
					b.Error(err)
					return
				}
				var gone []sqsapi.DeleteMessageBatchRequestEntry
				for i, m := range out.(*sqsapi.ReceiveMessageOutput).Messages { //nolint:errcheck // the operation's output is this
					gone = append(gone, sqsapi.DeleteMessageBatchRequestEntry{Id: &ids[i], ReceiptHandle: m.ReceiptHandle})
				}
				if len(gone) == 0 {
					continue
				}
				if _, err = w.do(w.own(), "sqs", "DeleteMessageBatch", &sqsapi.DeleteMessageBatchInput{QueueUrl: url, Entries: gone}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(10*b.N)/b.Elapsed().Seconds(), "messages/s")
}
