package gateway

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// Limits bound what callers may do at a time. What is 0 has its default.
type Limits struct {
	// Calls is how many calls may be in flight in all: 2,048.
	Calls int
	// CallsPerKey is how many of them may be one key's: 512. Calls that nobody signed
	// count together as those of one key, and are never more than a quarter of all.
	CallsPerKey int
	// CallsPerAccount is how many of them may be one account's, whatever keys and
	// sessions it has: three quarters of all. Of those that nobody signed a quarter may come from
	// one address.
	CallsPerAccount int
	// Rate is how many calls a second a key may begin, and nobody from one address:
	// 50,000. After a pause it may begin as many at once.
	Rate int
	// RatePerAccount is how many calls a second an account may begin: twice Rate.
	RatePerAccount int
}

// The limits that nobody chose.
const (
	defaultCalls       = 2048
	defaultCallsPerKey = 512
	defaultRate        = 50_000
)

// Wrong signatures from an address: so many are answered as they are, and then
// one in so long; answers to others are withheld.
const (
	forgeries    = 64
	forgeryEvery = time.Second
)

// maxMetered bounds how many names a meter knows.
const maxMetered = 64 << 10

// limits are what a gateway's calls share.
type limits struct {
	Limits

	unsigned class   // what everybody may send
	signed   []class // by size

	rates     *meter // of keys, and of the addresses of who has none
	accounts  *meter
	forgeries *meter // of addresses

	mu     sync.Mutex
	flying int            // calls in flight
	calls  map[string]int // of them, by who shares a limit
}

func newLimits(set Limits) *limits {
	for value, otherwise := range map[*int]int{&set.Calls: defaultCalls, &set.CallsPerKey: defaultCallsPerKey, &set.Rate: defaultRate} {
		if *value == 0 {
			*value = otherwise
		}
	}
	for value, otherwise := range map[*int]int{&set.CallsPerAccount: max(set.Calls*3/4, 1), &set.RatePerAccount: 2 * set.Rate} {
		if *value == 0 {
			*value = otherwise
		}
	}
	return &limits{
		Limits:   set,
		unsigned: class{unsignedBody, 5 * time.Second, 16 << 10, semaphore.NewWeighted(4 << 20)},
		signed: []class{
			{16 << 10, 5 * time.Second, 16 << 10, semaphore.NewWeighted(16 << 20)},
			{256 << 10, 10 * time.Second, 64 << 10, semaphore.NewWeighted(32 << 20)},
			{math.MaxInt64, 20 * time.Second, 256 << 10, semaphore.NewWeighted(96 << 20)},
		},
		rates:     newMeter(time.Second/time.Duration(set.Rate), set.Rate),
		accounts:  newMeter(time.Second/time.Duration(set.RatePerAccount), set.RatePerAccount),
		forgeries: newMeter(forgeryEvery, forgeries),
		calls:     map[string]int{},
	}
}

// share is who has a limit of calls in flight together.
type share struct {
	name  string
	most  int
	whose string // as a refusal says it
}

// takeCall counts the call as one of its key's and its account's. It is only asked once
// the signature is verified, or there is none: whoever knows a key's name alone must not
// use up its calls.
func (x *exchange) takeCall() error {
	l, call, now := x.gateway.limits, &x.attempt.fact.Call, time.Now()
	if x.verified == nil {
		unsigned, address := min(l.CallsPerKey, max(l.Calls/4, 1)), "from "+source(call.SourceIP)
		if err := x.begin(share{"", unsigned, "without a signature"}, share{address, max(unsigned/4, 1), "without a signature from this address"}); err != nil {
			return err
		}
		if !l.rates.take(address, now) {
			return errThrottled("More than %d calls a second are made without a signature from this address.", l.Rate)
		}
		return nil
	}
	account := "of " + string(call.Account)
	if err := x.begin(share{call.AccessKeyID, l.CallsPerKey, "of this access key"}, share{account, l.CallsPerAccount, "of this account"}); err != nil {
		return err
	}
	if !l.rates.take(call.AccessKeyID, now) {
		return errThrottled("More than %d calls a second are made with this access key.", l.Rate)
	}
	if !l.accounts.take(account, now) {
		return errThrottled("More than %d calls a second are made by this account.", l.RatePerAccount)
	}
	return nil
}

// begin counts the call as in flight until the exchange is over, unless there are too
// many of one of its shares, or in all.
func (x *exchange) begin(shares ...share) error {
	l := x.gateway.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range shares {
		if l.calls[s.name] >= s.most {
			return errThrottled("More than %d calls %s are in flight.", s.most, s.whose)
		}
	}
	if l.flying >= l.Calls {
		return errThrottled("More than %d calls are in flight.", l.Calls)
	}
	l.flying++
	for _, s := range shares {
		l.calls[s.name]++
	}
	x.giveBack = append(x.giveBack, func() { l.end(shares) })
	return nil
}

// end counts a call as no longer in flight.
func (l *limits) end(shares []share) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flying--
	for _, s := range shares {
		if l.calls[s.name]--; l.calls[s.name] == 0 {
			delete(l.calls, s.name)
		}
	}
}

// Withhold returns what to answer a request whose verification ended with an error.
// That is another one where it says that the signature is wrong, and the request's
// address sends too many of those: so whoever guesses learns nothing from it. Right
// signatures from the same address pass: behind it may be a whole house, or a
// proxy, and whoever could lock it out by bad ones would.
func (g *Gateway) Withhold(r *http.Request, err error) error {
	if !sigv4.Forged(err) || g.limits.forgeries.take(source(from(r)), time.Now()) {
		return err
	}
	withheld := errThrottled("Too many requests with wrong signatures or unknown keys come from this address.").Because(err)
	withheld.Kind = cloud.Unauthenticated // as which it is recorded
	return withheld
}

// from returns the address that a request comes from.
func from(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// errThrottled refuses a call that may be repeated, in a form in which clients do.
func errThrottled(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Throttled, "ThrottlingException", "Rate exceeded. %s Repeat this one later.", fmt.Sprintf(format, args...))
}

// Source returns the name by which an address is counted, which may have a port: that of
// its network where it is one of IPv6.
func Source(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	return source(address)
}

// source returns the name by which an address is counted: a network of IPv6 has
// more addresses than can be counted, and is one.
func source(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	network, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return network.String()
}

// meter says of each of many names whether it may do something once more. It
// knows a bounded number of names, of which those that did the least lately are
// forgotten first.
type meter struct {
	every, room time.Duration

	mu    sync.Mutex
	until map[string]time.Time // when a name may do all at once again
	swept time.Time
}

// newMeter returns a meter that allows one in so long, and some at once after a
// pause.
func newMeter(every time.Duration, atOnce int) *meter {
	return &meter{every: every, room: every * time.Duration(atOnce), until: map[string]time.Time{}}
}

// take says whether a name may, and counts it.
func (m *meter) take(name string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, known := m.until[name]
	if until.Before(now) {
		until = now
	}
	if until = until.Add(m.every); until.Sub(now) > m.room {
		return false
	}
	if !known && len(m.until) >= maxMetered {
		m.forget(now)
	}
	m.until[name] = until
	return true
}

// forget makes room for a name. All are looked at once a second at most, or many
// new names would cost more than they may.
func (m *meter) forget(now time.Time) {
	if now.Sub(m.swept) >= time.Second {
		m.swept = now
		for name, until := range m.until {
			if !until.After(now) {
				delete(m.until, name)
			}
		}
	}
	for name := range m.until {
		if len(m.until) < maxMetered {
			return
		}
		delete(m.until, name)
	}
}
