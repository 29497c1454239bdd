package main

// logsLoose takes from the model of CloudWatch Logs the constraints of identifiers: the
// service refuses them itself, without the value that others are refused with.
func logsLoose(m *model) {
	m.Shapes["LogGroupIdentifier"].Pattern = ""
	m.Shapes["StartLiveTailLogGroupIdentifiers"].Max = ""
	// Events are kept where they belong: not in the journal of calls as well, by which who
	// may not read them, or not unmasked, would.
	m.Shapes["InputLogEvents"].Sensitive = true
}
