package s3

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// lifecycleRules returns the rules by which a bucket's versions and uploads end.
func lifecycleRules(v *objects.View, b *objects.Bucket) ([]s3api.LifecycleRule, error) {
	c, err := setting[s3api.BucketLifecycleConfiguration](v, b, lifecycleSetting)
	if err != nil || c == nil {
		return nil, err
	}
	return c.Rules, nil
}

// ending is when something ends, and by which rule.
type ending struct {
	at   time.Time
	rule string
}

func (e ending) due(now time.Time) bool { return !e.at.IsZero() && !e.at.After(now) }

// earliest returns the first ending that a rule in force gives, or the zero
// ending; give returns the zero time for none.
func earliest(rules []s3api.LifecycleRule, give func(*s3api.LifecycleRule) time.Time) ending {
	var first ending
	for i := range rules {
		r := &rules[i]
		if text(r.Status) != "Enabled" {
			continue
		}
		if at := give(r); !at.IsZero() && (first.at.IsZero() || at.Before(first.at)) {
			first = ending{at, text(r.ID)}
		}
	}
	return first
}

// objectEnds says when a latest version that is no delete marker is deleted.
func objectEnds(rules []s3api.LifecycleRule, v *objects.Version) ending {
	return earliest(rules, func(r *s3api.LifecycleRule) time.Time {
		if r.Expiration == nil || !ruleApplies(r, v) {
			return time.Time{}
		}
		return expirationTime(r.Expiration, v.Time)
	})
}

// markerEnds says when a delete marker goes that is all that is left of its
// object: at once where a rule asks for that, else when it is as old as the
// rule's objects.
func markerEnds(rules []s3api.LifecycleRule, v *objects.Version) ending {
	return earliest(rules, func(r *s3api.LifecycleRule) time.Time {
		switch {
		case r.Expiration == nil || !ruleApplies(r, v):
			return time.Time{}
		case r.Expiration.ExpiredObjectDeleteMarker != nil && *r.Expiration.ExpiredObjectDeleteMarker:
			return v.Time
		}
		return expirationTime(r.Expiration, v.Time)
	})
}

// noncurrentEnds says when a version goes that newer is how many versions behind
// the first one that is not the latest.
func noncurrentEnds(rules []s3api.LifecycleRule, v *objects.Version, newer int) ending {
	return earliest(rules, func(r *s3api.LifecycleRule) time.Time {
		n := r.NoncurrentVersionExpiration
		if n == nil || n.NoncurrentDays == nil || !ruleApplies(r, v) {
			return time.Time{}
		}
		if n.NewerNoncurrentVersions != nil && newer < int(*n.NewerNoncurrentVersions) {
			return time.Time{}
		}
		return midnightAfter(v.Became, *n.NoncurrentDays)
	})
}

// mostNewer is how many versions behind the latest one the rules ask to keep.
func mostNewer(rules []s3api.LifecycleRule) int {
	most := int32(0)
	for i := range rules {
		if n := rules[i].NoncurrentVersionExpiration; n != nil && n.NewerNoncurrentVersions != nil {
			most = max(most, *n.NewerNoncurrentVersions)
		}
	}
	return int(most)
}

// abortRule says when an upload that began then is aborted, and by which rule.
func abortRule(rules []s3api.LifecycleRule, key string, initiated time.Time) (date time.Time, id string, ok bool) {
	end := earliest(rules, func(r *s3api.LifecycleRule) time.Time {
		abort := r.AbortIncompleteMultipartUpload
		if abort == nil || abort.DaysAfterInitiation == nil || !strings.HasPrefix(key, rulePrefix(r)) {
			return time.Time{}
		}
		return midnightAfter(initiated, *abort.DaysAfterInitiation)
	})
	return end.at, end.rule, !end.at.IsZero()
}

// expiration returns the header x-amz-expiration of a version: empty when no
// rule ends it.
func expiration(rules []s3api.LifecycleRule, v *objects.Version) string {
	if len(rules) == 0 || v.Marker || !v.Latest {
		return ""
	}
	end := objectEnds(rules, v)
	if end.at.IsZero() {
		return ""
	}
	return `expiry-date="` + end.at.UTC().Format(http.TimeFormat) + `", rule-id="` + url.PathEscape(end.rule) + `"`
}

func expirationTime(e *s3api.LifecycleExpiration, from time.Time) time.Time {
	switch {
	case e.Date != nil:
		return *e.Date
	case e.Days != nil:
		return midnightAfter(from, *e.Days)
	}
	return time.Time{}
}

const oneDay = 24 * time.Hour

// midnightAfter is the first midnight in UTC that is later than days after from;
// the zero time is never.
func midnightAfter(from time.Time, days int32) time.Time {
	if from.IsZero() {
		return from
	}
	return from.UTC().Truncate(oneDay).Add(time.Duration(days+1) * oneDay)
}

// applies reports whether a version is among those that a rule is for. A delete
// marker has no size and no tags.
func ruleApplies(r *s3api.LifecycleRule, v *objects.Version) bool {
	if !strings.HasPrefix(v.Key, rulePrefix(r)) {
		return false
	}
	f := r.Filter
	if f == nil {
		return true
	}
	more, less, tags := f.ObjectSizeGreaterThan, f.ObjectSizeLessThan, []s3api.Tag(nil)
	if f.Tag != nil {
		tags = []s3api.Tag{*f.Tag}
	}
	if f.And != nil {
		more, less, tags = f.And.ObjectSizeGreaterThan, f.And.ObjectSizeLessThan, f.And.Tags
	}
	return (more == nil || v.Size > *more) && (less == nil || v.Size < *less) && hasTags(v, tags)
}

func hasTags(v *objects.Version, tags []s3api.Tag) bool {
	for _, t := range tags {
		if !slices.Contains(v.Tags, objects.Tag{Key: text(t.Key), Value: text(t.Value)}) {
			return false
		}
	}
	return true
}

// rulePrefix is how keys begin that a rule is for.
func rulePrefix(r *s3api.LifecycleRule) string {
	switch f := r.Filter; {
	case f == nil:
		return text(r.Prefix)
	case f.And != nil:
		return text(f.And.Prefix)
	default:
		return text(f.Prefix)
	}
}

// rulePrefixes returns how all keys begin that some rule in force is for, in
// order; none of them begins with another one.
func rulePrefixes(rules []s3api.LifecycleRule) []string {
	var all, shortest []string
	for i := range rules {
		if text(rules[i].Status) == "Enabled" {
			all = append(all, rulePrefix(&rules[i]))
		}
	}
	slices.Sort(all)
	for _, prefix := range all {
		if len(shortest) == 0 || !strings.HasPrefix(prefix, shortest[len(shortest)-1]) {
			shortest = append(shortest, prefix)
		}
	}
	return shortest
}
