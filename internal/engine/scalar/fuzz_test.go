package scalar_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// FuzzCastText casts any text to any type, and what it yields back to text and
// once more: the second time must change nothing.
func FuzzCastText(f *testing.F) {
	for _, seed := range []string{
		"1", "-1e3", "0x1p3f", "NaN", "TRUE", "2020-02-29", "23:59:59.9999999999999+14:00",
		"2020-03-08 02:30:00.123456789012345 America/New_York", "294246-12-31 1:2", "2001-1-2 Etc/GMT+3", "10.0.0.1/8",
		"12151fd2-7586-11e9-8f9e-2a86e4085a59", "가나 ", "\xff",
	} {
		f.Add(seed)
	}
	spellings := []string{
		"boolean", "integer", "bigint", "real", "double", "decimal(38,10)", "varchar(3)", "char(3)", "date", "time(3)",
		"time(12) with time zone", "timestamp(0)", "timestamp(12)", "timestamp(3) with time zone",
		"timestamp(12) with time zone", "uuid", "ipaddress", "ipprefix",
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, spelling := range spellings {
			typ := typeOf(t, spelling)
			read, _ := scalar.Cast(datatype.Text(), typ)
			v, err := read.Call(work.New(t.Context(), time.Time{}), []any{text})
			if err != nil {
				checkError(t, err)
				continue
			}
			first := value.Text(typ, v)
			again, err := read.Call(work.New(t.Context(), time.Time{}), []any{first})
			if err != nil {
				t.Fatalf("%s: %q became %q: %v", spelling, text, first, err)
			}
			if second := value.Text(typ, again); first != second {
				t.Fatalf("%s: %q became %q, then %q", spelling, text, first, second)
			}
		}
	})
}

// FuzzDateFormats reads any text by any format, in both languages of formats,
// and writes what it read by the same format.
func FuzzDateFormats(f *testing.F) {
	for _, seed := range [][2]string{
		{"28-JAN-16 11.45.46.421000 PM", "%d-%b-%y %l.%i.%s.%f %p"},
		{"2013-05-17", "%Y-%m-%d"},
		{"2020-W53-5", "%x-W%v-%"},
		{"22/Aug/2020:11:06:02 +09:00", "dd/MMM/yyyy:HH:mm:ss Z"},
		{"Tue 1 o'clock Asia/Seoul", "EEE h 'o''clock' ZZZ"},
		{"20200101-9 UTC", "yyyyDDDe z"},
		{"99 -5", "yy Y"},
	} {
		f.Add(seed[0], seed[1])
	}
	text := datatype.Text()
	timestamp, zoned := datatype.Temporal(datatype.Timestamp, 3), datatype.Temporal(datatype.TimestampTZ, 3)
	f.Fuzz(func(t *testing.T, val, pattern string) {
		for _, pair := range []struct {
			read, write string
			typ         datatype.Type
		}{{"date_parse", "date_format", timestamp}, {"parse_datetime", "format_datetime", zoned}} {
			read, _ := scalar.Lookup(pair.read, []datatype.Type{text, text}, pair.typ)
			write, _ := scalar.Lookup(pair.write, []datatype.Type{pair.typ, text}, text)
			v, err := read.Call(work.New(t.Context(), time.Time{}), []any{val, pattern})
			if err != nil {
				checkError(t, err)
				continue
			}
			if _, err := write.Call(work.New(t.Context(), time.Time{}), []any{v, pattern}); err != nil {
				checkError(t, err)
			}
		}
	})
}

func FuzzISO8601(f *testing.F) {
	for _, seed := range []string{
		"2001-08-22T03:04:05.321-11:00", "2020-W10-3", "2020-123T10,5", "T10:45", "-0001-01-01T00Z", "+99999-12",
		"2001-08-22T12:34:56.123456789+01:00[Europe/Paris]", "5 d", "1.5GB",
	} {
		f.Add(seed)
	}
	text := datatype.Text()
	f.Fuzz(func(t *testing.T, val string) {
		for _, name := range []string{
			"from_iso8601_timestamp", "from_iso8601_timestamp_nanos", "from_iso8601_date", "parse_duration", "parse_data_size",
		} {
			f, ok := scalar.Lookup(name, []datatype.Type{text}, text)
			if !ok {
				t.Fatalf("no %s", name)
			}
			if _, err := f.Call(work.New(t.Context(), time.Time{}), []any{val}); err != nil {
				checkError(t, err)
			}
		}
	})
}

// checkError fails unless the error is one that the caller may see.
func checkError(t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[*sqlerr.Error](err); !ok {
		t.Fatalf("%T: %v", err, err)
	}
}
