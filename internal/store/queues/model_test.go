package queues_test

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/store/queues"
)

// model is what queues should hold, kept in the plainest way.
type model struct {
	now    time.Time
	queues map[uint64]*modelQueue
}

type modelQueue struct {
	ordered  bool
	messages []*modelMessage
	names    map[string]time.Time
}

type modelMessage struct {
	word, group, receipt string
	visible              time.Time
	count                int
	out                  bool // it is with a receiver
}

func newModel() *model {
	m := &model{now: newClock().now, queues: map[uint64]*modelQueue{}}
	for _, q := range all() {
		m.queues[q.Number] = &modelQueue{ordered: q.Ordered, names: map[string]time.Time{}}
	}
	return m
}

func (m *model) clone() *model {
	c := &model{now: m.now, queues: map[uint64]*modelQueue{}}
	for n, q := range m.queues {
		copied := &modelQueue{ordered: q.ordered, names: maps.Clone(q.names)}
		for _, one := range q.messages {
			copied.messages = append(copied.messages, new(*one))
		}
		c.queues[n] = copied
	}
	return c
}

// waits says whether a message may not be received at a time.
func (m *modelMessage) waits(now time.Time) bool { return m.visible.After(now) }

// next returns what a receiver gets who wants one message; nil for nothing. before is what
// it has got already.
func (q *modelQueue) next(now time.Time, before []*modelMessage) *modelMessage {
	held := map[string]int{}
	closed := map[string]bool{}
	mine := map[string]bool{}
	for _, m := range before {
		mine[m.group] = true
	}
	for _, m := range q.messages {
		if m.out && m.waits(now) {
			if m.group != "" {
				held[m.group]++
			}
			if !slices.Contains(before, m) {
				closed[m.group] = true
			}
		}
	}
	var can []*modelMessage
	for _, m := range q.messages {
		if m.waits(now) || slices.Contains(before, m) {
			continue
		}
		if q.ordered && (closed[m.group] || mine[m.group] && before[len(before)-1].group != m.group) {
			continue
		}
		can = append(can, m)
	}
	if len(can) == 0 {
		return nil
	}
	if q.ordered {
		// All of one group before the next.
		if len(before) > 0 {
			last := before[len(before)-1].group
			if i := slices.IndexFunc(can, func(m *modelMessage) bool { return m.group == last }); i >= 0 {
				return can[i]
			}
		}
		return can[0]
	}
	return slices.MinFunc(can, func(a, b *modelMessage) int { return cmp.Compare(held[a.group], held[b.group]) })
}

// walker does what comes to its mind with a store and a model.
type walker struct {
	t     *testing.T
	rng   *rand.Rand
	fsys  vfs.FS
	model *model
	store *queues.Store
	sent  int
}

func (w *walker) config() queues.Config {
	return queues.Small(queues.Config{Log: slog.New(slog.DiscardHandler), FS: w.fsys, Now: func() time.Time { return w.model.now }})
}

// step does one thing, and returns the model as it is after it. What the store says must be
// what the model says.
func (w *walker) step() (*model, error) {
	after := w.model.clone()
	number := []uint64{plain, ordered, dead}[w.rng.IntN(3)]
	q := after.queues[number]
	switch w.rng.IntN(10) {
	case 0, 1, 2, 3:
		return after, w.send(number, q, after.now)
	case 4, 5, 6:
		return after, w.receive(number, q, after)
	case 7:
		return after, w.delete(number, q)
	case 8:
		return after, w.show(number, q, after.now)
	default:
		if w.rng.IntN(20) == 0 {
			q.messages = nil
			_, err := w.store.Purge(w.t.Context(), number)
			return after, err
		}
		after.now = after.now.Add(time.Duration(w.rng.IntN(20_000)) * time.Millisecond)
		w.model.now = after.now // nothing else happens
		_, err := w.store.Sweep(w.t.Context(), number, keep)
		return after, err
	}
}

