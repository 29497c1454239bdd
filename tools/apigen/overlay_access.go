package main

import (
	"maps"

	"github.com/sillok/sillok/internal/api"
)

// authorizationOverlay says of a service what its service authorization
// reference says in other words than its model, or not at all. A name in a
// template's braces is called a variable here, as in "${TableName}".
type authorizationOverlay struct {
	prefix  string   // of its actions, where that is not the service's ID
	without []string // types of resources that are not built

	actions  map[string]string // operation → its action, where that has another name
	versions map[string]string // operation → its action for an input with a VersionId

	members  map[string]string   // variable → member, in every input that has it
	special  map[string]string   // "operation variable" → path over the input's members
	unnamed  map[string][]string // variable → operations whose input does not name it
	defaults map[string]string   // variable → what an input means that leaves it out
	forms    map[string]string   // variable → how its member is read; see api.Resource

	when      map[string]string         // "operation type" → which inputs touch that type
	resources map[string][]api.Resource // operation → its resources, in place of the reference's
	more      map[string][]api.Resource // operation → resources besides the reference's
}

// authorizationOf returns the overlay of a service.
func authorizationOf(service string) authorizationOverlay {
	switch service {
	case "athena":
		return athenaAuthorization()
	case "cloudtrail":
		return cloudTrailAuthorization()
	case "cloudwatch":
		return cloudWatchAuthorization()
	case "ec2":
		return ec2Authorization()
	case "elbv2":
		return authorizationOverlay{prefix: "elasticloadbalancing"}
	case "events":
		return authorizationOverlay{
			special:  map[string]string{"PutEvents EventBusName": "Entries[].EventBusName"},
			defaults: map[string]string{"EventBusName": "default"},
			forms:    map[string]string{"EventBusName": "name"},
		}
	case "glue":
		return glueAuthorization()
	case "iam":
		return iamAuthorization()
	case "kms":
		return kmsAuthorization()
	case "lambda":
		return lambdaAuthorization()
	case "logs":
		return logsAuthorization()
	case "organizations":
		return organizationsAuthorization()
	case "s3":
		return s3Authorization()
	case "scheduler":
		return authorizationOverlay{
			defaults: map[string]string{"GroupName": "default"},
			more:     map[string][]api.Resource{"CreateSchedule": {passRole("Target.RoleArn")}},
		}
	case "sns":
		return authorizationOverlay{resources: map[string][]api.Resource{
			"Publish": {{Type: "topic", ARN: "{TopicArn|TargetArn}", When: "!PhoneNumber"}},
		}}
	case "sqs":
		return sqsAuthorization()
	case "ssm":
		return ssmAuthorization()
	case "sts":
		return stsAuthorization()
	}
	return authorizationOverlay{}
}

// passRole is the role that a call hands to a service.
func passRole(member string) api.Resource {
	return api.Resource{Type: "role", ARN: "{" + member + "}", Action: "iam:PassRole", When: member}
}

func athenaAuthorization() authorizationOverlay {
	workgroup := "arn:{Partition}:athena:{Region}:{Account}:workgroup/{Name}"
	return authorizationOverlay{
		members: map[string]string{"DataCatalogName": "CatalogName"},
		// A query's ID is all that its caller says; Athena knows the workgroup.
		unnamed: map[string][]string{"WorkGroupName": {
			"BatchGetNamedQuery", "BatchGetQueryExecution", "DeleteNamedQuery", "GetNamedQuery", "GetQueryExecution",
			"GetQueryResults", "GetQueryRuntimeStatistics", "StopQueryExecution", "UpdateNamedQuery",
		}},
		defaults: map[string]string{"WorkGroupName": "primary"},
		more: map[string][]api.Resource{"CreateWorkGroup": {
			{Type: "workgroup", ARN: workgroup, Action: "athena:TagResource", When: "Tags"},
			passRole("Configuration.ExecutionRole"),
		}},
	}
}

