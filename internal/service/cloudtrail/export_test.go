package cloudtrail

import (
	"context"
	"testing"
)

// RunImports runs what was started, until ctx is done.
func (s *Service) RunImports(ctx context.Context) error { return s.runImports(ctx) }

// SyncedBy has folders of results synced by sync until a test ends.
func SyncedBy(tb testing.TB, sync func(path string) error) {
	tb.Helper()
	before := syncFolder
	tb.Cleanup(func() { syncFolder = before })
	syncFolder = sync
}

// ResultBytes has files of results be as large until a test ends.
func ResultBytes(tb testing.TB, size int64) {
	tb.Helper()
	before := resultBytes
	tb.Cleanup(func() { resultBytes = before })
	resultBytes = size
}
