package synthetic

import (
	"fmt"
	"strconv"
	"time"
)

func cloudTrail() kind {
	return kind{
		key: func(o *object) string {
			return o.key("CloudTrail", fmt.Sprintf("CloudTrail_%s_%s_%s.json.gz", o.region, o.stamp(), o.id))
		},
		begin: `{"Records":[`, record: event, end: "]}",
	}
}

// operation is a call that the made-up accounts make.
type operation struct {
	source, name string
	readOnly     bool
	request      func(o *object) string
	response     func(o *object) string
}

func null(*object) string { return "null" }

var operations = []operation{
	{"ec2.amazonaws.com", "DescribeInstances", true, func(o *object) string {
		return fmt.Sprintf(`{"instancesSet":{"items":[{"instanceId":"i-%s"}]},"filterSet":{}}`, o.hex(16))
	}, null},
	{"s3.amazonaws.com", "GetObject", true, func(o *object) string {
		return fmt.Sprintf(`{"bucketName":"made-up-bucket-%d","Host":"made-up-bucket-%d.s3.%s.amazonaws.com","key":"data/%d/part-%05d.parquet"}`,
			o.few(40), o.few(40), o.region, o.below(30), o.below(9000))
	}, null},
	{"kms.amazonaws.com", "Decrypt", true, func(o *object) string {
		return fmt.Sprintf(`{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::made-up-bucket-%d"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`, o.few(40))
	}, null},
	{"sts.amazonaws.com", "AssumeRole", true, func(o *object) string {
		return fmt.Sprintf(`{"roleArn":"arn:aws:iam::%s:role/made-up-role-%d","roleSessionName":"session-%d","durationSeconds":3600}`, o.account, o.few(25), o.below(100000))
	}, func(o *object) string {
		return fmt.Sprintf(`{"credentials":{"accessKeyId":"ASIA%s","sessionToken":"made-up","expiration":"%s"},"assumedRoleUser":{"assumedRoleId":"AROA%s:s","arn":"arn:aws:sts::%s:assumed-role/made-up-role-%d/s"}}`,
			o.letters(), o.at.Add(time.Hour).Format("Jan 2, 2006, 3:04:05 PM"), o.letters(), o.account, o.few(25))
	}},
	{"logs.amazonaws.com", "CreateLogStream", false, func(o *object) string {
		return fmt.Sprintf(`{"logGroupName":"/made/up/%d","logStreamName":"2026/03/01/[$LATEST]%s"}`, o.few(60), o.hex(32))
	}, null},
	{"dynamodb.amazonaws.com", "DescribeTable", true, func(o *object) string {
		return fmt.Sprintf(`{"tableName":"made-up-table-%d"}`, o.few(50))
	}, null},
	{"iam.amazonaws.com", "GetUser", true, func(o *object) string {
		return fmt.Sprintf(`{"userName":"made-up-user-%d"}`, o.few(50))
	}, null},
	{"ec2.amazonaws.com", "RunInstances", false, func(o *object) string {
		return fmt.Sprintf(`{"instancesSet":{"items":[{"imageId":"ami-%s","minCount":1,"maxCount":%d}]},"instanceType":"m7g.large","blockDeviceMapping":{},"monitoring":{"enabled":false},"subnetId":"subnet-%s","clientToken":"%s"}`,
			o.hex(16), 1+o.below(4), o.hex(16), o.uuid())
	}, func(o *object) string {
		return fmt.Sprintf(`{"requestId":"%s","reservationId":"r-%s","instancesSet":{"items":[{"instanceId":"i-%s","instanceState":{"code":0,"name":"pending"},"privateIpAddress":"10.0.%d.%d"}]}}`,
			o.uuid(), o.hex(16), o.hex(16), o.below(256), o.below(256))
	}},
	{"ec2.amazonaws.com", "AuthorizeSecurityGroupIngress", false, func(o *object) string {
		return fmt.Sprintf(`{"groupId":"sg-%s","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":%d,"toPort":443,"ipRanges":{"items":[{"cidrIp":"203.0.113.%d/32"}]}}]}}`, o.hex(16), o.below(444), o.below(256))
	}, func(*object) string { return `{"_return":true}` }},
	{"signin.amazonaws.com", "ConsoleLogin", false, null, func(*object) string { return `{"ConsoleLogin":"Success"}` }},
}

