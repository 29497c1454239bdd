package outgoing

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/sillok/sillok/internal/cloud"
)

// Rules say which machines may be reached. The zero Rules let all be reached but
// addresses that are of one wire alone, at which clouds give away credentials.
type Rules struct {
	networks []netip.Prefix
	only     bool
}

// ParseRules reads rules: networks such as "10.0.0.0/8", and addresses. Where there are
// any, nothing else is reached.
func ParseRules(texts []string) (Rules, error) {
	r := Rules{only: len(texts) > 0}
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			address, wrong := netip.ParseAddr(text)
			if wrong != nil {
				return r, fmt.Errorf("outgoing: %q is neither an address nor a network, such as 10.0.0.0/8", text)
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}
		r.networks = append(r.networks, network.Masked())
	}
	return r, nil
}

// allows says whether an address may be reached.
func (r Rules) allows(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	if slices.ContainsFunc(r.networks, func(n netip.Prefix) bool { return n.Contains(address) }) {
		return true
	}
	return !r.only && !address.IsLinkLocalUnicast() && !address.IsMulticast() && !address.IsUnspecified()
}

// control refuses a connection to an address that may not be reached.
func (r Rules) control(network, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !strings.HasPrefix(network, "tcp") {
		return errForbidden(address)
	}
	if !r.allows(ip) {
		return errForbidden(host)
	}
	return nil
}

func errForbidden(address string) error {
	return cloud.Errorf(cloud.Denied, "EndpointNotAllowed", "the operator of this server does not let it reach %s", address)
}
