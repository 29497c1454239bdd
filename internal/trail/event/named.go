package event

import (
	"encoding/json"
	"slices"
	"strings"
)

// members are the parameters of a call by name; nil where they are no object.
type members map[string]json.RawMessage

// UnmarshalJSON implements json.Unmarshaler. What is no object is no parameters.
func (m *members) UnmarshalJSON(data []byte) error {
	if data[0] != '{' {
		return nil
	}
	return json.Unmarshal(data, (*map[string]json.RawMessage)(m))
}

// naming says which parameter of a service's calls names a resource of which type.
type naming struct{ source, member, kind string }

// namings are the parameters by which event history finds what a call was about,
// as AWS does where a record lists no resources.
var namings = []naming{
	{"iam", "userName", "AWS::IAM::User"},
	{"iam", "roleName", "AWS::IAM::Role"},
	{"iam", "groupName", "AWS::IAM::Group"},
	{"iam", "policyArn", "AWS::IAM::Policy"},
	{"iam", "policyName", "AWS::IAM::Policy"},
	{"iam", "instanceProfileName", "AWS::IAM::InstanceProfile"},
	{"iam", "accessKeyId", "AWS::IAM::AccessKey"},
	{"iam", "serialNumber", "AWS::IAM::MfaDevice"},
	{"sts", "roleArn", "AWS::IAM::Role"},
	{"s3", "bucketName", "AWS::S3::Bucket"},
	{"kms", "keyId", "AWS::KMS::Key"},
	{"lambda", "functionName", "AWS::Lambda::Function"},
	{"ec2", "instanceId", "AWS::EC2::Instance"},
	{"ec2", "groupId", "AWS::EC2::SecurityGroup"},
	{"ec2", "vpcId", "AWS::EC2::VPC"},
	{"ec2", "subnetId", "AWS::EC2::Subnet"},
	{"ec2", "volumeId", "AWS::EC2::Volume"},
	{"ec2", "imageId", "AWS::EC2::Ami"},
	{"ec2", "keyName", "AWS::EC2::KeyPair"},
	{"cloudtrail", "trailName", "AWS::CloudTrail::Trail"},
	{"cloudtrail", "name", "AWS::CloudTrail::Trail"},
	{"logs", "logGroupName", "AWS::Logs::LogGroup"},
	{"sns", "topicArn", "AWS::SNS::Topic"},
	{"sqs", "queueUrl", "AWS::SQS::Queue"},
	{"ssm", "name", "AWS::SSM::Parameter"},
	{"glue", "databaseName", "AWS::Glue::Database"},
	{"rds", "dBInstanceIdentifier", "AWS::RDS::DBInstance"},
	{"monitoring", "alarmName", "AWS::CloudWatch::Alarm"},
	{"events", "name", "AWS::Events::Rule"},
}

// named gives what a record lists the name by which its parameters call it, and
// adds what only they name.
func named(resources []Resource, source string, parameters members) []Resource {
	service, _, _ := strings.Cut(source, ".")
	for _, n := range namings {
		value, ok := parameters[n.member]
		if n.source != service || !ok {
			continue
		}
		var name text
		if err := json.Unmarshal(value, &name); err != nil || name == "" {
			continue
		}
		i := slices.IndexFunc(resources, func(r Resource) bool {
			return r.Name == string(name) || r.Type == n.kind && (strings.HasSuffix(r.ARN, "/"+string(name)) || strings.HasSuffix(r.ARN, ":"+string(name)))
		})
		if i < 0 {
			resources = append(resources, Resource{Type: n.kind})
			i = len(resources) - 1
		}
		resources[i].Name = string(name)
	}
	return resources
}
