package metricmath

import "math"

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

var operators = map[string]func(a, b float64) float64{
	"+":  func(a, b float64) float64 { return a + b },
	"-":  func(a, b float64) float64 { return a - b },
	"*":  func(a, b float64) float64 { return a * b },
	"/":  func(a, b float64) float64 { return a / b },
	"^":  math.Pow,
	"==": func(a, b float64) float64 { return truth(a == b) },
	"!=": func(a, b float64) float64 { return truth(a != b) },
	"<":  func(a, b float64) float64 { return truth(a < b) },
	"<=": func(a, b float64) float64 { return truth(a <= b) },
	">":  func(a, b float64) float64 { return truth(a > b) },
	">=": func(a, b float64) float64 { return truth(a >= b) },
	"&&": func(a, b float64) float64 { return truth(a != 0 && b != 0) },
	"||": func(a, b float64) float64 { return truth(a != 0 || b != 0) },
}

var spelledOut = map[string]string{"AND": "&&", "OR": "||"}

// operate applies an operator of two operands.
func operate(name string, a, b value) (value, error) {
	symbol := name
	if s, ok := spelledOut[name]; ok {
		symbol = s
	}
	plain := operators[symbol]
	apply := func(x, y float64) float64 {
		if math.IsNaN(x) || math.IsNaN(y) {
			return math.NaN() // also of what would be a comparison
		}
		return plain(x, y)
	}
	if a.kind == text || b.kind == text || a.kind == array && b.kind == array {
		return value{}, refuse("The operator '%s' cannot be applied to %s and %s", name, kinds[a.kind], kinds[b.kind])
	}
	switch {
	case a.kind == number && b.kind == number:
		return scalar(finite(apply(a.number, b.number))), nil
	case b.kind == number:
		return each(a, func(s *Series) Series { return mapped(s, func(v float64) float64 { return apply(v, b.number) }) }), nil
	case a.kind == number:
		return each(b, func(s *Series) Series { return mapped(s, func(v float64) float64 { return apply(a.number, v) }) }), nil
	case b.kind == array:
		return each(b, func(s *Series) Series {
			result := combined(&a.list[0], s, apply)
			result.Label, result.Of = s.Label, s.Of
			return result
		}), nil
	}
	return each(a, func(s *Series) Series { return combined(s, &b.list[0], apply) }), nil
}

// finite is a number, or NaN for none.
func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

func negated(v value) (value, error) {
	switch v.kind {
	case text:
		return value{}, refuse("The operator '-' cannot be applied to a text")
	case number:
		return scalar(-v.number), nil
	default:
		return each(v, func(s *Series) Series { return mapped(s, func(x float64) float64 { return -x }) }), nil
	}
}

// each is a series or an array with a function applied to each series.
func each(v value, to func(*Series) Series) value {
	result := value{kind: v.kind, list: make([]Series, len(v.list))}
	for i := range v.list {
		result.list[i] = to(&v.list[i])
	}
	return result
}

// mapped is a series with a function applied to each value.
func mapped(s *Series, to func(float64) float64) Series {
	result := like(s)
	for i, at := range s.Times {
		result.add(at, to(s.Values[i]))
	}
	return result
}

// combined is a function of two series at each time that either has. It keeps the first
// one's label.
func combined(a, b *Series, apply func(x, y float64) float64) Series {
	result := like(a)
	result.Period = max(a.Period, b.Period)
	for i, k := 0, 0; i < len(a.Times) || k < len(b.Times); {
		switch {
		case k == len(b.Times) || i < len(a.Times) && a.Times[i] < b.Times[k]:
			result.add(a.Times[i], apply(a.Values[i], 0))
			i++
		case i == len(a.Times) || b.Times[k] < a.Times[i]:
			result.add(b.Times[k], apply(0, b.Values[k]))
			k++
		default:
			result.add(a.Times[i], apply(a.Values[i], b.Values[k]))
			i, k = i+1, k+1
		}
	}
	return result
}
