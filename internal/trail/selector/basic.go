package selector

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
)

// The values of ReadWriteType.
const (
	readOnly  = "ReadOnly"
	writeOnly = "WriteOnly"
	all       = "All"
)

// excludable are the sources of management events that a trail may leave out.
var excludable = []string{"kms.amazonaws.com", "rdsdata.amazonaws.com"}

// dataType is a type of resource whose data events an event selector may name.
type dataType struct {
	name  string
	all   *regexp.Regexp // the values that mean all resources of the type
	value *regexp.Regexp // other values
	exact bool           // a value is a whole ARN, and else the beginning of some
}

var dataTypes = []dataType{
	{"AWS::S3::Object", regexp.MustCompile(`^arn:aws[a-z-]*:s3(:::)?$`), regexp.MustCompile(`^arn:aws[a-z-]*:s3:::[a-zA-Z0-9._-]{3,255}/`), false},
	{
		"AWS::Lambda::Function", regexp.MustCompile(`^arn:aws[a-z-]*:lambda$`),
		regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_.-]+(:[a-zA-Z0-9$_-]+)?$`), true,
	},
	{
		"AWS::DynamoDB::Table", regexp.MustCompile(`^arn:aws[a-z-]*:dynamodb$`),
		regexp.MustCompile(`^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[a-zA-Z0-9_.-]{3,255}$`), true,
	},
}

func dataTypeOf(name string) (dataType, bool) {
	i := slices.IndexFunc(dataTypes, func(t dataType) bool { return t.name == name })
	if i < 0 {
		return dataType{}, false
	}
	return dataTypes[i], true
}

// DefaultBasic returns the event selectors of a trail that nobody gave any: all
// management events.
func DefaultBasic() []cloudtrailapi.EventSelector {
	return []cloudtrailapi.EventSelector{{
		ReadWriteType: new(all), IncludeManagementEvents: new(true),
		DataResources: []cloudtrailapi.DataResource{}, ExcludeManagementEventSources: []string{},
	}}
}

// CheckBasic returns event selectors as CloudTrail keeps and shows them, with what
// was left out filled in, or the InvalidEventSelectorsException that says what is
// wrong with them.
func CheckBasic(given []cloudtrailapi.EventSelector) ([]cloudtrailapi.EventSelector, error) {
	if len(given) == 0 || len(given) > MaxBasic {
		return nil, invalid("A trail takes 1 to %d event selectors, and %d were given.", MaxBasic, len(given))
	}
	checked := make([]cloudtrailapi.EventSelector, len(given))
	resources := 0
	for i := range given {
		s, n, err := checkBasic(given[i])
		if err != nil {
			return nil, err
		}
		checked[i], resources = s, resources+n
	}
	if resources > MaxDataResources {
		return nil, invalid("The event selectors of a trail may name %d data resources, and %d were given.", MaxDataResources, resources)
	}
	return checked, nil
}

// checkBasic also returns how many data resources count.
func checkBasic(s cloudtrailapi.EventSelector) (_ cloudtrailapi.EventSelector, resources int, err error) {
	if s.ReadWriteType == nil || *s.ReadWriteType == "" {
		s.ReadWriteType = new(all)
	}
	if !slices.Contains([]string{readOnly, writeOnly, all}, *s.ReadWriteType) {
		return s, 0, invalid("Value %s for ReadWriteType is invalid. The values are %s, %s and %s.", *s.ReadWriteType, readOnly, writeOnly, all)
	}
	if s.IncludeManagementEvents == nil {
		s.IncludeManagementEvents = new(true)
	}
	for _, source := range s.ExcludeManagementEventSources {
		if !slices.Contains(excludable, source) {
			return s, 0, invalid("Value %s for ExcludeManagementEventSources is invalid. The values are %s.", source, strings.Join(excludable, " and "))
		}
	}
	if len(s.ExcludeManagementEventSources) > 0 && !*s.IncludeManagementEvents {
		return s, 0, invalid("ExcludeManagementEventSources takes effect only where IncludeManagementEvents is true.")
	}
	if !*s.IncludeManagementEvents && len(s.DataResources) == 0 {
		return s, 0, invalid("An event selector must include management events, or name data resources.")
	}
	for _, r := range s.DataResources {
		n, err := checkDataResource(r)
		if err != nil {
			return s, 0, err
		}
		resources += n
	}
	s.DataResources = append([]cloudtrailapi.DataResource{}, s.DataResources...)
	s.ExcludeManagementEventSources = append([]string{}, s.ExcludeManagementEventSources...)
	return s, resources, nil
}

func checkDataResource(r cloudtrailapi.DataResource) (resources int, err error) {
	name := ""
	if r.Type != nil {
		name = *r.Type
	}
	t, ok := dataTypeOf(name)
	if !ok {
		return 0, invalid("Value %s for DataResources.Type is invalid. Event selectors take AWS::S3::Object, AWS::Lambda::Function and "+
			"AWS::DynamoDB::Table; other types need advanced event selectors.", name)
	}
	if len(r.Values) == 0 {
		return 0, invalid("DataResources.Values of %s is empty: 1 to %d are possible.", name, MaxDataResources)
	}
	for _, value := range r.Values {
		switch {
		case t.all.MatchString(value):
		case t.value.MatchString(value):
			resources++
		default:
			return 0, invalid("Value %s for DataResources.Values is invalid.", value)
		}
	}
	return resources, nil
}
