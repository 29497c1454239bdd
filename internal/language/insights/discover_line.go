package insights

import (
	"bytes"
	"time"
)

// line reads the fields of a VPC flow log in its default format, or of a log of
// Route 53's queries.
func (d *discovery) line(message []byte, r row) {
	if len(message) == 0 || !digit(message[0]) {
		return
	}
	parts := bytes.Split(bytes.TrimRight(message, "\n"), []byte(" "))
	var names []string
	switch {
	case isFlow(parts):
		names = flowNames()
	case isQuery(parts):
		names = queryNames()
	}
	for i, name := range names {
		if slot, wanted := d.named[name]; wanted {
			r[slot] = textual(string(parts[i]))
		}
	}
}

// flowNames are the fields of a VPC flow log.
func flowNames() []string {
	return []string{
		"version", "accountId", "interfaceId", "srcAddr", "dstAddr", "srcPort", "dstPort", "protocol", "packets", "bytes", "startTime", "endTime", "action", "logStatus",
	}
}

// queryNames are the fields of a log of Route 53's queries.
func queryNames() []string {
	return []string{
		"version", "queryTimestamp", "hostZoneId", "queryName", "queryType", "responseCode", "protocol", "edgeLocation", "resolverIp", "ednsClientSubnet",
	}
}

func isFlow(parts [][]byte) bool {
	if len(parts) != 14 || string(parts[0]) != "2" || !bytes.HasPrefix(parts[2], []byte("eni-")) {
		return false
	}
	switch string(parts[13]) {
	case "OK", "NODATA", "SKIPDATA":
		return true
	}
	return false
}

func isQuery(parts [][]byte) bool {
	if len(parts) != 10 || !bytes.HasPrefix(parts[0], []byte("1.")) || string(parts[6]) != "UDP" && string(parts[6]) != "TCP" {
		return false
	}
	_, err := time.Parse(time.RFC3339Nano, string(parts[1]))
	return err == nil
}
