package verify_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/trail/trailtest"
	"github.com/sillok/sillok/internal/trail/verify"
)

// Of a part of the time no more is listed than that part, and what is found is the same
// as by a listing of everything: in a bucket, and in a folder where a digest needs the
// one after it.
func TestAPartOfTheTimeIsListedAlone(t *testing.T) {
	const days = 8
	trail := trailtest.New(t).Hours(days*24, 3)
	r := rand.New(rand.NewPCG(1, 5))
	change(t, trail, trail.Logs[len(trail.Logs)/2], func(text string) string { return text + " " })
	delete(trail.Objects, trail.Logs[len(trail.Logs)/3])
	delete(trail.Objects, trail.Digests[len(trail.Digests)/4])
	for range 60 {
		begin := trailtest.Begin.Add(time.Duration(r.IntN(days*24*60)) * time.Minute)
		end := begin.Add(time.Duration(r.IntN(30*60)) * time.Minute)
		switch r.IntN(4) {
		case 0:
			begin = time.Time{}
		case 1:
			end = time.Time{}
		}
		for _, plain := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s to %s, a folder: %t", begin.Format(time.RFC3339), end.Format(time.RFC3339), plain), func(t *testing.T) {
				ask := func(page int) (found, int) {
					listed := 0
					m := memory{objects: trail.Objects, plain: plain, page: page, listed: &listed}
					cfg := verify.Config{Places: []verify.Place{placeOf(trail.Bucket, m)}, Keys: keysOf(trail), Readers: 4, Start: begin, End: end}
					return run(t, cfg), listed
				}
				whole, all := ask(0)
				part, listed := ask(10)
				if diff := gocmp.Diff(whole.problems, part.problems); diff != "" {
					t.Errorf("problems (-whole listing +part):\n%s", diff)
				}
				if diff := gocmp.Diff(whole.report, part.report, cmpopts.IgnoreUnexported(verify.Report{})); diff != "" {
					t.Errorf("report (-whole listing +part):\n%s", diff)
				}
				if !begin.IsZero() && !end.IsZero() && listed > all/2 {
					t.Errorf("%d of %d objects are listed for %s", listed, all, end.Sub(begin))
				}
			})
		}
	}
}
