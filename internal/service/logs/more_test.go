package logs_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

const transformation = `{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"`

func TestMetricFilters(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	d.group("h")
	const pattern = ` [ip, id, status_code = 4*, bytes] `
	d.must("PutMetricFilter", `{"LogGroupName": "g", "FilterName": "b", "FilterPattern": %q, "MetricTransformations": [%s, "DefaultValue": 0}]}`, pattern, transformation)
	d.must("PutMetricFilter", `{"LogGroupName": "g", "FilterName": "a", "FilterPattern": "{ $.x = 1 }", "MetricTransformations": [%s, "Unit": "Bytes", "Dimensions": {"X": "$.x"}}]}`, transformation)
	d.must("PutMetricFilter", `{"LogGroupName": "h", "FilterName": "a", "FilterPattern": "", "MetricTransformations": [{"MetricName": "k", "MetricNamespace": "n", "MetricValue": "1"}]}`)
	out := d.must("DescribeMetricFilters", `{"LogGroupName": "g", "FilterNamePrefix": "b"}`)
	equal(t, "the pattern is as it was", pattern, member(t, out, "MetricFilters", 0, "FilterPattern"))
	equal(t, "default value", 0.0, member(t, out, "MetricFilters", 0, "MetricTransformations", 0, "DefaultValue"))
	equal(t, "unit", "None", member(t, out, "MetricFilters", 0, "MetricTransformations", 0, "Unit"))
	out = d.must("DescribeMetricFilters", `{"MetricName": "m", "MetricNamespace": "n"}`)
	equal(t, "by metric", []any{"a", "b"}, []any{member(t, out, "MetricFilters", 0, "FilterName"), member(t, out, "MetricFilters", 1, "FilterName")})
	equal(t, "by metric", 2, len(member(t, out, "MetricFilters").([]any))) //nolint:errcheck // it is a list
	d.must("DeleteMetricFilter", `{"LogGroupName": "g", "FilterName": "a"}`)
	d.refused("ResourceNotFoundException", "", "DeleteMetricFilter", `{"LogGroupName": "g", "FilterName": "a"}`)
	d.must("DeleteLogGroup", `{"LogGroupName": "g"}`)
	out = d.must("DescribeMetricFilters", `{}`)
	equal(t, "of what is left", 1, len(member(t, out, "MetricFilters").([]any))) //nolint:errcheck // it is a list
}

