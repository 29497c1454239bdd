package s3_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	owner = cloud.Account("111122223333")
	home  = cloud.Region("ap-northeast-2")
)

// clock is a time that the test moves.
type clock struct{ now time.Time }

func (c *clock) move(d time.Duration) { c.now = c.now.Add(d) }

func (c *clock) time() time.Time { return c.now }

// serveAt returns a service over a new store, for both of which it is the
// clock's time.
func serveAt(tb testing.TB, c *clock) *s3.Service {
	tb.Helper()
	return serveBy(tb, c, nil)
}

// serveBy is serveAt with keys of KMS.
func serveBy(tb testing.TB, c *clock, keys s3.Keys) *s3.Service {
	tb.Helper()
	master, err := seal.New([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		tb.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	db, err := objects.Open(tb.Context(), tb.TempDir(), objects.Config{Log: log, Now: c.time, Seal: master})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s3.New(s3.Config{Log: log, Now: c.time, Keys: keys}, db, nil, nil)
}

// change runs fn in a transaction of the store.
func change(tb testing.TB, s *s3.Service, fn func(*objects.Tx) error) {
	tb.Helper()
	if err := s.DB().Update(tb.Context(), fn); err != nil {
		tb.Fatal(err)
	}
}

// made returns a new bucket of owner's.
func made(tb testing.TB, s *s3.Service, name string) *objects.Bucket {
	tb.Helper()
	change(tb, s, func(tx *objects.Tx) error {
		return tx.CreateBucket(&objects.Bucket{Name: name, Account: owner, Region: home})
	})
	var b *objects.Bucket
	change(tb, s, func(tx *objects.Tx) (err error) {
		b, err = tx.Bucket(name)
		return err
	})
	return b
}

// set writes a setting of a bucket.
func set(tb testing.TB, s *s3.Service, b *objects.Bucket, name string, value any) {
	tb.Helper()
	document, err := json.Marshal(value)
	if err != nil {
		tb.Fatal(err)
	}
	change(tb, s, func(tx *objects.Tx) error { return tx.SetSetting(b, name, document) })
}

// put makes an object with that content, and of what else v says of it.
func put(tb testing.TB, s *s3.Service, b *objects.Bucket, key, content string, v objects.Version) *objects.Version {
	tb.Helper()
	staged, err := s.DB().Stage(tb.Context(), strings.NewReader(content))
	if err != nil {
		tb.Fatal(err)
	}
	defer staged.Discard()
	v.Size, v.ETag = int64(len(content)), "0123456789abcdef0123456789abcdef"
	written := v
	change(tb, s, func(tx *objects.Tx) error {
		written = v
		return tx.Put(b, key, &written, staged, "ObjectCreated:Put")
	})
	return &written
}
