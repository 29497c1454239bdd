package logs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
)

// policyOf is a data protection policy of managed identifiers, as JSON in JSON.
func policyOf(destination string, names ...string) string {
	for i := range names {
		names[i] = `\"arn:aws:dataprotection::aws:data-identifier/` + names[i] + `\"`
	}
	all := "[" + strings.Join(names, ",") + "]"
	return `{\"Name\":\"p\",\"Version\":\"2021-06-01\",\"Statement\":[{\"DataIdentifier\":` + all + `,\"Operation\":{\"Audit\":{\"FindingsDestination\":` + destination + `}}},` +
		`{\"DataIdentifier\":` + all + `,\"Operation\":{\"Deidentify\":{\"MaskConfig\":{}}}}]}`
}

// settle waits until time has gone on, so that what is put now comes later than what was
// before.
func settle() {
	for begin := time.Now().UnixMilli(); time.Now().UnixMilli() == begin; {
	}
}

func (d *desk) shown(group string, unmask bool) []string {
	d.Helper()
	messages, _ := d.get(&logsapi.GetLogEventsInput{LogGroupName: &group, LogStreamName: new("s"), StartFromHead: new(true), Unmask: &unmask})
	return messages
}

// pointers are those of the events of a group, which was the first that was made.
func (d *desk) pointers(group string) (all []string) {
	d.Helper()
	out, err := d.FilterLogEvents(d.ctx, &logsapi.FilterLogEventsInput{LogGroupName: &group})
	if err != nil {
		d.Fatal(err)
	}
	for _, e := range out.Events {
		var k events.Key
		if _, err := fmt.Sscanf(*e.EventId, "%14d%20d%10d", &k.Time, &k.Seq, &k.N); err != nil {
			d.Fatal(err)
		}
		all = append(all, logs.Pointer(1, k))
	}
	return all
}

func TestProtectedDataIsMasked(t *testing.T) {
	d := open(t)
	now := time.Now().UnixMilli()
	d.group("g", "s")
	d.group("/aws/vendedlogs/findings")
	d.put("g", "s", now, "before a@b.org")
	settle()
	d.must("PutDataProtectionPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "%s"}`, policyOf(`{\"CloudWatchLogs\":{\"LogGroup\":\"/aws/vendedlogs/findings\"}}`, "EmailAddress"))
	settle()
	d.put("g", "s", now+10, "에게 a@b.org, c@d.net", "nothing")
	settle()
	d.must("PutAccountPolicy", `{"PolicyName": "all", "PolicyType": "DATA_PROTECTION_POLICY", "PolicyDocument": "%s"}`, policyOf(`{}`, "IpAddress"))
	settle()
	d.put("g", "s", now+20, "192.0.2.1 of a@b.org")
	settle()
	d.must("DeleteDataProtectionPolicy", `{"LogGroupIdentifier": "g"}`)
	settle()
	d.put("g", "s", now+30, "192.0.2.1 of a@b.org")
	masked := []string{"before a@b.org", "에게 *******, *******", "nothing", "********* of *******", "********* of a@b.org"}
	plain := []string{"before a@b.org", "에게 a@b.org, c@d.net", "nothing", "192.0.2.1 of a@b.org", "192.0.2.1 of a@b.org"}
	for range 2 {
		if diff := cmp.Diff(masked, d.shown("g", false)) + cmp.Diff(plain, d.shown("g", true)); diff != "" {
			t.Error(diff)
		}
		// What is masked is found as it is shown alone.
		for pattern, want := range map[string]int{`"a@b.org"`: 2, `"*******,"`: 1, "nothing": 1} {
			if got := d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g"), FilterPattern: &pattern}); len(got) != want {
				t.Errorf("%s finds %q", pattern, got)
			}
		}
		if got := d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g"), FilterPattern: new(`"a@b.org"`), Unmask: new(true)}); len(got) != 4 {
			t.Errorf("found %q", got)
		}
		if err := d.Seal(d.ctx); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := d.get(&logsapi.GetLogEventsInput{LogGroupName: new("/aws/vendedlogs/findings"), LogStreamName: new("g"), StartFromHead: new(true)})
	at := func(text string) string { return text[len(`{"auditTimestamp":"2026-01-02T03:04:05Z"`):] }
	arn := `,"resourceArn":"arn:aws:logs:ap-northeast-2:` + string(servicetest.Account) + `:log-group:g:*","dataIdentifiers":[{"name":"EmailAddress",`
	if len(got) != 2 {
		t.Fatalf("findings: %q", got)
	}
	if diff := cmp.Diff([]string{
		arn + `"count":2,"detections":[{"start":4,"end":10},{"start":13,"end":19}]}]}`, arn + `"count":1,"detections":[{"start":14,"end":20}]}]}`,
	}, []string{at(got[0]), at(got[1])}); diff != "" {
		t.Error(diff)
	}
	d.pass()
	count := int64(0)
	for _, c := range d.CountedOwn(cloud.Scope{Account: servicetest.Account, Region: servicetest.Region}) {
		if c.Name == "LogEventsWithFindings" && c.Dimensions["LogGroupName"] == "g" {
			count += c.Count
		}
	}
	if count != 3 {
		t.Errorf("%d events with findings", count)
	}
}

