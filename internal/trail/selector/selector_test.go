package selector_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/selector"
)

func parsed[T any](tb testing.TB, text string) (out []T) {
	tb.Helper()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return out
}

// refused reports an error that is not how CloudTrail refuses selectors.
func refused(t *testing.T, err error, says string) {
	t.Helper()
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || e.Code != "InvalidEventSelectorsException" || !strings.Contains(e.Message, says) {
		t.Errorf("error is %v, want InvalidEventSelectorsException: …%s…", err, says)
	}
}

// field is a field selector in JSON.
func field(name, operator string, values ...string) string {
	list, _ := json.Marshal(values) //nolint:errchkjson // texts
	return fmt.Sprintf(`{"Field":%q,%q:%s}`, name, operator, list)
}

func advanced(fields ...string) string {
	return fmt.Sprintf(`[{"FieldSelectors":[%s]}]`, strings.Join(fields, ","))
}

var (
	isManagement = field("eventCategory", "Equals", "Management")
	isData       = field("eventCategory", "Equals", "Data")
	isNetwork    = field("eventCategory", "Equals", "NetworkActivity")
	ofS3         = field("resources.type", "Equals", "AWS::S3::Object")
)

func TestBasicSelectorsAreCheckedAsCloudTrailDoes(t *testing.T) {
	s3 := func(values ...string) string {
		list, _ := json.Marshal(values) //nolint:errchkjson // texts
		return fmt.Sprintf(`[{"DataResources":[{"Type":"AWS::S3::Object","Values":%s}]}]`, list)
	}
	many := func(n int) (values []string) {
		for i := range n {
			values = append(values, fmt.Sprintf("arn:aws:s3:::logs/%d", i))
		}
		return values
	}
	for name, tt := range map[string]struct{ given, says string }{
		"nothing":                        {`[]`, "1 to 5 event selectors, and 0 were given"},
		"six":                            {`[{},{},{},{},{},{}]`, "and 6 were given"},
		"five":                           {`[{},{},{},{},{}]`, ""},
		"all that is left out":           {`[{}]`, ""},
		"read-only":                      {`[{"ReadWriteType":"read-only"}]`, "Value read-only for ReadWriteType is invalid."},
		"excluded KMS":                   {`[{"ExcludeManagementEventSources":["kms.amazonaws.com","rdsdata.amazonaws.com"]}]`, ""},
		"excluded IAM":                   {`[{"ExcludeManagementEventSources":["iam.amazonaws.com"]}]`, "Value iam.amazonaws.com for ExcludeManagementEventSources is invalid."},
		"excluded without management":    {`[{"IncludeManagementEvents":false,"ExcludeManagementEventSources":["kms.amazonaws.com"]}]`, "only where IncludeManagementEvents is true"},
		"neither management nor data":    {`[{"IncludeManagementEvents":false}]`, "must include management events, or name data resources"},
		"all of S3":                      {s3("arn:aws:s3"), ""},
		"all buckets":                    {s3("arn:aws:s3:::"), ""},
		"a bucket":                       {s3("arn:aws:s3:::logs/"), ""},
		"a prefix in another partition":  {s3("arn:aws-cn:s3:::logs/a/b"), ""},
		"a bucket without its slash":     {s3("arn:aws:s3:::logs"), "Value arn:aws:s3:::logs for DataResources.Values is invalid."},
		"a wildcard":                     {s3("arn:aws:s3:::*"), "Value arn:aws:s3:::* for DataResources.Values is invalid."},
		"a wildcard of objects":          {s3("arn:aws:s3:::*/*"), "Value arn:aws:s3:::*/* for DataResources.Values is invalid."},
		"an empty value":                 {s3(""), "Value  for DataResources.Values is invalid."},
		"no values":                      {s3(), "DataResources.Values of AWS::S3::Object is empty"},
		"250 values":                     {s3(many(250)...), ""},
		"251 values":                     {s3(many(251)...), "may name 250 data resources, and 251 were given"},
		"250 values and all of S3":       {s3(append(many(250), "arn:aws:s3")...), ""},
		"a type that it does not know":   {`[{"DataResources":[{"Type":"AWS::SNS::Topic","Values":["arn:aws:sns"]}]}]`, "Value AWS::SNS::Topic for DataResources.Type is invalid."},
		"no type":                        {`[{"DataResources":[{"Values":["arn:aws:s3"]}]}]`, "Value  for DataResources.Type is invalid."},
		"all functions":                  {`[{"DataResources":[{"Type":"AWS::Lambda::Function","Values":["arn:aws:lambda"]}]}]`, ""},
		"a function":                     {`[{"DataResources":[{"Type":"AWS::Lambda::Function","Values":["arn:aws:lambda:us-east-1:111122223333:function:f"]}]}]`, ""},
		"a wildcard of functions":        {`[{"DataResources":[{"Type":"AWS::Lambda::Function","Values":["arn:aws:lambda:*"]}]}]`, "Value arn:aws:lambda:* for"},
		"a table":                        {`[{"DataResources":[{"Type":"AWS::DynamoDB::Table","Values":["arn:aws:dynamodb:us-east-1:111122223333:table/t_1.x-y"]}]}]`, ""},
		"the values of another type":     {`[{"DataResources":[{"Type":"AWS::DynamoDB::Table","Values":["arn:aws:s3"]}]}]`, "Value arn:aws:s3 for"},
		"a bad value in another than 1.": {`[{},{"DataResources":[{"Type":"AWS::S3::Object","Values":["x"]}]}]`, "Value x for"},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := selector.Basic(parsed[cloudtrailapi.EventSelector](t, tt.given))
			if tt.says != "" {
				refused(t, err, tt.says)
			} else if err != nil || set == nil {
				t.Error(set, err)
			}
		})
	}
}

