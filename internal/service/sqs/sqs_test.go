package sqs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric/metrictest"
	"github.com/sillok/sillok/internal/service/kms"
	"github.com/sillok/sillok/internal/service/sqs"
	"github.com/sillok/sillok/internal/servicetest"
)

const url = "http://sqs.test/111122223333/"

func (w *world) must(operation, in string) string {
	w.tb.Helper()
	out := w.do(operation, in)
	if !strings.HasPrefix(out, "{") {
		w.tb.Fatalf("%s %s: %s", operation, in, out)
	}
	return out
}

func (w *world) send(queue, body string) {
	w.tb.Helper()
	servicetest.Must(w.SendMessage(w.ctx, &sqsapi.SendMessageInput{QueueUrl: new(url + queue), MessageBody: &body}))(w.tb)
}

// bodies receives up to ten messages, and returns what they say.
func (w *world) bodies(ctx context.Context, queue string, wait int32) (all []string) {
	w.tb.Helper()
	out, err := w.ReceiveMessage(ctx, &sqsapi.ReceiveMessageInput{QueueUrl: new(url + queue), MaxNumberOfMessages: new(int32(10)), WaitTimeSeconds: &wait})
	if err != nil {
		return []string{err.Error()}
	}
	for _, m := range out.Messages {
		all = append(all, *m.Body)
	}
	return all
}

// Who waits for messages gets them as soon as there are some, whatever makes them
// receivable, and nothing is done meanwhile.
func TestReceiversWait(t *testing.T) {
	for _, tt := range []struct {
		name string
		then func(w *world) // after five seconds
		want []string
		took time.Duration
	}{
		{"nothing comes", func(*world) {}, nil, 20 * time.Second},
		{"a message is sent", func(w *world) { w.send("q", "a") }, []string{"a"}, 5 * time.Second},
		{"a message that is delayed", func(w *world) {
			w.must("SendMessage", `{"QueueUrl":"`+url+`q","MessageBody":"late","DelaySeconds":3}`)
		}, []string{"late"}, 8 * time.Second},
		{"the queue is deleted", func(w *world) { w.must("DeleteQueue", `{"QueueUrl":"`+url+`q"}`) }, []string{"QueueDoesNotExist: The specified queue does not exist."}, 5 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				defer w.stop()
				w.must("CreateQueue", `{"QueueName":"q"}`)
				start := time.Now()
				got := make(chan []string)
				go func() { got <- w.bodies(w.ctx, "q", 20) }()
				<-time.After(5 * time.Second)
				synctest.Wait()
				tt.then(w)
				servicetest.Diff(t, tt.want, <-got)
				servicetest.Diff(t, tt.took, time.Since(start))
			})
		})
	}
}

// A message that comes back from another receiver is received at once.
func TestReceiversWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.stop()
		w.must("CreateQueue", `{"QueueName":"q"}`)
		w.send("q", "a")
		start := time.Now()
		w.must("ReceiveMessage", `{"QueueUrl":"`+url+`q","VisibilityTimeout":9}`)
		servicetest.Diff(t, []string{"a"}, w.bodies(w.ctx, "q", 20))
		servicetest.Diff(t, 9*time.Second, time.Since(start))
	})
}

func TestAReceiverThatIsGoneEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.stop()
		w.must("CreateQueue", `{"QueueName":"q"}`)
		ctx, cancel := context.WithTimeout(w.ctx, time.Second)
		defer cancel()
		start := time.Now()
		servicetest.Diff(t, []string{"context deadline exceeded"}, w.bodies(ctx, "q", 20))
		servicetest.Diff(t, time.Second, time.Since(start))
	})
}