func TestWhatIsRefusedOfFilters(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	const none, bad = "ResourceNotFoundException", "InvalidParameterException"
	put := func(pattern, transformations string) string {
		return fmt.Sprintf(`{"LogGroupName": "g", "FilterName": "f", "FilterPattern": %q, "MetricTransformations": [%s]}`, pattern, transformations)
	}
	for _, tt := range []struct{ name, code, text, operation, in string }{
		{"no such group", none, "The specified log group does not exist.", "PutMetricFilter", strings.Replace(put("", transformation+"}"), `"g"`, `"x"`, 1)},
		{"a pattern that is none", bad, "Invalid character(s) in term ':'", "PutMetricFilter", put("a:b", transformation+"}")},
		{"a pattern without its end", bad, "If a filter pattern starts with '{' it must end with '}'", "PutMetricFilter", put("{ $.a = 1", transformation+"}")},
		{"a pattern of 1,025 characters", bad, "", "PutMetricFilter", put(strings.Repeat("x", 1025), transformation+"}")},
		{"a default and dimensions", bad, "Invalid metric transformation: dimensions and default value are mutually exclusive properties", "PutMetricFilter", put("{ $.a = 1 }", transformation+`, "DefaultValue": 1, "Dimensions": {"a": "$.a"}}`)},
		{"a dimension that is a text", bad, "Invalid metric transformation: dimension value must be valid selector", "PutMetricFilter", put("{ $.a = 1 }", transformation+`, "Dimensions": {"a": "b"}}`)},
		{"dimensions of terms", bad, "The specified filter pattern does not support dimensions", "PutMetricFilter", put("a", transformation+`, "Dimensions": {"a": "$.a"}}`)},
		{"four dimensions", bad, "at most 3", "PutMetricFilter", put("{ $.a = 1 }", transformation+`, "Dimensions": {"a": "$.a", "b": "$.a", "c": "$.a", "d": "$.a"}}`)},
		{
			"two transformations", bad, "1 validation error detected: Value '[MetricTransformation(metricName=m, metricNamespace=n, metricValue=1, defaultValue=null, unit=null, dimensions=null), " +
				"MetricTransformation(metricName=m, metricNamespace=n, metricValue=1, defaultValue=null, unit=null, dimensions=null)]' at 'metricTransformations' failed to satisfy constraint: Member must have length less than or equal to 1",
			"PutMetricFilter", put("", transformation+"}, "+transformation+"}"),
		},
		{"a value that is none", bad, "metric value", "PutMetricFilter", put("", `{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "x"}`)},
		{"a name without a namespace", bad, "", "DescribeMetricFilters", `{"MetricName": "m"}`},
		{"filters of no group", none, "", "DescribeMetricFilters", `{"LogGroupName": "x"}`},
		{"a pattern to test", bad, "If a filter pattern starts with '[' it must end with ']'", "TestMetricFilter", `{"FilterPattern": "[a", "LogEventMessages": ["a"]}`},

		{"another account's function", "AccessDeniedException", "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account lambda triggers.", "PutSubscriptionFilter", `{"LogGroupName": "x", "FilterName": "f", "FilterPattern": "", "DestinationArn": "arn:aws:lambda:ap-northeast-2:444455556666:function:f"}`},
		{"a subscription of no group", none, "", "PutSubscriptionFilter", `{"LogGroupName": "x", "FilterName": "f", "FilterPattern": "", "DestinationArn": "arn:aws:lambda:ap-northeast-2:111122223333:function:f"}`},
		{"a function that is not there", bad, "Could not execute the lambda function.", "PutSubscriptionFilter", `{"LogGroupName": "g", "FilterName": "f", "FilterPattern": "", "DestinationArn": "arn:aws:lambda:ap-northeast-2:111122223333:function:f"}`},
		{"a stream without a role", bad, "destinationArn for vendor kinesis cannot be used without roleArn", "PutSubscriptionFilter", `{"LogGroupName": "g", "FilterName": "f", "FilterPattern": "", "DestinationArn": "arn:aws:kinesis:ap-northeast-2:111122223333:stream/s"}`},
		{"a stream that is not there", bad, "Could not deliver test message to specified Kinesis stream.", "PutSubscriptionFilter", `{"LogGroupName": "g", "FilterName": "f", "FilterPattern": "", "RoleArn": "arn:aws:iam::111122223333:role/r", "DestinationArn": "arn:aws:kinesis:ap-northeast-2:111122223333:stream/s"}`},
		{"a bucket", bad, "vendor s3", "PutSubscriptionFilter", `{"LogGroupName": "g", "FilterName": "f", "FilterPattern": "", "DestinationArn": "arn:aws:s3:::b"}`},
		{"no subscription filter", none, "The specified subscription filter does not exist.", "DeleteSubscriptionFilter", `{"LogGroupName": "g", "FilterName": "f"}`},
		{"subscriptions of no group", none, "The specified log group does not exist.", "DescribeSubscriptionFilters", `{"LogGroupName": "x"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			(&desk{t, d.Service, d.ctx}).refused(tt.code, tt.text, tt.operation, "%s", tt.in)
		})
	}
	equal(t, "subscriptions", `{"SubscriptionFilters":[]}`, d.must("DescribeSubscriptionFilters", `{"LogGroupName": "g"}`))
	for i := range 100 {
		d.must("PutMetricFilter", `{"LogGroupName": "g", "FilterName": "%d", "FilterPattern": "", "MetricTransformations": [%s}]}`, i, transformation)
	}
	d.refused("LimitExceededException", "Resource limit exceeded.", "PutMetricFilter", "%s", put("", transformation+"}"))
	d.must("PutMetricFilter", `{"LogGroupName": "g", "FilterName": "7", "FilterPattern": "a", "MetricTransformations": [%s}]}`, transformation)
}

func TestATestOfAPattern(t *testing.T) {
	d := open(t)
	equal(t, "matches", `{"Matches":[{"EventMessage":"1.2.3.4 me","EventNumber":2,"ExtractedValues":{"$1":"1.2.3.4","$user":"me"}}]}`,
		d.must("TestMetricFilter", `{"FilterPattern": "[, user]", "LogEventMessages": ["x", "1.2.3.4 me"]}`))
	equal(t, "matches", `{"Matches":[{"EventMessage":"me","EventNumber":1,"ExtractedValues":{}}]}`,
		d.must("TestMetricFilter", `{"FilterPattern": "me", "LogEventMessages": ["me", "you"]}`))
}

func TestResourcePolicies(t *testing.T) {
	d := open(t)
	d.group("g")
	const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"es.amazonaws.com"},"Action":"logs:PutLogEvents","Resource":"*"}]}`
	for i := range 10 {
		d.must("PutResourcePolicy", `{"PolicyName": "p%d", "PolicyDocument": %q}`, i, document)
	}
	d.refused("LimitExceededException", "Resource limit exceeded.", "PutResourcePolicy", `{"PolicyName": "p10", "PolicyDocument": %q}`, document)
	out := d.must("PutResourcePolicy", `{"PolicyName": "p1", "PolicyDocument": %q}`, document)
	equal(t, "document", document, member(t, out, "ResourcePolicy", "PolicyDocument"))
	equal(t, "scope", "ACCOUNT", member(t, out, "ResourcePolicy", "PolicyScope"))
	out = d.must("PutResourcePolicy", `{"ResourceArn": "%sg", "PolicyDocument": %q}`, arn, document)
	revision := member(t, out, "RevisionId")
	d.refused("OperationAbortedException", "", "PutResourcePolicy", `{"ResourceArn": "%sg", "PolicyDocument": %q, "ExpectedRevisionId": "other"}`, arn, document)
	d.must("PutResourcePolicy", `{"ResourceArn": "%sg", "PolicyDocument": %q, "ExpectedRevisionId": %q}`, arn, document, revision)
	equal(t, "the account's", 10, len(member(t, d.must("DescribeResourcePolicies", `{}`), "ResourcePolicies").([]any)))                       //nolint:errcheck // it is a list
	equal(t, "the group's", 1, len(member(t, d.must("DescribeResourcePolicies", `{"ResourceArn": "%sg"}`, arn), "ResourcePolicies").([]any))) //nolint:errcheck // it is a list
	d.must("DeleteResourcePolicy", `{"PolicyName": "p1"}`)
	d.refused("ResourceNotFoundException", "Policy with name [p1] does not exist.", "DeleteResourcePolicy", `{"PolicyName": "p1"}`)
	d.refused("InvalidParameterException", "JSON", "PutResourcePolicy", `{"PolicyName": "x", "PolicyDocument": "{"}`)
	d.refused("InvalidParameterException", "5120", "PutResourcePolicy", `{"PolicyName": "x", "PolicyDocument": %q}`, document+strings.Repeat(" ", 5120))
	d.refused("ResourceNotFoundException", "", "PutResourcePolicy", `{"ResourceArn": "%sx", "PolicyDocument": %q}`, arn, document)
}

