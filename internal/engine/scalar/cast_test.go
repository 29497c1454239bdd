package scalar_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

func TestCast(t *testing.T) {
	for _, tt := range []struct{ from, to, want string }{
		{"varchar:t", "boolean", "true"},
		{"varchar:0", "boolean", "false"},
		{"varchar:yes", "boolean", "INVALID_CAST_ARGUMENT: Cannot cast 'yes' to BOOLEAN"},
		{"double:0.5", "boolean", "true"},
		{"varchar: 1337 ", "integer", "1337"},
		{"varchar:+7", "bigint", "7"},
		{"varchar:12.7", "integer", "INVALID_CAST_ARGUMENT: Cannot cast '12.7' to INT"},
		{"varchar:128", "tinyint", "INVALID_CAST_ARGUMENT: Cannot cast '128' to TINYINT"},
		{"varchar:1_0", "bigint", "INVALID_CAST_ARGUMENT: Cannot cast '1_0' to BIGINT"},
		{"varchar:", "bigint", "INVALID_CAST_ARGUMENT: Cannot cast '' to BIGINT"},
		{"bigint:2147483648", "integer", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for integer: 2147483648"},
		{"double:12.5", "integer", "13"},
		{"double:-12.5", "bigint", "-13"},
		{"double:1e19", "bigint", "INVALID_CAST_ARGUMENT: Unable to cast 1.0E19 to bigint"},
		{"double:NaN", "integer", "INVALID_CAST_ARGUMENT: Cannot cast double NaN to integer"},
		{"double:1e10", "integer", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for integer: 1.0E10"},
		{"decimal(3,1):12.5", "integer", "13"},
		{"decimal(3,1):-12.5", "bigint", "-13"},
		{"decimal(20,0):99999999999999999999", "bigint", "INVALID_CAST_ARGUMENT: Cannot cast '99999999999999999999' to BIGINT"},
		{"varchar: 1e3 ", "double", "1000.0"},
		{"varchar:.5f", "double", "0.5"},
		{"varchar:-Infinity", "real", "-Infinity"},
		{"varchar:inf", "double", "INVALID_CAST_ARGUMENT: Cannot cast 'inf' to DOUBLE"},
		{"varchar:0x1p3", "double", "8.0"},
		{"varchar:1.005", "decimal(10,2)", "1.01"},
		{"varchar:-0.5", "decimal(1,0)", "-1"},
		{"varchar:1e2", "decimal(5,1)", "100.0"},
		{"varchar: 1", "decimal(5,1)", "INVALID_CAST_ARGUMENT: Cannot cast VARCHAR ' 1' to DECIMAL(5, 1). Value is not a number."},
		{"varchar:99999", "decimal(5,1)", "INVALID_CAST_ARGUMENT: Cannot cast VARCHAR '99999' to DECIMAL(5, 1). Value too large."},
		{"varchar:1e999999999", "decimal(5,1)", "INVALID_CAST_ARGUMENT: Cannot cast VARCHAR '1e999999999' to DECIMAL(5, 1). Value too large."},
		{"varchar:1e-999999999", "decimal(5,1)", "0.0"},
		{"integer:1000", "decimal(4,1)", "INVALID_CAST_ARGUMENT: Cannot cast INTEGER '1000' to DECIMAL(4, 1)"},
		{"double:0.615", "decimal(3,2)", "0.62"},
		{"double:1234.5", "decimal(3,2)", "INVALID_CAST_ARGUMENT: Cannot cast DOUBLE '1234.5' to DECIMAL(3, 2)"},
		{"decimal(4,2):12.35", "decimal(3,1)", "12.4"},
		{"decimal(4,2):99.95", "decimal(3,1)", "INVALID_CAST_ARGUMENT: Cannot cast DECIMAL(4, 2) '99.95' to DECIMAL(3, 1)"},
		{"varchar:abcdef", "varchar(3)", "abc"},
		{"varchar:가나다라", "varchar(3)", "가나다"},
		{"char(5):ab", "varchar", "ab   "},
		{"varchar:ab  ", "char(5)", "ab   "},
		{"bigint:1234", "varchar(3)", "INVALID_CAST_ARGUMENT: Value 1234 cannot be represented as varchar(3)"},
		{"boolean:true", "varchar", "true"},
		{"double:12", "varchar", "1.2E1"},
		{"double:0", "varchar", "0E0"},
		{"double:123456.789", "varchar", "1.23456789E5"},
		{"real:12.2", "varchar", "1.22E1"},
		{"real:NaN", "varchar", "NaN"},
		{"decimal(5,3):-0.05", "varchar", "-0.050"},
		{"interval day to second:3600000", "varchar", "0 01:00:00.000"},
		{"interval day to second:-1001", "varchar", "-0 00:00:01.001"},
		{"interval year to month:15", "varchar", "1-3"},
		{"varchar:abc", "varbinary", "61 62 63"},
		{"varchar:10.0.0.1", "ipaddress", "10.0.0.1"},
		{"varchar:::ffff:1.2.3.4", "ipaddress", "1.2.3.4"},
		{"varchar:2001:DB8::0", "ipaddress", "2001:db8::"},
		{"varchar:10.0.0.256", "ipaddress", "INVALID_CAST_ARGUMENT: Cannot cast value to IPADDRESS: 10.0.0.256"},
		{"varchar:10.1.2.3/9", "ipprefix", "10.0.0.0/9"},
		{"ipaddress:10.1.2.3", "ipprefix", "10.1.2.3/32"},
		{"varchar:12151fd2-7586-11e9-8f9e-2a86e4085a59", "uuid", "12151fd2-7586-11e9-8f9e-2a86e4085a59"},
		{"varchar:12151fd2", "uuid", "INVALID_CAST_ARGUMENT: Cannot cast value to UUID: 12151fd2"},
	} {
		t.Run(tt.from+" as "+tt.to, func(t *testing.T) {
			if got := cast(t, tt.from, tt.to); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCastTime(t *testing.T) {
	for _, tt := range []struct{ from, to, want string }{
		{"varchar:2013-02-02", "date", "2013-02-02"},
		{"varchar: -2013-2-2 ", "date", "-2013-02-02"},
		{"varchar:2013-02-30", "date", "INVALID_CAST_ARGUMENT: Value cannot be cast to date: 2013-02-30"},
		{"varchar:123001-05-01", "date", "+123001-05-01"},
		{"varchar:12:34:56.789", "time(2)", "12:34:56.79"},
		{"varchar:23:59:59.9999", "time(3)", "00:00:00.000"},
		{"varchar:12:34:56.123456789012", "time(12)", "12:34:56.123456789012"},
		{"varchar:24:00:00", "time(0)", "INVALID_CAST_ARGUMENT: Value cannot be cast to time: 24:00:00"},
		{"varchar:12:34:56+09:00", "time(0)", "INVALID_CAST_ARGUMENT: Value cannot be cast to time: 12:34:56+09:00"},
		{"varchar:12:34:56 +09:00", "time(1) with time zone", "12:34:56.0+09:00"},
		{"varchar:2001-1-2", "timestamp(3)", "2001-01-02 00:00:00.000"},
		{"varchar:2020-05-10 12:34:56.1555 +01:23", "timestamp(3)", "2020-05-10 12:34:56.156"},
		{"varchar:2020-05-10T12:34:56", "timestamp(3)", "INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: 2020-05-10T12:34:56"},
		{"varchar:2020-13-10", "timestamp(3)", "INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: 2020-13-10"},
		{"varchar:2020-05-10 12:34:56.123456789012", "timestamp(12)", "2020-05-10 12:34:56.123456789012"},
		{"varchar:2020-03-08 02:30:00 America/New_York", "timestamp(0) with time zone", "INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: 2020-03-08 02:30:00 America/New_York"},
		{"varchar:2020-11-01 01:30:00 America/New_York", "timestamp(0) with time zone", "2020-11-01 01:30:00 America/New_York"},
		{"varchar:2020-05-10 12:00", "timestamp(3) with time zone", "2020-05-10 12:00:00.000 UTC"},
		{"varchar:2020-05-10 12:00 +00:00", "timestamp(0) with time zone", "2020-05-10 12:00:00 UTC"},
		{"varchar:2020-05-10 12:00 Mars", "timestamp(0) with time zone", "INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: 2020-05-10 12:00 Mars"},
		{"timestamp(1):1970-01-01 00:00:00.5", "timestamp(0)", "1970-01-01 00:00:01"},
		{"timestamp(1):1969-12-31 23:59:59.5", "timestamp(0)", "1970-01-01 00:00:00"},
		{"timestamp(9):2020-05-10 23:59:59.999999999", "date", "2020-05-10"},
		{"timestamp(9):2020-05-10 23:59:59.999999999", "time(3)", "00:00:00.000"},
		{"timestamp(3) with time zone:2020-05-10 01:00 Asia/Seoul", "timestamp(3)", "2020-05-10 01:00:00.000"},
		{"timestamp(3) with time zone:2020-05-10 01:00 Asia/Seoul", "date", "2020-05-10"},
		{"timestamp(0) with time zone:2020-03-08 03:23:45 America/Los_Angeles", "time(0) with time zone", "03:23:45-08:00"},
		{"date:2020-05-01", "timestamp(3) with time zone", "2020-05-01 00:00:00.000 UTC"},
		{"timestamp(12):2020-05-10 12:34:56.999999999999", "timestamp(11)", "2020-05-10 12:34:57.00000000000"},
		{"timestamp(3):2020-05-10 12:34:56", "varchar(5)", "2020-05-10 12:34:56.000"}, // which is no result
		{"date:2020-05-10", "varchar(5)", "INVALID_CAST_ARGUMENT: Value 2020-05-10 cannot be represented as varchar(5)"},
	} {
		t.Run(tt.from+" as "+tt.to, func(t *testing.T) {
			if got := cast(t, tt.from, tt.to); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func cast(t *testing.T, from, to string) string {
	t.Helper()
	v, fromType := valueOf(t, from)
	toType := typeOf(t, to)
	f, ok := scalar.Cast(fromType, toType)
	if !ok {
		return "NO CAST"
	}
	v, err := f.Call(work.New(t.Context(), time.Time{}), []any{v})
	if err != nil {
		return err.Error()
	}
	return value.Text(toType, v)
}

func TestCastNested(t *testing.T) {
	f, ok := scalar.Cast(typeOf(t, "row(array(double), map(varchar, integer))"), typeOf(t, "row(array(integer), map(bigint, varchar))"))
	if !ok {
		t.Fatal("no cast")
	}
	got, err := f.Call(work.New(t.Context(), time.Time{}), []any{[]any{
		[]any{1.5, nil, -0.4},
		&value.Map{Keys: []any{"1", "2"}, Values: []any{int64(5), nil}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []any{[]any{int64(2), nil, int64(0)}, &value.Map{Keys: []any{int64(1), int64(2)}, Values: []any{"5", nil}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	keys, _ := scalar.Cast(typeOf(t, "map(varchar, integer)"), typeOf(t, "map(bigint, integer)"))
	_, err = keys.Call(work.New(t.Context(), time.Time{}), []any{&value.Map{Keys: []any{"1", "01"}, Values: []any{nil, nil}}})
	if err == nil || err.Error() != "INVALID_CAST_ARGUMENT: duplicate keys" {
		t.Errorf("keys that become one: %v", err)
	}
}

// TestEveryCast asks for each cast that the analyzer allows between scalar types.
func TestEveryCast(t *testing.T) {
	spellings := []string{
		"boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "decimal(10,2)", "decimal(30,5)", "varchar",
		"varchar(5)", "char(3)", "varbinary", "date", "time(3)", "time(3) with time zone", "timestamp(3)",
		"timestamp(9) with time zone", "interval day to second", "interval year to month", "json", "uuid", "ipaddress",
		"ipprefix",
	}
	// A time becomes a timestamp of the day on which the query started.
	missing := map[string]bool{}
	for _, from := range spellings {
		for _, to := range spellings {
			a, b := typeOf(t, from), typeOf(t, to)
			isTime := a.Kind == datatype.Time || a.Kind == datatype.TimeTZ
			if isTime && (b.Kind == datatype.Timestamp || b.Kind == datatype.TimestampTZ) {
				missing[from+" as "+to] = true
			}
			_, ok := scalar.Cast(a, b)
			if want := datatype.CanCast(a, b) && !missing[from+" as "+to]; ok != want {
				t.Errorf("%s as %s: is there %v, want %v", from, to, ok, want)
			}
		}
	}
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		typ  string
		v    any
		want string
	}{
		{"double", 1e10, "1.0E10"},
		{"double", 1e7, "1.0E7"},
		{"double", 9999999.0, "9999999.0"},
		{"double", 0.001, "0.001"},
		{"double", 0.00012, "1.2E-4"},
		{"double", 5e-324, "4.9E-324"},
		{"double", 2e-323, "2.0E-323"},
		{"double", 1e23, "1.0E23"},
		{"real", float32(3.4028235e38), "3.4028235E38"},
		{"real", float32(1.4e-45), "1.4E-45"},
		{"decimal(38,3)", big.NewInt(-5), "-0.005"},
		{"array(integer)", []any{int64(1), nil, int64(3)}, "[1, null, 3]"},
		{"row(a integer, b varchar)", []any{int64(1), "x"}, "{a=1, b=x}"},
		{"row(integer)", []any{int64(1)}, "{field0=1}"},
		{"map(varchar, integer)", &value.Map{Keys: []any{"a"}, Values: []any{nil}}, "{a=null}"},
		{"interval day to second", int64(-9223372036854775808), "-106751991167 07:12:55.808"},
	} {
		if got := value.Text(typeOf(t, tt.typ), tt.v); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.typ, got, tt.want)
		}
	}
}
