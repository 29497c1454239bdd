package insight

// Tail is what the probability of a count is computed by.
func Tail(x, mean, dispersion float64) float64 { return tail(x, mean, dispersion) }
