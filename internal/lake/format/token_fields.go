package format

import "slices"

// A delivered log is a line of fields with a blank between: AWS's load balancer
// logs and S3's server access log. A later version of a log has more fields at
// the end of the line, an older one fewer.

type tokenShape int

const (
	bare       tokenShape = iota // up to the next blank
	addrColon                    // bare, an address and a port with a colon between
	addr                         // the same, or with a hyphen between, which is all there is without a target
	quoted                       // in quotes
	request                      // in quotes: verb, URL and protocol
	bracketed                    // in brackets
	quotedDash                   // in quotes, or a hyphen; the quotes belong to the value
)

// tokenField is a field of a line, and the column it goes to. A field in two or
// three parts goes to as many columns.
type tokenField struct {
	shape   tokenShape
	class   string // of a bare field: the bytes that it may have; empty: all but a quote
	columns []string
	hive    string // the type of the (last) column in a discovered table; empty: string
}

const (
	decimals = "0123456789.-"
	integers = "0123456789-"
	cipher   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
)

func bareFields(names ...string) []tokenField {
	out := make([]tokenField, 0, len(names))
	for _, n := range names {
		out = append(out, tokenField{columns: []string{n}})
	}
	return out
}

func quotedFields(names ...string) []tokenField {
	out := make([]tokenField, 0, len(names))
	for _, n := range names {
		out = append(out, tokenField{shape: quoted, columns: []string{n}})
	}
	return out
}

func numberFields(class, hive string, names ...string) []tokenField {
	out := make([]tokenField, 0, len(names))
	for _, n := range names {
		out = append(out, tokenField{class: class, columns: []string{n}, hive: hive})
	}
	return out
}

// tokenFamily is one log of AWS.
type tokenFamily struct {
	name     string
	fields   []tokenField
	required int      // fields that the oldest version of the log has
	tight    bool     // the URL of a request has no blanks
	time     string   // the column that tells the day of a record
	arns     []string // columns that may hold an ARN, which tells account and region
}

// tokenFamilies is every delivered log that is known by its fields. The fields
// are those of the guides and of lines seen in 2026.
func tokenFamilies() []tokenFamily {
	return []tokenFamily{
		{name: "alb", required: 18, time: "time", arns: []string{"target_group_arn", "chosen_cert_arn"}, fields: slices.Concat(
			bareFields("type", "time", "elb"),
			[]tokenField{
				{shape: addrColon, columns: []string{"client_ip", "client_port"}, hive: "int"},
				{shape: addr, columns: []string{"target_ip", "target_port"}, hive: "int"},
			},
			numberFields(decimals, "double", "request_processing_time", "target_processing_time", "response_processing_time"),
			numberFields(integers, "int", "elb_status_code"),
			numberFields(integers, "", "target_status_code"),
			numberFields(integers, "bigint", "received_bytes", "sent_bytes"),
			[]tokenField{{shape: request, columns: []string{"request_verb", "request_url", "request_proto"}}},
			quotedFields("user_agent"),
			numberFields(cipher, "", "ssl_cipher", "ssl_protocol"),
			bareFields("target_group_arn"),
			quotedFields("trace_id", "domain_name", "chosen_cert_arn"),
			numberFields(decimals, "", "matched_rule_priority"),
			bareFields("request_creation_time"),
			quotedFields("actions_executed", "redirect_url", "lambda_error_reason", "target_port_list", "target_status_code_list",
				"classification", "classification_reason"),
			bareFields("conn_trace_id"),
			quotedFields("transformed_host", "transformed_uri", "request_transform_status"),
			bareFields("ip_address"),
			quotedFields("target_error_code", "elb_error_code"),
		)},
		{name: "alb_connection", required: 11, time: "time", fields: slices.Concat(
			bareFields("time", "client_ip"),
			numberFields(integers, "int", "client_port", "listener_port"),
			bareFields("tls_protocol", "tls_cipher"),
			numberFields(decimals, "double", "tls_handshake_latency"),
			quotedFields("leaf_client_cert_subject"),
			bareFields("leaf_client_cert_validity", "leaf_client_cert_serial_number", "tls_verify_status", "conn_trace_id",
				"tls_keyexchange", "elb", "ip_address"),
		)},
		{name: "nlb", required: 20, time: "time", arns: []string{"cert_arn"}, fields: slices.Concat(
			bareFields("type", "version", "time", "elb", "listener_id"),
			[]tokenField{
				{shape: addrColon, columns: []string{"client_ip", "client_port"}, hive: "int"},
				{shape: addrColon, columns: []string{"target_ip", "target_port"}, hive: "int"},
			},
			numberFields(decimals, "double", "tcp_connection_time_ms", "tls_handshake_time_ms"),
			numberFields(integers, "bigint", "received_bytes", "sent_bytes"),
			numberFields(integers, "int", "incoming_tls_alert"),
			bareFields("cert_arn", "certificate_serial", "tls_cipher_suite", "tls_protocol_version", "tls_named_group", "domain_name",
				"alpn_fe_protocol", "alpn_be_protocol"),
			[]tokenField{{class: anyByte, columns: []string{"alpn_client_preference_list"}}},
			bareFields("tls_connection_creation_time"),
		)},
		{name: "clb", required: 13, tight: true, time: "time", fields: slices.Concat(
			bareFields("time", "elb"),
			[]tokenField{
				{shape: addrColon, columns: []string{"client_ip", "client_port"}, hive: "int"},
				{shape: addr, columns: []string{"backend_ip", "backend_port"}, hive: "int"},
			},
			numberFields(decimals, "double", "request_processing_time", "backend_processing_time", "response_processing_time"),
			numberFields(integers, "int", "elb_status_code"),
			numberFields(integers, "", "backend_status_code"),
			numberFields(integers, "bigint", "received_bytes", "sent_bytes"),
			[]tokenField{{shape: request, columns: []string{"request_verb", "request_url", "request_proto"}}},
			quotedFields("user_agent"),
			numberFields(cipher, "", "ssl_cipher", "ssl_protocol"),
		)},
		{name: "s3_access", required: 17, time: "requestdatetime", arns: []string{"accesspointarn"}, fields: slices.Concat(
			bareFields("bucketowner", "bucket_name"),
			[]tokenField{{shape: bracketed, columns: []string{"requestdatetime"}}},
			bareFields("remoteip", "requester", "requestid", "operation", "key"),
			[]tokenField{{shape: quotedDash, columns: []string{"request_uri"}}},
			numberFields(integers, "", "httpstatus"),
			bareFields("errorcode"),
			numberFields("", "bigint", "bytessent", "objectsize"),
			bareFields("totaltime", "turnaroundtime"),
			[]tokenField{{class: anyByte, columns: []string{"referrer"}}, {shape: quotedDash, columns: []string{"useragent"}}},
			bareFields("versionid", "hostid", "sigv", "ciphersuite", "authtype", "endpoint", "tlsversion", "accesspointarn",
				"aclrequired", "sourceregion"),
		)},
	}
}

// anyByte is the class of a bare field that may have quotes.
const anyByte = "*"
