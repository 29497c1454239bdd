package metricsearch

import (
	"strings"
	"unicode"
)

const (
	nameProperty      = "MetricName"
	namespaceProperty = "Namespace"
	accountProperty   = ":aws.AccountId"
)

// Matches says whether the filter is for a metric.
func (f *Filter) Matches(m *Metric) bool {
	if f.hasSchema && (m.Namespace != f.namespace || !f.isOf(m.Dimensions)) {
		return false
	}
	return f.expression == nil || f.expression.matches(m)
}

// isOf says whether dimensions are those of the schema, which has them sorted, as a set.
func (f *Filter) isOf(dimensions []Dimension) bool {
	if len(dimensions) != len(f.schema) {
		return false
	}
	for i, name := range f.schema {
		if _, ok := valueOf(dimensions, name); !ok || i > 0 && name == f.schema[i-1] {
			return false
		}
	}
	return true
}

func valueOf(dimensions []Dimension, name string) (string, bool) {
	for _, d := range dimensions {
		if d.Name == name {
			return d.Value, true
		}
	}
	return "", false
}

func (n *node) matches(m *Metric) bool {
	switch n.kind {
	case nodeAnd:
		return n.parts[0].matches(m) && n.parts[1].matches(m)
	case nodeOr:
		return n.parts[0].matches(m) || n.parts[1].matches(m)
	case nodeNot:
		return !n.parts[0].matches(m)
	default:
		return n.isFor(m)
	}
}

// isFor says whether a term is for a metric.
func (n *node) isFor(m *Metric) bool {
	switch n.property {
	case "":
	case nameProperty:
		return n.finds(m.Name)
	case namespaceProperty:
		return n.finds(m.Namespace)
	case accountProperty:
		return m.Account == n.text
	default:
		value, ok := valueOf(m.Dimensions, n.property)
		return ok && n.finds(value)
	}
	if n.finds(m.Namespace) || n.finds(m.Name) {
		return true
	}
	for _, d := range m.Dimensions {
		if n.finds(d.Name) || n.finds(d.Value) {
			return true
		}
	}
	return false
}

// finds says whether a name or a value is what a term looks for: the whole, or words of it
// that follow each other.
func (n *node) finds(text string) bool {
	if n.exact {
		return text == n.text
	}
	words := split(text)
	for first := range words {
		rest, found := n.text, true
		for _, word := range words[first:] {
			if rest == "" {
				break
			}
			if rest, found = strings.CutPrefix(rest, word); !found {
				break
			}
		}
		if found && rest == "" {
			return true
		}
	}
	return false
}

// split returns the words of a name in lower case: it is split at digits and at what is
// neither letter nor digit, and where its case changes. Of several capitals before small
// letters the last one begins a word: "SDBFailure" is "sdb" and "failure".
func split(text string) (words []string) {
	runes := []rune(text)
	start := 0
	end := func(at int) {
		if at > start {
			words = append(words, strings.ToLower(string(runes[start:at])))
		}
		start = at
	}
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end(i)
			start = i + 1
			continue
		}
		if i == start {
			continue
		}
		before := runes[i-1]
		switch {
		case unicode.IsDigit(r) != unicode.IsDigit(before),
			unicode.IsUpper(r) && !unicode.IsUpper(before),
			unicode.IsUpper(r) && i+1 < len(runes) && unicode.IsLower(runes[i+1]):
			end(i)
		}
	}
	end(len(runes))
	return words
}

// Needs returns what every metric has that the filter is for, so that others need not be
// looked at.
func (f *Filter) Needs() (n Needs) {
	if f.hasSchema {
		n.Namespace = f.namespace
		for _, name := range f.schema {
			n.Dimensions = append(n.Dimensions, Dimension{Name: name})
		}
	}
	if f.expression != nil {
		n.add(f.expression)
	}
	return n
}

func (n *Needs) add(from *node) {
	switch {
	case from.kind == nodeAnd:
		n.add(from.parts[0])
		n.add(from.parts[1])
	case from.kind != nodeTerm || !from.exact || from.property == "" || from.property == accountProperty:
		// nothing that is one name or value
	case from.property == nameProperty:
		n.Name = from.text
	case from.property == namespaceProperty:
		n.Namespace = from.text
	default:
		n.Dimensions = append(n.Dimensions, Dimension{Name: from.property, Value: from.text})
	}
}
