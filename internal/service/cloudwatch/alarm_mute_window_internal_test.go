package cloudwatch

import (
	"testing"
	"time"
)

func TestWindows(t *testing.T) {
	at := func(text string) time.Time {
		t.Helper()
		parsed, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	zone, start, expire := "Asia/Seoul", at("2026-11-30T00:00:00Z"), at("2026-12-02T00:00:00Z")
	for _, tt := range []struct {
		name   string
		rule   muteRule
		now    string
		until  string
		status string
	}{
		{"inside", muteRule{Expression: "cron(0 2 * * *)", Duration: "PT2H"}, "2026-11-30T03:00:00Z", "2026-11-30T04:00:00Z", muteActive},
		{"at its begin", muteRule{Expression: "cron(0 2 * * *)", Duration: "PT2H"}, "2026-11-30T02:00:00Z", "2026-11-30T04:00:00Z", muteActive},
		{"at its end", muteRule{Expression: "cron(0 2 * * *)", Duration: "PT2H"}, "2026-11-30T04:00:00Z", "", muteScheduled},
		{"before", muteRule{Expression: "cron(0 2 * * *)", Duration: "PT2H"}, "2026-11-30T01:59:59Z", "", muteScheduled},
		{"a zone", muteRule{Expression: "cron(0 2 * * *)", Duration: "PT2H", Timezone: &zone}, "2026-11-29T17:30:00Z", "2026-11-29T19:00:00Z", muteActive},
		{"a Monday, as 1", muteRule{Expression: "cron(0 0 * * 1)", Duration: "P1D"}, "2026-11-30T12:00:00Z", "2026-12-01T00:00:00Z", muteActive},
		{"no Sunday, as 0", muteRule{Expression: "cron(0 0 * * 0)", Duration: "P1D"}, "2026-11-30T12:00:00Z", "", muteScheduled},
		{"days by name", muteRule{Expression: "cron(0 0 ? * SUN-TUE)", Duration: "P1D"}, "2026-11-30T12:00:00Z", "2026-12-01T00:00:00Z", muteActive},
		{"windows that overlap", muteRule{Expression: "cron(0 * * * *)", Duration: "PT90M"}, "2026-11-30T12:10:00Z", "2026-11-30T13:30:00Z", muteActive},
		{"once", muteRule{Expression: "at(2026-11-30T10:00)", Duration: "PT1H"}, "2026-11-30T10:59:00Z", "2026-11-30T11:00:00Z", muteActive},
		{"once, over", muteRule{Expression: "at(2026-11-30T10:00)", Duration: "PT1H"}, "2026-11-30T11:00:00Z", "", muteExpired},
		{"before it starts", muteRule{Expression: "cron(0 2 * * *)", Duration: "PT2H", Start: &start}, "2026-11-29T03:00:00Z", "", muteScheduled},
		{"after it expired", muteRule{Expression: "cron(0 2 * * *)", Duration: "PT2H", Expire: &expire}, "2026-12-02T03:00:00Z", "", muteExpired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, err := tt.rule.schedule()
			if err != nil {
				t.Fatal(err)
			}
			until := ""
			if end := w.until(at(tt.now)); !end.IsZero() {
				until = end.Format(time.RFC3339)
			}
			if status := w.status(at(tt.now)); until != tt.until || status != tt.status {
				t.Errorf("muted until %q and %s, want %q and %s", until, status, tt.until, tt.status)
			}
		})
	}
}

func FuzzMuteSchedule(f *testing.F) {
	for _, text := range []string{"cron(0 2 * * 1-5)", "at(2026-11-30T10:00)", "cron(*/5 0-6,8 L * ?)", "cron(0 0 ? * 2#1)", "cron(0 0 ? * 5L)"} {
		f.Add(text, "PT1H")
	}
	f.Fuzz(func(t *testing.T, expression, duration string) {
		rule := muteRule{Expression: expression, Duration: duration}
		w, err := rule.schedule()
		if err != nil {
			return
		}
		at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
		if end := w.until(at); !end.IsZero() && (!end.After(at) || end.Sub(at) > mostMuted) {
			t.Errorf("%s for %s, at %s: until %s", expression, duration, at, end)
		}
		w.status(at)
	})
}
