package cloudtrail

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/selector"
)

const (
	maxEventStores = 10 // in a region, those too that are to be removed
	leastDays      = 7
	storePendingIs = 7 * 24 * time.Hour // how long a store can be restored
)

// The billing modes, and for how long each keeps events: at most, and unless it is said.
const (
	extendable     = "EXTENDABLE_RETENTION_PRICING"
	extendableMost = 3653
	extendableDays = 366
	fixed          = "FIXED_RETENTION_PRICING"
	fixedMost      = 2557
	fixedDays      = 2557
)

var storeName = regexp.MustCompile(`^[a-zA-Z0-9._-]{3,128}$`)

// CreateEventDataStore makes an event data store, which takes events from now on unless
// it is told not to.
func (s *Service) CreateEventDataStore(ctx context.Context, in *cloudtrailapi.CreateEventDataStoreInput) (*cloudtrailapi.CreateEventDataStoreOutput, error) {
	call, now := cloud.CallOf(ctx), whole(time.Now())
	made := eventStore{
		Account: call.Account, Region: call.Region, ID: uuid.NewString(), MultiRegion: true, Protected: true, Billing: extendable, Created: now,
		Stopped: in.StartIngestion != nil && !*in.StartIngestion, Selectors: defaultSelectors(),
	}
	given := cloudtrailapi.UpdateEventDataStoreInput{
		Name: in.Name, AdvancedEventSelectors: in.AdvancedEventSelectors, MultiRegionEnabled: in.MultiRegionEnabled, OrganizationEnabled: in.OrganizationEnabled,
		RetentionPeriod: in.RetentionPeriod, TerminationProtectionEnabled: in.TerminationProtectionEnabled, KmsKeyId: in.KmsKeyId, BillingMode: in.BillingMode,
	}
	if err := s.applyStore(ctx, &made, &given); err != nil {
		return nil, err
	}
	var err error
	if made.Key, err = s.newStoreKey(ctx, in.KmsKeyId, storeRef{made.Account, made.Region, made.ID}); err != nil {
		return nil, err
	}
	if err := checkTags(in.TagsList); err != nil {
		return nil, err
	}
	added := resource.FromList(in.TagsList, tagOf)
	err = s.update(ctx, func(tx resource.Tx) error {
		if err := storeRoom(tx, &made); err != nil {
			return err
		}
		return errors.Join(s.putStore(tx, &made), tags.Add(tx, made.arn(), added))
	})
	if err != nil {
		return nil, err
	}
	a := made.answer()
	out := &cloudtrailapi.CreateEventDataStoreOutput{
		EventDataStoreArn: a.EventDataStoreArn, Name: a.Name, Status: a.Status, AdvancedEventSelectors: a.AdvancedEventSelectors,
		MultiRegionEnabled: a.MultiRegionEnabled, OrganizationEnabled: a.OrganizationEnabled, RetentionPeriod: a.RetentionPeriod,
		TerminationProtectionEnabled: a.TerminationProtectionEnabled, TagsList: in.TagsList, CreatedTimestamp: a.CreatedTimestamp,
		UpdatedTimestamp: a.UpdatedTimestamp, BillingMode: a.BillingMode, KmsKeyId: a.KmsKeyId,
	}
	if !made.Stopped {
		out.Status = new(storeCreated) // as AWS answers at first
	}
	return out, nil
}

func defaultSelectors() []cloudtrailapi.AdvancedEventSelector {
	return []cloudtrailapi.AdvancedEventSelector{{
		Name:           new("Default management events"),
		FieldSelectors: []cloudtrailapi.AdvancedFieldSelector{{Field: new("eventCategory"), Equals: []string{string(event.Management)}}},
	}}
}

// applyStore sets what is given of a store's settings, and checks what they are then.
func (s *Service) applyStore(ctx context.Context, to *eventStore, in *cloudtrailapi.UpdateEventDataStoreInput) error {
	if in.Name != nil {
		to.Name = *in.Name
		if !storeName.MatchString(to.Name) {
			return errParameter("The name of an event data store has 3 to 128 letters, digits, periods, hyphens and underscores, and %q has not.", to.Name)
		}
	}
	if err := to.bill(in); err != nil {
		return err
	}
	setTo(&to.MultiRegion, in.MultiRegionEnabled)
	setTo(&to.Protected, in.TerminationProtectionEnabled)
	if len(in.AdvancedEventSelectors) > 0 {
		if err := selector.CheckAdvanced(selector.EventDataStore, in.AdvancedEventSelectors); err != nil {
			return err
		}
		to.Selectors = in.AdvancedEventSelectors
	}
	if in.OrganizationEnabled != nil {
		to.Organization = ""
		if *in.OrganizationEnabled {
			var err error
			if to.Organization, err = s.managed(ctx); err != nil {
				return err
			}
		}
	}
	to.Updated = whole(time.Now())
	return nil
}

