package syslog_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/logs/syslog"
)

// sink keeps what is written.
type sink struct {
	mu      sync.Mutex
	changed chan struct{}
	streams map[string][]string // by group and stream
	times   map[string]int64    // by message
	batches int
	largest int // batch
	fail    func(group string) (rejected int, err error)
}

func (s *sink) put(_ context.Context, group, stream string, events []syslog.Event) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rejected := 0
	if s.fail != nil {
		var err error
		if rejected, err = s.fail(group); err != nil {
			return 0, err
		}
	}
	s.batches++
	s.largest = max(s.largest, len(events))
	for i, e := range events {
		if i > 0 && e.Time < events[i-1].Time {
			return 0, errors.New("not in order")
		}
		s.streams[group+" "+stream] = append(s.streams[group+" "+stream], e.Message)
		s.times[e.Message] = e.Time
	}
	close(s.changed)
	s.changed = make(chan struct{})
	return rejected, nil
}

// wait waits until so many messages were written.
func (s *sink) wait(t *testing.T, n int) map[string][]string {
	t.Helper()
	for {
		s.mu.Lock()
		got, changed := 0, s.changed
		for _, all := range s.streams {
			got += len(all)
		}
		if got >= n {
			defer s.mu.Unlock()
			return s.streams
		}
		s.mu.Unlock()
		select {
		case <-changed:
		case <-time.After(20 * time.Second):
			t.Fatalf("%d of %d messages were written", got, n)
		}
	}
}

var errForever = errors.New("refused for ever")

// start runs a server at an address.
func start(t *testing.T, address string, change ...func(*syslog.Config, *sink, *syslog.Server)) (*syslog.Server, *sink, string) {
	t.Helper()
	a, err := syslog.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	out := &sink{changed: make(chan struct{}), streams: map[string][]string{}, times: map[string]int64{}}
	cfg := syslog.Config{
		Log: slog.New(slog.DiscardHandler), Listen: []syslog.Address{a}, Names: syslog.Names{Group: "/syslog", Stream: "{host}/{app}"}, Zone: time.UTC,
		Put: out.put, Refused: func(err error) bool { return errors.Is(err, errForever) },
	}
	for _, c := range change {
		c(&cfg, out, nil)
	}
	s, err := syslog.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(&cfg, out, s)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, s.Close()); err != nil {
			t.Error(err)
		}
	})
	return s, out, s.Addresses()[0].String()
}

func dial(t *testing.T, network, address string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // which the server may have done
	return conn
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// within asks until something is so.
func within(t *testing.T, so func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); {
		if time.Now().After(end) {
			t.Fatal("it did not come to pass")
		}
	}
}

