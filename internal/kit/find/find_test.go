package find_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/kit/find"
)

// TestTextIsFoundWherePackageBytesFindsIt compares over texts of few letters, so that much
// is nearly there.
func TestTextIsFoundWherePackageBytesFindsIt(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	made := func(n int, letters string) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return b
	}
	for range 20_000 {
		letters := []string{"ab", "abc ", "0e\"x\xff"}[r.IntN(3)]
		b, text := made(r.IntN(300), letters), made(r.IntN(6), letters)
		from := r.IntN(len(b) + 1)
		want := bytes.Index(b[from:], text)
		if want >= 0 {
			want += from
		}
		of := find.Of(text)
		if got := of.Index(b, from); got != want {
			t.Fatalf("%q in %q from %d: %d, want %d", text, b, from, got, want)
		}
		if got := of.In(b); got != bytes.Contains(b, text) {
			t.Fatalf("%q in %q: %v", text, b, got)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("a\xffb"), []byte("\xff"))
	f.Add([]byte(strings.Repeat("q", 300)+"qa"), []byte("qa"))
	f.Fuzz(func(t *testing.T, b, text []byte) {
		of := find.Of(text)
		if got, want := of.Index(b, 0), bytes.Index(b, text); got != want {
			t.Fatalf("%q in %q: %d, want %d", text, b, got, want)
		}
	})
}

func BenchmarkText(b *testing.B) {
	line := []byte(`{"time":1764500000000,"level":"INFO","service":"checkout","request_id":"5a1fd0c99be34a0177aa0f3bce9d1102","client":"10.4.200.17","status":200,"took_ms":371.125,"user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","message":"handled the request of alice for an order after 2 attempts, cache hit","pad":"the quick brown fox jumps over the lazy dog and goes home"}`)
	for _, text := range []string{"abc", `"took_ms":29`, "5eed0f0ddba11ad5", "ERROR", `\u`} {
		of := find.Of([]byte(text))
		b.Run("rare/"+text, func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			for b.Loop() {
				of.In(line)
			}
		})
		b.Run("bytes/"+text, func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			for b.Loop() {
				bytes.Contains(line, []byte(text))
			}
		})
	}
}
