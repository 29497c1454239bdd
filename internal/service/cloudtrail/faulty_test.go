package cloudtrail_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/cloudtraildataapi"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/archive"
)

// faulty is a store that nothing can be written to while it is full.
type faulty struct {
	state.Store

	full atomic.Bool
	left atomic.Int64 // writes until it is full; 0 for no such number
}

// fullAfter lets the store be full after n more writes.
func (f *faulty) fullAfter(n int64) { f.left.Store(n) }

func (f *faulty) Update(ctx context.Context, fn func(state.Tx) error) error {
	if f.full.Load() {
		return errors.New("the disk is full")
	}
	if f.left.Load() > 0 && f.left.Add(-1) == 0 {
		f.full.Store(true)
	}
	return f.Store.Update(ctx, fn)
}

// keeper calls kept once it has kept entries.
type keeper struct {
	*archive.Archive

	kept func()
}

func (k *keeper) Append(ctx context.Context, entries ...archive.Entry) error {
	err := k.Archive.Append(ctx, entries...)
	k.kept()
	return err
}

// Whoever is told of an error sends the events again, and they were twice there.
func TestEventsThatAreKeptAreAnsweredSo(t *testing.T) {
	db := &faulty{Store: servicetest.Store(t)}
	kept, err := archive.Open(t.Context(), archive.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	k := &keeper{kept, func() {}}
	s := newServiceOn(t, db, func(c *cloudtrail.Config) { c.Archive = k })
	arn := s.channel(t, "app", s.storeOf(t, "one", "ActivityAuditLog"))
	status := func() *cloudtrailapi.IngestionStatus {
		return servicetest.Must(s.GetChannel(s.ctx, &cloudtrailapi.GetChannelInput{Channel: &arn}))(t).IngestionStatus
	}
	send := func(ctx context.Context) cloudtraildataapi.AuditEventResultEntry {
		t.Helper()
		out := servicetest.Must(put(s, ctx, arn, auditEvent("a", audit(nil))))(t)
		if len(out.Successful) != 1 || len(out.Failed) != 0 {
			t.Fatalf("%+v", out)
		}
		return out.Successful[0]
	}
	db.full.Store(true)
	send(s.ctx)
	db.full.Store(false)
	if got := status(); got != nil {
		t.Errorf("the channel has %+v", got)
	}
	ctx, hangUp := context.WithCancel(s.ctx)
	k.kept = hangUp
	sent := send(ctx)
	servicetest.Diff(t, *sent.EventID, *status().LatestIngestionSuccessEventID)
}
