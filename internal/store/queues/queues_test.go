package queues_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/store/queues"
)

const (
	plain, ordered, dead = 1, 2, 3
	keep                 = 96 * time.Hour
)

func all() []queues.Queue {
	return []queues.Queue{{Number: plain}, {Number: ordered, Ordered: true}, {Number: dead}, {Number: 4, Ordered: true}}
}

func config() queues.Config { return queues.Config{Log: slog.New(slog.DiscardHandler)} }

func open(tb testing.TB, dir string, cfg queues.Config) *queues.Store {
	tb.Helper()
	s, err := queues.Open(tb.Context(), dir, cfg, all())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() }) // the test may have closed it, or broken its disk
	return s
}

// message returns a message whose body is a word.
func message(word string) queues.Message {
	return queues.Message{ID: uuid.New(), Body: []byte(word), Size: len(word)}
}

func of(group, word string) queues.Message {
	m := message(word)
	m.Group = group
	return m
}

func named(group, word, name string) queues.Message {
	m := of(group, word)
	m.Name = name
	return m
}

func send(tb testing.TB, s *queues.Store, number uint64, messages ...queues.Message) []queues.Sent {
	tb.Helper()
	sent, err := s.Send(tb.Context(), number, messages)
	if err != nil {
		tb.Fatal(err)
	}
	return sent
}

func want(most int) queues.Want {
	return queues.Want{Most: most, Visibility: 30 * time.Second, Retention: keep}
}

func receive(tb testing.TB, s *queues.Store, number uint64, w queues.Want) []queues.Received {
	tb.Helper()
	got, err := s.Receive(tb.Context(), number, w)
	if err != nil {
		tb.Fatal(err)
	}
	return got.Messages
}

func words(got []queues.Received) string {
	var all []string
	for _, m := range got {
		all = append(all, fmt.Sprintf("%s:%d", m.Body, m.Count))
	}
	return fmt.Sprint(all)
}

func wantWords(tb testing.TB, what, words, got string) {
	tb.Helper()
	if diff := cmp.Diff(words, got); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func remove(tb testing.TB, s *queues.Store, number uint64, got ...queues.Received) []error {
	tb.Helper()
	var receipts []string
	for _, m := range got {
		receipts = append(receipts, m.Receipt)
	}
	each, err := s.Delete(tb.Context(), number, receipts)
	if err != nil {
		tb.Fatal(err)
	}
	return each
}

func wantCounts(tb testing.TB, s *queues.Store, number uint64, want queues.Counts) {
	tb.Helper()
	got, err := s.Count(number, keep)
	if err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("counts of %d (-want +got):\n%s", number, diff)
	}
}

// clock is a clock that a test sets.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)} }

func (c *clock) config() queues.Config {
	cfg := config()
	cfg.Now = func() time.Time { return c.now }
	return cfg
}

func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }

func TestAMessageIsReceivedUntilItIsDeleted(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c.config())
	sent := send(t, s, plain, message("a"), message("b"))
	got := receive(t, s, plain, want(10))
	wantWords(t, "first", "[a:1 b:1]", words(got))
	if got[0].ID != sent[0].ID || got[0].Origin != sent[0].ID || !got[0].Sent.Equal(c.now) || !got[0].First.Equal(c.now) {
		t.Errorf("received %+v", got[0])
	}
	wantWords(t, "while it is with its receiver", "[]", words(receive(t, s, plain, want(10))))
	wantCounts(t, s, plain, queues.Counts{InFlight: 2})
	c.pass(30 * time.Second)
	wantCounts(t, s, plain, queues.Counts{Ready: 2})
	again := receive(t, s, plain, want(1))
	wantWords(t, "again", "[a:2]", words(again))
	if again[0].Receipt == got[0].Receipt {
		t.Error("the receipt is the same as that of the first time")
	}
	if err := errors.Join(remove(t, s, plain, got[0], got[1], got[1])...); err != nil {
		t.Errorf("by old receipts, and twice: %v", err)
	}
	wantCounts(t, s, plain, queues.Counts{})
}

