package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The demo's logs are made up here, obviously so: a few dozen lines of each
// format, of addresses and accounts that documentation is written with.

// demoObject is an object of the demo.
type demoObject struct {
	key  string
	body []byte
}

const (
	demoAccount = "111122223333"
	demoRegion  = "ap-northeast-2"
)

// demoDay is the day that the demo's logs are of.
var demoDay = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

// demoLogs returns one object of each format.
func demoLogs() ([]demoObject, error) {
	trail, err := demoTrail()
	if err != nil {
		return nil, err
	}
	day := demoDay.Format("2006/01/02")
	objects := []demoObject{
		{fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_20260302T0100Z_demo.json.gz", demoAccount, demoRegion, day, demoAccount, demoRegion), trail},
		{fmt.Sprintf("AWSLogs/%s/vpcflowlogs/%s/%s/%s_vpcflowlogs_%s_fl-0demo_20260302T0100Z_demo.log.gz", demoAccount, demoRegion, day, demoAccount, demoRegion), []byte(demoFlows())},
		{fmt.Sprintf("AWSLogs/%s/elasticloadbalancing/%s/%s/%s_elasticloadbalancing_%s_app.demo.0123456789abcdef_20260302T0100Z_192.0.2.10_demo.log.gz", demoAccount, demoRegion, day, demoAccount, demoRegion), []byte(demoRequests())},
	}
	for i := range objects {
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		_, _ = w.Write(objects[i].body) // a buffer takes everything
		_ = w.Close()
		objects[i].body = zipped.Bytes()
	}
	return objects, nil
}

func demoTrail() ([]byte, error) {
	type m = map[string]any
	people := []string{"jiwoo", "minseo", "deploy"}
	calls := []struct{ source, name, failure string }{
		{"s3.amazonaws.com", "GetObject", ""},
		{"ec2.amazonaws.com", "DescribeInstances", ""},
		{"iam.amazonaws.com", "CreateAccessKey", "AccessDenied"},
		{"s3.amazonaws.com", "PutBucketPolicy", "AccessDenied"},
		{"sts.amazonaws.com", "AssumeRole", ""},
	}
	var records []m
	for i := range 36 {
		who, call := people[i%len(people)], calls[i%len(calls)]
		record := m{
			"eventVersion": "1.09", "eventTime": demoDay.Add(time.Duration(i) * 97 * time.Second).Format(time.RFC3339),
			"eventSource": call.source, "eventName": call.name, "awsRegion": demoRegion,
			"sourceIPAddress": fmt.Sprintf("203.0.113.%d", 10+i%4), "userAgent": "aws-cli/2.0 demo",
			"userIdentity": m{
				"type": "IAMUser", "principalId": "AIDADEMO" + strings.ToUpper(who), "accountId": demoAccount,
				"arn": "arn:aws:iam::" + demoAccount + ":user/" + who, "userName": who,
			},
			"requestParameters": m{"bucketName": "demo-bucket", "sequence": i}, "responseElements": nil,
			"requestID": fmt.Sprintf("demo-request-%02d", i), "eventID": fmt.Sprintf("00000000-0000-4000-8000-%012d", i),
			"readOnly": call.failure == "", "eventType": "AwsApiCall", "recipientAccountId": demoAccount, "managementEvent": true,
			"resources": []m{{"ARN": "arn:aws:s3:::demo-bucket", "accountId": demoAccount, "type": "AWS::S3::Bucket"}},
		}
		if call.failure != "" {
			record["errorCode"] = call.failure
			record["errorMessage"] = "User: " + who + " is not authorized to perform: " + call.name
		}
		records = append(records, record)
	}
	return json.Marshal(m{"Records": records})
}

func demoFlows() string {
	var b strings.Builder
	b.WriteString("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n")
	ports := []int{443, 22, 3389, 53, 5432}
	for i := range 40 {
		start := demoDay.Unix() + int64(i)*30
		port, action := ports[i%len(ports)], "ACCEPT"
		if port == 22 || port == 3389 {
			action = "REJECT"
		}
		fmt.Fprintf(&b, "2 %s eni-0demo%04d 198.51.100.%d 10.0.0.%d %d %d 6 %d %d %d %d %s OK\n",
			demoAccount, i%3, 20+i%7, 10+i%3, 40000+i*37, port, 1+i%9, 60*(1+i%9), start, start+25, action)
	}
	fmt.Fprintf(&b, "2 %s eni-0demo0009 - - - - - - - %d %d - NODATA\n", demoAccount, demoDay.Unix(), demoDay.Unix()+60)
	return b.String()
}

func demoRequests() string {
	var b strings.Builder
	verbs, paths := []string{"GET", "GET", "POST", "DELETE"}, []string{"/", "/login", "/orders?id=17", "/health"}
	for i := range 40 {
		at := demoDay.Add(time.Duration(i) * 41 * time.Second)
		status := []int{200, 200, 200, 404, 502}[i%5]
		fmt.Fprintf(&b, "https %s app/demo/0123456789abcdef 203.0.113.%d:%d 10.0.1.%d:8080 0.00%d 0.0%d2 0.000 %d %d %d %d "+
			`"%s https://shop.example:443%s HTTP/1.1" "Mozilla/5.0 (demo; \"quoted\")" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 `+
			`arn:aws:elasticloadbalancing:%s:%s:targetgroup/demo/0123456789abcdef "Root=1-00000000-%024d" "shop.example" `+
			`"session-reused" 0 %s "forward" "-" "-" "10.0.1.%d:8080" "%d" "-" "-" TID_%032d`+"\n",
			at.Format("2006-01-02T15:04:05.000000Z"), 50+i%6, 50000+i, 10+i%2, i%10, i%10, status, status, 300+i, 1000+i*13,
			verbs[i%len(verbs)], paths[i%len(paths)], demoRegion, demoAccount, i, at.Format("2006-01-02T15:04:05.000000Z"), 10+i%2, status, i)
	}
	return b.String()
}
