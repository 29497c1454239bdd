// Package dashboard checks the bodies of CloudWatch dashboards, and says what is wrong
// with one in AWS's words.
//
// It is pure, and changes no body: one that is taken is kept byte for byte. AWS takes bodies
// with members that it does not know, and so does this package. What has the wrong kind or lacks
// what it needs is refused; a value that is out of its range is told, and taken.
package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Finding is something wrong at a place in a body.
type Finding struct {
	DataPath string `json:"dataPath"` // such as /widgets/0/properties
	Message  string `json:"message"`
}

// Error says why a body is refused: the message of AWS's InvalidParameterInput.
type Error struct {
	Findings []Finding // none where the body is no JSON object
	Message  string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Check returns what is to be told of a body that is taken. The error is an *Error, for one that is not.
func Check(body string) ([]Finding, error) {
	root, err := object(body)
	if err != nil {
		return nil, &Error{Message: "The field DashboardBody must be a valid JSON object"}
	}
	c := &checker{messages: []Finding{}}
	c.top(root)
	if len(c.errors) == 0 {
		return c.messages, nil
	}
	var list bytes.Buffer
	encoder := json.NewEncoder(&list)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(c.errors); err != nil {
		return nil, err
	}
	text := fmt.Sprintf("The dashboard body is invalid, there are %d validation errors:\n%s", len(c.errors), strings.TrimSuffix(list.String(), "\n"))
	return nil, &Error{Findings: c.errors, Message: text}
}

// object reads a body that is one JSON object.
func object(body string) (map[string]any, error) {
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	var root map[string]any
	if err := decoder.Decode(&root); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	if root == nil {
		return nil, errors.New("null is no object")
	}
	return root, nil
}

// checker collects what it finds, in the order of AWS's own checks.
type checker struct {
	errors   []Finding
	messages []Finding
	metrics  int // of all widgets
}

func (c *checker) refuse(path, format string, args ...any) {
	c.errors = append(c.errors, Finding{path, fmt.Sprintf(format, args...)})
}

func (c *checker) tell(path, format string, args ...any) {
	c.messages = append(c.messages, Finding{path, fmt.Sprintf(format, args...)})
}

func (c *checker) require(path string, of map[string]any, name string) bool {
	_, ok := of[name]
	if !ok {
		c.refuse(path, "Should have required property '%s'", name)
	}
	return ok
}

// want says whether a member has a kind, where it is there; one that has another is refused.
func (c *checker) want(path string, of map[string]any, name, kind string) bool {
	v, ok := of[name]
	if ok && kindOf(v) != kind {
		c.refuse(path+"/"+escape(name), "Should be %s", kind)
		return false
	}
	return ok
}

func kindOf(v any) string {
	switch v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case json.Number:
		return "number"
	case bool:
		return "boolean"
	}
	return "null"
}

// escape is a name in a JSON pointer.
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
