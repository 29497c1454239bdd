package lake

import (
	"path"
	"regexp"
	"strings"
	"time"
)

// layout is what an object's key says of it.
type layout struct {
	format  string // "" when the key does not tell
	account string
	region  string
	date    string    // 2024-05-01
	time    time.Time // of the file's name; zero when it has none
	reason  string    // why the object is no log that is read, when it is none
}

// delivered names follow AWS's patterns, wherever the file was moved to:
// 111122223333_CloudTrail_us-east-1_20240501T0005Z_….json.gz.
var (
	trailName = regexp.MustCompile(`^(\d{12})_(CloudTrail[A-Za-z-]*)_([a-z0-9-]+)_(?:[^_]+_)?.*?(\d{8}T\d{4,6}Z)`)
	flowName  = regexp.MustCompile(`^(\d{12})_vpcflowlogs_([a-z0-9-]+)_(?:fl-[0-9a-z]+)_(\d{8}T\d{4}Z)_`)
	elbName   = regexp.MustCompile(`^(conn_log_|health_check_log_)?(\d{12})_elasticloadbalancing_([a-z0-9-]+)_(.+?)_(\d{8}T\d{4}Z)_`)
	datePath  = regexp.MustCompile(`(?:^|/)(\d{4})/(\d{2})/(\d{2})(?:/|$)`)
	hivePath  = regexp.MustCompile(`(?:^|/)year=(\d{4})/month=(\d{2})/day=(\d{2})(?:/|$)`)
	logsPath  = regexp.MustCompile(`(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?(\d{12})/([A-Za-z0-9-]+)/([a-z]{2}(?:-[a-z]+)+-\d|global)/`)
	hiveLogs  = regexp.MustCompile(`(?:^|/)AWSLogs/aws-account-id=(\d{12})/aws-service=([A-Za-z0-9-]+)/aws-region=([a-z0-9-]+)/`)
)

const stamp = "20060102T1504Z"

// services are the folders under AWSLogs that hold logs which are read.
func services() map[string]string {
	return map[string]string{"CloudTrail": "cloudtrail", "vpcflowlogs": "vpc_flow", "elasticloadbalancing": "alb"}
}

// others are the folders beside them, with what they hold instead.
func others() map[string]string {
	return map[string]string{
		"CloudTrail-Digest": "a CloudTrail digest, not a log", "CloudTrail-Insight": "CloudTrail Insights events, which are not read",
		"CloudTrail-Aggregated": "CloudTrail aggregated events, which are not read", "CloudTrail-NetworkActivity": "",
	}
}

// layoutOf reads a key.
func layoutOf(key string) layout {
	var l layout
	dir, name := path.Split(key)
	if m := datePath.FindStringSubmatch(dir); m != nil {
		l.date = m[1] + "-" + m[2] + "-" + m[3]
	} else if m := hivePath.FindStringSubmatch(dir); m != nil {
		l.date = m[1] + "-" + m[2] + "-" + m[3]
	}
	m := logsPath.FindStringSubmatch(dir)
	if m == nil {
		m = hiveLogs.FindStringSubmatch(dir)
	}
	if m != nil {
		l.account, l.region, l.format = m[1], m[3], services()[m[2]]
		if reason := others()[m[2]]; reason != "" {
			l.reason = reason
		}
	}
	l.name(name)
	if _, err := time.Parse(time.DateOnly, l.date); err != nil {
		l.date = ""
	}
	if l.date == "" && !l.time.IsZero() {
		l.date = l.time.Format(time.DateOnly)
	}
	if strings.HasSuffix(name, "ELBAccessLogTestFile") || strings.HasSuffix(name, "ELBConnectionLogTestFile") {
		l.reason = "a test file of a load balancer"
	}
	return l
}

// name reads the file's name, which knows more than its folders.
func (l *layout) name(name string) {
	if m := trailName.FindStringSubmatch(name); m != nil {
		l.account, l.region, l.format = m[1], m[3], "cloudtrail"
		if reason := others()[m[2]]; reason != "" {
			l.reason = reason
		}
		l.stamp(m[4])
		return
	}
	if m := flowName.FindStringSubmatch(name); m != nil {
		l.account, l.region, l.format = m[1], m[2], "vpc_flow"
		l.stamp(m[3])
		return
	}
	m := elbName.FindStringSubmatch(name)
	if m == nil {
		if l.format == "alb" {
			l.format = "" // which of the balancers it is only the line tells
		}
		return
	}
	l.account, l.region = m[2], m[3]
	switch {
	case m[1] == "conn_log_":
		l.format = "alb_connection"
	case m[1] != "":
		l.reason = "a load balancer's health check log, which is not read"
	case strings.HasPrefix(m[4], "app."):
		l.format = "alb"
	case strings.HasPrefix(m[4], "net."):
		l.format = "nlb"
	default:
		l.format = "clb"
	}
	l.stamp(m[5])
}

func (l *layout) stamp(text string) {
	if len(text) == len("20060102T150405Z") {
		text = text[:len("20060102T1504")] + "Z"
	}
	if t, err := time.Parse(stamp, text); err == nil {
		l.time = t
	}
}
