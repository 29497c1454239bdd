package sqs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/cloud"
)

const (
	mostAttributes    = 10
	maxAttributeName  = 256
	mostDelay         = 900
	maxGroup          = 128
	reasonNotOfType   = "The request include parameter that is not valid for this queue type."
	reasonGroup       = "can only include alphanumeric and punctuation characters. 1 to 128 in length."
	parameterBody     = "MessageBody"
	parameterGroup    = "MessageGroupId"
	parameterIdentity = "MessageDeduplicationId"
)

// draft is a message that a client sends.
type draft struct {
	payload

	size  int
	delay time.Duration
	group string
	name  string // what it names itself, so that it is not sent twice
}

// draftOf checks what a client sends, as an entry of a batch or alone.
func draftOf(k *known, in *sqsapi.SendMessageInput) (*draft, error) {
	d := &draft{}
	if *in.MessageBody == "" {
		return nil, errMissing(parameterBody)
	}
	d.body = *in.MessageBody
	if !valid(d.body) {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.")
	}
	var err error
	if d.attributes, err = attributesOf(in.MessageAttributes); err != nil {
		return nil, err
	}
	if d.trace, err = traceOf(in.MessageSystemAttributes); err != nil {
		return nil, err
	}
	d.size = len(d.body)
	for i := range d.attributes {
		a := &d.attributes[i]
		d.size += len(a.name) + len(a.kind) + len(a.value)
	}
	if err := d.place(k, in); err != nil {
		return nil, err
	}
	return d, nil
}

// tooLong refuses a message that is longer than its queue takes.
func (d *draft) tooLong(k *known, how string) error {
	if most := k.number(attributeSize); d.size > most {
		return errParameter("One or more parameters %s. Reason: Message must be shorter than %d bytes.", how, most)
	}
	return nil
}

// place sets when and in which group a message comes, and what it names itself.
func (d *draft) place(k *known, in *sqsapi.SendMessageInput) error {
	d.delay = time.Duration(k.number(attributeDelay)) * time.Second
	if in.DelaySeconds != nil {
		n := int(*in.DelaySeconds)
		switch {
		case n < 0 || n > mostDelay:
			return errValue(strconv.Itoa(n), attributeDelay, "DelaySeconds must be >= 0 and <= 900.")
		case k.fifo() && n != 0:
			return errValue(strconv.Itoa(n), attributeDelay, reasonNotOfType)
		case !k.fifo():
			d.delay = time.Duration(n) * time.Second
		}
	}
	if in.MessageGroupId != nil {
		if d.group = *in.MessageGroupId; !punctuated(d.group) {
			return errValue(d.group, parameterGroup, parameterGroup+" "+reasonGroup)
		}
	}
	if in.MessageDeduplicationId != nil {
		if d.name = *in.MessageDeduplicationId; !punctuated(d.name) {
			return errValue(d.name, parameterIdentity, parameterIdentity+" "+reasonGroup)
		}
	}
	if !k.fifo() {
		if d.name != "" {
			return errValue(d.name, parameterIdentity, "The request includes a parameter that is not valid for this queue type.")
		}
		return nil
	}
	if d.group == "" {
		return errMissing(parameterGroup)
	}
	if d.name == "" {
		if k.value(attributeContent) != "true" {
			return errParameter("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
		}
		sum := sha256.Sum256([]byte(d.body))
		d.name = hex.EncodeToString(sum[:])
	}
	return nil
}

// punctuated says whether a text is one that groups and identities may be.
func punctuated(text string) bool {
	if text == "" || len(text) > maxGroup {
		return false
	}
	for _, c := range []byte(text) {
		if c < '!' || c > '~' {
			return false
		}
	}
	return true
}

// valid says whether a text has only characters that SQS takes.
func valid(text string) bool {
	plain := 0 // most texts are of these alone
	for plain < len(text) && text[plain] >= 0x20 && text[plain] < 0x80 {
		plain++
	}
	text = text[plain:]
	for i, c := range text {
		switch {
		case c == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return false
			}
		case c == '\t', c == '\n', c == '\r', c >= 0x20 && c <= 0xD7FF, c >= 0xE000 && c <= 0xFFFD, c >= 0x10000:
		default:
			return false
		}
	}
	return true
}

