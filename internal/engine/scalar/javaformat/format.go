// Package javaformat lays out values by a format as java.util.Formatter does, in
// English: format() is left to it by Trino.
package javaformat

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// formatPart is text, or a specifier when its conversion is set.
type formatPart struct {
	text       string // of a specifier, as it is written
	index      int    // of the value from 1; 0 for the next one, -1 for the last one again
	flags      string
	width      int // -1 for none
	precision  int // -1 for none
	conversion byte
	of         byte // of a date or time: what of it
	upper      bool
}

func (p formatPart) has(flag byte) bool { return strings.IndexByte(p.flags, flag) >= 0 }

// errPrintf is the error that Trino makes of Java's exception.
func errPrintf(format, exception, detail string) error {
	return sqlerr.Argument("Invalid format string: %s (%s: %s)", format, exception, detail)
}

func errFlags(format string, p formatPart, flag byte) error {
	return errPrintf(format, "FormatFlagsConversionMismatch", "Conversion = "+string(p.conversion)+", Flags = "+string(flag))
}

// maxWidth bounds a width and a precision.
const maxWidth = 1_000_000

// Format is a format that was parsed.
type Format struct {
	text  string
	parts []formatPart
}

// Parse parses a whole format, so that an error in it comes before one of
// a value.
func Parse(format string) (*Format, error) {
	var parts []formatPart
	rest := format
	for rest != "" {
		text, after, found := strings.Cut(rest, "%")
		if text != "" {
			parts = append(parts, formatPart{text: text})
		}
		if !found {
			break
		}
		part, size, err := parseSpecifier(format, after)
		if err != nil {
			return nil, err
		}
		if err := checkSpecifier(format, part); err != nil {
			return nil, err
		}
		parts = append(parts, part)
		rest = after[size:]
	}
	return &Format{text: format, parts: parts}, nil
}

// parseSpecifier parses what follows a percent sign.
func parseSpecifier(format, s string) (p formatPart, size int, err error) {
	p = formatPart{width: -1, precision: -1}
	at := 0
	number := func() string {
		start := at
		for at < len(s) && s[at] >= '0' && s[at] <= '9' {
			at++
		}
		return s[start:at]
	}
	if n := number(); n != "" && at < len(s) && s[at] == '$' {
		if p.index, err = strconv.Atoi(n); err != nil || p.index == 0 {
			return p, 0, errPrintf(format, "IllegalFormatArgumentIndex", "Illegal format argument index = "+n)
		}
		at++
	} else {
		at = 0
	}
	for at < len(s) && strings.IndexByte("-#+ 0,(<", s[at]) >= 0 {
		switch {
		case s[at] == '<':
			p.index = -1
		case p.has(s[at]):
			return p, 0, errPrintf(format, "DuplicateFormatFlags", "Flags = '"+s[at:at+1]+"'")
		default:
			p.flags += s[at : at+1]
		}
		at++
	}
	if n := number(); n != "" {
		if p.width, err = strconv.Atoi(n); err != nil || p.width > maxWidth {
			return p, 0, errPrintf(format, "IllegalFormatWidth", n)
		}
	}
	if at+1 < len(s) && s[at] == '.' && s[at+1] >= '0' && s[at+1] <= '9' {
		at++
		n := number()
		if p.precision, err = strconv.Atoi(n); err != nil || p.precision > maxWidth {
			return p, 0, errPrintf(format, "IllegalFormatPrecision", n)
		}
	}
	if at == len(s) {
		return p, 0, errPrintf(format, "UnknownFormatConversion", "Conversion = '%'")
	}
	p.conversion = s[at]
	at++
	return p.finish(format, s, at)
}

// finish reads the second letter of a conversion of dates, and tells the case.
func (p formatPart) finish(format, s string, at int) (formatPart, int, error) {
	p.upper = strings.IndexByte("BHSTXEGAC", p.conversion) >= 0
	if p.upper {
		p.conversion |= 0x20
	}
	if p.conversion == 't' {
		if at == len(s) {
			return p, 0, errPrintf(format, "UnknownFormatConversion", "Conversion = '"+s[at-1:at]+"'")
		}
		p.of = s[at]
		at++
		if strings.IndexByte("HIklMNLQpsSTzZaAbBCdehjmyYrRcDF", p.of) < 0 {
			return p, 0, errPrintf(format, "UnknownFormatConversion", "Conversion = 't"+string(p.of)+"'")
		}
	} else if strings.IndexByte("bhscdoxefgan%", p.conversion) < 0 {
		return p, 0, errPrintf(format, "UnknownFormatConversion", "Conversion = '"+s[at-1:at]+"'")
	}
	p.text = "%" + s[:at]
	return p, at, nil
}

