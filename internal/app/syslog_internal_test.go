package app

import (
	"encoding/json"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/logs/syslog"
)

// followed reads a group until it has an event, and returns its events.
func (h *house) followed(group string) (messages []string) {
	h.Helper()
	client, ctx := logsapi.Client{Door: h.door(h.root(ours))}, h.in(ours)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && len(messages) == 0; {
		out, err := client.FilterLogEvents(ctx, &logsapi.FilterLogEventsInput{LogGroupName: &group})
		if err != nil {
			continue // the group is not there yet
		}
		for _, e := range out.Events {
			messages = append(messages, *e.LogStreamName+" "+*e.Message)
		}
	}
	return messages
}

// sent sends a line to the server's syslog.
func (h *house) sent(line string) {
	h.Helper()
	conn, err := (&net.Dialer{}).DialContext(h.ctx, "tcp", h.app.syslog.Addresses()[0].String())
	h.must(err)
	_, err = conn.Write([]byte(line + "\n"))
	h.must(err)
	h.must(conn.Close())
}

// comes asks until something is so, and says whether it was within 20 seconds.
func (h *house) comes(so func() bool) bool {
	for end := time.Now().Add(20 * time.Second); !so(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// told reads what health says of syslog until that is a problem.
func (h *house) told(problem string) {
	h.Helper()
	var got []string
	if !h.comes(func() bool {
		got = h.app.syslog.Problems()
		return len(got) == 1 && got[0] == problem
	}) {
		h.Errorf("the problems are %q", got)
	}
}

// What comes over syslog is in a group that is made for it, written by the root user.
func TestSyslogIsWritten(t *testing.T) {
	h := openHouse(t, Config{Syslog: SyslogConfig{Listen: []string{"tcp://127.0.0.1:0"}, Group: "/syslog/{facility}", Stream: DefaultSyslogStream, Region: DefaultSyslogRegion}})
	const line = "<34>1 - web sshd - - - Failed password"
	h.sent(line)
	if diff := cmp.Diff([]string{"web/sshd " + line}, h.followed("/syslog/auth")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var health Health
	h.comes(func() bool { // it is counted once it is written, which others may see before
		w := httptest.NewRecorder()
		h.app.health(w, httptest.NewRequestWithContext(h.ctx, "GET", "/_sillok/health", nil))
		h.must(json.Unmarshal(w.Body.Bytes(), &health))
		return health.Syslog.Written > 0
	})
	if diff := cmp.Diff(&syslog.Counts{Received: 1, Written: 1}, health.Syslog); diff != "" {
		t.Errorf("health (-want +got):\n%s", diff)
	}
}

// In a role it is written as far as that may, and what it may not waits and is told.
func TestSyslogIsWrittenInARole(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/syslog"
	h := openHouse(t, Config{Syslog: SyslogConfig{Listen: []string{"tcp://127.0.0.1:0"}, Group: "/{app}", Stream: "{host}", Region: DefaultSyslogRegion, Role: role}})
	h.sent("<34>1 - web early - - - before there is a role")
	const waits = "messages of syslog wait, since 1 streams cannot be written: the log says why"
	h.told(waits)
	h.role(ours, "syslog", trusting(`{"Service":"logs.amazonaws.com"}`, ""), allow("logs:*", "arn:aws:logs:*:*:log-group:/early*"), allow("logs:*", "arn:aws:logs:*:*:log-group:/may*"))
	h.sent("<34>1 - web may - - - x")
	if diff := cmp.Diff([]string{"web <34>1 - web may - - - x"}, h.followed("/may")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"web <34>1 - web early - - - before there is a role"}, h.followed("/early")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	h.sent("<34>1 - web other - - - x")
	h.told(waits)
}

func TestSyslogSettings(t *testing.T) {
	good := SyslogConfig{Listen: []string{"udp://127.0.0.1:514"}, Group: DefaultSyslogGroup, Stream: DefaultSyslogStream, Region: DefaultSyslogRegion}
	for _, tt := range []struct {
		name   string
		change func(*SyslogConfig)
		want   string
	}{
		{"none", func(c *SyslogConfig) { *c = SyslogConfig{} }, ""},
		{"good", func(*SyslogConfig) {}, ""},
		{"no address", func(c *SyslogConfig) { c.Listen = []string{"514"} }, `syslog: "514" is not tcp://, tls:// or udp:// with a host and a port, such as tcp://127.0.0.1:6514`},
		{"tls without a certificate", func(c *SyslogConfig) { c.Listen = []string{"tls://127.0.0.1:6514"} }, "syslog: tls://127.0.0.1:6514 needs a certificate: give --tls, or --tls-cert and --tls-key"},
		{"no network", func(c *SyslogConfig) { c.From = []string{"ten"} }, `syslog from: "ten" is neither an address nor a network, such as 10.0.0.0/8`},
		{"no zone", func(c *SyslogConfig) { c.Zone = "Mars" }, `syslog zone: "Mars" is no time zone, such as Asia/Seoul`},
		{"no role", func(c *SyslogConfig) { c.Role = "me" }, `syslog role: "me" is not the ARN of a role`},
		{"no group", func(c *SyslogConfig) { c.Group = "{name}" }, "syslog group: {name} is none of {host}, {app}, {facility} and {severity}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := Config{Data: "d", Listen: "127.0.0.1:0", Syslog: good}
			tt.change(&cfg.Syslog)
			got := ""
			if err := cfg.Validate(); err != nil {
				got = strings.TrimSpace(err.Error())
			}
			if got != tt.want {
				t.Errorf("%s", got)
			}
		})
	}
}
