package scalar

import (
	"sync"
	"sync/atomic"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// memoSize is how many compiled patterns one function keeps. A constant pattern
// needs one; a column of patterns gets as many before the oldest go.
const memoSize = 64

// memo remembers what compile made of the latest texts, so that a pattern that
// stays the same is compiled once. It may be used concurrently.
type memo[T any] struct {
	compile func(text string) (T, error)
	last    atomic.Pointer[compiled[T]]
	mu      sync.Mutex
	known   map[string]*compiled[T]
}

type compiled[T any] struct {
	text  string
	value T
	err   error
}

func newMemo[T any](compile func(text string) (T, error)) *memo[T] {
	return &memo[T]{compile: compile, known: make(map[string]*compiled[T])}
}

// maxPattern bounds the patterns that are compiled, which takes many times their
// size in memory.
const maxPattern = 64 << 10

// get returns what compile makes of text; failures are remembered too.
func (m *memo[T]) get(text string) (T, error) {
	if len(text) > maxPattern {
		var none T
		return none, sqlerr.Argument("Pattern is too long: %d bytes, at most %d are taken", len(text), maxPattern)
	}
	if c := m.last.Load(); c != nil && c.text == text {
		return c.value, c.err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.known[text]
	if !ok {
		if len(m.known) >= memoSize {
			clear(m.known)
		}
		c = &compiled[T]{text: text}
		c.value, c.err = m.compile(text)
		m.known[text] = c
	}
	m.last.Store(c)
	return c.value, c.err
}
