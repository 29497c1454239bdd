package app_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/kit/material"
)

// asked is an answer of CloudWatch in any protocol.
type asked struct {
	status        int
	text          string // of the whole answer, CBOR's as Go prints it
	code, message string
}

// protocolsOfAlarms are how a call of CloudWatch is made in each protocol, with its input as JSON.
var protocolsOfAlarms = map[string]func(t *testing.T, server *app.App, operation, in string) asked{
	"json": func(t *testing.T, server *app.App, operation, in string) (a asked) {
		t.Helper()
		status, text := monitoring(t, server, "/", map[string]string{
			"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801." + operation, "X-Amz-Query-Mode": "true",
		}, []byte(in))
		var failed struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal(text, &failed); err != nil && len(text) > 0 {
			t.Fatalf("%s: %v", text, err)
		}
		return asked{status, string(text), failed.Type, failed.Message}
	},
	"query": func(t *testing.T, server *app.App, operation, in string) (a asked) {
		t.Helper()
		form := url.Values{"Action": {operation}, "Version": {"2010-08-01"}}
		var value map[string]any
		if err := json.Unmarshal([]byte(in), &value); err != nil {
			t.Fatal(err)
		}
		flatten(form, "", value)
		status, text := monitoring(t, server, "/", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, []byte(form.Encode()))
		var failed struct {
			Error struct{ Code, Message string }
		}
		if err := xml.Unmarshal(text, &failed); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return asked{status, string(text), failed.Error.Code, failed.Error.Message}
	},
	"cbor": func(t *testing.T, server *app.App, operation, in string) (a asked) {
		t.Helper()
		var value map[string]any
		if err := json.Unmarshal([]byte(in), &value); err != nil {
			t.Fatal(err)
		}
		body, err := cbor.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		status, text := monitoring(t, server, "/service/GraniteServiceVersion20100801/operation/"+operation,
			map[string]string{"Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor", "Accept": "application/cbor", "X-Amz-Query-Mode": "true"}, body)
		var answer map[string]any
		if len(text) > 0 {
			if err := cbor.Unmarshal(text, &answer); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
		code, _ := answer["__type"].(string)
		message, _ := answer["message"].(string)
		return asked{status, fmt.Sprint(answer), code, message}
	},
}

// flatten puts a value into a form, as the query protocol has it.
func flatten(form url.Values, at string, value any) {
	below := func(name string) string { return strings.TrimPrefix(at+"."+name, ".") }
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			flatten(form, below(name), member)
		}
	case []any:
		for i, element := range value {
			flatten(form, below(fmt.Sprintf("member.%d", i+1)), element)
		}
	default:
		form.Set(at, fmt.Sprint(value))
	}
}

const alarmOnM = `"MetricName":"m","Namespace":"ns","Statistic":"Sum","Period":60,"EvaluationPeriods":1,"Threshold":1.5,"ComparisonOperator":"GreaterThanThreshold"`

