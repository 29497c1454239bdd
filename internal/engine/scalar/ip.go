package scalar

import (
	"crypto/rand"
	"net/netip"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

func networkFamily() map[string]binder {
	return map[string]binder{
		"contains": networkContains,
		"uuid":     uuidBinder,
	}
}

// networkContains is contains(varchar, ipaddress): whether a network holds an
// address.
func networkContains(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 || params[0].Kind != datatype.Varchar || params[1].Kind != datatype.IPAddress {
		return none()
	}
	networks := newMemo(parseNetwork)
	return pure(func(args []any) (any, error) {
		network, err := networks.get(value.As[string](args[0]))
		if err != nil {
			return nil, err
		}
		return network.contains(value.As[[16]byte](args[1])), nil
	})
}

// network is an address and how many of its bits count.
type network struct {
	address [16]byte
	bits    int
}

func (n network) contains(a [16]byte) bool {
	whole := n.bits / 8
	for i := range whole {
		if a[i] != n.address[i] {
			return false
		}
	}
	rest := n.bits % 8
	return rest == 0 || a[whole]>>(8-rest) == n.address[whole]>>(8-rest)
}

// parseNetwork parses an address and a length. The bits of an IPv4 address
// behind the length must be zero; an IPv6 address that stands for an IPv4
// address counts its length in IPv6.
func parseNetwork(text string) (network, error) {
	base, length, found := strings.Cut(text, "/")
	if !found {
		return network{}, sqlerr.Argument("Invalid CIDR")
	}
	address, ok := parseAddress(base)
	if !ok {
		return network{}, sqlerr.Argument("Invalid network IP address")
	}
	bits, err := strconv.ParseInt(length, 10, 32)
	if err != nil {
		return network{}, errInternal("For input string: %q", length)
	}
	if bits < 0 {
		return network{}, sqlerr.Argument("Invalid prefix length")
	}
	if strings.Contains(base, ":") {
		if bits > 128 {
			return network{}, sqlerr.Argument("Invalid CIDR")
		}
		return network{address, int(bits)}, nil
	}
	if bits > 32 || netip.PrefixFrom(netip.AddrFrom4([4]byte(address[12:])), int(bits)).Masked().Addr().As16() != address {
		return network{}, sqlerr.Argument("Invalid CIDR")
	}
	return network{address, int(bits) + 96}, nil
}

// uuidBinder is uuid(): a random one.
func uuidBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 0 {
		return none()
	}
	return volatile(func([]any) (any, error) {
		var u [16]byte
		_, _ = rand.Read(u[:]) // it never fails
		u[6] = u[6]&0x0f | 0x40
		u[8] = u[8]&0x3f | 0x80
		return u, nil
	})
}