func cloudTrailAuthorization() authorizationOverlay {
	trail := "arn:{Partition}:cloudtrail:{Region}:{Account}:trail/"
	stores := "arn:{Partition}:cloudtrail:{Region}:{Account}:eventdatastore/"
	// What a store is named by is an ARN or its last part; that of a statement, or of a
	// query that is named alone, the service finds.
	o := authorizationOverlay{
		members: map[string]string{"TrailName": "Name"},
		forms:   map[string]string{"TrailName": "name"},
		special: map[string]string{
			"GetEventSelectors TrailName":   "TrailName",
			"GetInsightSelectors TrailName": "TrailName",
			"PutEventSelectors TrailName":   "TrailName",
			"PutInsightSelectors TrailName": "TrailName",
		},
		without: []string{"channel", "dashboard", "eventdatastore"},
		resources: map[string][]api.Resource{
			"AddTags":              {{ARN: "{ResourceId}"}},
			"ListTags":             {{ARN: "{ResourceIdList[]}"}},
			"RemoveTags":           {{ARN: "{ResourceId}"}},
			"DeleteResourcePolicy": {{ARN: "{ResourceArn}"}},
			"GetResourcePolicy":    {{ARN: "{ResourceArn}"}},
			"PutResourcePolicy":    {{ARN: "{ResourceArn}"}},
		},
		more: map[string][]api.Resource{
			"CreateTrail": {
				{Type: "trail", ARN: trail + "{name:Name}", Action: "cloudtrail:AddTags", When: "TagsList"},
				passRole("CloudWatchLogsRoleArn"),
			},
			"UpdateTrail": {passRole("CloudWatchLogsRoleArn")},
		},
	}
	for _, operation := range []string{
		"CancelQuery", "DeleteEventDataStore", "DescribeQuery", "GetEventDataStore", "GetQueryResults", "ListQueries", "RestoreEventDataStore",
		"StartEventDataStoreIngestion", "StopEventDataStoreIngestion", "UpdateEventDataStore",
	} {
		o.resources[operation] = []api.Resource{{Type: "eventdatastore", ARN: stores + "{name:EventDataStore}"}}
	}
	channels := "arn:{Partition}:cloudtrail:{Region}:{Account}:channel/"
	for operation, member := range map[string]string{"DeleteChannel": "{name:Channel}", "GetChannel": "{name:Channel}", "UpdateChannel": "{name:Channel}"} {
		o.resources[operation] = []api.Resource{{Type: "channel", ARN: channels + member}}
	}
	into := stores + "{name:Destinations[].Location}"
	o.resources["UpdateChannel"] = append(o.resources["UpdateChannel"], api.Resource{Type: "eventdatastore", ARN: into, When: "Destinations"})
	o.resources["CreateChannel"] = []api.Resource{
		{Type: "channel", ARN: channels + "*"},
		{Type: "eventdatastore", ARN: into},
		{Type: "channel", ARN: channels + "*", Action: "cloudtrail:AddTags", When: "Tags"},
	}
	o.resources["StartImport"] = []api.Resource{
		{Type: "eventdatastore", ARN: stores + "{name:Destinations[]}", When: "Destinations"}, {ARN: "*", When: "!Destinations"}, passRole("ImportSource.S3.S3BucketAccessRoleArn"),
	}
	o.resources["StartQuery"] = []api.Resource{{Type: "eventdatastore", ARN: stores + "*"}}
	o.resources["CreateEventDataStore"] = []api.Resource{
		{Type: "eventdatastore", ARN: stores + "*"}, {Type: "eventdatastore", ARN: stores + "*", Action: "cloudtrail:AddTags", When: "TagsList"},
	}
	return o
}

func ec2Authorization() authorizationOverlay {
	o := authorizationOverlay{
		unnamed: map[string][]string{"VpcFlowLogId": {"CreateFlowLogs"}}, // it does not exist yet
		special: map[string]string{},
		when:    map[string]string{},
		more:    map[string][]api.Resource{"CreateFlowLogs": {passRole("DeliverLogsPermissionArn")}},
	}
	for _, flows := range []struct{ noun, id, resourceType string }{
		{"vpc", "VpcId", "VPC"},
		{"subnet", "SubnetId", "Subnet"},
		{"network-interface", "NetworkInterfaceId", "NetworkInterface"},
		{"transit-gateway", "TransitGatewayId", "TransitGateway"},
		{"transit-gateway-attachment", "TransitGatewayAttachmentId", "TransitGatewayAttachment"},
		{"natgateway", "NatGatewayId", "RegionalNatGateway"},
	} {
		o.special["CreateFlowLogs "+flows.id] = "ResourceIds[]"
		o.when["CreateFlowLogs "+flows.noun] = "ResourceType=" + flows.resourceType
	}
	return o
}

