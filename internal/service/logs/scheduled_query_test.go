package logs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
)

// execution runs scheduled queries by the service itself, and keeps what they write.
type execution struct {
	service *logs.Service
	mu      sync.Mutex
	roles   []string
	objects map[string]string
	refuse  string // the role that may not be assumed
}

func (x *execution) As(ctx context.Context, call cloud.Call, role, session string) (context.Context, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.roles = append(x.roles, role+" "+session+" for "+call.SourceARN)
	if role == x.refuse {
		return nil, cloud.Errorf(cloud.Denied, "AccessDenied", "it does not trust you")
	}
	return cloud.WithCall(ctx, call), nil
}

// refuses has a role be one that may not be assumed.
func (x *execution) refuses(role string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.refuse = role
}

func (x *execution) StartQuery(ctx context.Context, in *logsapi.StartQueryInput) (*logsapi.StartQueryOutput, error) {
	return x.service.StartQuery(ctx, in)
}

func (x *execution) PutObject(_ context.Context, bucket, key, owner string, body []byte) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.objects[bucket+" "+key+" "+owner] = string(body)
	return nil
}

const (
	runRole   = "arn:aws:iam::111122223333:role/run"
	writeRole = "arn:aws:iam::111122223333:role/write"
)

func scheduling(t *testing.T) (*desk, *execution) {
	t.Helper()
	x := &execution{objects: map[string]string{}}
	s, err := logs.Open(t.Context(), logs.Config{Log: slog.New(slog.DiscardHandler), Dir: t.TempDir(), Scheduled: x}, servicetest.Store(t), &keys{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	x.service = s
	return &desk{t, s, servicetest.Call(t)}, x
}

func scheduled(name, text, expression, more string) string {
	return fmt.Sprintf(`{"Name": %q, "QueryLanguage": "CWLI", "QueryString": %q, "LogGroupIdentifiers": ["g"], "ScheduleExpression": %q, "ExecutionRoleArn": %q%s}`,
		name, text, expression, runRole, more)
}

func TestAScheduledQueryRunsWhenItIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, x := scheduling(t)
		stop := d.runs()
		d.group("g", "s")
		d.must("CreateScheduledQuery", "%s", scheduled("hourly", "stats count(*) as n", "cron(30 * * * ? *)",
			`, "DestinationConfiguration": {"S3Configuration": {"DestinationIdentifier": "s3://bucket/a/b", "RoleArn": "`+writeRole+`", "OwnerAccountId": "111122223333"}}`))
		begin := time.Now() // midnight of 2000-01-01 in UTC
		for i := range 100 {
			d.put("g", "s", begin.UnixMilli()+int64(i)*60_000, "a line a minute")
		}
		<-time.After(2 * time.Hour)
		synctest.Wait()
		history := func(more string) (all []logsapi.TriggerHistoryRecord) {
			var out logsapi.GetScheduledQueryHistoryOutput
			text := d.must("GetScheduledQueryHistory", `{"Identifier": "hourly", "StartTime": %d, "EndTime": %d%s}`, begin.Unix(), time.Now().Unix(), more)
			if err := json.Unmarshal([]byte(text), &out); err != nil {
				t.Fatal(err)
			}
			return out.TriggerHistory
		}
		all := history("")
		if len(all) != 2 || len(history(`, "ExecutionStatuses": ["Complete"]`)) != 2 || len(history(`, "ExecutionStatuses": ["Failed"]`)) != 0 {
			t.Fatalf("%d runs", len(all))
		}
		newest := all[0]
		equal(t, "status and time", []any{"Complete", true}, []any{*newest.ExecutionStatus, *newest.TriggeredTimestamp-begin.UnixMilli() < (90*time.Minute + 10*time.Second).Milliseconds()})
		key := fmt.Sprintf("a/b/hourly/2000/01/01/01-30/%s.json", *newest.QueryId)
		equal(t, "where", "s3://bucket/"+key, *newest.Destinations[0].ProcessedIdentifier)
		body := x.objects["bucket "+key+" 111122223333"]
		if !strings.HasSuffix(body, `"results":[[{"field":"n","value":"60"}]]}`) || !json.Valid([]byte(body)) {
			t.Error(body)
		}
		arn := "arn:aws:logs:ap-northeast-2:111122223333:scheduled-query:hourly"
		equal(t, "roles", []string{runRole + " ScheduledQuery for " + arn, writeRole + " ScheduledQuery for " + arn}, x.roles[:2])
		equal(t, "the query itself", "Complete", *d.results(*newest.QueryId).Status)

		d.must("UpdateScheduledQuery", "%s", strings.Replace(scheduled("", "fields nothing", "rate(1 minute)", `, "State": "DISABLED"`), `"Name": ""`, `"Identifier": "`+arn+`"`, 1))
		<-time.After(2 * time.Hour)
		equal(t, "what is disabled does not run", 2, len(history("")))
		if got := d.must("ListScheduledQueries", `{"State": "DISABLED"}`); !strings.Contains(got, "hourly") {
			t.Error(got)
		}
		d.must("DeleteScheduledQuery", `{"Identifier": "hourly"}`)
		d.refused("ResourceNotFoundException", "", "GetScheduledQuery", `{"Identifier": "hourly"}`)
		stop()
	})
}

func TestAScheduledQueryThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, x := scheduling(t)
		stop := d.runs()
		d.group("g", "s")
		d.must("CreateScheduledQuery", "%s", scheduled("gone", "fields a", "rate(1 minute)", ""))
		d.must("CreateScheduledQuery", "%s", scheduled("refused", "fields a", "rate(1 minute)", ""))
		d.must("DeleteLogGroup", `{"LogGroupName": "g"}`)
		<-time.After(90 * time.Second)
		synctest.Wait()
		x.refuses(runRole)
		<-time.After(time.Minute)
		synctest.Wait()
		for name, want := range map[string]string{"gone": "does not exist for account", "refused": "it does not trust you"} {
			if got := d.must("GetScheduledQueryHistory", `{"Identifier": %q, "StartTime": 0, "EndTime": %d}`, name, time.Now().Unix()); !strings.Contains(got, want) || !strings.Contains(got, "Failed") {
				t.Error(name, got)
			}
		}
		stop()
	})
}

func TestAScheduledQueryThatIsRefused(t *testing.T) {
	d, _ := scheduling(t)
	d.group("g", "s")
	for name, tt := range map[string]struct{ code, text, in string }{
		"no schedule":       {"ValidationException", "the schedule is cron(", scheduled("q", "fields a", "every day", "")},
		"five fields":       {"ValidationException", "six fields", scheduled("q", "fields a", "cron(0 9 * * ?)", "")},
		"two days":          {"ValidationException", "exactly one of day-of-month and day-of-week", scheduled("q", "fields a", "cron(0 9 1 * 2 *)", "")},
		"a minute too many": {"ValidationException", "no cron expression", scheduled("q", "fields a", "cron(60 9 * * ? *)", "")},
		"a rate of none":    {"ValidationException", "rate has a value", scheduled("q", "fields a", "rate(0 minutes)", "")},
		"a rate of ones":    {"ValidationException", "rate has a value", scheduled("q", "fields a", "rate(1 minutes)", "")},
		"no zone":           {"ValidationException", "no time zone", scheduled("q", "fields a", "cron(0 9 * * ? *)", `, "Timezone": "Nowhere"`)},
		"no query":          {"ValidationException", "unexpected symbol", scheduled("q", "nonsense", "rate(1 day)", "")},
		"no role":           {"ValidationException", "not the ARN of a role", strings.Replace(scheduled("q", "fields a", "rate(1 day)", ""), runRole, "role", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			d := &desk{t, d.Service, d.ctx}
			d.refused(tt.code, tt.text, "CreateScheduledQuery", "%s", tt.in)
		})
	}
	d.must("CreateScheduledQuery", "%s", scheduled("q", "fields a", "cron(0 9 ? * MON-FRI *)", `, "Timezone": "Asia/Seoul"`))
	d.refused("ConflictException", "", "CreateScheduledQuery", "%s", scheduled("q", "fields a", "rate(1 day)", ""))
	d.refused("ResourceNotFoundException", "", "DeleteScheduledQuery", `{"Identifier": "none"}`)
	without := open(t)
	without.group("g", "s")
	without.refused("ValidationException", "cannot be run by this server", "CreateScheduledQuery", "%s", scheduled("q", "fields a", "rate(1 day)", ""))
}