// What policies may ask of a group: its tags, and for services what its resource policies
// say. Changes count at once.
func TestWhatIsKnownOfAGroup(t *testing.T) {
	d := open(t)
	d.must("CreateLogGroup", `{"LogGroupName": "/app/g", "Tags": {"team": "a"}}`)
	held := func(arn string, p cloud.Principal) string {
		found, err := d.Held(d.ctx, &cloud.Access{Call: cloud.Call{Principal: p}}, cloud.Resource{ARN: arn})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range found.Policies {
			names = append(names, p.Name)
		}
		var conditions map[string][]string
		if found.Conditions.Tell != nil {
			conditions = servicetest.Must(found.Conditions.Tell(d.ctx))(t)
		}
		return fmt.Sprint(conditions, names)
	}
	service := cloud.ServiceOf("es.amazonaws.com")
	equal(t, "of a stream", "map[aws:ResourceTag/team:[a]] []", held(arn+"/app/g:log-stream:s", service))
	d.must("TagLogGroup", `{"LogGroupName": "/app/g", "Tags": {"team": "b"}}`)
	const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"es.amazonaws.com"},"Action":"logs:PutLogEvents","Resource":"*"}]}`
	d.must("PutResourcePolicy", `{"PolicyName": "p", "PolicyDocument": %q}`, document)
	d.must("PutResourcePolicy", `{"ResourceArn": "%s/app/g", "PolicyDocument": %q}`, arn, document)
	equal(t, "of a group", "map[aws:ResourceTag/team:[b]] ["+arn+"/app/g p]", held(arn+"/app/g:log-stream:", service))
	equal(t, "of a user", "map[aws:ResourceTag/team:[b]] []", held(arn+"/app/g:log-stream:", cloud.RootOf(servicetest.Account)))
	d.must("DeleteResourcePolicy", `{"PolicyName": "p"}`)
	equal(t, "of a group", "map[aws:ResourceTag/team:[b]] ["+arn+"/app/g]", held(arn+"/app/g", service))
	equal(t, "of none", "map[] []", held(arn+"none:log-stream:", service))
	equal(t, "of many", "map[] []", held(arn+"*", service))
}

func TestAccountPolicies(t *testing.T) {
	d := open(t)
	d.must("PutAccountPolicy", `{"PolicyName": "p", "PolicyType": "FIELD_INDEX_POLICY", "PolicyDocument": "{\"Fields\":[\"a\"]}", "SelectionCriteria": "LogGroupNamePrefix IN [\"x\"]"}`)
	out := d.must("DescribeAccountPolicies", `{"PolicyType": "FIELD_INDEX_POLICY"}`)
	equal(t, "document", `{"Fields":["a"]}`, member(t, out, "AccountPolicies", 0, "PolicyDocument"))
	equal(t, "account", "111122223333", member(t, out, "AccountPolicies", 0, "AccountId"))
	equal(t, "others", `{"AccountPolicies":[]}`, d.must("DescribeAccountPolicies", `{"PolicyType": "TRANSFORMER_POLICY"}`))
	for _, kind := range []string{"METRIC_EXTRACTION_POLICY"} {
		d.refused("InvalidParameterException", kind, "PutAccountPolicy", `{"PolicyName": "p", "PolicyType": %q, "PolicyDocument": "{}"}`, kind)
	}
	d.refused("InvalidParameterException", "1 to 20", "PutAccountPolicy", `{"PolicyName": "p", "PolicyType": "FIELD_INDEX_POLICY", "PolicyDocument": "{}"}`)
	d.must("DeleteAccountPolicy", `{"PolicyName": "p", "PolicyType": "FIELD_INDEX_POLICY"}`)
	d.refused("ResourceNotFoundException", "", "DeleteAccountPolicy", `{"PolicyName": "p", "PolicyType": "FIELD_INDEX_POLICY"}`)
}

func TestDestinations(t *testing.T) {
	d := open(t)
	const in = `{"DestinationName": "d", "TargetArn": "arn:aws:kinesis:ap-northeast-2:111122223333:stream/s", "RoleArn": "arn:aws:iam::111122223333:role/r", "Tags": {"a": "b"}}`
	out := d.must("PutDestination", "%s", in)
	equal(t, "its ARN", "arn:aws:logs:ap-northeast-2:111122223333:destination:d", member(t, out, "Destination", "Arn"))
	const policy = `{"Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"logs:PutSubscriptionFilter","Resource":"*"}}`
	d.must("PutDestinationPolicy", `{"DestinationName": "d", "AccessPolicy": %q}`, policy)
	d.refused("InvalidParameterException", "Missing required field Statement", "PutDestinationPolicy", `{"DestinationName": "d", "AccessPolicy": "{}"}`)
	d.must("PutDestination", "%s", in)
	out = d.must("DescribeDestinations", `{"DestinationNamePrefix": "d"}`)
	equal(t, "its policy", policy, member(t, out, "Destinations", 0, "AccessPolicy"))
	equal(t, "tags", `{"Tags":{"a":"b"}}`, d.must("ListTagsForResource", `{"ResourceArn": "arn:aws:logs:ap-northeast-2:111122223333:destination:d"}`))
	equal(t, "others", `{"Destinations":[]}`, d.must("DescribeDestinations", `{"DestinationNamePrefix": "e"}`))
	d.must("DeleteDestination", `{"DestinationName": "d"}`)
	d.refused("ResourceNotFoundException", "The specified destination does not exist.", "DeleteDestination", `{"DestinationName": "d"}`)
	d.refused("ResourceNotFoundException", "The specified destination does not exist.", "PutDestinationPolicy", `{"DestinationName": "d", "AccessPolicy": %q}`, policy)
}

