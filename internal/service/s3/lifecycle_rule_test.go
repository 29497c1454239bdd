package s3_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/store/objects"
)

func at(text string) time.Time {
	t, err := time.Parse(time.DateTime, text)
	if err != nil {
		panic(err)
	}
	return t
}

func enabled(id, prefix string, change func(*s3api.LifecycleRule)) s3api.LifecycleRule {
	r := s3api.LifecycleRule{ID: &id, Status: new("Enabled"), Filter: &s3api.LifecycleRuleFilter{Prefix: &prefix}}
	change(&r)
	return r
}

func afterDays(days int32) func(*s3api.LifecycleRule) {
	return func(r *s3api.LifecycleRule) { r.Expiration = &s3api.LifecycleExpiration{Days: &days} }
}

func TestExpirationHeader(t *testing.T) {
	tag := s3api.Tag{Key: new("keep"), Value: new("no")}
	for _, tt := range []struct {
		name  string
		rules []s3api.LifecycleRule
		v     objects.Version
		want  string
	}{
		{name: "no rules", v: objects.Version{Key: "a", Latest: true}},
		{
			name:  "days round up to the next midnight",
			rules: []s3api.LifecycleRule{enabled("r", "", afterDays(3))},
			v:     objects.Version{Key: "a", Latest: true, Time: at("2014-01-15 10:30:00")},
			want:  `expiry-date="Sun, 19 Jan 2014 00:00:00 GMT", rule-id="r"`,
		},
		{
			name:  "a name with spaces is escaped",
			rules: []s3api.LifecycleRule{enabled(`old "things"`, "", afterDays(1))},
			v:     objects.Version{Key: "a", Latest: true, Time: at("2014-01-15 23:59:59")},
			want:  `expiry-date="Fri, 17 Jan 2014 00:00:00 GMT", rule-id="old%20%22things%22"`,
		},
		{
			name:  "the earliest of several rules wins",
			rules: []s3api.LifecycleRule{enabled("late", "", afterDays(9)), enabled("soon", "logs/", afterDays(2)), enabled("never", "other/", afterDays(1))},
			v:     objects.Version{Key: "logs/a", Latest: true, Time: at("2014-01-15 10:30:00")},
			want:  `expiry-date="Sat, 18 Jan 2014 00:00:00 GMT", rule-id="soon"`,
		},
		{
			name: "a date",
			rules: []s3api.LifecycleRule{enabled("r", "", func(r *s3api.LifecycleRule) {
				r.Expiration = &s3api.LifecycleExpiration{Date: new(at("2030-01-01 00:00:00"))}
			})},
			v:    objects.Version{Key: "a", Latest: true, Time: at("2014-01-15 10:30:00")},
			want: `expiry-date="Tue, 01 Jan 2030 00:00:00 GMT", rule-id="r"`,
		},
		{
			name:  "a rule that is off",
			rules: []s3api.LifecycleRule{enabled("r", "", func(r *s3api.LifecycleRule) { afterDays(1)(r); r.Status = new("Disabled") })},
			v:     objects.Version{Key: "a", Latest: true},
		},
		{
			name:  "an earlier version is not told of",
			rules: []s3api.LifecycleRule{enabled("r", "", afterDays(1))},
			v:     objects.Version{Key: "a"},
		},
		{
			name: "tag and size",
			rules: []s3api.LifecycleRule{enabled("r", "", func(r *s3api.LifecycleRule) {
				afterDays(1)(r)
				r.Filter = &s3api.LifecycleRuleFilter{And: &s3api.LifecycleRuleAndOperator{
					Tags: []s3api.Tag{tag}, ObjectSizeGreaterThan: new(int64(10)), ObjectSizeLessThan: new(int64(20)),
				}}
			})},
			v: objects.Version{
				Key: "a", Latest: true, Size: 15, Tags: []objects.Tag{{Key: "x", Value: "y"}, {Key: "keep", Value: "no"}},
				Time: at("2014-01-15 00:00:00"),
			},
			want: `expiry-date="Fri, 17 Jan 2014 00:00:00 GMT", rule-id="r"`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, s3.Expiration(tt.rules, &tt.v)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhichVersionsARuleIsFor(t *testing.T) {
	tag := s3api.Tag{Key: new("k"), Value: new("v")}
	tagged := []objects.Tag{{Key: "k", Value: "v"}}
	for _, tt := range []struct {
		name string
		rule s3api.LifecycleRule
		v    objects.Version
		want bool
	}{
		{"no filter", s3api.LifecycleRule{}, objects.Version{Key: "a"}, true},
		{"old prefix", s3api.LifecycleRule{Prefix: new("b")}, objects.Version{Key: "a"}, false},
		{"prefix", s3api.LifecycleRule{Filter: &s3api.LifecycleRuleFilter{Prefix: new("a/")}}, objects.Version{Key: "a/b"}, true},
		{"tag", s3api.LifecycleRule{Filter: &s3api.LifecycleRuleFilter{Tag: &tag}}, objects.Version{Key: "a", Tags: tagged}, true},
		{"no such tag", s3api.LifecycleRule{Filter: &s3api.LifecycleRuleFilter{Tag: &tag}}, objects.Version{Key: "a"}, false},
		{"greater is not equal", s3api.LifecycleRule{Filter: &s3api.LifecycleRuleFilter{ObjectSizeGreaterThan: new(int64(5))}}, objects.Version{Size: 5}, false},
		{"greater", s3api.LifecycleRule{Filter: &s3api.LifecycleRuleFilter{ObjectSizeGreaterThan: new(int64(5))}}, objects.Version{Size: 6}, true},
		{"less is not equal", s3api.LifecycleRule{Filter: &s3api.LifecycleRuleFilter{ObjectSizeLessThan: new(int64(5))}}, objects.Version{Size: 5}, false},
		{"and needs all", s3api.LifecycleRule{Filter: &s3api.LifecycleRuleFilter{And: &s3api.LifecycleRuleAndOperator{Prefix: new("a"), Tags: []s3api.Tag{tag}}}}, objects.Version{Key: "b", Tags: tagged}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := s3.RuleApplies(&tt.rule, &tt.v); got != tt.want {
				t.Errorf("applies is %v", got)
			}
		})
	}
}

func TestAbortRule(t *testing.T) {
	abort := func(days int32) func(*s3api.LifecycleRule) {
		return func(r *s3api.LifecycleRule) {
			r.AbortIncompleteMultipartUpload = &s3api.AbortIncompleteMultipartUpload{DaysAfterInitiation: &days}
		}
	}
	rules := []s3api.LifecycleRule{enabled("all", "", abort(7)), enabled("tmp", "tmp/", abort(1)), enabled("other", "", afterDays(1))}
	date, id, ok := s3.AbortRule(rules, "tmp/a", at("2020-02-28 12:00:00"))
	if id != "tmp" || !ok || !date.Equal(at("2020-03-01 00:00:00")) {
		t.Errorf("%s at %s, %v", id, date, ok)
	}
	if date, id, _ = s3.AbortRule(rules, "a", at("2020-02-28 12:00:00")); id != "all" || !date.Equal(at("2020-03-07 00:00:00")) {
		t.Errorf("%s at %s", id, date)
	}
	if _, _, ok = s3.AbortRule(rules[2:], "a", at("2020-02-28 12:00:00")); ok {
		t.Error("a rule that aborts nothing aborts")
	}
}

func TestRulePrefixesCoverEachOther(t *testing.T) {
	none := func(*s3api.LifecycleRule) {}
	rules := []s3api.LifecycleRule{enabled("", "b/", none), enabled("", "a", none), enabled("", "a/c", none), enabled("", "ab", none), enabled("", "b/", none)}
	if diff := cmp.Diff([]string{"a", "b/"}, s3.RulePrefixes(rules)); diff != "" {
		t.Error(diff)
	}
}
