package cloud

// Access is what a call asks to be allowed: who asks is in Call.
type Access struct {
	Call   Call
	Action string // of a call that touches nothing that has an ARN; each of Resources has its own

	// Resources are all that the call touches. It may be done only where every
	// one of them is allowed.
	Resources []Resource

	// Conditions are the condition keys of policies that the input fills, such as
	// "s3:prefix", as the operation's row says. Keys that follow from Call, such as
	// "aws:SourceIp", are not among them.
	Conditions map[string][]string

	Input any // a pointer to the operation's input type
}
