package cloudtrail

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/rows"
)

// Rows keeps the events of event data stores, and must be told of them in the
// transactions that change them.
type Rows interface {
	Set(tx state.Tx, s rows.Store) error
	Remove(tx state.Tx, id string) error
	// Table returns a store as a table of a query, by its ID and what it is of, whoever asks.
	Table(id string, of event.Category) lake.Table
}

// eventStore is an event data store as it is kept.
type eventStore struct {
	Account      cloud.Account
	Region       cloud.Region
	ID           string
	Name         string
	Organization string `json:",omitempty"` // whose accounts it is of; empty for its own account alone
	MultiRegion  bool
	Protected    bool
	Days         int32
	Billing      string
	Selectors    []cloudtrailapi.AdvancedEventSelector
	Stopped      bool      // it takes no events
	Key          *storeKey `json:",omitempty"`
	Policy       string    `json:",omitempty"`
	Created      time.Time
	Updated      time.Time
	Deleted      time.Time `json:",omitzero"` // since when it is to be removed; zero while it is not
}

// eventStores are kept beside trails, by region and ID.
var eventStores = resource.Kind[eventStore]{Name: "cloudtrail/event-data-store"}

// The states of an event data store.
const (
	storeCreated = "CREATED"
	storeEnabled = "ENABLED"
	storePending = "PENDING_DELETION"
	storeStopped = "STOPPED_INGESTION"
)

func (s *eventStore) status() string {
	switch {
	case !s.Deleted.IsZero():
		return storePending
	case s.Stopped:
		return storeStopped
	}
	return storeEnabled
}

func (s *eventStore) arn() string { return storeRef{s.Account, s.Region, s.ID}.arn() }

// collected returns what rows must know of the store.
func (s *eventStore) collected() rows.Store {
	return rows.Store{
		ID: s.ID, Account: s.Account, Home: s.Region, Organization: s.Organization, MultiRegion: s.MultiRegion,
		Collects: !s.Stopped && s.Deleted.IsZero(), Days: int(s.Days), Selectors: s.Selectors,
	}
}

// takes says whether the store is of events of a category.
func (s *eventStore) takes(categories ...event.Category) bool {
	for i := range s.Selectors {
		for _, f := range s.Selectors[i].FieldSelectors {
			if resource.Value(f.Field) == "eventCategory" && len(f.Equals) == 1 && slices.Contains(categories, event.Category(f.Equals[0])) {
				return true
			}
		}
	}
	return false
}

// answer returns the store as operations answer it.
func (s *eventStore) answer() cloudtrailapi.UpdateEventDataStoreOutput {
	var key *string
	if s.Key != nil {
		key = &s.Key.ARN
	}
	return cloudtrailapi.UpdateEventDataStoreOutput{
		KmsKeyId:          key,
		EventDataStoreArn: new(s.arn()), Name: new(s.Name), Status: new(s.status()), AdvancedEventSelectors: s.Selectors,
		MultiRegionEnabled: new(s.MultiRegion), OrganizationEnabled: new(s.Organization != ""), RetentionPeriod: new(s.Days),
		TerminationProtectionEnabled: new(s.Protected), CreatedTimestamp: new(s.Created), UpdatedTimestamp: new(s.Updated), BillingMode: new(s.Billing),
	}
}

// storeRef names an event data store.
type storeRef struct {
	account cloud.Account
	region  cloud.Region
	id      string
}

func (r storeRef) arn() string {
	return cloud.ARN{Service: "cloudtrail", Region: r.region, Account: r.account, Resource: storeNoun + r.id}.String()
}

const storeNoun = "eventdatastore/"

var storeID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// storeRefOf returns the event data store that a caller names, by its ARN or the last
// part of that.
func storeRefOf(ctx context.Context, given string) (storeRef, error) {
	call := cloud.CallOf(ctx)
	if storeID.MatchString(given) {
		return storeRef{call.Account, call.Region, given}, nil
	}
	arn, id, ok := ownARN(given, storeNoun)
	if !ok || !storeID.MatchString(id) {
		return storeRef{}, cloud.Errorf(cloud.Invalid, "EventDataStoreARNInvalidException",
			"%s is not the ARN of an event data store, which has the form arn:aws:cloudtrail:us-east-2:123456789012:eventdatastore/EXAMPLE-f852-4e8f-8bd1-bcf6cEXAMPLE.", given)
	}
	return storeRef{arn.Account, arn.Region, id}, nil
}

