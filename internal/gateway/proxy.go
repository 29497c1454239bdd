package gateway

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the networks of proxies that are believed what they say of their clients.
type Proxies []netip.Prefix

// Has says whether an address is one of a proxy.
func (p Proxies) Has(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(p, func(of netip.Prefix) bool { return of.Contains(ip.Unmap().WithZone("")) })
}

// maxForwarded is how many addresses of X-Forwarded-For are looked at, from the last on.
const maxForwarded = 16

// Behind returns a request as the client of a proxy made it: from that client's address,
// and over TLS where the proxy spoke that. Of anybody else it returns the request as it
// is: what strangers say of themselves in such headers is not looked at.
//
// X-Forwarded-For is read from its end, where the proxy itself has written, as long as
// what it names are proxies too. A header that cannot be read leaves the proxy's address.
func (p Proxies) Behind(r *http.Request) *http.Request {
	if len(p) == 0 || !p.Has(from(r)) {
		return r
	}
	behind := r.WithContext(r.Context()) // a copy
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for range min(len(forwarded), maxForwarded) {
		last := strings.TrimSpace(forwarded[len(forwarded)-1])
		forwarded = forwarded[:len(forwarded)-1]
		ip, ok := forwardedAddress(last)
		if !ok {
			break
		}
		behind.RemoteAddr = netip.AddrPortFrom(ip, 0).String()
		if !p.Has(ip.String()) {
			break
		}
	}
	proto := strings.Split(strings.Join(r.Header.Values("X-Forwarded-Proto"), ","), ",")
	switch strings.ToLower(strings.TrimSpace(proto[len(proto)-1])) {
	case "https":
		if behind.TLS == nil {
			behind.TLS = &tls.ConnectionState{} // of which no more is known
		}
	case "http":
		behind.TLS = nil
	}
	return behind
}

// forwardedAddress reads an address of X-Forwarded-For, some of which have a port.
func forwardedAddress(text string) (netip.Addr, bool) {
	if ip, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return ip.Unmap().WithZone(""), true
	}
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}
