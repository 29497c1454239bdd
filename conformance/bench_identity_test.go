//go:build linux

package conformance_test

import (
	"net/http"
	"os"
	"testing"
	"time"
)

// identityLoad is for how long each server is asked.
const identityLoad = 5 * time.Second

// TestBenchIdentity measures signed calls of GetCallerIdentity over connections that
// stay, in plain HTTP and over TLS, beside moto's server in the same run. Every call
// of ours is on the disk in the journal before its answer. It runs where SILLOK_BENCH
// is set.
func TestBenchIdentity(t *testing.T) {
	if os.Getenv(benchSize) == "" {
		t.Skipf("%s is not set: run make bench", benchSize)
	}
	b := &bench{t: t}
	b.line("\n## Signed calls\n\nGetCallerIdentity, %d clients, which share the processors with the server.\n\n| | |\n|---|---|", clients)
	measure := func(p *peer) float64 {
		t.Helper()
		p.service = "sts"
		one := p.call(http.MethodPost, "/", []byte("Action=GetCallerIdentity&Version=2011-06-15"),
			"Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		calls := make([]wireCall, 300_000)
		for i := range calls {
			calls[i] = one
		}
		rate, _ := p.rate(calls, identityLoad)
		return rate
	}
	plain := serve(t, t.TempDir())
	ours := measure(&peer{t: t, name: "Sillok", endpoint: plain.endpoint, root: plain.root})
	plain.kill()
	secure := serve(t, t.TempDir(), "--tls")
	overTLS := measure(&peer{t: t, name: "Sillok over TLS", endpoint: secure.endpoint, root: secure.root, trusts: secure.pool(t)})
	secure.kill()
	theirs := measure(motoPeer(t))
	b.line("| Sillok, each in the journal before its answer | %.0f a second |", ours)
	b.line("| the same over TLS | %.0f a second |", overTLS)
	b.line("| moto's server, which checks no signature | %.0f a second, %.1f times fewer |", theirs, ours/theirs)
	b.keep(t)
}
