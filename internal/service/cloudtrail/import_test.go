package cloudtrail_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/trail/importer"
)

// copied is what imports files: it tells of those that it has.
type copied struct {
	mu      sync.Mutex
	files   map[string]importer.Outcome
	refused error // by Check
	failed  error // by Import
	waits   bool  // until it is stopped
	from    []cloudtrail.ImportFrom
	into    []importer.Into
}

// Check implements cloudtrail.Imports.
func (c *copied) Check(context.Context, cloudtrail.ImportFrom) error { return c.refused }

// Import implements cloudtrail.Imports.
func (c *copied) Import(ctx context.Context, from cloudtrail.ImportFrom, into importer.Into, each func(importer.Object, importer.Outcome)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from, c.into = append(c.from, from), append(c.into, into)
	for key, out := range c.files {
		each(importer.Object{Source: "s3://logs", Key: key}, out)
	}
	if c.waits {
		<-ctx.Done()
		return ctx.Err()
	}
	return c.failed
}

const role = "arn:aws:iam::111122223333:role/importer"

func source() *cloudtrailapi.ImportSource {
	return &cloudtrailapi.ImportSource{S3: &cloudtrailapi.S3ImportSource{S3LocationUri: new("s3://logs/AWSLogs/"), S3BucketRegion: new("us-east-1"), S3BucketAccessRoleArn: new(role)}}
}

