package main

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestTimeFormats(t *testing.T) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	seoul := time.FixedZone("KST", 9*3600)
	for _, tt := range []struct{ name, form, text, want string }{
		{"a zone of its own", "iso8601", "x 2026-01-02T03:04:05+09:00 y", "2026-01-01T18:04:05Z"},
		{"no zone", "iso8601", "2026-01-02 03:04:05,25", "2026-01-01T18:04:05.25Z"},
		{"UTC", "iso8601", "2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.123456Z"},
		{"the first of two", "%Y-%m-%d %H:%M:%S", "2026-01-02 03:04:05 2026-01-02 09:09:09", "2026-01-01T18:04:05Z"},
		{"of syslog, with no year", "%b %d %H:%M:%S", "<3>Jan  2 03:04:05 host", ""},
		{"of syslog, with a blank before the day", "%b %e %H:%M:%S", "<3>Jan  2 03:04:05 host", "2026-01-01T18:04:05Z"},
		{"no year, of the last one", "%b %d %H:%M:%S", "Dec 31 03:04:05", "2025-12-30T18:04:05Z"},
		{"of a web server", "%d/%b/%Y:%H:%M:%S %z", `- [02/Jan/2026:03:04:05 +0000] "GET`, "2026-01-02T03:04:05Z"},
		{"after noon", "%m/%d/%y %I:%M:%S %p", "1/2/26 3:04:05 PM", "2026-01-02T06:04:05Z"},
		{"noon", "%F %I:%M %p", "2026-01-02 12:30 pm", "2026-01-02T03:30:00Z"},
		{"midnight", "%F %I:%M %p", "2026-01-02 12:30 AM", "2026-01-01T15:30:00Z"},
		{"seconds since 1970", "%s", "at 1767323045 x", "2026-01-02T03:04:05Z"},
		{"milliseconds since 1970", "%Q", "at 1767323045678 x", "2026-01-02T03:04:05.678Z"},
		{"none", "iso8601", "no time here", ""},
		{"a month that is none", "%Y-%m-%d %H:%M:%S", "2026-13-02 03:04:05", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := parseTimeFormat(tt.form, seoul)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if at, ok := f.in(tt.text, now); ok {
				got = at.UTC().Format(time.RFC3339Nano)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzTimeFormat(f *testing.F) {
	f.Add("%Y-%m-%d %H:%M:%S", "2026-01-02 03:04:05")
	f.Add("iso8601", "2026-01-02T03:04:05.1+09:00")
	f.Add("[%d/%b/%Y:%T %z]", "[02/Jan/2026:03:04:05 +0000]")
	f.Add("%s.%f", "1767323045.5")
	f.Fuzz(func(t *testing.T, form, text string) {
		format, err := parseTimeFormat(form, time.UTC)
		if err != nil {
			return
		}
		if at, ok := format.in(text, time.Now()); ok && (at.Year() < -1 || at.Year() > 10_000) {
			t.Errorf("%q in %q is %s", form, text, at)
		}
	})
}

// events returns the events that a text gives.
func eventsOf(t *testing.T, text string, start *regexp.Regexp) (all []string, told putTold) {
	t.Helper()
	a := &putAssembler{rule: putRule{start: start}, now: time.Now, give: func(e putEvent) error {
		if n := len(e.message); n == 0 || n > putMessage || !utf8.ValidString(e.message) {
			t.Errorf("an event of %d bytes, valid UTF-8: %v", n, utf8.ValidString(e.message))
		}
		all = append(all, e.message)
		return nil
	}}
	err := eachLine(iotest.OneByteReader(strings.NewReader(text)), func(number int, line []byte, more bool) bool {
		return a.add(&putLine{file: "f", number: number, text: line, more: more}) == nil
	})
	if err != nil || a.flush() != nil {
		t.Fatal(err)
	}
	return all, a.told
}

func TestLinesBecomeEvents(t *testing.T) {
	long := strings.Repeat("é", putMessage/2+10)
	for name, tt := range map[string]struct {
		text  string
		start string
		want  []string
		told  putTold
	}{
		"lines, the last without its end":    {"a\nb", "", []string{"a", "b"}, putTold{}},
		"lines of Windows":                   {"a\r\nb\r\n", "", []string{"a", "b"}, putTold{}},
		"empty lines":                        {"\na\n \n\n", "", []string{"a"}, putTold{empty: 3}},
		"several lines":                      {"1 a\n b\n2 c\n", `^\d`, []string{"1 a\n b", "2 c"}, putTold{}},
		"lines before the first that begins": {" b\n c\n1 a\n", `^\d`, []string{" b\n c", "1 a"}, putTold{}},
		"empty lines within":                 {"1 a\n\n b\n", `^\d`, []string{"1 a\n\n b"}, putTold{}},
		"bytes that are no UTF-8":            {"a\xff\xfeb\n", "", []string{"a\uFFFDb"}, putTold{invalid: 1}},
		"a line that is too long":            {long + "\nb\n", "", []string{long[:putMessage/2*2], long[putMessage/2*2:], "b"}, putTold{long: 1}},
		"an event of lines that is too long": {"1" + long[:putMessage-4] + "\n" + "x y z\n2\n", `^\d`, []string{"1" + long[:putMessage-4], "x y z", "2"}, putTold{long: 1}},
		"none":                               {"", "", nil, putTold{}},
	} {
		t.Run(name, func(t *testing.T) {
			var start *regexp.Regexp
			if tt.start != "" {
				start = regexp.MustCompile(tt.start)
			}
			got, told := eventsOf(t, tt.text, start)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%.500s", diff)
			}
			if told != tt.told {
				t.Errorf("told %+v, want %+v", told, tt.told)
			}
		})
	}
}

// No line is lost, whatever is in it.
func FuzzLines(f *testing.F) {
	f.Add("a\nb\r\n\n c", false)
	f.Add("1\n 2\n\xff\n3", true)
	f.Fuzz(func(t *testing.T, text string, several bool) {
		var start *regexp.Regexp
		if several {
			start = regexp.MustCompile(`^\d`)
		}
		events, _ := eventsOf(t, text, start)
		letters := func(text string) string {
			return strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\uFFFD", "")), "")
		}
		if got, want := letters(strings.Join(events, "\n")), letters(text); got != want {
			t.Errorf("events have %q, want %q", got, want)
		}
	})
}

// What is alike is shown as often as it is there.
func TestKnownEvents(t *testing.T) {
	k := newKnownEvents()
	one, other := logEvent{Group: "g", Stream: "s", Time: 1, Ingested: 2, Message: "m"}, logEvent{Group: "g", Stream: "s", Time: 1, Ingested: 3, Message: "m"}
	var got []bool
	k.begin()
	got = append(got, k.told(&one), k.told(&one)) // two that are alike
	k.reread()
	got = append(got, k.read(&one), k.read(&one), k.read(&one), k.read(&other)) // a third, and another one
	got = append(got, k.told(&other))
	k.begin()
	k.reread()
	got = append(got, k.read(&one), k.read(&other))
	if want := []bool{true, true, false, false, true, true, false, false, false}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestReadLinesStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	lines := make(chan putLine)
	done := make(chan struct{})
	go func() {
		readLines(ctx, putFiles(env{stdin: strings.NewReader(strings.Repeat("x\n", 1000))}, nil), lines)
		close(done)
	}()
	if l := <-lines; string(l.text) != "x" || l.number != 1 {
		t.Errorf("%+v", l)
	}
	cancel()
	<-done
}