// bill sets how a store is paid for, and with that for how long it may keep events.
func (s *eventStore) bill(in *cloudtrailapi.UpdateEventDataStoreInput) error {
	if in.BillingMode != nil {
		if s.Days > 0 && s.Billing == extendable && *in.BillingMode == fixed {
			return errParameter("The billing mode cannot be changed from %s to %s.", extendable, fixed)
		}
		s.Billing = *in.BillingMode
	}
	var most, days int32
	switch s.Billing {
	case extendable:
		most, days = extendableMost, extendableDays
	case fixed:
		most, days = fixedMost, fixedDays
	default:
		return errParameter("Value %s for BillingMode is invalid. The values are %s and %s.", s.Billing, extendable, fixed)
	}
	switch {
	case in.RetentionPeriod != nil:
		s.Days = *in.RetentionPeriod
	case s.Days == 0:
		s.Days = days
	}
	if s.Days < leastDays || s.Days > most {
		return errParameter("RetentionPeriod is %d to %d days with the billing mode %s, and %d was given.", leastDays, most, s.Billing, s.Days)
	}
	return nil
}

func setTo(to, from *bool) {
	if from != nil {
		*to = *from
	}
}

// storeRoom returns why there can be no such store: its name is taken, or there are too
// many.
func storeRoom(r resource.Reader, s *eventStore) error {
	there, err := storesIn(r, s.Region)
	if err != nil {
		return err
	}
	others := 0
	for i := range there {
		if there[i].ID == s.ID {
			continue
		}
		others++
		if there[i].Name == s.Name && there[i].Deleted.IsZero() {
			return cloud.Errorf(cloud.Conflict, "EventDataStoreAlreadyExistsException", "An event data store with the name %s already exists in %s.", s.Name, s.Region)
		}
	}
	if others >= maxEventStores {
		return cloud.Errorf(cloud.Conflict, "EventDataStoreMaxLimitExceededException", "There are %d event data stores in %s already, those pending deletion among them, and no more can be.", others, s.Region)
	}
	return nil
}

// putStore keeps a store, and has events collected from now on as it says.
func (s *Service) putStore(tx resource.Tx, of *eventStore) error {
	if err := eventStores.Put(tx, *of, string(of.Region), of.ID); err != nil || s.cfg.Rows == nil {
		return err
	}
	return s.cfg.Rows.Set(tx, of.collected())
}

// changeStore has the event data store changed that a caller names.
func (s *Service) changeStore(ctx context.Context, given string, find func(context.Context, resource.Reader, string) (eventStore, error), change func(tx resource.Tx, of *eventStore) error) (changed eventStore, err error) {
	return changed, s.update(ctx, func(tx resource.Tx) error {
		found, err := find(ctx, tx, given)
		if err != nil {
			return err
		}
		if err := change(tx, &found); err != nil {
			return err
		}
		changed = found
		return s.putStore(tx, &found)
	})
}

// UpdateEventDataStore changes what is given of an event data store.
func (s *Service) UpdateEventDataStore(ctx context.Context, in *cloudtrailapi.UpdateEventDataStoreInput) (*cloudtrailapi.UpdateEventDataStoreOutput, error) {
	now, err := s.activeStore(ctx, *in.EventDataStore)
	if err != nil {
		return nil, err
	}
	key, err := s.newStoreKey(ctx, in.KmsKeyId, storeRef{now.Account, now.Region, now.ID}) // not in the transaction, as KMS is asked
	if err != nil {
		return nil, err
	}
	changed, err := s.changeStore(ctx, *in.EventDataStore, activeIn, func(tx resource.Tx, of *eventStore) error {
		if err := s.applyStore(ctx, of, in); err != nil {
			return err
		}
		if key != nil {
			of.Key = key
		}
		return storeRoom(tx, of)
	})
	if err != nil {
		return nil, err
	}
	out := changed.answer()
	return &out, nil
}

// DeleteEventDataStore has an event data store removed in seven days.
func (s *Service) DeleteEventDataStore(ctx context.Context, in *cloudtrailapi.DeleteEventDataStoreInput) (*cloudtrailapi.DeleteEventDataStoreOutput, error) {
	_, err := s.changeStore(ctx, *in.EventDataStore, activeIn, func(tx resource.Tx, of *eventStore) error {
		if of.Protected {
			return cloud.Errorf(cloud.Conflict, "EventDataStoreTerminationProtectedException",
				"The event data store %s cannot be deleted because termination protection is enabled for it.", of.arn())
		}
		if channel, err := channelInto(tx, of); err != nil {
			return err
		} else if channel != "" {
			return cloud.Errorf(cloud.Conflict, "ChannelExistsForEDSException", "The event data store %s cannot be deleted because the channel %s goes into it.", of.arn(), channel)
		}
		if runs, err := importInto(tx, of); err != nil {
			return err
		} else if runs {
			return cloud.Errorf(cloud.Conflict, "EventDataStoreHasOngoingImportException", "The event data store %s cannot be deleted because an import into it runs.", of.arn())
		}
		of.Deleted = whole(time.Now())
		of.Updated = of.Deleted
		return nil
	})
	return &cloudtrailapi.DeleteEventDataStoreOutput{}, err
}

