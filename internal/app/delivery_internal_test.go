package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/material"
)

const stranger = "AccessDenied: Access Denied"

func ownerControls(in *s3api.PutObjectInput) { in.ACL = new("bucket-owner-full-control") }

// guide returns a policy of AWS's guides, word for word.
func guide(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(material.Dir(tb), "scenarios", "policies", name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// cloudTrailPolicy is the bucket policy that CloudTrail's guide asks for.
const cloudTrailPolicy = `
	{"Sid":"AWSCloudTrailAclCheck","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::trail",
	 "Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:ap-northeast-2:111122223333:trail/main"}}},
	{"Sid":"AWSCloudTrailWrite","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::trail/AWSLogs/111122223333/*",
	 "Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"arn:aws:cloudtrail:ap-northeast-2:111122223333:trail/main"}}}`

// balancerPolicy is the policy for load balancers of regions that are newer than
// their accounts.
const balancerPolicy = `{"Effect":"Allow","Principal":{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::newer/AWSLogs/111122223333/*"}`

// Services write logs where the bucket's policy lets them, for the resources that
// it names, and nowhere without one.
func TestLogDelivery(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "alb-logs", guide(t, "alb-access-logs-bucket.json"))
	h.bucket(ours, "flow-logs", guide(t, "flow-logs-bucket.json"))
	h.bucket(ours, "trail", document(cloudTrailPolicy))
	h.bucket(ours, "newer", document(balancerPolicy))
	h.bucket(ours, "none", "")
	const (
		delivery = "delivery.logs.amazonaws.com"
		balancer = "logdelivery.elasticloadbalancing.amazonaws.com"
		trail    = "cloudtrail.amazonaws.com"
		group    = "arn:aws:logs:ap-northeast-2:111122223333:delivery:1"
		main     = "arn:aws:cloudtrail:ap-northeast-2:111122223333:trail/main"
		path     = "AWSLogs/111122223333/x"
	)
	for name, tt := range map[string]struct {
		service, source, bucket, key string
		account                      cloud.Account
		withACL                      bool
		want                         string
	}{
		"flow logs":                           {delivery, group, "flow-logs", path, ours, true, ""},
		"flow logs without the ACL":           {delivery, group, "flow-logs", path, ours, false, stranger},
		"flow logs beside the path":           {delivery, group, "flow-logs", "other/x", ours, true, stranger},
		"flow logs for another account":       {delivery, "arn:aws:logs:ap-northeast-2:444455556666:delivery:1", "flow-logs", path, theirs, true, stranger},
		"flow logs for a forged source":       {delivery, group, "flow-logs", path, theirs, true, ""}, // the ARN says whose it is
		"flow logs of another region":         {delivery, "arn:aws:logs:eu-west-1:111122223333:delivery:1", "flow-logs", path, ours, true, stranger},
		"flow logs without a source":          {delivery, "", "flow-logs", path, ours, true, stranger},
		"another service":                     {trail, group, "flow-logs", path, ours, true, stranger},
		"a balancer's logs by delivery":       {delivery, "", "alb-logs", path, ours, true, ""},
		"a balancer's logs, no ACL":           {delivery, "", "alb-logs", path, ours, false, stranger},
		"a newer region's balancer":           {balancer, "", "newer", path, ours, false, ""},
		"a newer region's balancer elsewhere": {balancer, "", "newer", "AWSLogs/444455556666/x", ours, false, stranger},
		"a trail":                             {trail, main, "trail", path, ours, true, ""},
		"another trail":                       {trail, strings.Replace(main, "main", "other", 1), "trail", path, ours, true, stranger},
		"a trail without a source":            {trail, "", "trail", path, ours, true, stranger},
		"no policy":                           {delivery, group, "none", path, ours, true, stranger},
	} {
		c, ctx := h.deliverer(tt.service, tt.source, tt.account)
		in := &s3api.PutObjectInput{Bucket: &tt.bucket, Key: &tt.key, Body: strings.NewReader("log")}
		if tt.withACL {
			ownerControls(in)
		}
		_, err := c.s3.PutObject(ctx, in)
		h.want(name, tt.want, err)
	}
	elb := h.root("600734575887") // the account of load balancers in ap-northeast-2
	h.want("a balancer of an older region", "", elb.put("alb-logs", path))
	h.want("beside its path", stranger, elb.put("alb-logs", "x"))
	h.want("who owns the bucket reads", "", h.root(ours).get("alb-logs", path))
	c, ctx := h.deliverer(trail, main, ours)
	_, err := c.s3.GetBucketAcl(ctx, &s3api.GetBucketAclInput{Bucket: new("trail")})
	h.want("the check of the ACL", "", err)
	_, err = c.s3.GetBucketAcl(ctx, &s3api.GetBucketAclInput{Bucket: new("none")})
	h.want("the check of another bucket", stranger, err)
}

// A service takes a role only where its trust policy names the service, and for
// the resource that it names.
func TestServicesTakeTrustedRoles(t *testing.T) {
	h := newHouse(t)
	before := h.trustedBy("before", guide(t, "flow-logs-trust-before.json"))
	after := h.trustedBy("after", guide(t, "flow-logs-trust-after.json"))
	careful := h.role(ours, "careful", trusting(`{"Service":"events.amazonaws.com"}`, `{"StringEquals":{"aws:SourceAccount":"111122223333"}}`))
	foreign := h.role(theirs, "foreign", trusting(`{"Service":"events.amazonaws.com"}`, ""))
	const flows, events = "vpc-flow-logs.amazonaws.com", "events.amazonaws.com"
	untrusted := func(service, role string) string {
		return notAuthorized(service, "sts:AssumeRole", role, "because no role trust policy allows the sts:AssumeRole action")
	}
	for name, tt := range map[string]struct {
		role, service, source string
		account               cloud.Account
		want                  string
	}{
		"as the wizard makes it":    {before, flows, "arn:aws:ec2:ap-northeast-2:111122223333:vpc-flow-log/fl-1", ours, untrusted(flows, before)},
		"as the guide mends it":     {after, flows, "arn:aws:ec2:ap-northeast-2:111122223333:vpc-flow-log/fl-1", ours, ""},
		"for an account":            {careful, events, "arn:aws:events:ap-northeast-2:111122223333:rule/r", ours, ""},
		"another's role":            {foreign, events, "arn:aws:events:ap-northeast-2:111122223333:rule/r", ours, "AccessDenied: events.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: " + foreign + " because the role is of another account"},
		"a role that is not there":  {"arn:aws:iam::111122223333:role/none", events, "", ours, untrusted(events, "arn:aws:iam::111122223333:role/none")},
		"a deputy that is confused": {careful, events, "arn:aws:events:ap-northeast-2:444455556666:rule/r", ours, untrusted(events, careful)},
	} {
		arn, err := cloud.ParseARN(tt.role)
		h.must(err)
		h.want(name, tt.want, h.app.access.Trusts(h.ctx, arn, tt.service, tt.source, tt.account))
	}
}