func errNoStore(what string) error {
	return cloud.Errorf(cloud.NotFound, "EventDataStoreNotFoundException", "The event data store %s was not found.", what)
}

func errParameter(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "InvalidParameterException", format, args...)
}

// storeIn returns the event data store that a caller names, which is of its account and
// region.
func storeIn(ctx context.Context, r resource.Reader, given string) (eventStore, error) {
	named, err := storeRefOf(ctx, given)
	if err != nil {
		return eventStore{}, err
	}
	call := cloud.CallOf(ctx)
	if named.account != call.Account || named.region != call.Region {
		return eventStore{}, errNoStore(given)
	}
	s, found, err := eventStores.Find(r, string(named.region), named.id)
	if err == nil && !found {
		err = errNoStore(given)
	}
	return s, err
}

// activeStore returns the event data store that a caller names, which is not to be
// removed.
func (s *Service) activeStore(ctx context.Context, given string) (found eventStore, err error) {
	return found, s.view(ctx, func(r resource.Reader) (err error) {
		found, err = activeIn(ctx, r, given)
		return err
	})
}

func activeIn(ctx context.Context, r resource.Reader, given string) (eventStore, error) {
	found, err := storeIn(ctx, r, given)
	if err == nil && !found.Deleted.IsZero() {
		err = cloud.Errorf(cloud.Conflict, "InactiveEventDataStoreException", "The event data store %s is pending deletion: restore it first.", found.arn())
	}
	return found, err
}

// GetEventDataStore returns one event data store.
func (s *Service) GetEventDataStore(ctx context.Context, in *cloudtrailapi.GetEventDataStoreInput) (*cloudtrailapi.GetEventDataStoreOutput, error) {
	var found eventStore
	err := s.view(ctx, func(r resource.Reader) (err error) {
		found, err = storeIn(ctx, r, *in.EventDataStore)
		return err
	})
	if err != nil {
		return nil, err
	}
	a := found.answer()
	return &cloudtrailapi.GetEventDataStoreOutput{
		EventDataStoreArn: a.EventDataStoreArn, Name: a.Name, Status: a.Status, AdvancedEventSelectors: a.AdvancedEventSelectors,
		MultiRegionEnabled: a.MultiRegionEnabled, OrganizationEnabled: a.OrganizationEnabled, RetentionPeriod: a.RetentionPeriod,
		TerminationProtectionEnabled: a.TerminationProtectionEnabled, CreatedTimestamp: a.CreatedTimestamp, UpdatedTimestamp: a.UpdatedTimestamp,
		KmsKeyId: a.KmsKeyId, BillingMode: a.BillingMode, FederationStatus: new("DISABLED"),
	}, nil
}

const maxListedStores = 1000 // on a page

// ListEventDataStores lists the event data stores of the region by name.
func (s *Service) ListEventDataStores(ctx context.Context, in *cloudtrailapi.ListEventDataStoresInput) (*cloudtrailapi.ListEventDataStoresOutput, error) {
	if n := in.MaxResults; n != nil && (*n < 1 || *n > maxListedStores) {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidMaxResultsException", "MaxResults is 1 to %d, and %d was given.", maxListedStores, *n)
	}
	out := &cloudtrailapi.ListEventDataStoresOutput{EventDataStores: []cloudtrailapi.EventDataStore{}}
	return out, s.view(ctx, func(r resource.Reader) (err error) {
		asked := storeTokens.Page(in, in.NextToken, in.MaxResults, maxListedStores)
		out.EventDataStores, out.NextToken, err = resource.Page(ctx, asked, eventStores.From(r, string(cloud.CallOf(ctx).Region)),
			func(s eventStore) (cloudtrailapi.EventDataStore, bool, error) {
				return cloudtrailapi.EventDataStore{EventDataStoreArn: new(s.arn()), Name: new(s.Name)}, true, nil
			})
		return err
	})
}

const storeTokens resource.TokenCode = "InvalidNextTokenException"

// storesIn returns the event data stores of a region, the oldest first.
func storesIn(r resource.Reader, region cloud.Region) (all []eventStore, err error) {
	for entry, err := range eventStores.List(r, string(region)) {
		if err != nil {
			return nil, err
		}
		all = append(all, entry.Value)
	}
	slices.SortStableFunc(all, func(a, b eventStore) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}
