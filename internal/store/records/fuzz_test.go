package records_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/sillok/sillok/internal/store/records"
)

// FuzzReadSegment changes bytes of the last but one and of the last segment of a
// log. Whatever is read then is either as it was written or told as lost.
func FuzzReadSegment(f *testing.F) {
	dir := f.TempDir()
	l := open(f, records.Config{Dir: dir, SegmentBytes: small})
	for n := range 20 {
		if n == 10 {
			if err := l.Rotate(f.Context()); err != nil {
				f.Fatal(err)
			}
		}
		end(f, begin(f, l, string(make([]byte, n*n)), 10), "end")
	}
	closeLog(f, l)
	var want []records.Record
	for r, err := range records.View(dir).Read(f.Context(), 1) {
		if err != nil {
			f.Fatal(err)
		}
		want = append(want, r)
	}
	paths := segments(f, dir)
	var files [2][]byte
	for i, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		files[i] = data
	}
	f.Add(false, uint16(0), []byte{1})
	f.Add(true, uint16(100), []byte{0xff, 0, 0, 0x80})
	f.Add(true, uint16(60_000), []byte("garbage"))
	f.Add(false, uint16(48), files[1][:200])
	f.Fuzz(func(t *testing.T, last bool, offset uint16, noise []byte) {
		folder := t.TempDir()
		for i, path := range paths {
			data := slices.Clone(files[i])
			if last == (i == 1) {
				for n := range min(len(noise), max(len(data)-int(offset), 0)) {
					data[int(offset)+n] ^= noise[n]
				}
			}
			if err := os.WriteFile(filepath.Join(folder, filepath.Base(path)), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		next := uint64(1)
		for r, err := range records.View(folder).Read(t.Context(), 1) {
			if damage, ok := errors.AsType[*records.DamageError](err); ok {
				next = damage.Last + 1
				continue
			}
			if err != nil || r.Seq != next || !reflect.DeepEqual(r, want[r.Seq-1]) {
				t.Fatalf("record %v, %v; want %d", r, err, next)
			}
			next++
		}
	})
}