// RestoreEventDataStore takes back that an event data store is removed.
func (s *Service) RestoreEventDataStore(ctx context.Context, in *cloudtrailapi.RestoreEventDataStoreInput) (*cloudtrailapi.RestoreEventDataStoreOutput, error) {
	changed, err := s.changeStore(ctx, *in.EventDataStore, storeIn, func(tx resource.Tx, of *eventStore) error {
		if of.Deleted.IsZero() {
			return errStoreStatus(of, storePending)
		}
		of.Deleted, of.Updated = time.Time{}, whole(time.Now())
		return storeRoom(tx, of)
	})
	if err != nil {
		return nil, err
	}
	out := cloudtrailapi.RestoreEventDataStoreOutput{}
	a := changed.answer()
	out.EventDataStoreArn, out.Name, out.Status, out.AdvancedEventSelectors = a.EventDataStoreArn, a.Name, a.Status, a.AdvancedEventSelectors
	out.MultiRegionEnabled, out.OrganizationEnabled, out.RetentionPeriod = a.MultiRegionEnabled, a.OrganizationEnabled, a.RetentionPeriod
	out.TerminationProtectionEnabled, out.CreatedTimestamp, out.UpdatedTimestamp, out.BillingMode = a.TerminationProtectionEnabled, a.CreatedTimestamp, a.UpdatedTimestamp, a.BillingMode
	out.KmsKeyId = a.KmsKeyId
	return &out, nil
}

func errStoreStatus(of *eventStore, wanted string) error {
	return cloud.Errorf(cloud.Conflict, "InvalidEventDataStoreStatusException", "The event data store %s has the status %s, and must have %s for this operation.", of.arn(), of.status(), wanted)
}

// StartEventDataStoreIngestion has an event data store take events again.
func (s *Service) StartEventDataStoreIngestion(ctx context.Context, in *cloudtrailapi.StartEventDataStoreIngestionInput) (*cloudtrailapi.StartEventDataStoreIngestionOutput, error) {
	return &cloudtrailapi.StartEventDataStoreIngestionOutput{}, s.ingest(ctx, *in.EventDataStore, storeStopped, false)
}

// StopEventDataStoreIngestion has an event data store take no further events.
func (s *Service) StopEventDataStoreIngestion(ctx context.Context, in *cloudtrailapi.StopEventDataStoreIngestionInput) (*cloudtrailapi.StopEventDataStoreIngestionOutput, error) {
	return &cloudtrailapi.StopEventDataStoreIngestionOutput{}, s.ingest(ctx, *in.EventDataStore, storeEnabled, true)
}

func (s *Service) ingest(ctx context.Context, given, from string, stopped bool) error {
	_, err := s.changeStore(ctx, given, storeIn, func(_ resource.Tx, of *eventStore) error {
		if !of.takes(event.Management, event.Data, event.NetworkActivity, "ConfigurationItem") {
			return cloud.Errorf(cloud.Invalid, "InvalidEventDataStoreCategoryException",
				"Ingestion is started and stopped for stores of management, data and network activity events and of configuration items alone.")
		}
		if of.status() != from {
			return errStoreStatus(of, from)
		}
		of.Stopped, of.Updated = stopped, whole(time.Now())
		return nil
	})
	return err
}

// purgeStores removes the event data stores whose time to be restored is over, with all
// that they have.
func (s *Service) purgeStores(ctx context.Context) error {
	var over []eventStore
	now := time.Now()
	err := s.state.View(ctx, func(r state.Reader) error {
		for entry, err := range state.All[eventStore](r, eventStores.Name) {
			if err != nil {
				return err
			}
			if gone := entry.Value.Deleted; !gone.IsZero() && now.Sub(gone) >= storePendingIs {
				over = append(over, entry.Value)
			}
		}
		return nil
	})
	for _, of := range over {
		call := cloud.Call{Account: of.Account, Region: of.Region, Principal: cloud.ServiceOf(Principal)}
		err = errors.Join(err, s.update(cloud.WithCall(ctx, call), func(tx resource.Tx) error {
			now, found, err := eventStores.Find(tx, string(of.Region), of.ID)
			if err != nil || !found || !now.Deleted.Equal(of.Deleted) {
				return err
			}
			err = errors.Join(eventStores.Delete(tx, string(of.Region), of.ID), tags.Delete(tx, of.arn()))
			if s.cfg.Rows != nil {
				err = errors.Join(err, s.cfg.Rows.Remove(tx, of.ID))
			}
			return err
		}))
	}
	return err
}
