package main_test

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/rogpeppe/go-internal/testscript"
)

// cloudWatch is "cloudwatch OPERATION FILE": it makes a call with the members in a file.
func cloudWatch(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: cloudwatch OPERATION FILE")
	}
	client := cloudwatch.New(cloudwatch.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(ts.Getenv("ENDPOINT")),
		Credentials: credentials.NewStaticCredentialsProvider(ts.Getenv("AWS_ACCESS_KEY_ID"), ts.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
	})
	var err error
	text, ctx := []byte(ts.ReadFile(args[1])), context.Background()
	switch args[0] {
	case "PutMetricAlarm":
		in := &cloudwatch.PutMetricAlarmInput{}
		ts.Check(json.Unmarshal(text, in))
		_, err = client.PutMetricAlarm(ctx, in)
	case "PutCompositeAlarm":
		in := &cloudwatch.PutCompositeAlarmInput{}
		ts.Check(json.Unmarshal(text, in))
		_, err = client.PutCompositeAlarm(ctx, in)
	case "PutDashboard":
		in := &cloudwatch.PutDashboardInput{}
		ts.Check(json.Unmarshal(text, in))
		_, err = client.PutDashboard(ctx, in)
	default:
		ts.Fatalf("cloudwatch: %s is not made here", args[0])
	}
	ts.Check(err)
}
