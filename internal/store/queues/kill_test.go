package queues_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/store/queues"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"work": workUntilKilled})
}

const killWorkers = 6

// workUntilKilled sends, receives and deletes until it is killed. Each worker has a group
// of its own in a queue that is in order, and words of its own in one that is not. It says
// before each change and after it what is changed.
func workUntilKilled(dir string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s, err := queues.Open(ctx, dir, queues.Small(queues.Config{Log: slog.New(slog.DiscardHandler)}), all())
	if err != nil {
		return err
	}
	run := uuid.NewString()
	var group sync.WaitGroup
	var failed error
	var once sync.Once
	for w := range killWorkers {
		group.Go(func() {
			if err := killWork(ctx, s, run, w); err != nil {
				once.Do(func() { failed = err })
			}
		})
	}
	group.Wait()
	return failed
}

func killWork(ctx context.Context, s *queues.Store, run string, w int) error {
	rng := rand.New(rand.NewPCG(rand.Uint64(), uint64(w)))
	say := func(words ...any) { fmt.Fprintln(os.Stdout, append(words, ".")...) }
	for n := 0; ; n++ {
		number := []uint64{plain, ordered}[rng.IntN(2)]
		if rng.IntN(3) > 0 {
			m := message(fmt.Sprintf("%s/%d/%06d", run, w, n))
			m.Group, m.Name = fmt.Sprint("g", w), string(m.Body)
			say("send", number, string(m.Body))
			if _, err := s.Send(ctx, number, []queues.Message{m}); err != nil {
				return err
			}
			say("sent", number, string(m.Body))
			continue
		}
		got, err := s.Receive(ctx, number, queues.Want{Most: 3, Visibility: 50 * time.Millisecond, Retention: keep})
		if err != nil {
			return err
		}
		for _, m := range got.Messages {
			say("delete", number, string(m.Body))
			each, err := s.Delete(ctx, number, []string{m.Receipt})
			if err != nil {
				return err
			}
			if each[0] == nil {
				say("deleted", number, string(m.Body))
			} else {
				say("kept", number, string(m.Body))
			}
		}
	}
}

// fate is what was said of a message.
type fate struct {
	sent, deleted bool // for certain
	maybe         bool // its deletion had begun
}

// What a process was told is so after it was killed: a message that was sent is there, one
// that was deleted is not, those of a group are in order, and what names itself again is
// not sent again.
func TestKill(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 5
	}
	dir := filepath.Join(t.TempDir(), "queues")
	rng := rand.New(rand.NewPCG(1, 2))
	fates := map[uint64]map[string]*fate{plain: {}, ordered: {}}
	for range rounds {
		killtest.After(t, 20+rng.IntN(400), func(line string) bool {
			var what, word, end string
			var number uint64
			if got, _ := fmt.Sscan(line, &what, &number, &word, &end); got < 4 {
				return false // it was killed while it wrote that
			}
			f := fates[number][word]
			if f == nil {
				f = &fate{}
				fates[number][word] = f
			}
			switch what {
			case "sent":
				f.sent = true
			case "delete":
				f.maybe = true
			case "kept":
				f.maybe = false
			case "deleted":
				f.deleted = true
			}
			return what == "sent" || what == "deleted"
		}, "work", dir)
		wantKilled(t, dir, fates)
		if t.Failed() {
			return
		}
	}
}

// wantKilled fails the test unless what is there is what was said. It deletes all that is
// there, so that nothing may come back in the next round.
func wantKilled(t *testing.T, dir string, fates map[uint64]map[string]*fate) {
	t.Helper()
	// Later, so that all may be received; names count still.
	late := 4 * time.Minute
	s, err := queues.Open(t.Context(), dir, queues.Config{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Now().Add(late) }}, all())
	if err != nil {
		t.Fatal(err)
	}
	for number, known := range fates {
		there := drained(t, s, number)
		for word := range there {
			if known[word] == nil {
				t.Errorf("%s is in %d and was never sent", word, number)
			}
		}
		for word, f := range known {
			switch {
			case f.deleted && there[word]:
				t.Errorf("%s was deleted from %d and is there", word, number)
			case f.sent && !f.deleted && !f.maybe && !there[word]:
				t.Errorf("%s was sent to %d and is lost", word, number)
			}
			if f.sent && number == ordered && !f.deleted {
				wantRepeated(t, s, word)
			}
			*f = fate{deleted: true}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// drained receives and deletes all messages of a queue, and returns what they say. Those of
// one worker's group must be in order.
func drained(t *testing.T, s *queues.Store, number uint64) map[string]bool {
	t.Helper()
	there, last := map[string]bool{}, map[string]string{}
	for {
		got := receive(t, s, number, queues.Want{Most: 10, Visibility: time.Hour, Retention: keep})
		if len(got) == 0 {
			return there
		}
		for _, m := range got {
			word := string(m.Body)
			if there[word] {
				t.Errorf("%s is in %d twice", word, number)
			}
			there[word] = true
			of := word[:strings.LastIndexByte(word, '/')]
			if number == ordered && last[of] >= word {
				t.Errorf("%s comes after %s", word, last[of])
			}
			last[of] = word
		}
		for i, err := range remove(t, s, number, got...) {
			if err != nil {
				t.Errorf("delete %s: %v", got[i].Body, err)
			}
		}
	}
}

func wantRepeated(t *testing.T, s *queues.Store, word string) {
	t.Helper()
	if sent := send(t, s, ordered, named("again", "again", word)); !sent[0].Repeated {
		t.Errorf("%s is sent again", word)
	}
}
