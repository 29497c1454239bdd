package main

// source says what to take from one model.
type source struct {
	id  string // folder below botocore/data, also AWS CLI's name
	pkg string // package name when it is not id + "api"
	// listed names the operations that are generated with their shapes. Any
	// other is known by name alone, and of a REST service by its path.
	listed []string
	except []string // in place of listed: all operations but these
	// overlay completes what the model lost; see overlay_sqs.go, overlay_s3_xml.go and its like.
	overlay func(*model)
}

// sources returns what is generated: of services that are built, the operations
// that are answered; of the others, a few with which the tests of wire and
// gateway run every protocol.
func sources() []source {
	return []source{
		{id: "athena", listed: athenaOperations()},
		{id: "cloudtrail", listed: []string{
			"AddTags", "CancelQuery", "CreateChannel", "CreateEventDataStore", "CreateTrail", "DeleteChannel", "DeleteEventDataStore", "DeleteResourcePolicy",
			"DeleteTrail", "DescribeQuery", "DescribeTrails", "GetChannel", "GetEventDataStore", "GetEventSelectors", "GetImport", "GetInsightSelectors",
			"GetQueryResults", "GetResourcePolicy", "GetTrail", "GetTrailStatus", "ListChannels", "ListEventDataStores", "ListImportFailures", "ListImports",
			"ListPublicKeys", "ListQueries", "ListTags", "ListTrails", "LookupEvents", "PutEventSelectors", "PutInsightSelectors", "PutResourcePolicy",
			"RemoveTags", "RestoreEventDataStore", "StartEventDataStoreIngestion", "StartImport", "StartLogging", "StartQuery",
			"StopEventDataStoreIngestion", "StopImport", "StopLogging", "UpdateChannel", "UpdateEventDataStore", "UpdateTrail",
		}, overlay: cloudTrailLoose},
		{id: "cloudtrail-data", pkg: "cloudtraildataapi", listed: []string{"PutAuditEvents"}},
		{id: "cloudwatch", listed: cloudWatchOperations(), overlay: metricsLoose},
		{id: "config", listed: []string{"DescribeConfigRules", "PutEvaluations", "SelectResourceConfig"}},
		{id: "ec2", listed: []string{"CreateFlowLogs", "DeleteVpc", "DescribeFlowLogs", "DescribeVpcs"}},
		{id: "elbv2", listed: []string{"DescribeLoadBalancers", "DescribeTargetHealth"}},
		{id: "events", listed: []string{"ListRules", "PutEvents"}},
		{id: "firehose", listed: []string{"PutRecord", "PutRecordBatch"}},
		{id: "glue", listed: glueOperations(), overlay: glueStatistics},
		{id: "iam", listed: iamOperations()},
		// Key stores of one's own hardware and keys in several regions are not built.
		{id: "kms", except: []string{
			"ConnectCustomKeyStore", "CreateCustomKeyStore", "DeleteCustomKeyStore", "DescribeCustomKeyStores",
			"DisconnectCustomKeyStore", "GetKeyLastUsage", "ReplicateKey", "UpdateCustomKeyStore", "UpdatePrimaryRegion",
		}},
		{id: "lambda", listed: []string{
			"CreateFunction", "GetFunction", "Invoke", "InvokeWithResponseStream", "PublishLayerVersion", "UpdateFunctionCode",
		}},
		{id: "logs", listed: logsOperations(), overlay: logsLoose},
		// S3 Express's directory buckets and Object Lambda are other products.
		{id: "s3", except: []string{"CreateSession", "ListDirectoryBuckets", "WriteGetObjectResponse"}, overlay: s3XML},
		// There is no GovCloud here, and bills are nobody's; what a policy of another type
		// than the two that decide should say is not checked.
		{id: "organizations", except: []string{
			"CreateGovCloudAccount", "ListAccountsWithInvalidEffectivePolicy", "ListEffectivePolicyValidationErrors",
			"DescribeResponsibilityTransfer", "InviteOrganizationToTransferResponsibility", "ListInboundResponsibilityTransfers",
			"ListOutboundResponsibilityTransfers", "TerminateResponsibilityTransfer", "UpdateResponsibilityTransfer",
		}},
		{id: "scheduler", listed: []string{"CreateSchedule", "GetSchedule"}},
		// Messages are not looked into for personal data, and numbers that are tried out belong to AWS's carriers.
		{id: "sns", except: []string{
			"CreateSMSSandboxPhoneNumber", "DeleteSMSSandboxPhoneNumber", "GetDataProtectionPolicy", "ListSMSSandboxPhoneNumbers",
			"PutDataProtectionPolicy", "VerifySMSSandboxPhoneNumber",
		}},
		{id: "sqs", listed: []string{
			"AddPermission", "CancelMessageMoveTask", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "CreateQueue", "DeleteMessage",
			"DeleteMessageBatch", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "ListMessageMoveTasks",
			"ListQueueTags", "ListQueues", "PurgeQueue", "ReceiveMessage", "RemovePermission", "SendMessage", "SendMessageBatch",
			"SetQueueAttributes", "StartMessageMoveTask", "TagQueue", "UntagQueue",
		}, overlay: sqsQuery},
		{id: "ssm", listed: []string{
			"AddTagsToResource", "DeleteParameter", "DeleteParameters", "DescribeParameters", "GetParameter", "GetParameterHistory",
			"GetParameters", "GetParametersByPath", "LabelParameterVersion", "ListTagsForResource", "PutParameter",
			"RemoveTagsFromResource", "UnlabelParameterVersion",
		}},
		{id: "sts", listed: []string{
			"AssumeRole", "AssumeRoleWithWebIdentity", "DecodeAuthorizationMessage", "GetAccessKeyInfo", "GetCallerIdentity",
			"GetFederationToken", "GetSessionToken",
		}},
	}
}

