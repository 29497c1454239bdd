package transform

import (
	"net/url"
	"strings"
)

// ParseCloudfront makes fields of a line of CloudFront's standard log. Values that are
// encoded are decoded.
type ParseCloudfront struct{ vended }

func (c *ParseCloudfront) compile(bool) (func(r *run) error, error) {
	return line([]column{
		{"date", false},
		{"time", false},
		{"x-edge-location", false},
		{"sc-bytes", true},
		{"c-ip", false},
		{"cs-method", false},
		{"cs(Host)", false},
		{"cs-uri-stem", false},
		{"sc-status", true},
		{"cs(Referer)", false},
		{"cs(User-Agent)", false},
		{"cs-uri-query", false},
		{"cs(Cookie)", false},
		{"x-edge-result-type", false},
		{"x-edge-request-id", false},
		{"x-host-header", false},
		{"cs-protocol", false},
		{"cs-bytes", true},
		{"time-taken", true},
		{"x-forwarded-for", false},
		{"ssl-protocol", false},
		{"ssl-cipher", false},
		{"x-edge-response-result-type", false},
		{"cs-protocol-version", false},
		{"fle-status", false},
		{"fle-encrypted-fields", false},
		{"c-port", true},
		{"time-to-first-byte", true},
		{"x-edge-detailed-result-type", false},
		{"sc-content-type", false},
		{"sc-content-len", true},
		{"sc-range-start", true},
		{"sc-range-end", true},
	}, strings.Fields, decoded), c.check()
}

// decoded undoes the percent signs of CloudFront; what is no such text stays.
func decoded(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}
