package insights

import "maps"

// scalar is a function of values.
type scalar struct {
	least, most int    // arguments
	nulls       bool   // it is called with null too; otherwise null makes it null
	special     string // not a function of values: of the time, or of a field
	apply       func(x *run, args []value) value
}

// scalars are the functions, by their names in small letters.
func scalars() map[string]*scalar {
	all := map[string]*scalar{
		"bin":       {least: 1, most: 1, special: "bin"},
		"datefloor": {least: 2, most: 2, special: "floor"},
		"dateceil":  {least: 2, most: 2, special: "ceil"},
		"unmask":    {least: 1, most: 1, special: "unmask"},
		"histogram": {least: 2, most: 2, special: "histogram"},

		"ispresent": {least: 1, most: 1, nulls: true, apply: func(_ *run, a []value) value { return truth(!a[0].isNull()) }},
		"coalesce":  {least: 1, most: 100, nulls: true, apply: coalesce},
		"case":      {least: 2, most: 21, nulls: true, apply: choose},
		"if":        {least: 3, most: 3, nulls: true, apply: choose},
	}
	maps.Copy(all, numberFunctions())
	maps.Copy(all, textFunctions())
	maps.Copy(all, timeFunctions())
	maps.Copy(all, addressFunctions())
	maps.Copy(all, jsonFunctions())
	return all
}

func coalesce(_ *run, args []value) value {
	for _, v := range args {
		if !v.isNull() {
			return v
		}
	}
	return value{}
}

// choose returns the value behind the first condition that holds, or the last value
// where one stands alone.
func choose(_ *run, args []value) value {
	for len(args) >= 2 {
		if args[0].holds() {
			return args[1]
		}
		args = args[2:]
	}
	if len(args) == 1 {
		return args[0]
	}
	return value{}
}

// ofNumbers is a function of numbers; with anything else it is null.
func ofNumbers(least, most int, f func(n []float64) float64) *scalar {
	return &scalar{least: least, most: most, apply: func(_ *run, args []value) value {
		var few [4]float64
		numbers := few[:0]
		for _, v := range args {
			n, ok := v.asNumber()
			if !ok {
				return value{}
			}
			numbers = append(numbers, n)
		}
		return finite(f(numbers))
	}}
}

// ofTexts is a function of texts; with what is structured it is null.
func ofTexts(least, most int, f func(s []string) value) *scalar {
	return &scalar{least: least, most: most, apply: func(_ *run, args []value) value {
		var few [4]string
		texts := few[:0]
		for _, v := range args {
			s, ok := v.asText()
			if !ok {
				return value{}
			}
			texts = append(texts, s)
		}
		return f(texts)
	}}
}