func TestADelayedMessageComesLater(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c.config())
	late := message("late")
	late.Delay = time.Minute
	send(t, s, plain, late, message("now"))
	wantCounts(t, s, plain, queues.Counts{Ready: 1, Delayed: 1})
	got, err := s.Receive(t.Context(), plain, want(10))
	if err != nil {
		t.Fatal(err)
	}
	wantWords(t, "now", "[now:1]", words(got.Messages))
	if want := c.now.Add(30 * time.Second); !got.Next.Equal(want) {
		t.Errorf("the next one is expected at %s, want %s", got.Next, want)
	}
	c.pass(time.Minute)
	wantWords(t, "later", "[late:1 now:2]", words(receive(t, s, plain, want(10))))
}

func TestReceipts(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c.config())
	send(t, s, plain, message("a"))
	send(t, s, ordered, of("g", "b"))
	a, b := receive(t, s, plain, want(1))[0], receive(t, s, ordered, want(1))[0]
	broken := []byte(a.Receipt)
	broken[20] ^= 1
	each, err := s.Delete(t.Context(), ordered, []string{a.Receipt, string(broken), "", "AQEB", b.Receipt[:10]})
	if err != nil {
		t.Fatal(err)
	}
	for i, err := range each {
		if !errors.Is(err, queues.ErrReceipt) {
			t.Errorf("receipt %d: %v", i, err)
		}
	}
	visible := func(number uint64, receipt string, timeout time.Duration) error {
		each, err := s.SetVisibility(t.Context(), number, []queues.Visibility{{Receipt: receipt, Timeout: timeout}})
		if err != nil {
			t.Fatal(err)
		}
		return each[0]
	}
	for _, tt := range []struct {
		name string
		err  error
		want error
	}{
		{"of another queue", visible(plain, b.Receipt, time.Second), queues.ErrReceipt},
		{"up to twelve hours", visible(plain, a.Receipt, 12*time.Hour), nil},
		{"beyond", visible(plain, a.Receipt, 12*time.Hour+time.Second), queues.ErrTooLong},
		{"at once", visible(plain, a.Receipt, 0), nil},
		{"not with a receiver", visible(plain, a.Receipt, time.Second), queues.ErrNotInFlight},
		{"deleted", errors.Join(errors.Join(remove(t, s, plain, a)...), visible(plain, a.Receipt, time.Second)), queues.ErrGone},
	} {
		if !errors.Is(tt.err, tt.want) || (tt.err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v, want %v", tt.name, tt.err, tt.want)
		}
	}
	c.pass(time.Minute)
	if err := remove(t, s, ordered, b)[0]; !errors.Is(err, queues.ErrExpired) {
		t.Errorf("in order, after its time: %v", err)
	}
	receive(t, s, ordered, want(1))
	if err := remove(t, s, ordered, b)[0]; !errors.Is(err, queues.ErrExpired) {
		t.Errorf("in order, received again: %v", err)
	}
	if err := visible(ordered, b.Receipt, time.Second); !errors.Is(err, queues.ErrExpired) {
		t.Errorf("in order, received again: %v", err)
	}
}

func TestGroupsKeepTheirOrder(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c.config())
	send(t, s, ordered, of("a", "a1"), of("b", "b1"), of("a", "a2"), of("a", "a3"), of("b", "b2"))
	first := receive(t, s, ordered, want(2))
	wantWords(t, "as many as it can of one group", "[a1:1 a2:1]", words(first))
	second := receive(t, s, ordered, want(10))
	wantWords(t, "nothing of a group of which one is with a receiver", "[b1:1 b2:1]", words(second))
	wantWords(t, "all groups are closed", "[]", words(receive(t, s, ordered, want(10))))
	remove(t, s, ordered, first[0])
	wantWords(t, "one is still out", "[]", words(receive(t, s, ordered, want(10))))
	c.pass(30 * time.Second)
	wantWords(t, "what came back keeps its place", "[b1:2 b2:2 a2:2 a3:1]", words(receive(t, s, ordered, want(4))))
}

func TestFewerDelayedMessagesDoNotOvertake(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c.config())
	late := of("a", "late")
	late.Delay = time.Minute
	send(t, s, ordered, late, of("a", "next"), of("b", "other"))
	wantWords(t, "another group", "[other:1]", words(receive(t, s, ordered, want(10))))
	c.pass(time.Minute)
	wantWords(t, "both", "[late:1 next:1]", words(receive(t, s, ordered, want(2))))
}

