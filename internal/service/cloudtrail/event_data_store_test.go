package cloudtrail_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/rows"
)

// stores is what is told of event data stores, and an engine whose answers are made up.
type stores struct {
	told   []string
	answer func(ctx context.Context, r engine.Request) ([][]*string, error)
}

func (s *stores) Set(_ state.Tx, of rows.Store) error {
	s.told = append(s.told, fmt.Sprintf("%s/%s collects %t for %d days", of.Account, of.Home, of.Collects, of.Days))
	return nil
}

func (s *stores) Remove(_ state.Tx, id string) error {
	s.told = append(s.told, "removed "+id)
	return nil
}

func (s *stores) Table(id string, _ event.Category) lake.Table {
	return lake.Table{Name: id, Columns: []lake.Column{{Name: "eventid", Type: "string"}, {Name: "eventtime", Type: "timestamp"}}}
}

func (s *stores) Run(ctx context.Context, r engine.Request) (engine.Rows, error) {
	if s.answer == nil {
		return &answer{}, nil
	}
	all, err := s.answer(ctx, r)
	return &answer{rows: all}, err
}

// answer is engine.Rows.
type answer struct {
	rows [][]*string
	at   int
}

func (a *answer) Next() bool          { a.at++; return a.at <= len(a.rows) }
func (a *answer) Row() []*string      { return a.rows[a.at-1] }
func (a *answer) Err() error          { return nil }
func (a *answer) Stats() engine.Stats { return engine.Stats{BytesScanned: 70, Rows: 7} }
func (a *answer) Close() error        { return nil }

func withStores(tb testing.TB, s *stores) func(*cloudtrail.Config) {
	tb.Helper()
	dir := tb.TempDir()
	return func(c *cloudtrail.Config) {
		c.Rows, c.Engine, c.Results, c.Log, c.Concurrency = s, s, dir, slog.New(slog.DiscardHandler), 2
	}
}

// runs has the service run until the test ends.
func (s service) runs(tb testing.TB) service {
	tb.Helper()
	ctx, stop := context.WithCancel(tb.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	tb.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
	})
	return s
}

func (s service) dataStore(tb testing.TB, name string, change ...func(*cloudtrailapi.CreateEventDataStoreInput)) (arn, id string) {
	tb.Helper()
	in := &cloudtrailapi.CreateEventDataStoreInput{Name: &name, TerminationProtectionEnabled: new(false)}
	for _, c := range change {
		c(in)
	}
	arn = *servicetest.Must(s.CreateEventDataStore(s.ctx, in))(tb).EventDataStoreArn
	return arn, arn[strings.LastIndexByte(arn, '/')+1:]
}