// What AWS says of rules and of alarms that are not there is said in each protocol, and what
// is put in one is there in the others.
func TestAlarmsInThreeProtocols(t *testing.T) {
	server := serve(t, t.TempDir())
	own := func(text string) string {
		return strings.NewReplacer("123456789012", "111122223333", "us-east-1", "eu-west-1").Replace(text)
	}
	put := func(t *testing.T, protocol, operation, in string) string {
		t.Helper()
		a := protocolsOfAlarms[protocol](t, server, operation, in)
		if a.status != http.StatusOK {
			t.Fatalf("%s %s: %d %s", operation, in, a.status, a.text)
		}
		return a.text
	}
	put(t, "json", "PutMetricAlarm", `{"AlarmName":"metric",`+alarmOnM+`,"Dimensions":[{"Name":"a","Value":"b"}],"AlarmActions":["arn:aws:sns:eu-west-1:111122223333:t"]}`)
	put(t, "query", "PutMetricAlarm", `{"AlarmName":"second",`+alarmOnM+`,"Tags":[{"Key":"k","Value":"v"}]}`)
	put(t, "cbor", "PutCompositeAlarm", `{"AlarmName":"composite","AlarmRule":"FALSE"}`)
	rules := material.Lines[struct {
		Rule, Message string
		OK            bool
	}](t, "cases", "alarm_rules.jsonl")
	for name, call := range protocolsOfAlarms {
		t.Run(name, func(t *testing.T) {
			for _, one := range rules {
				if one.Rule == "" {
					continue
				}
				in, err := json.Marshal(map[string]string{"AlarmName": "composite", "AlarmRule": own(one.Rule)})
				if err != nil {
					t.Fatal(err)
				}
				a := call(t, server, "PutCompositeAlarm", string(in))
				if one.OK && a.status != http.StatusOK || !one.OK && (a.status != http.StatusBadRequest || a.message != own(one.Message) || !strings.Contains(a.code, "Validation")) {
					t.Errorf("%s: %d %s", one.Rule, a.status, a.text)
				}
			}
			for _, tt := range []struct {
				operation, in string
				status        int
				code, message string
			}{
				{
					"SetAlarmState", `{"AlarmName":"metric","StateValue":"INVALID","StateReason":"r"}`, 400, "Validation",
					"1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]",
				},
				{"SetAlarmState", `{"AlarmName":"missing","StateValue":"OK","StateReason":"r"}`, 404, "ResourceNotFound", ""},
				{"ListTagsForResource", `{"ResourceARN":"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:missing"}`, 404, "ResourceNotFoundException", ""},
				{"PutMetricAlarm", `{"AlarmName":"bad",` + alarmOnM + `,"OKActions":["not-an-arn"]}`, 400, "Validation", "Invalid arn syntax: not-an-arn"},
				{"PutMetricAlarm", `{"AlarmName":"composite",` + alarmOnM + `}`, 400, "Validation", "AlarmName [composite] is already used by another alarm of a different type"},
				{
					"PutMetricAlarm", `{"AlarmName":"bad",` + strings.Replace(alarmOnM, `"Statistic":"Sum"`, `"ExtendedStatistic":"p101"`, 1) + `}`, 400, "InvalidParameterValue",
					"The value p101 for parameter ExtendedStatistic is not supported.",
				},
				{"DescribeAlarmHistory", `{"NextToken":"invalid-token"}`, 400, "InvalidNextToken", "Invalid NextToken : invalid-token"},
				{
					"TagResource", `{"ResourceARN":"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:metric","Tags":[{"Key":"AWS:x","Value":""}]}`, 403, "AccessDenied",
					`The provided tag keys must not start with any case of "aws:"`,
				},
				{"DeleteAlarms", `{"AlarmNames":["missing"]}`, 200, "", ""},
				{"EnableAlarmActions", `{"AlarmNames":["metric","missing"]}`, 200, "", ""},
				{"PutLogAlarm", `{}`, 400, "", ""},
			} {
				a := call(t, server, tt.operation, tt.in)
				if tt.code == "AccessDenied" && name != "query" {
					tt.status = http.StatusBadRequest // as JSON has it
				}
				if a.status != tt.status || !strings.Contains(a.code, tt.code) || tt.operation != "PutLogAlarm" && a.message != tt.message {
					t.Errorf("%s %s: %d %s", tt.operation, tt.in, a.status, a.text)
				}
			}
			shown := put(t, name, "DescribeAlarms", `{"AlarmTypes":["MetricAlarm","CompositeAlarm"]}`)
			for _, part := range []string{"metric", "second", "composite", "1.5", "arn:aws:sns:eu-west-1:111122223333:t", "Unchecked: Initial alarm creation", "GreaterThanThreshold"} {
				if !strings.Contains(shown, part) {
					t.Errorf("what is described lacks %s: %s", part, shown)
				}
			}
			if shown := put(t, name, "ListTagsForResource", `{"ResourceARN":"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:second"}`); !strings.Contains(shown, "k") || !strings.Contains(shown, "v") {
				t.Errorf("the tags are %s", shown)
			}
		})
	}
}
