package jsonscan

// Members walks the members of the object that begins at b[i]. It gives each
// member's name, as bytes without the quotes, whether the name has escapes, and
// the value. It returns the object's end.
//
// The names are as they stand; see AppendText for those with escapes.
func Members(b []byte, i int, member func(name []byte, escaped bool, value Value) error) (end int, err error) {
	if i >= len(b) {
		return 0, ErrShort
	}
	if b[i] != '{' {
		return 0, syntax(i, "{ was expected")
	}
	i = Space(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1, nil
	}
	for {
		name, at, err := Name(b, i)
		if err != nil {
			return 0, err
		}
		value, err := Next(b, at)
		if err != nil {
			return 0, err
		}
		if err := member(b[name.Start+1:name.End-1], name.Escaped, value); err != nil {
			return 0, err
		}
		i = Space(b, value.End)
		if i >= len(b) {
			return 0, ErrShort
		}
		if b[i] == '}' {
			return i + 1, nil
		}
		if b[i] != ',' {
			return 0, syntax(i, "a comma or } was expected")
		}
		i = Space(b, i+1)
	}
}

// Name reads a member's name at b[i] and the colon after it. It returns the
// name and the place where the member's value begins.
func Name(b []byte, i int) (name Value, value int, err error) {
	if i >= len(b) {
		return Value{}, 0, ErrShort
	}
	if b[i] != '"' {
		return Value{}, 0, syntax(i, "a member name was expected")
	}
	name = Value{Start: i, Kind: '"'}
	if name.End, name.Escaped, err = text(b, i+1); err != nil {
		return Value{}, 0, err
	}
	i = Space(b, name.End)
	if i >= len(b) || b[i] != ':' {
		return Value{}, 0, missing(b, i, "a colon was expected")
	}
	return name, Space(b, i+1), nil
}

// Elements walks the values of the array that begins at b[i] and returns the
// array's end.
func Elements(b []byte, i int, element func(Value) error) (end int, err error) {
	if i >= len(b) {
		return 0, ErrShort
	}
	if b[i] != '[' {
		return 0, syntax(i, "[ was expected")
	}
	i = Space(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1, nil
	}
	for {
		value, err := Next(b, i)
		if err != nil {
			return 0, err
		}
		if err := element(value); err != nil {
			return 0, err
		}
		i = Space(b, value.End)
		if i >= len(b) {
			return 0, ErrShort
		}
		if b[i] == ']' {
			return i + 1, nil
		}
		if b[i] != ',' {
			return 0, syntax(i, "a comma or ] was expected")
		}
		i = Space(b, i+1)
	}
}
