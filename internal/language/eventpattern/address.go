package eventpattern

import (
	"net/netip"
	"strconv"
	"strings"
)

// looksLikeAddress says whether a text has the characters of an address of IPv4 or IPv6.
func looksLikeAddress(s string) bool {
	const longest = 45
	if s == "" || len(s) > longest {
		return false
	}
	if strings.Count(s, ".") == 3 {
		return strings.Trim(s, "0123456789.") == "" && !strings.Contains("."+s+".", "..")
	}
	return strings.Contains(s, ":") && strings.Trim(strings.ToLower(s), "0123456789abcdef:.") == ""
}

// addressOf returns the address that a text names, and none where it names none. In IPv4
// numbers may begin with zeros.
func addressOf(s string) netip.Addr {
	if !looksLikeAddress(s) {
		return netip.Addr{}
	}
	if strings.Contains(s, ":") {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Addr{}
		}
		return a.Unmap()
	}
	var bytes [4]byte
	for i, part := range strings.SplitN(s, ".", 4) {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return netip.Addr{}
		}
		bytes[i] = byte(n)
	}
	return netip.AddrFrom4(bytes)
}
