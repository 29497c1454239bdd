package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/trail/delivery"
	"github.com/sillok/sillok/internal/trail/place"
)

// inRole returns the context of calls that CloudTrail makes in a role which trusts it: call
// says in which account and region, and on behalf of what. Its errors are those of
// AssumeRole.
func (a *App) inRole(ctx context.Context, call cloud.Call, role, session string) (context.Context, error) {
	return a.assumed(ctx, cloudtrail.Principal, call, role, session)
}

// assumed is inRole of any of our services.
func (a *App) assumed(ctx context.Context, service string, call cloud.Call, role, session string) (context.Context, error) {
	out, err := stsapi.Client{Door: a.inside(service)}.AssumeRole(cloud.WithCall(ctx, call), &stsapi.AssumeRoleInput{
		RoleArn: &role, RoleSessionName: &session,
	})
	if err != nil {
		return ctx, err
	}
	key, err := a.keys().Lookup(ctx, *out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
	if err != nil {
		return ctx, err
	}
	call.Principal, call.AccessKeyID = key.Principal, key.ID
	return cloud.WithCall(ctx, call), nil
}

// trailLogGroups are the log groups that trails send events to, each in the role that its
// trail names.
type trailLogGroups struct{ app *App }

// trailSession is the name of the sessions in which trails write to log groups.
const trailSession = "CloudTrail"

// open returns the context of calls on a log group in a role of a trail, and the group's
// name.
func (g trailLogGroups) open(ctx context.Context, group, trail cloud.ARN, role string) (context.Context, string, error) {
	name, ok := strings.CutPrefix(group.Resource, "log-group:")
	if !ok {
		return ctx, "", cloud.Errorf(cloud.Invalid, "InvalidArn", "%s is not the ARN of a log group", group)
	}
	ctx, err := g.app.inRole(ctx, cloud.Call{Account: group.Account, Region: group.Region, SourceARN: trail.String()}, role, trailSession)
	if err != nil {
		return ctx, "", fmt.Errorf("%w: %w", cloudtrail.ErrRole, err)
	}
	return ctx, strings.TrimSuffix(name, ":*"), nil
}

func (g trailLogGroups) client() logsapi.Client {
	return logsapi.Client{Door: g.app.inside(cloudtrail.Principal)}
}

// Try implements cloudtrail.LogGroups.
func (g trailLogGroups) Try(ctx context.Context, group, trail cloud.ARN, role string) error {
	ctx, name, err := g.open(ctx, group, trail, role)
	if err != nil {
		return err
	}
	stream := delivery.Stream(trail.Account, place.Log, trail.Region)
	if err := g.stream(ctx, name, stream); err != nil {
		return err
	}
	// Nothing can be put without events, and so no events are: CreateLogStream tells what
	// the group is, and what the role may not put is told by the trail's status.
	return nil
}

// stream makes a stream, or finds that it is there.
func (g trailLogGroups) stream(ctx context.Context, group, stream string) error {
	_, err := g.client().CreateLogStream(ctx, &logsapi.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
	if err != nil && cloud.KindOf(err) == cloud.Conflict {
		return nil
	}
	return err
}

// Deliver implements bus.Target: it puts events into a stream, which is made where it is
// missing. A group takes events of the last fourteen days; others are logged.
func (g trailLogGroups) Deliver(ctx context.Context, d bus.Delivery) error {
	var events delivery.LogEvents
	if err := json.Unmarshal(d.Payload, &events); err != nil {
		return cloud.Errorf(cloud.Invalid, "InvalidPayload", "what a trail sends to %s is not as it writes it", d.Target).Because(err)
	}
	ctx, group, err := g.open(ctx, d.Target, d.Source, d.Principal)
	if err != nil {
		return err
	}
	in := &logsapi.PutLogEventsInput{LogGroupName: &group, LogStreamName: &events.Stream}
	for _, e := range events.Events {
		in.LogEvents = append(in.LogEvents, logsapi.InputLogEvent{Timestamp: &e.Timestamp, Message: &e.Message})
	}
	out, err := g.client().PutLogEvents(ctx, in)
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		if err := g.stream(ctx, group, events.Stream); err != nil {
			return err
		}
		out, err = g.client().PutLogEvents(ctx, in)
	}
	if err != nil {
		return err
	}
	if rejected := out.RejectedLogEventsInfo; rejected != nil {
		g.app.log.WarnContext(ctx, "a log group did not take all events of a trail, which are too old or too new for it",
			"trail", d.Source, "group", d.Target, "stream", events.Stream, "events", len(events.Events), "rejected", rejected)
	}
	return nil
}
