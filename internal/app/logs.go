package app

import (
	"context"

	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/trail/archive"
)

const (
	// CallsFolder is where the journal of calls is, in the data folder.
	CallsFolder = "calls"
	// EventsFolder is where events are that are no calls made here, in the data folder.
	EventsFolder = "events"
)

// openLogs opens the logs of what happened.
func (a *App) openLogs(ctx context.Context) (err error) {
	keep := records.Retention{MaxAge: a.cfg.CallsKept, NeededAge: a.keptForTrails()}
	a.journal, err = journal.Open(ctx, journal.Config{Dir: a.folder(CallsFolder), Log: a.log, Keep: keep, Needed: a.neededCalls})
	if err != nil {
		return err
	}
	a.archive, err = archive.Open(ctx, archive.Config{Dir: a.folder(EventsFolder), Log: a.log, Keep: keep, Needed: a.neededEvents})
	if err != nil {
		return err
	}
	return a.openRows()
}
