package s3

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
)

// lifecycleCheck checks one rule of a lifecycle, in AWS's words.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html.
type lifecycleCheck struct{ *s3api.LifecycleRule }

func (r lifecycleCheck) check() error {
	if utf8.RuneCountInString(text(r.ID)) > maxRuleID {
		return errArgument("ID", text(r.ID), "ID length should not exceed allowed limit of 255")
	}
	if !slices.Contains([]string{"Enabled", "Disabled"}, text(r.Status)) || (r.Prefix == nil) == (r.Filter == nil) {
		return errMalformed()
	}
	for _, check := range []func() error{r.checkFilter, r.checkAction, r.checkExpiration, r.checkAbort, r.checkTransitions, r.checkNoncurrent} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkFilter takes a filter of no or one condition, or of several under And.
func (r lifecycleCheck) checkFilter() error {
	f := r.Filter
	if f == nil {
		return nil
	}
	if count(f.Prefix != nil, f.Tag != nil, f.ObjectSizeGreaterThan != nil, f.ObjectSizeLessThan != nil, f.And != nil) > 1 {
		return errMalformed()
	}
	if and := f.And; and != nil && count(and.Prefix != nil, and.ObjectSizeGreaterThan != nil, and.ObjectSizeLessThan != nil)+len(and.Tags) < 2 {
		return errMalformed()
	}
	tags := map[string]bool{}
	for _, tag := range r.tags() {
		if tag.Key == nil || tag.Value == nil {
			return errMalformed()
		}
		if tags[*tag.Key] {
			return errInvalidRequest("Duplicate Tag Keys are not allowed.")
		}
		tags[*tag.Key] = true
	}
	return r.checkSizes()
}

func (r lifecycleCheck) checkSizes() error {
	more, less := r.sizes()
	switch {
	case more != nil && *more < 0:
		return errInvalidRequest("'ObjectSizeGreaterThan' should be a value greater than or equal to 0.")
	case less != nil && *less <= 0:
		return errInvalidRequest("'ObjectSizeLessThan' should be a value greater than 0.")
	case more != nil && less != nil && *less <= *more:
		return errInvalidRequest("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.")
	}
	return nil
}

func (r lifecycleCheck) checkAction() error {
	if r.Expiration == nil && r.NoncurrentVersionExpiration == nil && r.AbortIncompleteMultipartUpload == nil &&
		len(r.Transitions) == 0 && len(r.NoncurrentVersionTransitions) == 0 {
		return errInvalidRequest("At least one action needs to be specified in a rule")
	}
	return nil
}

func (r lifecycleCheck) checkExpiration() error {
	e := r.Expiration
	switch {
	case e == nil:
		return nil
	case count(e.Days != nil, e.Date != nil, e.ExpiredObjectDeleteMarker != nil) != 1:
		return errMalformed()
	case e.Days != nil && *e.Days <= 0:
		return errInvalidArgument("'Days' for Expiration action must be a positive integer")
	case e.Date != nil && !isMidnight(*e.Date):
		return errNotMidnight()
	case e.ExpiredObjectDeleteMarker != nil:
		return r.checkUnfiltered("ExpiredObjectDeleteMarker")
	}
	return nil
}

func (r lifecycleCheck) checkAbort() error {
	a := r.AbortIncompleteMultipartUpload
	switch {
	case a == nil:
		return nil
	case a.DaysAfterInitiation == nil:
		return errMalformed()
	case *a.DaysAfterInitiation <= 0:
		return errInvalidArgument("'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer")
	}
	return r.checkUnfiltered("AbortIncompleteMultipartUpload")
}

// checkUnfiltered refuses an action on what has no tags and no size.
func (r lifecycleCheck) checkUnfiltered(action string) error {
	more, less := r.sizes()
	switch {
	case len(r.tags()) > 0:
		return errInvalidRequest("%s cannot be specified with Tags.", action)
	case more != nil || less != nil:
		return errInvalidRequest("%s cannot be specified with Object Size.", action)
	}
	return nil
}

func (r lifecycleCheck) checkNoncurrent() error {
	if e := r.NoncurrentVersionExpiration; e != nil {
		switch {
		case e.NoncurrentDays == nil:
			return errMalformed()
		case *e.NoncurrentDays <= 0:
			return errInvalidArgument("'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer")
		}
		if err := r.checkNewer(e.NewerNoncurrentVersions); err != nil {
			return err
		}
	}
	return r.checkNoncurrentTransitions()
}

// checkNewer checks how many noncurrent versions stay.
func (r lifecycleCheck) checkNewer(n *int32) error {
	switch {
	case n == nil:
		return nil
	case r.Filter == nil:
		return errMalformed()
	case *n <= 0:
		return errInvalidArgument("'NewerNoncurrentVersions' must be a positive integer")
	case *n > maxNewerVersions:
		return errInvalidArgument("'NewerNoncurrentVersions' must be less than or equal to %d", maxNewerVersions)
	}
	return nil
}

const maxNewerVersions = 100

// which says in errors which rule is meant.
func (r lifecycleCheck) which() string {
	if r.Filter == nil {
		return fmt.Sprintf("prefix '%s'", text(r.Prefix))
	}
	var parts []string
	prefix := r.Filter.Prefix
	if r.Filter.And != nil {
		prefix = r.Filter.And.Prefix
	}
	if prefix != nil {
		parts = append(parts, "prefix="+*prefix)
	}
	for _, tag := range r.tags() {
		parts = append(parts, fmt.Sprintf("tag={key=%s, value=%s}", text(tag.Key), text(tag.Value)))
	}
	more, less := r.sizes()
	if more != nil {
		parts = append(parts, fmt.Sprintf("objectsizegreaterthan=%d", *more))
	}
	if less != nil {
		parts = append(parts, fmt.Sprintf("objectsizelessthan=%d", *less))
	}
	return "filter '(" + strings.Join(parts, " and ") + ")'"
}

func (r lifecycleCheck) tags() []s3api.Tag {
	switch f := r.Filter; {
	case f == nil:
		return nil
	case f.And != nil:
		return f.And.Tags
	case f.Tag != nil:
		return []s3api.Tag{*f.Tag}
	}
	return nil
}

func (r lifecycleCheck) sizes() (more, less *int64) {
	switch f := r.Filter; {
	case f == nil:
		return nil, nil
	case f.And != nil:
		return f.And.ObjectSizeGreaterThan, f.And.ObjectSizeLessThan
	default:
		return f.ObjectSizeGreaterThan, f.ObjectSizeLessThan
	}
}

// count returns how many of facts hold.
func count(facts ...bool) (n int) {
	for _, fact := range facts {
		if fact {
			n++
		}
	}
	return n
}

func isMidnight(t time.Time) bool { return t.UTC().Truncate(24 * time.Hour).Equal(t) }

func errNotMidnight() *cloud.Error { return errInvalidArgument("'Date' must be at midnight GMT") }
