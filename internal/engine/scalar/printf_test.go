package scalar_test

import (
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
)

// What java.util.Formatter answers in English, as format() must.
func TestFormat(t *testing.T) {
	runCalls(t, []call{
		{"format", "varchar", "varchar:%.2f | double:1.005", "1.01"},
		{"format", "varchar", "varchar:%.1f | double:0.25", "0.3"},
		{"format", "varchar", "varchar:%.0f | double:2.5", "3"},
		{"format", "varchar", "varchar:%.0f | double:0.5", "1"},
		{"format", "varchar", "varchar:%.0f | double:0.4", "0"},
		{"format", "varchar", "varchar:%.1f | real:0.05", "0.1"},
		{"format", "varchar", "varchar:%.1f | double:9.95", "10.0"},
		{"format", "varchar", "varchar:%f | double:1e22", "10000000000000000000000.000000"},
		{"format", "varchar", "varchar:%f | double:1.0e-7", "0.000000"},
		{"format", "varchar", "varchar:%.20f | double:0.1", "0.10000000000000000000"},
		{"format", "varchar", "varchar:%.3f | real:1.1", "1.100"},
		{"format", "varchar", "varchar:%e | double:12345.678", "1.234568e+04"},
		{"format", "varchar", "varchar:%.0e | double:15000", "2e+04"},
		{"format", "varchar", "varchar:%.3E | double:0.00012345", "1.235E-04"},
		{"format", "varchar", "varchar:%e | double:0", "0.000000e+00"},
		{"format", "varchar", "varchar:%g | double:12345.678", "12345.7"},
		{"format", "varchar", "varchar:%g | double:0.0001", "0.000100000"},
		{"format", "varchar", "varchar:%g | double:0.00001", "1.00000e-05"},
		{"format", "varchar", "varchar:%g | double:1234567", "1.23457e+06"},
		{"format", "varchar", "varchar:%g | double:0", "0.00000"},
		{"format", "varchar", "varchar:%.3g | double:999.9999", "1.00e+03"},
		{"format", "varchar", "varchar:%,.2f | double:1234567.891", "1,234,567.89"},
		{"format", "varchar", "varchar:%(,.2f | double:-1234567.891", "(1,234,567.89)"},
		{"format", "varchar", "varchar:%+.2f | double:1", "+1.00"},
		{"format", "varchar", "varchar:% .2f | double:1", " 1.00"},
		{"format", "varchar", "varchar:%010.2f | double:-3.14159", "-000003.14"},
		{"format", "varchar", "varchar:%-10.2f! | double:3.14159", "3.14      !"},
		{"format", "varchar", "varchar:%f | double:NaN", "NaN"},
		{"format", "varchar", "varchar:%010f | double:Infinity", "  Infinity"},
		{"format", "varchar", "varchar:%+f | double:Infinity", "+Infinity"},
		{"format", "varchar", "varchar:%(f | double:-Infinity", "(Infinity)"},
		{"format", "varchar", "varchar:%+f | double:NaN", "NaN"},
		{"format", "varchar", "varchar:%#.0f | double:3", "3."},
		{"format", "varchar", "varchar:%05.1f! | double:-2.25", "-02.3!"},
		{"format", "varchar", "varchar:%f | decimal(10,3):1.005", "1.005000"},
		{"format", "varchar", "varchar:%.2f | decimal(10,3):1.005", "1.01"},
		{"format", "varchar", "varchar:%.2f | decimal(10,3):-1.005", "-1.01"},
		{"format", "varchar", "varchar:%e | decimal(10,3):12345.678", "1.234568e+04"},
		{"format", "varchar", "varchar:%.1e | decimal(10,5):0.00015", "1.5e-04"},
		{"format", "varchar", "varchar:%s | decimal(10,7):0.0000001", "1E-7"},
		{"format", "varchar", "varchar:%,.3f | decimal(10,1):1234567.8", "1,234,567.800"},
		{"format", "varchar", "varchar:%d | bigint:5", "5"},
		{"format", "varchar", "varchar:%,d | integer:-1234567", "-1,234,567"},
		{"format", "varchar", "varchar:%(d | tinyint:-5", "(5)"},
		{"format", "varchar", "varchar:%+d | bigint:5", "+5"},
		{"format", "varchar", "varchar:%05d | bigint:-5", "-0005"},
		{"format", "varchar", "varchar:%,010d | bigint:12345", "000012,345"},
		{"format", "varchar", "varchar:%(010d | bigint:-12345", "(00012345)"},
		{"format", "varchar", "varchar:%d | bigint:-9223372036854775808", "-9223372036854775808"},
		{"format", "varchar", "varchar:%x | bigint:-1", "ffffffffffffffff"},
		{"format", "varchar", "varchar:%#x | bigint:255", "0xff"},
		{"format", "varchar", "varchar:%08X | bigint:255", "000000FF"},
		{"format", "varchar", "varchar:%#o | bigint:8", "010"},
		{"format", "varchar", "varchar:%s | double:5", "5.0"},
		{"format", "varchar", "varchar:%10s! | varchar:é😀", "       é😀!"},
		{"format", "varchar", "varchar:%-5s! | char(3):ab", "ab   !"},
		{"format", "varchar", "varchar:%.2s | varchar:abc", "ab"},
		{"format", "varchar", "varchar:%S | varchar:abß", "ABSS"},
		{"format", "varchar", "varchar:%b | varchar:NULL", "false"},
		{"format", "varchar", "varchar:%s %5d! %.2f | varchar:NULL | bigint:NULL | double:NULL", "null  null! nu"},
		{"format", "varchar", "varchar:%b %B %.2b | varchar:x | boolean:true | boolean:true", "true TRUE tr"},
		{"format", "varchar", "varchar:%5%!%-5%!%n", "    %!%    !\n"},
		{"format", "varchar", "varchar:%2$s %s %<s %s | varchar:a | varchar:b | varchar:c", "b a a b"},
	})
}

