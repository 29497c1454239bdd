package insights

import (
	"math"
	"net/netip"
)

// reserved are the networks of RFC 6890 that are neither private nor public.
func reserved() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "64:ff9b::/96", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fe80::/10", "ff00::/8",
	} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func addressFunctions() map[string]*scalar {
	kept := reserved()
	isReserved := func(a netip.Addr) bool {
		for _, p := range kept {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	of := func(f func(a netip.Addr) bool) *scalar {
		return ofTexts(1, 1, func(s []string) value {
			a, ok := address(s[0])
			return truth(ok && f(a))
		})
	}
	inside := func(f func(a netip.Addr) bool) *scalar {
		return ofTexts(2, 2, func(s []string) value {
			a, ok := address(s[0])
			p, err := netip.ParsePrefix(s[1])
			return truth(ok && err == nil && f(a) && p.Contains(a))
		})
	}
	anything := func(netip.Addr) bool { return true }
	return map[string]*scalar{
		"isvalidip": of(anything), "isvalidipv4": of(netip.Addr.Is4), "isvalidipv6": of(netip.Addr.Is6),
		"isipinsubnet": inside(anything), "isipv4insubnet": inside(netip.Addr.Is4), "isipv6insubnet": inside(netip.Addr.Is6),
		"isprivateip":  of(netip.Addr.IsPrivate),
		"isreservedip": of(isReserved),
		"ispublicip":   of(func(a netip.Addr) bool { return !a.IsPrivate() && !isReserved(a) }),
		"ipv4tonumber": ofTexts(1, 1, func(s []string) value {
			a, ok := address(s[0])
			if !ok || !a.Is4() {
				return value{}
			}
			n := 0.0
			for _, b := range a.AsSlice() {
				n = n*(math.MaxUint8+1) + float64(b)
			}
			return numeric(n)
		}),
	}
}

func address(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Zone() == ""
}
