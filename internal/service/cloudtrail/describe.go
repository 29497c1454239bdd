package cloudtrail

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/trail/delivery"
)

// GetTrail returns the settings of one trail.
func (s *Service) GetTrail(ctx context.Context, in *cloudtrailapi.GetTrailInput) (*cloudtrailapi.GetTrailOutput, error) {
	t, err := s.find(ctx, *in.Name)
	if err != nil {
		if cloud.KindOf(err) == cloud.NotFound { // this operation alone repeats what it was given
			err = errUnknown(*in.Name, cloud.CallOf(ctx).Account)
		}
		return nil, err
	}
	return &cloudtrailapi.GetTrailOutput{Trail: new(t.shape())}, nil
}

// DescribeTrails returns the settings of the trails that are named, or of all that
// are seen in the call's region. Names of trails that are not there are passed over.
func (s *Service) DescribeTrails(ctx context.Context, in *cloudtrailapi.DescribeTrailsInput) (*cloudtrailapi.DescribeTrailsOutput, error) {
	call := cloud.CallOf(ctx)
	var named []ref
	for _, given := range in.TrailNameList {
		r, err := refOf(ctx, given)
		if err != nil {
			return nil, err
		}
		named = append(named, r)
	}
	found, err := s.seen(ctx)
	if err != nil {
		return nil, err
	}
	shadows := in.IncludeShadowTrails == nil || *in.IncludeShadowTrails
	out := &cloudtrailapi.DescribeTrailsOutput{TrailList: []cloudtrailapi.Trail{}}
	for i := range found {
		t := &found[i]
		own := t.Account == call.Account && t.home() == call.Region
		wanted := t.in(call.Region)
		if len(named) > 0 {
			wanted = slices.ContainsFunc(named, func(r ref) bool { return r.arn() == t.ref().arn() })
		}
		if wanted && (own || shadows) {
			out.TrailList = append(out.TrailList, t.shape())
		}
	}
	return out, nil
}

// ListTrails returns the trails that are seen in the call's region, by name.
func (s *Service) ListTrails(ctx context.Context, in *cloudtrailapi.ListTrailsInput) (*cloudtrailapi.ListTrailsOutput, error) {
	if resource.Value(in.NextToken) != "" {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidNextTokenException", "The listing of trails has one page, so there is no next token.")
	}
	found, err := s.seen(ctx)
	if err != nil {
		return nil, err
	}
	out := &cloudtrailapi.ListTrailsOutput{Trails: []cloudtrailapi.TrailInfo{}}
	for i := range found {
		if t := &found[i]; t.in(cloud.CallOf(ctx).Region) {
			out.Trails = append(out.Trails, cloudtrailapi.TrailInfo{TrailARN: t.Settings.TrailARN, Name: t.Settings.Name, HomeRegion: t.Settings.HomeRegion})
		}
	}
	slices.SortStableFunc(out.Trails, func(a, b cloudtrailapi.TrailInfo) int { return strings.Compare(*a.Name, *b.Name) })
	return out, nil
}

// StartLogging has a trail record from now on.
func (s *Service) StartLogging(ctx context.Context, in *cloudtrailapi.StartLoggingInput) (*cloudtrailapi.StartLoggingOutput, error) {
	_, err := s.change(ctx, *in.Name, func(_ resource.Tx, t *trail) error {
		if !t.Logging {
			t.Logging, t.Started = true, whole(time.Now())
		}
		return nil
	})
	return &cloudtrailapi.StartLoggingOutput{}, err
}

// StopLogging has a trail record no further.
func (s *Service) StopLogging(ctx context.Context, in *cloudtrailapi.StopLoggingInput) (*cloudtrailapi.StopLoggingOutput, error) {
	_, err := s.change(ctx, *in.Name, func(_ resource.Tx, t *trail) error {
		if t.Logging {
			t.Logging, t.Stopped = false, whole(time.Now())
		}
		return nil
	})
	return &cloudtrailapi.StopLoggingOutput{}, err
}

// GetTrailStatus says whether a trail records.
func (s *Service) GetTrailStatus(ctx context.Context, in *cloudtrailapi.GetTrailStatusInput) (*cloudtrailapi.GetTrailStatusOutput, error) {
	t, err := s.find(ctx, *in.Name)
	if err != nil {
		return nil, err
	}
	out := &cloudtrailapi.GetTrailStatusOutput{
		IsLogging: new(t.Logging),
		// These are no longer in use, and there all the same.
		LatestDeliveryAttemptTime: new(""), LatestDeliveryAttemptSucceeded: new(""), LatestNotificationAttemptTime: new(""),
		LatestNotificationAttemptSucceeded: new(""), TimeLoggingStarted: new(""), TimeLoggingStopped: new(""),
	}
	if !t.Started.IsZero() {
		out.StartLoggingTime, out.TimeLoggingStarted = new(t.Started), new(t.Started.Format(time.RFC3339))
	}
	if !t.Stopped.IsZero() {
		out.StopLoggingTime, out.TimeLoggingStopped = new(t.Stopped), new(t.Stopped.Format(time.RFC3339))
	}
	if s.cfg.Deliveries == nil {
		return out, nil
	}
	status, err := s.cfg.Deliveries.Status(ctx, t.ref().arn())
	tell(out, &status)
	return out, err
}

// tell adds how deliveries went.
func tell(out *cloudtrailapi.GetTrailStatusOutput, s *delivery.Status) {
	at := func(to **time.Time, t time.Time) {
		if !t.IsZero() {
			*to = new(whole(t))
		}
	}
	text := func(to **string, t time.Time) {
		if !t.IsZero() {
			*to = new(t.UTC().Format(time.RFC3339))
		}
	}
	at(&out.LatestDeliveryTime, s.Delivered)
	at(&out.LatestDigestDeliveryTime, s.DigestDelivered)
	at(&out.LatestNotificationTime, s.Notified)
	at(&out.LatestCloudWatchLogsDeliveryTime, s.Sent)
	text(&out.LatestDeliveryAttemptTime, s.Attempted)
	text(&out.LatestDeliveryAttemptSucceeded, s.Delivered)
	text(&out.LatestNotificationAttemptTime, s.Notified)
	text(&out.LatestNotificationAttemptSucceeded, s.Notified)
	out.LatestDeliveryError, out.LatestDigestDeliveryError = optional(s.Error), optional(s.DigestError)
	out.LatestNotificationError, out.LatestCloudWatchLogsDeliveryError = optional(s.NotifyError), optional(s.SendError)
}
