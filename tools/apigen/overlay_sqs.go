package main

// sqsQuery gives SQS's model what it lost when JSON replaced the query
// protocol: the element names and error codes that older clients still expect.
func sqsQuery(m *model) {
	m.Metadata.Protocols = append(m.Metadata.Protocols, "query")
	m.Metadata.XMLNamespace = "http://queue.amazonaws.com/doc/2012-11-05/"
	for list, element := range map[string]string{
		"AWSAccountIdList": "AWSAccountId", "ActionNameList": "ActionName", "AttributeNameList": "AttributeName",
		"BatchResultErrorEntryList": "BatchResultErrorEntry", "BinaryList": "BinaryListValue",
		"ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
		"ChangeMessageVisibilityBatchResultEntryList":  "ChangeMessageVisibilityBatchResultEntry",
		"DeleteMessageBatchRequestEntryList":           "DeleteMessageBatchRequestEntry",
		"DeleteMessageBatchResultEntryList":            "DeleteMessageBatchResultEntry",
		"ListMessageMoveTasksResultEntryList":          "ListMessageMoveTasksResultEntry",
		"MessageAttributeNameList":                     "MessageAttributeName",
		"MessageList":                                  "Message", "MessageSystemAttributeList": "MessageSystemAttributeName", "QueueUrlList": "QueueUrl",
		"SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
		"SendMessageBatchResultEntryList":  "SendMessageBatchResultEntry",
		"StringList":                       "StringListValue", "TagKeyList": "TagKey",
	} {
		m.Shapes[list].Member.LocationName = element
	}
	for name, names := range map[string][2]string{
		"MessageBodyAttributeMap": {"Name", "Value"}, "MessageBodySystemAttributeMap": {"Name", "Value"},
		"MessageSystemAttributeMap": {"Name", "Value"}, "QueueAttributeMap": {"Name", "Value"}, "TagMap": {"Key", "Value"},
	} {
		m.Shapes[name].Key.LocationName, m.Shapes[name].Value.LocationName = names[0], names[1]
	}
	// A flattened map is named by its member, in the singular.
	for _, s := range m.Shapes {
		for i := range s.Members {
			switch s.Members[i].Shape {
			case "MessageBodyAttributeMap":
				s.Members[i].LocationName = "MessageAttribute"
			case "MessageBodySystemAttributeMap":
				s.Members[i].LocationName = "MessageSystemAttribute"
			case "MessageSystemAttributeMap", "QueueAttributeMap":
				s.Members[i].LocationName = "Attribute"
			case "TagMap":
				s.Members[i].LocationName = "Tag"
			}
		}
	}
	for _, e := range []struct {
		shape, code string
		status      int
	}{
		{"BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400},
		{"BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong", 400},
		{"EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", 400},
		{"InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId", 400},
		{"KmsAccessDenied", "KMS.AccessDeniedException", 400},
		{"KmsDisabled", "KMS.DisabledException", 400},
		{"KmsInvalidKeyUsage", "KMS.InvalidKeyUsageException", 400},
		{"KmsInvalidState", "KMS.InvalidStateException", 400},
		{"KmsNotFound", "KMS.NotFoundException", 400},
		{"KmsOptInRequired", "KMS.OptInRequired", 403},
		{"KmsThrottled", "KMS.ThrottlingException", 400},
		{"MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight", 400},
		{"OverLimit", "OverLimit", 403},
		{"PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", 403},
		{"QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently", 400},
		{"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400},
		{"QueueNameExists", "QueueAlreadyExists", 400},
		{"ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 404},
		{"RequestThrottled", "RequestThrottled", 403},
		{"ResourceNotFoundException", "ResourceNotFoundException", 404},
		{"TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400},
		{"UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", 400},
	} {
		s := m.Shapes[e.shape]
		s.Error.Code, s.Error.HTTPStatusCode, s.Error.SenderFault = e.code, e.status, true
	}
	sqsLoose(m)
}

// sqsLoose leaves to SQS what its model says of values and SQS says in words of its own,
// and gives the model the errors that all its operations have.
func sqsLoose(m *model) {
	for _, name := range []string{"QueueAttributeName", "MessageSystemAttributeName", "MessageSystemAttributeNameForSends"} {
		m.Shapes[name].Enum = nil
	}
	for _, name := range []string{"MessageAttributeValue", "MessageSystemAttributeValue"} {
		m.Shapes[name].Required = nil
	}
	for name, code := range map[string]string{
		"InvalidParameterValueException": "InvalidParameterValue", "MissingRequiredParameterException": "MissingParameter",
	} {
		s := &shape{Type: "structure", Exception: true}
		s.Error.Code, s.Error.HTTPStatusCode = code, 400
		m.Shapes[name] = s
		for op, row := range m.Operations {
			row.Errors = append(row.Errors, ref{Shape: name})
			m.Operations[op] = row
		}
	}
}
