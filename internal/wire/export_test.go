package wire

// PatternEngine names the engine that a model's pattern runs on, for tests.
func PatternEngine(pattern string) string {
	switch compilePattern(pattern).(type) {
	case linearMatcher:
		return "linear"
	case backtrackingMatcher:
		return "backtracking"
	}
	return "none"
}
