package logs

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/language/filterpattern"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/servicetest"
)

// A search whose time is over ends, also where it found nothing, with the place from
// which it goes on; so pages come to the end.
func TestASearchWithoutPatienceGoesOn(t *testing.T) {
	s, err := Open(t.Context(), Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)}, servicetest.Store(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	random := rand.New(rand.NewPCG(9, 9))
	for i := range 40 {
		var lines []events.Line
		for n := range 20 {
			lines = append(lines, events.Line{Time: int64(i*20 + n), Message: fmt.Sprintf("%016x%05000d", random.Uint64(), n)})
		}
		if _, err := s.events.Append(t.Context(), 1, 2, lines); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.events.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	pattern, err := filterpattern.Compile(`"this stands nowhere"`)
	if err != nil {
		t.Fatal(err)
	}
	q := events.All(1)
	q.Terms = [][]byte{[]byte("this stands nowhere")}
	pages := 1
	for ; pages < 1000; pages++ {
		p := search{Service: s, pattern: pattern, most: 10, until: time.Now().Add(-time.Second)}
		more, err := p.run(t.Context(), q, &logsapi.FilterLogEventsOutput{})
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		q.After = &p.last
	}
	if pages < 10 || pages == 1000 {
		t.Errorf("%d pages", pages)
	}
}