var agents = []string{
	"aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.13.7 md/pyimpl#CPython",
	"Boto3/1.40.1 md/Botocore#1.40.1 ua/2.1 os/linux#6.1.141 md/arch#aarch64 lang/python#3.12.9",
	"APN/1.0 HashiCorp/1.0 Terraform/1.13.1 (+https://www.terraform.io) terraform-provider-aws/6.10.0",
	"aws-sdk-go-v2/1.38.0 os/linux lang/go#1.25.0 md/GOOS#linux md/GOARCH#arm64 api/s3#1.87.0",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
	"kms.amazonaws.com", "lambda.amazonaws.com", `made-up agent with \"quotes\" and a \\`,
}

func event(o *object, b []byte, n int) []byte {
	if n > 0 {
		b = append(b, ',')
	}
	op := pick(o.dice, operations)
	at := o.at.Add(-time.Duration(o.below(300)) * time.Second).Format(time.RFC3339)
	b = append(b, `{"eventVersion":"1.11","userIdentity":`...)
	b = identity(o, b, at)
	b = fmt.Appendf(b, `,"eventTime":"%s","eventSource":"%s","eventName":"%s","awsRegion":"%s","sourceIPAddress":"198.51.100.%d","userAgent":"%s"`,
		at, op.source, op.name, o.region, o.few(256), pick(o.dice, agents))
	if o.chance(5) {
		b = fmt.Appendf(b, `,"errorCode":"AccessDenied","errorMessage":"User: arn:aws:iam::%s:user/made-up-user-%d is not authorized to perform: %s"`, o.account, o.few(50), op.name)
	}
	b = fmt.Appendf(b, `,"requestParameters":%s,"responseElements":%s`, op.request(o), op.response(o))
	if op.source == "s3.amazonaws.com" {
		b = fmt.Appendf(b, `,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"%s","bytesTransferredOut":%d}`,
			o.hex(64), o.below(1<<20))
	}
	b = fmt.Appendf(b, `,"requestID":"%s","eventID":"%s","readOnly":%s`, o.uuid(), o.uuid(), strconv.FormatBool(op.readOnly))
	if op.source == "kms.amazonaws.com" || op.source == "s3.amazonaws.com" {
		b = fmt.Appendf(b, `,"resources":[{"accountId":"%s","type":"AWS::KMS::Key","ARN":"arn:aws:kms:%s:%s:key/made-up-%d"},{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::made-up-bucket-%d"}]`,
			o.account, o.region, o.account, o.few(30), o.few(40))
	}
	return fmt.Appendf(b, `,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"%s","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%s"}}`,
		o.account, op.source)
}

func identity(o *object, b []byte, at string) []byte {
	who := o.few(50)
	switch o.below(10) {
	case 0:
		return fmt.Appendf(b, `{"type":"AWSService","invokedBy":"made-up-%d.amazonaws.com"}`, who%5)
	case 1, 2, 3:
		return fmt.Appendf(b, `{"type":"IAMUser","principalId":"AIDAMADEUP%010d","arn":"arn:aws:iam::%s:user/made-up-user-%d","accountId":"%s","accessKeyId":"AKIAMADEUP%010d","userName":"made-up-user-%d"}`,
			who, o.account, who, o.account, who, who)
	}
	return fmt.Appendf(b, `{"type":"AssumedRole","principalId":"AROAMADEUP%010d:session-%d","arn":"arn:aws:sts::%s:assumed-role/made-up-role-%d/session-%d","accountId":"%s","accessKeyId":"ASIA%s","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAMADEUP%010d","arn":"arn:aws:iam::%s:role/made-up-role-%d","accountId":"%s","userName":"made-up-role-%d"},"webIdFederationData":{},"attributes":{"creationDate":"%s","mfaAuthenticated":"false"}}}`,
		who, o.few(2000), o.account, who, o.few(2000), o.account, o.letters(), who, o.account, who, o.account, who, at)
}