func athenaOperations() []string {
	return []string{
		"BatchGetNamedQuery", "BatchGetPreparedStatement", "BatchGetQueryExecution", "CreateDataCatalog", "CreateNamedQuery",
		"CreatePreparedStatement", "CreateWorkGroup", "DeleteDataCatalog", "DeleteNamedQuery", "DeletePreparedStatement",
		"DeleteWorkGroup", "GetDataCatalog", "GetDatabase", "GetNamedQuery", "GetPreparedStatement", "GetQueryExecution",
		"GetQueryResults", "GetQueryRuntimeStatistics", "GetTableMetadata", "GetWorkGroup", "ListDataCatalogs",
		"ListDatabases", "ListEngineVersions", "ListNamedQueries", "ListPreparedStatements", "ListQueryExecutions",
		"ListTableMetadata", "ListTagsForResource", "ListWorkGroups", "StartQueryExecution", "StopQueryExecution",
		"TagResource", "UntagResource", "UpdateDataCatalog", "UpdateNamedQuery", "UpdatePreparedStatement", "UpdateWorkGroup",
	}
}

func logsOperations() []string {
	return []string{
		"AssociateKmsKey", "CancelExportTask", "CreateDelivery", "CreateExportTask", "CreateLogGroup", "CreateLogStream", "CreateLookupTable",
		"CreateScheduledQuery", "DeleteAccountPolicy", "DeleteDataProtectionPolicy", "DeleteDelivery", "DeleteDeliveryDestination",
		"DeleteDeliveryDestinationPolicy", "DeleteDeliverySource", "DeleteDestination", "DeleteIndexPolicy", "DeleteLogGroup", "DeleteLogStream",
		"DeleteLookupTable", "DeleteMetricFilter", "DeleteQueryDefinition", "DeleteResourcePolicy", "DeleteRetentionPolicy", "DeleteScheduledQuery",
		"DeleteSubscriptionFilter", "DeleteTransformer", "DescribeAccountPolicies", "DescribeConfigurationTemplates", "DescribeDeliveries",
		"DescribeDeliveryDestinations", "DescribeDeliverySources", "DescribeDestinations", "DescribeExportTasks", "DescribeFieldIndexes",
		"DescribeIndexPolicies", "DescribeLogGroups", "DescribeLogStreams", "DescribeLookupTables", "DescribeMetricFilters", "DescribeQueries",
		"DescribeQueryDefinitions", "DescribeResourcePolicies", "DescribeSubscriptionFilters", "DisassociateKmsKey", "FilterLogEvents",
		"GetDataProtectionPolicy", "GetDelivery", "GetDeliveryDestination", "GetDeliveryDestinationPolicy", "GetDeliverySource", "GetLogEvents",
		"GetLogGroupFields", "GetLogRecord", "GetLookupTable", "GetQueryResults", "GetScheduledQuery", "GetScheduledQueryHistory", "GetTransformer",
		"ListLogGroups", "ListLogGroupsForQuery", "ListScheduledQueries", "ListTagsForResource", "ListTagsLogGroup", "PutAccountPolicy",
		"PutBearerTokenAuthentication", "PutDataProtectionPolicy", "PutDeliveryDestination", "PutDeliveryDestinationPolicy", "PutDeliverySource",
		"PutDestination", "PutDestinationPolicy", "PutIndexPolicy", "PutLogEvents", "PutLogGroupDeletionProtection", "PutMetricFilter",
		"PutQueryDefinition", "PutResourcePolicy", "PutRetentionPolicy", "PutSubscriptionFilter", "PutTransformer", "StartLiveTail", "StartQuery",
		"StopQuery", "TagLogGroup", "TagResource", "TestMetricFilter", "TestTransformer", "UntagLogGroup", "UntagResource", "UpdateDeliveryConfiguration",
		"UpdateLookupTable", "UpdateScheduledQuery",
	}
}

