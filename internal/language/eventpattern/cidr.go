package eventpattern

import (
	"net/netip"
	"strconv"
	"strings"
)

// network is the addresses of a block.
type network netip.Prefix

func (n network) matches(l *leaf) bool {
	if l.kind != stringValue {
		return false
	}
	a := addressOf(l.text)
	return a.IsValid() && netip.Prefix(n).Contains(a)
}

func (c *compiler) cidr() (value, error) {
	s, err := c.textOr("prefix match pattern must be a string") // so AWS says it
	if err != nil {
		return nil, err
	}
	parts := strings.Split(s, "/")
	if len(parts) != 2 {
		return nil, unplaced{"Malformed CIDR, one '/' required"}
	}
	bits, err := strconv.Atoi(parts[1])
	if err != nil {
		return nil, unplaced{"Malformed CIDR, mask bits must be an integer"}
	}
	if bits < 0 {
		return nil, unplaced{"Malformed CIDR, mask bits must not be negative"}
	}
	if !looksLikeAddress(parts[0]) {
		return nil, unplaced{"Nonstandard IP address: " + parts[0]}
	}
	a := addressOf(parts[0])
	switch {
	case !a.IsValid():
		return nil, unplaced{"Invalid IP address: " + parts[0]}
	case a.Is4() && bits >= 32:
		return nil, unplaced{"IPv4 mask bits must be < 32"}
	case bits >= 128:
		return nil, unplaced{"IPv6 mask bits must be < 128"}
	}
	return network(netip.PrefixFrom(a, bits)), c.only()
}
