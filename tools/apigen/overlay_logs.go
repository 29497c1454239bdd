package main

// logsLoose takes from the model of CloudWatch Logs the constraints of identifiers: the
// service refuses them itself, without the value that others are refused with.
func logsLoose(m *model) {
	m.Shapes["LogGroupIdentifier"].Pattern = ""
	m.Shapes["StartLiveTailLogGroupIdentifiers"].Max = ""
}
