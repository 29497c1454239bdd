package selector

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/trail/event"
)

// The fields of advanced event selectors.
const (
	fieldCategory    = "eventCategory"
	fieldReadOnly    = "readOnly"
	fieldName        = "eventName"
	fieldSource      = "eventSource"
	fieldType        = "eventType"
	fieldResource    = "resources.type"
	fieldARN         = "resources.ARN"
	fieldIdentity    = "userIdentity.arn"
	fieldErrorCode   = "errorCode"
	fieldEndpoint    = "vpcEndpointId"
	fieldFromConsole = "sessionCredentialFromConsole"
)

// fieldOf returns what an event has in a field, but for those of its resources.
func fieldOf(field string) func(e *event.Event) string {
	switch field {
	case fieldReadOnly:
		return func(e *event.Event) string {
			if e.ReadOnly == "" {
				return "false" // of an old record nobody knows, and what may be a change is not left out
			}
			return e.ReadOnly
		}
	case fieldName:
		return func(e *event.Event) string { return e.Name }
	case fieldSource:
		return func(e *event.Event) string { return e.Source }
	case fieldType:
		return func(e *event.Event) string { return e.Type }
	case fieldIdentity:
		return func(e *event.Event) string { return e.Identity.ARN }
	case fieldErrorCode:
		return func(e *event.Event) string { return e.ErrorCode }
	case fieldEndpoint:
		return func(e *event.Event) string { return e.VPCEndpoint }
	case fieldFromConsole:
		return func(e *event.Event) string { return strconv.FormatBool(e.FromConsole) }
	}
	return nil // of category and resources, which are compiled by themselves
}

// operator is one of a field selector's.
type operator struct {
	name   string
	values func(*cloudtrailapi.AdvancedFieldSelector) []string
	holds  func(value, operand string) bool
	not    bool // the event is left out where it holds
}

const (
	equals        = "Equals"
	startsWith    = "StartsWith"
	endsWith      = "EndsWith"
	notEquals     = "NotEquals"
	notStartsWith = "NotStartsWith"
	notEndsWith   = "NotEndsWith"
)

var operators = []operator{
	{equals, func(f *cloudtrailapi.AdvancedFieldSelector) []string { return f.Equals }, func(v, o string) bool { return v == o }, false},
	{startsWith, func(f *cloudtrailapi.AdvancedFieldSelector) []string { return f.StartsWith }, strings.HasPrefix, false},
	{endsWith, func(f *cloudtrailapi.AdvancedFieldSelector) []string { return f.EndsWith }, strings.HasSuffix, false},
	{notEquals, func(f *cloudtrailapi.AdvancedFieldSelector) []string { return f.NotEquals }, func(v, o string) bool { return v == o }, true},
	{notStartsWith, func(f *cloudtrailapi.AdvancedFieldSelector) []string { return f.NotStartsWith }, strings.HasPrefix, true},
	{notEndsWith, func(f *cloudtrailapi.AdvancedFieldSelector) []string { return f.NotEndsWith }, strings.HasSuffix, true},
}

// Target is what selectors are of: each takes its own fields.
type Target int

// The targets of advanced event selectors.
const (
	Trail          Target = 1 << iota
	EventDataStore        // of CloudTrail Lake
)

const either = Trail | EventDataStore

// rule says how a field may be used in selectors of a category.
type rule struct {
	category event.Category
	field    string
	of       Target
	required bool
	only     []string // the operators that it takes; nil for all
	values   []string // that it takes; nil for any
	form     *regexp.Regexp
	one      bool // it takes one value
}

var resourceType = regexp.MustCompile(`^AWS::[A-Za-z0-9]+::[A-Za-z0-9]+$`)

// rules are what the API reference says of AdvancedFieldSelector:
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
var rules = []rule{
	{category: event.Management, field: fieldReadOnly, of: either, only: []string{equals}, values: []string{"true", "false"}, one: true},
	{category: event.Management, field: fieldSource, of: Trail, only: []string{notEquals}, values: excludable},
	{category: event.Management, field: fieldSource, of: EventDataStore},
	{category: event.Management, field: fieldName, of: EventDataStore},
	{category: event.Management, field: fieldType, of: EventDataStore},
	{category: event.Management, field: fieldIdentity, of: EventDataStore},
	{category: event.Management, field: fieldFromConsole, of: EventDataStore, only: []string{equals, notEquals}, values: []string{"true", "false"}},

	{category: event.Data, field: fieldResource, of: either, required: true, only: []string{equals}, form: resourceType, one: true},
	{category: event.Data, field: fieldReadOnly, of: either, only: []string{equals}, values: []string{"true", "false"}, one: true},
	{category: event.Data, field: fieldName, of: either},
	{category: event.Data, field: fieldSource, of: either},
	{category: event.Data, field: fieldType, of: either},
	{category: event.Data, field: fieldARN, of: either},
	{category: event.Data, field: fieldIdentity, of: either},
	{category: event.Data, field: fieldFromConsole, of: either, only: []string{equals, notEquals}, values: []string{"true", "false"}},

	{category: event.NetworkActivity, field: fieldSource, of: either, required: true, only: []string{equals}},
	{category: event.NetworkActivity, field: fieldName, of: either},
	{category: event.NetworkActivity, field: fieldErrorCode, of: either, only: []string{equals}, values: []string{"VpceAccessDenied"}},
	{category: event.NetworkActivity, field: fieldEndpoint, of: either},
}

// categories are the values of eventCategory, and of what.
var categories = map[string]Target{
	string(event.Management): either, string(event.Data): either, string(event.NetworkActivity): either,
	string(event.Insight): EventDataStore, "ConfigurationItem": EventDataStore, "Evidence": EventDataStore, "ActivityAuditLog": EventDataStore,
}

// ruleOf returns the rule of a field.
func ruleOf(of Target, category event.Category, field string) (rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.category == category && r.field == field && r.of&of != 0 })
	if i < 0 {
		return rule{}, false
	}
	return rules[i], true
}

// known says whether any category has the field.
func known(field string) bool {
	return field == fieldCategory || slices.ContainsFunc(rules, func(r rule) bool { return r.field == field })
}
