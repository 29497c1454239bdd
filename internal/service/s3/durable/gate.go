package durable

import (
	"errors"
	"io"
	"sync"

	"github.com/versity/versitygw/s3api/middlewares"
)

// gate keeps deletions in a bucket apart from objects getting their names.
//
// A deletion removes the folders that it leaves empty. versitygw makes the
// folders of a new object and then puts it there, and fails with an error that
// means something else when a deletion comes between. So puts pass the gate
// together when they have all their data, and a deletion shuts it.
type gate struct {
	mu sync.RWMutex
}

func (b *Backend) gate(bucket string) *gate {
	g, _ := b.gates.LoadOrStore(bucket, &gate{})
	return g.(*gate) //nolint:forcetypeassert,errcheck // nothing else is stored there
}

// shut waits until everyone has left and lets nobody in until it is opened.
func (g *gate) shut() (open func()) {
	g.mu.Lock()
	return g.mu.Unlock
}

// pass is one put's way through a gate.
type pass struct {
	gate    *gate
	entered bool
}

func (g *gate) pass() *pass { return &pass{gate: g} }

// enter waits for the gate to be open. It may be called again.
func (p *pass) enter() {
	if !p.entered {
		p.gate.mu.RLock()
		p.entered = true
	}
}

// leave leaves the gate, when it was entered.
func (p *pass) leave() {
	if p.entered {
		p.gate.mu.RUnlock()
		p.entered = false
	}
}

// atEnd returns body, whose end enters the gate.
func (p *pass) atEnd(body io.Reader) io.Reader {
	r := passing{body, p}
	if sums, ok := body.(middlewares.ChecksumReader); ok {
		return summed{r, sums}
	}
	return r
}

type passing struct {
	body io.Reader
	pass *pass
}

// Read implements io.Reader.
func (r passing) Read(b []byte) (int, error) {
	n, err := r.body.Read(b)
	if errors.Is(err, io.EOF) {
		r.pass.enter()
	}
	return n, err
}

// summed is a body that versitygw asks for the checksum that came with it.
type summed struct {
	passing
	middlewares.ChecksumReader
}

// Read implements io.Reader.
func (r summed) Read(b []byte) (int, error) { return r.passing.Read(b) }