func TestFormatOfTimes(t *testing.T) {
	stamp, zoned := " | timestamp(9):2006-07-04 15:06:07.123456789", " | timestamp(3) with time zone:2006-07-04 15:06:07.123 America/New_York"
	runCalls(t, []call{
		{"format", "varchar", "varchar:%1$tA, %1$tB %1$te, %1$tY | date:2006-07-04", "Tuesday, July 4, 2006"},
		{"format", "varchar", "varchar:%1$tH %1$tI %1$tk %1$tl %1$tM %1$tS %1$tL %1$tN %1$tp" + stamp, "15 03 15 3 06 07 123 123456789 pm"},
		{"format", "varchar", "varchar:%1$tR %1$tT %1$tr %1$tD %1$tF %1$tj %1$tC %1$ty %1$ta %1$tb" + stamp, "15:06 15:06:07 03:06:07 PM 07/04/06 2006-07-04 185 20 06 Tue Jul"},
		{"format", "varchar", "varchar:%1$tz %1$ts %1$tQ" + zoned, "-0400 1152039967 1152039967123"},
		{"format", "varchar", "varchar:%s" + stamp, "2006-07-04T15:06:07.123456789"},
		{"format", "varchar", "varchar:%s" + zoned, "2006-07-04T15:06:07.123-04:00[America/New_York]"},
		{"format", "varchar", "varchar:%1$s %1$tc | timestamp(0) with time zone:2006-07-04 15:06:07 UTC", "2006-07-04T15:06:07Z[UTC] Tue Jul 04 15:06:07 UTC 2006"},
		{"format", "varchar", "varchar:%s | timestamp(0) with time zone:2006-07-04 15:06:00 +09:00", "2006-07-04T15:06+09:00"},
		{"format", "varchar", "varchar:%s %s | time(3):03:04:00 | time(3):03:04:05.1", "03:04 03:04:05.100"},
		{"format", "varchar", "varchar:%s | date:2006-07-04", "2006-07-04"},
		{"format", "varchar", "varchar:%TB %10tY! | date:2006-07-04 | date:2006-07-04", "JULY       2006!"},
		{"format", "varchar", "varchar:%tT | date:2006-07-04", "INVALID_FUNCTION_ARGUMENT: Invalid format string: %tT (IllegalFormatConversion: H != java.time.LocalDate)"},
		{"format", "varchar", "varchar:%tc" + stamp, "INVALID_FUNCTION_ARGUMENT: Invalid format string: %tc (IllegalFormatConversion: Z != java.time.LocalDateTime)"},
		{"format", "varchar", "varchar:%tB | time(3):03:04:05", "INVALID_FUNCTION_ARGUMENT: Invalid format string: %tB (IllegalFormatConversion: B != java.time.LocalTime)"},
	})
}