func glueOperations() []string {
	return []string{
		"BatchCreatePartition", "BatchDeletePartition", "BatchDeleteTable", "BatchDeleteTableVersion", "BatchGetPartition",
		"BatchUpdatePartition", "CreateDatabase", "CreatePartition", "CreatePartitionIndex", "CreateTable",
		"CreateUserDefinedFunction", "DeleteColumnStatisticsForPartition", "DeleteColumnStatisticsForTable", "DeleteDatabase",
		"DeletePartition", "DeletePartitionIndex", "DeleteTable", "DeleteTableVersion", "DeleteUserDefinedFunction",
		"GetCatalogImportStatus", "GetColumnStatisticsForPartition", "GetColumnStatisticsForTable",
		"GetDataCatalogEncryptionSettings", "GetDatabase", "GetDatabases", "GetPartition", "GetPartitionIndexes",
		"GetPartitions", "GetTable", "GetTableVersion", "GetTableVersions", "GetTables", "GetTags", "GetUserDefinedFunction",
		"GetUserDefinedFunctions", "SearchTables", "TagResource", "UntagResource", "UpdateColumnStatisticsForPartition",
		"UpdateColumnStatisticsForTable", "UpdateDatabase", "UpdatePartition", "UpdateTable", "UpdateUserDefinedFunction",
	}
}

func cloudWatchOperations() []string {
	return []string{
		"DeleteAlarmMuteRule", "DeleteAlarms", "DeleteAnomalyDetector", "DeleteDashboards", "DeleteMetricStream", "DescribeAlarmContributors",
		"DescribeAlarmHistory", "DescribeAlarms", "DescribeAlarmsForMetric", "DescribeAnomalyDetectors", "DisableAlarmActions", "EnableAlarmActions",
		"GetAlarmMuteRule", "GetDashboard", "GetMetricData", "GetMetricStatistics", "GetMetricStream", "GetMetricWidgetImage", "ListAlarmMuteRules",
		"ListDashboards", "ListMetricStreams", "ListMetrics", "ListTagsForResource", "PutAlarmMuteRule", "PutAnomalyDetector", "PutCompositeAlarm",
		"PutDashboard", "PutMetricAlarm", "PutMetricData", "PutMetricStream", "SetAlarmState", "StartMetricStreams", "StopMetricStreams", "TagResource",
		"UntagResource",
	}
}