// The next message of a group is received as soon as the one before it is deleted.
func TestAGroupGoesOnWhenOneIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.stop()
		w.must("CreateQueue", `{"QueueName":"f.fifo","Attributes":{"FifoQueue":"true","ContentBasedDeduplication":"true"}}`)
		for _, body := range []string{"one", "two"} {
			w.must("SendMessage", fmt.Sprintf(`{"QueueUrl":%q,"MessageBody":%q,"MessageGroupId":"g"}`, url+"f.fifo", body))
		}
		first := servicetest.Must(w.ReceiveMessage(w.ctx, &sqsapi.ReceiveMessageInput{QueueUrl: new(url + "f.fifo")}))(t)
		got := make(chan []string)
		go func() { got <- w.bodies(w.ctx, "f.fifo", 20) }()
		<-time.After(2 * time.Second)
		servicetest.Must(w.DeleteMessage(w.ctx, &sqsapi.DeleteMessageInput{QueueUrl: new(url + "f.fifo"), ReceiptHandle: first.Messages[0].ReceiptHandle}))(t)
		servicetest.Diff(t, []string{"two"}, <-got)
	})
}

func TestSizes(t *testing.T) {
	w := newWorld(t)
	defer w.stop()
	w.must("CreateQueue", `{"QueueName":"q","Attributes":{"MaximumMessageSize":"1024"}}`)
	w.must("CreateQueue", `{"QueueName":"large"}`)
	attributes := map[string]sqsapi.MessageAttributeValue{"name": {DataType: new("String"), StringValue: new("value")}} // 4 + 6 + 5
	for size, want := range map[int]string{1009: "", 1010: "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."} {
		_, err := w.SendMessage(w.ctx, &sqsapi.SendMessageInput{QueueUrl: new(url + "q"), MessageBody: new(strings.Repeat("x", size)), MessageAttributes: attributes})
		if want == "" && err == nil {
			continue
		}
		servicetest.WantCode(t, err, "InvalidParameterValueException", want)
	}
	entries := []sqsapi.SendMessageBatchRequestEntry{{Id: new("a"), MessageBody: new(strings.Repeat("x", 524_288))}, {Id: new("b"), MessageBody: new(strings.Repeat("x", 524_288))}}
	out := servicetest.Must(w.SendMessageBatch(w.ctx, &sqsapi.SendMessageBatchInput{QueueUrl: new(url + "large"), Entries: entries}))(t)
	servicetest.Diff(t, 2, len(out.Successful))
	entries[1].MessageBody = new(strings.Repeat("x", 524_289))
	_, err := w.SendMessageBatch(w.ctx, &sqsapi.SendMessageBatchInput{QueueUrl: new(url + "large"), Entries: entries})
	servicetest.WantCode(t, err, "BatchRequestTooLong", "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.")
	failed := servicetest.Must(w.SendMessageBatch(w.ctx, &sqsapi.SendMessageBatchInput{QueueUrl: new(url + "q"), Entries: []sqsapi.SendMessageBatchRequestEntry{
		{Id: new("a"), MessageBody: new(strings.Repeat("x", 1025))},
	}}))(t)
	servicetest.Diff(t, "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.", *failed.Failed[0].Message)
	servicetest.Diff(t, 2, len(w.bodies(w.ctx, "large", 0)))
}

// Messages of a queue with a key of KMS are under that key, also when they move, and who
// may not use the key reads none of them.
func TestMessagesUnderAKey(t *testing.T) {
	refused := false
	w := newWorld(t, func(w *world) {
		w.keys = asker{kms.New(w.state, w.cfg.Seal, nil), &refused}
	})
	defer func() { w.stop() }()
	w.must("CreateQueue", `{"QueueName":"dead"}`)
	w.must("CreateQueue", `{"QueueName":"q","Attributes":{"KmsMasterKeyId":"alias/aws/sqs","RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:ap-northeast-2:111122223333:dead\",\"maxReceiveCount\":1}"}}`)
	w.send("q", "secret")
	w.stop()
	w.start()
	refused = true
	servicetest.Diff(t, []string{"KmsAccessDenied: not allowed: AccessDeniedException: not allowed"}, w.bodies(w.ctx, "q", 0))
	_, err := w.SendMessage(w.ctx, &sqsapi.SendMessageInput{QueueUrl: new(url + "q"), MessageBody: new("b")})
	servicetest.WantCode(t, err, "KmsAccessDenied")
	refused = false
	w.must("SetQueueAttributes", `{"QueueUrl":"`+url+`q","Attributes":{"VisibilityTimeout":"0"}}`)
	w.send("q", "second")
	out := servicetest.Must(w.ReceiveMessage(w.ctx, &sqsapi.ReceiveMessageInput{QueueUrl: new(url + "q"), VisibilityTimeout: new(int32(0))}))(t)
	servicetest.Diff(t, "second", *out.Messages[0].Body)
	servicetest.Diff(t, []string(nil), w.bodies(w.ctx, "q", 0))
	servicetest.Diff(t, []string{"second"}, w.bodies(w.ctx, "dead", 0))
}