func TestWhatBasicSelectorsLeaveOutIsFilledIn(t *testing.T) {
	got, err := selector.CheckBasic([]cloudtrailapi.EventSelector{{}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(selector.DefaultBasic(), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAdvancedSelectorsAreCheckedAsCloudTrailDoes(t *testing.T) {
	values := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("Get%d", i))
		}
		return list
	}
	for name, tt := range map[string]struct {
		given, says string
		of          selector.Target // Trail unless stated
	}{
		"nothing":                      {given: `[]`, says: "At least one"},
		"no fields":                    {given: `[{"FieldSelectors":[]}]`, says: "requires the field eventCategory"},
		"no category":                  {given: advanced(ofS3), says: "requires the field eventCategory"},
		"management":                   {given: advanced(isManagement)},
		"a name":                       {given: `[{"Name":"` + strings.Repeat("n", 1000) + `","FieldSelectors":[` + isManagement + `]}]`},
		"a long name":                  {given: `[{"Name":"` + strings.Repeat("n", 1001) + `","FieldSelectors":[` + isManagement + `]}]`, says: "1000 characters at most"},
		"two categories":               {given: advanced(field("eventCategory", "Equals", "Management", "Data")), says: "one value"},
		"the category twice":           {given: advanced(isManagement, isManagement), says: "takes the field eventCategory once"},
		"the category by another word": {given: advanced(field("eventCategory", "NotEquals", "Data")), says: "takes the operator Equals"},
		"an unknown category":          {given: advanced(field("eventCategory", "Equals", "management")), says: "Value management for the field eventCategory is invalid."},
		"a trail of insights":          {given: advanced(field("eventCategory", "Equals", "Insight")), says: "Value Insight for the field eventCategory is invalid."},
		"a store of insights":          {given: advanced(field("eventCategory", "Equals", "Insight")), of: selector.EventDataStore},
		"a store of foreign events":    {given: advanced(field("eventCategory", "Equals", "ActivityAuditLog")), of: selector.EventDataStore},
		"foreign events by name":       {given: advanced(field("eventCategory", "Equals", "ActivityAuditLog"), field("eventName", "Equals", "x")), of: selector.EventDataStore, says: "Field eventName is invalid for ActivityAuditLog"},
		"an unknown field":             {given: advanced(isManagement, field("f", "Equals", "x")), says: "Field f is invalid. Selectors take eventCategory, readOnly, eventSource"},
		"a field without operator":     {given: `[{"FieldSelectors":[` + isManagement + `,{"Field":"readOnly"}]}]`, says: "requires an operator"},
		"an operator without values":   {given: advanced(isManagement, `{"Field":"readOnly","Equals":[]}`), says: "requires an operator"},
		"an empty value":               {given: advanced(isData, ofS3, field("eventName", "Equals", "")), says: "1 to 2048 characters"},
		"a long value":                 {given: advanced(isData, ofS3, field("eventName", "Equals", strings.Repeat("x", 2049))), says: "1 to 2048 characters"},
		"reads":                        {given: advanced(isManagement, field("readOnly", "Equals", "true"))},
		"readOnly of another word":     {given: advanced(isManagement, field("readOnly", "Equals", "True")), says: "Value True for the field readOnly"},
		"readOnly by another operator": {given: advanced(isManagement, field("readOnly", "NotEquals", "true")), says: "Operator NotEquals is invalid for the field readOnly"},
		"both of readOnly":             {given: advanced(isManagement, field("readOnly", "Equals", "true", "false")), says: "takes one value"},
		"without KMS":                  {given: advanced(isManagement, field("eventSource", "NotEquals", "kms.amazonaws.com", "rdsdata.amazonaws.com"))},
		"without IAM":                  {given: advanced(isManagement, field("eventSource", "NotEquals", "iam.amazonaws.com")), says: "Value iam.amazonaws.com for the field eventSource"},
		"KMS alone":                    {given: advanced(isManagement, field("eventSource", "Equals", "kms.amazonaws.com")), says: "Operator Equals is invalid"},
		"a store of KMS alone":         {given: advanced(isManagement, field("eventSource", "Equals", "kms.amazonaws.com")), of: selector.EventDataStore},
		"a trail by event name":        {given: advanced(isManagement, field("eventName", "Equals", "CreateRole")), says: "Field eventName is invalid for Management"},
		"a store by event name":        {given: advanced(isManagement, field("eventName", "StartsWith", "Create")), of: selector.EventDataStore},
		"data without a type":          {given: advanced(isData), says: "requires the field resources.type"},
		"data":                         {given: advanced(isData, ofS3)},
		"data of any type":             {given: advanced(isData, field("resources.type", "Equals", "AWS::BedrockAgentCore::Memory"))},
		"data of no type":              {given: advanced(isData, field("resources.type", "Equals", "S3")), says: "Value S3 for the field resources.type"},
		"data of two types":            {given: advanced(isData, field("resources.type", "Equals", "AWS::S3::Object", "AWS::SNS::Topic")), says: "takes one value"},
		"the type twice":               {given: advanced(isData, ofS3, ofS3), says: "takes the field resources.type once"},
		"data by all": {given: advanced(isData, ofS3, field("eventName", "NotEndsWith", "Acl"), field("eventSource", "StartsWith", "s3"), field("eventType", "Equals", "AwsApiCall"),
			field("resources.ARN", "NotStartsWith", "arn:aws:s3:::logs/"), field("userIdentity.arn", "EndsWith", ":root"), field("sessionCredentialFromConsole", "NotEquals", "true"))},
		"from the console":          {given: advanced(isData, ofS3, field("sessionCredentialFromConsole", "Equals", "yes")), says: "Value yes for"},
		"data by error":             {given: advanced(isData, ofS3, field("errorCode", "Equals", "VpceAccessDenied")), says: "Field errorCode is invalid for Data"},
		"network without a source":  {given: advanced(isNetwork), says: "requires the field eventSource"},
		"network":                   {given: advanced(isNetwork, field("eventSource", "Equals", "kms.amazonaws.com"), field("errorCode", "Equals", "VpceAccessDenied"), field("vpcEndpointId", "NotEquals", "vpce-1"))},
		"network by another error":  {given: advanced(isNetwork, field("eventSource", "Equals", "kms.amazonaws.com"), field("errorCode", "Equals", "AccessDenied")), says: "Value AccessDenied for"},
		"500 values":                {given: advanced(isData, ofS3, field("eventName", "Equals", values(498)...))},
		"501 values":                {given: advanced(isData, ofS3, field("eventName", "Equals", values(499)...)), says: "500 values together"},
		"a second one that is none": {given: `[{"FieldSelectors":[` + isManagement + `]},{"FieldSelectors":[` + isData + `]}]`, says: "requires the field resources.type"},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := selector.Advanced(max(tt.of, selector.Trail), parsed[cloudtrailapi.AdvancedEventSelector](t, tt.given))
			if tt.says != "" {
				refused(t, err, tt.says)
			} else if err != nil || set == nil {
				t.Error(set, err)
			}
		})
	}
}