func glueAuthorization() authorizationOverlay {
	return authorizationOverlay{
		without: []string{"catalog"}, // one below the account's own
		special: map[string]string{
			"BatchDeleteTable TableName":  "TablesToDelete[]",
			"CreateTable TableName":       "TableInput.Name|Name",
			"DeleteDatabase DatabaseName": "Name",
			"UpdateTable TableName":       "TableInput.Name|Name",

			"CreateUserDefinedFunction UserDefinedFunctionName": "FunctionInput.FunctionName",
			"DeleteUserDefinedFunction UserDefinedFunctionName": "FunctionName",
			"GetUserDefinedFunction UserDefinedFunctionName":    "FunctionName",
			"UpdateUserDefinedFunction UserDefinedFunctionName": "FunctionName",
		},
		unnamed: map[string][]string{
			"DatabaseName":            {"GetDatabases", "SearchTables"},
			"TableName":               {"DeleteDatabase", "GetTables", "SearchTables"},
			"UserDefinedFunctionName": {"DeleteDatabase", "GetUserDefinedFunctions"},
		},
		// Glue folds names, so that a policy must see them folded too.
		forms: map[string]string{"DatabaseName": "lower", "TableName": "lower"},
		more: map[string][]api.Resource{"CreateDatabase": {{
			Type: "database", ARN: "arn:{Partition}:glue:{Region}:{Account}:database/{lower:DatabaseInput.Name}",
			Action: "glue:TagResource", When: "Tags",
		}}},
	}
}

// kmsAuthorization names keys as callers do; an alias, and the key that a
// ciphertext or a grant's token names, are known to KMS alone.
func kmsAuthorization() authorizationOverlay {
	const alias, key = "arn:{Partition}:kms:{Region}:{Account}:{AliasName}", "arn:{Partition}:kms:{Region}:{Account}:key/"
	aliased := func(key string) []api.Resource {
		return []api.Resource{{Type: "alias", ARN: alias}, {Type: "key", ARN: key}}
	}
	return authorizationOverlay{
		forms:   map[string]string{"KeyId": "key"},
		actions: map[string]string{"ReEncrypt": "ReEncryptFrom"},
		resources: map[string][]api.Resource{
			"CreateKey":   {{ARN: "*"}, {Type: "key", ARN: key + "*", Action: "kms:TagResource", When: "Tags"}},
			"CreateAlias": aliased(key + "{key:TargetKeyId}"),
			"UpdateAlias": aliased(key + "{key:TargetKeyId}"),
			"DeleteAlias": aliased(key + "*"),
			"ReEncrypt": {
				{Type: "key", ARN: key + "{key:SourceKeyId}"},
				{Type: "key", ARN: key + "{key:DestinationKeyId}", Action: "kms:ReEncryptTo"},
			},
		},
	}
}