// asker asks a real KMS, unless it is to be refused.
type asker struct {
	*kms.Service

	refused *bool
}

var errRefused = cloud.Errorf(cloud.Denied, "AccessDeniedException", "not allowed")

// GenerateDataKey implements sqs.Keys.
func (a asker) GenerateDataKey(ctx context.Context, in *kmsapi.GenerateDataKeyInput) (*kmsapi.GenerateDataKeyOutput, error) {
	if *a.refused {
		return nil, errRefused
	}
	return a.Service.GenerateDataKey(ctx, in)
}

// Decrypt implements sqs.Keys.
func (a asker) Decrypt(ctx context.Context, in *kmsapi.DecryptInput) (*kmsapi.DecryptOutput, error) {
	if *a.refused {
		return nil, errRefused
	}
	return a.Service.Decrypt(ctx, in)
}

// What another service sends is asked for in its own name, and comes as a message.
func TestAsATarget(t *testing.T) {
	var asked []string
	var deny bool
	w := newWorld(t, func(w *world) {
		w.cfg.May = func(ctx context.Context, action, arn string, _ map[string][]string) error {
			call := cloud.CallOf(ctx)
			asked = append(asked, fmt.Sprintf("%s %s%s for %s of %s", action, call.Principal.Name, call.Principal.ARN, call.SourceARN, arn))
			if deny {
				return cloud.Errorf(cloud.Denied, "AccessDenied", "no")
			}
			return nil
		}
	})
	defer w.stop()
	w.must("CreateQueue", `{"QueueName":"q"}`)
	w.must("CreateQueue", `{"QueueName":"f.fifo","Attributes":{"FifoQueue":"true"}}`)
	of := func(name string) cloud.ARN {
		return cloud.ARN{Service: "sqs", Region: servicetest.Region, Account: servicetest.Account, Resource: name}
	}
	rule := cloud.ARN{Service: "events", Region: servicetest.Region, Account: servicetest.Account, Resource: "rule/r"}
	deliver := func(d bus.Delivery) error { return w.Deliver(t.Context(), d) }
	d := bus.Delivery{ID: "1", Target: of("q"), Payload: []byte(`{"a":1}`), Source: rule, Principal: "events.amazonaws.com", Attributes: map[string]string{"ERROR_CODE": "X"}}
	if err := deliver(d); err != nil {
		t.Error(err)
	}
	servicetest.Diff(t, []string{"sqs:SendMessage events.amazonaws.com for arn:aws:events:ap-northeast-2:111122223333:rule/r of arn:aws:sqs:ap-northeast-2:111122223333:q"}, asked)
	out := servicetest.Must(w.ReceiveMessage(w.ctx, &sqsapi.ReceiveMessageInput{
		QueueUrl: new(url + "q"), MessageAttributeNames: []string{"All"}, AttributeNames: []string{"SenderId"},
	}))(t)
	m := out.Messages[0]
	servicetest.Diff(t, []string{`{"a":1}`, "X", "events.amazonaws.com"}, []string{*m.Body, *m.MessageAttributes["ERROR_CODE"].StringValue, m.Attributes["SenderId"]})

	d.Target, d.Attributes = of("f.fifo"), nil
	servicetest.WantKind(t, deliver(d), cloud.Invalid) // it needs a group
	d.Group = "g"
	for range 2 {
		if err := deliver(d); err != nil {
			t.Error(err)
		}
	}
	servicetest.Diff(t, []string{`{"a":1}`}, w.bodies(w.ctx, "f.fifo", 0))
	d.Payload = nil
	servicetest.WantKind(t, deliver(d), cloud.Invalid)
	d.Target, d.Payload = of("none"), []byte("x")
	servicetest.WantKind(t, deliver(d), cloud.NotFound)
	deny, d.Target = true, of("q")
	servicetest.WantKind(t, deliver(d), cloud.Denied)
	deny, asked = false, nil
	d.Principal = "arn:aws:iam::111122223333:role/path/sender"
	if err := deliver(d); err != nil {
		t.Error(err)
	}
	servicetest.Diff(t, []string{"sqs:SendMessage arn:aws:sts::111122223333:assumed-role/sender/sillok for arn:aws:events:ap-northeast-2:111122223333:rule/r of arn:aws:sqs:ap-northeast-2:111122223333:q"}, asked)
}