// attributesOf checks the attributes of a message, and returns them in the order of their
// names.
func attributesOf(given map[string]sqsapi.MessageAttributeValue) ([]messageAttribute, error) {
	if len(given) > mostAttributes {
		return nil, errParameter("Number of message attributes [%d] exceeds the allowed maximum [%d].", len(given), mostAttributes)
	}
	var all []messageAttribute
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value := given[name]
		if err := checkAttributeName(name); err != nil {
			return nil, err
		}
		a, err := attributeOf(name, &value, "user")
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b messageAttribute) int { return cmp.Compare(a.name, b.name) })
	return all, nil
}

// checkAttributeName refuses what is no name of an attribute, in AWS's words.
func checkAttributeName(name string) error {
	if name == "" || len(name) >= maxAttributeName {
		return errParameter("Length of message attribute name must be less than 256 bytes.")
	}
	for _, c := range name {
		if !named(string(c)) && c != '.' {
			return errParameter("Invalid non-alphanumeric character '#x%X' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.", c)
		}
	}
	lower := strings.ToLower(name)
	switch {
	case strings.HasPrefix(name, "."):
		return errParameter("Invalid message attribute name starting with character '.' was found.")
	case strings.HasSuffix(name, "."):
		return errParameter("Invalid message attribute name ending with character '.' was found.")
	case strings.Contains(name, ".."):
		return errParameter("Message attribute name can not have successive '.' character.")
	case strings.HasPrefix(lower, "aws."), strings.HasPrefix(lower, "amazon."):
		return errParameter("You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use.")
	}
	return nil
}

// attributeOf checks the value of an attribute; whose is "user" or "system".
func attributeOf(name string, value *sqsapi.MessageAttributeValue, whose string) (messageAttribute, error) {
	a := messageAttribute{name: name}
	if value.DataType == nil || *value.DataType == "" {
		return a, errParameter("The message attribute '%s' must contain non-empty message attribute type.", name)
	}
	a.kind = *value.DataType
	prefix, _, custom := strings.Cut(a.kind, ".")
	switch {
	case len(a.kind) > maxAttributeName:
		return a, errParameter("Length of message attribute type must be less than 256 bytes.")
	case len(value.StringListValues) > 0 || len(value.BinaryListValues) > 0:
		return a, cloud.Errorf(cloud.Invalid, "UnsupportedOperation", "Message attribute list values in SendMessage operation are not supported.")
	case prefix != "String" && prefix != "Number" && prefix != "Binary":
		return a, errParameter("The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	case custom && !valid(a.kind):
		return a, errParameter("The message attribute '%s' has an invalid message attribute type.", name)
	}
	field := "String"
	if a.binary = prefix == "Binary"; a.binary {
		field = "Binary"
	}
	if a.binary && value.StringValue != nil || !a.binary && len(value.BinaryValue) > 0 {
		return a, errParameter("The message attribute '%s' with type '%s' must use field '%s'.", name, a.kind, field)
	}
	if a.value = string(value.BinaryValue); !a.binary && value.StringValue != nil {
		a.value = *value.StringValue
	}
	switch {
	case a.value == "":
		return a, errParameter("Message (%s) attribute '%s' must contain a non-empty value of type '%s'.", whose, name, field)
	case !a.binary && !valid(a.value):
		return a, cloud.Errorf(cloud.Invalid, "InvalidMessageContents", "Invalid characters found in the value of message attribute '%s'.", name)
	case prefix == "Number" && !number(a.value):
		return a, errParameter("Could not cast message attribute '%s' value to number.", name)
	}
	return a, nil
}

// number says whether a text is a number as attributes have it.
func number(text string) bool {
	if len(text) > 128 || strings.Trim(text, "0123456789+-.eE") != "" {
		return false
	}
	_, _, err := big.ParseFloat(text, 10, 128, big.ToNearestEven)
	return err == nil
}

// traceOf returns the one system attribute that a client may send.
func traceOf(given map[string]sqsapi.MessageSystemAttributeValue) (*messageAttribute, error) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if name != traceHeader {
			return nil, errParameter("Message system attribute name '%s' is invalid.", name)
		}
	}
	sent, ok := given[traceHeader]
	if !ok {
		return nil, nil //nolint:nilnil // there is none
	}
	a, err := attributeOf(traceHeader, new(sqsapi.MessageAttributeValue(sent)), "system")
	if err != nil {
		return nil, err
	}
	if a.kind != "String" {
		return nil, errParameter("The message system attribute '%s' must be of type 'String'.", traceHeader)
	}
	return &a, nil
}
