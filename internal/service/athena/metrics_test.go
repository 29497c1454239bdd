package athena_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud/metric/metrictest"
)

func TestQueriesArePublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emitted, e := &metrictest.Emitted{}, newTurns()
		w := open(t, e)
		w.cfg.Metrics = emitted
		w.restart()
		for name, publish := range map[string]bool{"told": true, "silent": false} {
			_, err := w.CreateWorkGroup(w.ctx, &athenaapi.CreateWorkGroupInput{Name: &name, Configuration: &athenaapi.WorkGroupConfiguration{
				PublishCloudWatchMetricsEnabled: &publish, EnforceWorkGroupConfiguration: new(false),
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
		in := func(group string) func(*athenaapi.StartQueryExecutionInput) {
			return func(in *athenaapi.StartQueryExecutionInput) { in.WorkGroup = &group }
		}
		w.start("SELECT 1", in("told"))
		w.start("SELECT 2", in("silent"))
		synctest.Wait()
		if err := w.Active(t.Context(), emitted.Emit); err != nil {
			t.Fatal(err)
		}
		want := []string{"111122223333/ap-northeast-2 AWS/Usage ResourceCount [Class=DML Resource=ActiveQueryCount Service=Athena Type=Resource] None [2]"}
		if diff := cmp.Diff(want, emitted.Lines()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		<-time.After(time.Second)
		e.pass <- struct{}{}
		e.pass <- struct{}{}
		synctest.Wait()
		w.start("CREATE NONSENSE", in("told"))
		stopped := w.start("SELECT 3", in("told"))
		synctest.Wait()
		if _, err := w.StopQueryExecution(w.ctx, &athenaapi.StopQueryExecutionInput{QueryExecutionId: &stopped}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		of := func(name, state, kind, unit, value string) string {
			return "111122223333/ap-northeast-2 AWS/Athena " + name + " [QueryState=" + state + " QueryType=" + kind + " WorkGroup=told] " + unit + " " + value
		}
		want = nil
		for _, name := range []string{"EngineExecutionTime", "ProcessedBytes", "QueryPlanningTime", "QueryQueueTime", "ServicePreProcessingTime", "ServiceProcessingTime", "TotalExecutionTime"} {
			took, unit := "[0]", "Milliseconds"
			switch name {
			case "EngineExecutionTime", "TotalExecutionTime":
				took = "[1000]"
			case "ProcessedBytes":
				took, unit = "[12]", "Bytes"
			}
			want = append(want, of(name, "CANCELED", "DML", unit, "[0]"), of(name, "FAILED", "DDL", unit, "[0]"), of(name, "SUCCEEDED", "DML", unit, took))
			if name == "ProcessedBytes" {
				want = append(want, "111122223333/ap-northeast-2 AWS/Athena ProcessedBytes [WorkGroup=told] Bytes [12 0 0]")
			}
		}
		if diff := cmp.Diff(want, emitted.Lines()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if err := w.Active(context.Background(), emitted.Emit); err != nil || len(emitted.Lines()) != 0 {
			t.Errorf("of no queries something is told, or %v", err)
		}
		closeAll(t, w.stop)
	})
}
