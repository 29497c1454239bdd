package app

import (
	"context"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/cloudtraildataapi"
)

// A policy that denies an event data store, a channel or a trail does so however a caller
// names it.
func TestWhatIsDeniedIsDeniedUnderEachOfItsNames(t *testing.T) {
	h := newHouse(t)
	root := h.trails(h.root(ours))
	h.bucket(ours, "logs", document(grant(`{"Service":"cloudtrail.amazonaws.com"}`, "s3:GetBucketAcl", "arn:aws:s3:::logs")+","+
		grant(`{"Service":"cloudtrail.amazonaws.com"}`, "s3:PutObject", "arn:aws:s3:::logs/*")))
	store, open, calls := h.eventStore("closed", "ActivityAuditLog"), h.eventStore("open", "ActivityAuditLog"), h.eventStore("calls", "Management")
	channel := func(name string) string {
		made, err := root.CreateChannel(h.ctx, &cloudtrailapi.CreateChannelInput{Name: &name, Source: new("Custom"), Destinations: to(open)})
		h.must(err)
		return *made.ChannelArn
	}
	closed, own := channel("closed"), channel("own")
	made, err := root.CreateTrail(h.ctx, &cloudtrailapi.CreateTrailInput{Name: new("trail"), S3BucketName: new("logs")})
	h.must(err)
	trail := *made.TrailARN
	role := h.role(ours, "reader", `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}`, allow("s3:*", "*"))
	caller := h.user(ours, "ann", allow("cloudtrail:*", "*"), allow("cloudtrail-data:*", "*"), allow("iam:PassRole", "*"),
		deny("*", store), deny("*", calls), deny("*", closed), deny("*", trail))
	c, data := h.trails(caller), cloudtraildataapi.Client{Door: h.door(caller)}
	// Who makes a channel is asked about any, and so may be denied none.
	maker := h.trails(h.user(ours, "bob", allow("cloudtrail:*", "*"), deny("*", store)))
	tag := []cloudtrailapi.Tag{{Key: new("k"), Value: new("v")}}
	activity := cloudtraildataapi.AuditEvent{Id: new("id-1"), EventData: new(
		`{"version":"1","userIdentity":{"type":"User","principalId":"ann"},"eventSource":"shop.example","eventName":"Refund","eventTime":"2026-11-30T08:00:00Z","UID":"1","recipientAccountId":"111122223333"}`)}
	const noStore, noChannel, noTrail = "EventDataStoreARNInvalidException", "ChannelARNInvalidException", "CloudTrailARNInvalidException"
	for _, tt := range []struct {
		name, arn string
		byID      bool // the last part of the ARN names it too
		invalid   string
		call      func(ctx context.Context, named string) error
	}{
		{"GetEventDataStore", store, true, noStore, func(ctx context.Context, named string) error {
			_, err := c.GetEventDataStore(ctx, &cloudtrailapi.GetEventDataStoreInput{EventDataStore: &named})
			return err
		}},
		{"UpdateEventDataStore", store, true, noStore, func(ctx context.Context, named string) error {
			_, err := c.UpdateEventDataStore(ctx, &cloudtrailapi.UpdateEventDataStoreInput{EventDataStore: &named, TerminationProtectionEnabled: new(false)})
			return err
		}},
		{"DeleteEventDataStore", store, true, noStore, func(ctx context.Context, named string) error {
			_, err := c.DeleteEventDataStore(ctx, &cloudtrailapi.DeleteEventDataStoreInput{EventDataStore: &named})
			return err
		}},
		{"ListQueries", store, true, noStore, func(ctx context.Context, named string) error {
			_, err := c.ListQueries(ctx, &cloudtrailapi.ListQueriesInput{EventDataStore: &named})
			return err
		}},
		{"CreateChannel", store, true, noStore, func(ctx context.Context, named string) error {
			_, err := maker.CreateChannel(ctx, &cloudtrailapi.CreateChannelInput{Name: new("new"), Source: new("Custom"), Destinations: to(open, named)})
			return err
		}},
		{"UpdateChannel into a store", store, true, noStore, func(ctx context.Context, named string) error {
			_, err := c.UpdateChannel(ctx, &cloudtrailapi.UpdateChannelInput{Channel: &own, Destinations: to(open, named)})
			return err
		}},
		{"StartImport", calls, true, noStore, func(ctx context.Context, named string) error {
			_, err := c.StartImport(ctx, &cloudtrailapi.StartImportInput{Destinations: []string{named}, ImportSource: &cloudtrailapi.ImportSource{S3: &cloudtrailapi.S3ImportSource{
				S3LocationUri: new("s3://logs/AWSLogs"), S3BucketRegion: new("ap-northeast-2"), S3BucketAccessRoleArn: &role,
			}}})
			return err
		}},
		{"AddTags to a store", store, false, noTrail, func(ctx context.Context, named string) error {
			_, err := c.AddTags(ctx, &cloudtrailapi.AddTagsInput{ResourceId: &named, TagsList: tag})
			return err
		}},
		{"GetChannel", closed, true, noChannel, func(ctx context.Context, named string) error {
			_, err := c.GetChannel(ctx, &cloudtrailapi.GetChannelInput{Channel: &named})
			return err
		}},
		{"UpdateChannel", closed, true, noChannel, func(ctx context.Context, named string) error {
			_, err := c.UpdateChannel(ctx, &cloudtrailapi.UpdateChannelInput{Channel: &named, Name: new("mine")})
			return err
		}},
		{"DeleteChannel", closed, true, noChannel, func(ctx context.Context, named string) error {
			_, err := c.DeleteChannel(ctx, &cloudtrailapi.DeleteChannelInput{Channel: &named})
			return err
		}},
		{"GetResourcePolicy", closed, false, "ResourceARNNotValidException", func(ctx context.Context, named string) error {
			_, err := c.GetResourcePolicy(ctx, &cloudtrailapi.GetResourcePolicyInput{ResourceArn: &named})
			return err
		}},
		{"PutAuditEvents", closed, false, "InvalidChannelARN", func(ctx context.Context, named string) error {
			_, err := data.PutAuditEvents(ctx, &cloudtraildataapi.PutAuditEventsInput{ChannelArn: &named, AuditEvents: []cloudtraildataapi.AuditEvent{activity}})
			return err
		}},
		{"AddTags to a channel", closed, false, noTrail, func(ctx context.Context, named string) error {
			_, err := c.AddTags(ctx, &cloudtrailapi.AddTagsInput{ResourceId: &named, TagsList: tag})
			return err
		}},
		{"GetTrail", trail, true, noTrail, func(ctx context.Context, named string) error {
			_, err := c.GetTrail(ctx, &cloudtrailapi.GetTrailInput{Name: &named})
			return err
		}},
		{"StopLogging", trail, true, noTrail, func(ctx context.Context, named string) error {
			_, err := c.StopLogging(ctx, &cloudtrailapi.StopLoggingInput{Name: &named})
			return err
		}},
		{"DeleteTrail", trail, true, noTrail, func(ctx context.Context, named string) error {
			_, err := c.DeleteTrail(ctx, &cloudtrailapi.DeleteTrailInput{Name: &named})
			return err
		}},
		{"AddTags to a trail", trail, false, noTrail, func(ctx context.Context, named string) error {
			_, err := c.AddTags(ctx, &cloudtrailapi.AddTagsInput{ResourceId: &named, TagsList: tag})
			return err
		}},
	} {
		denied := []string{tt.arn}
		if tt.byID {
			denied = append(denied, tt.arn[strings.LastIndexByte(tt.arn, '/')+1:])
		}
		for _, named := range denied {
			if err := tt.call(h.ctx, named); codeOf(err) != "AccessDeniedException" {
				t.Errorf("%s of %s: %v", tt.name, named, err)
			}
		}
		for _, partition := range []string{"aws-cn", "aws-us-gov", "AWS", ""} {
			named := "arn:" + partition + strings.TrimPrefix(tt.arn, "arn:aws")
			if err := tt.call(h.ctx, named); codeOf(err) != tt.invalid {
				t.Errorf("%s of %s: %v", tt.name, named, err)
			}
		}
	}
	// What is not denied is done under each of its names.
	for _, named := range []string{open, open[strings.LastIndexByte(open, '/')+1:]} {
		_, err := c.UpdateChannel(h.ctx, &cloudtrailapi.UpdateChannelInput{Channel: &own, Destinations: to(named)})
		h.want("a channel into "+named, "", err)
	}
}

// to is a channel's destinations.
func to(stores ...string) (all []cloudtrailapi.Destination) {
	for _, store := range stores {
		all = append(all, cloudtrailapi.Destination{Type: new("EVENT_DATA_STORE"), Location: &store})
	}
	return all
}
