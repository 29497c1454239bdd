package logs_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// Documents that were brought back from an old copy remove no event of groups and
// streams that they never knew, however often numbers are given afterwards and the
// service is opened; what they knew and is deleted is removed.
func TestAnOldCopyOfTheDocumentsRemovesNothing(t *testing.T) {
	newer, old, elsewhere, dir := servicetest.Store(t), servicetest.Store(t), t.TempDir(), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().UnixMilli()
		// with opens the service, and has it look through the events before it closes.
		with := func(store state.Store, dir string, do func(d *desk)) {
			s, err := logs.Open(t.Context(), logs.Config{Dir: dir, Log: discard()}, store, &keys{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- s.Run(ctx) }()
			do(&desk{t, s, servicetest.Call(t)})
			<-time.After(11 * time.Minute)
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		both := func(d *desk) {
			d.group("g", "s")
			d.group("deleted", "s")
		}
		with(old, elsewhere, both)
		with(newer, dir, func(d *desk) {
			both(d)
			d.put("g", "s", at, "of both")
			d.put("deleted", "s", at, "of a group that is deleted")
			d.must("CreateLogStream", `{"LogGroupName": "g", "LogStreamName": "new"}`)
			d.put("g", "new", at+1, "of a new stream")
			d.group("new", "s")
			d.put("new", "s", at, "of a new group")
		})
		for _, name := range []string{"a", "b"} {
			with(old, dir, func(d *desk) {
				d.group(name, "s")
				d.put(name, "s", at, "of the copy")
				if name == "a" {
					d.must("DeleteLogGroup", `{"LogGroupName": "deleted"}`)
				}
				equal(t, "with the copy", []string{"of both"}, d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g")}))
			})
		}
		with(newer, dir, func(d *desk) {
			equal(t, "with the newer ones", []string{"of both", "of a new stream"}, d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g")}))
			equal(t, "of the new group", []string{"of a new group"}, d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("new")}))
			equal(t, "of the deleted group", []string(nil), d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("deleted")}))
		})
	})
}
