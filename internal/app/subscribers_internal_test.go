package app

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
)

// stream is a target as a service of streams is: it takes what is put in a role.
type stream struct {
	arrived chan bus.Delivery

	mu   sync.Mutex
	fail []error // what the next attempts fail with
}

// Deliver implements bus.Target.
func (s *stream) Deliver(_ context.Context, d bus.Delivery) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.fail) > 0 {
		err := s.fail[0]
		s.fail = s.fail[1:]
		if err != nil {
			return err
		}
	}
	s.arrived <- d
	return nil
}

// Log events go where their subscribers are, for those who may subscribe them; what a
// target does not take at once is tried again, and counted.
func TestLogEventsAreSent(t *testing.T) {
	to := &stream{arrived: make(chan bus.Delivery, 10)}
	h := openHouse(t, Config{targets: map[string]bus.Target{"kinesis": to}})
	const (
		mine    = "arn:aws:kinesis:ap-northeast-2:111122223333:stream/s"
		foreign = "arn:aws:logs:ap-northeast-2:444455556666:destination:d"
		group   = "arn:aws:logs:ap-northeast-2:111122223333:log-group:g:log-stream:"
	)
	trusted := h.role(ours, "trusted", trusting(`{"Service":"logs.amazonaws.com"}`, `{"StringLike":{"aws:SourceArn":"arn:aws:logs:ap-northeast-2:111122223333:*"}}`))
	other := h.role(ours, "other", trusting(`{"Service":"events.amazonaws.com"}`, ""))
	theirRole := h.role(theirs, "theirs", trusting(`{"Service":"logs.amazonaws.com"}`, ""))
	root := logsapi.Client{Door: h.door(h.root(ours))}
	_, err := root.CreateLogGroup(h.ctx, &logsapi.CreateLogGroupInput{LogGroupName: new("g")})
	h.must(err)
	_, err = root.CreateLogStream(h.ctx, &logsapi.CreateLogStreamInput{LogGroupName: new("g"), LogStreamName: new("s")})
	h.must(err)
	subscribe := func(c caller, target, role string) error {
		in := &logsapi.PutSubscriptionFilterInput{LogGroupName: new("g"), FilterName: new("f"), FilterPattern: new("ERROR"), DestinationArn: &target}
		if role != "" {
			in.RoleArn = &role
		}
		_, err := logsapi.Client{Door: h.door(c)}.PutSubscriptionFilter(h.ctx, in)
		return err
	}
	refused := func(c caller, action, arn string) string {
		return "AccessDeniedException: User: " + c.principal.ARN + " is not authorized to perform: " + action + " on resource: " + arn + " " + noIdentityPolicy(action)
	}
	nobody := h.user(ours, "nobody")
	passer := h.user(ours, "passer", allow("logs:PutSubscriptionFilter", "*"))
	may := h.user(ours, "may", allow("logs:PutSubscriptionFilter", "*"), allow("iam:PassRole", "*"))
	h.want("one who may nothing", refused(nobody, "logs:PutSubscriptionFilter", group), subscribe(nobody, mine, trusted))
	h.want("one who may pass no role", refused(passer, "iam:PassRole", trusted), subscribe(passer, mine, trusted))
	h.want("a role that trusts another service", "InvalidParameterException: CloudWatch Logs cannot assume the role "+other+": its trust policy has to allow that to the service logs.amazonaws.com. "+
		"User: logs.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: "+other+" because no role trust policy allows the sts:AssumeRole action", subscribe(may, mine, other))
	h.want("a service that is not there yet", "InvalidParameterException: Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in ACTIVE state. "+
		"No service Firehose takes log events on this server yet, so arn:aws:firehose:ap-northeast-2:111122223333:deliverystream/d cannot be subscribed.",
		subscribe(may, "arn:aws:firehose:ap-northeast-2:111122223333:deliverystream/d", trusted))
	h.want("one who may", "", subscribe(may, mine, trusted))
	if d := <-to.arrived; d.Principal != trusted || d.Target.String() != mine {
		t.Errorf("the first message is %+v", d)
	}
	to.mu.Lock()
	to.fail = []error{cloud.Errorf(cloud.Throttled, "ProvisionedThroughputExceededException", "slowly"), cloud.Errorf(cloud.Unavailable, "InternalFailure", "not now")}
	to.mu.Unlock()
	put := func(message string) {
		_, err := root.PutLogEvents(h.ctx, &logsapi.PutLogEventsInput{
			LogGroupName: new("g"), LogStreamName: new("s"), LogEvents: []logsapi.InputLogEvent{{Timestamp: new(time.Now().UnixMilli()), Message: &message}},
		})
		h.must(err)
	}
	put("an ERROR")
	d := <-to.arrived
	if d.Principal != trusted || d.Source.String() != "arn:aws:logs:ap-northeast-2:111122223333:log-group:g:*" {
		t.Errorf("what is sent is %+v", d)
	}
	h.must(h.app.logs.PassOn(h.ctx))
	counted := map[string]float64{}
	for _, one := range h.app.logs.CountedOwn(cloud.CallOf(h.ctx).Scope()) {
		if one.Dimensions["FilterName"] == "f" {
			counted[one.Name] += one.Sum
		}
	}
	delete(counted, "ForwardedBytes")
	delete(counted, "ForwardedLogEvents") // which may be counted a moment later
	if got := fmt.Sprint(counted); got != "map[DeliveryErrors:1 DeliveryThrottling:1]" {
		t.Error(got)
	}

	owner := logsapi.Client{Door: h.door(h.root(theirs))}
	there := h.in(theirs)
	_, err = owner.PutDestination(there, &logsapi.PutDestinationInput{
		DestinationName: new("d"), TargetArn: new("arn:aws:kinesis:ap-northeast-2:444455556666:stream/s"), RoleArn: &theirRole,
	})
	h.must(err)
	const noResource = "because no resource-based policy allows the logs:PutSubscriptionFilter action"
	h.want("another account's destination without a policy", "AccessDeniedException: User: "+may.principal.ARN+" is not authorized to perform: logs:PutSubscriptionFilter on resource: "+foreign+" "+noResource, subscribe(may, foreign, ""))
	_, err = owner.PutDestinationPolicy(there, &logsapi.PutDestinationPolicyInput{
		DestinationName: new("d"), AccessPolicy: new(document(grant(`{"AWS":"111122223333"}`, "logs:PutSubscriptionFilter", foreign))),
	})
	h.must(err)
	h.want("with one", "", subscribe(may, foreign, ""))
	if d := <-to.arrived; d.Principal != theirRole || d.Target.Account != theirs {
		t.Errorf("the first message is %+v", d)
	}
	put("a further ERROR")
	if d := <-to.arrived; d.Principal != theirRole || d.Target.Account != theirs {
		t.Errorf("what is sent is %+v", d)
	}
}
