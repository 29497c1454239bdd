package digest_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/trail/digest"
)

// linked makes a chain of n digests, one an hour.
func linked(t *testing.T, n int, change func(i int, d *digest.Draft)) []digest.Seen {
	t.Helper()
	var chain []digest.Seen
	var previous *digest.Link
	for i := range n {
		d := draft(i)
		d.Previous = previous
		change(i, &d)
		o := sign(t, d)
		read, err := digest.Parse(bytes.NewReader(o.Body))
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, digest.Seen{Bucket: o.Bucket, Key: o.Key, At: d.Place.Time, Signature: o.Link.Signature, Read: read})
		previous = &o.Link
	}
	return chain
}

func nothing(int, *digest.Draft) {}

func TestChains(t *testing.T) {
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	key := func(n int) string { return draft(n).Place.Key() }
	for _, tt := range []struct {
		name   string
		change func(i int, d *digest.Draft)
		found  func(chain []digest.Seen) []digest.Seen
		since  time.Time
		want   []digest.Break
	}{
		{name: "whole"},
		{
			name: "logging was stopped", change: func(i int, d *digest.Draft) {
				if i == 2 {
					d.Previous, d.Start = nil, hour(1).Add(50*time.Minute)
				}
			},
			want: []digest.Break{{Kind: digest.Gap, Bucket: "my-logs", Key: key(2), Since: hour(1), Until: hour(1).Add(50 * time.Minute)}},
		},
		{
			name: "one was removed", found: func(c []digest.Seen) []digest.Seen { return slices.Delete(c, 1, 2) },
			want: []digest.Break{{Kind: digest.Missing, Bucket: "my-logs", Key: key(1), Since: hour(0), Until: hour(1)}},
		},
		{
			name: "two were removed", found: func(c []digest.Seen) []digest.Seen { return slices.Delete(c, 1, 3) },
			want: []digest.Break{{Kind: digest.Missing, Bucket: "my-logs", Key: key(2), Since: hour(0), Until: hour(2)}},
		},
		{
			name: "the first was removed", found: func(c []digest.Seen) []digest.Seen { return c[1:] },
			want: []digest.Break{{Kind: digest.Missing, Bucket: "my-logs", Key: key(0), Until: hour(0)}},
		},
		{name: "the first is older than what is looked at", found: func(c []digest.Seen) []digest.Seen { return c[1:] }, since: hour(0).Add(time.Minute)},
		{
			name: "one is invalid", found: func(c []digest.Seen) []digest.Seen {
				c[1].Read = nil
				return c
			},
		},
		{
			name: "one was replaced by another that was signed", found: func(c []digest.Seen) []digest.Seen {
				c[1] = linked(t, 2, func(_ int, d *digest.Draft) {
					d.Logs = []digest.LogFile{{Bucket: "my-logs", Key: "a"}}
				})[1]
				return c
			},
			want: []digest.Break{
				{Kind: digest.Replaced, Bucket: "my-logs", Key: key(0)}, // the other chain's first was another one too
				{Kind: digest.Replaced, Bucket: "my-logs", Key: key(1)},
			},
		},
		{
			name: "one that the chain passes by", found: func(c []digest.Seen) []digest.Seen {
				d := draft(1)
				d.Place.Time, d.Previous = hour(1).Add(time.Minute), &digest.Link{Bucket: "my-logs", Key: key(1), Hash: c[1].Read.Hash, Signature: c[1].Signature}
				o := sign(t, d)
				read, _ := digest.Parse(bytes.NewReader(o.Body))
				return slices.Insert(c, 2, digest.Seen{Bucket: "my-logs", Key: o.Key, At: d.Place.Time, Signature: o.Link.Signature, Read: read})
			},
			want: []digest.Break{
				{Kind: digest.Jump, Bucket: "my-logs", Key: "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T130100Z.json.gz", Since: hour(1), Until: hour(0)},
				{Kind: digest.Beside, Bucket: "my-logs", Key: "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T130100Z.json.gz"},
			},
		},
		{
			name: "the clock was set", change: func(i int, d *digest.Draft) {
				if i == 2 {
					d.Start = d.Start.Add(20 * time.Minute)
				}
			},
			want: []digest.Break{{Kind: digest.Jump, Bucket: "my-logs", Key: key(2), Since: hour(1), Until: hour(1).Add(20 * time.Minute)}},
		},
		{
			name: "the bucket was another one before", change: func(i int, d *digest.Draft) {
				if i == 0 {
					d.Bucket = "old-logs"
				}
			},
			found: func(c []digest.Seen) []digest.Seen { return c[1:] },
			want:  []digest.Break{{Kind: digest.Elsewhere, Bucket: "old-logs", Key: key(0)}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.change == nil {
				tt.change = nothing
			}
			all := linked(t, 4, tt.change)
			if tt.found != nil {
				all = tt.found(all)
			}
			c := digest.Chain{
				Since: tt.since,
				There: func(bucket, key string) (found, known bool) {
					return slices.ContainsFunc(all, func(s digest.Seen) bool { return s.Bucket == bucket && s.Key == key }), bucket == "my-logs"
				},
			}
			var got []digest.Break
			for _, s := range all {
				got = append(got, c.Add(s)...)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
