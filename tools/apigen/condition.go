package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api"
)

// conditionOverlay says of a service which members fill the condition keys that
// its service authorization reference names. Keys of a family end where their
// names begin: "aws:RequestTag/".
type conditionOverlay struct {
	fill map[string]string // key → paths over the input; each path that the input has fills the key

	also map[string][]api.Condition // operation → keys that the reference does not name, or that have one value

	// told are the keys that follow from the call, its caller or what is kept of the
	// resource; leftOut those of what is not built. They may be beginnings of keys.
	told, leftOut []string

	passedTo string // the service that gets the roles which calls hand over
}

// keyVariable is what stands for the name of a tag in the reference.
var keyVariable = regexp.MustCompile(`(\$\{\w+\}|<key>)$`)

// tagMembers are the members of inputs that are the tags which something gets.
var tagMembers = []string{"Tags", "tags", "TagList", "tagList", "TagSpecifications[].Tags"}

// untagMembers are those that name the tags which something loses.
var untagMembers = []string{"TagKeys", "tagKeys", "TagKeyList"}

// conditions returns the condition keys that an operation's input fills.
func (t *toucher) conditions(op string, row touch) ([]api.Condition, error) {
	rows := t.tagConditions(op)
	var errs []error
	for _, key := range t.referenced(row) {
		paths, known := t.keys.fill[key]
		switch {
		case known:
			rows = append(rows, t.filled(op, key, paths)...)
		case !strings.HasPrefix(key, t.auth.prefix+":"), t.keys.fill == nil, hasPrefix(key, t.keys.told), hasPrefix(key, t.keys.leftOut):
		default:
			errs = append(errs, fmt.Errorf("no overlay says what fills the condition key %s", key))
		}
	}
	rows = append(rows, t.keys.also[op]...)
	for _, r := range row.resources {
		if r.Action == "iam:PassRole" && t.keys.passedTo != "" {
			rows = append(rows, api.Condition{Key: "iam:PassedToService", Path: "'" + t.keys.passedTo + "'", When: r.When})
		}
	}
	for _, c := range rows {
		errs = append(errs, t.checkCondition(op, c))
	}
	return rows, errors.Join(errs...)
}

func hasPrefix(key string, beginnings []string) bool {
	return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(key, b) })
}

// tagConditions returns the keys that every input with tags fills.
func (t *toucher) tagConditions(op string) []api.Condition {
	var rows []api.Condition
	for _, path := range tagMembers {
		if s, err := t.walk(op, path); err == nil && t.pairs(s) {
			rows = append(rows, api.Condition{Key: "aws:RequestTag/", Path: path}, api.Condition{Key: "aws:TagKeys", Path: "keys:" + path})
		}
	}
	for _, path := range untagMembers {
		if _, err := t.walk(op, path); err == nil {
			rows = append(rows, api.Condition{Key: "aws:TagKeys", Path: path})
		}
	}
	return rows
}

// pairs says whether a shape holds names and values.
func (t *toucher) pairs(s *shape) bool {
	if s.Type == "map" {
		return true
	}
	return s.Type == "list" && t.model.Shapes[s.Member.Shape].Type == "structure"
}

// referenced returns the keys that the reference names for the actions of the
// service that a call needs, without those of tags, each once and sorted.
func (t *toucher) referenced(row touch) []string {
	actions := []string{row.action}
	for _, r := range row.resources {
		actions = append(actions, r.Action)
	}
	var keys []string
	for _, action := range actions {
		for _, on := range t.auth.Privileges[strings.TrimPrefix(action, t.auth.prefix+":")].Types {
			for _, key := range on.ConditionKeys {
				keys = append(keys, keyVariable.ReplaceAllString(key, ""))
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// filled returns a row for each of the paths that the operation's input has.
func (t *toucher) filled(op, key, paths string) []api.Condition {
	var rows []api.Condition
	for path := range strings.SplitSeq(paths, "|") {
		if s, err := t.walk(op, memberIn(path)); err == nil && s.Type != "structure" {
			rows = append(rows, api.Condition{Key: key, Path: path})
		}
	}
	return rows
}

// memberIn returns a path without the word that says how it is read.
func memberIn(path string) string {
	if _, member, ok := strings.Cut(path, ":"); ok {
		return member
	}
	return path
}

// checkCondition says what in a row is no member of the operation's input.
func (t *toucher) checkCondition(op string, c api.Condition) error {
	member := memberIn(c.Path)
	if member[0] != '\'' {
		if _, err := t.walk(op, member); err != nil {
			return fmt.Errorf("condition key %s: %w", c.Key, err)
		}
	}
	return t.checkWhen(op, c.When)
}
