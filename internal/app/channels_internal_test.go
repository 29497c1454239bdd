package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/cloudtraildataapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/organizations"
	"github.com/sillok/sillok/internal/store/state"
)

// eventStore makes an event data store of a category in our account.
func (h *house) eventStore(name, category string) string {
	h.Helper()
	made, err := h.trails(h.root(ours)).CreateEventDataStore(h.ctx, &cloudtrailapi.CreateEventDataStoreInput{
		Name: &name, AdvancedEventSelectors: []cloudtrailapi.AdvancedEventSelector{{
			FieldSelectors: []cloudtrailapi.AdvancedFieldSelector{{Field: new("eventCategory"), Equals: []string{category}}},
		}},
	})
	h.must(err)
	return *made.EventDataStoreArn
}

// kept returns the names of the events that the archive has for an event data store.
func (h *house) kept(store string) (names []string) {
	h.Helper()
	for entry, err := range h.app.archive.Cursor(0).Read(h.ctx) {
		h.must(err)
		if entry.Store == store {
			names = append(names, entry.Event.Name)
		}
	}
	return names
}

// Others put events through a channel as its policy and their own policies say.
func TestWhoPutsEventsThroughAChannel(t *testing.T) {
	h := newHouse(t)
	_, err := h.app.accounts.Open(h.ctx, organizations.Opening{ID: theirs, Name: "theirs", Alone: true}, func(state.Tx, cloud.Account) error { return nil })
	h.must(err)
	store := h.eventStore("audit", "ActivityAuditLog")
	made, err := h.trails(h.root(ours)).CreateChannel(h.ctx, &cloudtrailapi.CreateChannelInput{
		Name: new("app"), Source: new("Custom"), Destinations: []cloudtrailapi.Destination{{Type: new("EVENT_DATA_STORE"), Location: &store}},
	})
	h.must(err)
	arn := *made.ChannelArn
	_, err = h.trails(h.root(ours)).PutResourcePolicy(h.ctx, &cloudtrailapi.PutResourcePolicyInput{ResourceArn: &arn, ResourcePolicy: new(document(fmt.Sprintf(
		`{"Effect":"Allow","Principal":{"AWS":%q},"Action":"cloudtrail-data:PutAuditEvents","Resource":%q,"Condition":{"StringEquals":{"cloudtrail:ExternalId":"secret"}}}`, theirs, arn)))})
	h.must(err)
	puts := allow("cloudtrail-data:PutAuditEvents", "*")
	for _, tt := range []struct {
		name     string
		caller   caller
		external *string
		denied   bool
	}{
		{"the owner's root", h.root(ours), nil, false},
		{"the owner's user", h.user(ours, "ann", puts), nil, false},
		{"a user of the owner's who may not", h.user(ours, "bob"), nil, true},
		{"the other account, with the external ID", h.root(theirs), new("secret"), false},
		{"the other account, without it", h.root(theirs), nil, true},
		{"the other account, with another one", h.root(theirs), new("guess"), true},
		{"a user of the other account", h.user(theirs, "cat", puts), new("secret"), false},
		{"a user of the other account who may not", h.user(theirs, "dan"), new("secret"), true},
		{"a third account", h.root("777788889999"), new("secret"), true},
	} {
		client := cloudtraildataapi.Client{Door: api.DoorFunc(func(ctx context.Context, of *api.Service, operation string, in any) (any, error) {
			return h.app.gateway.Inside(tt.caller.principal).Do(ctx, of, operation, in)
		})}
		before := len(h.kept(store))
		out, err := client.PutAuditEvents(h.in(tt.caller.principal.Account), &cloudtraildataapi.PutAuditEventsInput{
			ChannelArn: &arn, ExternalId: tt.external, AuditEvents: []cloudtraildataapi.AuditEvent{{Id: new("id-1"), EventData: new(
				`{"version":"1","userIdentity":{"type":"User","principalId":"ann"},"eventSource":"shop.example","eventName":"Refund","eventTime":"2026-11-30T08:00:00Z","UID":"1","recipientAccountId":"111122223333"}`,
			)}},
		})
		switch after := len(h.kept(store)); {
		case tt.denied && (cloud.KindOf(err) != cloud.Denied || after != before):
			t.Errorf("%s: %v, and %d events are kept", tt.name, err, after-before)
		case !tt.denied && (err != nil || len(out.Successful) != 1 || after != before+1):
			t.Errorf("%s: %+v, %v, and %d events are kept", tt.name, out, err, after-before)
		}
	}
}

