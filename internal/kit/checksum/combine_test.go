package checksum_test

import (
	"encoding/hex"
	"hash/crc64"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/checksum"
)

// content returns bytes that are the same in every run.
func content(size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

func sum(tb testing.TB, algorithm string, content []byte) []byte {
	tb.Helper()
	h, ok := checksum.New(algorithm)
	if !ok {
		tb.Fatalf("%s is not known", algorithm)
	}
	h.Write(content)
	return h.Sum(nil)
}

func TestChecksumsOfPartsMakeThatOfTheWhole(t *testing.T) {
	all := content(70_000)
	for _, algorithm := range []string{"CRC32", "CRC32C", "CRC64NVME"} {
		want := hex.EncodeToString(sum(t, algorithm, all))
		for _, cut := range []int{0, 1, 7, 255, 4096, 65_536, 69_999, 70_000} {
			got, ok := checksum.Combine(algorithm, sum(t, algorithm, all[:cut]), sum(t, algorithm, all[cut:]), int64(len(all)-cut))
			if !ok {
				t.Fatalf("%s cannot be combined", algorithm)
			}
			if diff := cmp.Diff(want, hex.EncodeToString(got)); diff != "" {
				t.Errorf("%s cut at %d (-want +got):\n%s", algorithm, cut, diff)
			}
		}
	}
	if _, ok := checksum.Combine("SHA256", sum(t, "SHA256", nil), sum(t, "SHA256", all), int64(len(all))); ok {
		t.Error("SHA256 is combined")
	}
}

// TestNVMe compares with the standard library, which is told the polynomial.
func TestNVMe(t *testing.T) {
	all, table := content(3000), crc64.MakeTable(0x9a6c9329ac4bc9b5)
	for size := 0; size <= len(all); size += 37 {
		want := crc64.New(table)
		want.Write(all[:size])
		got, _ := checksum.New("CRC64NVME")
		got.Write(all[:size/3])
		got.Write(all[size/3 : size])
		if diff := cmp.Diff(want.Sum(nil), got.Sum(nil)); diff != "" {
			t.Errorf("%d bytes (-want +got):\n%s", size, diff)
		}
	}
}

func BenchmarkNVMe(b *testing.B) {
	all := content(4096)
	b.SetBytes(4096)
	for b.Loop() {
		h, _ := checksum.New("CRC64NVME")
		h.Write(all)
		h.Sum(nil)
	}
}