func (w *walker) send(number uint64, q *modelQueue, now time.Time) error {
	var messages []queues.Message
	var repeated []bool
	until := map[string]time.Time{}
	for _, m := range q.messages {
		if q.ordered && m.count == 0 && m.visible.After(until[m.group]) {
			until[m.group] = m.visible
		}
	}
	for range 1 + w.rng.IntN(4) {
		w.sent++
		m := message(fmt.Sprint("w", w.sent))
		m.Group = []string{"", "a", "b", "c"}[w.rng.IntN(4)]
		if w.rng.IntN(4) == 0 {
			m.Delay = time.Duration(w.rng.IntN(30)) * time.Second
		}
		if q.ordered {
			m.Name = fmt.Sprint("n", w.rng.IntN(40))
		}
		messages = append(messages, m)
		before, ok := q.names[m.Name]
		again := q.ordered && ok && now.Sub(before) < queues.Repeats
		if repeated = append(repeated, again); again {
			continue
		}
		visible := now.Add(m.Delay)
		if q.ordered {
			q.names[m.Name] = now
			if until[m.Group].After(visible) {
				visible = until[m.Group]
			}
			until[m.Group] = visible
		}
		q.messages = append(q.messages, &modelMessage{word: string(m.Body), group: m.Group, visible: visible})
	}
	sent, err := w.store.Send(w.t.Context(), number, messages)
	for i := range sent {
		if err == nil && sent[i].Repeated != repeated[i] {
			w.t.Errorf("message %d of %d was repeated: %t", i, number, sent[i].Repeated)
		}
	}
	return err
}

func (w *walker) receive(number uint64, q *modelQueue, after *model) error {
	want := want(1 + w.rng.IntN(4))
	want.Visibility = time.Duration(w.rng.IntN(40)) * time.Second
	letters := number == plain && w.rng.IntN(2) == 0
	if letters {
		want.DeadLetter = &queues.DeadLetter{To: dead, After: 3}
	}
	var got []*modelMessage
	for len(got) < want.Most {
		m := q.next(after.now, got)
		if m == nil {
			break
		}
		if letters && m.count >= 3 {
			q.messages = slices.DeleteFunc(q.messages, func(one *modelMessage) bool { return one == m })
			m.visible, m.out, m.receipt = after.now, false, ""
			after.queues[dead].messages = append(after.queues[dead].messages, m)
			continue
		}
		m.count, m.visible, m.out = m.count+1, after.now.Add(want.Visibility), true
		got = append(got, m)
		if want.Visibility == 0 {
			break // it may be received again at once, but not by the same receiver
		}
	}
	if want.Visibility == 0 {
		want.Most = 1
	}
	out, err := w.store.Receive(w.t.Context(), number, want)
	if err != nil {
		return err
	}
	var expected []string
	for i, m := range got {
		expected = append(expected, fmt.Sprintf("%s:%d", m.word, m.count))
		if i < len(out.Messages) {
			m.receipt = out.Messages[i].Receipt
		}
	}
	if have := words(out.Messages); have != fmt.Sprint(expected) {
		w.t.Errorf("of %d was received %s, want %v", number, have, expected)
	}
	return nil
}

