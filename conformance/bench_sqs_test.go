package conformance_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// TestBenchSQS measures sends, receives and deletions in batches of ten over HTTP, beside
// the server at SILLOK_BENCH_SQS_PEER where there is one.
func TestBenchSQS(t *testing.T) {
	if os.Getenv("SILLOK_BENCH") == "" {
		t.Skip("make bench measures")
	}
	s := serve(t, t.TempDir())
	for _, clients := range []int{4, 16} {
		for _, size := range []int{200, 10_000} {
			q := &queueLoad{t: t, endpoint: s.endpoint, key: s.root, clients: clients, body: strings.Repeat("x", size)}
			before := s.used()
			n, took := q.run()
			t.Logf("| %d clients, bodies of %d bytes | %.0f messages a second sent, received and deleted, %.1f µs of the server's processor time each |",
				clients, size, float64(n)/took.Seconds(), float64((s.used()-before).Microseconds())/float64(n))
			if peer := os.Getenv("SILLOK_BENCH_SQS_PEER"); peer != "" {
				q.endpoint = peer
				n, took := q.run()
				t.Logf("| the same, %s | %.0f messages a second |", peer, float64(n)/took.Seconds())
			}
		}
	}
}

// queueLoad is clients that each send ten messages, receive ten and delete them, again and
// again, in a queue that they share.
type queueLoad struct {
	t        *testing.T
	endpoint string
	key      root
	clients  int
	body     string
}

// call makes one call, whose answer is decoded into out.
func (q *queueLoad) call(operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(q.t.Context(), http.MethodPost, q.endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS."+operation)
	sum := sha256.Sum256(body)
	key := aws.Credentials{AccessKeyID: q.key.keyID, SecretAccessKey: q.key.secret}
	if err := v4.NewSigner().SignHTTP(q.t.Context(), key, r, hex.EncodeToString(sum[:]), "sqs", region, time.Now()); err != nil {
		return err
	}
	answer, err := queueClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // it is read to its end
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d %s %w", operation, answer.StatusCode, text, err)
	}
	return json.Unmarshal(text, out)
}

var queueClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

type queueEntry struct {
	ID            string `json:"Id"`
	MessageBody   string `json:",omitempty"`
	ReceiptHandle string `json:",omitempty"`
}

type queueBatch struct {
	QueueURL            string       `json:"QueueUrl"`
	Entries             []queueEntry `json:",omitempty"`
	MaxNumberOfMessages int          `json:",omitempty"`
}

// run returns how many messages were sent, received and deleted, and how long it took.
func (q *queueLoad) run() (int64, time.Duration) {
	var made struct {
		QueueURL string `json:"QueueUrl"`
	}
	if err := q.call("CreateQueue", map[string]string{"QueueName": fmt.Sprintf("q%d-%d", q.clients, len(q.body))}, &made); err != nil {
		q.t.Fatal(err)
	}
	batch := queueBatch{QueueURL: made.QueueURL}
	for i := range 10 {
		batch.Entries = append(batch.Entries, queueEntry{ID: fmt.Sprint(i), MessageBody: q.body})
	}
	var n atomic.Int64
	var work sync.WaitGroup
	began := time.Now()
	for range q.clients {
		work.Go(func() {
			for time.Since(began) < loadTime {
				done, err := q.once(batch)
				if err != nil {
					q.t.Error(err)
					return
				}
				n.Add(int64(done))
			}
		})
	}
	work.Wait()
	return n.Load(), time.Since(began)
}

// once sends, receives and deletes, and returns how many messages.
func (q *queueLoad) once(batch queueBatch) (int, error) {
	var sent, removed struct{ Failed []any }
	if err := q.call("SendMessageBatch", batch, &sent); err != nil {
		return 0, err
	}
	var got struct {
		Messages []struct{ ReceiptHandle string }
	}
	if err := q.call("ReceiveMessage", queueBatch{QueueURL: batch.QueueURL, MaxNumberOfMessages: 10}, &got); err != nil {
		return 0, err
	}
	gone := queueBatch{QueueURL: batch.QueueURL}
	for i, m := range got.Messages {
		gone.Entries = append(gone.Entries, queueEntry{ID: fmt.Sprint(i), ReceiptHandle: m.ReceiptHandle})
	}
	if len(gone.Entries) == 0 {
		return 0, nil
	}
	if err := q.call("DeleteMessageBatch", gone, &removed); err != nil {
		return 0, err
	}
	if len(sent.Failed)+len(removed.Failed) > 0 {
		return 0, fmt.Errorf("%v, %v", sent.Failed, removed.Failed)
	}
	return len(gone.Entries), nil
}
