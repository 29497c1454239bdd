package logs

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/logs/vended"
	"github.com/sillok/sillok/internal/resource"
)

// vendedLogs are the logs of AWS's services that deliveries know: by service and type,
// what the resource is called, and which fields there are where that is known.
var vendedLogs = []vendedLog{
	{service: "bedrock", types: []string{"APPLICATION_LOGS", "EVENT_LOGS"}, resource: "agent"},
	{service: "cloudfront", types: []string{"ACCESS_LOGS"}, resource: "distribution", suffix: "AWSLogs/{account-id}/CloudFront/", fields: strings.Fields(`date time x-edge-location sc-bytes c-ip
		cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken
		x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte
		x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end`)},
	{service: "codewhisperer", types: []string{"EVENT_LOGS"}, resource: "customization"},
	{service: "elasticloadbalancing", types: []string{"NLB_ACCESS_LOGS"}, resource: "loadbalancer"},
	{service: "entityresolution", types: []string{"WORKFLOW_LOGS"}, resource: "matchingworkflow"},
	{service: "events", types: []string{"ERROR_LOGS", "INFO_LOGS", "TRACE_LOGS"}, resource: "event-bus"},
	{service: "mediapackagev2", types: []string{"EGRESS_ACCESS_LOGS", "INGRESS_ACCESS_LOGS"}, resource: "channelGroup"},
	{service: "mediatailor", types: []string{"AD_DECISION_SERVER_LOGS", "MANIFEST_SERVICE_LOGS", "TRANSCODE_LOGS"}, resource: "playbackConfiguration"},
	{service: "pcs", types: []string{"PCS_SCHEDULER_LOGS", "PCS_JOBCOMP_LOGS", "PCS_SCHEDULER_AUDIT_LOGS"}, resource: "cluster"},
	{service: "qbusiness", types: []string{"EVENT_LOGS", "SYNC_JOB_LOGS"}, resource: "application"},
	{service: "ses", types: []string{"APPLICATION_LOGS", "TRAFFIC_POLICY_DEBUG_LOGS"}, resource: "mailmanager-ingress-point"},
	{service: "sso", types: []string{"ERROR_LOGS"}, resource: "instance"},
	{service: "workmail", types: []string{
		"ACCESS_CONTROL_LOGS", "AUTHENTICATION_LOGS", "WORKMAIL_AVAILABILITY_PROVIDER_LOGS", "WORKMAIL_MAILBOX_ACCESS_LOGS", "WORKMAIL_PERSONAL_ACCESS_TOKEN_LOGS",
	}, resource: "organization"},
}

type vendedLog struct {
	service  string
	types    []string
	resource string
	suffix   string   // by default
	fields   []string // nil where they are not known
}

// Types of destinations.
const (
	toBucket = "S3"
	toGroup  = "CWL"
	toStream = "FH"
	toTraces = "XRAY"
)

// vendedLogOf returns the logs of a service.
func vendedLogOf(service string) *vendedLog {
	for i := range vendedLogs {
		if vendedLogs[i].service == service {
			return &vendedLogs[i]
		}
	}
	return nil
}

func (v *vendedLog) suffixPath() string {
	if v.suffix != "" {
		return v.suffix
	}
	return "AWSLogs/{account-id}/" + v.service + "/{region}/{yyyy}/{MM}/{dd}/"
}

// formats are those that a destination can have here.
func formats(kind string) []string {
	if kind == toBucket {
		return []string{vended.JSON, vended.Plain, vended.W3C, vended.Raw}
	}
	return []string{vended.JSON, vended.Plain, vended.Raw}
}

// template is what a delivery can be told.
func (v *vendedLog) template(kind, logType string) logsapi.ConfigurationTemplate {
	t := logsapi.ConfigurationTemplate{
		Service: new(v.service), LogType: new(logType), ResourceType: new(v.resource), DeliveryDestinationType: new(kind),
		DefaultDeliveryConfigValues:                        &logsapi.ConfigurationTemplateDeliveryConfigValues{RecordFields: v.fields, FieldDelimiter: new("\t")},
		AllowedOutputFormats:                               formats(kind),
		AllowedActionForAllowVendedLogsDeliveryForResource: new(v.service + ":AllowVendedLogDeliveryForResource"),
		AllowedFieldDelimiters:                             []string{"\t", " ", ",", "|", ";"},
	}
	for _, f := range v.fields {
		t.AllowedFields = append(t.AllowedFields, logsapi.RecordField{Name: new(f), Mandatory: new(false)})
	}
	if kind == toBucket {
		t.DefaultDeliveryConfigValues.S3DeliveryConfiguration = &logsapi.S3DeliveryConfiguration{SuffixPath: new(v.suffixPath()), EnableHiveCompatiblePath: new(false)}
		t.AllowedSuffixPathFields = vended.Variables
	}
	return t
}

// DescribeConfigurationTemplates lists what deliveries can be told, by service, type of
// log and kind of destination.
func (s *Service) DescribeConfigurationTemplates(ctx context.Context, in *logsapi.DescribeConfigurationTemplatesInput) (*logsapi.DescribeConfigurationTemplatesOutput, error) {
	wanted := func(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
	var all []logsapi.ConfigurationTemplate
	for i := range vendedLogs {
		v := &vendedLogs[i]
		if in.Service != nil && *in.Service != v.service || !wanted(in.ResourceTypes, v.resource) {
			continue
		}
		for _, logType := range v.types {
			for _, kind := range []string{toBucket, toGroup, toStream} {
				if wanted(in.LogTypes, logType) && wanted(in.DeliveryDestinationTypes, kind) {
					all = append(all, v.template(kind, logType))
				}
			}
		}
	}
	out := &logsapi.DescribeConfigurationTemplatesOutput{}
	var err error
	out.ConfigurationTemplates, out.NextToken, err = resource.Page(ctx, validationPaging(in, in.NextToken, in.Limit), listed(all), func(t logsapi.ConfigurationTemplate) (logsapi.ConfigurationTemplate, bool, error) {
		return t, true, nil
	})
	return out, err
}

// listed is a listing of what is in memory.
func listed[T any](all []T) resource.Listing[T] {
	return func(after string) iter.Seq2[resource.Entry[T], error] {
		return func(yield func(resource.Entry[T], error) bool) {
			for i, one := range all {
				if name := fmt.Sprintf("%06d", i); name > after && !yield(resource.Entry[T]{Name: name, Value: one}, nil) {
					return
				}
			}
		}
	}
}

// validationPaging is paging of the operations whose errors have another code.
func validationPaging(in any, token *string, size *int32) resource.Paging {
	return resource.TokenCode("ValidationException").Page(in, token, size, mostDescribed)
}
