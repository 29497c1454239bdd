package wire

// PatternError says why a model's pattern does not compile.
func PatternError(pattern string) error {
	_, err := parsePattern(pattern)
	return err
}
