package checksum

import "hash"

// besideFrom is how many bytes are hashed where they are written, before more is
// worth a goroutine. besideChunk is how many are handed to it at a time.
const (
	besideFrom   = 1 << 20
	besideChunk  = 256 << 10
	besideChunks = 4
)

// Beside is a hash that is computed beside the writing of what it is of, once that
// is much: MD5 is slower than a disk. Sum may be called at any time. Whoever has
// written must call Wait, or a goroutine may be left behind.
type Beside struct {
	hash.Hash

	written int64
	chunk   []byte        // what is handed over next
	full    chan []byte   // nil while there is no goroutine
	empty   chan []byte   // chunks to be filled again
	done    chan struct{} // closed when it has hashed all
}

// NewBeside returns h as a Beside.
func NewBeside(h hash.Hash) *Beside { return &Beside{Hash: h} }

// Write implements io.Writer. It never fails, and p may be used again.
func (b *Beside) Write(p []byte) (int, error) {
	n := len(p)
	b.written += int64(n)
	if b.written <= besideFrom {
		return b.Hash.Write(p)
	}
	if b.full == nil {
		b.start()
	}
	for len(p) > 0 {
		taken := copy(b.chunk[len(b.chunk):cap(b.chunk)], p)
		b.chunk, p = b.chunk[:len(b.chunk)+taken], p[taken:]
		if len(b.chunk) == cap(b.chunk) {
			b.full <- b.chunk
			b.chunk = <-b.empty
		}
	}
	return n, nil
}

func (b *Beside) start() {
	b.full, b.empty, b.done = make(chan []byte, besideChunks), make(chan []byte, besideChunks), make(chan struct{})
	for range besideChunks - 1 {
		b.empty <- make([]byte, 0, besideChunk)
	}
	b.chunk = make([]byte, 0, besideChunk)
	go func(full <-chan []byte, empty chan<- []byte, done chan<- struct{}) {
		defer close(done)
		for chunk := range full {
			b.Hash.Write(chunk)
			empty <- chunk[:0]
		}
	}(b.full, b.empty, b.done)
}

// Wait returns once all that was written is hashed. It may be called twice.
func (b *Beside) Wait() {
	if b.full == nil {
		return
	}
	b.full <- b.chunk
	close(b.full)
	<-b.done
	b.full, b.written = nil, 0
}

// Sum implements hash.Hash.
func (b *Beside) Sum(to []byte) []byte {
	b.Wait()
	return b.Hash.Sum(to)
}

// Reset implements hash.Hash.
func (b *Beside) Reset() {
	b.Wait()
	b.Hash.Reset()
}
