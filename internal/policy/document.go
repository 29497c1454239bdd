package policy

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Document is a policy that was parsed and compiled. It does not change.
type Document struct {
	kind       Kind
	text       string
	id         string
	statements []statement
	keys       []string
}

// Malformed says why a document is no policy of its kind: in the words of IAM's
// MalformedPolicyDocument, and for resource policies of S3's MalformedPolicy.
type Malformed struct { //nolint:errname // it reads as what it says of a document: policy.Malformed
	Message string
	// Statement is the number, from 0, of the statement that is wrong, and -1
	// where that is the document as a whole.
	Statement int
	// At is where the document or the statement begins.
	At Position
}

// Error returns the message.
func (m *Malformed) Error() string { return m.Message }

// Kind returns the kind that the document was parsed as.
func (d *Document) Kind() Kind { return d.kind }

// Text returns the document as it was given to Parse.
func (d *Document) Text() string { return d.text }

// ID returns the document's Id, and nothing where it has none.
func (d *Document) ID() string { return d.id }

// Len returns how many statements the document has.
func (d *Document) Len() int { return len(d.statements) }

// Size returns how many characters of text count against IAM's limits: all
// except white space.
func Size(text string) int {
	n := utf8.RuneCountInString(text)
	for _, space := range []string{" ", "\t", "\n", "\r"} {
		n -= strings.Count(text, space)
	}
	return n
}

// ContextKeys returns the condition keys that the document mentions, in
// conditions and in variables, each once and as it is first written, in the order
// of first mention. Keys that differ only in case are one.
func ContextKeys(d *Document) []string { return append([]string(nil), d.keys...) }

// Identities returns the ARNs of the users and roles that d names as principals, each
// once.
func Identities(d *Document) []string {
	var arns []string
	for i := range d.statements {
		if d.statements[i].principals == nil {
			continue
		}
		for _, name := range d.statements[i].principals.names {
			_, noun, _ := strings.Cut(strings.TrimPrefix(name, "arn:aws:iam::"), ":")
			if (strings.HasPrefix(noun, "user/") || strings.HasPrefix(noun, "role/")) && !slices.Contains(arns, name) {
				arns = append(arns, name)
			}
		}
	}
	return arns
}

// collectKeys sets the keys that d mentions.
func (d *Document) collectKeys() {
	seen := map[string]bool{}
	add := func(name string) {
		if key := strings.ToLower(name); !seen[key] {
			seen[key] = true
			d.keys = append(d.keys, name)
		}
	}
	glob := func(g *glob) {
		for i := range g.parts {
			if g.parts[i].kind == filled {
				add(g.parts[i].variable.name)
			}
		}
	}
	pattern := func(r *resourcePattern) {
		for i := range r.segments {
			glob(&r.segments[i])
		}
	}
	for i := range d.statements {
		s := &d.statements[i]
		for j := range s.resources {
			pattern(&s.resources[j])
		}
		for j := range s.conditions {
			add(s.conditions[j].name)
			for k := range s.conditions[j].values {
				glob(&s.conditions[j].values[k].pattern)
				pattern(&s.conditions[j].values[k].arn)
			}
		}
	}
}

// positions finds lines and columns in a text, for bytes that come in order.
type positions struct {
	text  string
	at    int
	place Position
}

func newPositions(text string) *positions {
	return &positions{text: text, place: Position{Line: 1, Column: 1}}
}

// of returns the place of a byte that does not lie before the last one asked for.
func (p *positions) of(at int) Position {
	for _, c := range p.text[p.at:at] {
		p.place.Column++
		if c == '\n' {
			p.place = Position{Line: p.place.Line + 1, Column: 1}
		}
	}
	p.at = at
	return p.place
}
