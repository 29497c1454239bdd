package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/logsapi"
)

// A trail sends its events to a log group in the role that it names, and what it does
// there is in no log group and no log file, or it would never come to an end.
func TestATrailWritesToALogGroup(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "trail", document(cloudTrailPolicy))
	root := h.root(ours)
	trails, logs := h.trails(root), logsapi.Client{Door: h.door(root)}
	group := "arn:aws:logs:ap-northeast-2:111122223333:log-group:trail:*"
	_, err := logs.CreateLogGroup(h.ctx, &logsapi.CreateLogGroupInput{LogGroupName: new("trail")})
	h.must(err)
	untrusting := h.role(ours, "untrusting", trusting(`{"Service":"lambda.amazonaws.com"}`, ""), allow("logs:*", "*"))
	powerless := h.role(ours, "powerless", trusting(`{"Service":"cloudtrail.amazonaws.com"}`, ""))
	role := h.role(ours, "trail", trusting(`{"Service":"cloudtrail.amazonaws.com"}`, ""), allow("logs:CreateLogStream", group), allow("logs:PutLogEvents", group))
	create := func(group, role string) error {
		_, err := trails.CreateTrail(h.ctx, &cloudtrailapi.CreateTrailInput{
			Name: new("main"), S3BucketName: new("trail"), IsMultiRegionTrail: new(true), CloudWatchLogsLogGroupArn: &group, CloudWatchLogsRoleArn: &role,
		})
		return err
	}
	h.want("a role that trusts others", "InvalidCloudWatchLogsRoleArnException: Access denied. Check the trust relationships for your role.", create(group, untrusting))
	h.want("a role that may nothing", "InvalidCloudWatchLogsLogGroupArnException: Access denied. Verify in IAM that the role has adequate permissions.", create(group, powerless))
	h.want("a group that is not there", "InvalidCloudWatchLogsLogGroupArnException: Access denied. Verify in IAM that the role has adequate permissions.",
		create(strings.Replace(group, ":trail:", ":none:", 1), role))
	h.must(create(group, role))
	_, err = trails.StartLogging(h.ctx, &cloudtrailapi.StartLoggingInput{Name: new("main")})
	h.must(err)
	_, err = root.iam.CreateUser(h.ctx, &iamapi.CreateUserInput{UserName: new("kim")})
	h.must(err)
	names := func() (all []string) {
		out, err := logs.FilterLogEvents(h.ctx, &logsapi.FilterLogEventsInput{LogGroupName: new("trail"), FilterPattern: new(`{ $.eventType = "AwsApiCall" }`)})
		h.must(err)
		for _, e := range out.Events {
			_, name, _ := strings.Cut(*e.Message, `"eventName":"`)
			name, _, _ = strings.Cut(name, `"`)
			all = append(all, *e.LogStreamName+" "+name)
		}
		return all
	}
	wanted := []string{"111122223333_CloudTrail_ap-northeast-2 StartLogging", "111122223333_CloudTrail_us-east-1 CreateUser"}
	for deadline := time.Now().Add(30 * time.Second); ; {
		h.must(h.app.deliveries.Deliver(h.ctx))
		got := names()
		if !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(got, w) }) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log group has %q", got)
		}
	}
	for range 3 { // what the deliveries themselves did
		h.must(h.app.deliveries.Deliver(h.ctx))
	}
	for _, name := range names() {
		if strings.HasSuffix(name, " AssumeRole") || strings.HasSuffix(name, " CreateLogStream") && strings.HasPrefix(name, "111122223333_CloudTrail_us-east-1") {
			t.Errorf("the log group has %s", name)
		}
	}
	status, err := trails.GetTrailStatus(h.ctx, &cloudtrailapi.GetTrailStatusInput{Name: new("main")})
	h.must(err)
	if status.LatestCloudWatchLogsDeliveryTime == nil || status.LatestCloudWatchLogsDeliveryError != nil {
		t.Errorf("the status is %+v", status)
	}
}