func TestEventDataStoreIsMadeAndShown(t *testing.T) {
	told := &stores{}
	s := newService(t, withStores(t, told))
	made := servicetest.Must(s.CreateEventDataStore(s.ctx, &cloudtrailapi.CreateEventDataStoreInput{
		Name: new("audit"), TagsList: []cloudtrailapi.Tag{{Key: new("team"), Value: new("sec")}},
	}))(t)
	selectors := []cloudtrailapi.AdvancedEventSelector{{
		Name: new("Default management events"), FieldSelectors: []cloudtrailapi.AdvancedFieldSelector{{Field: new("eventCategory"), Equals: []string{"Management"}}},
	}}
	want := &cloudtrailapi.CreateEventDataStoreOutput{
		EventDataStoreArn: made.EventDataStoreArn, Name: new("audit"), Status: new("CREATED"), AdvancedEventSelectors: selectors, MultiRegionEnabled: new(true),
		OrganizationEnabled: new(false), RetentionPeriod: new(int32(366)), TerminationProtectionEnabled: new(true),
		TagsList:         []cloudtrailapi.Tag{{Key: new("team"), Value: new("sec")}},
		CreatedTimestamp: made.CreatedTimestamp, UpdatedTimestamp: made.CreatedTimestamp, BillingMode: new("EXTENDABLE_RETENTION_PRICING"),
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
	got := servicetest.Must(s.GetEventDataStore(s.ctx, &cloudtrailapi.GetEventDataStoreInput{EventDataStore: made.EventDataStoreArn}))(t)
	if *got.Status != "ENABLED" || *got.Name != "audit" || *got.FederationStatus != "DISABLED" {
		t.Errorf("%+v", got)
	}
	listed := servicetest.Must(s.ListEventDataStores(s.ctx, &cloudtrailapi.ListEventDataStoresInput{}))(t)
	if len(listed.EventDataStores) != 1 || *listed.EventDataStores[0].EventDataStoreArn != *made.EventDataStoreArn {
		t.Errorf("%+v", listed)
	}
	elsewhere := servicetest.Must(s.ListEventDataStores(in(t, "us-east-1"), &cloudtrailapi.ListEventDataStoresInput{}))(t)
	if len(elsewhere.EventDataStores) != 0 {
		t.Errorf("in another region: %+v", elsewhere)
	}
	tags := servicetest.Must(s.ListTags(s.ctx, &cloudtrailapi.ListTagsInput{ResourceIdList: []string{*made.EventDataStoreArn}}))(t)
	if *tags.ResourceTagList[0].TagsList[0].Value != "sec" {
		t.Errorf("%+v", tags)
	}
	if diff := cmp.Diff([]string{"111122223333/ap-northeast-2 collects true for 366 days"}, told.told); diff != "" {
		t.Error(diff)
	}
}

func TestBadEventDataStores(t *testing.T) {
	advanced := func(field, value string) []cloudtrailapi.AdvancedEventSelector {
		return []cloudtrailapi.AdvancedEventSelector{{FieldSelectors: []cloudtrailapi.AdvancedFieldSelector{{Field: &field, Equals: []string{value}}}}}
	}
	for name, tt := range map[string]struct {
		in   cloudtrailapi.CreateEventDataStoreInput
		code string
	}{
		"a short name":            {cloudtrailapi.CreateEventDataStoreInput{Name: new("ab")}, "InvalidParameterException"},
		"a bad name":              {cloudtrailapi.CreateEventDataStoreInput{Name: new("a b c")}, "InvalidParameterException"},
		"a taken name":            {cloudtrailapi.CreateEventDataStoreInput{Name: new("taken")}, "EventDataStoreAlreadyExistsException"},
		"six days":                {cloudtrailapi.CreateEventDataStoreInput{RetentionPeriod: new(int32(6))}, "InvalidParameterException"},
		"more than ten years":     {cloudtrailapi.CreateEventDataStoreInput{RetentionPeriod: new(int32(3654))}, "InvalidParameterException"},
		"seven years at most":     {cloudtrailapi.CreateEventDataStoreInput{RetentionPeriod: new(int32(2558)), BillingMode: new("FIXED_RETENTION_PRICING")}, "InvalidParameterException"},
		"another billing mode":    {cloudtrailapi.CreateEventDataStoreInput{BillingMode: new("FREE")}, "InvalidParameterException"},
		"a key that is not there": {cloudtrailapi.CreateEventDataStoreInput{KmsKeyId: new("alias/none")}, "KmsKeyNotFoundException"},
		"a key for signing":       {cloudtrailapi.CreateEventDataStoreInput{KmsKeyId: new("alias/rsa")}, "InvalidKmsKeyIdException"},
		"a key that is disabled":  {cloudtrailapi.CreateEventDataStoreInput{KmsKeyId: new("alias/disabled")}, "KmsKeyDisabledException"},
		"a key of elsewhere":      {cloudtrailapi.CreateEventDataStoreInput{KmsKeyId: new("alias/elsewhere")}, "KmsKeyNotFoundException"},
		"a key of another":        {cloudtrailapi.CreateEventDataStoreInput{KmsKeyId: new("alias/foreign")}, "InsufficientEncryptionPolicyException"},
		"a field that is none":    {cloudtrailapi.CreateEventDataStoreInput{AdvancedEventSelectors: advanced("color", "red")}, "InvalidEventSelectorsException"},
		"a category that is none": {cloudtrailapi.CreateEventDataStoreInput{AdvancedEventSelectors: advanced("eventCategory", "Nothing")}, "InvalidEventSelectorsException"},
		"an organization":         {cloudtrailapi.CreateEventDataStoreInput{OrganizationEnabled: new(true)}, "OrganizationsNotInUseException"},
		"a bad tag":               {cloudtrailapi.CreateEventDataStoreInput{TagsList: []cloudtrailapi.Tag{{Key: new("aws:x")}}}, "InvalidTagParameterException"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, withStores(t, &stores{}))
			s.dataStore(t, "taken")
			if tt.in.Name == nil {
				tt.in.Name = new("audit")
			}
			_, err := s.CreateEventDataStore(s.ctx, &tt.in)
			servicetest.WantCode(t, err, tt.code)
		})
	}
}

