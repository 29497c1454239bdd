package sns_test

import (
	"strings"
	"testing"
	"testing/synctest"
)

// What is refused, and in which words.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		topic, fifo := h.topic("t"), h.topic("f.fifo", "FifoTopic", "true")
		sub := h.subscribe(topic, "sqs", queue+"q", "RawMessageDelivery", "true")
		const invalid = "InvalidParameterException: Invalid parameter: "
		long := strings.Repeat("x", 256<<10+1)
		for _, tt := range []struct{ name, operation, in, want string }{
			{"a name with a space", "CreateTopic", `{"Name":"a b"}`, invalid + "Topic Name"},
			{"an order in a standard topic", "CreateTopic", `{"Name":"a.fifo"}`, invalid + "Topic Name"},
			{"no order in a topic for it", "CreateTopic", `{"Name":"a","Attributes":{"FifoTopic":"true"}}`, invalid + "Topic Name"},
			{"other attributes", "CreateTopic", `{"Name":"t","Attributes":{"DisplayName":"x"}}`, invalid + "Attributes Reason: Topic already exists with different attributes"},
			{"other tags", "CreateTopic", `{"Name":"t","Tags":[{"Key":"k","Value":"v"}]}`, invalid + "Tags Reason: Topic already exists with different tags"},
			{"a tag twice", "CreateTopic", `{"Name":"u","Tags":[{"Key":"k","Value":"v"},{"Key":"k","Value":"w"}]}`, invalid + "Duplicated keys are not allowed."},
			{"the same topic", "CreateTopic", `{"Name":"t"}`, `{"TopicArn":"` + topic + `"}`},
			{"data protection", "CreateTopic", `{"Name":"p","DataProtectionPolicy":"{}"}`, "InvalidParameterException: Data protection policies are not followed here: messages are not looked into for personal data."},
			{"an archive", "CreateTopic", `{"Name":"p.fifo","Attributes":{"FifoTopic":"true","ArchivePolicy":"{\"MessageRetentionPeriod\":\"1\"}"}}`, "InvalidParameterException: Messages of topics are not archived here, and so none can be replayed."},
			{"no ARN", "GetTopicAttributes", `{"TopicArn":"t"}`, invalid + "TopicArn Reason: An ARN must have at least 6 elements, not 1"},
			{"another region", "GetTopicAttributes", `{"TopicArn":"arn:aws:sns:eu-west-1:111122223333:t"}`, invalid + "TopicArn"},
			{"a topic that is not there", "GetTopicAttributes", `{"TopicArn":"` + here + `none"}`, "NotFoundException: Topic does not exist"},
			{"to delete that", "DeleteTopic", `{"TopicArn":"` + here + `none"}`, "null"},
			{"an attribute that there is not", "SetTopicAttributes", `{"TopicArn":"` + topic + `","AttributeName":"X","AttributeValue":"y"}`, invalid + "AttributeName"},
			{"a signature of a version that there is not", "SetTopicAttributes", `{"TopicArn":"` + topic + `","AttributeName":"SignatureVersion","AttributeValue":"3"}`, invalid + "SignatureVersion: Invalid value [3]. Must be 1 or 2."},
			{"a policy that is none", "SetTopicAttributes", `{"TopicArn":"` + topic + `","AttributeName":"Policy","AttributeValue":"{"}`, ""},
			{
				"too many tries", "SetTopicAttributes", `{"TopicArn":"` + topic + `","AttributeName":"DeliveryPolicy","AttributeValue":"{\"http\":{\"defaultHealthyRetryPolicy\":{\"numRetries\":101,\"minDelayTarget\":1,\"maxDelayTarget\":1}}}"}`,
				invalid + "DeliveryPolicy: healthyRetryPolicy.numRetries must be between 0 and 100",
			},
			{
				"pauses of more than an hour", "SetTopicAttributes", `{"TopicArn":"` + topic + `","AttributeName":"DeliveryPolicy","AttributeValue":"{\"http\":{\"defaultHealthyRetryPolicy\":{\"numRetries\":2,\"minDelayTarget\":1801,\"maxDelayTarget\":1801}}}"}`,
				invalid + "DeliveryPolicy: the pauses of healthyRetryPolicy are longer than 3600 seconds together",
			},
			{"a statement twice", "AddPermission", `{"TopicArn":"` + topic + `","Label":"__default_statement_ID","AWSAccountId":["111122223333"],"ActionName":["Publish"]}`, invalid + "Statement already exists"},
			{"an action that there is not", "AddPermission", `{"TopicArn":"` + topic + `","Label":"l","AWSAccountId":["111122223333"],"ActionName":["Fly"]}`, invalid + "Policy statement action out of service scope!"},

			{"a protocol that there is not", "Subscribe", `{"TopicArn":"` + topic + `","Protocol":"fax","Endpoint":"1"}`, invalid + "Amazon SNS does not support this protocol string: fax"},
			{"a queue's URL", "Subscribe", `{"TopicArn":"` + topic + `","Protocol":"sqs","Endpoint":"http://q"}`, invalid + "SQS endpoint ARN"},
			{"a telephone", "Subscribe", `{"TopicArn":"` + topic + `","Protocol":"sms","Endpoint":"nobody"}`, "InvalidParameterException: Invalid SMS endpoint: nobody"},
			{"another scheme", "Subscribe", `{"TopicArn":"` + topic + `","Protocol":"http","Endpoint":"https://a"}`, invalid + "Endpoint must match the specified protocol"},
			{"no mail", "Subscribe", `{"TopicArn":"` + topic + `","Protocol":"email","Endpoint":"a b"}`, invalid + "Email address"},
			{
				"what nothing takes", "Subscribe", `{"TopicArn":"` + topic + `","Protocol":"firehose","Endpoint":"arn:aws:firehose:ap-northeast-2:111122223333:deliverystream/d"}`,
				"InvalidParameterException: Nothing here takes what is delivered to arn:aws:firehose:ap-northeast-2:111122223333:deliverystream/d.",
			},
			{"a queue with an order", "Subscribe", `{"TopicArn":"` + topic + `","Protocol":"sqs","Endpoint":"` + queue + `q.fifo"}`, invalid + "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"},
			{
				"other attributes of a subscription", "Subscribe", `{"TopicArn":"` + topic + `","Protocol":"sqs","Endpoint":"` + queue + `q","Attributes":{"RawMessageDelivery":"false"}}`,
				invalid + "Attributes Reason: Subscription already exists with different attributes",
			},
			{"the same subscription", "Subscribe", `{"TopicArn":"` + topic + `","Protocol":"sqs","Endpoint":"` + queue + `q"}`, `{"SubscriptionArn":"` + sub + `"}`},
			{
				"no truth", "Subscribe", `{"TopicArn":"` + topic + `","Protocol":"sqs","Endpoint":"` + queue + `r","Attributes":{"RawMessageDelivery":"x"}}`,
				invalid + "Attributes Reason: RawMessageDelivery: Invalid value [x]. Must be true or false.",
			},
			{
				"a dead letter queue that is none", "SetSubscriptionAttributes", `{"SubscriptionArn":"` + sub + `","AttributeName":"RedrivePolicy","AttributeValue":"{\"deadLetterTargetArn\":\"x\"}"}`,
				invalid + "RedrivePolicy: deadLetterTargetArn is an invalid arn",
			},
			{
				"a redrive policy that is no JSON", "SetSubscriptionAttributes", `{"SubscriptionArn":"` + sub + `","AttributeName":"RedrivePolicy","AttributeValue":"x"}`,
				invalid + "RedrivePolicy: failed to parse JSON. Unrecognized token 'x': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]",
			},
			{
				"a filter that is none", "SetSubscriptionAttributes", `{"SubscriptionArn":"` + sub + `","AttributeName":"FilterPolicy","AttributeValue":"{\"key_a\":\"value_one\"}"}`,
				invalid + "FilterPolicy: \"key_a\" must be an object or an array\n at [Source: (String)\"{\"key_a\":\"value_one\"}\"; line: 1, column: 11]",
			},
			{"no subscription's ARN", "Unsubscribe", `{"SubscriptionArn":"x"}`, invalid + "SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"},
			{"no subscription's ID", "Unsubscribe", `{"SubscriptionArn":"` + topic + `:x"}`, invalid + "SubscriptionId"},
			{"no subscription", "GetSubscriptionAttributes", `{"SubscriptionArn":"` + topic + `:66d97e76-31e5-444f-8fa7-b60b680d0d39"}`, "NotFoundException: Subscription does not exist"},
			{"a token that is none", "ConfirmSubscription", `{"TopicArn":"` + topic + `","Token":"x"}`, invalid + "Token"},
			{"a token that nobody was given", "ConfirmSubscription", `{"TopicArn":"` + topic + `","Token":"` + strings.Repeat("0", 128) + `"}`, "InvalidParameterException: Invalid token"},

			{"no target", "Publish", `{"Message":"m"}`, invalid + "TopicArn or TargetArn Reason: no value for required parameter"},
			{"nothing to say", "Publish", `{"TopicArn":"` + topic + `","Message":""}`, invalid + "Empty message"},
			{"too much to say", "Publish", `{"TopicArn":"` + topic + `","Message":"` + long + `"}`, invalid + "Message too long"},
			{"a subject of two lines", "Publish", `{"TopicArn":"` + topic + `","Message":"m","Subject":"a\nb"}`, invalid + "Subject"},
			{"a telephone that is none", "Publish", `{"PhoneNumber":"x","Message":"m"}`, invalid + "PhoneNumber Reason: x is not valid to publish to"},
			{"a structure that is no JSON", "Publish", `{"TopicArn":"` + topic + `","Message":"m","MessageStructure":"json"}`, invalid + "Message Structure - JSON message body failed to parse"},
			{"a structure without a default", "Publish", `{"TopicArn":"` + topic + `","Message":"{\"sqs\":\"m\"}","MessageStructure":"json"}`, invalid + "Message Structure - No default entry in JSON message body"},
			{
				"an attribute without a value", "Publish", `{"TopicArn":"` + topic + `","Message":"m","MessageAttributes":{"a":{"DataType":"String"}}}`,
				"InvalidParameterValueException: The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
			},
			{
				"an attribute of no type", "Publish", `{"TopicArn":"` + topic + `","Message":"m","MessageAttributes":{"a":{"DataType":"Map","StringValue":"x"}}}`,
				"InvalidParameterValueException: The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
			},
			{
				"a binary string", "Publish", `{"TopicArn":"` + topic + `","Message":"m","MessageAttributes":{"a":{"DataType":"String","BinaryValue":"AQ=="}}}`,
				"InvalidParameterValueException: The message attribute 'a' with type 'String' must use field 'String'.",
			},
			{
				"an attribute's name", "Publish", `{"TopicArn":"` + topic + `","Message":"m","MessageAttributes":{"a^":{"DataType":"String","StringValue":"x"}}}`,
				"InvalidParameterValueException: Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
			},
			{
				"two dots", "Publish", `{"TopicArn":"` + topic + `","Message":"m","MessageAttributes":{"a..b":{"DataType":"String","StringValue":"x"}}}`,
				"InvalidParameterValueException: Message attribute name can not have successive '.' character.",
			},
			{"no group", "Publish", `{"TopicArn":"` + fifo + `","Message":"m"}`, invalid + "The MessageGroupId parameter is required for FIFO topics"},
			{
				"nothing to know duplicates by", "Publish", `{"TopicArn":"` + fifo + `","Message":"m","MessageGroupId":"g"}`,
				invalid + "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
			},
			{
				"duplicates in a standard topic", "Publish", `{"TopicArn":"` + topic + `","Message":"m","MessageDeduplicationId":"g"}`,
				invalid + "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
			},
			{"an empty batch", "PublishBatch", `{"TopicArn":"` + topic + `"}`, "EmptyBatchRequestException: The batch request doesn't contain any entries."},
			{
				"an ID twice", "PublishBatch", `{"TopicArn":"` + topic + `","PublishBatchRequestEntries":[{"Id":"a","Message":"m"},{"Id":"a","Message":"m"}]}`,
				"BatchEntryIdsNotDistinctException: Two or more batch entries in the request have the same Id.",
			},
			{
				"an ID with a space", "PublishBatch", `{"TopicArn":"` + topic + `","PublishBatchRequestEntries":[{"Id":"a b","Message":"m"}]}`,
				"InvalidBatchEntryIdException: The Id of a batch entry in the batch request contains an impermissible character: a b",
			},
			{
				"too much in a batch", "PublishBatch", `{"TopicArn":"` + topic + `","PublishBatchRequestEntries":[{"Id":"a","Message":"` + long[:200<<10] + `"},{"Id":"b","Message":"` + long[:200<<10] + `"}]}`,
				"BatchRequestTooLongException: The length of all the messages put together is more than the limit.",
			},
			{
				"one of a batch", "PublishBatch", `{"TopicArn":"` + topic + `","PublishBatchRequestEntries":[{"Id":"a","Message":""}]}`,
				`{"Failed":[{"Code":"InvalidParameter","Id":"a","Message":"Invalid parameter: Empty message","SenderFault":true}],"Successful":[]}`,
			},
			{"a number of an app's platform", "CreatePlatformApplication", `{"Name":"a","Platform":"FAX"}`, invalid + "Platform Reason: Invalid value: FAX"},
			{"an app that is not there", "GetEndpointAttributes", `{"EndpointArn":"` + here + `endpoint/APNS/a/b"}`, "NotFoundException: Endpoint does not exist"},
		} {
			got := h.do(tt.operation, tt.in)
			if tt.want == "" && strings.HasPrefix(got, invalid+"Policy Error:") {
				continue
			}
			if got != tt.want {
				t.Errorf("%s: %s %.200s\n got %.400s\nwant %.400s", tt.name, tt.operation, tt.in, got, tt.want)
			}
		}
	})
}

