package format

// Names returns the names of all formats that are known.
func Names() []string {
	var names []string
	for _, k := range logs {
		names = append(names, k.name)
	}
	return names
}

// ByPosition reads a line of the log that expression is recognised as by
// position alone, and returns what the expression's groups would be. ok is
// false where the line is left to the expression.
func ByPosition(text string, line []byte) (groups []string, ok bool) {
	e, recognised := recognise(text)
	if !recognised {
		return nil, false
	}
	r := &deliveredRow{d: delivered{expression: e}, tokens: newTokenizer(e), exact: e.exact, slots: map[string]int{}}
	for _, f := range e.family.fields {
		for _, c := range f.columns {
			r.slots[c] = len(r.slots)
		}
	}
	r.values = make([][]byte, len(r.slots))
	fields, ok := r.tokens.split(line, r.values)
	if !ok || !r.sure(line, fields) {
		return nil, false
	}
	if fields >= e.required && fields < e.required+e.optional {
		r.missing(fields)
	}
	for _, c := range e.columns {
		groups = append(groups, spell(r.values[r.slots[c]]))
	}
	return groups, true
}

// ByExpression matches a line with a Java regular expression.
func ByExpression(text string, line []byte) (groups []string, ok bool, err error) {
	j, err := compileJava(text, false)
	if err != nil {
		return nil, false, err
	}
	found, ok, err := j.Find(line)
	for _, g := range found {
		groups = append(groups, spell(g))
	}
	return groups, ok, err
}

func spell(b []byte) string {
	if b == nil {
		return "NULL"
	}
	return "=" + string(b)
}
