package format

import (
	"bytes"
	"strings"
	"sync"
)

// flowFields is every field of a VPC or transit gateway flow log, versions 2 to
// 11, as the header spells it, with the type of those that are numbers.
const flowFields = "" +
	"version:int account-id interface-id srcaddr dstaddr srcport:int dstport:int protocol:int packets:bigint " +
	"bytes:bigint start:bigint end:bigint action log-status vpc-id subnet-id instance-id tcp-flags:int type " +
	"pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service " +
	"flow-direction traffic-path:int ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn " +
	"ecs-container-instance-id ecs-container-id ecs-second-container-id ecs-service-name ecs-task-definition-arn " +
	"ecs-task-arn ecs-task-id reject-reason resource-id encryption-status:int instance-tag instance-tag-2 " +
	"interface-tag interface-tag-2 asg-tag asg-tag-2 interface-type next-hop-interface-id next-hop-subnet-id " +
	"next-hop-az-id next-hop-vpc-id next-hop-interface-type resource-type tgw-id tgw-attachment-id " +
	"tgw-src-vpc-account-id tgw-dst-vpc-account-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id " +
	"tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id tgw-pair-attachment-id packets-lost-no-route:bigint " +
	"packets-lost-blackhole:bigint packets-lost-mtu-exceeded:bigint packets-lost-ttl-expired:bigint"

// flowDefault is the format of a flow log that was made without one, and of
// lines without a header.
const flowDefault = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"

// flowRegion is the column of the record's own region, beside the partition
// column that has the region of the object's key.
const flowRegion = "log_region"

// flow reads VPC flow logs: text by its header line, and Parquet.
var flow = sync.OnceValue(newFlow)

func newFlow() headed {
	h := headed{
		name: "vpc_flow", version: "2", standard: flowDefault, parquet: true,
		keys: headedKeys{account: "account-id", region: "region", date: "start"},
	}
	for f := range strings.FieldsSeq(flowFields) {
		name, hive, _ := strings.Cut(f, ":")
		column := plainName(name)
		if name == "region" {
			column = flowRegion
		}
		h.fields = append(h.fields, headedField{name: name, column: column, hive: hive})
	}
	h.header = flowHeader(h)
	return h
}

// flowHeader tells a header by its fields: all are words as fields have them, and
// at least half of them, and two, are known. A record has numbers, addresses, or
// a hyphen for what it does not have.
func flowHeader(h headed) func(line []byte) ([]string, bool) {
	return func(line []byte) (fields []string, ok bool) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] < 'a' || line[0] > 'z' {
			return nil, false
		}
		known := 0
		for word := range bytes.FieldsSeq(line) {
			// What a format was made with stands in a dollar sign and braces.
			for _, c := range word {
				if (c < 'a' || c > 'z') && c != '-' && (c < '0' || c > '9') {
					return nil, false
				}
			}
			if word[0] < 'a' || word[0] > 'z' {
				return nil, false
			}
			field := string(word)
			if h.known(field) {
				known++
			}
			fields = append(fields, field)
		}
		return fields, known >= 2 && known*2 >= len(fields)
	}
}

// flowLine says whether a line is a header of a flow log, or a record in the
// default format.
func flowLine(line []byte) bool {
	if _, ok := flow().header(line); ok {
		return true
	}
	words := bytes.Fields(line)
	if len(words) != len(strings.Fields(flowDefault)) || string(words[0]) != "2" {
		return false
	}
	switch string(words[13]) {
	case "OK", "NODATA", "SKIPDATA":
		return true
	}
	return false
}
