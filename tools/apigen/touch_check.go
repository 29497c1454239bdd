package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api"
)

// placeholder is a part of a template: a form, if there is one, and what stands
// there in that form.
var placeholder = regexp.MustCompile(`\{(?:([a-z]+):)?([^{}]+)\}`)

// checkResource says what in a resource's templates is no member of the
// operation's input.
func (t *toucher) checkResource(op string, r api.Resource) error {
	for _, found := range placeholder.FindAllStringSubmatch(r.ARN, -1) {
		for path := range strings.SplitSeq(found[2], "|") {
			if slices.Contains(callWords(), path) || path[0] == '\'' {
				continue
			}
			if err := t.path(op, path); err != nil {
				return fmt.Errorf("%s: %w", r.ARN, err)
			}
		}
	}
	if rest := placeholder.ReplaceAllString(r.ARN, ""); strings.ContainsAny(rest, "{}$") {
		return fmt.Errorf("%s is no template", r.ARN)
	}
	return t.checkWhen(op, r.When)
}

// checkWhen says what in a condition on inputs is no member of the operation's.
func (t *toucher) checkWhen(op, when string) error {
	if when == "" {
		return nil
	}
	paths := strings.TrimPrefix(when, "!")
	if i := strings.IndexAny(paths, "=~"); i >= 0 {
		paths = paths[:i]
	}
	for path := range strings.SplitSeq(paths, "|") {
		if _, err := t.walk(op, path); err != nil {
			return fmt.Errorf("when %s: %w", when, err)
		}
	}
	return nil
}

// path says why a path leads to no text in the operation's input.
func (t *toucher) path(op, path string) error {
	s, err := t.walk(op, path)
	if err == nil && s.Type != "string" {
		err = fmt.Errorf("%s is a %s", path, s.Type)
	}
	return err
}

// walk returns the shape at a path in the operation's input.
func (t *toucher) walk(op, path string) (*shape, error) {
	s := t.input(op)
	for step := range strings.SplitSeq(path, ".") {
		name, list := strings.CutSuffix(step, "[]")
		i := slices.IndexFunc(s.Members, func(m member) bool { return m.name == name })
		if i < 0 {
			return nil, fmt.Errorf("the input has no %s", path)
		}
		s = t.model.Shapes[s.Members[i].Shape]
		if list && s.Type != "list" {
			return nil, fmt.Errorf("%s is a %s", name, s.Type)
		}
		if list {
			s = t.model.Shapes[s.Member.Shape]
		}
	}
	return s, nil
}

// check says which operations that the overlay names the service has not.
func (o authorizationOverlay) check(m *model) error {
	names := map[string]bool{}
	for _, ops := range []map[string]string{o.actions, o.versions} {
		for op := range ops {
			names[op] = true
		}
	}
	for _, rows := range []map[string][]api.Resource{o.resources, o.more} {
		for op := range rows {
			names[op] = true
		}
	}
	for _, keys := range []map[string]string{o.special, o.when} {
		for key := range keys {
			op, _, _ := strings.Cut(key, " ")
			names[op] = true
		}
	}
	for _, ops := range o.unnamed {
		for _, op := range ops {
			names[op] = true
		}
	}
	return checkNames(m, names)
}

// checkNames says which of the names are no operations of the service.
func checkNames[V any](m *model, names map[string]V) error {
	for _, op := range slices.Sorted(maps.Keys(names)) {
		if _, ok := m.Operations[op]; !ok {
			return fmt.Errorf("an overlay names the operation %s, which the model has not", op)
		}
	}
	return nil
}
