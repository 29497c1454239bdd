package s3

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/store/objects"
)

// wants reports whether a change is to be told to t. What is no event in S3 has
// a name that no configuration can ask for.
func (t *destination) wants(c *objects.Change) bool {
	event := "s3:" + c.Event
	return slices.ContainsFunc(t.events, func(pattern string) bool { return matchesStar(pattern, event) }) && t.wantsKey(c.Key)
}

func (t *destination) wantsKey(key string) bool {
	if t.filter == nil || t.filter.Key == nil {
		return true
	}
	for _, r := range t.filter.Key.FilterRules {
		switch strings.ToLower(text(r.Name)) {
		case "prefix":
			if !strings.HasPrefix(key, text(r.Value)) {
				return false
			}
		case "suffix":
			if !strings.HasSuffix(key, text(r.Value)) {
				return false
			}
		}
	}
	return true
}
