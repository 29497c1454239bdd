package syslog

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// droppedBySystem returns how many datagrams the system had no room for before they could be
// read, where it tells: Linux does.
func (s *Server) droppedBySystem() (n int64) {
	for _, p := range s.packets {
		if a, ok := p.LocalAddr().(*net.UDPAddr); ok {
			for _, table := range []string{"/proc/net/udp", "/proc/net/udp6"} {
				text, err := os.ReadFile(table) //nolint:gosec // a table of the system's
				if err == nil {
					n += dropsOf(string(text), a.Port)
				}
			}
		}
	}
	return n
}

// dropsOf returns what a table of sockets says of those with a port: the last column is what
// was dropped.
func dropsOf(table string, port int) (n int64) {
	suffix := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 13 || !strings.HasSuffix(fields[1], suffix) {
			continue
		}
		if drops, err := strconv.ParseInt(fields[len(fields)-1], 10, 64); err == nil {
			n += drops
		}
	}
	return n
}
