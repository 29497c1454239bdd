package format

import (
	"regexp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// Known is a format that discovery can offer as a table.
type Known interface {
	Format
	// Columns returns the table's columns.
	Columns() []Column
	// BindKey says how to read what a record says of its account, region or date, where the key of its object
	// does not tell. ok is false when a record does not say it.
	BindKey(name string, info shadow.Info) (b Binding, ok bool)
}

// known is one row of the table of formats that are known: where AWS puts such
// logs, and what they look like.
type known struct {
	name    string
	folders []string         // of the service, under AWSLogs; several formats may share one
	files   []*regexp.Regexp // names of files, wherever they were moved to, with groups account, region and stamp
	lines   func(line []byte) bool
	texts   func(head []byte) bool // instead of lines: of a text as a whole
	open    func() Known
}

func names(patterns ...string) []*regexp.Regexp {
	out := make([]*regexp.Regexp, 0, len(patterns))
	for _, p := range patterns {
		out = append(out, regexp.MustCompile(p))
	}
	return out
}

const (
	anAccount = `(?P<account>\d{12})`
	aRegion   = `(?P<region>[a-z]{2}(?:-[a-z]+)+-\d|global)`
	aStamp    = `(?P<stamp>\d{8}T\d{4,6}Z)`
	balancers = anAccount + `_elasticloadbalancing_` + aRegion + `_`
)

// logs is every format that is known. Of two that fit the first decides.
var logs = []known{
	{
		name: "cloudtrail", folders: []string{"CloudTrail", "CloudTrail-NetworkActivity", "CloudTrail-Insight"},
		files: names(`^` + anAccount + `_CloudTrail(?:-NetworkActivity|-Insight)?_` + aRegion + `_(?:[^_]+_)?.*?` + aStamp),
		texts: recognisedBy(cloudTrail), open: cloudTrail,
	},
	{
		name: "vpc_flow", folders: []string{"vpcflowlogs"},
		files: names(`^` + anAccount + `_vpcflowlogs_` + aRegion + `_fl-[0-9a-z]+_` + aStamp + `_`),
		lines: flowLine, open: func() Known { return flow() },
	},
	{
		name: "alb", folders: []string{"elasticloadbalancing"}, files: names(`^` + balancers + `app\..+?_` + aStamp + `_`),
		lines: tokenLine("alb"), open: tokens("alb"),
	},
	{
		name: "nlb", folders: []string{"elasticloadbalancing"}, files: names(`^` + balancers + `net\..+?_` + aStamp + `_`),
		lines: tokenLine("nlb"), open: tokens("nlb"),
	},
	{
		name: "alb_connection", folders: []string{"elasticloadbalancing"}, files: names(`^conn_log_` + balancers + `.+?_` + aStamp + `_`),
		lines: tokenLine("alb_connection"), open: tokens("alb_connection"),
	},
	{
		name: "clb", folders: []string{"elasticloadbalancing"}, files: names(`^` + balancers + `.+?_` + aStamp + `_`),
		lines: tokenLine("clb"), open: tokens("clb"),
	},
	{
		name:  "s3_access",
		lines: tokenLine("s3_access"), open: tokens("s3_access"),
	},
	{
		name: "cloudfront", folders: []string{"CloudFront"},
		files: names(`^[A-Z0-9]{10,20}\.\d{4}-\d{2}-\d{2}-\d{2}\.[0-9a-zA-Z]+\.gz$`),
		texts: cloudFrontText, open: func() Known { return cloudFront() },
	},
	{
		name: "waf", folders: []string{"WAFLogs"}, files: names(`^` + anAccount + `_waflogs_` + aRegion + `_.+_` + aStamp + `_`),
		texts: recognisedBy(waf), open: waf,
	},
	{
		name: "route53_resolver", folders: []string{"vpcdnsquerylogs"}, files: names(`^vpc-[0-9a-z]+_vpcdnsquerylogs_` + anAccount + `_` + aStamp + `_`),
		texts: recognisedBy(resolver), open: resolver,
	},
	{name: "guardduty", folders: []string{"GuardDuty"}, texts: recognisedBy(guardDuty), open: guardDuty},
	{
		name: "config", folders: []string{"Config"}, files: names(`^` + anAccount + `_Config_` + aRegion + `_(?:ConfigHistory|ConfigSnapshot|ChangeNotification)_.*?` + aStamp),
		texts: recognisedBy(configItems), open: configItems,
	},
	{name: "eventbridge", texts: recognisedBy(events), open: events},
	{name: "cloudtrail_lake", open: cloudTrailLake}, // which no file is taken for
	{name: jsonLinesName, open: func() Known { return jsonLines{} }},
}

// others are folders under AWSLogs, and names of files, with what they hold
// instead of a log that is read.
var others = []struct {
	folder string
	file   *regexp.Regexp
	reason string
	log    bool // they hold records, in a form that is not read
}{
	{folder: "CloudTrail-Digest", reason: "a CloudTrail digest, not a log"},
	{folder: "CloudTrail-Aggregated", reason: "CloudTrail aggregated events, which are not read", log: true},
	{file: regexp.MustCompile(`_CloudTrail-Digest_`), reason: "a CloudTrail digest, not a log"},
	{file: regexp.MustCompile(`_CloudTrail-Aggregated_`), reason: "CloudTrail aggregated events, which are not read", log: true},
	{file: regexp.MustCompile(`^result_sign\.json$`), reason: "the signature of an export of CloudTrail Lake, not a log"},
	{file: regexp.MustCompile(`^health_check_log_\d{12}_elasticloadbalancing_`), reason: "a load balancer's health check log, which is not read", log: true},
	{file: regexp.MustCompile(`ELB(?:Access|Connection|HealthCheck)LogTestFile$`), reason: "a test file of a load balancer"},
	{file: regexp.MustCompile(`^ConfigWritabilityCheckFile$`), reason: "a test file of AWS Config"},
}

// Named returns the format of a discovered table, such as "cloudtrail".
func Named(name string) (Known, error) {
	for _, k := range logs {
		if k.name == name {
			return k.open(), nil
		}
	}
	return nil, cloud.Errorf(cloud.Unsupported, "NOT_SUPPORTED", "no log format is called %q", name)
}

func recognisedBy(open func() Known) func(head []byte) bool {
	return func(head []byte) bool {
		r, ok := open().(records)
		return ok && r.Recognises(head)
	}
}

// tokens opens the log of a family.
func tokens(name string) func() Known {
	return func() Known {
		for _, f := range tokenFamilies() {
			if f.name == name {
				return newDelivered(expression{family: f, required: f.required, tight: f.tight}, "", 0, nil, true)
			}
		}
		panic("format: no lines of tokens are called " + name)
	}
}