func TestWhatHappensIsCounted(t *testing.T) {
	all := &metrictest.Emitted{}
	w := newWorld(t, func(w *world) { w.cfg.Metrics = all })
	defer w.stop()
	w.must("CreateQueue", `{"QueueName":"q"}`)
	w.bodies(w.ctx, "q", 0)
	w.send("q", "four")
	out := servicetest.Must(w.ReceiveMessage(w.ctx, &sqsapi.ReceiveMessageInput{QueueUrl: new(url + "q")}))(t)
	servicetest.Must(w.DeleteMessage(w.ctx, &sqsapi.DeleteMessageInput{QueueUrl: new(url + "q"), ReceiptHandle: out.Messages[0].ReceiptHandle}))(t)
	w.send("q", "two")
	if err := w.Measured(w.ctx, all.Emit); err != nil {
		t.Error(err)
	}
	const of = "111122223333/ap-northeast-2 AWS/SQS "
	servicetest.Diff(t, []string{
		of + "ApproximateNumberOfMessagesDelayed [QueueName=q] Count [0]", of + "ApproximateNumberOfMessagesNotVisible [QueueName=q] Count [0]",
		of + "ApproximateNumberOfMessagesVisible [QueueName=q] Count [1]", of + "NumberOfEmptyReceives [QueueName=q] Count [1]",
		of + "NumberOfMessagesDeleted [QueueName=q] Count [1]", of + "NumberOfMessagesReceived [QueueName=q] Count [1]",
		of + "NumberOfMessagesSent [QueueName=q] Count [1 1]", of + "SentMessageSize [QueueName=q] Bytes [4 3]",
	}, all.Lines())
}

func TestPagesOfQueues(t *testing.T) {
	w := newWorld(t)
	defer w.stop()
	w.must("CreateQueue", `{"QueueName":"dead"}`)
	want := []string{}
	for i := range 5 {
		w.must("CreateQueue", fmt.Sprintf(`{"QueueName":"q%d","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:ap-northeast-2:111122223333:dead\",\"maxReceiveCount\":1}"}}`, i))
		want = append(want, fmt.Sprint(url, "q", i))
	}
	servicetest.Diff(t, want, servicetest.Pages(t, 1000, func(size *int32, token *string) ([]string, *string, error) {
		out, err := w.ListQueues(w.ctx, &sqsapi.ListQueuesInput{QueueNamePrefix: new("q"), MaxResults: size, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.QueueUrls, out.NextToken, nil
	}))
	servicetest.Diff(t, want, servicetest.Pages(t, 1000, func(size *int32, token *string) ([]string, *string, error) {
		out, err := w.ListDeadLetterSourceQueues(w.ctx, &sqsapi.ListDeadLetterSourceQueuesInput{QueueUrl: new(url + "dead"), MaxResults: size, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.QueueUrls, out.NextToken, nil
	}))
}

// A server that stops answers those who wait.
func TestReceiversEndWithTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.stop()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.bus.Run(ctx, nil, nil) }()
		w.must("CreateQueue", `{"QueueName":"q"}`)
		got := make(chan []string)
		go func() { got <- w.bodies(w.ctx, "q", 20) }()
		synctest.Wait()
		cancel()
		servicetest.Diff(t, []string(nil), <-got)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

var _ bus.Target = (*sqs.Service)(nil)