// checkSpecifier checks that the flags, the width and the precision fit the conversion.
func checkSpecifier(format string, p formatPart) error {
	var bad string
	numeric := false
	switch p.conversion {
	case 'b', 'h':
		bad = "+ 0,(#"
	case 's', 'c', 't':
		bad = "#+ 0,("
	case 'd':
		bad, numeric = "#", true
	case 'o', 'x', 'e':
		bad, numeric = ",", true
	case 'g':
		bad, numeric = "#", true
	case 'a':
		bad, numeric = "(,", true
	case 'f':
		numeric = true
	case 'n':
		if p.width >= 0 {
			return errPrintf(format, "IllegalFormatWidth", strconv.Itoa(p.width))
		}
		if p.flags != "" {
			return errPrintf(format, "IllegalFormatFlags", "Flags = '"+p.flags+"'")
		}
	}
	if p.precision >= 0 && strings.IndexByte("doxctn%", p.conversion) >= 0 {
		return errPrintf(format, "IllegalFormatPrecision", strconv.Itoa(p.precision))
	}
	if p.width < 0 && (p.has('-') || numeric && p.has('0')) {
		return errPrintf(format, "MissingFormatWidth", p.text)
	}
	if numeric && (p.has('+') && p.has(' ') || p.has('-') && p.has('0')) {
		return errPrintf(format, "IllegalFormatFlags", "Flags = '"+p.flags+"'")
	}
	for i := range len(bad) {
		if p.has(bad[i]) {
			return errFlags(format, p, bad[i])
		}
	}
	return nil
}

// Write returns the text of the format with the values, which are those of javaValueOf.
func (f *Format) Write(values []any, grow func(bytes int) error) (string, error) {
	var b strings.Builder
	next, last := 0, -1
	for _, p := range f.parts {
		if err := grow(len(p.text) + max(0, p.width) + max(0, p.precision)); err != nil {
			return "", err
		}
		switch p.conversion {
		case 0:
			b.WriteString(p.text)
			continue
		case '%':
			b.WriteString(p.justify("%"))
			continue
		case 'n':
			b.WriteByte('\n')
			continue
		}
		switch {
		case p.index > 0:
			last = p.index - 1
		case p.index == 0:
			last = next
			next++
		}
		if last < 0 || last >= len(values) {
			return "", errPrintf(f.text, "MissingFormatArgument", "Format specifier '"+p.text+"'")
		}
		text, err := p.layOut(f.text, values[last])
		if err != nil {
			return "", err
		}
		if err := grow(len(text)); err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// layOut returns the text of one value.
func (p formatPart) layOut(format string, v any) (string, error) {
	if v == nil {
		text := "null"
		if p.conversion == 'b' {
			text = "false"
		}
		return p.general(text), nil
	}
	switch p.conversion {
	case 'b':
		if is, ok := v.(bool); ok {
			return p.general(strconv.FormatBool(is)), nil
		}
		return p.general("true"), nil
	case 's':
		return p.general(javaString(v)), nil
	case 't':
		return p.temporal(format, v)
	case 'd', 'o', 'x':
		if n, ok := v.(int64); ok {
			return p.integer(format, n)
		}
	case 'e', 'f', 'g':
		if n, ok := numberOf(v); ok {
			return p.justify(p.number(n)), nil
		}
	case 'h', 'a':
		return "", sqlerr.Refused("the conversion " + p.text + " of format")
	}
	return "", p.mismatch(format, v)
}

func (p formatPart) mismatch(format string, v any) error {
	shown := string(p.conversion)
	if p.conversion == 't' {
		shown = string(p.of)
	}
	return errPrintf(format, "IllegalFormatConversion", shown+" != "+javaClass(v))
}

// general cuts text to the precision.
func (p formatPart) general(text string) string {
	if p.precision >= 0 && p.precision < len(text) {
		units := utf16.Encode([]rune(text))
		text = string(utf16.Decode(units[:min(p.precision, len(units))]))
	}
	return p.justify(text)
}

// justify fills text up to the width and puts it into the case.
func (p formatPart) justify(text string) string {
	if p.upper {
		text = strings.ToUpper(strings.ReplaceAll(text, "ß", "SS"))
	}
	if p.width <= 0 {
		return text
	}
	n := p.width - len(utf16.Encode([]rune(text)))
	switch {
	case n <= 0:
		return text
	case p.has('-'):
		return text + strings.Repeat(" ", n)
	}
	return strings.Repeat(" ", n) + text
}
