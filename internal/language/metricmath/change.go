package metricmath

// changes are functions of a point and the one before it, however far that is.
var changes = map[string]func(*Series) Series{
	"DIFF":      func(s *Series) Series { return changed(s, func(by, _ float64) float64 { return by }) },
	"DIFF_TIME": func(s *Series) Series { return changed(s, func(_, seconds float64) float64 { return seconds }) },
	"RATE":      func(s *Series) Series { return changed(s, func(by, seconds float64) float64 { return by / seconds }) },
	"RUNNING_SUM": func(s *Series) Series {
		sum := 0.0
		return mapped(s, func(v float64) float64 {
			sum += v
			return sum
		})
	},
}

// changed has a point for each but the first.
func changed(s *Series, of func(by, seconds float64) float64) Series {
	result := like(s)
	for i := 1; i < len(s.Times); i++ {
		result.add(s.Times[i], of(s.Values[i]-s.Values[i-1], float64(s.Times[i]-s.Times[i-1])))
	}
	return result
}
