package app

import (
	"fmt"
	"net/netip"

	"github.com/sillok/sillok/internal/gateway"
)

// proxies returns the networks that texts name: "10.0.0.0/8", or one address.
func proxies(texts []string) (gateway.Proxies, error) {
	var all gateway.Proxies
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			one, wrong := netip.ParseAddr(text)
			if wrong != nil || one.Zone() != "" {
				return nil, fmt.Errorf("trusted proxy: %q is neither an address nor a network, such as 10.0.0.0/8", text)
			}
			network = netip.PrefixFrom(one, one.BitLen())
		}
		if network.Masked() != network {
			return nil, fmt.Errorf("trusted proxy: %q is no network: write %s, or the address alone", text, network.Masked())
		}
		all = append(all, network)
	}
	return all, nil
}
