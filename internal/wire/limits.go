package wire

// Limits of what is decoded into a tree before it becomes an input. AWS's
// largest requests, 1 MiB of metric data, have some 300,000 values.
const (
	// MaxDepth bounds how deep values nest.
	MaxDepth = 100
	// MaxNodes bounds how many values, and names of values, a body may have.
	MaxNodes = 1 << 19
)
