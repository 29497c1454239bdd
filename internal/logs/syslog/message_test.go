package syslog_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/logs/syslog"
)

func TestHeaders(t *testing.T) {
	seoul := time.FixedZone("KST", 9*3600)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, tt := range []struct {
		name, message string
		want          syslog.Header
	}{
		{"RFC 5424", `<34>1 2026-01-01T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed`, syslog.Header{Time: at("2026-01-01T22:14:15.003Z"), Host: "mymachine.example.com", App: "su", Facility: "auth", Severity: "crit"}},
		{"with structured data", `<165>1 2026-01-01T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - [a@1 x="1\"2" x="3"][b@2] %% It's time`, syslog.Header{Time: at("2026-01-01T05:14:15.000003-07:00"), Host: "192.0.2.1", App: "myproc", Facility: "local4", Severity: "notice"}},
		{"that says nothing", "<0>1 - - - - - -", syslog.Header{Facility: "kern", Severity: "emerg"}},
		{"with broken structured data", "<34>1 2026-01-01T22:14:15Z h a - - [bad x] rest", syslog.Header{Time: at("2026-01-01T22:14:15Z"), Host: "h", App: "a", Facility: "auth", Severity: "crit"}},
		{"of version 2", "<34>2 2026-01-01T22:14:15Z h a - - - x", syslog.Header{Time: at("2026-01-01T22:14:15Z"), Host: "h", App: "a", Facility: "auth", Severity: "crit"}},
		{"RFC 3164 of this year", "<13>Jan  2 12:00:00 web app[10]: hello", syslog.Header{Time: at("2026-01-02T12:00:00+09:00"), Host: "web", App: "app", Facility: "user", Severity: "notice"}},
		{"of the year before", "<13>Dec 31 23:59:59 web app: hello", syslog.Header{Time: at("2025-12-31T23:59:59+09:00"), Host: "web", App: "app", Facility: "user", Severity: "notice"}},
		{"of the last leap year", "<13>Feb 29 00:00:00 web app: hello", syslog.Header{Time: at("2024-02-29T00:00:00+09:00"), Host: "web", App: "app", Facility: "user", Severity: "notice"}},
		{"with a zone", "<13>2026-01-01T14:14:15.123456+02:00 web app[3]: x", syslog.Header{Time: at("2026-01-01T14:14:15.123456+02:00"), Host: "web", App: "app", Facility: "user", Severity: "notice"}},
		{"without a host", "<13>Jan  2 12:00:00 app: no host", syslog.Header{Time: at("2026-01-02T12:00:00+09:00"), App: "app", Facility: "user", Severity: "notice"}},
		{"without a tag", "<13>Jan  2 12:00:00 10.0.0.99 Use the BFG!", syslog.Header{Time: at("2026-01-02T12:00:00+09:00"), Host: "10.0.0.99", Facility: "user", Severity: "notice"}},
		{"a priority alone", "<13>hello world", syslog.Header{Facility: "user", Severity: "notice"}},
		{"of a priority that is none", "<999>1 - - - - - -", syslog.Header{}},
		{"no syslog", "hello", syslog.Header{}},
		{"nothing", "", syslog.Header{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := syslog.ReadHeader([]byte(tt.message), now, seoul)
			if !got.Time.Equal(tt.want.Time) {
				t.Errorf("the time is %s, want %s", got.Time, tt.want.Time)
			}
			got.Time, tt.want.Time = time.Time{}, time.Time{}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzHeader(f *testing.F) {
	for _, s := range []string{
		`<165>1 2026-01-01T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - [a@1 x="1\"2"][b@2] x`, "<13>Feb 29 00:00:00 web app[1]: hello", "<34>2026-01-01T14:14:15Z h a: x", "<13>hello",
	} {
		f.Add([]byte(s))
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Fuzz(func(_ *testing.T, message []byte) { syslog.ReadHeader(message, now, time.UTC) })
}
