package cloudtrail

import (
	"context"
	"reflect"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/selector"
)

// PutEventSelectors says which events a trail records, in place of what was said
// before.
func (s *Service) PutEventSelectors(ctx context.Context, in *cloudtrailapi.PutEventSelectorsInput) (*cloudtrailapi.PutEventSelectorsOutput, error) {
	if len(in.EventSelectors) > 0 && len(in.AdvancedEventSelectors) > 0 {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidEventSelectorsException", "You can use either EventSelectors or AdvancedEventSelectors, but not both.")
	}
	basic, advanced := in.EventSelectors, in.AdvancedEventSelectors
	var err error
	if len(advanced) > 0 {
		basic, err = nil, selector.CheckAdvanced(selector.Trail, advanced)
	} else {
		basic, err = selector.CheckBasic(basic)
		advanced = nil
	}
	if err != nil {
		if _, invalid := refOf(ctx, *in.TrailName); invalid != nil {
			err = invalid
		}
		return nil, err
	}
	t, err := s.change(ctx, *in.TrailName, func(_ resource.Tx, t *trail) error {
		t.Basic, t.Advanced = basic, advanced
		if reflect.DeepEqual(basic, selector.DefaultBasic()) {
			t.Basic = nil
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cloudtrailapi.PutEventSelectorsOutput{TrailARN: t.Settings.TrailARN, EventSelectors: basic, AdvancedEventSelectors: advanced}, nil
}

// GetEventSelectors returns which events a trail records.
func (s *Service) GetEventSelectors(ctx context.Context, in *cloudtrailapi.GetEventSelectorsInput) (*cloudtrailapi.GetEventSelectorsOutput, error) {
	t, err := s.find(ctx, *in.TrailName)
	if err != nil {
		return nil, err
	}
	out := &cloudtrailapi.GetEventSelectorsOutput{TrailARN: t.Settings.TrailARN, AdvancedEventSelectors: t.Advanced}
	if t.Advanced == nil {
		out.EventSelectors = t.basic()
	}
	return out, nil
}

// The types of insights.
const (
	callRate  = "ApiCallRateInsight"
	errorRate = "ApiErrorRateInsight"
)

// PutInsightSelectors says which unusual activity a trail looks for; no selectors
// are none.
func (s *Service) PutInsightSelectors(ctx context.Context, in *cloudtrailapi.PutInsightSelectorsInput) (*cloudtrailapi.PutInsightSelectorsOutput, error) {
	name, err := insightTrail(in.TrailName, in.EventDataStore, in.InsightsDestination)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, i := range in.InsightSelectors {
		kind := resource.Value(i.InsightType)
		if kind != callRate && kind != errorRate || seen[kind] {
			return nil, cloud.Errorf(cloud.Invalid, "InvalidInsightSelectorsException",
				"Value %s for InsightType is invalid. The values are %s and %s, each once.", kind, callRate, errorRate)
		}
		seen[kind] = true
		for _, category := range i.EventCategories {
			if category != string(event.Management) && category != string(event.Data) {
				return nil, cloud.Errorf(cloud.Invalid, "InvalidInsightSelectorsException", "Value %s for EventCategories is invalid. The values are Management and Data.", category)
			}
		}
	}
	t, err := s.change(ctx, name, func(_ resource.Tx, t *trail) error {
		for _, i := range in.InsightSelectors {
			if err := t.canWatch(i); err != nil {
				return err
			}
		}
		t.Insights = in.InsightSelectors
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cloudtrailapi.PutInsightSelectorsOutput{TrailARN: t.Settings.TrailARN, InsightSelectors: append([]cloudtrailapi.InsightSelector{}, t.Insights...)}, nil
}

// canWatch refuses insights into events that the trail does not record: of management
// events writes for the rate of calls, any for the rate of errors; of data events any.
func (t *trail) canWatch(i cloudtrailapi.InsightSelector) error {
	of := i.EventCategories
	if len(of) == 0 {
		of = []string{string(event.Management)}
	}
	selected, err := t.selects()
	if err != nil {
		return err
	}
	for _, category := range of {
		if category == string(event.Data) {
			if !selected.Has(event.Data) {
				return cloud.Errorf(cloud.Invalid, "InvalidInsightSelectorsException",
					"Trail %s does not log the data events that %s watches: log data events.", *t.Settings.TrailARN, *i.InsightType)
			}
			continue
		}
		write := selected.Selects(&event.Event{Category: event.Management, ReadOnly: "false"})
		read := selected.Selects(&event.Event{Category: event.Management, ReadOnly: "true"})
		if *i.InsightType == callRate && !write || !write && !read {
			return cloud.Errorf(cloud.Invalid, "InvalidInsightSelectorsException",
				"Trail %s does not log the management events that %s watches: log write management events.", *t.Settings.TrailARN, *i.InsightType)
		}
	}
	return nil
}

// GetInsightSelectors returns which unusual activity a trail looks for.
func (s *Service) GetInsightSelectors(ctx context.Context, in *cloudtrailapi.GetInsightSelectorsInput) (*cloudtrailapi.GetInsightSelectorsOutput, error) {
	name, err := insightTrail(in.TrailName, in.EventDataStore, nil)
	if err != nil {
		return nil, err
	}
	t, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(t.Insights) == 0 {
		return nil, cloud.Errorf(cloud.NotFound, "InsightNotEnabledException",
			"Trail %s does not have Insights enabled. Edit the trail settings to enable Insights, and then try the operation again.", *t.Settings.TrailARN)
	}
	return &cloudtrailapi.GetInsightSelectorsOutput{TrailARN: t.Settings.TrailARN, InsightSelectors: t.Insights}, nil
}

// insightTrail returns the trail that insight selectors are of. Stores of event data
// have none.
func insightTrail(name, store, destination *string) (string, error) {
	switch {
	case name == nil && store == nil && destination == nil:
		return "", cloud.Errorf(cloud.Invalid, "InvalidParameterCombinationException", "Specify TrailName.")
	case name != nil && (store != nil || destination != nil):
		return "", cloud.Errorf(cloud.Invalid, "InvalidParameterCombinationException", "TrailName cannot be used with EventDataStore and InsightsDestination.")
	case name == nil:
		return "", cloud.Errorf(cloud.Unsupported, "UnsupportedOperationException", "Event data stores do not look for insights here: specify TrailName.")
	}
	return *name, nil
}
