package lake_test

import (
	"strings"

	"github.com/sillok/sillok/internal/lake"
)

// hive undoes the escapes of a string in Hive's DDL, as far as regular
// expressions use them.
func hive(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// AWS's expressions, as its guides print them.
const (
	albRegex2026 = `([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) \"([^ ]*) (.*) (- |[^ ]*)\" \"([^\"]*)\" ([A-Z0-9-_]+) ([A-Za-z0-9.-]*) ([^ ]*) \"([^\"]*)\" \"([^\"]*)\" \"([^\"]*)\" ([-.0-9]*) ([^ ]*) \"([^\"]*)\" \"([^\"]*)\" \"([^ ]*)\" \"([^\\s]+?)\" \"([^\\s]+)\" \"([^ ]*)\" \"([^ ]*)\" ?([^ ]*)? ?( .*)?`
	albRegex2023 = `([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) \"([^ ]*) (.*) (- |[^ ]*)\" \"([^\"]*)\" ([A-Z0-9-_]+) ([A-Za-z0-9.-]*) ([^ ]*) \"([^\"]*)\" \"([^\"]*)\" \"([^\"]*)\" ([-.0-9]*) ([^ ]*) \"([^\"]*)\" \"([^\"]*)\" \"([^ ]*)\" \"([^\s]+?)\" \"([^\s]+)\" \"([^ ]*)\" \"([^ ]*)\"`
	clbRegex     = `([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) \"([^ ]*) ([^ ]*) (- |[^ ]*)\" (\"[^\"]*\") ([A-Z0-9-]+) ([A-Za-z0-9.-]*)$`
	nlbRegex     = `([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*):([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-0-9]*) ([-0-9]*) ([-0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ?([^ ]*)?( .*)?`
	s3Regex      = `([^ ]*) ([^ ]*) \\[(.*?)\\] ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) (\"[^\"]*\"|-) (-|[0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) (\"[^\"]*\"|-) ([^ ]*)(?: ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*))?.*$`
	connRegex    = `([^ ]*) ([^ ]*) ([0-9]*) ([0-9]*) ([A-Za-z0-9.-]*) ([^ ]*) ([-.0-9]*) \"([^\"]*)\" ([^ ]*) ([^ ]*) ([^ ]*) ?([^ ]*)?( .*)?`
)

// texts are columns of type string.
func texts(names ...string) []lake.Column {
	var out []lake.Column
	for _, n := range names {
		out = append(out, lake.Column{Name: n, Type: "string"})
	}
	return out
}

func numbered(n int) []lake.Column {
	var out []lake.Column
	for i := range n {
		out = append(out, lake.Column{Name: "g" + string(rune('a'+i/26)) + string(rune('a'+i%26)), Type: "string"})
	}
	return out
}

// regexTable is a table under an expression, with a column a group.
func regexTable(expression string, columns []lake.Column) lake.Table {
	return lake.Table{
		Name: "t", Location: "s3://logs/", Columns: columns,
		SerDe:           "org.apache.hadoop.hive.serde2.RegexSerDe",
		SerDeProperties: map[string]string{"serialization.format": "1", "input.regex": expression},
	}
}

func albTable() lake.Table {
	t := regexTable(hive(albRegex2023), texts("type", "time", "elb", "client_ip", "client_port", "target_ip", "target_port",
		"request_processing_time", "target_processing_time", "response_processing_time", "elb_status_code",
		"target_status_code", "received_bytes", "sent_bytes", "request_verb", "request_url",
		"request_proto", "user_agent", "ssl_cipher", "ssl_protocol", "target_group_arn",
		"trace_id", "domain_name", "chosen_cert_arn", "matched_rule_priority",
		"request_creation_time", "actions_executed", "redirect_url", "lambda_error_reason",
		"target_port_list", "target_status_code_list", "classification", "classification_reason"))
	t.Location = "s3://logs/AWSLogs/111122223333/elasticloadbalancing/ap-northeast-2/"
	t.PartitionKeys = texts("day")
	t.Properties = map[string]string{
		"sillok.lenient": "true", "projection.enabled": "true", "projection.day.type": "date", "projection.day.range": "2024/05/01,2024/05/03",
		"projection.day.format": "yyyy/MM/dd", "projection.day.interval": "1", "projection.day.interval.unit": "DAYS",
		"storage.location.template": "s3://logs/AWSLogs/111122223333/elasticloadbalancing/ap-northeast-2/${day}",
	}
	return t
}

func flowTable() lake.Table {
	return lake.Table{
		Name: "vpc_flow_logs", Location: "s3://logs/AWSLogs/111122223333/vpcflowlogs/ap-northeast-2/",
		Columns: texts("version", "account_id", "interface_id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol",
			"packets", "bytes", "start", "end", "action", "log_status"),
		SerDe:           "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
		InputFormat:     "org.apache.hadoop.mapred.TextInputFormat",
		SerDeProperties: map[string]string{"field.delim": " ", "serialization.format": " "},
		Properties:      map[string]string{"skip.header.line.count": "1"},
	}
}
