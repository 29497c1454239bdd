package sns

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/cloud/publish"
)

const mostAttributeName = 256 // bytes

// checkAttributes checks the attributes of a message, and returns how many bytes they have.
func checkAttributes(all map[string]publish.Attribute) (size int, err error) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		a := all[name]
		if err := checkAttributeName(name); err != nil {
			return 0, err
		}
		if err := checkAttribute(name, a); err != nil {
			return 0, err
		}
		size += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	return size, nil
}

func checkAttributeName(name string) error {
	switch {
	case name == "":
		return errValue("The message attribute name must not be empty.")
	case len(name) > mostAttributeName:
		return errValue("Length of message attribute name must be less than 256 bytes.")
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_-.", c) {
			return errValue("Invalid non-alphanumeric character '#x%X' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.", c)
		}
	}
	switch {
	case strings.HasPrefix(name, "."):
		return errValue("Invalid message attribute name starting with character '.' was found.")
	case strings.HasSuffix(name, "."):
		return errValue("Invalid message attribute name ending with character '.' was found.")
	case strings.Contains(name, ".."):
		return errValue("Message attribute name can not have successive '.' character.")
	}
	return nil
}

func checkAttribute(name string, a publish.Attribute) error {
	kind, _, _ := strings.Cut(a.DataType, ".")
	switch {
	case a.DataType == "":
		return errValue("The message attribute '%s' must contain non-empty message attribute type.", name)
	case kind != "String" && kind != "Number" && kind != "Binary":
		return errValue("The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	case a.StringValue == "" && len(a.BinaryValue) == 0:
		return errValue("The message attribute '%s' must contain non-empty message attribute value for message attribute type '%s'.", name, a.DataType)
	case kind == "Binary" && a.StringValue != "":
		return errValue("The message attribute '%s' with type '%s' must use field 'Binary'.", name, a.DataType)
	case kind != "Binary" && len(a.BinaryValue) > 0:
		return errValue("The message attribute '%s' with type '%s' must use field 'String'.", name, a.DataType)
	case kind == "Number" && !isNumber(a.StringValue):
		return errValue("Could not cast message attribute '%s' value to number.", name)
	}
	return nil
}

// isNumber says whether a text is a number as JSON has it, with a sign perhaps.
func isNumber(s string) bool {
	s = strings.TrimPrefix(strings.TrimSpace(s), "+")
	var n json.Number
	return json.Unmarshal([]byte(s), &n) == nil && n != "" && !strings.HasPrefix(s, `"`)
}

// attributesOf returns the attributes of an input.
func attributesOf(in map[string]snsapi.MessageAttributeValue) map[string]publish.Attribute {
	if len(in) == 0 {
		return nil
	}
	all := make(map[string]publish.Attribute, len(in))
	for name, a := range in {
		made := publish.Attribute{BinaryValue: a.BinaryValue}
		if a.DataType != nil {
			made.DataType = *a.DataType
		}
		if a.StringValue != nil {
			made.StringValue = *a.StringValue
		}
		all[name] = made
	}
	return all
}
