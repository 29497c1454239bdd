package main

// source says what to take from one model.
type source struct {
	id   string   // folder below botocore/data, also AWS CLI's name
	pkg  string   // package name when it is not id + "api"
	only []string // operations whose shapes are wanted; empty means all
	// overlay completes what the model lost; see overlay.go.
	overlay func(*model)
}

func sources() []source {
	return []source{
		{id: "athena"},
		{id: "cloudtrail"},
		{id: "cloudwatch"},
		{id: "config"},
		{id: "ec2", only: ec2Operations()},
		{id: "elbv2"},
		{id: "events"},
		{id: "firehose"},
		{id: "glue"},
		{id: "iam"},
		{id: "lambda"},
		{id: "logs"},
		{id: "s3"},
		{id: "scheduler"},
		{id: "sns"},
		{id: "sqs", overlay: sqsQuery},
		{id: "ssm"},
		{id: "sts"},
	}
}

// ec2Operations names what flow logs and instance metrics touch. EC2 whole
// would be larger than all other services together; its other operations are
// known by name only.
func ec2Operations() []string {
	return []string{
		"AttachNetworkInterface", "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress",
		"CreateFlowLogs", "CreateNetworkInterface", "CreateSecurityGroup", "CreateSubnet", "CreateTags", "CreateVpc",
		"DeleteFlowLogs", "DeleteNetworkInterface", "DeleteSecurityGroup", "DeleteSubnet", "DeleteTags", "DeleteVpc",
		"DescribeAccountAttributes", "DescribeAddresses", "DescribeAvailabilityZones", "DescribeFlowLogs",
		"DescribeImages", "DescribeInstanceAttribute", "DescribeInstanceStatus", "DescribeInstances",
		"DescribeInternetGateways", "DescribeNatGateways", "DescribeNetworkAcls", "DescribeNetworkInterfaces",
		"DescribeRegions", "DescribeRouteTables", "DescribeSecurityGroupRules", "DescribeSecurityGroups",
		"DescribeSubnets", "DescribeTags", "DescribeVolumes", "DescribeVpcAttribute", "DescribeVpcEndpoints", "DescribeVpcs",
		"DetachNetworkInterface", "GetFlowLogsIntegrationTemplate", "ModifyInstanceAttribute", "ModifyNetworkInterfaceAttribute",
		"ModifyVpcAttribute", "MonitorInstances", "RebootInstances", "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress",
		"RunInstances", "StartInstances", "StopInstances", "TerminateInstances", "UnmonitorInstances",
	}
}
