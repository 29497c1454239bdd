package insight

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/trail/event"
)

const (
	// mostValues is how many values of an attribute are counted at once; the least one
	// makes room for another, which takes over its count: so the most frequent stay.
	mostValues = 10
	// mostShown is how many values of an attribute an insight shows, as with AWS.
	mostShown = 5
	// longest is how long a value may be, in bytes. What is longer is counted by its
	// beginning.
	longest = 128
	// none stands for a call without an error code, as with AWS.
	none = "null"
)

// attribute is what events are attributed to.
type attribute int

const (
	identity attribute = iota
	agent
	code
	attributes
)

var attributeNames = [attributes]string{"userIdentityArn", "userAgent", "errorCode"}

// valuesOf returns what an event is attributed to.
func valuesOf(e *event.Event) [attributes]string {
	return [attributes]string{identity: cut(identityOf(&e.Identity)), agent: cut(cmp.Or(e.UserAgent, none)), code: cut(cmp.Or(e.ErrorCode, none))}
}

// identityOf returns the user or role that called: of a session of a role the role's
// part of its ARN, so that all sessions count together.
func identityOf(i *event.Identity) string {
	if i.Type == "AssumedRole" {
		if at := strings.LastIndexByte(i.ARN, '/'); strings.Count(i.ARN, "/") > 1 {
			return i.ARN[:at]
		}
	}
	return cmp.Or(i.ARN, i.InvokedBy, i.Principal, string(i.Account), none)
}

// cut returns a text of bounded length that holds on to no longer one.
func cut(s string) string {
	if len(s) <= longest {
		return s
	}
	s = s[:longest]
	for len(s) > 0 && !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return strings.Clone(s)
}

// tally counts values of each attribute, the most frequent ones.
type tally [attributes]map[string]uint64

func (t *tally) add(values *[attributes]string) {
	for a, value := range values {
		t.count(attribute(a), value, 1)
	}
}

func (t *tally) count(a attribute, value string, n uint64) {
	if t[a] == nil {
		t[a] = map[string]uint64{}
	}
	counts := t[a]
	if _, there := counts[value]; !there && len(counts) >= mostValues {
		least := ""
		for other, m := range counts {
			if least == "" || m < counts[least] || m == counts[least] && other < least {
				least = other
			}
		}
		n += counts[least]
		delete(counts, least)
	}
	counts[value] += n
}

// merge adds another tally, in the order of its values, so that the same counts give
// the same result.
func (t *tally) merge(other *tally) {
	for a := range other {
		for _, s := range ranked(other[a]) {
			t.count(attribute(a), s.value, s.n)
		}
	}
}

// less returns the tally without what another one has.
func (t *tally) less(other *tally) tally {
	var rest tally
	for a := range t {
		for value, n := range t[a] {
			if m := other[a][value]; n > m {
				rest.count(attribute(a), value, n-m)
			}
		}
	}
	return rest
}

// first returns the tally of the most frequent values.
func (t *tally) first(most int) (rest tally) {
	for a := range t {
		for i, c := range ranked(t[a]) {
			if i < most {
				rest.count(attribute(a), c.value, c.n)
			}
		}
	}
	return rest
}

// counted is a value and how often it came.
type counted struct {
	value string
	n     uint64
}

// ranked returns values by how often they came, the most frequent first.
func ranked(counts map[string]uint64) []counted {
	all := make([]counted, 0, len(counts))
	for value, n := range counts {
		all = append(all, counted{value, n})
	}
	slices.SortFunc(all, func(x, y counted) int { return cmp.Or(cmp.Compare(y.n, x.n), cmp.Compare(x.value, y.value)) })
	return all
}

// top returns the most frequent values of each attribute, by how often they came in a
// minute.
func (t *tally) top(minutes int64) (tops [attributes][]Share) {
	for a := range t {
		tops[a] = []Share{}
		for i, c := range ranked(t[a]) {
			if i == mostShown {
				break
			}
			tops[a] = append(tops[a], Share{c.value, rate(c.n, minutes)})
		}
	}
	return tops
}
