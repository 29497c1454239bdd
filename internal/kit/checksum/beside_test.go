package checksum_test

import (
	"bytes"
	"crypto/md5"
	"math/rand/v2"
	"testing"

	"github.com/sillok/sillok/internal/kit/checksum"
)

func TestBeside(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	content := make([]byte, 5<<20)
	for i := range content {
		content[i] = byte(dice.Uint32())
	}
	for _, size := range []int{0, 1, 1 << 20, 1<<20 + 1, 1<<20 + 256<<10, 5 << 20} {
		h := checksum.NewBeside(md5.New())
		for rest := content[:size]; len(rest) > 0; {
			n := min(1+dice.IntN(300<<10), len(rest))
			piece := bytes.Clone(rest[:n])
			if _, err := h.Write(piece); err != nil {
				t.Fatal(err)
			}
			clear(piece) // it is the caller's again
			rest = rest[n:]
			if dice.IntN(10) == 0 {
				h.Sum(nil)
			}
		}
		h.Wait()
		h.Wait()
		want := md5.Sum(content[:size])
		if got := h.Sum(nil); !bytes.Equal(got, want[:]) {
			t.Errorf("%d bytes: %x, want %x", size, got, want)
		}
		h.Reset()
		if empty := md5.Sum(nil); !bytes.Equal(h.Sum(nil), empty[:]) {
			t.Errorf("%d bytes: something is left after Reset", size)
		}
	}
}

func BenchmarkBeside(b *testing.B) {
	content := make([]byte, 64<<20)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		h := checksum.NewBeside(md5.New())
		for rest := content; len(rest) > 0; rest = rest[64<<10:] {
			_, _ = h.Write(rest[:64<<10]) // a hash takes everything
		}
		h.Sum(nil)
	}
}
