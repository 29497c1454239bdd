package records_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sillok/sillok/internal/store/records"
)

// model is what a log must hold, and what it may hold.
type model struct {
	t       *testing.T
	random  *rand.Rand
	power   *power
	cfg     records.Config
	words   int
	intents []*records.Intent // of this run, open

	mu      sync.Mutex
	begun   []*records.Intent // of this step
	durable map[uint64]string // acknowledged records, by number
	ends    map[string]uint64 // acknowledged ends, whose numbers are not known, and their intents
	queued  map[uint64]string // enqueued records
	maybe   map[string]bool   // what was refused or failed
	removed uint64
}

// What was acknowledged is there, in order and as it was, after every way in
// which a process or a machine may end.
func TestModel(t *testing.T) {
	const seeds = 150
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			p := newPower(t, random)
			m := &model{
				t: t, random: random, power: p, cfg: p.config(records.Config{Dir: t.TempDir(), SegmentBytes: small}),
				durable: map[uint64]string{}, ends: map[string]uint64{}, queued: map[uint64]string{}, maybe: map[string]bool{},
			}
			for range 6 {
				m.run()
			}
		})
	}
}

// run opens the log, checks it, appends to it and ends in some way.
func (m *model) run() {
	l, err := records.Open(m.t.Context(), m.cfg)
	if err != nil {
		m.t.Fatal(err)
	}
	open := m.check(l)
	m.intents = nil
	clear(m.ends)
	clear(m.queued)
	clear(m.maybe)
	m.unfinished(l, open)

	how := m.random.IntN(4)
	switch how {
	case 0, 1:
		m.power.set(1+m.random.IntN(60), false)
	case 2:
		m.power.set(-1, true)
	}
	for range m.random.IntN(25) {
		m.step(l)
	}
	if how < 3 {
		m.power.set(0, false) // the process dies: Close does nothing
	}
	if err := l.Close(); err != nil {
		m.t.Fatal(err)
	}
	m.power.set(-1, false)
	if m.random.IntN(2) == 0 {
		if err := m.power.off(); err != nil {
			m.t.Fatal(err)
		}
	}
}

// step lets some writers append at the same time.
func (m *model) step(l *records.Log) {
	var group sync.WaitGroup
	m.random.Shuffle(len(m.intents), func(i, j int) { m.intents[i], m.intents[j] = m.intents[j], m.intents[i] })
	for range 1 + m.random.IntN(5) {
		m.words++
		text := fmt.Sprint("word", m.words, strings.Repeat(".", m.random.IntN(1<<m.random.IntN(14))))
		switch op := m.random.IntN(10); {
		case op == 0:
			group.Go(func() {
				seq, err := l.Enqueue(m.t.Context(), []byte(text))
				m.note("plain "+text, seq, true, err)
			})
		case op < 4:
			group.Go(func() {
				intent, err := l.Begin(m.t.Context(), []byte(text), 1000)
				var seq uint64
				if err == nil {
					seq = intent.Seq()
				}
				m.note("begun "+text, seq, false, err)
				m.mu.Lock()
				defer m.mu.Unlock()
				if err == nil {
					m.begun = append(m.begun, intent)
				}
			})
		case op < 7 && len(m.intents) > 0:
			intent := m.intents[0]
			m.intents = m.intents[1:]
			group.Go(func() {
				text := fmt.Sprint(text[:min(len(text), 3000)], " ends") // also longer than was reserved
				m.noteEnd(intent.Seq(), text, intent.End(m.t.Context(), []byte(text)))
			})
		default:
			group.Go(func() {
				seq, err := l.Append(m.t.Context(), []byte(text))
				m.note("plain "+text, seq, false, err)
			})
		}
	}
	group.Wait()
	m.intents = append(m.intents, m.begun...)
	m.begun = nil
	if m.random.IntN(10) == 0 {
		m.retain(l)
	}
}

// note keeps what became of an append.
func (m *model) note(text string, seq uint64, queued bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case err != nil:
		m.maybe[text] = true
	case queued:
		m.queued[seq] = text
	default:
		m.durable[seq] = text
		for n, text := range m.queued {
			if n < seq {
				m.durable[n] = text
			}
		}
		maps.DeleteFunc(m.queued, func(n uint64, _ string) bool { return n < seq })
	}
}

func (m *model) noteEnd(of uint64, text string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if text = fmt.Sprintf("ended %d %s", of, text); err == nil {
		m.ends[text] = of
		return
	}
	m.maybe[text] = true
}

func (m *model) retain(l *records.Log) {
	err := l.Retain(m.t.Context(), records.Retention{MaxBytes: 3 * small})
	if err != nil && !errors.Is(err, errPower) && !strings.Contains(err.Error(), "sync failed") {
		m.t.Error(err)
	}
}

// check reads all, compares it and makes it what must be there from now on. It
// returns the intents that have no end.
func (m *model) check(l *records.Log) map[uint64]string {
	m.t.Helper()
	found, open := map[uint64]string{}, map[uint64]string{}
	next := uint64(1)
	for r, err := range l.Read(m.t.Context(), 1) {
		if removed, ok := errors.AsType[*records.RemovedError](err); ok {
			next, m.removed = removed.Last+1, removed.Last
			continue
		}
		if damage, ok := errors.AsType[*records.DamageError](err); ok {
			next = max(next, damage.Last+1)
			continue
		}
		if err != nil || r.Seq != next {
			m.t.Fatalf("record %d, %v; want %d", r.Seq, err, next)
		}
		next++
		_, found[r.Seq], _ = strings.Cut(line(r), " ")
		switch r.Kind {
		case records.Begun:
			open[r.Seq] = line(r)
		case records.Ended:
			delete(open, r.Of)
		case records.Plain:
		}
	}
	m.compare(found)
	m.durable = found
	return open
}

// compare compares what was found with what must and what may be there.
func (m *model) compare(found map[uint64]string) {
	m.t.Helper()
	present := map[string]bool{}
	for seq, text := range found {
		present[text] = true
		_, ended := m.ends[text]
		want, acknowledged := m.durable[seq]
		if acknowledged && want != text || !acknowledged && !ended && !m.maybe[text] && m.queued[seq] != text {
			m.t.Errorf("record %d is %.40q, want %.40q", seq, text, want)
		}
	}
	for seq, text := range m.durable {
		if seq > m.removed && found[seq] != text {
			m.t.Errorf("record %d, %.40q, was acknowledged and is lost", seq, text)
		}
	}
	for text, of := range m.ends {
		if of > m.removed && !present[text] {
			m.t.Errorf("%.40q was acknowledged and is lost", text)
		}
	}
}

// unfinished compares the intents that are told with those that are open, and
// abandons some.
func (m *model) unfinished(l *records.Log, open map[uint64]string) {
	m.t.Helper()
	told := map[uint64]string{}
	for r, err := range l.Unfinished(m.t.Context()) {
		if err != nil {
			m.t.Fatal(err)
		}
		told[r.Seq] = line(r)
	}
	if !maps.Equal(open, told) {
		m.t.Errorf("unfinished are %v, want %v", slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(open)))
	}
	for _, seq := range slices.Sorted(maps.Keys(told)) {
		if m.random.IntN(2) == 0 {
			m.noteEnd(seq, "abandoned", l.Abandon(m.t.Context(), seq, []byte("abandoned")))
		}
	}
}
