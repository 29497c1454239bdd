package transform

import "strings"

// ParseVPC makes fields of a flow log's line in the default format.
type ParseVPC struct{ vended }

func (c *ParseVPC) compile(bool) (func(r *run) error, error) {
	return line([]column{
		{"version", true},
		{"accountId", false},
		{"interfaceId", false},
		{"srcAddr", false},
		{"dstAddr", false},
		{"srcPort", true},
		{"dstPort", true},
		{"protocol", true},
		{"packets", true},
		{"bytes", true},
		{"start", true},
		{"end", true},
		{"action", false},
		{"logStatus", false},
	}, strings.Fields, asItIs), c.check()
}
