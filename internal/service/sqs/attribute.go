package sqs

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/policy"
)

// Names of attributes that the service looks at.
const (
	attributeDelay      = "DelaySeconds"
	attributeSize       = "MaximumMessageSize"
	attributeRetention  = "MessageRetentionPeriod"
	attributeWait       = "ReceiveMessageWaitTimeSeconds"
	attributeVisibility = "VisibilityTimeout"
	attributePolicy     = "Policy"
	attributeRedrive    = "RedrivePolicy"
	attributeAllow      = "RedriveAllowPolicy"
	attributeKey        = "KmsMasterKeyId"
	attributeReuse      = "KmsDataKeyReusePeriodSeconds"
	attributeManaged    = "SqsManagedSseEnabled"
	attributeFIFO       = "FifoQueue"
	attributeContent    = "ContentBasedDeduplication"
	attributeScope      = "DeduplicationScope"
	attributeThroughput = "FifoThroughputLimit"
)

// attribute is one that may be set.
type attribute struct {
	name      string
	otherwise string   // what it is where it was not set; "" for nothing
	least     int      // of a number
	most      int      // of a number; 0 for what is none
	of        []string // the values that there are; nil for any
	fifo      bool     // only queues that are FIFO have it
	removable bool     // "" removes it
}

// attributes are all that may be set.
func attributes() []attribute {
	truth := []string{"true", "false"}
	return []attribute{
		{name: attributeVisibility, otherwise: "30", most: 43_200},
		{name: attributeSize, otherwise: "1048576", least: 1024, most: 1_048_576},
		{name: attributeRetention, otherwise: "345600", least: 60, most: 1_209_600},
		{name: attributeDelay, otherwise: "0", most: 900},
		{name: attributeWait, otherwise: "0", most: 20},
		{name: attributePolicy, removable: true},
		{name: attributeRedrive, removable: true},
		{name: attributeAllow, removable: true},
		{name: attributeKey, removable: true},
		{name: attributeReuse, least: 60, most: 86_400},
		{name: attributeManaged, otherwise: "true", of: truth},
		{name: attributeFIFO, of: truth, fifo: true},
		{name: attributeContent, otherwise: "false", of: truth, fifo: true},
		{name: attributeScope, otherwise: "queue", of: []string{"queue", "messageGroup"}, fifo: true},
		{name: attributeThroughput, otherwise: "perQueue", of: []string{"perQueue", "perMessageGroupId"}, fifo: true},
	}
}

var attributesByName = func() map[string]attribute {
	all := map[string]attribute{}
	for _, a := range attributes() {
		all[a.name] = a
	}
	return all
}()

// value returns what an attribute of a queue is, "" for nothing.
func (q *queue) value(name string) string {
	if value, ok := q.Attributes[name]; ok {
		return value
	}
	a := attributesByName[name]
	if a.fifo && !q.fifo() {
		return ""
	}
	if name == attributeReuse && q.Attributes[attributeKey] != "" {
		return "300"
	}
	return a.otherwise
}

// number returns an attribute that is a number.
func (q *queue) number(name string) int {
	n, _ := strconv.Atoi(q.value(name)) // it was checked when it was set
	return n
}

// set sets attributes that a client gives, of a queue that is made or changed.
func (q *queue) set(given map[string]string, made bool) error {
	fifo := q.fifo()
	if made {
		fifo = given[attributeFIFO] == "true"
	}
	next := maps.Clone(q.Attributes)
	if next == nil {
		next = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value, err := checkAttribute(name, given[name], fifo)
		if err != nil {
			return err
		}
		if name == attributeFIFO && !made && value != strconv.FormatBool(fifo) {
			return errAttributeValue(name, "Modifying queue type is not supported.")
		}
		if value == "" {
			delete(next, name)
			continue
		}
		next[name] = value
	}
	if err := encryption(next, given); err != nil {
		return err
	}
	if fifo && next[attributeThroughput] == "perMessageGroupId" && next[attributeScope] != "messageGroup" {
		return errAttributeValue(attributeThroughput, "The FifoThroughputLimit attribute can be set to perMessageGroupId only when the DeduplicationScope attribute is set to messageGroup.")
	}
	q.Attributes = next
	return nil
}

// encryption settles which of the two ways of encryption a queue has.
func encryption(next, given map[string]string) error {
	key, on := given[attributeKey], given[attributeManaged] == "true"
	if next[attributeKey] != "" && on {
		return errAttributeValue(attributeManaged, "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")
	}
	if key != "" {
		next[attributeManaged] = "false" // and it stays so when the key is removed
	}
	return nil
}

