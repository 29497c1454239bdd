package s3

import (
	"encoding/json"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// changeFact is the data of a fact of the bus that tells of a change.
type changeFact struct {
	Event     string `json:"event"`
	Bucket    string `json:"bucket"`
	Key       string `json:"key,omitempty"` // or a setting's name
	Version   string `json:"version,omitempty"`
	Size      int64  `json:"size,omitempty"`
	ETag      string `json:"etag,omitempty"`
	Sequencer string `json:"sequencer"`
	Principal string `json:"principal,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	SourceIP  string `json:"source_ip,omitempty"`
}

func factData(c *objects.Change) changeFact {
	return changeFact{c.Event, c.Bucket, c.Key, c.Version, c.Size, c.ETag, sequencer(c), c.Principal, c.RequestID, c.SourceIP}
}

// factKind is what a change is called on the bus.
func factKind(event string) string {
	switch family, what, _ := strings.Cut(event, ":"); family {
	case "ObjectCreated":
		return "s3.object.created"
	case "ObjectRemoved", "LifecycleExpiration":
		return "s3.object.deleted"
	case "ObjectTagging":
		return "s3.object.tagged"
	case "ObjectRenamed":
		return "s3.object.renamed"
	case "Bucket":
		if what == "Setting" {
			return "s3.bucket.configured"
		}
		return "s3.bucket." + strings.ToLower(what)
	}
	return "s3.object.changed"
}

// subjectOf is the ARN of what has changed.
func subjectOf(c *objects.Change) cloud.ARN {
	if strings.HasPrefix(c.Event, "Bucket:") || c.Key == "" {
		return cloud.ARN{Service: "s3", Resource: c.Bucket}
	}
	return cloud.ARN{Service: "s3", Resource: c.Bucket + "/" + c.Key}
}

// What EventBridge is told, see
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html.
type (
	bridgeEvent struct {
		Source     string       `json:"source"`
		DetailType string       `json:"detail-type"`
		Resources  []string     `json:"resources"`
		Detail     bridgeDetail `json:"detail"`
	}
	bridgeDetail struct {
		Version      string            `json:"version"`
		Bucket       map[string]string `json:"bucket"`
		Object       bridgeObject      `json:"object"`
		RequestID    string            `json:"request-id,omitempty"`
		Requester    string            `json:"requester"`
		SourceIP     string            `json:"source-ip-address,omitempty"`
		Reason       string            `json:"reason,omitempty"`
		DeletionType string            `json:"deletion-type,omitempty"`
	}
	bridgeObject struct {
		Key       string `json:"key"`
		Size      *int64 `json:"size,omitempty"`
		ETag      string `json:"etag,omitempty"`
		VersionID string `json:"version-id,omitempty"`
		Sequencer string `json:"sequencer,omitempty"`
	}
)

// bridged says for an event of S3 what EventBridge calls it, and why it came.
var bridged = map[string]struct{ detailType, reason, deletion string }{
	"ObjectCreated:Put":                       {"Object Created", "PutObject", ""},
	"ObjectCreated:Post":                      {"Object Created", "POST Object", ""},
	"ObjectCreated:Copy":                      {"Object Created", "CopyObject", ""},
	"ObjectCreated:CompleteMultipartUpload":   {"Object Created", "CompleteMultipartUpload", ""},
	"ObjectRemoved:Delete":                    {"Object Deleted", "DeleteObject", "Permanently Deleted"},
	"ObjectRemoved:DeleteMarkerCreated":       {"Object Deleted", "DeleteObject", "Delete Marker Created"},
	"LifecycleExpiration:Delete":              {"Object Deleted", "Lifecycle Expiration", "Permanently Deleted"},
	"LifecycleExpiration:DeleteMarkerCreated": {"Object Deleted", "Lifecycle Expiration", "Delete Marker Created"},
	"ObjectTagging:Put":                       {"Object Tags Added", "", ""},
	"ObjectTagging:Delete":                    {"Object Tags Deleted", "", ""},
	"ObjectAcl:Put":                           {"Object ACL Updated", "", ""},
}

// eventBridgeEvent returns the event of a change, or nil for what S3 has none of.
func eventBridgeEvent(c *objects.Change) json.RawMessage {
	of, ok := bridged[c.Event]
	if !ok {
		return nil
	}
	event := bridgeEvent{
		Source: "aws.s3", DetailType: of.detailType, Resources: []string{bucketARN(c.Bucket)},
		Detail: bridgeDetail{
			Version: "0", Bucket: map[string]string{"name": c.Bucket},
			Object:    bridgeObject{Key: c.Key, Size: createdSize(c), ETag: c.ETag, VersionID: versionTold(c), Sequencer: sequencer(c)},
			RequestID: c.RequestID, Requester: requesterOf(c), SourceIP: c.SourceIP, Reason: of.reason, DeletionType: of.deletion,
		},
	}
	data, err := json.Marshal(event)
	if err != nil {
		panic(err) // strings and a number
	}
	return data
}

func requesterOf(c *objects.Change) string {
	if c.Principal == "" {
		return itself
	}
	return string(c.Account)
}