func TestANameKeepsOthersOut(t *testing.T) {
	c := newClock()
	dir := t.TempDir()
	s := open(t, dir, c.config())
	first := send(t, s, ordered, named("a", "one", "n"), named("b", "two", "n"))
	if first[1] != (queues.Sent{ID: first[0].ID, Sequence: first[0].Sequence, Repeated: true}) {
		t.Errorf("the second is %+v, the first %+v", first[1], first[0])
	}
	got := receive(t, s, ordered, want(10))
	wantWords(t, "once", "[one:1]", words(got))
	remove(t, s, ordered, got...)
	c.pass(5*time.Minute - time.Millisecond)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, c.config())
	if again := send(t, s, ordered, named("a", "three", "n")); !again[0].Repeated {
		t.Error("it was deleted, and the server was started again: its name counts still")
	}
	scoped := named("a", "four", "n")
	scoped.Seen = "a n"
	c.pass(time.Millisecond)
	if again := send(t, s, ordered, named("a", "five", "n"), scoped); again[0].Repeated || again[1].Repeated {
		t.Errorf("after five minutes, and under another name: %+v", again)
	}
	if removed, err := s.Sweep(t.Context(), ordered, keep); removed != 0 || err != nil {
		t.Errorf("%d were removed: %v", removed, err)
	}
	wantWords(t, "both", "[five:1 four:1]", words(receive(t, s, ordered, want(10))))
}

func TestGroupsOfAQueueThatKeepsNoOrderTakeTurns(t *testing.T) {
	s := open(t, t.TempDir(), config())
	var many []queues.Message
	for i := range 20 {
		many = append(many, of("busy", fmt.Sprint("busy", i)))
	}
	send(t, s, plain, append(many, of("quiet", "quiet0"), of("quiet", "quiet1"), message("none"))...)
	wantWords(t, "in turns", "[busy0:1 quiet0:1 none:1 busy1:1 quiet1:1 busy2:1]", words(receive(t, s, plain, want(6))))
}

func TestInVainTooOften(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c.config())
	sent := send(t, s, plain, message("a"))
	w := want(10)
	w.DeadLetter = &queues.DeadLetter{To: dead, After: 2, Source: "plain"}
	for range 2 {
		receive(t, s, plain, w)
		c.pass(time.Minute)
	}
	got, err := s.Receive(t.Context(), plain, w)
	if err != nil || len(got.Messages) != 0 || got.Moved != 1 {
		t.Errorf("the third time: %+v, %v", got, err)
	}
	letters := receive(t, s, dead, want(10))
	wantWords(t, "dead letters", "[a:3]", words(letters))
	if l := letters[0]; l.Source != "plain" || l.ID != sent[0].ID || !l.Sent.Equal(newClock().now) {
		t.Errorf("the letter is %+v", l)
	}
	c.pass(time.Minute)
	moved, where, stuck, err := s.Move(t.Context(), dead, 10, func(source string) (uint64, bool) { return plain, source == "plain" })
	if moved != 1 || len(where) != 1 || where[0] != plain || stuck || err != nil {
		t.Errorf("moved %d to %v, %t, %v", moved, where, stuck, err)
	}
	back := receive(t, s, plain, w)
	wantWords(t, "as a new one", "[a:1]", words(back))
	if b := back[0]; b.ID == sent[0].ID || b.Origin != sent[0].ID || b.Source != "" || !b.Sent.Equal(c.now) {
		t.Errorf("it is %+v", b)
	}
	if _, _, stuck, err := s.Move(t.Context(), plain, 10, func(string) (uint64, bool) { return 99, true }); stuck || err != nil {
		t.Errorf("nothing is to be moved: %t, %v", stuck, err)
	}
	c.pass(time.Minute)
	if _, _, stuck, err := s.Move(t.Context(), plain, 10, func(string) (uint64, bool) { return 99, true }); !stuck || err != nil {
		t.Errorf("to a queue that is not there: %t, %v", stuck, err)
	}
}

func TestMessagesAreKeptForAWhile(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c.config())
	send(t, s, plain, message("old"))
	receive(t, s, plain, want(1))
	c.pass(keep - time.Minute)
	send(t, s, plain, message("new"))
	wantCounts(t, s, plain, queues.Counts{Ready: 2})
	c.pass(time.Minute)
	wantCounts(t, s, plain, queues.Counts{Ready: 1})
	wantWords(t, "what is left", "[new:1]", words(receive(t, s, plain, want(10))))
	c.pass(keep)
	removed, err := s.Sweep(t.Context(), plain, keep)
	if removed != 1 || err != nil {
		t.Errorf("%d were removed: %v", removed, err)
	}
	wantCounts(t, s, plain, queues.Counts{})
}