func TestQueryDefinitions(t *testing.T) {
	d := open(t)
	const in = `{"Name": "%s", "QueryString": "fields @message", "LogGroupNames": ["g"], "ClientToken": "%036d"}`
	id := member(t, d.must("PutQueryDefinition", in, "a/b", 1), "QueryDefinitionId")
	equal(t, "the same request again", id, member(t, d.must("PutQueryDefinition", in, "a/b", 1), "QueryDefinitionId"))
	d.must("PutQueryDefinition", in, "a/a", 2)
	d.must("PutQueryDefinition", `{"QueryDefinitionId": %q, "Name": "a/c", "QueryString": "stats count(*)"}`, id)
	out := d.must("DescribeQueryDefinitions", `{"QueryDefinitionNamePrefix": "a/"}`)
	equal(t, "by name", []any{"a/a", "a/c"}, []any{member(t, out, "QueryDefinitions", 0, "Name"), member(t, out, "QueryDefinitions", 1, "Name")})
	equal(t, "an update replaces everything", nil, member(t, out, "QueryDefinitions", 1, "LogGroupNames"))
	equal(t, "deleted", `{"Success":true}`, d.must("DeleteQueryDefinition", `{"QueryDefinitionId": %q}`, id))
	d.refused("ResourceNotFoundException", "", "DeleteQueryDefinition", `{"QueryDefinitionId": %q}`, id)
	d.refused("ResourceNotFoundException", "", "PutQueryDefinition", `{"QueryDefinitionId": %q, "Name": "a", "QueryString": "x"}`, id)
}

