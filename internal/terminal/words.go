package terminal

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Duration returns a duration as a person wants it.
func Duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// Bytes returns a number of bytes with its unit. As in AWS's consoles, a KB is
// 1,024 bytes.
func Bytes(n int64) string {
	if n < 1024 {
		return Counted(n, "byte")
	}
	units := []string{"KB", "MB", "GB", "TB", "PB", "EB"}
	value, unit := float64(n)/1024, 0
	for value >= 1024 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", value), ".0") + " " + units[unit]
}

// Dollars returns a price; of less than a cent, the first two digits that count.
func Dollars(price float64) string {
	decimals := 2
	if price > 0 && price < 0.01 {
		decimals = 1 - int(math.Floor(math.Log10(price)))
	}
	return fmt.Sprintf("$%.*f", decimals, price)
}

// Counted returns a number of things, such as "1 row" or "1,200 rows". The
// plural is the singular with an s unless it is given.
func Counted(n int64, singular string, plural ...string) string {
	switch {
	case n == 1:
		return "1 " + singular
	case len(plural) > 0:
		return Grouped(n) + " " + plural[0]
	}
	return Grouped(n) + " " + singular + "s"
}

// Number returns a number with as many digits as one looks at: 0.1235, 12.35, 1,235, 12.3M.
func Number(v float64) string {
	sizes := []struct {
		of   float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}}
	size := math.Abs(v)
	switch {
	case !isNumber(v):
		return "-"
	case v == 0:
		return "0"
	case size >= 1e15 || size < 1e-4:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case size < 999_999.5:
		decimals := max(0, 3-int(math.Floor(math.Log10(size))))
		whole, rest, some := strings.Cut(strconv.FormatFloat(v, 'f', decimals, 64), ".")
		if rest = strings.TrimRight(rest, "0"); !some || rest == "" {
			n, _ := strconv.ParseInt(whole, 10, 64) // of a few digits
			return Grouped(n)
		}
		return whole + "." + rest
	}
	for _, s := range sizes {
		if size >= s.of*0.9999995 {
			return strings.TrimSuffix(strconv.FormatFloat(v/s.of, 'f', 1, 64), ".0") + s.name
		}
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// Grouped returns a number with commas between thousands.
func Grouped(n int64) string {
	digits := fmt.Sprint(n)
	out := ""
	for len(digits) > 3 && digits[len(digits)-4] != '-' {
		out = "," + digits[len(digits)-3:] + out
		digits = digits[:len(digits)-3]
	}
	return digits + out
}

// Printable returns text that cannot move the cursor or change a terminal: whoever
// writes to a log must not write to the screen of its reader. Bytes that are no
// UTF-8 are shown too: some terminals take them for control characters.
func Printable(text string) string {
	if utf8.ValidString(text) && strings.IndexFunc(text, unprintable) < 0 {
		return text
	}
	var b strings.Builder
	for at, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == utf8.RuneError && !strings.HasPrefix(text[at:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, text[at])
		case unprintable(r) && r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case unprintable(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// PrintableJSON returns JSON of the same value that cannot change a terminal
// either: what Printable would not print stands in it as an escape.
func PrintableJSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if unprintable(r) && r != '\n' { // which stands between values; in them it is an escape already
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// unprintable says whether a character is a control character, breaks the line, or
// turns the direction of what follows it.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
}
