package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/alarm/operator"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
)

// The actions of alarms that the operator can declare are targets, also where nothing is declared: then the refusal says
// what to declare. Alarms alone may ask for them.
func TestActionsOfTheOperator(t *testing.T) {
	h := openHouse(t, Config{Actions: []operator.Declaration{{Action: "ec2:reboot", Instance: "i-1", Command: operator.Command{Arguments: []string{"/bin/true"}}}}})
	ask := func(action, instance string, account cloud.Account) error {
		target, err := cloud.ParseARN(action)
		h.must(err)
		payload := fmt.Sprintf(`{"source":"aws.cloudwatch","alarmData":{"configuration":{"metrics":[{"metricStat":{"metric":{"dimensions":{"InstanceId":%q}}}}]}}}`, instance)
		return h.app.targets()[target.Service].Deliver(h.ctx, bus.Delivery{
			Target: target, Source: cloud.ARN{Service: "cloudwatch", Region: "us-east-1", Account: account, Resource: "alarm:hot"},
			Principal: "cloudwatch.amazonaws.com", Payload: []byte(payload),
		})
	}
	const reboot = "arn:aws:automate:us-east-1:ec2:reboot"
	h.must(ask(reboot, "i-1", ours))
	for _, tt := range []struct {
		name, action, instance string
		account                cloud.Account
		want                   string
	}{
		{"another instance", reboot, "i-2", ours, "ActionNotDeclared: Nothing is declared for " + reboot},
		{"another account", reboot, "i-1", "444455556666", `accounts: ["444455556666"]`},
		{"an OpsItem", "arn:aws:ssm:us-east-1:111122223333:opsitem:1", "i-1", ours, "{action: ssm:opsitem, instance: i-1, command"},
		{"an incident", "arn:aws:ssm-incidents::111122223333:responseplan/a", "", ours, "{action: ssm-incidents:responseplan, command"},
		{"a policy", "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:a", "", ours, "{action: autoscaling:policy, command"},
		{"the form of roles", "arn:aws:swf:us-east-1:111122223333:action/actions/AWS_EC2.InstanceId.Terminate/1.0", "i-1", ours, "{action: ec2:terminate, instance: i-1, command"},
	} {
		if err := ask(tt.action, tt.instance, tt.account); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: want %s\ngot %v", tt.name, tt.want, err)
		}
	}
	root := h.root(ours)
	logs := logsapi.Client{Door: h.door(root)}
	_, err := logs.CreateLogGroup(h.ctx, &logsapi.CreateLogGroupInput{LogGroupName: new("web")})
	h.must(err)
	role := h.role(ours, "sender", trusting(`{"Service":"logs.amazonaws.com"}`, ""), allow("*", "*"))
	_, err = logs.PutSubscriptionFilter(h.ctx, &logsapi.PutSubscriptionFilterInput{
		LogGroupName: new("web"), FilterName: new("reboot"), FilterPattern: new(""), DestinationArn: new("arn:aws:autoscaling:ap-northeast-2:111122223333:scalingPolicy:a"), RoleArn: &role,
	})
	if err == nil {
		t.Error("log events are sent to an action")
	}
}