// A topic that was just made tells what AWS's does.
func TestAttributesOfANewTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		topic := h.topic("t")
		h.want("GetTopicAttributes", `{"TopicArn":"`+topic+`"}`, `{"Attributes":{"DisplayName":"","EffectiveDeliveryPolicy":`+
			`"{\"http\":{\"defaultHealthyRetryPolicy\":{\"minDelayTarget\":20,\"maxDelayTarget\":20,\"numRetries\":3,\"numMaxDelayRetries\":0,\"numNoDelayRetries\":0,\"numMinDelayRetries\":0,\"backoffFunction\":\"linear\"},`+
			`\"disableSubscriptionOverrides\":false,\"defaultRequestPolicy\":{\"headerContentType\":\"text/plain; charset=UTF-8\"}}}","Owner":"111122223333","Policy":`+
			`"{\"Version\":\"2008-10-17\",\"Id\":\"__default_policy_ID\",\"Statement\":[{\"Sid\":\"__default_statement_ID\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"SNS:GetTopicAttributes\",\"SNS:SetTopicAttributes\",`+
			`\"SNS:AddPermission\",\"SNS:RemovePermission\",\"SNS:DeleteTopic\",\"SNS:Subscribe\",\"SNS:ListSubscriptionsByTopic\",\"SNS:Publish\"],\"Resource\":\"`+topic+`\",\"Condition\":{\"StringEquals\":{\"AWS:SourceOwner\":\"111122223333\"}}}]}",`+
			`"SubscriptionsConfirmed":"0","SubscriptionsDeleted":"0","SubscriptionsPending":"0","TopicArn":"`+topic+`"}}`)
	})
}