func TestThereAreTenEventDataStores(t *testing.T) {
	s := newService(t, withStores(t, &stores{}))
	var last string
	for i := range 10 {
		last, _ = s.dataStore(t, fmt.Sprintf("store-%d", i))
	}
	_, err := s.CreateEventDataStore(s.ctx, &cloudtrailapi.CreateEventDataStoreInput{Name: new("eleven")})
	servicetest.WantCode(t, err, "EventDataStoreMaxLimitExceededException")
	servicetest.Must(s.DeleteEventDataStore(s.ctx, &cloudtrailapi.DeleteEventDataStoreInput{EventDataStore: &last}))(t)
	_, err = s.CreateEventDataStore(s.ctx, &cloudtrailapi.CreateEventDataStoreInput{Name: new("eleven")})
	servicetest.WantCode(t, err, "EventDataStoreMaxLimitExceededException") // until it is gone
	if _, err := s.CreateEventDataStore(in(t, "us-east-1"), &cloudtrailapi.CreateEventDataStoreInput{Name: new("eleven")}); err != nil {
		t.Error("in another region:", err)
	}
}

func TestEventDataStoreIsNamed(t *testing.T) {
	s := newService(t, withStores(t, &stores{}))
	arn, id := s.dataStore(t, "audit")
	for given, code := range map[string]string{
		arn: "", id: "",
		"00000000-0000-4000-8000-000000000000":                                "EventDataStoreNotFoundException",
		"arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/" + id:      "EventDataStoreNotFoundException",
		"arn:aws:cloudtrail:ap-northeast-2:444455556666:eventdatastore/" + id: "EventDataStoreNotFoundException",
		"audit": "EventDataStoreARNInvalidException", "arn:aws:cloudtrail:ap-northeast-2:111122223333:trail/audit": "EventDataStoreARNInvalidException",
		"arn:aws:s3:ap-northeast-2:111122223333:eventdatastore/" + id:                                                              "EventDataStoreARNInvalidException",
		"arn:aws:cloudtrail:ap-northeast-2:111122223333:eventdatastore/" + strings.ToUpper("aaaaaaaa-0000-4000-8000-000000000000"): "EventDataStoreARNInvalidException",
	} {
		_, err := s.GetEventDataStore(s.ctx, &cloudtrailapi.GetEventDataStoreInput{EventDataStore: &given})
		if code == "" && err != nil || code != "" {
			servicetest.WantCode(t, err, code)
		}
	}
}

func TestEventDataStoreIsChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := &stores{}
		s := newService(t, withStores(t, told))
		arn, _ := s.dataStore(t, "audit", func(in *cloudtrailapi.CreateEventDataStoreInput) { in.BillingMode = new("FIXED_RETENTION_PRICING") })
		s.dataStore(t, "other")
		<-time.After(time.Minute)
		selectors := []cloudtrailapi.AdvancedEventSelector{{FieldSelectors: []cloudtrailapi.AdvancedFieldSelector{
			{Field: new("eventCategory"), Equals: []string{"Data"}}, {Field: new("resources.type"), Equals: []string{"AWS::S3::Object"}},
		}}}
		out := servicetest.Must(s.UpdateEventDataStore(s.ctx, &cloudtrailapi.UpdateEventDataStoreInput{
			EventDataStore: &arn, Name: new("objects"), RetentionPeriod: new(int32(30)), MultiRegionEnabled: new(false), TerminationProtectionEnabled: new(true),
			AdvancedEventSelectors: selectors, BillingMode: new("EXTENDABLE_RETENTION_PRICING"),
		}))(t)
		want := &cloudtrailapi.UpdateEventDataStoreOutput{
			EventDataStoreArn: &arn, Name: new("objects"), Status: new("ENABLED"), AdvancedEventSelectors: selectors, MultiRegionEnabled: new(false),
			OrganizationEnabled: new(false), RetentionPeriod: new(int32(30)), TerminationProtectionEnabled: new(true), CreatedTimestamp: out.CreatedTimestamp,
			UpdatedTimestamp: new(out.CreatedTimestamp.Add(time.Minute)), BillingMode: new("EXTENDABLE_RETENTION_PRICING"),
		}
		if diff := cmp.Diff(want, out); diff != "" {
			t.Error(diff)
		}
		for name, tt := range map[string]struct {
			in   cloudtrailapi.UpdateEventDataStoreInput
			code string
		}{
			"back to a fixed retention": {cloudtrailapi.UpdateEventDataStoreInput{BillingMode: new("FIXED_RETENTION_PRICING")}, "InvalidParameterException"},
			"a taken name":              {cloudtrailapi.UpdateEventDataStoreInput{Name: new("other")}, "EventDataStoreAlreadyExistsException"},
			"no time at all":            {cloudtrailapi.UpdateEventDataStoreInput{RetentionPeriod: new(int32(0))}, "InvalidParameterException"},
		} {
			tt.in.EventDataStore = &arn
			_, err := s.UpdateEventDataStore(s.ctx, &tt.in)
			t.Log(name)
			servicetest.WantCode(t, err, tt.code)
		}
		if last := told.told[len(told.told)-1]; last != "111122223333/ap-northeast-2 collects true for 30 days" {
			t.Error(last)
		}
	})
}

func TestEventDataStoreIsDeletedInAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := &stores{}
		s := newService(t, withStores(t, told))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		arn, id := s.dataStore(t, "audit", func(in *cloudtrailapi.CreateEventDataStoreInput) { in.TerminationProtectionEnabled = nil })
		remove := func() error {
			_, err := s.DeleteEventDataStore(s.ctx, &cloudtrailapi.DeleteEventDataStoreInput{EventDataStore: &arn})
			return err
		}
		status := func() string {
			out, err := s.GetEventDataStore(s.ctx, &cloudtrailapi.GetEventDataStoreInput{EventDataStore: &arn})
			if e, ok := errors.AsType[*cloud.Error](err); ok {
				return e.Code
			}
			return *out.Status
		}
		servicetest.WantCode(t, remove(), "EventDataStoreTerminationProtectedException")
		servicetest.Must(s.UpdateEventDataStore(s.ctx, &cloudtrailapi.UpdateEventDataStoreInput{EventDataStore: &arn, TerminationProtectionEnabled: new(false)}))(t)
		if err := remove(); err != nil || status() != "PENDING_DELETION" {
			t.Fatal(err, status())
		}
		servicetest.WantCode(t, remove(), "InactiveEventDataStoreException")
		_, err := s.UpdateEventDataStore(s.ctx, &cloudtrailapi.UpdateEventDataStoreInput{EventDataStore: &arn, Name: new("later")})
		servicetest.WantCode(t, err, "InactiveEventDataStoreException")
		_, err = s.StartQuery(s.ctx, &cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + id)})
		servicetest.WantCode(t, err, "InactiveEventDataStoreException")
		<-time.After(6 * 24 * time.Hour)
		servicetest.Must(s.RestoreEventDataStore(s.ctx, &cloudtrailapi.RestoreEventDataStoreInput{EventDataStore: &arn}))(t)
		_, err = s.RestoreEventDataStore(s.ctx, &cloudtrailapi.RestoreEventDataStoreInput{EventDataStore: &arn})
		servicetest.WantCode(t, err, "InvalidEventDataStoreStatusException")
		<-time.After(2 * 24 * time.Hour)
		if err := remove(); err != nil || status() != "PENDING_DELETION" {
			t.Fatal(err, status())
		}
		<-time.After(7*24*time.Hour + 2*time.Minute)
		if got := status(); got != "EventDataStoreNotFoundException" {
			t.Error(got)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		want := []string{
			"111122223333/ap-northeast-2 collects true for 366 days", "111122223333/ap-northeast-2 collects true for 366 days",
			"111122223333/ap-northeast-2 collects false for 366 days", "111122223333/ap-northeast-2 collects true for 366 days",
			"111122223333/ap-northeast-2 collects false for 366 days", "removed " + id,
		}
		if diff := cmp.Diff(want, told.told); diff != "" {
			t.Error(diff)
		}
	})
}

