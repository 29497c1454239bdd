package main

// cloudTrailLoose takes from CloudTrail's model the constraints that the service
// itself looks at, and answers with an exception of its own.
func cloudTrailLoose(m *model) {
	for _, name := range []string{
		"AdvancedFieldSelectors", "BillingMode", "DeliveryS3Uri", "EventCategory", "EventDataStoreArn", "EventDataStoreName", "InsightType",
		"ListEventDataStoresMaxResultsCount", "ListQueriesMaxResultsCount", "MaxQueryResults", "QueryAlias", "QueryStatement", "QueryStatus", "RetentionPeriod", "UUID",
		"LookupAttributeKey", "LookupAttributeValue", "MaxResults", "Operator",
		"OperatorValue", "ReadWriteType", "SelectorField", "SelectorName", "SourceEventCategory", "TagKey", "TagValue", "TagsList",
	} {
		s := m.Shapes[name]
		s.Enum, s.Min, s.Max, s.Pattern = nil, "", "", ""
	}
}