// An import into an event data store reads as its role, and what it could not read is told.
func TestAnImportIntoAnEventDataStoreReadsAsItsRole(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "logs", "")
	h.put(ours, "logs", "AWSLogs/a.json", logFile("a", ours))
	h.put(ours, "logs", "AWSLogs/b.json", logFile("b", theirs))
	h.put(ours, "logs", "AWSLogs/cut.json", logFile("c", ours)[:60])
	h.put(ours, "logs", "AWSLogsElse/d.json", logFile("d", ours))
	trust := `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}`
	reader := h.role(ours, "reader", trust, allow("s3:ListBucket", "arn:aws:s3:::logs"), allow("s3:GetObject", "arn:aws:s3:::logs/*"))
	lister := h.role(ours, "lister", trust, allow("s3:ListBucket", "arn:aws:s3:::logs"))
	nobody := h.role(ours, "nobody", trust)
	others := h.role(ours, "others", `{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`, allow("s3:*", "*"))
	store := h.eventStore("events", "Management")
	region := string(cloud.CallOf(h.ctx).Region)
	start := func(c caller, role, bucket, region string) (*cloudtrailapi.StartImportOutput, error) {
		return h.trails(c).StartImport(h.ctx, &cloudtrailapi.StartImportInput{Destinations: []string{store}, ImportSource: &cloudtrailapi.ImportSource{S3: &cloudtrailapi.S3ImportSource{
			S3LocationUri: new("s3://" + bucket + "/AWSLogs"), S3BucketRegion: &region, S3BucketAccessRoleArn: &role,
		}}})
	}
	root, starter := h.root(ours), h.user(ours, "starter", allow("cloudtrail:StartImport", "*"))
	for _, tt := range []struct {
		name                 string
		caller               caller
		role, bucket, region string
		code                 string
	}{
		{"a role that may not list", root, nobody, "logs", region, "InvalidImportSourceException"},
		{"a role of another service", root, others, "logs", region, "InvalidImportSourceException"},
		{"no role", root, "arn:aws:iam::111122223333:role/none", "logs", region, "InvalidImportSourceException"},
		{"no bucket", root, reader, "nowhere", region, "InvalidImportSourceException"},
		{"another region", root, reader, "logs", "us-east-1", "InvalidImportSourceException"},
		{"who may not pass the role", starter, reader, "logs", region, "AccessDeniedException"},
	} {
		if _, err := start(tt.caller, tt.role, tt.bucket, tt.region); codeOf(err) != tt.code {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	run := func(role string) *cloudtrailapi.GetImportOutput {
		t.Helper()
		made, err := start(root, role, "logs", region)
		h.must(err)
		for {
			got, err := h.trails(root).GetImport(h.ctx, &cloudtrailapi.GetImportInput{ImportId: made.ImportId})
			h.must(err)
			if !slices.Contains([]string{"INITIALIZING", "IN_PROGRESS"}, *got.ImportStatus) {
				return got
			}
		}
	}
	if got := run(lister); *got.ImportStatus != "FAILED" || *got.ImportStatistics.FailedEntries != 3 || *got.ImportStatistics.EventsCompleted != 0 {
		t.Errorf("by a role that may not read: %+v", got.ImportStatistics)
	}
	got := run(reader)
	if *got.ImportStatus != "FAILED" || *got.ImportStatistics.FailedEntries != 1 || *got.ImportStatistics.FilesCompleted != 2 || *got.ImportStatistics.EventsCompleted != 2 {
		t.Errorf("it ended as %s with %+v", *got.ImportStatus, got.ImportStatistics)
	}
	failures, err := h.trails(root).ListImportFailures(h.ctx, &cloudtrailapi.ListImportFailuresInput{ImportId: got.ImportId})
	h.must(err)
	if len(failures.Failures) != 1 || *failures.Failures[0].Location != "s3://logs/AWSLogs/cut.json" || *failures.Failures[0].ErrorType != "TruncatedFile" {
		t.Errorf("failures are %+v", failures.Failures)
	}
	if diff := cmp.Diff([]string{"ImportedEvent", "ImportedEvent"}, h.kept(store)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if found := h.imported(root); len(found) > 0 {
		t.Errorf("event history has %v", found)
	}
}

// codeOf is the code of an error; empty for none.
func codeOf(err error) string {
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		return e.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
