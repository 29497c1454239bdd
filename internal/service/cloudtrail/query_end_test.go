package cloudtrail_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/servicetest"
)

// What ended is told so, once the disk has room again.
func TestTheEndOfAQueryIsWrittenLateRatherThanNever(t *testing.T) {
	for name, tt := range map[string]struct {
		sql, status string
		refused     string // by StartQuery
	}{
		"one that finished":      {sql: "SELECT eventid FROM ", status: "FINISHED"},
		"one that was never one": {sql: "SELECT nope FROM ", refused: "InvalidQueryStatementException"},
		"one that fails":         {sql: "SELECT eventid FROM ", status: "FAILED"},
		"one that was cancelled": {sql: "SELECT eventid FROM ", status: "CANCELLED"},
		"one that took too long": {sql: "SELECT eventid FROM ", status: "TIMED_OUT"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := &faulty{Store: servicetest.Store(t)}
				answers := func(ctx context.Context, r engine.Request) ([][]*string, error) {
					switch tt.status {
					case "CANCELLED", "TIMED_OUT":
						if tt.status == "TIMED_OUT" {
							db.full.Store(true)
						}
						return blocks(ctx, r)
					case "FAILED":
						db.full.Store(true)
						return nil, errors.New("it fails")
					}
					db.full.Store(true)
					return [][]*string{{new("a")}}, nil
				}
				s := newServiceOn(t, db, withStores(t, &stores{answer: answers}), func(c *cloudtrail.Config) { c.QueryTimeout = 10 * time.Minute }).runs(t)
				arn, id := s.dataStore(t, "audit")
				list := func() (all []string) {
					for _, q := range servicetest.Must(s.ListQueries(s.ctx, &cloudtrailapi.ListQueriesInput{EventDataStore: &arn}))(t).Queries {
						all = append(all, *q.QueryStatus)
					}
					return all
				}
				if tt.refused != "" {
					db.fullAfter(1) // which keeps the query
					_, err := s.StartQuery(s.ctx, &cloudtrailapi.StartQueryInput{QueryStatement: new(tt.sql + id)})
					servicetest.WantCode(t, err, tt.refused)
					db.full.Store(false)
					<-time.After(20 * time.Second)
					synctest.Wait()
					if got := list(); got != nil {
						t.Errorf("what was refused is listed: %v", got)
					}
					return
				}
				q := s.startQuery(t, tt.sql+id)
				cancelled := make(chan error, 1)
				synctest.Wait()
				switch tt.status {
				case "CANCELLED":
					db.full.Store(true)
					go func() {
						_, err := s.CancelQuery(s.ctx, &cloudtrailapi.CancelQueryInput{QueryId: &q})
						cancelled <- err
					}()
				case "TIMED_OUT":
					<-time.After(11 * time.Minute)
				}
				<-time.After(time.Minute)
				synctest.Wait()
				if got := *s.results(t, q).QueryStatus; got != "RUNNING" {
					t.Errorf("before its end can be written it is %s", got)
				}
				db.full.Store(false)
				<-time.After(20 * time.Second)
				synctest.Wait()
				if got := *s.results(t, q).QueryStatus; got != tt.status {
					t.Errorf("it is %s", got)
				}
				if tt.status == "CANCELLED" {
					if err := <-cancelled; err != nil {
						t.Error(err)
					}
				}
				if tt.status == "FINISHED" {
					servicetest.Diff(t, [][]map[string]string{{{"eventid": "a"}}}, s.results(t, q).QueryResultRows)
				}
			})
		})
	}
}

func TestAResultThatIsNotAsItWasWritten(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"is gone":           os.Remove,
		"is empty":          func(path string) error { return os.Truncate(path, 0) },
		"ends behind a row": func(path string) error { return os.Truncate(path, 15) },
		"ends within a row": func(path string) error { return os.Truncate(path, 20) },
		"has other bytes": func(path string) error {
			return os.WriteFile(path, []byte("00000000 [\"b\"]\n00000000 [\"b\"]\n"), 0o600)
		},
		"has something added": func(path string) error { return os.WriteFile(path, []byte("x\n"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := ""
				s := newService(t, withStores(t, &stores{answer: func(context.Context, engine.Request) ([][]*string, error) {
					return [][]*string{{new("a")}, {new("b")}}, nil
				}}), func(c *cloudtrail.Config) { dir = c.Results }).runs(t)
				_, id := s.dataStore(t, "audit")
				q := s.startQuery(t, "SELECT eventid FROM "+id)
				synctest.Wait()
				if err := damage(filepath.Join(dir, q+".rows")); err != nil {
					t.Fatal(err)
				}
				_, err := s.GetQueryResults(s.ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: &q})
				servicetest.WantCode(t, err, "OperationNotPermittedException")
				if !strings.Contains(err.Error(), "start the query again") {
					t.Error(err)
				}
			})
		})
	}
}

// A file without its name is lost with the power.
func TestTheNameOfAResultIsOnTheDiskWhenItsQueryHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var synced []string
		cloudtrail.SyncedBy(t, func(path string) error {
			synced = append(synced, path)
			return nil
		})
		dir := ""
		s := newService(t, withStores(t, &stores{answer: func(context.Context, engine.Request) ([][]*string, error) { return nil, nil }}),
			func(c *cloudtrail.Config) { c.Results = filepath.Join(c.Results, "results"); dir = c.Results }).runs(t)
		_, id := s.dataStore(t, "audit")
		q := s.startQuery(t, "SELECT eventid FROM "+id)
		synctest.Wait()
		servicetest.Diff(t, "FINISHED", *s.results(t, q).QueryStatus)
		servicetest.Diff(t, []string{dir, filepath.Dir(dir)}, synced)
	})
}