func TestFormatErrors(t *testing.T) {
	for _, tt := range []struct{ format, arg, want string }{
		{"%c", "varchar:a", "IllegalFormatConversion: c != java.lang.String"},
		{"%d", "varchar:a", "IllegalFormatConversion: d != java.lang.String"},
		{"%f", "bigint:5", "IllegalFormatConversion: f != java.lang.Long"},
		{"%d", "double:1.5", "IllegalFormatConversion: d != java.lang.Double"},
		{"%d", "decimal(1,0):5", "IllegalFormatConversion: d != java.math.BigDecimal"},
		{"%i", "bigint:5", "UnknownFormatConversion: Conversion = 'i'"},
		{"%", "bigint:5", "UnknownFormatConversion: Conversion = '%'"},
		{"%$s", "bigint:5", "UnknownFormatConversion: Conversion = '$'"},
		{"%tW", "date:2006-07-04", "UnknownFormatConversion: Conversion = 'tW'"},
		{"%3$s", "varchar:a", "MissingFormatArgument: Format specifier '%3$s'"},
		{"%<s", "varchar:a", "MissingFormatArgument: Format specifier '%<s'"},
		{"%-d", "bigint:5", "MissingFormatWidth: %-d"},
		{"%0d", "bigint:5", "MissingFormatWidth: %0d"},
		{"%05s", "varchar:a", "FormatFlagsConversionMismatch: Conversion = s, Flags = 0"},
		{"%#s", "varchar:a", "FormatFlagsConversionMismatch: Conversion = s, Flags = #"},
		{"%,x", "bigint:5", "FormatFlagsConversionMismatch: Conversion = x, Flags = ,"},
		{"%(x", "bigint:5", "FormatFlagsConversionMismatch: Conversion = x, Flags = ("},
		{"%.2d", "bigint:5", "IllegalFormatPrecision: 2"},
		{"%--5d", "bigint:5", "DuplicateFormatFlags: Flags = '-'"},
		{"%+ d", "bigint:5", "IllegalFormatFlags: Flags = '+ '"},
		{"%-05d", "bigint:5", "IllegalFormatFlags: Flags = '-0'"},
		{"%5n", "bigint:5", "IllegalFormatWidth: 5"},
		{"%0$s", "varchar:a", "IllegalFormatArgumentIndex: Illegal format argument index = 0"},
		{"%tB", "varchar:a", "IllegalFormatConversion: B != java.lang.String"},
	} {
		want := "INVALID_FUNCTION_ARGUMENT: Invalid format string: " + tt.format + " (" + tt.want + ")"
		if got := ask(t, "format", "varchar", "varchar:"+tt.format, tt.arg); got != want {
			t.Errorf("%s of %s\n got %s\nwant %s", tt.format, tt.arg, got, want)
		}
	}
}

func FuzzFormat(f *testing.F) {
	for _, seed := range []string{"%s", "%1$05.2f|%n", "%,(d %<x", "%tc", "%-5%", "%.0e%g"} {
		f.Add(seed, int64(-42), 2.5, "x")
	}
	bind, ok := scalar.Lookup("format", []datatype.Type{
		datatype.Text(), datatype.Of(datatype.Bigint), datatype.Of(datatype.Double), datatype.Text(), datatype.Of(datatype.Date),
	}, datatype.Text())
	if !ok {
		f.Fatal("no form")
	}
	f.Fuzz(func(t *testing.T, format string, n int64, d float64, s string) {
		if len(format) > 20 {
			return // wide
		}
		_, _ = bind.Call(work.New(t.Context(), time.Time{}), []any{format, n, d, s, n % 1_000_000})
	})
}
