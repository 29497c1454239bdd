package format

import (
	"bytes"
	"strings"
	"sync"
)

// cloudFrontFields are the fields of CloudFront's standard and real-time logs,
// with the type of those that are numbers.
const cloudFrontFields = "" +
	"date time x-edge-location sc-bytes:bigint c-ip cs-method cs(Host) cs-uri-stem sc-status:int cs(Referer) cs(User-Agent) " +
	"cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes:bigint time-taken:double " +
	"x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status " +
	"fle-encrypted-fields:int c-port:int time-to-first-byte:double x-edge-detailed-result-type sc-content-type " +
	"sc-content-len:bigint sc-range-start sc-range-end timestamp:double DistributionId cs-host cs-user-agent cs-referer " +
	"cs-cookie c-country cs-accept-encoding cs-accept cache-behavior-path-pattern cs-headers cs-header-names " +
	"cs-headers-count:int origin-fbl:double origin-lbl:double asn c-asn primary-distribution-id primary-distribution-dns-name"

// cloudFront reads CloudFront's access logs by the line that names their fields.
var cloudFront = sync.OnceValue(newCloudFront)

func newCloudFront() headed {
	h := headed{
		name: "cloudfront", version: "1", tabs: true, comment: "#", header: cloudFrontHeader,
		keys: headedKeys{date: "date"},
	}
	for f := range strings.FieldsSeq(cloudFrontFields) {
		name, hive, _ := strings.Cut(f, ":")
		column := plainName(name)
		switch name {
		case "date":
			column = "log_date" // the partition column date has the day of delivery
		case "cs(Host)", "cs(Referer)", "cs(User-Agent)", "cs(Cookie)":
			column = plainName(strings.NewReplacer("(", "-", ")", "").Replace(name))
		case "cs-host", "cs-referer", "cs-user-agent", "cs-cookie":
			continue // of real-time logs: the same columns
		}
		h.fields = append(h.fields, headedField{name: name, column: column, hive: hive})
	}
	return h
}

const fieldsLine = "#Fields:"

// cloudFrontHeader reads the line that names the fields.
func cloudFrontHeader(line []byte) (fields []string, ok bool) {
	text, ok := bytes.CutPrefix(line, []byte(fieldsLine))
	if !ok {
		return nil, false
	}
	for word := range bytes.FieldsSeq(text) {
		field := string(word)
		switch field {
		case "cs-host":
			field = "cs(Host)"
		case "cs-referer":
			field = "cs(Referer)"
		case "cs-user-agent":
			field = "cs(User-Agent)"
		case "cs-cookie":
			field = "cs(Cookie)"
		}
		fields = append(fields, field)
	}
	return fields, len(fields) > 0
}

// cloudFrontText says whether a text has a line that names CloudFront's fields.
func cloudFrontText(head []byte) bool {
	for line := range sniffedLines(head) {
		if fields, ok := cloudFrontHeader(line); ok {
			edge := false
			for _, f := range fields {
				edge = edge || strings.HasPrefix(f, "x-edge-") || f == "cs-protocol-version"
			}
			return edge
		}
	}
	return false
}
