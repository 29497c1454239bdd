package app

import (
	"testing"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
)

// The policy of a queue says who of other accounts may do what with its messages, and
// nobody of them may do what is its account's own.
func TestQueuesOfOtherAccounts(t *testing.T) {
	w := &world{newHouse(t), ours, "ap-northeast-2", nil}
	as := func(account cloud.Account, operation string, in any) error {
		_, err := w.do(cloud.RootOf(account), "sqs", operation, in)
		return err
	}
	url := new("http://sqs.test/" + string(ours) + "/q")
	w.must(as(ours, "CreateQueue", &sqsapi.CreateQueueInput{QueueName: new("q")}))
	send := &sqsapi.SendMessageInput{QueueUrl: url, MessageBody: new("hello")}
	receive := &sqsapi.ReceiveMessageInput{QueueUrl: url}
	refused := func(what string, err error) {
		t.Helper()
		if err == nil || cloud.KindOf(err) != cloud.Denied {
			t.Errorf("%s: %v, want it refused", what, err)
		}
	}
	refused("without a policy", as(theirs, "SendMessage", send))
	w.must(as(ours, "AddPermission", &sqsapi.AddPermissionInput{QueueUrl: url, Label: new("them"), AWSAccountIds: []string{string(theirs)}, Actions: []string{"SendMessage"}}))
	w.must(as(theirs, "SendMessage", send))
	w.must(as(theirs, "SendMessageBatch", &sqsapi.SendMessageBatchInput{QueueUrl: url, Entries: []sqsapi.SendMessageBatchRequestEntry{{Id: new("a"), MessageBody: new("b")}}}))
	refused("what the policy does not name", as(theirs, "ReceiveMessage", receive))
	w.must(as(ours, "SetQueueAttributes", &sqsapi.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{
		"Policy": document(`{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"arn:aws:sqs:ap-northeast-2:` + string(ours) + `:q"}`),
	}}))
	w.must(as(theirs, "ReceiveMessage", receive))
	refused("what is the account's own", as(theirs, "SetQueueAttributes", &sqsapi.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "1"}}))
	refused("what is the account's own", as(theirs, "DeleteQueue", &sqsapi.DeleteQueueInput{QueueUrl: url}))
	w.must(as(ours, "DeleteQueue", &sqsapi.DeleteQueueInput{QueueUrl: url}))
	refused("a queue that is gone", as(theirs, "SendMessage", send))
}

// What a service sends is asked of the queue's policy, for the resource that it sends for.
func TestServicesSendToQueues(t *testing.T) {
	w := &world{newHouse(t), ours, "ap-northeast-2", nil}
	rule := cloud.ARN{Service: "events", Region: w.region, Account: ours, Resource: "rule/r"}
	to := cloud.ARN{Service: "sqs", Region: w.region, Account: ours, Resource: "q"}
	_, err := w.do(w.own(), "sqs", "CreateQueue", &sqsapi.CreateQueueInput{QueueName: new("q"), Attributes: map[string]string{
		"Policy": document(`{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + to.String() +
			`","Condition":{"ArnEquals":{"aws:SourceArn":"` + rule.String() + `"},"StringEquals":{"aws:SourceAccount":"` + string(ours) + `"}}}`),
	}})
	w.must(err)
	other := rule
	other.Resource = "rule/other"
	for _, tt := range []struct {
		name string
		d    bus.Delivery
		ok   bool
	}{
		{"as the policy says", bus.Delivery{Source: rule, Principal: "events.amazonaws.com"}, true},
		{"of another rule", bus.Delivery{Source: other, Principal: "events.amazonaws.com"}, false},
		{"of another service", bus.Delivery{Source: rule, Principal: "sns.amazonaws.com"}, false},
		{"of nobody", bus.Delivery{Source: rule}, false},
	} {
		tt.d.Target, tt.d.Payload = to, []byte("{}")
		err := w.app.targets()["sqs"].Deliver(w.ctx, tt.d)
		if tt.ok != (err == nil) || err != nil && cloud.KindOf(err) != cloud.Denied {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