func TestIngestionIsStoppedAndStarted(t *testing.T) {
	told := &stores{}
	s := newService(t, withStores(t, told))
	arn, _ := s.dataStore(t, "audit", func(in *cloudtrailapi.CreateEventDataStoreInput) { in.StartIngestion = new(false) })
	start := func() error {
		_, err := s.StartEventDataStoreIngestion(s.ctx, &cloudtrailapi.StartEventDataStoreIngestionInput{EventDataStore: &arn})
		return err
	}
	stop := func() error {
		_, err := s.StopEventDataStoreIngestion(s.ctx, &cloudtrailapi.StopEventDataStoreIngestionInput{EventDataStore: &arn})
		return err
	}
	servicetest.WantCode(t, stop(), "InvalidEventDataStoreStatusException")
	if err := start(); err != nil {
		t.Fatal(err)
	}
	servicetest.WantCode(t, start(), "InvalidEventDataStoreStatusException")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"111122223333/ap-northeast-2 collects false for 366 days", "111122223333/ap-northeast-2 collects true for 366 days", "111122223333/ap-northeast-2 collects false for 366 days",
	}
	if diff := cmp.Diff(want, told.told); diff != "" {
		t.Error(diff)
	}
	insights, _ := s.dataStore(t, "insights", func(in *cloudtrailapi.CreateEventDataStoreInput) {
		in.AdvancedEventSelectors = []cloudtrailapi.AdvancedEventSelector{{FieldSelectors: []cloudtrailapi.AdvancedFieldSelector{{Field: new("eventCategory"), Equals: []string{"Insight"}}}}}
	})
	arn = insights
	servicetest.WantCode(t, stop(), "InvalidEventDataStoreCategoryException")
}

func TestStoresAreListedInPages(t *testing.T) {
	s := newService(t, withStores(t, &stores{}))
	var want, got []string
	for i := range 5 {
		arn, _ := s.dataStore(t, fmt.Sprintf("store-%d", i))
		want = append(want, arn)
	}
	var next *string
	for {
		page := servicetest.Must(s.ListEventDataStores(s.ctx, &cloudtrailapi.ListEventDataStoresInput{MaxResults: new(int32(2)), NextToken: next}))(t)
		for _, one := range page.EventDataStores {
			got = append(got, *one.EventDataStoreArn)
		}
		if next = page.NextToken; next == nil {
			break
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, err := s.ListEventDataStores(s.ctx, &cloudtrailapi.ListEventDataStoresInput{MaxResults: new(int32(0))})
	servicetest.WantCode(t, err, "InvalidMaxResultsException")
	_, err = s.ListEventDataStores(s.ctx, &cloudtrailapi.ListEventDataStoresInput{NextToken: new("nonsense")})
	servicetest.WantCode(t, err, "InvalidNextTokenException")
}