// touching is an event of data that lists S3's resources.
func touching(arns ...string) *event.Event {
	e := &event.Event{Category: event.Data, Name: "GetObject", Source: "s3.amazonaws.com", Type: "AwsApiCall", ReadOnly: "true"}
	for _, arn := range arns {
		e.Resources = append(e.Resources, event.Resource{Type: "AWS::S3::Object", Name: arn, ARN: arn, Listed: true})
	}
	return e
}

func TestAdvancedSelectorsSelect(t *testing.T) {
	object := func(fields ...string) string { return advanced(append([]string{isData, ofS3}, fields...)...) }
	for name, tt := range map[string]struct {
		given    string
		selected []*event.Event
		left     []*event.Event
		of       selector.Target
	}{
		"a category": {
			given: advanced(isManagement), selected: []*event.Event{{Category: event.Management}},
			left: []*event.Event{{Category: event.Data}, {Category: event.Insight}, {Category: event.NetworkActivity}, {}},
		},
		"reads": {
			given: advanced(isManagement, field("readOnly", "Equals", "true")), selected: []*event.Event{{Category: event.Management, ReadOnly: "true"}},
			left: []*event.Event{{Category: event.Management, ReadOnly: "false"}, {Category: event.Management}},
		},
		"writes, and what does not say": {
			given: advanced(isManagement, field("readOnly", "Equals", "false")), left: []*event.Event{{Category: event.Management, ReadOnly: "true"}},
			selected: []*event.Event{{Category: event.Management, ReadOnly: "false"}, {Category: event.Management}},
		},
		"all but KMS": {
			given:    advanced(isManagement, field("eventSource", "NotEquals", "kms.amazonaws.com", "rdsdata.amazonaws.com")),
			selected: []*event.Event{{Category: event.Management, Source: "iam.amazonaws.com"}},
			left:     []*event.Event{{Category: event.Management, Source: "kms.amazonaws.com"}, {Category: event.Management, Source: "rdsdata.amazonaws.com"}},
		},
		"a type of resource": {
			given: object(), selected: []*event.Event{touching("arn:aws:s3:::logs/a"), touching("arn:aws:s3:::logs/")},
			left: []*event.Event{
				touching(),
				{Category: event.Data, Resources: []event.Resource{{Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::logs", Listed: true}}},
				{Category: event.Data, Resources: []event.Resource{{Type: "AWS::S3::Object", ARN: "arn:aws:s3:::logs/a"}}}, // only its parameters say so
			},
		},
		"values of a list are alternatives": {
			given: object(field("resources.ARN", "StartsWith", "arn:aws:s3:::a/", "arn:aws:s3:::b/")), left: []*event.Event{touching("arn:aws:s3:::c/x"), touching()},
			selected: []*event.Event{touching("arn:aws:s3:::a/x"), touching("arn:aws:s3:::b/"), touching("arn:aws:s3:::c/x", "arn:aws:s3:::a/x")},
		},
		"operators that select are alternatives": {
			given:    object(`{"Field":"resources.ARN","StartsWith":["arn:aws:s3:::a/"],"EndsWith":[".gz"],"Equals":["arn:aws:s3:::b/x"]}`),
			selected: []*event.Event{touching("arn:aws:s3:::a/x"), touching("arn:aws:s3:::c/x.gz"), touching("arn:aws:s3:::b/x")},
			left:     []*event.Event{touching("arn:aws:s3:::b/xy")},
		},
		"operators that leave out leave out each": {
			given:    object(`{"Field":"resources.ARN","NotStartsWith":["arn:aws:s3:::a/"],"NotEndsWith":[".gz"],"NotEquals":["arn:aws:s3:::b/x"]}`),
			selected: []*event.Event{touching("arn:aws:s3:::c/x")},
			left:     []*event.Event{touching("arn:aws:s3:::a/x"), touching("arn:aws:s3:::c/x.gz"), touching("arn:aws:s3:::b/x"), touching("arn:aws:s3:::c/x", "arn:aws:s3:::b/x")},
		},
		"both kinds hold together": {
			given:    object(`{"Field":"eventName","StartsWith":["Get","Put"],"NotEquals":["GetObjectAcl"]}`),
			selected: []*event.Event{touching("arn:aws:s3:::a/x")},
			left: []*event.Event{
				{Category: event.Data, Name: "GetObjectAcl", Resources: touching("arn:aws:s3:::a/x").Resources},
				{Category: event.Data, Name: "DeleteObject", Resources: touching("arn:aws:s3:::a/x").Resources},
			},
		},
		"a field twice": {
			given:    object(field("resources.ARN", "StartsWith", "arn:aws:s3:::a/"), field("resources.ARN", "EndsWith", ".gz")),
			selected: []*event.Event{touching("arn:aws:s3:::a/x.gz")},
			left:     []*event.Event{touching("arn:aws:s3:::a/x"), touching("arn:aws:s3:::a/x", "arn:aws:s3:::b/x.gz")},
		},
		"identity, type and console": {
			given: object(field("userIdentity.arn", "EndsWith", ":root"), field("eventType", "Equals", "AwsApiCall"), field("sessionCredentialFromConsole", "Equals", "true")),
			selected: []*event.Event{{
				Category: event.Data, Type: "AwsApiCall", FromConsole: true, Identity: event.Identity{ARN: "arn:aws:iam::1:root"}, Resources: touching("a").Resources,
			}},
			left: []*event.Event{
				{Category: event.Data, Type: "AwsApiCall", Identity: event.Identity{ARN: "arn:aws:iam::1:root"}, Resources: touching("a").Resources},
				{Category: event.Data, Type: "AwsApiCall", FromConsole: true, Resources: touching("a").Resources},
			},
		},
		"network activity": {
			given:    advanced(isNetwork, field("eventSource", "Equals", "kms.amazonaws.com"), field("errorCode", "Equals", "VpceAccessDenied"), field("vpcEndpointId", "NotStartsWith", "vpce-1")),
			selected: []*event.Event{{Category: event.NetworkActivity, Source: "kms.amazonaws.com", ErrorCode: "VpceAccessDenied", VPCEndpoint: "vpce-2"}},
			left: []*event.Event{
				{Category: event.NetworkActivity, Source: "kms.amazonaws.com", ErrorCode: "VpceAccessDenied", VPCEndpoint: "vpce-11"},
				{Category: event.NetworkActivity, Source: "kms.amazonaws.com", VPCEndpoint: "vpce-2"},
			},
		},
		"any of several": {
			given:    `[{"FieldSelectors":[` + isManagement + `]},{"FieldSelectors":[` + isData + `,` + ofS3 + `]}]`,
			selected: []*event.Event{{Category: event.Management}, touching("arn:aws:s3:::a/x")}, left: []*event.Event{{Category: event.Data}},
		},
		"a store's names": {
			given: advanced(isManagement, field("eventName", "NotStartsWith", "Describe")), of: selector.EventDataStore,
			selected: []*event.Event{{Category: event.Management, Name: "CreateVpc"}}, left: []*event.Event{{Category: event.Management, Name: "DescribeVpcs"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := selector.Advanced(max(tt.of, selector.Trail), parsed[cloudtrailapi.AdvancedEventSelector](t, tt.given))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range tt.selected {
				if !set.Selects(e) {
					t.Errorf("does not select %+v", *e)
				}
			}
			for _, e := range tt.left {
				if set.Selects(e) {
					t.Errorf("selects %+v", *e)
				}
			}
		})
	}
	if (*selector.Set)(nil).Selects(&event.Event{Category: event.Management}) {
		t.Error("no set selects an event")
	}
}

// selects is what the documentation says of event selectors, by itself.
func selects(selectors []cloudtrailapi.EventSelector, e *event.Event) bool {
	return slices.ContainsFunc(selectors, func(s cloudtrailapi.EventSelector) bool {
		if *s.ReadWriteType == "ReadOnly" && e.ReadOnly != "true" || *s.ReadWriteType == "WriteOnly" && e.ReadOnly == "true" {
			return false
		}
		if e.Category == event.Management {
			return *s.IncludeManagementEvents && !slices.Contains(s.ExcludeManagementEventSources, e.Source)
		}
		return e.Category == event.Data && slices.ContainsFunc(s.DataResources, func(d cloudtrailapi.DataResource) bool {
			return slices.ContainsFunc(e.Resources, func(r event.Resource) bool {
				return r.Type == *d.Type && slices.ContainsFunc(d.Values, func(value string) bool {
					if strings.Count(value, ":") == 2 || strings.HasSuffix(value, ":::") {
						return true
					}
					return r.ARN == value || *d.Type == "AWS::S3::Object" && strings.HasPrefix(r.ARN, value)
				})
			})
		})
	})
}

var arns = map[string][]string{
	"AWS::S3::Object":       {"arn:aws:s3", "arn:aws:s3:::", "arn:aws:s3:::logs/", "arn:aws:s3:::logs/a", "arn:aws:s3:::other/b"},
	"AWS::Lambda::Function": {"arn:aws:lambda", "arn:aws:lambda:us-east-1:111122223333:function:f", "arn:aws:lambda:us-east-1:111122223333:function:fg"},
	"AWS::DynamoDB::Table":  {"arn:aws:dynamodb", "arn:aws:dynamodb:us-east-1:111122223333:table/tab", "arn:aws:dynamodb:us-east-1:111122223333:table/table"},
}

func made(r *rand.Rand) cloudtrailapi.EventSelector {
	s := cloudtrailapi.EventSelector{
		ReadWriteType:           new([]string{"ReadOnly", "WriteOnly", "All"}[r.IntN(3)]),
		IncludeManagementEvents: new(r.IntN(2) == 0), DataResources: []cloudtrailapi.DataResource{}, ExcludeManagementEventSources: []string{},
	}
	if *s.IncludeManagementEvents {
		s.ExcludeManagementEventSources = append(s.ExcludeManagementEventSources, []string{"kms.amazonaws.com", "rdsdata.amazonaws.com"}[:r.IntN(3)]...)
	}
	for kind, values := range arns {
		if r.IntN(2) == 0 || !*s.IncludeManagementEvents && len(s.DataResources) == 0 {
			s.DataResources = append(s.DataResources, cloudtrailapi.DataResource{Type: &kind, Values: []string{values[r.IntN(len(values))], values[r.IntN(len(values))]}})
		}
	}
	return s
}

func happened(r *rand.Rand) *event.Event {
	e := &event.Event{
		Category: []event.Category{event.Management, event.Data}[r.IntN(2)], ReadOnly: []string{"true", "false", ""}[r.IntN(3)],
		Source: []string{"kms.amazonaws.com", "rdsdata.amazonaws.com", "s3.amazonaws.com"}[r.IntN(3)],
	}
	for kind, values := range arns {
		if e.Category == event.Data && r.IntN(2) == 0 {
			arn := values[r.IntN(len(values)-1)+1] + []string{"", "x"}[r.IntN(2)]
			e.Resources = append(e.Resources, event.Resource{Type: kind, ARN: arn, Listed: true})
		}
	}
	return e
}

// Event selectors select what the documentation says of them, in their own form,
// in the advanced one, and back in their own again.
func TestTheTwoFormsSelectTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	back := 0
	for range 2000 {
		var given []cloudtrailapi.EventSelector
		for range 1 + r.IntN(4) {
			given = append(given, made(r))
		}
		set, err := selector.Basic(given)
		if err != nil {
			t.Fatal(err)
		}
		rewritten := selector.ToAdvanced(given)
		if err := selector.CheckAdvanced(selector.Trail, rewritten); err != nil {
			t.Fatal(err)
		}
		again, ok := selector.ToBasic(rewritten)
		if ok {
			back++
		}
		for range 20 {
			e := happened(r)
			want := selects(given, e)
			if got := set.Selects(e); got != want {
				t.Fatalf("%s\n%+v\nselected: %t, want %t", text(given), e, got, want)
			}
			if ok && selects(again, e) != want {
				t.Fatalf("%s\nbecame\n%s\n%+v\nselected: %t, want %t", text(given), text(again), e, !want, want)
			}
		}
	}
	if back < 1500 {
		t.Errorf("only %d of 2000 came back as event selectors", back)
	}
}

func text(v any) string {
	b, _ := json.Marshal(v) //nolint:errchkjson // texts
	return string(b)
}

func TestWhatEventSelectorsCannotSay(t *testing.T) {
	for name, given := range map[string]string{
		"names of events":    advanced(isData, ofS3, field("eventName", "Equals", "GetObject")),
		"other types":        advanced(isData, field("resources.type", "Equals", "AWS::SNS::Topic")),
		"whole keys":         advanced(isData, ofS3, field("resources.ARN", "Equals", "arn:aws:s3:::logs/a")),
		"all but a bucket":   advanced(isData, ofS3, field("resources.ARN", "NotStartsWith", "arn:aws:s3:::logs/")),
		"some buckets":       advanced(isData, ofS3, field("resources.ARN", "StartsWith", "arn:aws:s3:::lo")),
		"data of a source":   advanced(isData, ofS3, field("eventSource", "NotEquals", "kms.amazonaws.com")),
		"network activity":   advanced(isNetwork, field("eventSource", "Equals", "kms.amazonaws.com")),
		"beginnings of ARNs": advanced(isData, field("resources.type", "Equals", "AWS::Lambda::Function"), field("resources.ARN", "StartsWith", "arn:aws:lambda:us-east-1:111122223333:function:f")),
	} {
		t.Run(name, func(t *testing.T) {
			checked := parsed[cloudtrailapi.AdvancedEventSelector](t, given)
			if err := selector.CheckAdvanced(selector.Trail, checked); err != nil {
				t.Fatal(err)
			}
			if basic, ok := selector.ToBasic(checked); ok {
				t.Errorf("became %s", text(basic))
			}
		})
	}
}

// Whatever is sent is taken or refused, and what is taken decides in both forms alike.
func FuzzSelectors(f *testing.F) {
	f.Add(advanced(isManagement, field("readOnly", "Equals", "true")), `[{"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3:::logs/"]}]}]`)
	f.Add(advanced(isData, ofS3, field("resources.ARN", "StartsWith", "arn:aws:s3:::logs/")), `[{}]`)
	f.Add(`[{"FieldSelectors":[{"Field":"eventCategory"}]}]`, `[{"ExcludeManagementEventSources":["kms.amazonaws.com"]}]`)
	f.Add(`[{}]`, `[{"DataResources":[{}]}]`)
	f.Fuzz(func(t *testing.T, advancedText, basicText string) {
		var given []cloudtrailapi.AdvancedEventSelector
		var basic []cloudtrailapi.EventSelector
		if json.Unmarshal([]byte(advancedText), &given) != nil || json.Unmarshal([]byte(basicText), &basic) != nil {
			return
		}
		r := rand.New(rand.NewPCG(3, 4))
		if set, err := selector.Advanced(selector.Trail, given); err == nil {
			if again, ok := selector.ToBasic(given); ok {
				for range 20 {
					if e := happened(r); set.Selects(e) != selects(again, e) {
						t.Errorf("%s as %s: %+v", advancedText, text(again), e)
					}
				}
			}
		}
		if checked, err := selector.CheckBasic(basic); err == nil {
			set, err := selector.Basic(basic)
			if err != nil {
				t.Fatal(err)
			}
			for range 20 {
				if e := happened(r); set.Selects(e) != selects(checked, e) {
					t.Errorf("%s: %+v", basicText, e)
				}
			}
		}
	})
}

func BenchmarkSelects(b *testing.B) {
	set, err := selector.Advanced(selector.Trail, parsed[cloudtrailapi.AdvancedEventSelector](b, advanced(isData, ofS3,
		field("eventName", "StartsWith", "Get", "Put", "Delete"), field("resources.ARN", "StartsWith", "arn:aws:s3:::a/", "arn:aws:s3:::b/"))))
	if err != nil {
		b.Fatal(err)
	}
	e := touching("arn:aws:s3:::b/x")
	for b.Loop() {
		if !set.Selects(e) {
			b.Fatal("not selected")
		}
	}
}
