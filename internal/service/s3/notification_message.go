package s3

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// itself is who does what rules ask for, where a message names who did it.
const itself = "s3.amazonaws.com"

// The message in which S3 tells of an event, see
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html.
type (
	eventRecords struct {
		Records []eventRecord `json:"Records"`
	}
	eventRecord struct {
		EventVersion      string            `json:"eventVersion"`
		EventSource       string            `json:"eventSource"`
		AWSRegion         cloud.Region      `json:"awsRegion"`
		EventTime         string            `json:"eventTime"`
		EventName         string            `json:"eventName"`
		UserIdentity      eventPrincipal    `json:"userIdentity"`
		RequestParameters map[string]string `json:"requestParameters"`
		ResponseElements  map[string]string `json:"responseElements"`
		S3                eventSubject      `json:"s3"`
	}
	eventPrincipal struct {
		PrincipalID string `json:"principalId"`
	}
	eventSubject struct {
		SchemaVersion   string      `json:"s3SchemaVersion"`
		ConfigurationID string      `json:"configurationId"`
		Bucket          eventBucket `json:"bucket"`
		Object          eventObject `json:"object"`
	}
	eventBucket struct {
		Name          string         `json:"name"`
		OwnerIdentity eventPrincipal `json:"ownerIdentity"`
		ARN           string         `json:"arn"`
	}
	eventObject struct {
		Key       string `json:"key"`
		Size      *int64 `json:"size,omitempty"`
		ETag      string `json:"eTag,omitempty"`
		VersionID string `json:"versionId,omitempty"`
		Sequencer string `json:"sequencer"`
	}
)

// eventMessage returns the message of a change for the configuration of that ID.
func eventMessage(c *objects.Change, configuration string) ([]byte, error) {
	return json.Marshal(eventRecords{[]eventRecord{{
		EventVersion: eventVersion(c.Event), EventSource: "aws:s3", AWSRegion: c.Region,
		EventTime: c.Time.UTC().Format("2006-01-02T15:04:05.000Z"), EventName: c.Event,
		UserIdentity:      eventPrincipal{principalID(c)},
		RequestParameters: map[string]string{"sourceIPAddress": orItself(c.SourceIP)},
		ResponseElements:  map[string]string{"x-amz-request-id": c.RequestID, "x-amz-id-2": ""},
		S3: eventSubject{
			SchemaVersion: "1.0", ConfigurationID: configuration,
			Bucket: eventBucket{c.Bucket, eventPrincipal{customerID(c.Account)}, bucketARN(c.Bucket)},
			Object: eventObject{
				Key: eventKey(c.Key), Size: createdSize(c), ETag: c.ETag, VersionID: versionTold(c), Sequencer: sequencer(c),
			},
		},
	}}})
}

// testMessage is what a queue, topic or function is sent when it is put into a
// bucket's configuration, to see that it takes messages.
func testMessage(bucket, requestID string, now time.Time) ([]byte, error) {
	return json.Marshal(struct {
		Service, Event, Time, Bucket string
		RequestID                    string `json:"RequestId"`
		HostID                       string `json:"HostId"`
	}{"Amazon S3", "s3:TestEvent", now.UTC().Format("2006-01-02T15:04:05.000Z"), bucket, requestID, ""})
}

// eventVersion is 2.3 for events that came to S3 later than the first ones.
func eventVersion(event string) string {
	family, _, _ := strings.Cut(event, ":")
	switch family {
	case "LifecycleExpiration", "ObjectAcl", "ObjectTagging":
		return "2.3"
	}
	return "2.1"
}

// sequencer orders the events of one key: of two, the later one has the greater
// text.
func sequencer(c *objects.Change) string { return fmt.Sprintf("%016X", c.Number) }

// eventKey is a key as messages have it: as in a form, but for its slashes.
func eventKey(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }

// createdSize is the size that is told where an object has come to be.
func createdSize(c *objects.Change) *int64 {
	if strings.HasPrefix(c.Event, "ObjectCreated:") {
		return &c.Size
	}
	return nil
}

func versionTold(c *objects.Change) string {
	if c.Version == objects.NullVersion {
		return ""
	}
	return c.Version
}

func principalID(c *objects.Change) string {
	if c.Principal == "" {
		return itself
	}
	return "AWS:" + c.Principal
}

func orItself(ip string) string {
	if ip == "" {
		return itself
	}
	return ip
}

// customerID names an account as messages name a bucket's owner.
func customerID(account cloud.Account) string {
	return "A" + strings.ToUpper(canonicalID(account)[:13])
}
