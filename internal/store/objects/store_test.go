package objects_test

import (
	"log/slog"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/objects/objectstest"
)

const account = cloud.Account("111122223333")

// master is the key that the tests' stores seal by.
var master = func() *seal.Sealer {
	s, err := seal.New([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	return s
}()

// open opens a store that is closed with the test, and seals what it keeps.
func open(tb testing.TB, dir string, cfg objects.Config) *objects.DB {
	tb.Helper()
	cfg.Seal = master
	return openAs(tb, dir, cfg)
}

// openAs opens a store that is closed with the test, and seals only if cfg says so.
func openAs(tb testing.TB, dir string, cfg objects.Config) *objects.DB {
	tb.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(tb.Output(), nil))
	}
	db, err := objects.Open(tb.Context(), dir, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// update makes a change that must succeed.
func update(tb testing.TB, db *objects.DB, fn func(*objects.Tx) error) {
	tb.Helper()
	if err := db.Update(tb.Context(), fn); err != nil {
		tb.Fatal(err)
	}
}

// makeBucket makes a bucket.
func makeBucket(tb testing.TB, db *objects.DB, name string) {
	tb.Helper()
	update(tb, db, func(tx *objects.Tx) error {
		return tx.CreateBucket(&objects.Bucket{Name: name, Account: account, Region: "us-east-1"})
	})
}

func TestContract(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) (objects.Store, string) {
		t.Helper()
		db := open(t, t.TempDir(), objects.Config{})
		makeBucket(t, db, "logs")
		return db, "logs"
	})
}

// runUntilSwept runs the store until no file is left that a sweep would free.
func runUntilSwept(tb testing.TB, db *objects.DB) {
	tb.Helper()
	if err := objects.Sweep(tb.Context(), db); err != nil {
		tb.Error(err)
	}
}
