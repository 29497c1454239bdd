package value_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

func TestParseTimestamp(t *testing.T) {
	for _, tt := range []struct {
		text, zoned, wall string // what it is with and without its zone; empty for none
	}{
		{"2024-05-01 12:34:56.789 Asia/Seoul", "2024-05-01 12:34:56.789 Asia/Seoul", "2024-05-01 12:34:56.789"},
		{"2024-05-01", "2024-05-01 00:00:00.000 UTC", "2024-05-01 00:00:00.000"},
		{"2024-05-01 1:2 +09:00", "2024-05-01 01:02:00.000 +09:00", "2024-05-01 01:02:00.000"},
		{"2024-05-01 12:34:56.9996", "2024-05-01 12:34:57.000 UTC", "2024-05-01 12:34:57.000"},
		{"2024-03-10 02:30:00 America/New_York", "", "2024-03-10 02:30:00.000"}, // skipped
		{"2024-11-03 01:30:00 America/New_York", "2024-11-03 01:30:00.000 America/New_York", "2024-11-03 01:30:00.000"},
		{"2024-05-01 12:34:56 KST", "", ""},
		{"2024-02-30", "", ""},
		{"+123001-01-02 03:04:05 Europe/Berlin", "", "+123001-01-02 03:04:05.000"},
		{"today", "", ""},
	} {
		t.Run(tt.text, func(t *testing.T) {
			parsed, ok := value.ParseTimestamp(tt.text)
			var zoned, wall string
			if ts, fits := parsed.Zoned(3); ok && fits {
				zoned = value.Text(datatype.Temporal(datatype.TimestampTZ, 3), ts)
			}
			if ts, fits := parsed.Wall(3); ok && fits {
				wall = value.Text(datatype.Temporal(datatype.Timestamp, 3), ts)
			}
			if diff := cmp.Diff([]string{tt.zoned, tt.wall}, []string{zoned, wall}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Of a wall clock that is repeated, the earlier instant counts.
func TestRepeatedHour(t *testing.T) {
	parsed, _ := value.ParseTimestamp("2024-11-03 01:30:00 America/New_York")
	ts, _ := parsed.Zoned(0)
	if want := int64(1_730_611_800_000_000); ts.Micros != want {
		t.Errorf("%d, want %d", ts.Micros, want)
	}
}

// What is read is written so that it is read again as the same.
func FuzzParseTemporal(f *testing.F) {
	for _, seed := range []string{
		"2024-05-01", "13-2-2", "-0001-03-01", "5881580-07-11", "2024-05-01 12:34:56.123456789012 Asia/Seoul", "23:59:59.9", "01:02+14:00",
		"2024-10-27 02:30:00 Europe/Berlin", "+123001-01-02 03:04", "1908-04-01 00:00:00 Asia/Seoul", "\xff",
	} {
		f.Add(seed)
	}
	zoned, date := datatype.Temporal(datatype.TimestampTZ, 6), datatype.Of(datatype.Date)
	f.Fuzz(func(t *testing.T, s string) {
		if day, ok := value.ParseDate(s); ok {
			if again, ok := value.ParseDate(value.Text(date, day)); !ok || again != day {
				t.Errorf("the date %q is %d, then %d", s, day, again)
			}
		}
		if clock, ok := value.ParseTime(s); ok {
			if _, ok := clock.Picos(12); !ok {
				t.Errorf("the time %q has no picoseconds", s)
			}
		}
		parsed, ok := value.ParseTimestamp(s)
		if !ok {
			return
		}
		if ts, ok := parsed.Zoned(6); ok {
			again, _ := value.ParseTimestamp(value.Text(zoned, ts))
			// Of an hour that is repeated, the text says only that it is one of two.
			if ts2, ok := again.Zoned(6); ok && value.Text(zoned, ts2) != value.Text(zoned, ts) {
				t.Errorf("the timestamp %q is %v, then %v", s, ts, ts2)
			}
		}
	})
}