func lambdaAuthorization() authorizationOverlay {
	return authorizationOverlay{
		actions: map[string]string{"Invoke": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction"},
		forms:   map[string]string{"FunctionName": "name", "LayerName": "name"},
		more:    map[string][]api.Resource{"CreateFunction": {passRole("Role")}},
	}
}

// accountPolicyActions are those that a policy of an account's needs besides its own:
// the one by which it would be done to a group.
func accountPolicyActions(verb string) []api.Resource {
	all := []api.Resource{{ARN: "*"}} // the operation's own
	for _, of := range [][2]string{
		{"DATA_PROTECTION_POLICY", "DataProtectionPolicy"},
		{"SUBSCRIPTION_FILTER_POLICY", "SubscriptionFilter"},
		{"TRANSFORMER_POLICY", "Transformer"},
		{"FIELD_INDEX_POLICY", "IndexPolicy"},
		{"METRIC_EXTRACTION_POLICY", "MetricExtractionPolicy"},
		{"RETENTION_POLICY", "RetentionPolicy"},
	} {
		all = append(all, api.Resource{ARN: "*", Action: "logs:" + verb + of[1], When: "policyType=" + of[0]})
	}
	return all
}

func logsAuthorization() authorizationOverlay {
	const unmasked = "arn:{Partition}:logs:{Region}:{Account}:log-group:"
	o := authorizationOverlay{
		special: map[string]string{"GetLogEvents LogGroupName": "logGroupName|logGroupIdentifier"},
		forms:   map[string]string{"LogGroupName": "name"},
		more: map[string][]api.Resource{
			"CreateLogGroup": {{
				Type: "log-group", ARN: "arn:{Partition}:logs:{Region}:{Account}:log-group:{name:logGroupName}:log-stream:",
				Action: "logs:TagResource", When: "tags",
			}},
			"PutDestination": {
				{Type: "destination", ARN: "arn:{Partition}:logs:{Region}:{Account}:destination:{destinationName}", Action: "logs:TagResource", When: "tags"},
				passRole("roleArn"),
			},
			"PutSubscriptionFilter": {passRole("roleArn")},
			"PutAccountPolicy":      accountPolicyActions("Put"),
			"DeleteAccountPolicy":   accountPolicyActions("Delete"),
			"DescribeAccountPolicies": {
				{ARN: "*"},
				{ARN: "*", Action: "logs:GetDataProtectionPolicy", When: "policyType=DATA_PROTECTION_POLICY"},
				{ARN: "*", Action: "logs:GetTransformer", When: "policyType=TRANSFORMER_POLICY"},
				{ARN: "*", Action: "logs:DescribeSubscriptionFilters", When: "policyType=SUBSCRIPTION_FILTER_POLICY"},
				{ARN: "*", Action: "logs:DescribeIndexPolicies", When: "policyType=FIELD_INDEX_POLICY"},
			},
			// What is masked is shown to who may do that, too.
			"FilterLogEvents":      {{Type: "log-group", ARN: unmasked + "{name:logGroupName|logGroupIdentifier}:log-stream:", Action: "logs:Unmask", When: "unmask"}},
			"GetLogEvents":         {{Type: "log-group", ARN: unmasked + "{name:logGroupName|logGroupIdentifier}:log-stream:", Action: "logs:Unmask", When: "unmask"}},
			"GetLogRecord":         {{Type: "log-group", ARN: unmasked + "*", Action: "logs:Unmask", When: "unmask"}},
			"CreateScheduledQuery": {passRole("executionRoleArn"), passRole("destinationConfiguration.s3Configuration.roleArn")},
			"UpdateScheduledQuery": {passRole("executionRoleArn"), passRole("destinationConfiguration.s3Configuration.roleArn")},
		},
		resources: map[string][]api.Resource{
			// A pointer, an ID and the text of a query say which groups to the service alone.
			"GetLogRecord":    {{Type: "log-group", ARN: "arn:{Partition}:logs:{Region}:{Account}:log-group:*"}},
			"GetQueryResults": {{Type: "log-group", ARN: "arn:{Partition}:logs:{Region}:{Account}:log-group:*"}},
			"StartQuery":      {{Type: "log-group", ARN: "arn:{Partition}:logs:{Region}:{Account}:log-group:*"}},
			// Of these groups are given by name or ARN.
			"DescribeFieldIndexes":  {{Type: "log-group", ARN: "arn:{Partition}:logs:{Region}:{Account}:log-group:{name:logGroupIdentifiers[]}:log-stream:"}},
			"DescribeIndexPolicies": {{Type: "log-group", ARN: "arn:{Partition}:logs:{Region}:{Account}:log-group:{name:logGroupIdentifiers[]}:log-stream:"}},
			"PutIndexPolicy":        {{Type: "log-group", ARN: "arn:{Partition}:logs:{Region}:{Account}:log-group:{name:logGroupIdentifier}:log-stream:"}},
			"DeleteIndexPolicy":     {{Type: "log-group", ARN: "arn:{Partition}:logs:{Region}:{Account}:log-group:{name:logGroupIdentifier}:log-stream:"}},
		},
	}
	for _, op := range []string{"DeleteScheduledQuery", "GetScheduledQuery", "GetScheduledQueryHistory", "UpdateScheduledQuery"} {
		o.resources[op] = []api.Resource{{Type: "scheduled-query", ARN: "arn:{Partition}:logs:{Region}:{Account}:scheduled-query:{name:identifier}"}}
	}
	// What is done to a group is asked of its ARN with an empty stream behind it: so
	// AWS's refusals name it, and so a policy must end with ":*".
	for members, operations := range map[string][]string{
		"logGroupName": {
			"CreateExportTask", "CreateLogGroup", "DeleteLogGroup", "DeleteMetricFilter", "DeleteRetentionPolicy", "DeleteSubscriptionFilter",
			"DescribeMetricFilters", "DescribeSubscriptionFilters", "ListTagsLogGroup", "PutMetricFilter", "PutRetentionPolicy",
			"PutSubscriptionFilter", "TagLogGroup", "UntagLogGroup",
		},
		"logGroupName|resourceIdentifier": {"AssociateKmsKey", "DisassociateKmsKey"},
		"logGroupName|logGroupIdentifier": {"DescribeLogStreams", "FilterLogEvents", "GetLogGroupFields"},
		"logGroupIdentifier": {
			"DeleteDataProtectionPolicy", "DeleteTransformer", "GetDataProtectionPolicy", "GetTransformer", "PutBearerTokenAuthentication",
			"PutDataProtectionPolicy", "PutLogGroupDeletionProtection", "PutTransformer",
		},
		"logGroupIdentifiers[]": {"StartLiveTail"},
	} {
		for _, op := range operations {
			o.resources[op] = []api.Resource{{Type: "log-group", ARN: "arn:{Partition}:logs:{Region}:{Account}:log-group:{name:" + members + "}:log-stream:"}}
		}
	}
	logsDeliveries(&o)
	return o
}

// logsDeliveries says what the operations of vended deliveries touch.
func logsDeliveries(o *authorizationOverlay) {
	const ours = "arn:{Partition}:logs:{Region}:{Account}:"
	one := func(kind, member string) api.Resource {
		return api.Resource{Type: kind, ARN: ours + kind + ":{" + member + "}"}
	}
	tagged := func(r api.Resource) api.Resource {
		r.Action, r.When = "logs:TagResource", "tags"
		return r
	}
	source, destination, delivery := one("delivery-source", "name"), one("delivery-destination", "name"), one("delivery", "id")
	every := api.Resource{Type: "delivery", ARN: ours + "delivery:*"}
	policy := one("delivery-destination", "deliveryDestinationName")
	maps.Copy(o.resources, map[string][]api.Resource{
		"PutDeliverySource": {source, tagged(source)}, "GetDeliverySource": {source}, "DeleteDeliverySource": {source},
		"PutDeliveryDestination": {destination, tagged(destination)}, "GetDeliveryDestination": {destination}, "DeleteDeliveryDestination": {destination},
		"PutDeliveryDestinationPolicy": {policy}, "GetDeliveryDestinationPolicy": {policy}, "DeleteDeliveryDestinationPolicy": {policy},
		"CreateDelivery": {
			one("delivery-source", "deliverySourceName"), {Type: "delivery-destination", ARN: "{deliveryDestinationArn}"}, every, tagged(every),
		},
		"GetDelivery": {delivery}, "DeleteDelivery": {delivery}, "UpdateDeliveryConfiguration": {delivery},
	})
}

func sqsAuthorization() authorizationOverlay {
	byURL := []api.Resource{{Type: "queue", ARN: "arn:{Partition}:sqs:{Region}:{queue:QueueUrl}"}}
	return authorizationOverlay{resources: map[string][]api.Resource{
		"GetQueueUrl":        {{Type: "queue", ARN: "arn:{Partition}:sqs:{Region}:{QueueOwnerAWSAccountId|Account}:{QueueName}"}},
		"ReceiveMessage":     byURL,
		"SendMessage":        byURL,
		"SetQueueAttributes": byURL,
	}}
}

func ssmAuthorization() authorizationOverlay {
	const tagged = "ResourceType=Parameter"
	return authorizationOverlay{
		// What else of Systems Manager can be tagged.
		without: []string{
			"association", "automation-execution", "document", "instance", "maintenancewindow", "managed-instance",
			"opsitem", "opsmetadata", "patchbaseline", "task",
		},
		members: map[string]string{"ParameterNameWithoutLeadingSlash": "Name"},
		special: map[string]string{
			"AddTagsToResource ParameterNameWithoutLeadingSlash":      "ResourceId",
			"DeleteParameters ParameterNameWithoutLeadingSlash":       "Names[]",
			"GetParameters ParameterNameWithoutLeadingSlash":          "Names[]",
			"GetParametersByPath ParameterNameWithoutLeadingSlash":    "Path",
			"ListTagsForResource ParameterNameWithoutLeadingSlash":    "ResourceId",
			"RemoveTagsFromResource ParameterNameWithoutLeadingSlash": "ResourceId",
		},
		forms: map[string]string{"ParameterNameWithoutLeadingSlash": "parameter"},
		when: map[string]string{
			"AddTagsToResource parameter":      tagged,
			"ListTagsForResource parameter":    tagged,
			"RemoveTagsFromResource parameter": tagged,
		},
		more: map[string][]api.Resource{"PutParameter": {{
			Type: "parameter", ARN: "arn:{Partition}:ssm:{Region}:{Account}:parameter/{parameter:Name}",
			Action: "ssm:AddTagsToResource", When: "Tags",
		}}},
	}
}
