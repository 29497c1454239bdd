package objects_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/store/objects"
)

func openBench(b *testing.B, cfg objects.Config) *objects.DB {
	b.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	db := open(b, filepath.Join(b.TempDir(), "store"), cfg)
	makeBucket(b, db, "logs")
	return db
}

// noise is content that does not shrink.
func noise(size int) []byte {
	out := make([]byte, size)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(out)
	return out
}

func put(db *objects.DB, key string, body []byte) error {
	ctx := context.Background()
	s, err := db.Stage(ctx, bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer s.Discard()
	return db.Update(ctx, func(t *objects.Tx) error {
		b, err := t.Bucket("logs")
		if err != nil {
			return err
		}
		v := &objects.Version{
			ETag:     "d41d8cd98f00b204e9800998ecf8427e",
			Headers:  map[string]string{"Content-Type": "application/octet-stream"},
			Checksum: objects.Checksum{Algorithm: "CRC64NVME", Value: "AAAAAAAAAAA=", Type: "FULL_OBJECT"},
		}
		return t.Put(b, key, v, s, "ObjectCreated:Put")
	})
}

func read(db *objects.DB, key string) (int64, error) {
	r, _, err := db.Open(context.Background(), "logs", key)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, r)
	return n, errors.Join(err, r.Close())
}

// atOnce runs do b.N times in so many goroutines.
func atOnce(b *testing.B, goroutines int, do func(n int64) error) {
	b.Helper()
	var next atomic.Int64
	b.SetParallelism(goroutines) // of each processor
	done := make(chan error, goroutines)
	b.ResetTimer()
	for range goroutines {
		go func() {
			for {
				n := next.Add(1)
				if n > int64(b.N) {
					done <- nil
					return
				}
				if err := do(n); err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range goroutines {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}

func BenchmarkPut4K(b *testing.B) {
	for _, writers := range []int{1, 8, 32} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			db, body := openBench(b, objects.Config{}), noise(4<<10)
			atOnce(b, writers, func(n int64) error { return put(db, fmt.Sprintf("k%09d", n), body) })
		})
	}
}

// BenchmarkInline says up to which size content is better kept in the index.
func BenchmarkInline(b *testing.B) {
	for _, kib := range []int{4, 8, 16, 32, 64, 128, 256} {
		for _, place := range []struct {
			name   string
			inline int64
		}{{"index", 1 << 20}, {"file", -1}} {
			b.Run(fmt.Sprintf("%dK/%s", kib, place.name), func(b *testing.B) {
				db, body := openBench(b, objects.Config{Inline: place.inline}), noise(kib<<10)
				b.SetBytes(2 * int64(len(body)))
				atOnce(b, 8, func(n int64) error {
					key := fmt.Sprintf("k%09d", n)
					if err := put(db, key, body); err != nil {
						return err
					}
					_, err := read(db, key)
					return err
				})
			})
		}
	}
}

func BenchmarkGet4K(b *testing.B) {
	for _, place := range []struct {
		name   string
		inline int64
	}{{"index", 0}, {"file", -1}} {
		b.Run(place.name, func(b *testing.B) {
			db, body := openBench(b, objects.Config{Inline: place.inline}), noise(4<<10)
			const keys = 2000
			for n := range keys {
				if err := put(db, fmt.Sprintf("k%09d", n), body); err != nil {
					b.Fatal(err)
				}
			}
			atOnce(b, 2, func(n int64) error {
				_, err := read(db, fmt.Sprintf("k%09d", n*7919%keys))
				return err
			})
		})
	}
}

// fill puts many small objects, many at a time.
func fill(b *testing.B, db *objects.DB, from, to int) {
	b.Helper()
	for ; from < to; from += 1000 {
		err := db.Update(context.Background(), func(t *objects.Tx) error {
			bucket, err := t.Bucket("logs")
			for n := from; n < min(from+1000, to) && err == nil; n++ {
				var s *objects.Staged
				if s, err = db.Stage(context.Background(), bytes.NewReader([]byte("content"))); err == nil {
					err = t.Put(bucket, fmt.Sprintf("AWSLogs/111122223333/%03d/%09d.json.gz", n%100, n), &objects.Version{
						ETag:    "d41d8cd98f00b204e9800998ecf8427e",
						Headers: map[string]string{"Content-Type": "application/octet-stream"},
					}, s, "ObjectCreated:Put")
				}
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList100000(b *testing.B) {
	db := openBench(b, objects.Config{})
	fill(b, db, 0, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range db.List(context.Background(), "logs", "") {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 100_000 {
			b.Fatal(n)
		}
	}
}

func BenchmarkDelete1000(b *testing.B) {
	db := openBench(b, objects.Config{})
	const each = 1000
	next := 0
	for b.Loop() {
		b.StopTimer()
		fill(b, db, next, next+each)
		b.StartTimer()
		err := db.Update(context.Background(), func(t *objects.Tx) error {
			bucket, err := t.Bucket("logs")
			for n := next; n < next+each && err == nil; n++ {
				_, err = t.Delete(bucket, fmt.Sprintf("AWSLogs/111122223333/%03d/%09d.json.gz", n%100, n), "ObjectRemoved:Delete", "")
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		next += each
	}
}

// BenchmarkOpen opens a store that was left as a crash leaves it.
func BenchmarkOpen(b *testing.B) {
	for _, count := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			if testing.Short() && count > 10_000 {
				b.Skip("takes long to fill")
			}
			dir := filepath.Join(b.TempDir(), "store")
			db := open(b, dir, objects.Config{Log: slog.New(slog.DiscardHandler)})
			makeBucket(b, db, "logs")
			fill(b, db, 0, count)
			var took time.Duration
			for n := range b.N {
				b.StopTimer()
				image := filepath.Join(b.TempDir(), fmt.Sprint("image", n))
				if err := os.CopyFS(image, os.DirFS(dir)); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				began := time.Now()
				again, err := objects.Open(context.Background(), image, objects.Config{Log: slog.New(slog.DiscardHandler)})
				if err != nil {
					b.Fatal(err)
				}
				took += time.Since(began)
				b.StopTimer()
				if err := errors.Join(again.Close(), os.RemoveAll(image)); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(took.Milliseconds())/float64(b.N), "ms/open")
		})
	}
}

type endless struct{ block []byte }

func (e endless) Read(to []byte) (int, error) { return copy(to, e.block), nil }

func BenchmarkStage300M(b *testing.B) {
	const size = 300 << 20
	db, block := openBench(b, objects.Config{}), noise(1<<20)
	b.SetBytes(size)
	for b.Loop() {
		s, err := db.Stage(context.Background(), io.LimitReader(endless{block}, size))
		if err != nil {
			b.Fatal(err)
		}
		s.Discard()
	}
}

func BenchmarkRead300M(b *testing.B) {
	const size = 300 << 20
	db := openBench(b, objects.Config{})
	if _, err := db.Put(context.Background(), "logs", "big", "", io.LimitReader(endless{noise(1 << 20)}, size)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		if n, err := read(db, "big"); err != nil || n != size {
			b.Fatal(n, err)
		}
	}
}
