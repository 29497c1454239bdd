package sns_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
)

// What becomes of messages is counted by topic: published, brought, kept back and given up.
func TestWhatHappensIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		topic := h.topic("t")
		h.subscribe(topic, "sqs", queue+"all")
		h.subscribe(topic, "sqs", queue+"some", "FilterPolicy", `{"k":["v"]}`)
		h.publish(topic, "four")
		h.rest()
		h.refuse = func(bus.Delivery) error {
			return cloud.Errorf(cloud.NotFound, "AWS.SimpleQueueService.NonExistentQueue", "it is gone")
		}
		h.publish(topic, "two")
		h.rest()
		const of = "111122223333/ap-northeast-2 AWS/SNS "
		if diff := cmp.Diff([]string{
			of + "NumberOfMessagesPublished [TopicName=t] Count [1 1]",
			of + "NumberOfNotificationsDelivered [TopicName=t] Count [1]",
			of + "NumberOfNotificationsFailed [TopicName=t] Count [1]",
			of + "NumberOfNotificationsFilteredOut [TopicName=t] Count [1 1]",
			of + "NumberOfNotificationsFilteredOut-NoMessageAttributes [TopicName=t] Count [1 1]",
			of + "PublishSize [TopicName=t] Bytes [4 3]",
		}, h.emitted.Lines()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