func TestAsManyAsCanBeWithReceivers(t *testing.T) {
	cfg := config()
	cfg.InFlight = 3
	s := open(t, t.TempDir(), cfg)
	send(t, s, plain, message("a"), message("b"), message("c"), message("d"))
	wantWords(t, "some", "[a:1 b:1 c:1]", words(receive(t, s, plain, want(10))))
	if _, err := s.Receive(t.Context(), plain, want(1)); !errors.Is(err, queues.ErrInFlight) {
		t.Errorf("more: %v", err)
	}
	send(t, s, ordered, of("a", "a"), of("a", "b"), of("b", "c"), of("c", "d"))
	wantWords(t, "in order", "[a:1 b:1 c:1]", words(receive(t, s, ordered, want(10))))
	wantWords(t, "more in order", "[]", words(receive(t, s, ordered, want(10))))
}

func TestAnAttemptIsRepeated(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c.config())
	send(t, s, ordered, of("a", "a1"), of("a", "a2"), of("b", "b1"))
	w := want(3)
	w.Attempt = "try"
	first := receive(t, s, ordered, w)
	c.pass(20 * time.Second)
	again := receive(t, s, ordered, w)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("again (-first +again):\n%s", diff)
	}
	c.pass(20 * time.Second)
	wantCounts(t, s, ordered, queues.Counts{InFlight: 3})
	remove(t, s, ordered, first[0])
	wantWords(t, "what is left", "[a2:1 b1:1]", words(receive(t, s, ordered, w)))
	c.pass(time.Minute)
	wantWords(t, "it came back", "[a2:2 b1:2]", words(receive(t, s, ordered, w)))
}

func TestPurgeAndDrop(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, config())
	send(t, s, plain, message("a"), message("b"))
	got := receive(t, s, plain, want(1))
	if n, err := s.Purge(t.Context(), plain); n != 2 || err != nil {
		t.Errorf("%d were purged: %v", n, err)
	}
	send(t, s, plain, message("c"))
	remove(t, s, plain, got...)
	wantWords(t, "what was sent after it", "[c:1]", words(receive(t, s, plain, want(10))))
	if err := errors.Join(s.Drop(plain), s.Close()); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, config())
	wantCounts(t, s, plain, queues.Counts{})
	_, sending := s.Send(t.Context(), 99, []queues.Message{message("a")})
	_, receiving := s.Receive(t.Context(), 99, want(1))
	_, removing := s.Delete(t.Context(), 99, []string{"x"})
	_, counting := s.Count(99, keep)
	for _, err := range []error{sending, receiving, removing, counting} {
		if !errors.Is(err, queues.ErrNoQueue) {
			t.Errorf("of a queue that is not there: %v", err)
		}
	}
}

// What is kept of queues that are not there any more goes with the next start, and numbers
// of messages are never given again.
func TestAfterAStart(t *testing.T) {
	c := newClock()
	dir := t.TempDir()
	s := open(t, dir, c.config())
	send(t, s, plain, message("a"), message("b"), message("c"))
	late := message("d")
	late.Delay = time.Hour
	send(t, s, plain, late)
	first := receive(t, s, plain, want(1))
	sent := send(t, s, ordered, of("g", "x"))
	send(t, s, dead, message("gone"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := queues.Open(t.Context(), dir, c.config(), slices.DeleteFunc(all(), func(q queues.Queue) bool { return q.Number == dead }))
	if err != nil {
		t.Fatal(err)
	}
	wantCounts(t, s, plain, queues.Counts{Ready: 2, Delayed: 1, InFlight: 1})
	if err := remove(t, s, plain, first...)[0]; err != nil {
		t.Errorf("by a receipt from before the start: %v", err)
	}
	if again := send(t, s, ordered, of("g", "y")); again[0].Sequence <= sent[0].Sequence {
		t.Errorf("sequence %d after %d", again[0].Sequence, sent[0].Sequence)
	}
	wantWords(t, "in order", "[x:1 y:1]", words(receive(t, s, ordered, want(10))))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, c.config())
	wantCounts(t, s, dead, queues.Counts{})
}
