package scalar

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

func urlFamily() map[string]binder {
	part := func(of func(u uri) string) binder {
		return on(func(args []any) (any, error) {
			u, ok := parseURI(value.As[string](args[0]))
			if !ok {
				return nil, nil
			}
			return of(u), nil
		}, datatype.Varchar)
	}
	return map[string]binder{
		"url_extract_protocol":  part(func(u uri) string { return u.scheme }),
		"url_extract_host":      part(func(u uri) string { return u.host }),
		"url_extract_path":      part(func(u uri) string { return decodePercent(u.path) }),
		"url_extract_query":     part(func(u uri) string { return decodePercent(u.query) }),
		"url_extract_fragment":  part(func(u uri) string { return decodePercent(u.fragment) }),
		"url_extract_port":      on(urlPort, datatype.Varchar),
		"url_extract_parameter": on(urlParameter, datatype.Varchar, datatype.Varchar),
		"url_encode":            on(urlEncode, datatype.Varchar),
		"url_decode":            on(func(args []any) (any, error) { return decodeForm(value.As[string](args[0])) }, datatype.Varchar),
	}
}

func urlPort(args []any) (any, error) {
	u, ok := parseURI(value.As[string](args[0]))
	if !ok || u.port < 0 {
		return nil, nil
	}
	return int64(u.port), nil
}

// urlParameter returns the value of the first parameter of the name, the empty
// text when it has none, or NULL.
func urlParameter(args []any) (any, error) {
	u, ok := parseURI(value.As[string](args[0]))
	if !ok || !u.hasQuery {
		return nil, nil
	}
	for parameter := range strings.SplitSeq(u.query, "&") {
		name, val, _ := strings.Cut(parameter, "=")
		if name == value.As[string](args[1]) {
			return decodeForm(val)
		}
	}
	return nil, nil
}

func urlEncode(args []any) (any, error) {
	var b strings.Builder
	for _, c := range []byte(value.As[string](args[0])) {
		switch {
		case isAlphanumeric(c), c == '-', c == '_', c == '.', c == '*':
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String(), nil
}

// decodeForm undoes urlEncode.
func decodeForm(s string) (any, error) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b = append(b, ' ')
		case s[i] != '%':
			b = append(b, s[i])
		case i+2 >= len(s):
			return nil, sqlerr.Argument("URLDecoder: Incomplete trailing escape (%%) pattern")
		default:
			n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				at := 0
				if value.Digit(rune(s[i+1])) < 16 {
					at = 1
				}
				return nil, sqlerr.Argument(`URLDecoder: Illegal hex characters in escape (%%) pattern - Error at index %d in: "%s"`, at, s[i+1:i+3])
			}
			b = append(b, byte(n))
			i += 2
		}
	}
	return repairUTF8(b, "\ufffd"), nil
}

// decodePercent decodes what stands for bytes of UTF-8.
func decodePercent(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		b = append(b, byte(value.Digit(rune(s[i+1]))<<4|value.Digit(rune(s[i+2])))) //nolint:gosec // two digits
		i += 2
	}
	return repairUTF8(b, "\ufffd")
}
