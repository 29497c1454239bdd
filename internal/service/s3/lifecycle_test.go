package s3_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/store/objects"
)

// step carries out the rules that are due.
func step(tb testing.TB, s *s3.Service) {
	tb.Helper()
	if err := s.StepLifecycle(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

// inventory returns all versions of a bucket.
func inventory(tb testing.TB, s *s3.Service, b *objects.Bucket) []objects.Version {
	tb.Helper()
	var all []objects.Version
	err := s.DB().View(tb.Context(), func(v *objects.View) error {
		cursor := v.Versions(b)
		for more := cursor.Seek(""); more; more = cursor.Next() {
			all = append(all, *cursor.Version())
		}
		return errors.Join(cursor.Err(), cursor.Close())
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// spelled spells versions: the key, "!" for the latest one, "-" for a delete
// marker, and the size.
func spelled(versions []objects.Version) []string {
	all := []string{}
	for _, v := range versions {
		name := v.Key
		if v.Latest {
			name += "!"
		}
		if v.Marker {
			all = append(all, name+"-")
		} else {
			all = append(all, fmt.Sprintf("%s%d", name, v.Size))
		}
	}
	return all
}

func versioned(tb testing.TB, s *s3.Service, b *objects.Bucket, state objects.Versioning) {
	tb.Helper()
	change(tb, s, func(tx *objects.Tx) error { return tx.SetVersioning(b, state) })
	*b = *fresh(tb, s, b.Name)
}

func fresh(tb testing.TB, s *s3.Service, name string) *objects.Bucket {
	tb.Helper()
	var b *objects.Bucket
	change(tb, s, func(tx *objects.Tx) (err error) {
		b, err = tx.Bucket(name)
		return err
	})
	return b
}

func remove(tb testing.TB, s *s3.Service, b *objects.Bucket, key string) {
	tb.Helper()
	change(tb, s, func(tx *objects.Tx) error {
		_, err := tx.Delete(b, key, "ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated")
		return err
	})
}

func noncurrentAfter(days, newer int32) func(*s3api.LifecycleRule) {
	return func(r *s3api.LifecycleRule) {
		r.NoncurrentVersionExpiration = &s3api.NoncurrentVersionExpiration{NoncurrentDays: &days}
		if newer > 0 {
			r.NoncurrentVersionExpiration.NewerNoncurrentVersions = &newer
		}
	}
}

func rules(tb testing.TB, s *s3.Service, b *objects.Bucket, list ...s3api.LifecycleRule) {
	tb.Helper()
	set(tb, s, b, "lifecycle", s3api.BucketLifecycleConfiguration{Rules: list})
}

func TestLifecycle(t *testing.T) {
	const wholeDay = 24 * time.Hour
	tagged := objects.Version{Tags: []objects.Tag{{Key: "tmp", Value: "yes"}}}
	for _, tt := range []struct {
		name  string
		state objects.Versioning
		rules []s3api.LifecycleRule
		act   func(tb testing.TB, s *s3.Service, b *objects.Bucket, c *clock)
		want  []string
	}{
		{
			name:  "not before the midnight after its days",
			rules: []s3api.LifecycleRule{enabled("r", "", afterDays(1))},
			act: func(tb testing.TB, s *s3.Service, b *objects.Bucket, c *clock) {
				tb.Helper()
				put(tb, s, b, "a", "1", objects.Version{})
				c.move(wholeDay + 11*time.Hour)
			},
			want: []string{"a!1"},
		},
		{
			name:  "at that midnight",
			rules: []s3api.LifecycleRule{enabled("r", "", afterDays(1))},
			act: func(tb testing.TB, s *s3.Service, b *objects.Bucket, c *clock) {
				tb.Helper()
				put(tb, s, b, "a", "1", objects.Version{})
				c.move(6 * time.Hour)
				put(tb, s, b, "b", "1", objects.Version{})
				c.move(wholeDay + 6*time.Hour)
			},
			want: []string{},
		},
		{
			name: "prefixes, tags and sizes",
			rules: []s3api.LifecycleRule{
				enabled("prefix", "logs/", afterDays(1)),
				enabled("tag", "", func(r *s3api.LifecycleRule) {
					afterDays(1)(r)
					r.Filter = &s3api.LifecycleRuleFilter{Tag: &s3api.Tag{Key: new("tmp"), Value: new("yes")}}
				}),
				enabled("size", "", func(r *s3api.LifecycleRule) {
					afterDays(1)(r)
					r.Filter = &s3api.LifecycleRuleFilter{ObjectSizeGreaterThan: new(int64(5))}
				}),
			},
			act: func(tb testing.TB, s *s3.Service, b *objects.Bucket, c *clock) {
				tb.Helper()
				put(tb, s, b, "a", "1", objects.Version{})
				put(tb, s, b, "large", "123456", objects.Version{})
				put(tb, s, b, "limit", "12345", objects.Version{})
				put(tb, s, b, "logs", "1", objects.Version{})
				put(tb, s, b, "logs/a", "1", objects.Version{})
				put(tb, s, b, "tagged", "1", tagged)
				c.move(3 * wholeDay)
			},
			want: []string{"a!1", "limit!5", "logs!1"},
		},
		{
			name: "a date is for all that is there",
			rules: []s3api.LifecycleRule{enabled("r", "", func(r *s3api.LifecycleRule) {
				r.Expiration = &s3api.LifecycleExpiration{Date: new(at("2026-01-03 00:00:00"))}
			})},
			act: func(tb testing.TB, s *s3.Service, b *objects.Bucket, c *clock) {
				tb.Helper()
				put(tb, s, b, "a", "1", objects.Version{})
				step(tb, s)
				if len(inventory(tb, s, b)) != 1 {
					tb.Error("it went too early")
				}
				c.move(wholeDay + 23*time.Hour)
				put(tb, s, b, "b", "1", objects.Version{})
			},
			want: []string{},
		},
		{
			name:  "a rule that is off",
			rules: []s3api.LifecycleRule{enabled("r", "", func(r *s3api.LifecycleRule) { afterDays(1)(r); r.Status = new("Disabled") })},
			act: func(tb testing.TB, s *s3.Service, b *objects.Bucket, c *clock) {
				tb.Helper()
				put(tb, s, b, "a", "1", objects.Version{})
				c.move(9 * wholeDay)
			},
			want: []string{"a!1"},
		},
		{
			name:  "a delete marker takes the place of what is versioned",
			state: objects.Enabled,
			rules: []s3api.LifecycleRule{enabled("r", "", afterDays(1))},
			act: func(tb testing.TB, s *s3.Service, b *objects.Bucket, c *clock) {
				tb.Helper()
				put(tb, s, b, "a", "1", objects.Version{})
				c.move(9 * wholeDay)
			},
			want: []string{"a!-", "a1"},
		},
		{
			name:  "the null version goes where versioning is suspended",
			state: objects.Suspended,
			rules: []s3api.LifecycleRule{enabled("r", "", afterDays(1))},
			act: func(tb testing.TB, s *s3.Service, b *objects.Bucket, c *clock) {
				tb.Helper()
				put(tb, s, b, "a", "1", objects.Version{})
				c.move(9 * wholeDay)
			},
			want: []string{"a!-"},
		},
		{
			name:  "noncurrent versions, counted from when they became so",
			state: objects.Enabled,
			rules: []s3api.LifecycleRule{enabled("r", "", noncurrentAfter(2, 0))},
			act: func(tb testing.TB, s *s3.Service, b *objects.Bucket, c *clock) {
				tb.Helper()
				put(tb, s, b, "a", "1", objects.Version{})
				c.move(wholeDay)
				put(tb, s, b, "a", "12", objects.Version{})
				c.move(wholeDay)
				put(tb, s, b, "a", "123", objects.Version{})
				put(tb, s, b, "b", "1", objects.Version{})
				c.move(2 * wholeDay)
			},
			want: []string{"a!3", "a2", "b!1"},
		},
		{
			name:  "the newest noncurrent versions stay",
			state: objects.Enabled,
			rules: []s3api.LifecycleRule{enabled("r", "", noncurrentAfter(1, 2))},
			act: func(tb testing.TB, s *s3.Service, b *objects.Bucket, c *clock) {
				tb.Helper()
				for i := range 5 {
					put(tb, s, b, "a", strings.Repeat("x", i), objects.Version{})
				}
				put(tb, s, b, "b", "1", objects.Version{})
				put(tb, s, b, "b", "12", objects.Version{})
				c.move(9 * wholeDay)
			},
			want: []string{"a!4", "a3", "a2", "b!2", "b1"},
		},
		{
			name:  "a delete marker with nothing behind it goes",
			state: objects.Enabled,
			rules: []s3api.LifecycleRule{enabled("r", "", func(r *s3api.LifecycleRule) {
				r.Expiration = &s3api.LifecycleExpiration{ExpiredObjectDeleteMarker: new(true)}
			})},
			act: func(tb testing.TB, s *s3.Service, b *objects.Bucket, _ *clock) {
				tb.Helper()
				remove(tb, s, b, "alone")
				put(tb, s, b, "behind", "1", objects.Version{})
				remove(tb, s, b, "behind")
				remove(tb, s, b, "last")
			},
			want: []string{"behind!-", "behind1"},
		},
		{
			name:  "markers go with the days of a rule for objects",
			state: objects.Enabled,
			rules: []s3api.LifecycleRule{enabled("r", "", afterDays(3))},
			act: func(tb testing.TB, s *s3.Service, b *objects.Bucket, c *clock) {
				tb.Helper()
				remove(tb, s, b, "old")
				c.move(3 * wholeDay)
				remove(tb, s, b, "young")
				c.move(wholeDay)
			},
			want: []string{"young!-"},
		},
		{
			name:  "more than fits into a transaction",
			rules: []s3api.LifecycleRule{enabled("r", "x", afterDays(1))},
			act: func(tb testing.TB, s *s3.Service, b *objects.Bucket, c *clock) {
				tb.Helper()
				put(tb, s, b, "a", "1", objects.Version{})
				for i := range 2*s3.WalkChanges + 7 {
					put(tb, s, b, fmt.Sprintf("x%04d", i), "", objects.Version{})
				}
				put(tb, s, b, "y", "1", objects.Version{})
				c.move(2 * wholeDay)
			},
			want: []string{"a!1", "y!1"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &clock{at("2026-01-01 12:30:00")}
			s := serveAt(t, c)
			b := made(t, s, "bucket")
			if tt.state != objects.Unversioned {
				versioned(t, s, b, objects.Enabled)
			}
			if tt.state == objects.Suspended {
				versioned(t, s, b, objects.Suspended)
			}
			rules(t, s, b, tt.rules...)
			tt.act(t, s, b, c)
			step(t, s)
			if diff := cmp.Diff(tt.want, spelled(inventory(t, s, b))); diff != "" {
				t.Error(diff)
			}
			s.ForgetWalks() // as after a restart
			step(t, s)
			if diff := cmp.Diff(tt.want, spelled(inventory(t, s, b))); diff != "" {
				t.Error("a second time:", diff)
			}
		})
	}
}

func TestLifecycleLeavesWhatIsLocked(t *testing.T) {
	c := &clock{at("2026-01-01 12:30:00")}
	s := serveAt(t, c)
	change(t, s, func(tx *objects.Tx) error {
		return tx.CreateBucket(&objects.Bucket{Name: "locked", Account: owner, Region: home, ObjectLock: true})
	})
	b := fresh(t, s, "locked")
	versioned(t, s, b, objects.Enabled)
	rules(t, s, b, enabled("r", "", func(r *s3api.LifecycleRule) { afterDays(1)(r); noncurrentAfter(1, 0)(r) }))
	until := func(mode string, days int) objects.Version {
		return objects.Version{Retention: objects.Retention{Mode: mode, Until: c.now.AddDate(0, 0, days)}}
	}
	put(t, s, b, "compliance", "1", until(objects.Compliance, 10))
	put(t, s, b, "governance", "1", until(objects.Governance, 10))
	put(t, s, b, "hold", "1", objects.Version{LegalHold: true, HoldSet: true})
	put(t, s, b, "short", "1", until(objects.Compliance, 1))
	for _, key := range []string{"compliance", "governance", "hold", "short"} {
		put(t, s, b, key, "12", objects.Version{})
	}
	for range 5 {
		c.move(24 * time.Hour)
		step(t, s)
	}
	want := []string{"compliance!-", "compliance1", "governance!-", "governance1", "hold!-", "hold1"}
	if diff := cmp.Diff(want, spelled(inventory(t, s, b))); diff != "" {
		t.Error("while they are held:", diff)
	}
	for range 8 {
		c.move(24 * time.Hour)
		step(t, s)
	}
	if diff := cmp.Diff([]string{"hold!-", "hold1"}, spelled(inventory(t, s, b))); diff != "" {
		t.Error("afterwards:", diff)
	}
}

func TestLifecycleAbortsUploads(t *testing.T) {
	c := &clock{at("2026-01-01 12:30:00")}
	s := serveAt(t, c)
	b := made(t, s, "bucket")
	rules(t, s, b, enabled("r", "tmp/", func(r *s3api.LifecycleRule) {
		r.AbortIncompleteMultipartUpload = &s3api.AbortIncompleteMultipartUpload{DaysAfterInitiation: new(int32(1))}
	}))
	begin := func(key string) {
		change(t, s, func(tx *objects.Tx) error { return tx.CreateUpload(b, key, &objects.Upload{}) })
	}
	for i := range s3.WalkChanges + 3 {
		begin(fmt.Sprintf("tmp/%d", i%5))
	}
	begin("other")
	c.move(24 * time.Hour)
	begin("tmp/young")
	c.move(20 * time.Hour)
	step(t, s)
	var left []string
	err := s.DB().View(t.Context(), func(v *objects.View) error {
		for u, err := range v.Uploads(b, "") {
			if err != nil {
				return err
			}
			left = append(left, u.Key)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"other", "tmp/young"}, left); diff != "" {
		t.Error(diff)
	}
}

func TestLifecycleWalksABucketOnceADay(t *testing.T) {
	c := &clock{at("2026-01-01 12:30:00")}
	s := serveAt(t, c)
	b := made(t, s, "bucket")
	ready := func(want int, when string) {
		t.Helper()
		walks, err := s.ReadyWalks(t.Context(), c.now)
		if err != nil {
			t.Fatal(err)
		}
		if walks != want {
			t.Errorf("%d walks %s, want %d", walks, when, want)
		}
	}
	ready(0, "without rules")
	rules(t, s, b, enabled("r", "", afterDays(1)))
	step(t, s)
	ready(0, "after one")
	rules(t, s, b, enabled("r", "", afterDays(2)))
	ready(1, "when the rules are others")
	step(t, s)
	c.move(12 * time.Hour)
	ready(1, "on the next day")
}

func TestLifecycleStopsWithItsContext(t *testing.T) {
	c := &clock{at("2026-01-01 12:30:00")}
	s := serveAt(t, c)
	b := made(t, s, "bucket")
	rules(t, s, b, enabled("r", "", afterDays(1)))
	put(t, s, b, "a", "1", objects.Version{})
	c.move(48 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.StepLifecycle(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if len(inventory(t, s, b)) != 1 {
		t.Error("it went on")
	}
}

// TestLifecycleAgainstAModel does random things to a bucket and lets a model,
// which looks at one key as a whole, say what the rules must leave.
func TestLifecycleAgainstAModel(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := &clock{at("2026-01-01 00:00:00").Add(time.Duration(r.IntN(86400)) * time.Second)}
		s := serveAt(t, c)
		b := made(t, s, "bucket")
		state := objects.Unversioned
		list := randomRules(r)
		rules(t, s, b, list...)
		for range 60 {
			key := []string{"a", "a/b", "b", "b/c"}[r.IntN(4)]
			switch r.IntN(12) {
			case 0, 1, 2, 3, 4, 5:
				v := objects.Version{}
				if r.IntN(3) == 0 {
					v.Tags = []objects.Tag{{Key: "k", Value: "v"}}
				}
				put(t, s, b, key, strings.Repeat("x", r.IntN(4)), v)
			case 6, 7:
				remove(t, s, b, key)
			case 8:
				if state == objects.Unversioned && r.IntN(2) == 0 {
					continue
				}
				state = []objects.Versioning{objects.Enabled, objects.Suspended}[r.IntN(2)]
				versioned(t, s, b, state)
			default:
				c.move(time.Duration(r.IntN(40*3600)) * time.Second)
				want := spelled(modelled(list, inventory(t, s, b), c.now, state))
				s.ForgetWalks()
				step(t, s)
				if diff := cmp.Diff(want, spelled(inventory(t, s, b))); diff != "" {
					t.Fatalf("seed %d: %s", seed, diff)
				}
			}
		}
	}
}

func randomRules(r *rand.Rand) []s3api.LifecycleRule {
	var list []s3api.LifecycleRule
	for range 1 + r.IntN(3) {
		rule := enabled("r", []string{"", "", "a", "a/", "b"}[r.IntN(5)], func(*s3api.LifecycleRule) {})
		switch r.IntN(4) {
		case 0:
			rule.Filter.Prefix = nil
			rule.Filter.Tag = &s3api.Tag{Key: new("k"), Value: new("v")}
		case 1:
			rule.Filter.And = &s3api.LifecycleRuleAndOperator{Prefix: rule.Filter.Prefix, ObjectSizeGreaterThan: new(int64(0)), ObjectSizeLessThan: new(int64(3))}
			rule.Filter.Prefix = nil
		}
		switch r.IntN(4) {
		case 0:
			afterDays(int32(1 + r.IntN(3)))(&rule)
		case 1:
			rule.Expiration = &s3api.LifecycleExpiration{ExpiredObjectDeleteMarker: new(true)}
		case 2:
			noncurrentAfter(int32(1+r.IntN(3)), int32(r.IntN(3)))(&rule)
		default:
			afterDays(2)(&rule)
			noncurrentAfter(1, 1)(&rule)
		}
		list = append(list, rule)
	}
	return list
}

// modelled returns what is left of versions, in their order.
func modelled(list []s3api.LifecycleRule, versions []objects.Version, now time.Time, state objects.Versioning) []objects.Version {
	past := func(from time.Time, days int32) bool {
		midnight := time.Date(from.Year(), from.Month(), from.Day()+1+int(days), 0, 0, 0, 0, time.UTC)
		return !now.Before(midnight)
	}
	matches := func(rule s3api.LifecycleRule, v objects.Version) bool {
		f := rule.Filter
		switch {
		case f.Tag != nil:
			return len(v.Tags) > 0
		case f.And != nil:
			return v.Size > 0 && v.Size < 3 && strings.HasPrefix(v.Key, *f.And.Prefix)
		}
		return strings.HasPrefix(v.Key, *f.Prefix)
	}
	var left []objects.Version
	replaced := map[string]bool{} // the null version of this key, by a delete marker
	for i, v := range versions {
		behind := 0
		for _, other := range versions[:i] {
			if other.Key == v.Key && !other.Latest {
				behind++
			}
		}
		alone := len(slices.DeleteFunc(slices.Clone(versions), func(o objects.Version) bool { return o.Key != v.Key })) == 1
		gone := slices.ContainsFunc(list, func(rule s3api.LifecycleRule) bool {
			e, n := rule.Expiration, rule.NoncurrentVersionExpiration
			switch {
			case !matches(rule, v):
				return false
			case !v.Latest:
				return n != nil && past(v.Became, *n.NoncurrentDays) && (n.NewerNoncurrentVersions == nil || behind >= int(*n.NewerNoncurrentVersions))
			case e == nil || v.Marker && !alone:
				return false
			case e.Days == nil:
				return v.Marker
			}
			return past(v.Time, *e.Days)
		})
		switch {
		case !gone:
			left = append(left, v)
		case v.Latest && !v.Marker && state != objects.Unversioned:
			left = append(left, objects.Version{Key: v.Key, Latest: true, Marker: true})
			v.Latest = false
			left = append(left, v)
			if state == objects.Suspended {
				replaced[v.Key] = true
			}
		}
	}
	return slices.DeleteFunc(left, func(v objects.Version) bool { return v.ID == objects.NullVersion && replaced[v.Key] })
}
