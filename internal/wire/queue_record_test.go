package wire_test

import (
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/wire"
)

// What messages say is in no record of a call, also not where they come in batches.
func TestMessagesAreNotRecorded(t *testing.T) {
	m := wire.Compile(sqsapi.Service)
	said := map[string]sqsapi.MessageAttributeValue{"a": {DataType: new("String"), StringValue: new("secret")}}
	for name, in := range map[string]any{
		"SendMessage":      &sqsapi.SendMessageInput{QueueUrl: new("q"), MessageBody: new("secret"), MessageAttributes: said},
		"SendMessageBatch": &sqsapi.SendMessageBatchInput{QueueUrl: new("q"), Entries: []sqsapi.SendMessageBatchRequestEntry{{Id: new("1"), MessageBody: new("secret"), MessageAttributes: said}}},
	} {
		if record := string(m.Operation(name).Parameters(in, 10_000)); strings.Contains(record, "secret") || !strings.Contains(record, `"queueUrl":"q"`) {
			t.Errorf("%s is recorded as %s", name, record)
		}
	}
	out := &sqsapi.ReceiveMessageOutput{Messages: []sqsapi.Message{{Body: new("secret"), MessageAttributes: said}}}
	if record := m.Operation("ReceiveMessage").Elements(out, 10_000); record != nil {
		t.Errorf("what is received is recorded as %s", record)
	}
}
