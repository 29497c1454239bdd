package syslog

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// maxNames bounds how many streams senders may have made between a start of the server and
// the next: messages of further ones go where those of nobody's name do.
const maxNames = 10_000

// maxName is how many characters a name may have.
const maxName = 512

// reserved is how the name of no log group may begin.
const reserved = "aws/"

// target is where a message goes.
type target struct{ group, stream string }

// Names are templates of the names of group and stream, in which {host}, {app}, {facility}
// and {severity} stand for what a message says.
type Names struct{ Group, Stream string }

var (
	placeholder = regexp.MustCompile(`\{[^{}]*\}`)
	groupName   = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)
)

// Validate reports every problem of the templates.
func (n Names) Validate() (errs []error) {
	for _, t := range []struct{ what, text string }{{"group", n.Group}, {"stream", n.Stream}} {
		for _, p := range placeholder.FindAllString(t.text, -1) {
			if _, known := (&Header{}).values()[p]; !known {
				errs = append(errs, fmt.Errorf("syslog %s: %s is none of {host}, {app}, {facility} and {severity}", t.what, p))
			}
		}
	}
	plain := placeholder.ReplaceAllString(n.Group, "x")
	if !groupName.MatchString(plain) || strings.HasPrefix(plain, reserved) {
		errs = append(errs, fmt.Errorf("syslog group: %q is no name of a log group: letters, digits and .-_/#", n.Group))
	}
	if s := placeholder.ReplaceAllString(n.Stream, "x"); s == "" || len(s) > maxName || strings.ContainsAny(s, ":*") {
		errs = append(errs, fmt.Errorf("syslog stream: %q is no name of a log stream: 1 to 512 characters without : and *", n.Stream))
	}
	return errs
}

// values are what the placeholders stand for.
func (h *Header) values() map[string]string {
	return map[string]string{"{host}": h.Host, "{app}": h.App, "{facility}": h.Facility, "{severity}": h.Severity}
}

// fill puts a header's values into a template, as a name may have them.
func fill(template string, h *Header, may func(r rune) bool) string {
	values := h.values()
	name := placeholder.ReplaceAllStringFunc(template, func(p string) string {
		value := strings.Map(func(r rune) rune {
			if may(r) {
				return r
			}
			return '_'
		}, values[p])
		if value == "" {
			return "-"
		}
		return value
	})
	if runes := []rune(name); len(runes) > maxName {
		return string(runes[:maxName])
	}
	return name
}

// names gives messages their targets, a bounded number of them.
type names struct {
	Names

	mu    sync.Mutex
	known map[target]bool
	most  int
}

func newNames(n Names) *names { return &names{Names: n, known: map[target]bool{}, most: maxNames} }

func inGroup(r rune) bool {
	return strings.ContainsRune(".-_/#", r) || r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func inStream(r rune) bool { return r != ':' && r != '*' && unicode.IsPrint(r) }

// of returns the target of a message.
func (n *names) of(h *Header) target {
	t := target{fill(n.Group, h, inGroup), fill(n.Stream, h, inStream)}
	if rest, ok := strings.CutPrefix(t.group, reserved); ok { // a sender named himself so
		t.group = strings.ReplaceAll(reserved, "/", "_") + rest
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known[t] {
		return t
	}
	if len(n.known) >= n.most {
		nobody := Header{Host: "other", App: "other", Facility: "other", Severity: "other"}
		return target{fill(n.Group, &nobody, inGroup), fill(n.Stream, &nobody, inStream)}
	}
	n.known[t] = true
	return t
}