// checkAttribute returns the value of an attribute as it is kept.
func checkAttribute(name, value string, fifo bool) (string, error) {
	a, ok := attributesByName[name]
	switch {
	case !ok:
		return "", errAttributeName(name)
	case a.fifo && !fifo && (name == attributeScope || name == attributeThroughput):
		e := errAttributeName(name)
		e.Message = "You can specify the " + name + " only when FifoQueue is set to true."
		return "", e
	case a.fifo && !fifo:
		return "", errAttributeName(name)
	case value == "" && a.removable:
		return "", nil
	case a.of != nil:
		i := slices.IndexFunc(a.of, func(one string) bool { return strings.EqualFold(one, value) })
		if i < 0 {
			return "", errAttributeValue(name, "")
		}
		return a.of[i], nil
	case a.most > 0:
		n, err := strconv.Atoi(value)
		if err != nil || n < a.least || n > a.most {
			return "", errAttributeValue(name, "")
		}
		return strconv.Itoa(n), nil
	}
	switch name {
	case attributePolicy:
		if _, err := policy.Parse(value, policy.Resource); err != nil || len(value) > maxPolicy {
			return "", errAttributeValue(name, "")
		}
	case attributeRedrive:
		d, err := parseRedrive(value)
		if err != nil {
			return "", err
		}
		return d.String(), nil
	case attributeAllow:
		if _, err := parseAllow(value); err != nil {
			return "", err
		}
	case attributeKey:
		if len(value) > 2048 {
			return "", errAttributeValue(name, "")
		}
	}
	return value, nil
}

// maxPolicy is how many bytes a queue's policy has at most.
const maxPolicy = 20 << 10

// deadLetter is where messages go that are received in vain.
type deadLetter struct {
	Target string `json:"deadLetterTargetArn"`
	Count  int    `json:"maxReceiveCount"`
	place  place
}

// String returns the policy as it is answered.
func (d *deadLetter) String() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // of a text and a number
	}
	return string(text)
}

// parseRedrive reads a RedrivePolicy.
func parseRedrive(text string) (*deadLetter, error) {
	var given map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	bad := func(reason string) error { return errValue(text, attributeRedrive, reason) }
	if err := d.Decode(&given); err != nil || given == nil || d.More() {
		return nil, bad("Redrive policy is not a valid JSON map.")
	}
	for _, name := range []string{"deadLetterTargetArn", "maxReceiveCount"} {
		if given[name] == nil {
			return nil, bad("Redrive policy does not contain mandatory attribute: " + name + ".")
		}
	}
	if len(given) > 2 {
		return nil, bad("Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].")
	}
	out := &deadLetter{}
	count := ""
	switch v := given["maxReceiveCount"].(type) {
	case string:
		count = v
	case json.Number:
		count = v.String()
	}
	var err error
	if out.Count, err = strconv.Atoi(count); err != nil || out.Count < 1 || out.Count > 1000 {
		return nil, bad("Invalid value for maxReceiveCount: " + count + ", valid values are from 1 to 1000 both inclusive.")
	}
	out.Target, _ = given["deadLetterTargetArn"].(string)
	at, ok := placeOf(out.Target)
	if !ok {
		return nil, bad("Invalid value for deadLetterTargetArn.")
	}
	out.place = at
	return out, nil
}

// allowance is which queues may have a queue for their dead letters.
type allowance struct {
	Permission string   `json:"redrivePermission"`
	Sources    []string `json:"sourceQueueArns"`
}

// parseAllow reads a RedriveAllowPolicy.
func parseAllow(text string) (*allowance, error) {
	a := &allowance{}
	bad := func(reason string) error { return errValue(text, attributeAllow, reason) }
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(a); err != nil || d.More() {
		return nil, bad("Redrive allow policy is not a valid JSON map.")
	}
	switch {
	case !slices.Contains([]string{"allowAll", "denyAll", "byQueue"}, a.Permission):
		return nil, bad("Invalid value for redrivePermission: valid values are allowAll, denyAll and byQueue.")
	case a.Permission == "byQueue" && (len(a.Sources) < 1 || len(a.Sources) > 10):
		return nil, bad("With the byQueue permission, sourceQueueArns must hold 1 to 10 ARNs.")
	case a.Permission != "byQueue" && len(a.Sources) > 0:
		return nil, bad("The sourceQueueArns can be specified only when the redrivePermission is byQueue.")
	}
	for _, source := range a.Sources {
		if _, ok := placeOf(source); !ok {
			return nil, bad("Invalid value for sourceQueueArns.")
		}
	}
	return a, nil
}

// allows says whether a queue lets another have it for its dead letters.
func (q *queue) allows(source string) bool {
	text := q.Attributes[attributeAllow]
	if text == "" {
		return true
	}
	a, err := parseAllow(text)
	if err != nil {
		return false // it was checked when it was set
	}
	return a.Permission == "allowAll" || a.Permission == "byQueue" && slices.Contains(a.Sources, source)
}
