package insights

func jsonFunctions() map[string]*scalar {
	return map[string]*scalar{
		// A text that is no array and no object becomes nothing, as in AWS.
		"jsonparse": {least: 1, most: 1, apply: func(_ *run, a []value) value { return structure(a[0]) }},
		"jsonstringify": {least: 1, most: 1, apply: func(_ *run, a []value) value {
			if a[0].structured() {
				return textual(a[0].text)
			}
			return textual(a[0].String())
		}},
		"jsonarraysize": {least: 1, most: 1, apply: func(_ *run, a []value) value {
			if v := structure(a[0]); v.form == listing {
				return numeric(float64(len(v.elements())))
			}
			return value{}
		}},
		"jsonarraycontains": {least: 2, most: 2, apply: func(_ *run, a []value) value {
			v := structure(a[0])
			if v.form != listing {
				return value{}
			}
			for _, e := range v.elements() {
				if compare("=", e, a[1]).holds() {
					return truth(true)
				}
			}
			return truth(false)
		}},
	}
}

// structure returns the array or object that a value is or writes, or null.
func structure(v value) value {
	if v.structured() {
		return v
	}
	if text, ok := v.asText(); ok {
		if parsed, ok := readJSON(text); ok && parsed.structured() {
			return parsed
		}
	}
	return value{}
}
