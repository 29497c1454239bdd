package transform

import "strings"

// ParseRoute53 makes fields of a line of Route 53's log of public queries.
type ParseRoute53 struct{ vended }

func (c *ParseRoute53) compile(bool) (func(r *run) error, error) {
	return line([]column{
		{"version", true},
		{"queryTimestamp", false},
		{"hostZoneId", false},
		{"queryName", false},
		{"queryType", false},
		{"responseCode", false},
		{"protocol", false},
		{"edgeLocation", false},
		{"resolverIp", false},
		{"ednsClientSubnet", false},
	}, strings.Fields, asItIs), c.check()
}