// importing is a service that imports with what is copied, and runs.
func importing(t *testing.T, c *copied) service {
	t.Helper()
	s := newService(t, func(cfg *cloudtrail.Config) { cfg.Imports, cfg.Log = c, slog.New(slog.DiscardHandler) })
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.RunImports(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s service) startImport(tb testing.TB, store string) string {
	tb.Helper()
	made, err := s.StartImport(s.ctx, &cloudtrailapi.StartImportInput{Destinations: []string{store}, ImportSource: source(), StartEventTime: new(time.Unix(100, 0).UTC())})
	return *servicetest.Must(made, err)(tb).ImportId
}

// until returns an import once it is in a state.
func (s service) until(tb testing.TB, id, status string) *cloudtrailapi.GetImportOutput {
	tb.Helper()
	for {
		got := servicetest.Must(s.GetImport(s.ctx, &cloudtrailapi.GetImportInput{ImportId: &id}))(tb)
		if *got.ImportStatus == status {
			return got
		}
		if tb.Context().Err() != nil {
			tb.Fatal(tb.Context().Err())
		}
	}
}

func TestImportsIntoEventDataStores(t *testing.T) {
	c := &copied{files: map[string]importer.Outcome{
		"a/1": {State: importer.Imported, Records: 5, Imported: 3, Duplicates: 1, Outside: 1}, "a/2": {State: importer.Digest}, "b/3": {State: importer.Truncated, Reason: "it is cut"},
		"b/4": {State: importer.Imported, Records: 2, Imported: 1, Bad: 1, BadRecords: []importer.BadRecord{{Record: 2, Reason: "it is none"}}},
	}}
	s := importing(t, c)
	store := s.storeOf(t, "one", "Management")
	id := s.startImport(t, store)
	got := s.until(t, id, "FAILED")
	servicetest.Diff(t, cloudtrailapi.GetImportOutput{
		ImportId: &id, Destinations: []string{store}, ImportSource: source(), StartEventTime: new(time.Unix(100, 0).UTC()), ImportStatus: new("FAILED"),
		CreatedTimestamp: got.CreatedTimestamp, UpdatedTimestamp: got.UpdatedTimestamp, ImportStatistics: &cloudtrailapi.ImportStatistics{
			PrefixesFound: new(int64(2)), PrefixesCompleted: new(int64(2)), FilesCompleted: new(int64(2)), EventsCompleted: new(int64(5)), FailedEntries: new(int64(2)),
		},
	}, *got)
	failures := map[string]string{}
	for token := (*string)(nil); ; {
		page := servicetest.Must(s.ListImportFailures(s.ctx, &cloudtrailapi.ListImportFailuresInput{ImportId: &id, MaxResults: new(int32(1)), NextToken: token}))(t)
		for _, f := range page.Failures {
			failures[*f.Location] = *f.Status + " " + *f.ErrorType + " " + *f.ErrorMessage
		}
		if token = page.NextToken; token == nil {
			break
		}
	}
	servicetest.Diff(t, map[string]string{"s3://logs/b/3": "FAILED TruncatedFile it is cut", "s3://logs/b/4": "FAILED InvalidRecord it is none"}, failures)
	c.mu.Lock()
	servicetest.Diff(t, cloudtrail.ImportFrom{
		ARN: "arn:aws:cloudtrail:ap-northeast-2:111122223333:import/" + id, Account: servicetest.Account, Region: "us-east-1", Role: role, At: cloud.Location{Bucket: "logs", Key: "AWSLogs/"},
	}, c.from[0])
	servicetest.Diff(t, importer.Into{Importer: servicetest.Account, Store: store, From: time.Unix(100, 0).UTC()}, c.into[0])
	c.files = map[string]importer.Outcome{"b/3": {State: importer.Imported, Records: 1, Imported: 1}}
	c.mu.Unlock()
	// What has failed is tried again.
	servicetest.Must(s.StartImport(s.ctx, &cloudtrailapi.StartImportInput{ImportId: &id}))(t)
	s.until(t, id, "COMPLETED")
	none := servicetest.Must(s.ListImportFailures(s.ctx, &cloudtrailapi.ListImportFailuresInput{ImportId: &id}))(t)
	servicetest.Diff(t, []cloudtrailapi.ImportFailureListItem{}, none.Failures)
	_, err := s.StartImport(s.ctx, &cloudtrailapi.StartImportInput{ImportId: &id})
	servicetest.WantCode(t, err, "InvalidParameterException") // it is complete
	// One that cannot be read at all fails, and says why.
	c.mu.Lock()
	c.failed = cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied")
	c.mu.Unlock()
	second := s.startImport(t, store)
	s.until(t, second, "FAILED")
	why := servicetest.Must(s.ListImportFailures(s.ctx, &cloudtrailapi.ListImportFailuresInput{ImportId: &second}))(t)
	servicetest.Diff(t, "s3://logs/AWSLogs/ ImportFailed AccessDenied: Access Denied", *why.Failures[0].Location+" "+*why.Failures[0].ErrorType+" "+*why.Failures[0].ErrorMessage)
	for _, tt := range []struct {
		in   cloudtrailapi.ListImportsInput
		want int
	}{
		{cloudtrailapi.ListImportsInput{}, 2},
		{cloudtrailapi.ListImportsInput{Destination: &store, ImportStatus: new("COMPLETED")}, 1},
		{cloudtrailapi.ListImportsInput{ImportStatus: new("STOPPED")}, 0},
		{cloudtrailapi.ListImportsInput{Destination: new(s.storeOf(t, "two", "Management"))}, 0},
	} {
		servicetest.Diff(t, tt.want, len(servicetest.Must(s.ListImports(s.ctx, &tt.in))(t).Imports))
	}
	_, err = s.ListImports(s.ctx, &cloudtrailapi.ListImportsInput{ImportStatus: new("LOST")})
	servicetest.WantCode(t, err, "InvalidParameterException")
}

func TestAnImportThatIsStopped(t *testing.T) {
	c := &copied{waits: true, files: map[string]importer.Outcome{"a/1": {State: importer.Imported, Records: 1, Imported: 1}}}
	s := importing(t, c)
	store := s.storeOf(t, "one", "Management")
	id := s.startImport(t, store)
	s.until(t, id, "IN_PROGRESS")
	_, err := s.StartImport(s.ctx, &cloudtrailapi.StartImportInput{Destinations: []string{store}, ImportSource: source()})
	servicetest.WantCode(t, err, "AccountHasOngoingImportException")
	_, err = s.DeleteEventDataStore(s.ctx, &cloudtrailapi.DeleteEventDataStoreInput{EventDataStore: &store})
	servicetest.WantCode(t, err, "EventDataStoreHasOngoingImportException")
	stopped := servicetest.Must(s.StopImport(s.ctx, &cloudtrailapi.StopImportInput{ImportId: &id}))(t)
	servicetest.Diff(t, "STOPPED", *stopped.ImportStatus)
	_, err = s.StopImport(s.ctx, &cloudtrailapi.StopImportInput{ImportId: &id})
	servicetest.WantCode(t, err, "InvalidParameterException")
	c.mu.Lock() // it has ended
	c.waits = false
	c.mu.Unlock()
	servicetest.Diff(t, "STOPPED", *servicetest.Must(s.GetImport(s.ctx, &cloudtrailapi.GetImportInput{ImportId: &id}))(t).ImportStatus)
	servicetest.Must(s.StartImport(s.ctx, &cloudtrailapi.StartImportInput{ImportId: &id}))(t)
	s.until(t, id, "COMPLETED")
}

func TestImportsThatAreRefused(t *testing.T) {
	c := &copied{}
	s := newService(t, func(cfg *cloudtrail.Config) { cfg.Imports = c })
	store, activities := s.storeOf(t, "one", "Management"), s.storeOf(t, "two", "ActivityAuditLog")
	somewhere := func(uri string) *cloudtrailapi.ImportSource {
		from := source()
		from.S3.S3LocationUri = &uri
		return from
	}
	for _, tt := range []struct {
		name string
		in   cloudtrailapi.StartImportInput
		code string
	}{
		{"nothing", cloudtrailapi.StartImportInput{}, "InvalidParameterException"},
		{"no source", cloudtrailapi.StartImportInput{Destinations: []string{store}}, "InvalidParameterException"},
		{"an ID and more", cloudtrailapi.StartImportInput{ImportId: new("00000000-0000-4000-8000-000000000000"), Destinations: []string{store}}, "InvalidParameterException"},
		{"an ID that is none", cloudtrailapi.StartImportInput{ImportId: new("x")}, "InvalidParameterException"},
		{"an import that is not there", cloudtrailapi.StartImportInput{ImportId: new("00000000-0000-4000-8000-000000000000")}, "ImportNotFoundException"},
		{"no place", cloudtrailapi.StartImportInput{Destinations: []string{store}, ImportSource: somewhere("logs")}, "InvalidImportSourceException"},
		{"a store that is none", cloudtrailapi.StartImportInput{Destinations: []string{"arn:aws:s3:::x"}, ImportSource: source()}, "EventDataStoreARNInvalidException"},
		{"a store that is not there", cloudtrailapi.StartImportInput{Destinations: []string{strings.Replace(store, store[len(store)-4:], "ffff", 1)}, ImportSource: source()}, "EventDataStoreNotFoundException"},
		{"a store of other events", cloudtrailapi.StartImportInput{Destinations: []string{activities}, ImportSource: source()}, "InvalidEventDataStoreCategoryException"},
		{"a time that ends before it begins", cloudtrailapi.StartImportInput{Destinations: []string{store}, ImportSource: source(), StartEventTime: new(time.Unix(2, 0)), EndEventTime: new(time.Unix(1, 0))}, "InvalidParameterException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.StartImport(s.ctx, &tt.in)
			servicetest.WantCode(t, err, tt.code)
		})
	}
	c.refused = cloud.Errorf(cloud.Invalid, "InvalidImportSourceException", "There is no bucket logs.")
	_, err := s.StartImport(s.ctx, &cloudtrailapi.StartImportInput{Destinations: []string{store}, ImportSource: source()})
	servicetest.WantCode(t, err, "InvalidImportSourceException")
	none := newService(t)
	_, err = none.StartImport(none.ctx, &cloudtrailapi.StartImportInput{Destinations: []string{store}, ImportSource: source()})
	servicetest.WantCode(t, err, "UnsupportedOperationException")
	for _, do := range []func(id *string) error{
		func(id *string) error {
			_, err := s.GetImport(s.ctx, &cloudtrailapi.GetImportInput{ImportId: id})
			return err
		},
		func(id *string) error {
			_, err := s.StopImport(s.ctx, &cloudtrailapi.StopImportInput{ImportId: id})
			return err
		},
		func(id *string) error {
			_, err := s.ListImportFailures(s.ctx, &cloudtrailapi.ListImportFailuresInput{ImportId: id})
			return err
		},
	} {
		servicetest.WantCode(t, do(new("x")), "InvalidParameterException")
		servicetest.WantCode(t, do(new("00000000-0000-4000-8000-000000000000")), "ImportNotFoundException")
	}
}
