package cloudtrail

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/trail/event"
)

// channel is a way for events of other software into event data stores.
type channel struct {
	Account      cloud.Account
	Region       cloud.Region
	ID           string
	Name         string
	Source       string
	Destinations []cloudtrailapi.Destination // the ARNs of event data stores
	Policy       string                      `json:",omitempty"`

	// What came last, and what came last and was kept.
	Attempt, Success     time.Time `json:",omitzero"`
	AttemptID, SuccessID string    `json:",omitempty"`
	ErrorCode            string    `json:",omitempty"` // of the last attempt
}

// channels are kept beside trails, by region and ID.
var channels = resource.Kind[channel]{Name: "cloudtrail/channel"}

const (
	channelNoun = "channel/"
	maxChannels = 25 // in a region
	// custom is the source of events that no partner of AWS's sends.
	custom = "Custom"
	// storeDestination is the type of a destination that is an event data store.
	storeDestination = "EVENT_DATA_STORE"
	// activities is the category of events of other software.
	activities event.Category = "ActivityAuditLog"
)

func (c *channel) arn() string {
	return cloud.ARN{Service: "cloudtrail", Region: c.Region, Account: c.Account, Resource: channelNoun + c.ID}.String()
}

func errNoChannel(given string) error {
	return cloud.Errorf(cloud.NotFound, "ChannelNotFoundException", "The channel %s was not found.", given)
}

// channelID returns the ID of the channel of the call's account and region that a caller
// names, by its ARN or the last part of that.
func channelID(ctx context.Context, given string) (string, error) {
	if storeID.MatchString(given) {
		return given, nil
	}
	arn, id, ok := ownARN(given, channelNoun)
	if !ok || !storeID.MatchString(id) {
		return "", cloud.Errorf(cloud.Invalid, "ChannelARNInvalidException",
			"%s is not the ARN of a channel, which has the form arn:aws:cloudtrail:us-east-2:123456789012:channel/EXAMPLE-f852-4e8f-8bd1-bcf6cEXAMPLE.", given)
	}
	if call := cloud.CallOf(ctx); arn.Account != call.Account || arn.Region != call.Region {
		return "", errNoChannel(given)
	}
	return id, nil
}

// channelIn returns the channel that a caller names.
func channelIn(ctx context.Context, r resource.Reader, given string) (channel, error) {
	id, err := channelID(ctx, given)
	if err != nil {
		return channel{}, err
	}
	c, found, err := channels.Find(r, string(cloud.CallOf(ctx).Region), id)
	if err == nil && !found {
		err = errNoChannel(given)
	}
	return c, err
}

