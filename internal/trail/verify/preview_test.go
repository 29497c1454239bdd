package verify_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/sillok/sillok/internal/trail/trailtest"
	"github.com/sillok/sillok/internal/trail/verify"
)

// slowList is a bucket whose last object is not listed until one was opened.
type slowList struct {
	memory

	once   sync.Once
	opened chan struct{}
	fails  error // what the listing ends with, in place of the last object
}

// List implements verify.Files.
func (s *slowList) List(ctx context.Context, prefix string, skip func(key string) string) iter.Seq2[verify.Object, error] {
	return func(yield func(verify.Object, error) bool) {
		var all []verify.Object
		for o, err := range s.memory.List(ctx, prefix, skip) {
			if err != nil {
				yield(o, err)
				return
			}
			all = append(all, o)
		}
		last := len(all) - 1
		for _, o := range all[:last] {
			if !yield(o, nil) {
				return
			}
		}
		<-s.opened
		yield(all[last], s.fails)
	}
}

// Open implements verify.Files.
func (s *slowList) Open(ctx context.Context, key string) (io.ReadCloser, map[string]string, error) {
	s.once.Do(func() { close(s.opened) })
	return s.memory.Open(ctx, key)
}

func TestLogFilesAreReadWhileTheListingGoesOn(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fails error
	}{
		{name: "to its end"},
		{name: "and fails", fails: errDenied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			trail := trailtest.New(t).Hours(3, 4)
			synctest.Test(t, func(t *testing.T) {
				files := &slowList{memory: memory{objects: trail.Objects}, opened: make(chan struct{}), fails: tt.fails}
				cfg := verify.Config{
					Places: []verify.Place{{Files: files, Bucket: trail.Bucket, Name: func(key string) string { return key }}}, Keys: keysOf(trail), Readers: 2,
					Problem: func(verify.Problem) error { return nil },
				}
				report, err := verify.Run(t.Context(), cfg)
				if !errors.Is(err, tt.fails) {
					t.Fatalf("got error %v, want %v", err, tt.fails)
				}
				if err == nil && (report.Total().LogsValid != 12 || report.Bytes != sizeOf(trail, trail.Logs)) {
					t.Errorf("%d log files are valid, of %d bytes; want 12 of %d", report.Total().LogsValid, report.Bytes, sizeOf(trail, trail.Logs))
				}
			})
		})
	}
}

func sizeOf(t *trailtest.Trail, keys []string) (size int64) {
	for key := range slices.Values(keys) {
		size += int64(len(t.Objects[key].Body))
	}
	return size
}
