package app

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/delivery"
)

// A trail that looks for insights tells of a burst of calls: in event history, and in
// files of its bucket.
func TestInsightsOfATrail(t *testing.T) {
	var off atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
	h := openHouse(t, Config{insightClock: clock})
	h.bucket(ours, "trail", document(cloudTrailPolicy))
	trails, root := h.trails(h.root(ours)), h.root(ours)
	_, err := trails.CreateTrail(h.ctx, &cloudtrailapi.CreateTrailInput{Name: new("main"), S3BucketName: new("trail"), IsMultiRegionTrail: new(true)})
	h.must(err)
	_, err = trails.StartLogging(h.ctx, &cloudtrailapi.StartLoggingInput{Name: new("main")})
	h.must(err)
	off.Store(-int64(40 * time.Hour)) // so long ago it began to learn
	_, err = trails.PutInsightSelectors(h.ctx, &cloudtrailapi.PutInsightSelectorsInput{TrailName: new("main"), InsightSelectors: []cloudtrailapi.InsightSelector{
		{InsightType: new("ApiCallRateInsight")}, {InsightType: new("ApiErrorRateInsight")},
	}})
	h.must(err)
	h.must(h.app.insights.Tick(h.ctx))
	off.Store(0)
	h.must(h.app.insights.Tick(h.ctx))
	for n := range 60 {
		_, err := root.iam.CreateUser(h.ctx, &iamapi.CreateUserInput{UserName: new(fmt.Sprint("user-", n))})
		h.must(err)
		_, err = root.iam.GetRole(h.ctx, &iamapi.GetRoleInput{RoleName: new("nobody")})
		h.want("a role that is not there", "NoSuchEntity: The role with name nobody cannot be found.", err)
	}
	off.Store(int64(2 * time.Minute))
	h.must(h.app.insights.Tick(h.ctx))
	off.Store(int64(20 * time.Minute))
	h.must(h.app.insights.Tick(h.ctx))
	h.must(h.app.deliveries.Deliver(h.ctx))

	out, err := trails.LookupEvents(h.ctx, &cloudtrailapi.LookupEventsInput{EventCategory: new("insight")})
	h.must(err)
	count := map[string]int{}
	for _, e := range out.Events {
		state := "End"
		if strings.Contains(*e.CloudTrailEvent, `"state":"Start"`) {
			state = "Start"
		}
		count[state+" "+*e.EventSource+" "+*e.EventName]++
	}
	if diff := cmp.Diff(map[string]int{
		"Start iam.amazonaws.com CreateUser": 1, "End iam.amazonaws.com CreateUser": 1, "Start iam.amazonaws.com GetRole": 1, "End iam.amazonaws.com GetRole": 1,
	}, count); diff != "" {
		t.Errorf("event history (-want +got):\n%s", diff)
	}
	if plain, err := trails.LookupEvents(h.ctx, &cloudtrailapi.LookupEventsInput{}); err != nil || len(plain.Events) == 0 || strings.Contains(*plain.Events[0].CloudTrailEvent, "insightDetails") {
		t.Error("insights are among other events", err)
	}
	listed, err := root.s3.ListObjectsV2(h.ctx, &s3api.ListObjectsV2Input{Bucket: new("trail"), Prefix: new("AWSLogs/111122223333/CloudTrail-Insight/us-east-1/")})
	h.must(err)
	if len(listed.Contents) == 0 || !strings.Contains(*listed.Contents[0].Key, "/111122223333_CloudTrail-Insight_us-east-1_") {
		t.Errorf("the bucket has %v", listed.Contents)
	}
}

// A notification that is given up is told by the status of its trail.
func TestWhatATrailCouldNotSend(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "trail", document(cloudTrailPolicy))
	trails := h.trails(h.root(ours))
	_, err := trails.CreateTrail(h.ctx, &cloudtrailapi.CreateTrailInput{Name: new("main"), S3BucketName: new("trail")})
	h.must(err)
	arn := cloud.ARN{Service: "cloudtrail", Region: "ap-northeast-2", Account: ours, Resource: "trail/main"}
	topic := cloud.ARN{Service: "sns", Region: "ap-northeast-2", Account: ours, Resource: "told"}
	ctx := cloud.WithCall(h.ctx, cloud.Call{Account: ours, Region: "ap-northeast-2", RequestID: "set"})
	h.must(h.app.state.Update(ctx, func(tx state.Tx) error {
		return h.app.deliveries.Set(ctx, tx, delivery.Trail{
			ARN: arn.String(), Name: "main", Account: ours, Home: "ap-northeast-2", Bucket: "trail", Logging: true, Topic: topic.String(),
		})
	}))
	h.must(h.app.state.Update(ctx, func(tx state.Tx) error { return h.app.sendFromTrail(tx, topic, arn, "", []byte("{}")) }))
	// Nobody takes what is sent to a topic, and so it is given up at once.
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		out, err := trails.GetTrailStatus(h.ctx, &cloudtrailapi.GetTrailStatusInput{Name: new("main")})
		h.must(err)
		if out.LatestNotificationError != nil {
			if *out.LatestNotificationError == "" {
				t.Error("it is not said why")
			}
			return
		}
	}
	t.Error("the status does not say that a notification was given up")
}
