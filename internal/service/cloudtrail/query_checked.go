package cloudtrail

import (
	"context"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource/turns"
)

// queryRun is a query that has not ended.
type queryRun struct {
	call  cloud.Call
	query query // what is said of its end is written by who has claimed that

	once    sync.Once
	checked chan struct{} // closed once the statement was found right or wrong
	invalid error         // why it is none; read once checked is closed
}

type queryJob = turns.Job[*queryRun]

// found says what is wrong with the statement, or nil; the first who says it is right.
func (r *queryRun) found(invalid error) {
	r.once.Do(func() {
		r.invalid = invalid
		close(r.checked)
	})
}

// waitChecked waits a moment for what is wrong with the statement.
func (r *queryRun) waitChecked(ctx context.Context, ended <-chan struct{}) error {
	over := time.NewTimer(queryMoment)
	defer over.Stop()
	select {
	case <-r.checked:
		if r.invalid != nil { // nothing is left of it then, unless that takes long
			select {
			case <-ended:
			case <-over.C:
			case <-ctx.Done():
			}
		}
		return r.invalid
	case <-ended:
	case <-over.C:
	case <-ctx.Done():
	}
	return nil
}
