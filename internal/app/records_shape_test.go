package app_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
)

// shape is which members recorded records have: of a part of them, by path.
type shape struct {
	Records int `json:"records"`
	Top     part
	Request part `json:"requestParameters"`
	Answer  part `json:"responseElements"`
	More    part `json:"additionalEventData"`

	Resources []string
	Values    map[string][]string
}

type part struct {
	Always, Sometimes []string
	Types             map[string][]string
	Null, Of          int
}

// shapes are those of one event name.
type shapes struct {
	Recorded bool
	Success  *shape
	Failure  *shape
}

func recordedShapes(t *testing.T) map[string]shapes {
	t.Helper()
	return material.Lines[struct{ Events map[string]shapes }](t, "cases", "cloudtrail_shapes.json")[0].Events
}

// differences says in which members a record is unlike recorded ones.
func (s *shape) differences(record map[string]any) []string {
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	top := map[string]string{}
	for name, value := range record {
		top[name] = kindOf(value)
	}
	s.Top.compare("", top, add)
	for _, of := range []struct {
		name string
		part part
	}{{"requestParameters", s.Request}, {"responseElements", s.Answer}, {"additionalEventData", s.More}} {
		value := record[of.name]
		switch {
		case value == nil && of.part.Null == 0:
			add("%s is null", of.name)
		case value != nil && of.part.Null == of.part.Of && of.name != "additionalEventData":
			add("%s is not null", of.name)
		case value != nil && of.part.Null < of.part.Of:
			paths := map[string]string{}
			walk(paths, "", value)
			of.part.compare(of.name+".", paths, add)
		}
	}
	if got := resourcesOf(record["resources"]); !subset(got, s.Resources) {
		add("resources are %s, not of %s", strings.Join(got, " "), strings.Join(s.Resources, " "))
	}
	for _, name := range []string{"readOnly", "managementEvent", "eventCategory", "eventType", "errorCode"} {
		text, err := json.Marshal(record[name])
		if want := s.Values[name]; err == nil && len(want) > 0 && !slices.Contains(want, string(text)) {
			add("%s is %s, not %s", name, text, strings.Join(want, " or "))
		}
	}
	return all
}

// compare compares members by path. What lies below a member counts where the
// recorded ones tell of anything below it.
func (p *part) compare(prefix string, got map[string]string, add func(string, ...any)) {
	for _, path := range p.Always {
		if _, ok := got[path]; !ok {
			add("%s%s is missing", prefix, path)
		}
	}
	known := slices.Concat(p.Always, p.Sometimes)
	for _, path := range slices.Sorted(maps.Keys(got)) {
		switch {
		case slices.Contains(known, path):
			if want := p.Types[path]; len(want) > 0 && !slices.Contains(want, got[path]) {
				add("%s%s is a %s, not a %s", prefix, path, got[path], strings.Join(want, " or "))
			}
		case told(known, path):
			add("%s%s is there", prefix, path)
		}
	}
}

// told says whether anything is known of what lies beside a path.
func told(known []string, path string) bool {
	parent := ""
	if i := strings.LastIndexAny(path, ".["); i >= 0 {
		parent = path[:i]
	}
	return parent == "" || slices.ContainsFunc(known, func(k string) bool {
		return strings.HasPrefix(k, parent+".") || strings.HasPrefix(k, parent+"[")
	})
}

// walk finds all members of a value by path.
func walk(paths map[string]string, at string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			path := strings.TrimPrefix(at+"."+name, ".")
			paths[path] = kindOf(member)
			walk(paths, path, member)
		}
	case []any:
		for _, element := range value {
			if _, ok := element.(map[string]any); !ok {
				paths[at+"[]"] = kindOf(element)
			}
			walk(paths, at+"[]", element)
		}
	}
}

// javaDate is how records show times.
var javaDate = regexp.MustCompile(`^[A-Z][a-z]{2} \d{1,2}, \d{4},? \d{1,2}:\d{2}:\d{2} [AP]M$`)

func kindOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case string:
		if javaDate.MatchString(value) {
			return "string:java-date"
		}
		return "string"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

// resourcesOf returns the members of each of a record's resources, with the type.
func resourcesOf(value any) []string {
	list, _ := value.([]any)
	var all []string
	for _, element := range list {
		one, _ := element.(map[string]any)
		kind := one["type"]
		names := slices.Sorted(maps.Keys(one))
		text := strings.Join(names, ",")
		if kind == nil {
			text += "="
		} else {
			text += fmt.Sprintf("=%v", kind)
		}
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// shapeOf makes the shape of recorded records, which have ended alike.
func shapeOf(records []map[string]any) *shape {
	s := &shape{Records: len(records), Values: map[string][]string{}}
	for _, name := range []string{"requestParameters", "responseElements", "additionalEventData"} {
		p := map[string]*part{"requestParameters": &s.Request, "responseElements": &s.Answer, "additionalEventData": &s.More}[name]
		counts := map[string]int{}
		for _, record := range records {
			p.Of++
			if record[name] == nil {
				p.Null++
				continue
			}
			paths := map[string]string{}
			walk(paths, "", record[name])
			p.count(counts, paths)
		}
		p.divide(counts, p.Of-p.Null)
	}
	counts := map[string]int{}
	for _, record := range records {
		paths := map[string]string{}
		for name, value := range record {
			paths[name] = kindOf(value)
		}
		s.Top.count(counts, paths)
		s.Resources = append(s.Resources, resourcesOf(record["resources"])...)
		for _, name := range []string{"readOnly", "managementEvent", "eventCategory", "eventType", "errorCode"} {
			if text, err := json.Marshal(record[name]); err == nil && record[name] != nil {
				s.Values[name] = append(s.Values[name], string(text))
			}
		}
	}
	s.Top.divide(counts, len(records))
	s.Top.Types = nil
	return s
}

func (p *part) count(counts map[string]int, paths map[string]string) {
	if p.Types == nil {
		p.Types = map[string][]string{}
	}
	for path, kind := range paths {
		counts[path]++
		if !slices.Contains(p.Types[path], kind) {
			p.Types[path] = append(p.Types[path], kind)
		}
	}
}

// divide says which members all of so many records have. What lies below a list or
// a map of names differs from call to call, and is no part of the shape.
func (p *part) divide(counts map[string]int, of int) {
	for _, path := range slices.SortedFunc(maps.Keys(counts), cmp.Compare[string]) {
		if strings.Contains(path, "encryptionContext.") || strings.Contains(path, "bucketPolicy.") {
			continue
		}
		if counts[path] == of {
			p.Always = append(p.Always, path)
		} else {
			p.Sometimes = append(p.Sometimes, path)
		}
	}
}