// A live tail sends what is appended, once a second, and a sample of what is too much.
func TestALiveTail(t *testing.T) {
	store, dir := servicetest.Store(t), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := logs.Open(t.Context(), logs.Config{Dir: dir, Log: discard()}, store, &keys{})
		if err != nil {
			t.Fatal(err)
		}
		d := &desk{t, s, servicetest.Call(t)}
		d.group("g", "s", "t")
		d.group("other", "s")
		ctx, stop := context.WithCancel(d.ctx)
		out, err := s.StartLiveTail(ctx, &logsapi.StartLiveTailInput{LogGroupIdentifiers: []string{arn + "g"}, LogStreamNamePrefixes: []string{"s"}, LogEventFilterPattern: new("wanted")})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().UnixMilli()
		n := 0
		for e, err := range out.ResponseStream {
			if err != nil {
				t.Fatal(err)
			}
			switch n++; n {
			case 1:
				equal(t, "the first", []string{arn + "g"}, e.SessionStart.LogGroupIdentifiers)
				d.put("g", "s", now, "wanted 1", "not 2")
				d.put("g", "t", now, "wanted, of another stream")
				d.put("other", "s", now, "wanted, of another group")
				d.put("g", "s", now-5, "wanted 0")
			case 2:
				equal(t, "an update", []string{"wanted 0", "wanted 1"}, messages(e.SessionUpdate.SessionResults, func(e logsapi.LiveTailSessionLogEvent) *string { return e.Message }))
				equal(t, "sampled", false, *e.SessionUpdate.SessionMetadata.Sampled)
				equal(t, "its group", arn+"g", *e.SessionUpdate.SessionResults[0].LogGroupIdentifier)
				var many []string
				for i := range 6000 {
					many = append(many, fmt.Sprint("wanted ", i))
				}
				d.put("g", "s", now, many...)
			case 3:
				equal(t, "a sample", 500, len(e.SessionUpdate.SessionResults))
				equal(t, "sampled", true, *e.SessionUpdate.SessionMetadata.Sampled)
			case 4:
				equal(t, "a quiet second", 0, len(e.SessionUpdate.SessionResults))
				stop()
			default:
				t.Fatal("it goes on")
			}
		}
		equal(t, "updates", 4, n)
		tails := func() error {
			_, err := s.StartLiveTail(ctx, &logsapi.StartLiveTailInput{LogGroupIdentifiers: []string{arn + "g"}})
			return err
		}
		synctest.Wait()
		ctx, stop = context.WithCancel(d.ctx)
		for range 15 {
			if err := tails(); err != nil {
				t.Fatal(err)
			}
		}
		servicetest.WantCode(t, tails(), "LimitExceededException", "15")
		stop()
		synctest.Wait()
		ctx, stop = context.WithCancel(d.ctx)
		last, err := s.StartLiveTail(ctx, &logsapi.StartLiveTailInput{LogGroupIdentifiers: []string{arn + "g"}})
		if err != nil {
			t.Fatal(err)
		}
		began, timedOut := time.Now(), false
		for e, err := range last.ResponseStream {
			if err != nil {
				t.Fatal(err)
			}
			timedOut = e.SessionTimeoutException != nil
		}
		if !timedOut || time.Since(began) != 3*time.Hour {
			t.Errorf("it ended after %s", time.Since(began))
		}
		stop()
		synctest.Wait()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhatIsRefusedOfLiveTails(t *testing.T) {
	d := open(t)
	d.group("g")
	for _, in := range []string{
		`{"LogGroupIdentifiers": ["g"]}`, `{"LogGroupIdentifiers": ["` + arn + `g:*"]}`,
		`{"LogGroupIdentifiers": ["` + arn + `g", "` + arn + `g"], "LogStreamNames": ["s"]}`,
		`{"LogGroupIdentifiers": ["` + arn + `g"], "LogStreamNames": ["s"], "LogStreamNamePrefixes": ["s"]}`,
		`{"LogGroupIdentifiers": ["` + arn + `g"], "LogEventFilterPattern": "("}`,
	} {
		d.refused("InvalidParameterException", "", "StartLiveTail", "%s", in)
	}
	d.refused("ResourceNotFoundException", "", "StartLiveTail", `{"LogGroupIdentifiers": ["%sx"]}`, arn)
}
