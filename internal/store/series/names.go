package series

import (
	"math/rand/v2"
	"sync"

	"github.com/zeebo/xxh3"
)

// namesAtMost is how many names memory has: each takes 40 to 80 bytes.
const namesAtMost = 2 << 20

// names has in memory what is kept of the series that were lately used, by the hash of
// their key. The hash begins with a secret, so that no client can make names that share
// one. There are two generations: when the young one is full it becomes the old one.
type names struct {
	seed uint64
	most int // of a generation

	mu         sync.Mutex
	young, old map[xxh3.Uint128]listed
	epoch      uint64 // how often all was forgotten
}

func newNames(most int) *names {
	return &names{seed: rand.Uint64(), most: max(most/2, 1), young: map[xxh3.Uint128]listed{}} //nolint:gosec // the generator is seeded by the system, and its state is not shown
}

func (n *names) hash(key []byte) xxh3.Uint128 { return xxh3.Hash128Seed(key, n.seed) }

// now returns how often all was forgotten. What was known of a series holds for as long as
// that is the same.
func (n *names) now() uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.epoch
}

// find returns what is known of a series, and the epoch in which whoever looks for it
// elsewhere then may note it.
func (n *names) find(hash xxh3.Uint128) (l listed, ok bool, epoch uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l, ok := n.young[hash]; ok {
		return l, true, n.epoch
	}
	if l, ok = n.old[hash]; ok {
		n.put(hash, l)
	}
	return l, ok, n.epoch
}

// noteIn keeps what was read of a series, unless all was forgotten since: it may be gone.
func (n *names) noteIn(epoch uint64, hash xxh3.Uint128, l listed) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.epoch == epoch {
		n.keep(hash, l)
	}
}

// note keeps what is known of a series, unless something later is known.
func (n *names) note(hash xxh3.Uint128, l listed) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keep(hash, l)
}

func (n *names) keep(hash xxh3.Uint128, l listed) {
	if have, ok := n.young[hash]; ok && have.number == l.number && have.active >= l.active {
		return
	}
	n.put(hash, l)
}

func (n *names) put(hash xxh3.Uint128, l listed) {
	if len(n.young) >= n.most {
		n.young, n.old = make(map[xxh3.Uint128]listed, n.most/8), n.young
	}
	n.young[hash] = l
}

// forget forgets all, since some are gone from the disk.
func (n *names) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.epoch++
	n.young, n.old = map[xxh3.Uint128]listed{}, nil
}
