package syslog_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/logs/syslog"
)

func TestFraming(t *testing.T) {
	counted := func(s string) string { return fmt.Sprintf("%d %s", len(s), s) }
	large := "<13>" + strings.Repeat("x", 10<<20)
	cutAt := func(n int) string { return large[:n] + "[Truncated...]" }
	for _, tt := range []struct {
		name, sent string
		budget     int64
		want       []syslog.Framed
		ends       string
	}{
		{"lines", "<13>a\n<13>b\r\n\n<13>c\x00\n", 0, []syslog.Framed{{"<13>a", false}, {"<13>b", false}, {"<13>c", false}}, "EOF"},
		{"a line without an end", "<13>a\n<13>b", 0, []syslog.Framed{{"<13>a", false}, {"<13>b", false}}, "EOF"},
		{"counted", counted("<13>a\nb") + counted("<13>c\n") + counted("<13>d"), 0, []syslog.Framed{{"<13>a\nb", false}, {"<13>c", false}, {"<13>d", false}}, "EOF"},
		{"both", counted("<13>a") + "<13>b\n" + counted("<13>c"), 0, []syslog.Framed{{"<13>a", false}, {"<13>b", false}, {"<13>c", false}}, "EOF"},
		{"counted and cut off", "100 <13>abc", 0, []syslog.Framed{{"<13>abc", false}}, "EOF"},
		{"lines that begin with digits", "12 monkeys\n99\n0 <13>\n123456789012 <13>\n", 0, []syslog.Framed{{"12 monkeys", false}, {"99", false}, {"0 <13>", false}, {"123456789012 <13>", false}}, "EOF"},
		{"a count that nobody believes", "99999999 <13>a", 0, nil, "a count of octets is too large: 99999999"},
		{"no UTF-8", "<13>caf\xc3\xa9 \xff\xfe!\n", 0, []syslog.Framed{{"<13>café \uFFFD!", false}}, "EOF"},
		{"10 MB and what follows", large + "\n<13>next\n", 4 << 20, []syslog.Framed{{cutAt(syslog.MaxMessage), true}, {"<13>next", false}}, "EOF"},
		{"10 MB counted", counted(large) + counted("<13>next"), 4 << 20, []syslog.Framed{{cutAt(syslog.MaxMessage), true}, {"<13>next", false}}, "EOF"},
		{"10 MB where others are large too", large + "\n<13>next\n", 0, []syslog.Framed{{cutAt(8 << 10), true}, {"<13>next", false}}, "EOF"},
		{"a megabyte", large[:syslog.MaxMessage] + "\r\n", 4 << 20, []syslog.Framed{{large[:syslog.MaxMessage], false}}, "EOF"},
		{"a megabyte of what is no UTF-8", "<13>" + strings.Repeat("\xff\x61", syslog.MaxMessage/2-2) + "\n", 4 << 20, []syslog.Framed{
			{strings.ToValidUTF8(("<13>" + strings.Repeat("\uFFFDa", syslog.MaxMessage/4))[:syslog.MaxMessage], "") + "[Truncated...]", true},
		}, "EOF"},
		{"nothing", "", 0, nil, "EOF"},
	} {
		for name, r := range map[string]io.Reader{"at once": strings.NewReader(tt.sent), "in pieces": iotest.HalfReader(strings.NewReader(tt.sent)), "byte by byte": iotest.OneByteReader(strings.NewReader(tt.sent))} {
			t.Run(tt.name+" "+name, func(t *testing.T) {
				got, err := syslog.Frames(r, tt.budget)
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("(-want +got):\n%.2000s", diff)
				}
				if err == nil || err.Error() != tt.ends {
					t.Errorf("it ends with %v", err)
				}
			})
		}
	}
	got, err := syslog.Frames(io.MultiReader(strings.NewReader("<13>a\n<13>b"), iotest.ErrReader(errors.New("reset"))), 0)
	if len(got) != 2 || err == nil || err.Error() != "reset" {
		t.Errorf("a connection that breaks: %v, %v", got, err)
	}
}

// What the system dropped stands in its table of sockets.
func TestDropsOfTheSystem(t *testing.T) {
	const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  101: 0100007F:1972 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 30184 2 0000000000000000 42
  102: 0100007F:1973 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 30185 2 0000000000000000 7
`
	if n := syslog.DropsOf(table, 6514); n != 42 {
		t.Errorf("%d", n)
	}
}

func FuzzFrames(f *testing.F) {
	for _, s := range []string{"5 <13>a<13>b\n", "<13>a\r\n\n", "12 monkeys\n", "99999999 <1>", "\xff\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		all, _ := syslog.Frames(strings.NewReader(string(sent)), 1<<20)
		for _, m := range all {
			if m.Message == "" || len(m.Message) > syslog.MaxMessage+len("[Truncated...]") {
				t.Errorf("a message of %d bytes", len(m.Message))
			}
		}
	})
}
