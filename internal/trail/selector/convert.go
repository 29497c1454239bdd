package selector

import (
	"slices"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/trail/event"
)

// ToAdvanced returns the advanced event selectors that select what checked event
// selectors do, named as CloudTrail's console names them when it converts a trail.
func ToAdvanced(checked []cloudtrailapi.EventSelector) []cloudtrailapi.AdvancedEventSelector {
	var advanced []cloudtrailapi.AdvancedEventSelector
	add := func(name string, category event.Category, s *cloudtrailapi.EventSelector, further ...cloudtrailapi.AdvancedFieldSelector) {
		fields := append([]cloudtrailapi.AdvancedFieldSelector{{Field: new(fieldCategory), Equals: []string{string(category)}}}, further...)
		if *s.ReadWriteType != all {
			only := map[string]string{readOnly: "true", writeOnly: "false"}[*s.ReadWriteType]
			fields = append(fields, cloudtrailapi.AdvancedFieldSelector{Field: new(fieldReadOnly), Equals: []string{only}})
		}
		advanced = append(advanced, cloudtrailapi.AdvancedEventSelector{Name: &name, FieldSelectors: fields})
	}
	for i := range checked {
		s := &checked[i]
		if *s.IncludeManagementEvents {
			var without []cloudtrailapi.AdvancedFieldSelector
			if len(s.ExcludeManagementEventSources) > 0 {
				without = append(without, cloudtrailapi.AdvancedFieldSelector{Field: new(fieldSource), NotEquals: slices.Clone(s.ExcludeManagementEventSources)})
			}
			add("Management events selector", event.Management, s, without...)
		}
		for _, r := range s.DataResources {
			t, _ := dataTypeOf(*r.Type)
			fields := []cloudtrailapi.AdvancedFieldSelector{{Field: new(fieldResource), Equals: []string{t.name}}}
			if !slices.ContainsFunc(r.Values, t.all.MatchString) {
				arns := cloudtrailapi.AdvancedFieldSelector{Field: new(fieldARN)}
				if t.exact {
					arns.Equals = slices.Clone(r.Values)
				} else {
					arns.StartsWith = slices.Clone(r.Values)
				}
				fields = append(fields, arns)
			}
			add("Data events selector for "+t.name, event.Data, s, fields...)
		}
	}
	return advanced
}

// ToBasic returns the event selectors that select what checked advanced event
// selectors of a trail do. It returns false where there are none: event selectors
// know three types of resources and no names of events.
func ToBasic(checked []cloudtrailapi.AdvancedEventSelector) ([]cloudtrailapi.EventSelector, bool) {
	var basic []cloudtrailapi.EventSelector
	for i := range checked {
		s, ok := toBasic(&checked[i])
		if !ok {
			return nil, false
		}
		basic = joined(basic, s)
	}
	for i := range basic {
		if basic[i].IncludeManagementEvents == nil {
			basic[i].IncludeManagementEvents = new(false)
		}
	}
	basic, err := CheckBasic(basic)
	return basic, err == nil
}

// toBasic leaves IncludeManagementEvents out for a selector of data events.
func toBasic(a *cloudtrailapi.AdvancedEventSelector) (s cloudtrailapi.EventSelector, ok bool) {
	s.ReadWriteType = new(all)
	var r cloudtrailapi.DataResource
	for i := range a.FieldSelectors {
		f := &a.FieldSelectors[i]
		switch *f.Field {
		case fieldCategory:
			if f.Equals[0] == string(event.Management) {
				s.IncludeManagementEvents = new(true)
			}
		case fieldReadOnly:
			s.ReadWriteType = new(map[string]string{"true": readOnly, "false": writeOnly}[f.Equals[0]])
		case fieldSource:
			if s.ExcludeManagementEventSources != nil || len(f.NotEquals) != countValues(f) {
				return s, false
			}
			s.ExcludeManagementEventSources = f.NotEquals
		case fieldResource:
			r.Type = &f.Equals[0]
		case fieldARN:
			if r.Values != nil || len(f.Equals)+len(f.StartsWith) != countValues(f) || len(f.Equals) > 0 && len(f.StartsWith) > 0 {
				return s, false
			}
			r.Values = slices.Concat(f.Equals, f.StartsWith)
			if t, known := typeOf(a); !known || t.exact != (len(f.Equals) > 0) {
				return s, false
			}
		default:
			return s, false
		}
	}
	if r.Type == nil {
		return s, s.IncludeManagementEvents != nil
	}
	t, known := typeOf(a)
	if !known || s.ExcludeManagementEventSources != nil {
		return s, false
	}
	if r.Values == nil {
		r.Values = []string{map[string]string{
			"AWS::S3::Object": "arn:aws:s3", "AWS::Lambda::Function": "arn:aws:lambda", "AWS::DynamoDB::Table": "arn:aws:dynamodb",
		}[t.name]}
	}
	s.DataResources = []cloudtrailapi.DataResource{r}
	return s, true
}

// typeOf returns the type of resource that a selector is of.
func typeOf(a *cloudtrailapi.AdvancedEventSelector) (dataType, bool) {
	for i := range a.FieldSelectors {
		if *a.FieldSelectors[i].Field == fieldResource {
			return dataTypeOf(a.FieldSelectors[i].Equals[0])
		}
	}
	return dataType{}, false
}

// joined adds a selector to those before it: into one of the same ReadWriteType,
// where it says nothing else of management events.
func joined(basic []cloudtrailapi.EventSelector, s cloudtrailapi.EventSelector) []cloudtrailapi.EventSelector {
	for i := range basic {
		b := &basic[i]
		if *b.ReadWriteType != *s.ReadWriteType || b.IncludeManagementEvents != nil && s.IncludeManagementEvents != nil {
			continue
		}
		if s.IncludeManagementEvents != nil {
			b.IncludeManagementEvents, b.ExcludeManagementEventSources = s.IncludeManagementEvents, s.ExcludeManagementEventSources
		}
		b.DataResources = append(b.DataResources, s.DataResources...)
		return basic
	}
	return append(basic, s)
}
