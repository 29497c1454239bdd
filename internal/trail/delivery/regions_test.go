package delivery_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/place"
)

// counted is how many digests there are of an account and region, how many of them know
// no log file, and how many begin a chain.
type counted struct{ Digests, Empty, Begin int }

func (r *rig) digestsByRegion(bucket string) map[string]counted {
	r.t.Helper()
	all := map[string]counted{}
	for name, o := range r.buckets.objects {
		key, _ := strings.CutPrefix(name, bucket+"/")
		p, err := place.Parse(key)
		if err != nil {
			r.t.Fatal(err)
		}
		if p.Kind != place.Digest {
			continue
		}
		read, err := digest.Parse(bytes.NewReader(o.body))
		if err != nil {
			r.t.Fatal(err)
		}
		at := string(p.Account) + " " + string(p.Region)
		c := all[at]
		c.Digests++
		if len(read.File.Logs) == 0 {
			c.Empty++
		}
		if _, ok := read.File.Previous(); !ok {
			c.Begin++
		}
		all[at] = c
	}
	return all
}

// A trail of all regions has a digest each hour of each region that is enabled, whatever
// happens there, from its start to its stop; and one that is of its home alone no others.
func TestDigestsOfRegionsWithoutEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, journal.Config{})
		r.cfg.Regions = func(of cloud.Region) []cloud.Region { return []cloud.Region{of, "eu-west-1", "us-east-1"} }
		r.cfg.Organization = func(context.Context, cloud.Account, uint64) (string, error) { return "o-exampleorg1", nil }
		r.restart()
		hours := func(n int) {
			for range n {
				<-time.After(time.Hour)
				r.deliver()
				if err := r.Digests(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := func(when string, want map[string]counted) {
			t.Helper()
			if diff := cmp.Diff(want, r.digestsByRegion("a-logs")); diff != "" {
				t.Errorf("%s:\n%s", when, diff)
			}
		}
		tr := trail("a")
		tr.Validated, tr.Organization = true, "o-exampleorg1"
		r.set(tr, "StartLogging")
		hours(3)
		here, far, east := string(account)+" "+string(home), string(account)+" eu-west-1", string(account)+" us-east-1"
		want("from the start on", map[string]counted{here: {3, 2, 1}, far: {3, 3, 1}, east: {3, 3, 1}})
		f := fact("GetMember")
		f.Call.Account, f.Call.Principal, f.Call.Region = "444455556666", cloud.RootOf("444455556666"), "sa-east-1"
		r.record(f)
		hours(2)
		const member = "444455556666 "
		want("of a member, from its first event on, and where that was", map[string]counted{
			here: {5, 4, 1}, far: {5, 5, 1}, east: {5, 5, 1},
			member + string(home): {1, 1, 1}, member + "eu-west-1": {1, 1, 1}, member + "us-east-1": {1, 1, 1}, member + "sa-east-1": {1, 0, 1},
		})
		tr.Organization, tr.MultiRegion = "", false
		r.set(tr, "UpdateTrail")
		hours(3)
		want("of its home alone", map[string]counted{
			here: {8, 6, 1}, far: {6, 6, 1}, east: {6, 6, 1},
			member + string(home): {4, 4, 1}, member + "eu-west-1": {2, 2, 1}, member + "us-east-1": {2, 2, 1}, member + "sa-east-1": {2, 1, 1},
		})
		tr.MultiRegion = true
		r.set(tr, "UpdateTrail")
		hours(2)
		if got := r.digestsByRegion("a-logs"); got[far] != (counted{8, 8, 2}) || got[here] != (counted{10, 7, 1}) {
			t.Errorf("of all regions again: %+v", got)
		}
		tr.Logging = false
		r.set(tr, "StopLogging")
		hours(3)
		if got := r.digestsByRegion("a-logs"); got[far] != (counted{9, 9, 2}) {
			t.Errorf("after the stop: %+v", got)
		}
	})
}
