package app

import (
	"fmt"
	"net/netip"

	"github.com/sillok/sillok/internal/gateway"
)

// trustedProxy is the setting of proxies that are believed.
const trustedProxy = "trusted proxy"

// networks returns the networks that the texts of a setting name: "10.0.0.0/8", or one
// address.
func networks(what string, texts []string) (gateway.Proxies, error) {
	var all gateway.Proxies
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			one, wrong := netip.ParseAddr(text)
			if wrong != nil || one.Zone() != "" {
				return nil, fmt.Errorf("%s: %q is neither an address nor a network, such as 10.0.0.0/8", what, text)
			}
			network = netip.PrefixFrom(one, one.BitLen())
		}
		if network.Masked() != network {
			return nil, fmt.Errorf("%s: %q is no network: write %s, or the address alone", what, text, network.Masked())
		}
		all = append(all, network)
	}
	return all, nil
}
