package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"sync"
)

// signingKey signs for one day, region and service.
type signingKey [sha256.Size]byte

// derivation is what a signing key is made from.
type derivation struct{ secret, day, region, service string }

func (d derivation) derive() signingKey {
	key := sign([]byte("AWS4"+d.secret), d.day)
	for _, part := range []string{d.region, d.service, terminator} {
		key = sign(key[:], part)
	}
	return key
}

func sign(key []byte, text string) [sha256.Size]byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	var sum [sha256.Size]byte
	mac.Sum(sum[:0])
	return sum
}

// keyGeneration is how many signing keys a generation of the cache holds.
const keyGeneration = 512

// keyCache keeps the signing keys of requests that verified, since deriving one
// costs more than using it. It holds two generations: a full one becomes the
// old one, and what is used of that moves up. Its zero value is ready.
type keyCache struct {
	mu         sync.Mutex
	young, old map[derivation]signingKey
}

func (c *keyCache) get(d derivation) (signingKey, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, ok := c.young[d]
	if ok {
		return key, true
	}
	if key, ok = c.old[d]; ok {
		c.add(d, key)
	}
	return key, ok
}

func (c *keyCache) put(d derivation, key signingKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(d, key)
}

func (c *keyCache) add(d derivation, key signingKey) {
	// The parts of the scope are cut out of a header, which must not live on.
	d.day, d.region, d.service = strings.Clone(d.day), strings.Clone(d.region), strings.Clone(d.service)
	if c.young == nil || len(c.young) >= keyGeneration {
		c.young, c.old = make(map[derivation]signingKey), c.young
	}
	c.young[d] = key
}