// CreateChannel makes a channel into event data stores of events of other software.
func (s *Service) CreateChannel(ctx context.Context, in *cloudtrailapi.CreateChannelInput) (*cloudtrailapi.CreateChannelOutput, error) {
	call := cloud.CallOf(ctx)
	made := channel{Account: call.Account, Region: call.Region, ID: uuid.NewString(), Name: *in.Name, Source: *in.Source}
	if made.Source != custom {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidSourceException", "The source %s is invalid: %s is the one source here, for events of any software; those of AWS's partners are not.", made.Source, custom)
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	added := resource.FromList(in.Tags, tagOf)
	err := s.update(ctx, func(tx resource.Tx) error {
		return errors.Join(setDestinations(ctx, tx, &made, in.Destinations), putChannel(tx, &made), tags.Add(tx, made.arn(), added))
	})
	if err != nil {
		return nil, err
	}
	return &cloudtrailapi.CreateChannelOutput{ChannelArn: new(made.arn()), Name: &made.Name, Source: &made.Source, Destinations: made.Destinations, Tags: in.Tags}, nil
}

// putChannel keeps a channel, whose name must be no other's of its region.
func putChannel(tx resource.Tx, c *channel) error {
	others := 0
	for entry, err := range channels.List(tx, string(c.Region)) {
		switch {
		case err != nil:
			return err
		case entry.Value.ID == c.ID:
			continue
		case entry.Value.Name == c.Name:
			return cloud.Errorf(cloud.Conflict, "ChannelAlreadyExistsException", "A channel with the name %s already exists in %s.", c.Name, c.Region)
		}
		others++
	}
	if others >= maxChannels {
		return cloud.Errorf(cloud.Conflict, "ChannelMaxLimitExceededException", "There are %d channels in %s already, and no more can be.", others, c.Region)
	}
	return channels.Put(tx, *c, string(c.Region), c.ID)
}

// setDestinations sets where a channel goes, each of which must be an event data store of
// events of other software.
func setDestinations(ctx context.Context, r resource.Reader, c *channel, given []cloudtrailapi.Destination) error {
	seen := map[string]bool{}
	c.Destinations = nil
	for _, d := range given {
		if resource.Value(d.Type) != storeDestination {
			return errParameter("A destination of type %s is made by a service of AWS's alone: the type is %s.", resource.Value(d.Type), storeDestination)
		}
		store, err := activeIn(ctx, r, resource.Value(d.Location))
		if err != nil {
			return err
		}
		if !store.takes(activities) {
			return cloud.Errorf(cloud.Invalid, "InvalidEventDataStoreCategoryException", "The event data store %s is not of the category %s, of which the events of channels are.", store.arn(), activities)
		}
		if seen[store.ID] {
			return errParameter("The event data store %s is named twice.", store.arn())
		}
		seen[store.ID] = true
		c.Destinations = append(c.Destinations, cloudtrailapi.Destination{Type: new(storeDestination), Location: new(store.arn())})
	}
	return nil
}

// channelOf returns the channel that a caller names.
func (s *Service) channelOf(ctx context.Context, given string) (found channel, err error) {
	return found, s.view(ctx, func(r resource.Reader) (err error) {
		found, err = channelIn(ctx, r, given)
		return err
	})
}

// GetChannel returns a channel, and what came through it last.
func (s *Service) GetChannel(ctx context.Context, in *cloudtrailapi.GetChannelInput) (*cloudtrailapi.GetChannelOutput, error) {
	c, err := s.channelOf(ctx, *in.Channel)
	if err != nil {
		return nil, err
	}
	out := &cloudtrailapi.GetChannelOutput{ChannelArn: new(c.arn()), Name: &c.Name, Source: &c.Source, Destinations: c.Destinations}
	if c.Attempt.IsZero() {
		return out, nil
	}
	out.IngestionStatus = &cloudtrailapi.IngestionStatus{LatestIngestionAttemptTime: &c.Attempt, LatestIngestionAttemptEventID: &c.AttemptID}
	if c.ErrorCode != "" {
		out.IngestionStatus.LatestIngestionErrorCode = &c.ErrorCode
	}
	if !c.Success.IsZero() {
		out.IngestionStatus.LatestIngestionSuccessTime, out.IngestionStatus.LatestIngestionSuccessEventID = &c.Success, &c.SuccessID
	}
	return out, nil
}

const (
	maxListedChannels                    = 1000 // on a page
	channelTokens     resource.TokenCode = "InvalidNextTokenException"
)

// ListChannels lists the channels of the region.
func (s *Service) ListChannels(ctx context.Context, in *cloudtrailapi.ListChannelsInput) (*cloudtrailapi.ListChannelsOutput, error) {
	out := &cloudtrailapi.ListChannelsOutput{Channels: []cloudtrailapi.Channel{}}
	return out, s.view(ctx, func(r resource.Reader) (err error) {
		asked := channelTokens.Page(in, in.NextToken, in.MaxResults, maxListedChannels)
		out.Channels, out.NextToken, err = resource.Page(ctx, asked, channels.From(r, string(cloud.CallOf(ctx).Region)),
			func(c channel) (cloudtrailapi.Channel, bool, error) {
				return cloudtrailapi.Channel{ChannelArn: new(c.arn()), Name: new(c.Name)}, true, nil
			})
		return err
	})
}

// UpdateChannel changes the name of a channel, or where it goes.
func (s *Service) UpdateChannel(ctx context.Context, in *cloudtrailapi.UpdateChannelInput) (*cloudtrailapi.UpdateChannelOutput, error) {
	c, err := s.changeChannel(ctx, *in.Channel, func(tx resource.Tx, c *channel) error {
		if in.Name != nil {
			c.Name = *in.Name
		}
		if in.Destinations == nil {
			return nil
		}
		return setDestinations(ctx, tx, c, in.Destinations)
	})
	if err != nil {
		return nil, err
	}
	return &cloudtrailapi.UpdateChannelOutput{ChannelArn: new(c.arn()), Name: &c.Name, Source: &c.Source, Destinations: c.Destinations}, nil
}

// changeChannel changes a channel that is there, and returns it.
func (s *Service) changeChannel(ctx context.Context, given string, change func(resource.Tx, *channel) error) (c channel, err error) {
	return c, s.update(ctx, func(tx resource.Tx) (err error) {
		if c, err = channelIn(ctx, tx, given); err != nil {
			return err
		}
		if err := change(tx, &c); err != nil {
			return err
		}
		return putChannel(tx, &c)
	})
}

// DeleteChannel removes a channel with its policy. What came through it stays.
func (s *Service) DeleteChannel(ctx context.Context, in *cloudtrailapi.DeleteChannelInput) (*cloudtrailapi.DeleteChannelOutput, error) {
	return &cloudtrailapi.DeleteChannelOutput{}, s.update(ctx, func(tx resource.Tx) error {
		c, err := channelIn(ctx, tx, *in.Channel)
		if err != nil {
			return err
		}
		return errors.Join(channels.Delete(tx, string(c.Region), c.ID), tags.Delete(tx, c.arn()))
	})
}

// channelInto returns the ARN of a channel that goes into an event data store; empty
// where there is none.
func channelInto(r resource.Reader, of *eventStore) (string, error) {
	for entry, err := range channels.List(r, string(of.Region)) {
		if err != nil {
			return "", err
		}
		for _, d := range entry.Value.Destinations {
			if *d.Location == of.arn() {
				return entry.Value.arn(), nil
			}
		}
	}
	return "", nil
}
