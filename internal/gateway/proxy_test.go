package gateway_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/sillok/sillok/internal/gateway"
)

// What a proxy says of its client is believed, and what anybody else says is not.
func TestWhoIsBehindAProxy(t *testing.T) {
	proxies := gateway.Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")}
	for name, tt := range map[string]struct {
		remote     string
		forwarded  []string
		proto      []string
		tls        bool
		want       string
		wantSecure bool
	}{
		"nobody's proxy":            {"192.0.2.7:1", []string{"203.0.113.9"}, []string{"https"}, false, "192.0.2.7:1", false},
		"nobody's proxy, by TLS":    {"192.0.2.7:1", []string{"203.0.113.9"}, []string{"http"}, true, "192.0.2.7:1", true},
		"a proxy that says nothing": {"10.1.2.3:1", nil, nil, false, "10.1.2.3:1", false},
		"its client":                {"10.1.2.3:1", []string{"203.0.113.9"}, []string{"https"}, false, "203.0.113.9:0", true},
		"what the client said":      {"10.1.2.3:1", []string{"127.0.0.1, 203.0.113.9"}, nil, false, "203.0.113.9:0", false},
		"in two headers":            {"10.1.2.3:1", []string{"127.0.0.1", "203.0.113.9"}, nil, false, "203.0.113.9:0", false},
		"a chain of proxies":        {"10.1.2.3:1", []string{"127.0.0.1, 203.0.113.9, 10.9.9.9,10.8.8.8"}, nil, false, "203.0.113.9:0", false},
		"proxies alone":             {"10.1.2.3:1", []string{"10.9.9.9"}, nil, false, "10.9.9.9:0", false},
		"IPv6":                      {"[2001:db8:1::1]:1", []string{"2001:db8:2::7"}, nil, false, "[2001:db8:2::7]:0", false},
		"a port":                    {"10.1.2.3:1", []string{"203.0.113.9:4711"}, nil, false, "203.0.113.9:0", false},
		"IPv6 with a port":          {"10.1.2.3:1", []string{"[2001:db8:2::7]:4711"}, nil, false, "[2001:db8:2::7]:0", false},
		"IPv4 as IPv6":              {"[::ffff:10.1.2.3]:1", []string{"::ffff:203.0.113.9"}, nil, false, "203.0.113.9:0", false},
		"no address":                {"10.1.2.3:1", []string{"203.0.113.9, unknown"}, nil, false, "10.1.2.3:1", false},
		"no address behind a proxy": {"10.1.2.3:1", []string{"203.0.113.9, unknown, 10.9.9.9"}, nil, false, "10.9.9.9:0", false},
		"nothing":                   {"10.1.2.3:1", []string{""}, []string{""}, false, "10.1.2.3:1", false},
		"plain to the proxy":        {"10.1.2.3:1", []string{"203.0.113.9"}, []string{"http"}, true, "203.0.113.9:0", false},
		"the proxy's own word":      {"10.1.2.3:1", nil, []string{"https, http"}, true, "10.1.2.3:1", false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.RemoteAddr, r.Header["X-Forwarded-For"], r.Header["X-Forwarded-Proto"] = tt.remote, tt.forwarded, tt.proto
		if tt.tls {
			r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13}
		}
		got := proxies.Behind(r)
		if got.RemoteAddr != tt.want || (got.TLS != nil) != tt.wantSecure {
			t.Errorf("%s: from %s, by TLS %t; want %s, %t", name, got.RemoteAddr, got.TLS != nil, tt.want, tt.wantSecure)
		}
		if r.RemoteAddr != tt.remote || (r.TLS != nil) != tt.tls {
			t.Errorf("%s: the request itself was changed", name)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	if got := gateway.Proxies(nil).Behind(r); got != r {
		t.Error("without proxies a request is another")
	}
}

// Headers of anything do not break it, and are never longer read than they may be.
func FuzzBehindAProxy(f *testing.F) {
	for _, seed := range []string{"203.0.113.9", "10.0.0.1, 10.0.0.2", "[::1]:80", "[", ",,,", "::ffff:1.2.3.4%eth0"} {
		f.Add(seed, "https")
	}
	proxies := gateway.Proxies{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, forwarded, proto string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.RemoteAddr = "10.1.2.3:1"
		r.Header["X-Forwarded-For"], r.Header["X-Forwarded-Proto"] = []string{forwarded}, []string{proto}
		if _, err := netip.ParseAddrPort(proxies.Behind(r).RemoteAddr); err != nil {
			t.Error(err)
		}
	})
}
