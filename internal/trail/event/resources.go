package event

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
)

// listed is one of a record's resources.
type listed struct {
	Account cloud.Account `json:"accountId,omitempty"`
	Type    string        `json:"type,omitempty"`
	ARN     string        `json:"ARN,omitempty"`
	Prefix  string        `json:"ARNPrefix,omitempty"`
}

// listedOf returns the resources that a record lists. Of most services AWS lists
// those of data events alone.
func listedOf(e *journal.Entry) []listed {
	switch {
	case e.Service == s3:
		return listedOfS3(e)
	case e.Outcome == cloud.Refused && decidedFirst[e.Service] && e.Service != "kms", throttled(e):
		return nil
	case e.Service == "ssm" && strings.Contains(e.Operation, "Tags"):
		return nil
	case e.Service != "kms" && e.Service != "sts" && e.Service != "ssm" && e.Event != string(Data):
		return nil
	}
	var all []listed
	for i := range e.Resources {
		r := &e.Resources[i]
		one := listed{Account: ownerOf(e, r), Type: typeOf(r), ARN: r.ARN}
		switch {
		case vague(r.ARN), e.Service == "kms" && !strings.Contains(r.ARN, ":key/"):
			continue
		case e.Service == "ssm":
			one.Type = ""
		}
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// listedOfS3 returns the objects that a call is about, and their bucket, also of an
// object that is only known to begin with something. A bucket that is being made is
// not there yet.
func listedOfS3(e *journal.Entry) []listed {
	var all []listed
	for i := range e.Resources {
		r := &e.Resources[i]
		if _, key, ok := strings.Cut(r.ARN, "/"); ok && strings.HasPrefix(r.ARN, "arn:aws:s3:::") && key != "*" {
			if one := (listed{Type: "AWS::S3::Object", ARN: r.ARN}); !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	bucket := bucketOf(e)
	if bucket == "" || e.Operation == "CreateBucket" {
		return all
	}
	arn := "arn:aws:s3:::" + bucket
	if e.Event == string(Data) && len(all) == 0 && e.Operation != "HeadBucket" {
		all = append(all, listed{Type: "AWS::S3::Object", Prefix: arn + "/"})
	}
	owner := e.Account
	for i := range e.Resources {
		if r := &e.Resources[i]; r.ARN == arn || strings.HasPrefix(r.ARN, arn+"/") {
			owner = ownerOf(e, r)
		}
	}
	return append(all, listed{Account: owner, Type: "AWS::S3::Bucket", ARN: arn})
}

// bucketOf is the bucket that a call of S3 is about, which is that of the first
// resource: the source of a copy comes after it. It is empty for none.
func bucketOf(e *journal.Entry) string {
	for i := range e.Resources {
		if name, ok := strings.CutPrefix(e.Resources[i].ARN, "arn:aws:s3:::"); ok && name != "*" {
			bucket, _, _ := strings.Cut(name, "/")
			return bucket
		}
	}
	return ""
}

// touched returns all that a call touched, for those who look for it: what its
// record lists, and the rest.
func touched(e *journal.Entry, all []listed) []Resource {
	var found []Resource
	for _, l := range all {
		if l.ARN == "" {
			l.ARN = l.Prefix
		}
		kind := l.Type
		if kind == "" {
			kind = typeOf(&cloud.Resource{ARN: l.ARN})
		}
		found = append(found, Resource{Type: kind, Name: nameIn(l.ARN), ARN: l.ARN, Account: l.Account, Listed: true})
	}
	for i := range e.Resources {
		r := &e.Resources[i]
		if vague(r.ARN) || slices.ContainsFunc(found, func(f Resource) bool { return f.ARN == r.ARN }) {
			continue
		}
		found = append(found, Resource{Type: typeOf(r), Name: nameIn(r.ARN), ARN: r.ARN, Account: ownerOf(e, r)})
	}
	return found
}

// vague says whether an ARN means any of several.
func vague(arn string) bool {
	return arn == "*" || strings.HasSuffix(arn, "*") || strings.Contains(arn, ":*")
}

// typeOf returns the type of a resource in AWS's words, such as AWS::IAM::Role.
func typeOf(r *cloud.Resource) string {
	arn, err := cloud.ParseARN(r.ARN)
	if err != nil {
		return ""
	}
	service, ok := typeServices[arn.Service]
	if !ok {
		return ""
	}
	noun := r.Type
	if noun == "" || arn.Service == "iam" { // the caller named the ARN, or STS the role
		noun, _, _ = strings.Cut(arn.Resource, "/")
		noun, _, _ = strings.Cut(noun, ":")
	}
	switch arn.Service {
	case "s3":
		noun = "bucket"
		if strings.Contains(arn.Resource, "/") {
			noun = "object"
		}
	case "sns":
		noun = "topic"
	case "sqs":
		noun = "queue"
	}
	if special, ok := typeNouns[noun]; ok {
		return "AWS::" + service + "::" + special
	}
	var camel strings.Builder
	for part := range strings.FieldsFuncSeq(noun, func(c rune) bool { return c == '-' || c == '_' }) {
		camel.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return "AWS::" + service + "::" + camel.String()
}

// typeServices are the services of ARNs in the types of resources.
var typeServices = map[string]string{
	"athena": "Athena", "cloudtrail": "CloudTrail", "cloudwatch": "CloudWatch", "config": "Config", "ec2": "EC2",
	"elasticloadbalancing": "ElasticLoadBalancingV2", "events": "Events", "firehose": "KinesisFirehose", "glue": "Glue", "iam": "IAM",
	"kms": "KMS", "lambda": "Lambda", "logs": "Logs", "organizations": "Organizations", "s3": "S3", "scheduler": "Scheduler",
	"sns": "SNS", "sqs": "SQS", "ssm": "SSM",
}

// typeNouns are the nouns of ARNs that are more than one word in the types of
// resources.
var typeNouns = map[string]string{
	"datacatalog": "DataCatalog", "deliverystream": "DeliveryStream", "mfa": "MfaDevice", "oidc-provider": "OIDCProvider",
	"saml-provider": "SAMLProvider", "tableVersion": "TableVersion", "userDefinedFunction": "UserDefinedFunction",
	"userdefinedfunction": "UserDefinedFunction", "workgroup": "WorkGroup", "sms-mfa": "MfaDevice",
}

// nameIn is the name of a resource in its ARN, as LookupEvents shows it: of what is
// only known by its ARN, that.
func nameIn(arn string) string {
	parsed, err := cloud.ParseARN(arn)
	if err != nil {
		return arn
	}
	switch parsed.Service {
	case "kms":
		return arn
	case "logs":
		if name, ok := strings.CutPrefix(parsed.Resource, "log-group:"); ok {
			name, _, _ = strings.Cut(name, ":")
			return name
		}
	case "s3":
		if strings.Contains(parsed.Resource, "/") {
			return arn
		}
		return parsed.Resource
	case "ssm":
		if name, ok := strings.CutPrefix(parsed.Resource, "parameter/"); ok {
			if strings.Contains(name, "/") {
				return "/" + name
			}
			return name
		}
	}
	name := parsed.Resource
	if i := strings.LastIndexAny(name, "/:"); i >= 0 && i+1 < len(name) {
		name = name[i+1:]
	}
	return name
}
