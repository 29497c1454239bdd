package logs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/vended"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
)

const (
	distribution = "arn:aws:cloudfront::111122223333:distribution/E1"
	balancer     = "arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:loadbalancer/net/n/1"
	destined     = "arn:aws:logs:ap-northeast-2:111122223333:delivery-destination:"
)

func (d *desk) source(name, resource, kind string) string {
	d.Helper()
	return d.must("PutDeliverySource", `{"Name": %q, "ResourceArn": %q, "LogType": %q}`, name, resource, kind)
}

func (d *desk) destination(name, target, more string) string {
	d.Helper()
	return d.must("PutDeliveryDestination", `{"Name": %q, "DeliveryDestinationConfiguration": {"DestinationResourceArn": %q}%s}`, name, target, more)
}

func TestDeliveriesAreKept(t *testing.T) {
	d := open(t)
	out := d.must("PutDeliverySource", `{"Name": "s", "ResourceArn": %q, "LogType": "ACCESS_LOGS", "Tags": {"a": "b"}}`, distribution)
	equal(t, "a source", []any{"arn:aws:logs:ap-northeast-2:111122223333:delivery-source:s", "cloudfront", "ACCESS_LOGS", distribution, "INACTIVE", "No service cloudfront emits logs on this server.", "b"}, []any{
		member(t, out, "DeliverySource", "Arn"), member(t, out, "DeliverySource", "Service"), member(t, out, "DeliverySource", "LogType"), member(t, out, "DeliverySource", "ResourceArns", 0),
		member(t, out, "DeliverySource", "Status"), member(t, out, "DeliverySource", "StatusReason"), member(t, out, "DeliverySource", "Tags", "a"),
	})
	out = d.destination("d", "arn:aws:s3:::b/of/it", `, "OutputFormat": "json"`)
	equal(t, "a destination", []any{destined + "d", "S3", "json"}, []any{
		member(t, out, "DeliveryDestination", "Arn"), member(t, out, "DeliveryDestination", "DeliveryDestinationType"), member(t, out, "DeliveryDestination", "OutputFormat"),
	})
	out = d.must("CreateDelivery", `{"DeliverySourceName": "s", "DeliveryDestinationArn": %q, "RecordFields": ["date", "time"]}`, destined+"d")
	id := member(t, out, "Delivery", "Id")
	equal(t, "a delivery", []any{"s", destined + "d", "S3", "of/it/AWSLogs/{account-id}/CloudFront/", false, "arn:aws:logs:ap-northeast-2:111122223333:delivery:" + fmt.Sprint(id)}, []any{
		member(t, out, "Delivery", "DeliverySourceName"), member(t, out, "Delivery", "DeliveryDestinationArn"), member(t, out, "Delivery", "DeliveryDestinationType"),
		member(t, out, "Delivery", "S3DeliveryConfiguration", "SuffixPath"), member(t, out, "Delivery", "S3DeliveryConfiguration", "EnableHiveCompatiblePath"), member(t, out, "Delivery", "Arn"),
	})
	d.must("UpdateDeliveryConfiguration", `{"Id": %q, "FieldDelimiter": ",", "S3DeliveryConfiguration": {"SuffixPath": "x/{yyyy}", "EnableHiveCompatiblePath": true}}`, id)
	out = d.must("GetDelivery", `{"Id": %q}`, id)
	equal(t, "what was changed", []any{",", "of/it/x/{yyyy}", true, []any{"date", "time"}}, []any{
		member(t, out, "Delivery", "FieldDelimiter"), member(t, out, "Delivery", "S3DeliveryConfiguration", "SuffixPath"),
		member(t, out, "Delivery", "S3DeliveryConfiguration", "EnableHiveCompatiblePath"), member(t, out, "Delivery", "RecordFields"),
	})
	const policy = `{"Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"logs:CreateDelivery","Resource":"*"}}`
	d.must("PutDeliveryDestinationPolicy", `{"DeliveryDestinationName": "d", "DeliveryDestinationPolicy": %q}`, policy)
	equal(t, "its policy", policy, member(t, d.must("GetDeliveryDestinationPolicy", `{"DeliveryDestinationName": "d"}`), "Policy", "DeliveryDestinationPolicy"))
	out = d.destination("d", "arn:aws:s3:::b/of/it", "")
	equal(t, "a format that is left out", nil, member(t, out, "DeliveryDestination", "OutputFormat"))
	d.must("DeleteDeliveryDestinationPolicy", `{"DeliveryDestinationName": "d"}`)
	equal(t, "no policy", `{"Policy":{}}`, d.must("GetDeliveryDestinationPolicy", `{"DeliveryDestinationName": "d"}`))
	equal(t, "tags", `{"Tags":{"a":"b"}}`, d.must("ListTagsForResource", `{"ResourceArn": "arn:aws:logs:ap-northeast-2:111122223333:delivery-source:s"}`))
	d.source("t", distribution, "ACCESS_LOGS")
	d.source("u", distribution, "ACCESS_LOGS")
	names := servicetest.Pages(t, 50, func(size *int32, token *string) (names []string, next *string, err error) {
		out, err := d.DescribeDeliverySources(d.ctx, &logsapi.DescribeDeliverySourcesInput{Limit: size, NextToken: token})
		if err == nil {
			names, next = messages(out.DeliverySources, func(s logsapi.DeliverySource) *string { return s.Name }), out.NextToken
		}
		return names, next, err
	})
	equal(t, "sources", []string{"s", "t", "u"}, names)
	d.refused("ConflictException", "is used by delivery", "DeleteDeliverySource", `{"Name": "s"}`)
	d.refused("ConflictException", "is used by delivery", "DeleteDeliveryDestination", `{"Name": "d"}`)
	d.must("DeleteDelivery", `{"Id": %q}`, id)
	equal(t, "deliveries", `{"Deliveries":[]}`, d.must("DescribeDeliveries", `{}`))
	d.must("DeleteDeliverySource", `{"Name": "s"}`)
	d.must("DeleteDeliveryDestination", `{"Name": "d"}`)
	equal(t, "destinations", `{"DeliveryDestinations":[]}`, d.must("DescribeDeliveryDestinations", `{}`))
	templates, err := d.DescribeConfigurationTemplates(d.ctx, &logsapi.DescribeConfigurationTemplatesInput{Service: new("cloudfront"), DeliveryDestinationTypes: []string{"S3"}})
	if err != nil || len(templates.ConfigurationTemplates) != 1 || *templates.ConfigurationTemplates[0].DefaultDeliveryConfigValues.S3DeliveryConfiguration.SuffixPath != "AWSLogs/{account-id}/CloudFront/" {
		t.Error(templates, err)
	}
	all := servicetest.Pages(t, 50, func(size *int32, token *string) (names []string, next *string, err error) {
		out, err := d.DescribeConfigurationTemplates(d.ctx, &logsapi.DescribeConfigurationTemplatesInput{Limit: size, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		for _, t := range out.ConfigurationTemplates {
			names = append(names, *t.Service+" "+*t.LogType+" "+*t.DeliveryDestinationType)
		}
		return names, out.NextToken, nil
	})
	if len(all) < 50 {
		t.Errorf("%d templates", len(all))
	}
}

func TestDeliveriesThatAreRefused(t *testing.T) {
	d := open(t)
	d.source("s", distribution, "ACCESS_LOGS")
	d.source("n", balancer, "NLB_ACCESS_LOGS")
	d.destination("d", "arn:aws:s3:::b", `, "OutputFormat": "plain"`)
	d.destination("g", "arn:aws:logs:ap-northeast-2:111122223333:log-group:g", "")
	d.must("CreateDelivery", `{"DeliverySourceName": "s", "DeliveryDestinationArn": %q}`, destined+"d")
	const missing, bad, conflict = "ResourceNotFoundException", "ValidationException", "ConflictException"
	put := func(name, arn, kind string) string {
		return fmt.Sprintf(`{"Name": %q, "ResourceArn": %q, "LogType": %q}`, name, arn, kind)
	}
	to := func(name, arn, more string) string {
		return fmt.Sprintf(`{"Name": %q, "DeliveryDestinationConfiguration": {"DestinationResourceArn": %q}%s}`, name, arn, more)
	}
	create := func(source, arn, more string) string {
		return fmt.Sprintf(`{"DeliverySourceName": %q, "DeliveryDestinationArn": %q%s}`, source, arn, more)
	}
	for _, tt := range []struct{ name, code, text, operation, in string }{
		{"a source of what has no logs", missing, "Cannot access provided service.", "PutDeliverySource", put("x", "arn:aws:s3:::b", "ACCESS_LOGS")},
		{"a source that is no ARN", bad, "", "PutDeliverySource", put("x", "b", "ACCESS_LOGS")},
		{"another account's resource", missing, "", "PutDeliverySource", put("x", "arn:aws:cloudfront::444455556666:distribution/E1", "ACCESS_LOGS")},
		{"a type of logs that there is not", bad, "ACCESS_LOGS", "PutDeliverySource", put("x", distribution, "EVENT_LOGS")},
		{"a source that turns to another resource", conflict, "", "PutDeliverySource", put("s", distribution+"2", "ACCESS_LOGS")},
		{"no source", missing, "Requested Delivery Source does not exist in this account.", "GetDeliverySource", `{"Name": "x"}`},
		{"no source to delete", missing, "Requested Delivery Source does not exist in this account..", "DeleteDeliverySource", `{"Name": "x"}`},
		{"a queue as a destination", bad, "", "PutDeliveryDestination", to("x", "arn:aws:sqs:ap-northeast-2:111122223333:q", "")},
		{"no target", bad, "required", "PutDeliveryDestination", `{"Name": "x"}`},
		{"traces", bad, "X-Ray", "PutDeliveryDestination", `{"Name": "x", "DeliveryDestinationType": "XRAY"}`},
		{"another type than that of the target", bad, "CWL", "PutDeliveryDestination", to("x", "arn:aws:s3:::b", `, "DeliveryDestinationType": "CWL"`)},
		{"Parquet", bad, "parquet", "PutDeliveryDestination", to("x", "arn:aws:s3:::b", `, "OutputFormat": "parquet"`)},
		{"w3c into a group", bad, "w3c", "PutDeliveryDestination", to("x", "arn:aws:logs:ap-northeast-2:111122223333:log-group:g", `, "OutputFormat": "w3c"`)},
		{"a format that is changed", bad, "cannot be changed", "PutDeliveryDestination", to("d", "arn:aws:s3:::b", `, "OutputFormat": "json"`)},
		{"a type that is changed", conflict, "cannot be changed", "PutDeliveryDestination", to("d", "arn:aws:logs:ap-northeast-2:111122223333:log-group:g", "")},
		{"no destination", missing, "Requested Delivery Destination does not exist in this account.", "GetDeliveryDestination", `{"Name": "x"}`},
		{"a policy of no destination", missing, "", "PutDeliveryDestinationPolicy", `{"DeliveryDestinationName": "x", "DeliveryDestinationPolicy": "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"logs:CreateDelivery\",\"Resource\":\"*\"}}"}`},
		{"a policy that is none", bad, "", "PutDeliveryDestinationPolicy", `{"DeliveryDestinationName": "d", "DeliveryDestinationPolicy": "{"}`},
		{"a delivery of no source", missing, "Requested Delivery Source does not exist in this account.", "CreateDelivery", create("x", destined+"d", "")},
		{"a delivery to no destination", missing, "Requested Delivery Destination does not exist in this account.", "CreateDelivery", create("s", destined+"x", "")},
		{"a delivery to no ARN", bad, "", "CreateDelivery", create("s", "d", "")},
		{"a delivery that is there", conflict, "Delivery already exists with id", "CreateDelivery", create("s", destined+"d", "")},
		{"a field that there is not", bad, "x is no field", "CreateDelivery", create("s", destined+"g", `, "RecordFields": ["x"]`)},
		{"a field twice", bad, "twice", "CreateDelivery", create("n", destined+"g", `, "RecordFields": ["x", "x"]`)},
		{"a path of a group", bad, "buckets alone", "CreateDelivery", create("s", destined+"g", `, "S3DeliveryConfiguration": {"SuffixPath": "x"}`)},
		{"a path that is none", bad, "{x} is no variable", "CreateDelivery", create("n", destined+"d", `, "S3DeliveryConfiguration": {"SuffixPath": "{x}"}`)},
		{"no delivery", missing, "Requested Delivery does not exist in this account.", "GetDelivery", `{"Id": "x"}`},
		{"no delivery to change", missing, "", "UpdateDeliveryConfiguration", `{"Id": "x"}`},
		{"no delivery to delete", missing, "", "DeleteDelivery", `{"Id": "x"}`},
		{"a page that is none", bad, "", "DescribeDeliveries", `{"NextToken": "x"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			(&desk{t, d.Service, d.ctx}).refused(tt.code, tt.text, tt.operation, "%s", tt.in)
		})
	}
}

// What a service hands over is delivered where its deliveries say, in their formats.
func TestLogsOfServicesAreDelivered(t *testing.T) {
	s3 := newBuckets()
	d, to := subscribed(t, servicetest.Store(t), t.TempDir(), func(cfg *logs.Config) {
		cfg.Buckets, cfg.Emitters = s3.as, []string{"elasticloadbalancing"}
		cfg.May = func(ctx context.Context, action, arn string, _ map[string][]string) error {
			if call := cloud.CallOf(ctx); call.Principal.Name == "delivery.logs.amazonaws.com" && strings.Contains(arn, "closed") {
				return cloud.Errorf(cloud.Denied, "AccessDeniedException", "not %s", action)
			}
			return nil
		}
	})
	d.group("g")
	d.group("closed")
	equal(t, "its status", "ACTIVE", member(t, d.source("n", balancer, "NLB_ACCESS_LOGS"), "DeliverySource", "Status"))
	d.destination("bucket", "arn:aws:s3:::b/p", `, "OutputFormat": "w3c"`)
	d.destination("group", arn+"g", "")
	d.destination("closed", arn+"closed", "")
	d.destination("stream", firehose, `, "OutputFormat": "plain"`)
	for name, more := range map[string]string{
		"bucket": `, "RecordFields": ["code", "client"], "FieldDelimiter": " ", "S3DeliveryConfiguration": {"SuffixPath": "{account-id}/{yyyy}", "EnableHiveCompatiblePath": true}`,
		"group":  "", "closed": "", "stream": `, "RecordFields": ["client"]`,
	} {
		d.must("CreateDelivery", `{"DeliverySourceName": "n", "DeliveryDestinationArn": %q%s}`, destined+name, more)
	}
	at := time.Now().Truncate(time.Second)
	records := []vended.Record{
		{Time: at, Fields: []vended.Field{{Name: "client", Value: "192.0.2.1"}, {Name: "code", Value: "200"}}},
		{Time: at.Add(time.Second), Fields: []vended.Field{{Name: "client", Value: "192.0.2.2"}, {Name: "code"}}},
	}
	for _, of := range [][2]string{{balancer, "NLB_ACCESS_LOGS"}, {balancer, "OTHER"}, {balancer + "1", "NLB_ACCESS_LOGS"}} {
		if err := d.Vend(d.ctx, cloud.CallOf(d.ctx).Scope(), of[0], of[1], records); err != nil {
			t.Fatal(err)
		}
	}
	page, err := to.Pending(t.Context(), "", 10)
	if err != nil || len(page) != 4 {
		t.Fatalf("%d deliveries wait, %v", len(page), err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- to.Run(ctx, nil, map[string]bus.Target{"logs": vendedTo{d.Service}, "firehose": arriving{to, make(chan bool, 10)}})
	}()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if page, err = to.Pending(t.Context(), "", 10); err != nil || len(page) == 0 {
			break
		}
		wait := time.NewTimer(10 * time.Millisecond)
		<-wait.C
	}
	stop()
	if err := <-ended; err != nil || len(page) > 0 {
		t.Fatal(err, page)
	}
	equal(t, "in the group", []string{`{"client":"192.0.2.1","code":"200"}`, `{"client":"192.0.2.2","code":"-"}`}, d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("g"), LogStreamNames: []string{"elasticloadbalancing_1"}}))
	equal(t, "in one that is closed", []string(nil), d.filter(logsapi.FilterLogEventsInput{LogGroupName: new("closed")}))
	equal(t, "to the stream", "192.0.2.1\n192.0.2.2\n", string(to.got[0].Payload))
	for key, body := range s3.objects {
		if !strings.HasPrefix(key, "b/p/account-id=111122223333/year="+at.UTC().Format("2006")+"/1."+at.UTC().Format("2006-01-02-15")+".") {
			t.Error(key)
		}
		equal(t, "in the bucket", "#Version: 1.0\n#Fields: code client\n200 192.0.2.1\n- 192.0.2.2\n", body)
	}
	equal(t, "who puts it", map[string]bool{
		"delivery.logs.amazonaws.com for arn:aws:logs:ap-northeast-2:111122223333:delivery-source:n of 111122223333  bucket-owner-full-control": true,
	}, s3.callers)
}

type vendedTo struct{ *logs.Service }

// Deliver implements bus.Target.
func (v vendedTo) Deliver(ctx context.Context, d bus.Delivery) error {
	if !logs.IsVended(d) {
		return cloud.Errorf(cloud.Invalid, "Not", "it is not vended")
	}
	return v.DeliverVended(ctx, d)
}