// some returns a message that was received.
func (w *walker) some(q *modelQueue) *modelMessage {
	var all []*modelMessage
	for _, m := range q.messages {
		if m.receipt != "" {
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[w.rng.IntN(len(all))]
}

func (w *walker) delete(number uint64, q *modelQueue) error {
	m := w.some(q)
	if m == nil {
		return nil
	}
	expired := q.ordered && !m.waits(w.model.now)
	if !expired {
		q.messages = slices.DeleteFunc(q.messages, func(one *modelMessage) bool { return one == m })
	}
	each, err := w.store.Delete(w.t.Context(), number, []string{m.receipt})
	if err == nil && errors.Is(each[0], queues.ErrExpired) != expired {
		w.t.Errorf("deleting %s of %d: %v, want expired %t", m.word, number, each[0], expired)
	}
	return err
}

func (w *walker) show(number uint64, q *modelQueue, now time.Time) error {
	m := w.some(q)
	if m == nil {
		return nil
	}
	timeout := time.Duration(w.rng.IntN(30)) * time.Second
	held := m.waits(now)
	if held {
		m.visible = now.Add(timeout)
	}
	each, err := w.store.SetVisibility(w.t.Context(), number, []queues.Visibility{{Receipt: m.receipt, Timeout: timeout}})
	if err == nil && (each[0] == nil) != held {
		w.t.Errorf("showing %s of %d: %v, want it with a receiver: %t", m.word, number, each[0], held)
	}
	return err
}

// difference says how a store differs from a model, by what could be received from now on.
func difference(t *testing.T, s *queues.Store, m *model) string {
	t.Helper()
	for number, q := range m.queues {
		var want queues.Counts
		for _, one := range q.messages {
			switch {
			case !one.waits(m.now):
				want.Ready++
			case one.out:
				want.InFlight++
			default:
				want.Delayed++
			}
		}
		got, err := s.Count(number, keep)
		if err != nil || got != want {
			return fmt.Sprintf("queue %d has %+v (%v), want %+v", number, got, err, want)
		}
	}
	return ""
}

// drain receives all there is, and compares it with a model. It is the last thing that is
// done with a store.
func (w *walker) drain(s *queues.Store, m *model) {
	w.t.Helper()
	w.store, w.model = s, m
	for range 200 {
		for number, q := range m.queues {
			if err := w.receive(number, q, m); err != nil {
				w.t.Errorf("drain: %v", err)
			}
		}
		m.now = m.now.Add(time.Second)
		if w.t.Failed() {
			return
		}
	}
}

// Whatever is done, the store does what the model does, also after starts and power cuts.
func TestModel(t *testing.T) {
	rounds, steps := 60, 600
	if testing.Short() {
		rounds = 6
	}
	for seed := range rounds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			fsys := vfs.NewCrashableMem()
			w := &walker{t: t, rng: rand.New(rand.NewPCG(uint64(seed), 1)), fsys: fsys, model: newModel()}
			w.store = open(t, "queues", w.config())
			for range steps {
				after, err := w.step()
				if err != nil {
					t.Fatal(err)
				}
				w.model = after
				if diff := difference(t, w.store, w.model); diff != "" {
					t.Error(diff)
				}
				if t.Failed() {
					return
				}
				if w.rng.IntN(60) > 0 {
					continue
				}
				if w.rng.IntN(2) == 0 {
					if err := w.store.Close(); err != nil {
						t.Fatal(err)
					}
				} else {
					fsys = fsys.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: w.rng.IntN(101), RNG: w.rng})
					w.fsys = fsys
				}
				w.store = open(t, "queues", w.config())
			}
			w.drain(w.store, w.model)
		})
	}
}

// FuzzRecords holds the readers of records to what they promise: they end, and take no
// other than what was written.
func FuzzRecords(f *testing.F) {
	f.Add([]byte{1, 0}, []byte{})
	f.Fuzz(func(t *testing.T, message, seen []byte) {
		if again, ok := queues.Recode(message); ok && string(again) != string(message) && len(again) > len(message) {
			t.Errorf("%x became %x", message, again)
		}
		if again, ok := queues.RecodeSeen(seen); ok && string(again) != string(seen) {
			t.Errorf("%x became %x", seen, again)
		}
	})
}

// A receipt that was made up, or changed, is none.
func FuzzReceipts(f *testing.F) {
	s, err := queues.Open(f.Context(), "queues", queues.Config{Log: slog.New(slog.DiscardHandler), FS: vfs.NewMem()}, all())
	if err != nil {
		f.Fatal(err)
	}
	send(f, s, plain, queues.Message{ID: uuid.New(), Body: []byte("a")})
	given := receive(f, s, plain, want(1))[0].Receipt
	f.Add(given)
	f.Fuzz(func(t *testing.T, receipt string) {
		if s.Valid(plain, receipt) && receipt != given {
			t.Errorf("%q is taken", receipt)
		}
	})
}