func TestMaskedRecord(t *testing.T) {
	d := open(t)
	now := time.Now().UnixMilli()
	d.group("g", "s")
	d.must("PutDataProtectionPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "%s"}`, policyOf(`{}`, "Ssn-US", "CreditCardNumber"))
	settle()
	d.put("g", "s", now, `{"ssn":"123-45-6789","card":4111111111111111}`)
	for unmask, want := range map[bool][3]string{
		false: {"***********", "****************", `{"ssn":"***********","card":****************}`}, true: {"123-45-6789", "4111111111111111", `{"ssn":"123-45-6789","card":4111111111111111}`},
	} {
		r, err := d.GetLogRecord(d.ctx, &logsapi.GetLogRecordInput{LogRecordPointer: new(d.pointers("g")[0]), Unmask: &unmask})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, [3]string{r.LogRecord["ssn"], r.LogRecord["card"], r.LogRecord["@message"]}); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDataProtectionPolicyIsKept(t *testing.T) {
	d := open(t)
	d.group("g")
	d.must("CreateLogGroup", `{"LogGroupName": "d", "LogGroupClass": "DELIVERY"}`)
	document := policyOf(`{}`, "EmailAddress")
	d.refused("ResourceNotFoundException", "log group does not exist", "PutDataProtectionPolicy", `{"LogGroupIdentifier": "none", "PolicyDocument": "%s"}`, document)
	d.refused("InvalidParameterException", "class DELIVERY", "PutDataProtectionPolicy", `{"LogGroupIdentifier": "d", "PolicyDocument": "%s"}`, document)
	d.refused("InvalidParameterException", "does not exist", "PutDataProtectionPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "%s"}`, policyOf(`{}`, "Nonsense"))
	d.refused("InvalidParameterException", "log group nowhere", "PutDataProtectionPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "%s"}`, policyOf(`{\"CloudWatchLogs\":{\"LogGroup\":\"nowhere\"}}`, "EmailAddress"))
	d.refused("InvalidParameterException", "S3 bucket b", "PutDataProtectionPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "%s"}`, policyOf(`{\"S3\":{\"Bucket\":\"b\"}}`, "EmailAddress"))
	d.refused("ResourceNotFoundException", "data protection policy", "DeleteDataProtectionPolicy", `{"LogGroupIdentifier": "g"}`)
	if got := d.must("GetDataProtectionPolicy", `{"LogGroupIdentifier": "g"}`); got != `{"LogGroupIdentifier":"g"}` {
		t.Error(got)
	}
	d.must("PutDataProtectionPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "%s"}`, document)
	if got := d.must("GetDataProtectionPolicy", `{"LogGroupIdentifier": "g"}`); !strings.Contains(got, `"PolicyDocument":"{\"Name\"`) || !strings.Contains(got, "LastUpdatedTime") {
		t.Error(got)
	}
	status := func(want string) {
		t.Helper()
		if got := d.must("DescribeLogGroups", `{"LogGroupNamePrefix": "g"}`); !strings.Contains(got, `"DataProtectionStatus":"`+want) {
			t.Error(got)
		}
	}
	status("ACTIVATED")
	d.must("DeleteDataProtectionPolicy", `{"LogGroupIdentifier": "g"}`)
	status("DELETED")
	// A group of the same name has nothing of the one before.
	d.must("PutDataProtectionPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "%s"}`, document)
	d.must("DeleteLogGroup", `{"LogGroupName": "g"}`)
	d.group("g", "s")
	d.put("g", "s", time.Now().UnixMilli(), "a@b.org")
	if got := d.shown("g", false); got[0] != "a@b.org" {
		t.Error(got)
	}
}

func TestTransformer(t *testing.T) {
	d := open(t)
	d.group("app/g", "s")
	d.must("CreateLogGroup", `{"LogGroupName": "ia", "LogGroupClass": "INFREQUENT_ACCESS"}`)
	const put = `{"LogGroupIdentifier": %q, "TransformerConfig": [{"ParseJSON": {}}, {"CopyValue": {"Entries": [{"Source": "@logGroupName", "Target": "group"}, {"Source": "@logGroupStream", "Target": "stream"}]}}, {"DeleteKeys": {"WithKeys": ["secret"]}}]}`
	d.refused("InvalidOperationException", "INFREQUENT_ACCESS", "PutTransformer", put, "ia")
	d.refused("ResourceNotFoundException", "", "PutTransformer", put, "none")
	d.refused("ResourceNotFoundException", "transformer", "GetTransformer", `{"LogGroupIdentifier": "app/g"}`)
	d.refused("ResourceNotFoundException", "transformer", "DeleteTransformer", `{"LogGroupIdentifier": "app/g"}`)
	d.refused("InvalidParameterException", "must be a parser", "PutTransformer", `{"LogGroupIdentifier": "app/g", "TransformerConfig": [{"DeleteKeys": {"WithKeys": ["a"]}}]}`)
	now := time.Now().UnixMilli()
	d.put("app/g", "s", now, `{"a":0,"secret":1}`)
	settle()
	d.must("PutAccountPolicy", `{"PolicyName": "t", "PolicyType": "TRANSFORMER_POLICY", "PolicyDocument": "[{\"parseJSON\":{\"destination\":\"of\"}}]", "SelectionCriteria": "LogGroupNamePrefix = \"app/\""}`)
	settle()
	d.put("app/g", "s", now+1, `{"a":1,"secret":1}`)
	settle()
	d.must("PutTransformer", put, "app/g")
	if got := d.must("GetTransformer", `{"LogGroupIdentifier": "app/g"}`); !strings.Contains(got, `"TransformerConfig":[{"ParseJSON":{}},{"CopyValue":{"Entries":[{"Source":"@logGroupName","Target":"group"}`) || !strings.Contains(got, `:log-group:app/g"`) {
		t.Error(got)
	}
	settle()
	d.put("app/g", "s", now+2, `{"a":2,"secret":1}`, `no JSON`)
	settle()
	d.must("DeleteTransformer", `{"LogGroupIdentifier": "app/g"}`)
	settle()
	d.put("app/g", "s", now+4, `{"a":3,"secret":1}`)
	want := []map[string]string{
		{"a": "0", "secret": "1"},
		{"of.a": "1", "of.secret": "1"},
		{"a": "2", "group": "app/g", "stream": "s"},
		{"@transformationError": "parseJSON (processor 1): the text is no valid JSON"},
		{"of.a": "3", "of.secret": "1"},
	}
	messages := d.shown("app/g", false)
	if diff := cmp.Diff([]string{`{"a":0,"secret":1}`, `{"a":1,"secret":1}`, `{"a":2,"secret":1}`, `no JSON`, `{"a":3,"secret":1}`}, messages); diff != "" {
		t.Error(diff)
	}
	for i, pointer := range d.pointers("app/g") {
		r, err := d.GetLogRecord(d.ctx, &logsapi.GetLogRecordInput{LogRecordPointer: &pointer})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for name, value := range r.LogRecord {
			if !strings.HasPrefix(name, "@") || name == "@transformationError" {
				got[name] = value
			}
		}
		if diff := cmp.Diff(want[i], got); diff != "" || r.LogRecord["@message"] != messages[i] {
			t.Errorf("%s%s", diff, r.LogRecord["@message"])
		}
	}
}

func TestTestTransformer(t *testing.T) {
	d := open(t)
	got := d.must("TestTransformer", `{"TransformerConfig": [{"Csv": {"Columns": ["a", "b"]}}], "LogEventMessages": ["1,2", "\"", "<3>"]}`)
	if want := `{"TransformedLogs":[{"EventMessage":"1,2","EventNumber":1,"TransformedEventMessage":"{\"a\":\"1\",\"b\":\"2\"}"},{"EventMessage":"\"","EventNumber":2,"TransformedEventMessage":"{\"@transformationError\":\"csv (processor 1): a quoted value does not end\"}"},` +
		`{"EventMessage":"<3>","EventNumber":3,"TransformedEventMessage":"{\"a\":\"<3>\"}"}]}`; got != want {
		t.Error(got)
	}
	d.refused("InvalidParameterException", "OCSF", "TestTransformer", `{"TransformerConfig": [{"ParseToOCSF": {"EventSource": "VPCFlow", "OcsfVersion": "V1.1"}}], "LogEventMessages": ["1"]}`)
}

func TestAccountPoliciesThatShape(t *testing.T) {
	d := open(t)
	const transformer = `[{\"parseJSON\":{}}]`
	put := `{"PolicyName": %q, "PolicyType": "TRANSFORMER_POLICY", "PolicyDocument": "` + transformer + `", "SelectionCriteria": %q}`
	d.must("PutAccountPolicy", put, "a", `LogGroupNamePrefix = "my-log"`)
	d.must("PutAccountPolicy", put, "a", `LogGroupNamePrefix = "my-log"`)
	d.must("PutAccountPolicy", put, "b", `LogGroupNamePrefix IN ["x", "y"]`)
	d.refused("InvalidParameterException", "policy a is about", "PutAccountPolicy", put, "c", `LogGroupNamePrefix = "my-logging"`)
	d.refused("InvalidParameterException", "policy a is about", "PutAccountPolicy", put, "c", `LogGroupNamePrefix = "my"`)
	d.refused("InvalidParameterException", "can only be", "PutAccountPolicy", put, "c", `LogGroupNamePrefix NOT IN ["z"]`)
	d.refused("InvalidParameterException", "invalid", "PutAccountPolicy", put, "c", `LogGroupName = "z"`)
	d.refused("InvalidParameterException", "overlap", "PutAccountPolicy", `{"PolicyName": "c", "PolicyType": "TRANSFORMER_POLICY", "PolicyDocument": "`+transformer+`"}`)
	d.refused("InvalidParameterException", "aws/", "PutAccountPolicy", put, "aws/c", `LogGroupNamePrefix = "z"`)
	d.refused("InvalidParameterException", "no JSON", "PutAccountPolicy", `{"PolicyName": "c", "PolicyType": "TRANSFORMER_POLICY", "PolicyDocument": "{}"}`)
	d.refused("InvalidParameterException", "at most 25600", "PutAccountPolicy", put, "c", `LogGroupNamePrefix = "`+strings.Repeat("z", 26_000)+`"`)
	for i := range 18 {
		d.must("PutAccountPolicy", put, fmt.Sprint("n", i), fmt.Sprintf(`LogGroupNamePrefix = "n%02d"`, i))
	}
	d.refused("LimitExceededException", "", "PutAccountPolicy", put, "one-more", `LogGroupNamePrefix = "z"`)
	d.must("DeleteAccountPolicy", `{"PolicyName": "n0", "PolicyType": "TRANSFORMER_POLICY"}`)
	d.must("PutAccountPolicy", put, "one-more", `LogGroupNamePrefix = "z"`)

	protection := `{"PolicyName": %q, "PolicyType": "DATA_PROTECTION_POLICY", "PolicyDocument": "` + policyOf(`{}`, "EmailAddress") + `"}`
	d.must("PutAccountPolicy", protection, "a")
	d.refused("LimitExceededException", "", "PutAccountPolicy", protection, "b")
	d.refused("InvalidParameterException", "no selection criteria", "PutAccountPolicy", strings.TrimSuffix(protection, "}")+`, "SelectionCriteria": "LogGroupNamePrefix = \"a\""}`, "a")
	d.group("g")
	if got := d.must("DescribeLogGroups", `{}`); !strings.Contains(got, `"InheritedProperties":["ACCOUNT_DATA_PROTECTION"]`) {
		t.Error(got)
	}
	d.refused("InvalidParameterException", "METRIC_EXTRACTION_POLICY are not followed", "PutAccountPolicy", `{"PolicyName": "m", "PolicyType": "METRIC_EXTRACTION_POLICY", "PolicyDocument": "{}"}`)
	if got := d.must("DescribeAccountPolicies", `{"PolicyType": "DATA_PROTECTION_POLICY"}`); !strings.Contains(got, `"PolicyName":"a"`) {
		t.Error(got)
	}
}

func TestManyChangesOfAShape(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	put := func(i int) (string, string) {
		return `{"LogGroupIdentifier": "g", "TransformerConfig": [{"ParseJSON": {"Destination": %q}}]}`, fmt.Sprint("d", i)
	}
	now := time.Now().UnixMilli()
	for i := range 600 { // no event comes between them
		format, name := put(i)
		d.must("PutTransformer", format, name)
	}
	for i := range 500 {
		format, name := put(i)
		d.must("PutTransformer", format, name)
		d.put("g", "s", now, `{"a":1}`)
	}
	format, name := put(500)
	d.refused("LimitExceededException", "", "PutTransformer", format, name)
	format, name = put(499) // which is what holds already
	d.must("PutTransformer", format, name)
	d.must("DeleteTransformer", `{"LogGroupIdentifier": "g"}`)
}

// A policy that is put while no event comes holds for all that come.
func TestPolicyThatReplacesOneBeforeAnEventCame(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	put := `{"LogGroupIdentifier": "g", "PolicyDocument": "%s"}`
	d.must("PutDataProtectionPolicy", put, policyOf(`{}`, "IpAddress"))
	d.must("PutDataProtectionPolicy", put, policyOf(`{}`, "EmailAddress"))
	d.put("g", "s", time.Now().UnixMilli(), "a@b.org 192.0.2.1")
	settle()
	d.must("DeleteDataProtectionPolicy", `{"LogGroupIdentifier": "g"}`)
	settle()
	d.put("g", "s", time.Now().UnixMilli(), "a@b.org")
	if diff := cmp.Diff([]string{"******* 192.0.2.1", "a@b.org"}, d.shown("g", false)); diff != "" {
		t.Error(diff)
	}
}

func TestBearerTokenAuthentication(t *testing.T) {
	d := open(t)
	d.group("g")
	d.must("PutBearerTokenAuthentication", `{"LogGroupIdentifier": "g", "BearerTokenAuthenticationEnabled": true}`)
	if got := d.must("DescribeLogGroups", `{}`); !strings.Contains(got, `"BearerTokenAuthenticationEnabled":true`) {
		t.Error(got)
	}
	d.refused("ResourceNotFoundException", "", "PutBearerTokenAuthentication", `{"LogGroupIdentifier": "none", "BearerTokenAuthenticationEnabled": true}`)
}
