// Package publish is how the parts of the server speak of a message that is published to a
// topic of SNS: what is delivered to the topic's ARN, as JSON.
package publish

// Message is a message to publish, with the members of SNS's Publish. It is the payload of a
// delivery to the ARN of a topic.
type Message struct {
	Subject string `json:"Subject,omitempty"`
	Message string `json:"Message"`
	// MessageStructure is json where Message is JSON with a form for each protocol, and
	// empty where all get it as it is.
	MessageStructure  string               `json:"MessageStructure,omitempty"`
	MessageAttributes map[string]Attribute `json:"MessageAttributes,omitempty"`
	// GroupID and DeduplicationID are for topics that keep an order.
	GroupID         string `json:"GroupID,omitempty"`
	DeduplicationID string `json:"DeduplicationID,omitempty"`
}

// Attribute is an attribute of a message.
type Attribute struct {
	DataType    string `json:"DataType"`
	StringValue string `json:"StringValue,omitempty"`
	BinaryValue []byte `json:"BinaryValue,omitempty"`
}
