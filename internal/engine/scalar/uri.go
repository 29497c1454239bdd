package scalar

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/sql/value"
)

// uri is what java.net.URI makes of a text, with percent signs as they stand.
// RFC 2396 and that class differ from package net/url in what they take.
type uri struct {
	scheme, host, path, query, fragment string
	hasQuery                            bool
	port                                int // -1 for none
}

// The characters that RFC 2396 lets stand in the parts, besides letters, digits
// and percent signs before two hexadecimal digits.
const (
	uriMark     = "-_.!~*'()"
	uriAny      = ";/?:@&=+$,[]" + uriMark
	uriPath     = ":@&=+$,;/" + uriMark
	uriUser     = ";:&=+$," + uriMark
	uriServer   = uriUser + ".:@[]-"
	uriRegistry = "$,;:@&=+" + uriMark
)

func parseURI(s string) (u uri, ok bool) {
	u.port = -1
	rest, fragment, found := strings.Cut(s, "#")
	if found && !consistsOf(fragment, uriAny) {
		return u, false
	}
	u.fragment = fragment
	colon := strings.IndexAny(rest, ":/?")
	if colon < 0 || rest[colon] != ':' {
		return u.hierarchical(rest)
	}
	u.scheme, rest = rest[:colon], rest[colon+1:]
	if !isScheme(u.scheme) {
		return u, false
	}
	if !strings.HasPrefix(rest, "/") {
		// Opaque, as mailto: is.
		return u, rest != "" && consistsOf(rest, uriAny)
	}
	return u.hierarchical(rest)
}

func isScheme(s string) bool {
	for i := range len(s) {
		letter := s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z'
		if !letter && (i == 0 || !isAlphanumeric(s[i]) && strings.IndexByte("+-.", s[i]) < 0) {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// consistsOf reports whether s is of letters, digits, escapes, visible
// characters beyond ASCII, and the characters of set.
func consistsOf(s, set string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case isAlphanumeric(c) || strings.IndexByte(set, c) >= 0:
			i++
		case c == '%':
			if i+2 >= len(s) || value.Digit(rune(s[i+1])) > 15 || value.Digit(rune(s[i+2])) > 15 {
				return false
			}
			i += 3
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if r <= 0x80 || unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp, unicode.Cc) {
				return false
			}
			i += size
		}
	}
	return true
}

func (u uri) hierarchical(s string) (uri, bool) {
	if rest, ok := strings.CutPrefix(s, "//"); ok {
		end := strings.IndexAny(rest, "/?")
		if end < 0 {
			end = len(rest)
		}
		if rest == "" && u.fragment == "" || end > 0 && !u.authority(rest[:end]) {
			return u, false
		}
		s = rest[end:]
	}
	u.path, u.query, u.hasQuery = strings.Cut(s, "?")
	return u, consistsOf(u.path, uriPath) && consistsOf(u.query, uriAny)
}

// authority takes a server, or a name of another registry, which has no host.
func (u *uri) authority(s string) bool {
	server := uriServer
	if strings.IndexByte(s, ']') > 0 {
		server += "%"
	}
	isServer, isRegistry := consistsOf(s, server), consistsOf(s, uriRegistry)
	if isServer {
		if host, port, ok := parseServer(s); ok {
			u.host, u.port = host, port
			return true
		}
	}
	return isRegistry
}

func parseServer(s string) (host string, port int, ok bool) {
	if user, rest, found := strings.Cut(s, "@"); found {
		if !consistsOf(user, uriUser) {
			return "", 0, false
		}
		s = rest
	}
	end := strings.IndexByte(s, ':')
	if strings.HasPrefix(s, "[") {
		end = strings.IndexByte(s, ']') + 1
		if end == 0 || !isIPv6(s[1:end-1]) {
			return "", 0, false
		}
	}
	if end < 0 {
		end = len(s)
	}
	host, rest := s[:end], s[end:]
	if !strings.HasPrefix(host, "[") && !isIPv4(host) && !isHostname(host) {
		return "", 0, false
	}
	if rest == "" || rest == ":" {
		return host, -1, true
	}
	n, err := strconv.ParseInt(rest[1:], 10, 32)
	if rest[0] != ':' || strings.Trim(rest[1:], "0123456789") != "" || err != nil {
		return "", 0, false
	}
	return host, int(n), true
}

func isIPv6(s string) bool {
	s, scope, scoped := strings.Cut(s, "%")
	for i := range len(scope) {
		if !isAlphanumeric(scope[i]) && scope[i] != '_' && scope[i] != '.' {
			return false
		}
	}
	address, err := netip.ParseAddr(s)
	return err == nil && address.Is6() && scoped == (scope != "")
}

// isIPv4 reports whether s is four numbers of a byte; leading zeros do not matter.
func isIPv4(s string) bool {
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return false
	}
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil || n > 255 {
			return false
		}
	}
	return true
}

// isHostname reports whether s is labels of letters, digits and inner hyphens,
// the last of several with a letter at its front. A dot may end it.
func isHostname(s string) bool {
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	for i, label := range labels {
		for j := range len(label) {
			edge := j == 0 || j == len(label)-1
			if !isAlphanumeric(label[j]) && (edge || label[j] != '-') {
				return false
			}
		}
		if label == "" || i > 0 && i == len(labels)-1 && label[0] <= '9' {
			return false
		}
	}
	return true
}