// A message is kept as it was sent, by what its header says.
func TestMessagesBecomeEvents(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	line := func(app, at, text string) string { return fmt.Sprintf("<13>1 %s web %s - - - %s", at, app, text) }
	messages := []string{
		line("app", now.Add(-time.Minute).Format(time.RFC3339), "first"),
		line("app", now.Format(time.RFC3339), "second"),
		"<34>" + now.Format(time.Stamp) + " db su[3]: of RFC 3164",
		"no header at all",
		line("old", "2001-01-01T00:00:00Z", "too old"),
		line("n:e*w", now.Add(3*time.Hour).Format(time.RFC3339), "ahead"),
	}
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			before := time.Now().UnixMilli()
			s, out, address := start(t, network+"://127.0.0.1:0")
			conn := dial(t, network, address)
			for i, m := range messages {
				send(t, conn, m+"\n")
				out.wait(t, i+1) // datagrams have no order
			}
			want := map[string][]string{
				"/syslog web/app": messages[:2], "/syslog db/su": messages[2:3], "/syslog 127.0.0.1/-": messages[3:4], "/syslog web/old": messages[4:5], "/syslog web/n_e_w": messages[5:],
			}
			if diff := cmp.Diff(want, out.wait(t, 6)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for i, m := range messages {
				at := out.times[m]
				switch i {
				case 0:
					if at != now.Add(-time.Minute).UnixMilli() {
						t.Errorf("%s is of %d", m, at)
					}
				case 1, 2:
					if at != now.UnixMilli() {
						t.Errorf("%s is of %d, want %d", m, at, now.UnixMilli())
					}
				default:
					if at < before || at > time.Now().UnixMilli() {
						t.Errorf("%s is of %d, and came after %d", m, at, before)
					}
				}
			}
			if diff := cmp.Diff(syslog.Counts{Received: 6, Written: 6, Retimed: 2}, s.Counts()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(nil) // for its certificate
	defer server.Close()
	certificate := server.TLS.Certificates
	_, out, address := start(t, "tls://127.0.0.1:0", func(c *syslog.Config, _ *sink, _ *syslog.Server) {
		c.TLS = &tls.Config{Certificates: certificate}
	})
	conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // only written
	send(t, conn, "11 <13>counted8 <13>next")
	if diff := cmp.Diff(map[string][]string{"/syslog 127.0.0.1/-": {"<13>counted", "<13>next"}}, out.wait(t, 2)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// While nothing can be written, a sender over TCP has to wait, and nothing is lost; over UDP
// what finds no room is counted.
func TestBackPressure(t *testing.T) {
	var open sync.Once
	gate := make(chan struct{})
	closedGate := func(c *syslog.Config, out *sink, s *syslog.Server) {
		if s != nil {
			s.SetRoom(64 << 10)
			return
		}
		c.Put = func(ctx context.Context, group, stream string, events []syslog.Event) (int, error) {
			select {
			case <-gate:
				return out.put(ctx, group, stream, events)
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}
	}
	t.Cleanup(func() { open.Do(func() { close(gate) }) })
	const sent = 200_000
	tcp, fromTCP, address := start(t, "tcp://127.0.0.1:0", closedGate)
	udp, _, datagrams := start(t, "udp://127.0.0.1:0", closedGate)
	written := make(chan error, 1)
	conn := dial(t, "tcp", address)
	go func() {
		var err error
		for i := 0; i < sent && err == nil; i++ {
			_, err = fmt.Fprintf(conn, "<13>message %d of a few bytes, so that they fill what the system holds for a connection, too: %s\n", i, strings.Repeat("x", 100))
		}
		written <- err
	}()
	packets := dial(t, "udp", datagrams)
	for i := range 2000 {
		send(t, packets, fmt.Sprintf("<13>datagram %d %s", i, strings.Repeat("x", 100)))
	}
	within(t, func() bool { send(t, packets, "<13>one more"); return udp.Counts().Dropped > 0 })
	select {
	case err := <-written:
		t.Errorf("all was sent, though nothing was written: %v", err)
	default:
	}
	if n := tcp.Counts().Received; n > 1000 {
		t.Errorf("%d messages were taken", n)
	}
	open.Do(func() { close(gate) })
	if err := <-written; err != nil {
		t.Error(err)
	}
	all := fromTCP.wait(t, sent)["/syslog 127.0.0.1/-"]
	for i, m := range all {
		if !strings.HasPrefix(m, fmt.Sprintf("<13>message %d of", i)) {
			t.Fatalf("message %d is %q", i, m)
		}
	}
	if fromTCP.largest < 100 { // what waited for the gate went in one
		t.Errorf("the largest of %d batches has %d messages", fromTCP.batches, fromTCP.largest)
	}
	if len(tcp.Problems()) != 0 || len(udp.Problems()) != 1 || !strings.Contains(udp.Problems()[0], "datagrams of syslog found no room and are lost") {
		t.Errorf("problems: %q, %q", tcp.Problems(), udp.Problems())
	}
}

// What cannot be written now is written later, in its order, and does not hold up others;
// what can never be is counted.
func TestFailures(t *testing.T) {
	var mu sync.Mutex
	busy := 3
	s, out, address := start(t, "tcp://127.0.0.1:0", func(c *syslog.Config, out *sink, _ *syslog.Server) {
		c.Names = syslog.Names{Group: "/{app}", Stream: "s"}
		out.fail = func(group string) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case group == "/busy" && busy > 0:
				busy--
				return 0, errors.New("the disk is full")
			case group == "/never":
				return 0, errForever
			case group == "/short":
				return 1, nil
			}
			return 0, nil
		}
	})
	conn := dial(t, "tcp", address)
	send(t, conn, "<13>1 - h busy - - - 1\n<13>1 - h never - - - 2\n<13>1 - h fine - - - 3\n<13>1 - h busy - - - 4\n<13>1 - h short - - - 5\n")
	want := map[string][]string{
		"/busy s": {"<13>1 - h busy - - - 1", "<13>1 - h busy - - - 4"}, "/fine s": {"<13>1 - h fine - - - 3"}, "/short s": {"<13>1 - h short - - - 5"},
	}
	if diff := cmp.Diff(want, out.wait(t, 4)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	within(t, func() bool { return s.Counts().Written == 3 }) // a batch is counted once it is written
	if diff := cmp.Diff(syslog.Counts{Received: 5, Written: 3, Rejected: 2}, s.Counts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A batch spans a day at most.
func TestDaysAreApart(t *testing.T) {
	now := time.Now().UTC()
	_, out, address := start(t, "tcp://127.0.0.1:0")
	conn := dial(t, "tcp", address)
	var sent strings.Builder
	for day := range 10 {
		fmt.Fprintf(&sent, "<13>1 %s h a - - - %d\n", now.AddDate(0, 0, -day).Format(time.RFC3339), day)
	}
	send(t, conn, sent.String())
	all := out.wait(t, 10)["/syslog h/a"]
	if len(all) != 10 {
		t.Errorf("%q", all)
	}
}

// Who may not send is not listened to.
func TestWhoMaySend(t *testing.T) {
	elsewhere := func(c *syslog.Config, _ *sink, _ *syslog.Server) {
		c.From = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	}
	s, _, address := start(t, "tcp://127.0.0.1:0", elsewhere)
	conn := dial(t, "tcp", address)
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is open")
	}
	u, _, datagrams := start(t, "udp://127.0.0.1:0", elsewhere)
	packets := dial(t, "udp", datagrams)
	within(t, func() bool { send(t, packets, "<13>a"); return u.Counts().Refused > 0 })
	if s.Counts().Refused != 1 || s.Counts().Received+u.Counts().Received != 0 {
		t.Errorf("%+v %+v", s.Counts(), u.Counts())
	}
}

// More connections than may be open are closed, and those that are open go on.
func TestManyConnections(t *testing.T) {
	s, out, address := start(t, "tcp://127.0.0.1:0", func(_ *syslog.Config, _ *sink, s *syslog.Server) {
		if s != nil {
			s.SetPlaces(100, 50)
		}
	})
	var open []net.Conn
	for range 50 {
		open = append(open, dial(t, "tcp", address))
	}
	send(t, open[49], "<13>here\n")
	out.wait(t, 1) // and so all are
	if _, err := dial(t, "tcp", address).Read(make([]byte, 1)); err == nil {
		t.Error("one more is open")
	}
	for i, conn := range open {
		send(t, conn, fmt.Sprintf("<13>from %d\n", i))
	}
	out.wait(t, 51)
	if n := s.Counts().Refused; n != 1 {
		t.Errorf("%d were refused", n)
	}
}

// A peer that connects and says nothing is closed after a while; one that has said something
// may be quiet for as long as it likes.
func TestSilentPeers(t *testing.T) {
	s, out, address := start(t, "tcp://127.0.0.1:0", func(_ *syslog.Config, _ *sink, s *syslog.Server) {
		if s != nil {
			s.SetPatience(200 * time.Millisecond)
		}
	})
	quiet := dial(t, "tcp", address)
	send(t, quiet, "<13>1\n")
	out.wait(t, 1)
	if _, err := dial(t, "tcp", address).Read(make([]byte, 1)); err == nil {
		t.Error("it is open")
	}
	within(t, func() bool { return s.Open() == 1 })
	send(t, quiet, "<13>2\n")
	out.wait(t, 2)
}

// Who makes up names makes a bounded number of streams.
func TestManyNames(t *testing.T) {
	_, out, address := start(t, "tcp://127.0.0.1:0", func(_ *syslog.Config, _ *sink, s *syslog.Server) {
		if s != nil {
			s.SetNames(10)
		}
	})
	conn := dial(t, "tcp", address)
	for i := range 100 {
		send(t, conn, fmt.Sprintf("<13>1 - host%d app - - - x\n", i))
	}
	streams := out.wait(t, 100)
	if len(streams) != 11 || len(streams["/syslog other/other"]) != 90 {
		t.Errorf("%d streams, %d messages in that of others", len(streams), len(streams["/syslog other/other"]))
	}
}

// A sender whose name would make a group that there cannot be loses nothing by it.
func TestNamesThatAreReserved(t *testing.T) {
	_, out, address := start(t, "tcp://127.0.0.1:0", func(c *syslog.Config, _ *sink, _ *syslog.Server) {
		c.Names = syslog.Names{Group: "{host}", Stream: "{app}"}
	})
	send(t, dial(t, "tcp", address), "<13>1 - aws/x aws/a - - - 1\n<13>1 - awsx aws/b - - - 2\n")
	if diff := cmp.Diff(map[string][]string{"aws_x aws/a": {"<13>1 - aws/x aws/a - - - 1"}, "awsx aws/b": {"<13>1 - awsx aws/b - - - 2"}}, out.wait(t, 2)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What has come before the end is written.
func TestTheEndWritesWhatHasCome(t *testing.T) {
	a, err := syslog.ParseAddress("tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	out := &sink{changed: make(chan struct{}), streams: map[string][]string{}, times: map[string]int64{}}
	began, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s, err := syslog.Open(t.Context(), syslog.Config{
		Log: slog.New(slog.DiscardHandler), Listen: []syslog.Address{a}, Names: syslog.Names{Group: "g", Stream: "s"}, Zone: time.UTC, Refused: func(error) bool { return false },
		Put: func(ctx context.Context, group, stream string, events []syslog.Event) (int, error) {
			once.Do(func() { close(began) })
			<-goOn
			return out.put(ctx, group, stream, events)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	conn := dial(t, "tcp", s.Addresses()[0].String())
	send(t, conn, "<13>1\n<13>2\n<13>3\n")
	<-began
	within(t, func() bool { return s.Counts().Received == 3 }) // they are in memory
	stop()
	close(goOn)
	if err := errors.Join(<-ended, s.Close()); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string][]string{"g s": {"<13>1", "<13>2", "<13>3"}}, out.streams); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSettings(t *testing.T) {
	for _, text := range []string{"", "tcp", "tcp://", "tcp://127.0.0.1", "http://127.0.0.1:1", "tcp://127.0.0.1:1/x", "tcp://a@127.0.0.1:1"} {
		if a, err := syslog.ParseAddress(text); err == nil {
			t.Errorf("%q is %v", text, a)
		}
	}
	for _, tt := range []struct {
		names syslog.Names
		want  int
	}{
		{syslog.Names{Group: "/syslog/{facility}", Stream: "{host} {app} {severity}"}, 0},
		{syslog.Names{Group: "/syslog/{who}", Stream: "{}"}, 2},
		{syslog.Names{Group: "a b", Stream: "a:b"}, 2},
		{syslog.Names{}, 2},
	} {
		if errs := tt.names.Validate(); len(errs) != tt.want {
			t.Errorf("%v: %v", tt.names, errs)
		}
	}
}
